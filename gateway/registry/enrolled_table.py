"""One table of the registry while rows are enrolled: what stands in it, and what is new."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from gateway.registry.rows import EnrolError, RowResult
from gateway.store.statements import Row, upsert

ZEROS_MAX = 8  # that are looked for


class EnrolledTable:
    """The rows of a table by their one key, as of a snapshot and with those that were put since.

    Args:
        connection: The snapshot; `write` writes there too.
        table: Its name in the plural is that of a table of people's files: "doors".
        columns: Those that enrolment sets, the key first; by default all.
    """

    def __init__(self, connection: Connection, table: Table, *columns: str) -> None:
        self._connection, self._table = connection, table
        self._columns = columns or tuple(table.columns.keys())
        key = self._columns[0]
        rows = connection.execute(select(*(table.c[name] for name in self._columns))).mappings()
        self._rows: dict[str, Row] = {row[key]: dict(row) for row in rows}
        self._fresh: dict[str, Row] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def get(self, key: str) -> Row | None:
        """The row of a key, or None."""
        return self._rows.get(key)

    def rows(self) -> Iterable[Row]:
        """All rows, in no order."""
        return self._rows.values()

    def need(self, column: str, key: str) -> Row:
        """The row that another names in this column. EnrolError if there is none."""
        row = self._rows.get(key)
        if row is None:
            names = self._table.name
            sentence = f"there is no such {names.removesuffix('s')}; enrol the {names} first"
            raise EnrolError(column, key, sentence + self._hint(key))
        return row

    def _hint(self, key: str) -> str:
        """The end of a sentence about a number whose zeros a spreadsheet has perhaps dropped."""
        padded = (key.zfill(length) for length in range(len(key) + 1, ZEROS_MAX + len(key) + 1))
        known = next(filter(self._rows.__contains__, padded), None) if key.isdigit() else None
        return f", or was it {known}, before a spreadsheet dropped its zeros?" if known else ""

    def put(self, row: Row) -> RowResult:
        """Keep a row for `write`, in the place of the one with its key."""
        key = row[self._columns[0]]
        before = self._rows.get(key)
        if before == row:
            return RowResult.UNCHANGED
        self._rows[key] = self._fresh[key] = row
        return RowResult.ADDED if before is None else RowResult.CHANGED

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return bool(self._fresh)

    def write(self, **once: Any) -> None:
        """Store what is new or changed; `once` are further columns, which only a new row is given.
        The caller's transaction."""
        if self._fresh:
            statement = upsert(self._connection.dialect.name, self._table, self._columns)
            rows = [{**row, **once} for row in self._fresh.values()]
            self._connection.execute(statement, rows)


def kept(values: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    """What a row is to hold: what is said now, nothing (None) where it is taken back (empty, 0),
    and what stood there before where nothing is said (None)."""
    return {
        name: before.get(name) if value is None else value or None for name, value in values.items()
    }
