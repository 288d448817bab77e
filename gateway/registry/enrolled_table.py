"""One table of the registry while rows are enrolled: what stands in it, and what is new."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from gateway.registry.rows import EnrolError, RowResult
from gateway.store.statements import Row, upsert

ZEROS_MAX = 8  # that are looked for


class EnrolledTable:
    """The rows of a table by their one key, as of a snapshot and with those that were put since.

    Args:
        connection: The snapshot, read at once.
        table: Its name in the plural is that of a table of people's files: "doors".
        columns: Those that enrolment sets, the key first; by default all.
    """

    def __init__(self, connection: Connection, table: Table, *columns: str) -> None:
        self._table = table
        self._columns = columns or tuple(table.columns.keys())
        self._has_end = "ended_ms" in table.columns
        if self._has_end and "ended_ms" not in self._columns:
            self._columns += ("ended_ms",)
        key = self._columns[0]
        rows = connection.execute(select(*(table.c[name] for name in self._columns))).mappings()
        self._rows: dict[str, Row] = {row[key]: dict(row) for row in rows}
        self._stored = frozenset(self._rows)
        self._fresh: dict[str, Row] = {}

    def __contains__(self, key: object) -> bool:
        row = self._rows.get(key) if isinstance(key, str) else None
        return row is not None and not _is_over(row)

    def get(self, key: str) -> Row | None:
        """The row of a key, in use or not, or None."""
        return self._rows.get(key)

    def row(self, key: str) -> Row:
        """The row of a key that is there."""
        return self._rows[key]

    def rows(self) -> Iterable[Row]:
        """All rows in use, in no order."""
        return (row for row in self._rows.values() if not _is_over(row))

    def need(self, column: str, key: str) -> Row:
        """The row that another names in this column. EnrolError if there is none."""
        row = self._rows.get(key)
        if row is None or _is_over(row):
            names = self._table.name
            sentence = f"there is no such {names.removesuffix('s')}; enrol the {names} first"
            if row is not None:
                sentence = f"is out of use; enrol it in {names} again if it is to come back"
            raise EnrolError(column, key, sentence + self._hint(key))
        return row

    def _hint(self, key: str) -> str:
        """The end of a sentence about a number whose zeros a spreadsheet has perhaps dropped."""
        padded = (key.zfill(length) for length in range(len(key) + 1, ZEROS_MAX + len(key) + 1))
        known = next(filter(self._rows.__contains__, padded), None) if key.isdigit() else None
        return f", or was it {known}, before a spreadsheet dropped its zeros?" if known else ""

    def put(self, row: Row) -> RowResult:
        """Keep a row for `write`, in the place of the one with its key: in use, whatever was."""
        row = {**row, "ended_ms": None} if self._has_end else row
        key = row[self._columns[0]]
        before = self._rows.get(key)
        if before == row:
            return RowResult.UNCHANGED
        self._rows[key] = self._fresh[key] = row
        return RowResult.ADDED if before is None else RowResult.CHANGED

    def end(self, key: str, at_ms: int) -> None:
        """Keep for `write` that the row is out of use from a time on."""
        self._rows[key] = self._fresh[key] = {**self._rows[key], "ended_ms": at_ms}

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return bool(self._fresh)

    def fresh(self) -> Iterable[str]:
        """The keys of the rows that are new or changed."""
        return self._fresh.keys()

    def is_new(self, key: str) -> bool:
        """Whether the snapshot had no such row."""
        return key in self._fresh and key not in self._stored

    def write(
        self, connection: Connection, as_stored: Callable[[Row], Row] = dict, **once: Any
    ) -> None:
        """Store what is new or changed, as `as_stored` makes it of a row; `once` are further
        columns, which only a new row is given. The caller's transaction."""
        if self._fresh:
            statement = upsert(connection.dialect.name, self._table, self._columns)
            rows = [{**as_stored(row), **once} for row in self._fresh.values()]
            connection.execute(statement, rows)


def kept(values: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    """What a row is to hold: what is said now, nothing (None) where it is taken back (empty, 0),
    and what stood there before where nothing is said (None)."""
    return {
        name: before.get(name) if value is None else value or None for name, value in values.items()
    }


def _is_over(row: Row) -> bool:
    return row.get("ended_ms") is not None
