"""What needs somebody and stands in no list, for a cell that its list goes by cannot be read.

A disk, a person or an older release has written what is no state, no reason, no time. `records`
leaves such a row out, and a query for open ones does not find it; here it is found, so that a page
can say that it is there. What may be empty spoils no row.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, Union, get_args, get_origin

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    and_,
    false,
    func,
    or_,
    select,
    type_coerce,
)

from gateway.core.households.model import DisputeState, RequestState
from gateway.core.households.requests import OPEN as REQUESTED
from gateway.core.model import CaseState
from gateway.store import tables
from gateway.store.case_views import OPEN, CaseRow
from gateway.store.household_tables import disputes, health_questions, requests
from gateway.store.household_views import DisputeRow, QuestionRow, RequestRow
from gateway.store.matter_reach import OPEN_DISPUTES
from gateway.store.records import records

NAMED_MAX: Final = 20
_STORED: Final = {int: "integer", bool: "integer", str: "text"}


class SpoiltRow(msgspec.Struct, frozen=True):
    """A case or a matter that nobody can read, and at which door; None where that is spoilt too."""

    key: str
    door_id: str | None
    label: str | None


class Spoilt(NamedTuple):
    """Some of them, and how many there are in `total`; `counted` of these stand where those that
    can be read stand too, so whoever counts rows has counted them."""

    rows: list[SpoiltRow]
    total: int
    counted: int = 0

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.total - len(self.rows)


NONE: Final = Spoilt([], 0)


def cases(
    connection: Connection, grids: frozenset[str] | None = None, most: int = NAMED_MAX
) -> Spoilt:
    """Cases that are not closed, as far as can be read; of these grids, if they are given.
    `counted`: those that are open, by their state."""
    is_open = _is_none_of(tables.cases.c.state, [CaseState.CLOSED])
    counted = tables.cases.c.state.in_(OPEN)
    return _spoilt(connection, tables.cases, CaseRow, is_open, grids, most, counted)


def is_open_case() -> ColumnElement[bool]:
    """Whether a case is open, as far as can be read."""
    done = [state for state in CaseState if state not in OPEN]
    return _is_none_of(tables.cases.c.state, done)


def is_spoilt_case() -> ColumnElement[bool]:
    """Whether a case can be no record: some cell holds what it must not."""
    return or_(*_wrong_cells(tables.cases, CaseRow))


def of_cases(connection: Connection, case_ids: Sequence[str], most: int = NAMED_MAX) -> Spoilt:
    """These cases, which are known to be spoilt, at which doors."""
    if not case_ids:
        return NONE
    c, d = tables.cases.c, tables.doors.c
    named = select(c.case_id.label("key"), d.door_id, d.label).where(c.case_id.in_(case_ids))
    known = named.outerjoin(tables.doors, d.door_id == c.door_id).order_by(c.case_id)
    return Spoilt(records(connection, known.limit(most), SpoiltRow), len(case_ids))


def matters(connection: Connection, grids: frozenset[str] | None = None) -> Spoilt:
    """Requests, questions and disputes of households that go on, as far as can be read."""
    done = [state for state in RequestState if state not in REQUESTED]
    answered = [state for state in DisputeState if state not in OPEN_DISPUTES]
    is_asked = _is_none_of(type_coerce(health_questions.c.is_over, Integer), [1])
    found = [
        _spoilt(connection, requests, RequestRow, _is_none_of(requests.c.state, done), grids),
        _spoilt(connection, health_questions, QuestionRow, is_asked, grids),
        _spoilt(connection, disputes, DisputeRow, _is_none_of(disputes.c.state, answered), grids),
    ]
    rows = [row for one in found for row in one.rows]
    return Spoilt(rows[:NAMED_MAX], sum(one.total for one in found))


def _spoilt(
    connection: Connection,
    table: Table,
    kind: type[msgspec.Struct],
    goes_on: ColumnElement[bool],
    grids: frozenset[str] | None,
    most: int = NAMED_MAX,
    counts: ColumnElement[bool] | None = None,
) -> Spoilt:
    c, d = table.c, tables.doors.c
    known = table.outerjoin(tables.doors, d.door_id == c.door_id)
    wrong = list(_wrong_cells(table, kind))
    if not _may_be_empty(kind, "door_id"):
        wrong.append(d.door_id.is_(None))  # lists of these name the door, and there is none such
    is_spoilt = goes_on & or_(*wrong)
    if grids is not None:
        is_spoilt &= c.grid_id.in_(grids)
    of_these = false() if counts is None else counts
    both = select(func.count(), func.count().filter(of_these)).select_from(known)
    total, counted = connection.execute(both.where(is_spoilt)).one()
    if not total:
        return NONE
    key = next(iter(table.primary_key.columns))
    named: Select[Any] = select(key.label("key"), d.door_id, d.label).select_from(known)
    query = named.where(is_spoilt).order_by(key).limit(most)
    return Spoilt(records(connection, query, SpoiltRow), total, counted)


def _is_none_of(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """`NOT IN`, as what lies before, between and behind them: else SQLite goes through all that is
    over since ever, and not only through what its index has besides."""
    known = sorted(values)
    between = [and_(column > one, column < other) for one, other in pairwise(known)]
    return or_(column < known[0], *between, column > known[-1])


def _wrong_cells(table: Table, kind: type[msgspec.Struct]) -> Iterator[ColumnElement[bool]]:
    """For each column without which a row is none, that it holds what it must not."""
    for field in msgspec.structs.fields(kind):
        if field.name in table.c and not _may_be_empty(kind, field.name):
            yield ~_is(table.c[field.name], field.type)


def _may_be_empty(kind: type[msgspec.Struct], name: str) -> bool:
    [field] = [one for one in msgspec.structs.fields(kind) if one.name == name]
    return not field.required or NoneType in get_args(field.type)


def _is(column: Any, kind: Any) -> ColumnElement[bool]:
    """Whether a cell holds a value of this kind. Never NULL."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        known: ColumnElement[bool] = column.in_([one.value for one in kind])
    elif get_origin(kind) in (Union, UnionType) or kind not in _STORED:
        raise TypeError(f"{column}: what {kind} is stored as is not known here")
    else:
        known = func.typeof(column) == _STORED[kind]
    return and_(column.is_not(None), known)
