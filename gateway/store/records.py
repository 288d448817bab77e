"""Rows of a query as frozen records: all of them, or a part of a list that goes on."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, tuple_

from gateway.core.no_json import NO_JSON

log = logging.getLogger("menshen.store")
R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")
Key = tuple[Any, ...]  # where a row stands in its list: the values that order it
PASSED_OVER_MAX: Final = 1_000  # rows that nobody can read, in front of those that a part shows


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
    One that nobody can read takes no other's place: the next that can be read comes instead.
    """
    keys = [column.label(f"key_{number}") for number, column in enumerate(order)]
    query = query.add_columns(*keys)
    query = query.order_by(*(column.desc() if descends else column for column in order))
    read: list[tuple[R, Row[Any]]] = []
    for _ in range(1 + PASSED_OVER_MAX // (limit + 1)):
        asked = query if after is None else query.where(_behind(order, after, descends))
        rows = connection.execute(asked.limit(limit + 1)).all()
        read += [(made, row) for row in rows if (made := record(row, kind)) is not None]
        if len(read) > limit:
            return Part([made for made, _ in read[:limit]], _key(read[limit - 1][1], order))
        if len(rows) <= limit:
            return Part([made for made, _ in read])
        after = _key(rows[-1], order)
    return Part([made for made, _ in read], after)


def _behind(order: Sequence[Any], after: Key, descends: bool) -> ColumnElement[bool]:
    place = tuple_(*order)
    return place < after if descends else place > after


def _key(row: Row[Any], order: Sequence[Any]) -> Key:
    return tuple(row._mapping[f"key_{number}"] for number in range(len(order)))


def record(row: Any, kind: type[R]) -> R | None:
    """One row as such a record, without the cells that nobody can read and that may be empty; None
    if it cannot be one. What was wrong is logged."""
    cells = {name: row._mapping[name] for name in kind.__struct_fields__ if name in row._mapping}
    try:
        return msgspec.convert(cells, kind)
    except msgspec.ValidationError as error:
        found = _without_wrong_cells(cells, kind)
        what = "is left out" if found is None else "is shown in part"
        log.warning("a row of %s %s: %s", kind.__name__, what, error)
        return found


def whole(cells: Mapping[Any, Any], kind: type[R]) -> R | None:
    """Cells as such a record; None, and logged, if any of them is wrong: for what lets somebody in,
    where a cell that was left out could let in whom it kept out."""
    names = [name for name in kind.__struct_fields__ if name in cells]
    try:
        return msgspec.convert({name: cells[name] for name in names}, kind)
    except msgspec.ValidationError as error:
        log.warning("a row of %s counts as none: %s", kind.__name__, error)
        return None


def in_cell(stored: Any, decode: Callable[[Any], T], otherwise: T) -> T:
    """What a cell of JSON holds; `otherwise`, and logged, where nobody can read it."""
    try:
        return decode(stored)
    except (*NO_JSON, TypeError) as error:
        log.warning("a cell is no JSON that can be read, and counts as empty: %.200s", error)
        return otherwise


def _without_wrong_cells(cells: dict[str, Any], kind: type[R]) -> R | None:
    kept = dict(cells)
    for field in msgspec.structs.fields(kind):
        try:
            msgspec.convert(cells.get(field.name), field.type)
        except msgspec.ValidationError:
            kept.pop(field.name, None)
            if field.required:
                kept[field.name] = None  # if it may be empty; else it is no such record
    try:
        return msgspec.convert(kept, kind)
    except msgspec.ValidationError:
        return None


def _made(rows: Iterable[Row[Any]], kind: type[R]) -> list[R]:
    return [made for row in rows if (made := record(row, kind)) is not None]
