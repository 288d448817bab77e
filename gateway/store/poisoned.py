"""What is stored and cannot be used: found while reading, kept with its bytes, and passed over.

A cell of another kind than its column's, JSON that is none of ours, an event that no step can take:
each is that one thing's failure. Whoever reads rows that a person, a disk or an older release may
have spoilt reads them through `Findings`, gets what is sound, and hands the rest to the engine,
which writes it into the table `poisoned` and tells the engineer.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Select, func, select, type_coerce
from sqlalchemy.types import Boolean, Integer, LargeBinary, NullType

from gateway.store import tables
from gateway.store.statements import Row

T = TypeVar("T")

FOUND_MAX: Final = 1_000  # things that one reading names; beyond it they are passed over only
KEPT_MAX: Final = 10_000  # rows of the table; the newest are kept
BODY_MAX: Final = 65_536  # bytes kept of one thing
WORDS_MAX: Final = 300
ANYTHING: Final = object()
SPANS: Final = frozenset({tables.orders.name})  # none ends before it begins
# For a log: which row it is would say whose, and a log outlives every order.
NOT_USED: Final = "a row of %s cannot be used (`menshen check` names it): %s"


class Poisoned(Struct, frozen=True):
    """One stored thing that cannot be used.

    `source`: the table it stands in. `row_key`: which row of it; with the column where the row is
    of use without. `words`: what is wrong, for the engineer. `body`: its bytes as they stand there.
    """

    source: str
    row_key: str
    words: str
    body: bytes = b""


class PoisonedRow(Struct, frozen=True):
    """One of them as it stands in the table, and when it was found, in ms of UTC."""

    source: str
    row_key: str
    at_ms: int
    words: str


class Findings:
    """What a reading came upon; at most FOUND_MAX things."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Poisoned] = {}

    def __len__(self) -> int:
        return len(self._found)

    def all(self) -> tuple[Poisoned, ...]:
        """All of them, in the order in which they were found."""
        return tuple(self._found.values())

    def log(self, log: logging.Logger) -> None:
        """Say of each table once what is wrong in it."""
        for source, words in dict.fromkeys((one.source, one.words) for one in self.all()):
            log.error(NOT_USED, source, words)

    def note(self, source: str, row_key: object, error: object, body: object = b"") -> None:
        """Keep what was found.

        Args:
            source: the table.
            row_key: whatever names the row.
            error: what was raised, or words.
            body: what stands there, of whatever kind.
        """
        found = poisoned_by(source, row_key, error, body)
        if len(self._found) < FOUND_MAX:
            self._found.setdefault((found.source, found.row_key), found)

    def decoded(
        self, source: str, row_key: object, body: Any, decode: Callable[[bytes], T], otherwise: T
    ) -> T:
        """What stands in a cell of JSON; `otherwise` where it is empty, or cannot be read."""
        if body is None:
            return otherwise
        try:
            return decode(body.encode() if isinstance(body, str) else body)
        except Exception as error:  # noqa: BLE001 - whatever stands there: it is noted, and told
            self.note(source, row_key, error, body)
            return otherwise

    def rows(
        self, connection: Connection, query: Select[Any], source: str, **otherwise: Any
    ) -> Iterator[Row]:
        """The rows of a query, by the columns' names, whose cells are of their columns' kinds.

        Args:
            connection: a reading one.
            query: of plain columns; the first names the row.
            source: the table that is blamed.
            otherwise: by column: what is taken where the cell is of a wrong kind; ANYTHING takes
                the cell as it is. A wrong cell of any other column costs its row.
        """
        columns: list[Any] = list(query.selected_columns)
        raw = (type_coerce(column, NullType()).label(column.key) for column in columns)
        uncast: Any = query.with_only_columns(*raw, maintain_column_froms=True)
        kinds = [
            (column.key, _is_kind(column))
            for column in columns
            if otherwise.get(column.key) is not ANYTHING
        ]
        key = columns[0].key
        for cells in connection.execute(uncast).mappings():
            row = dict(cells)
            is_sound = True
            for name, is_kind in kinds:
                if is_kind(row[name]):
                    continue
                words = f"{name} is of another kind: {type(row[name]).__name__}"
                is_spared = name in otherwise
                self.note(source, f"{_text(cells[key])}.{name}", words, row[name])
                row[name], is_sound = otherwise.get(name), is_sound and is_spared
            if is_sound and not self._is_backwards(source, row, cells[key]):
                yield row

    def _is_backwards(self, source: str, row: Row, row_key: object) -> bool:
        """Whether a span ends before it begins: each cell may be so, and the row cannot. By such an
        order its household would be destroyed at once."""
        if source not in SPANS or not {"from_ms", "to_ms"} <= row.keys():
            return False
        if row["to_ms"] >= row["from_ms"]:
            return False
        self.note(source, row_key, "it ends before it begins", f"{row['from_ms']} {row['to_ms']}")
        return True


def poisoned_by(source: str, row_key: object, error: object, body: object = b"") -> Poisoned:
    """One thing, in words of bounded length."""
    name = f"{type(error).__name__}: " if isinstance(error, Exception) else ""
    kept = body if isinstance(body, bytes) else str(body).encode(errors="replace")
    words = f"{name}{error}"[:WORDS_MAX]
    return Poisoned(source, _text(row_key)[:96], words, kept[:BODY_MAX])


def _is_kind(column: Any) -> Callable[[Any], bool]:
    """Says whether a value may stand in this column."""
    kind, may_be_null = column.type, getattr(column, "nullable", True)
    if isinstance(kind, Boolean):
        return lambda value: value in (0, 1) or (value is None and may_be_null)
    python = bytes if isinstance(kind, LargeBinary) else int if isinstance(kind, Integer) else str
    return lambda value: type(value) is python or (value is None and may_be_null)


def _text(row_key: object) -> str:
    return row_key if isinstance(row_key, str) else repr(row_key)


def kept(connection: Connection, limit: int) -> list[PoisonedRow]:
    """What was found so far, the newest first."""
    c = tables.poisoned.c
    names = PoisonedRow.__struct_fields__
    query = select(*(c[name] for name in names)).order_by(c.at_ms.desc(), c.row_key).limit(limit)
    return [PoisonedRow(*row) for row in connection.execute(query)]


def latest(connection: Connection) -> dict[str, int]:
    """When something of each table was found last, in ms of UTC."""
    c = tables.poisoned.c
    query = select(c.source, func.max(c.at_ms)).group_by(c.source)
    return {source: at_ms for source, at_ms in connection.execute(query)}
