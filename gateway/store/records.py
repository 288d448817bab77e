"""Rows of a query as frozen records: all of them, or a part of a list that goes on."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Select, tuple_

log = logging.getLogger("menshen.store")
R = TypeVar("R", bound=msgspec.Struct)
Key = tuple[Any, ...]  # where a row stands in its list: the values that order it


class Part(msgspec.Struct, Generic[R], frozen=True):
    """Some records of a list in a row, and the key of the last where more follow."""

    rows: list[R] = []
    next: Key | None = None


def records(
    connection: Connection,
    query: Select[Any],
    kind: type[R],
    bound: Mapping[str, Any] | None = None,
) -> list[R]:
    """Rows as records of a kind: words become its enums, and what no column says is its default. A
    row that cannot be one is left out and logged; `menshen check` names it. `bound`: the values of
    a query that was put together once."""
    return _made(connection.execute(query, bound), kind)


def part(
    connection: Connection,
    query: Select[Any],
    kind: type[R],
    order: Sequence[Any],
    limit: int,
    after: Key | None = None,
    *,
    descends: bool = False,
) -> Part[R]:
    """The next `limit` records behind the row whose key is `after`, in the order of columns that
    are all alike ascending, or descending; together they tell every row from every other.

    A row that comes or goes meanwhile moves no other: none is given twice, none is passed over.
    """
    if after is not None:
        place = tuple_(*order)
        query = query.where(place < after if descends else place > after)
    keys = [column.label(f"key_{number}") for number, column in enumerate(order)]
    query = query.add_columns(*keys)
    query = query.order_by(*(column.desc() if descends else column for column in order))
    rows = connection.execute(query.limit(limit + 1)).all()
    last = rows[limit - 1]._mapping if len(rows) > limit else None
    key = None if last is None else tuple(last[f"key_{number}"] for number in range(len(order)))
    return Part(_made(rows[:limit], kind), key)


def record(row: Any, kind: type[R]) -> R | None:
    """One row as such a record; None, and logged, if it cannot be one."""
    cells = row._mapping
    try:
        names = [name for name in kind.__struct_fields__ if name in cells]
        return msgspec.convert({name: cells[name] for name in names}, kind)
    except msgspec.ValidationError as error:
        log.warning("a row of %s is left out: %s", kind.__name__, error)
        return None


def _made(rows: Iterable[Row[Any]], kind: type[R]) -> list[R]:
    return [made for row in rows if (made := record(row, kind)) is not None]
