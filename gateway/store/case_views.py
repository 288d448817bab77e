"""What people read about cases and outages; as `views`, it takes a reading connection.

A case is open until somebody has reported how it ended, then it waits for review, then it is
closed. What was put aside stands behind what waits.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from gateway.core.cases.number import read_number
from gateway.core.households.model import RecordKind
from gateway.core.model import CaseState, Path
from gateway.core.proof import Proof
from gateway.core.reasons import FAULTS, QUESTIONS, Reason
from gateway.core.subject import Subject, SubjectKind
from gateway.store import areas, household_views, states, tables
from gateway.store.grouped_pages import CLOCK_SET_MS
from gateway.store.records import Key, Part, in_cell, part, records
from gateway.store.sealed_columns import revealed

OPEN: Final = (
    CaseState.RAISED,
    CaseState.PAGED,
    CaseState.ACKNOWLEDGED,
    CaseState.ON_THE_WAY,
    CaseState.ON_SITE,
)
WAITING: Final = OPEN[:2]
IN_REVIEW: Final = (CaseState.REPORTED, CaseState.ASSESSED, CaseState.SIGNED_OFF)
BLIND_MAX: Final = 100  # doors of an outage that are named; a block can have a thousand
NUMBERED_MAX: Final = 100  # cases of one number; of a million two share one
_ACTIONS: Final = (*tables.DONE_TO_CASE, "shelved")
_decode_names = msgspec.json.Decoder(list[str]).decode


class CaseRow(msgspec.Struct, frozen=True):
    """A case. A `…_name` is None where whoever it was is no warden. A step was done at `…_ms`, and
    the gateway heard of it at `…_arrived_ms`.

    Of an outage, `area` is what is silent, and door and label are those that stand for it. Of a
    trouble it is the whole site, there is no door, and `about` says which of its kind it is.
    `make`: whose contact told any of it, where that was none of our seals: weaker evidence.
    """

    case_id: str
    subject_kind: SubjectKind
    subject_id: str
    door_id: str | None
    label: str | None
    area: str | None
    about: str
    grid_id: str
    state: CaseState
    reason: Reason
    raised_ms: int
    since_ms: int
    moved_ms: int
    openings: int
    locked: bool
    cleared_ms: int | None
    refers_to: str | None
    raised_again_ms: int | None
    returned_ms: int | None
    shelved_by: str | None
    shelved_name: str | None
    shelved_why: str | None
    shelved_until_ms: int | None
    acknowledged_by: str | None
    acknowledged_name: str | None
    acknowledged_ms: int | None
    acknowledged_arrived_ms: int | None
    on_the_way_by: str | None
    on_the_way_name: str | None
    on_the_way_ms: int | None
    on_the_way_arrived_ms: int | None
    on_site_by: str | None
    on_site_name: str | None
    on_site_ms: int | None
    on_site_arrived_ms: int | None
    reported_by: str | None
    reported_name: str | None
    reported_ms: int | None
    reported_arrived_ms: int | None
    assessed_by: str | None
    assessed_name: str | None
    assessed_ms: int | None
    assessed_arrived_ms: int | None
    signed_off_by: str | None
    signed_off_name: str | None
    signed_off_ms: int | None
    signed_off_arrived_ms: int | None
    closed_by: str | None
    closed_name: str | None
    closed_ms: int | None
    closed_arrived_ms: int | None
    outcome: str | None
    despite_seal: bool
    note: str
    reported_from: CaseState | None
    handed_to: str
    handed_to_name: str | None
    proof: Proof | None
    make: str
    corrected_ms: int | None = None  # when it was found wrong, by who answered a dispute of it,
    correction: str | None = None  # and what they answered

    @property
    def subject(self) -> Subject:
        """Whose case it is, and who takes what is done about it."""
        return Subject(self.subject_kind, self.subject_id)


class CaseCounts(msgspec.Struct, frozen=True):
    """How many cases stand where. None of them is counted twice."""

    waiting: int = 0
    in_hand: int = 0
    shelved: int = 0
    in_review: int = 0  # reported, and somebody must assess or sign off
    going_on: int = 0  # signed off, and what raised it is not over

    @property
    def open(self) -> int:
        """Those that are not reported yet."""
        return self.waiting + self.in_hand + self.shelved


class BlindDoor(msgspec.Struct, frozen=True):
    """A door that an outage silenced, and since when it is not seen; None if it is heard again."""

    door_id: str
    label: str
    silent_ms: int | None


class OutageRow(msgspec.Struct, frozen=True):
    """An outage with the doors that were ever silent from it: BLIND_MAX of them, those first that
    are not seen now. `blind`: how many are not; `more`: how many doors are not named."""

    outage_id: str
    area: str
    since_ms: int
    over_ms: int | None
    doors: list[BlindDoor]
    blind: int
    more: int


def case_counts(connection: Connection, grids: frozenset[str] | None = None) -> CaseCounts:
    """How many cases wait, are in somebody's hands, put aside, or in review; of these grids, if
    they are given."""
    c = tables.cases.c
    is_aside = c.shelved_until_ms.is_not(None)
    query = (
        select(c.state, is_aside, func.count())
        .where(c.state.in_((*OPEN, *IN_REVIEW)))
        .group_by(c.state, is_aside)
    )
    query = query if grids is None else query.where(c.grid_id.in_(grids))
    counted = dict.fromkeys(CaseCounts.__struct_fields__, 0)
    for word, aside, number in connection.execute(query):
        counted[_where(CaseState(word), bool(aside))] += number
    return CaseCounts(**counted)


def _where(state: CaseState, is_aside: bool) -> str:
    if is_aside:
        return "shelved"
    if state in WAITING:
        return "waiting"
    if state in OPEN:
        return "in_hand"
    return "going_on" if state is CaseState.SIGNED_OFF else "in_review"


def numbered(connection: Connection, text: str, grids: frozenset[str] | None = None) -> str | None:
    """The id of the case that people call by this number, as somebody typed it: an open one first,
    then the newest; None if it is no number, or no case's. Of these grids, if they are given."""
    found = all_numbered(connection, text, grids)
    return found[0] if found else None


def all_numbered(
    connection: Connection, text: str, grids: frozenset[str] | None = None
) -> list[str]:
    """The same, of all cases that share it by chance, in that order."""
    number = read_number(text)
    if number is None:
        return []
    c = tables.cases.c
    query = _in(grids, select(c.case_id).where(c.number == number))
    newest = query.order_by(c.state == CaseState.CLOSED, c.raised_ms.desc(), c.case_id)
    return list(connection.execute(newest.limit(NUMBERED_MAX)).scalars())


def open_cases(
    connection: Connection, limit: int, grids: frozenset[str] | None = None
) -> list[CaseRow]:
    """Cases that nobody has reported: those that wait, those that somebody has, those put aside;
    among each, faults behind all else; newest first. Of these grids, if they are given."""
    return open_part(connection, limit, grids).rows


def open_part(
    connection: Connection,
    limit: int,
    grids: frozenset[str] | None = None,
    after: Key | None = None,
) -> Part[CaseRow]:
    """The same, from a key on."""
    c = tables.cases.c
    order = (
        c.shelved_until_ms.is_not(None),
        c.state.not_in(WAITING),
        c.reason.in_(FAULTS | QUESTIONS),
        -c.moved_ms,
        c.case_id,
    )
    query = _in(grids, _CASES.where(c.state.in_(OPEN)))
    return part(connection, query, CaseRow, order, limit, after)


def cases_in_review(
    connection: Connection, limit: int, grids: frozenset[str] | None = None
) -> list[CaseRow]:
    """Reported cases: those to assess, those to sign off, those that go on; oldest first."""
    return part_in_review(connection, limit, grids).rows


def part_in_review(
    connection: Connection,
    limit: int,
    grids: frozenset[str] | None = None,
    after: Key | None = None,
) -> Part[CaseRow]:
    """The same, from a key on."""
    c = tables.cases.c
    order = (*(c.state != state for state in IN_REVIEW), c.moved_ms, c.case_id)
    query = _in(grids, _CASES.where(c.state.in_(IN_REVIEW)))
    return part(connection, query, CaseRow, order, limit, after)


def closed_cases(
    connection: Connection,
    limit: int,
    before: tuple[int, str] | None = None,
    grids: frozenset[str] | None = None,
) -> list[CaseRow]:
    """Closed cases, newest first; `before` is (raised_ms, case_id) of the last one seen."""
    return closed_part(connection, limit, grids, before).rows


def closed_part(
    connection: Connection,
    limit: int,
    grids: frozenset[str] | None = None,
    after: Key | None = None,
) -> Part[CaseRow]:
    """The same, from a key on."""
    c = tables.cases.c
    query = _in(grids, _CASES.where(c.state == CaseState.CLOSED))
    order = c.raised_ms, c.case_id
    return part(connection, query, CaseRow, order, limit, after, descends=True)


def case(connection: Connection, case_id: str) -> CaseRow | None:
    """One case, or None."""
    return next(iter(cases_of(connection, [case_id])), None)


def cases_of(connection: Connection, case_ids: list[str]) -> list[CaseRow]:
    """These cases, in no order; those that do not exist are left out."""
    return records(connection, _CASES_OF, CaseRow, {"case_ids": case_ids})


def cases_at(connection: Connection, door_id: str, limit: int, since_ms: int = 0) -> list[CaseRow]:
    """A door's own cases that began at a time or later, newest first."""
    c = tables.cases.c
    query = _CASES.where(*_at(door_id, since_ms))
    query = query.order_by(c.raised_ms.desc(), c.case_id.desc())
    return records(connection, query.limit(limit), CaseRow)


def case_ids_at(connection: Connection, door_id: str, limit: int, since_ms: int) -> list[str]:
    """The same by their ids alone."""
    c = tables.cases.c
    query = select(c.case_id).where(*_at(door_id, since_ms))
    newest = query.order_by(c.raised_ms.desc(), c.case_id.desc())
    return list(connection.execute(newest.limit(limit)).scalars())


def _at(door_id: str, since_ms: int) -> tuple[ColumnElement[bool], ...]:
    c = tables.cases.c
    # None is raised before it began; the index of the door's cases is by when they were raised.
    began = c.raised_ms >= since_ms - CLOCK_SET_MS, c.since_ms >= since_ms
    return c.door_id == door_id, *began, c.area.is_(None)


def outage_of(connection: Connection, case: CaseRow) -> OutageRow | None:
    """The outage that a case is about, with its doors by label; None for other cases."""
    if case.area is None or case.door_id is None:  # nearly always
        return None
    o, d = tables.outages.c, tables.doors.c
    query = select(tables.outages).where(o.area == case.area, o.since_ms == case.since_ms)
    outage = connection.execute(query.order_by(o.outage_id.desc())).first()
    if outage is None:
        return None
    none: list[str] = []
    door_ids = in_cell(outage.doors, _decode_names, none)
    rows = connection.execute(
        select(d.door_id, d.label, d.state)
        .where(d.door_id.in_(door_ids))
        .order_by(func.length(revealed(d.label)), revealed(d.label), d.door_id)
    )
    doors = [BlindDoor(row.door_id, row.label, _silent_ms(row.door_id, row.state)) for row in rows]
    doors.sort(key=lambda door: door.silent_ms is None)
    blind = sum(door.silent_ms is not None for door in doors)
    times, shown = (outage.since_ms, outage.over_ms), doors[:BLIND_MAX]
    more = len(doors) - len(shown)
    return OutageRow(outage.outage_id, outage.area, *times, shown, blind, more)


def without_network(connection: Connection, place: str) -> int:
    """How many seals of a place are heard by air alone now, with no fault of their own: of an area,
    `grid:g1` or `site`."""
    d = tables.doors.c
    query = select(d.door_id, d.state).where(d.ended_ms.is_(None))
    kind, _, name = place.partition(":")
    if kind == "grid":
        query = query.where(d.grid_id == name)
    elif kind != "site":
        query = query.where(d.door_id.in_(list(areas.doors_in(connection, place))))
    doors = (states.door(row.door_id, row.state) for row in connection.execute(query))
    return sum(
        any(p.is_ours and p.path is Path.NETWORK for p in door.silent_paths) for door in doors
    )


def _in(grids: frozenset[str] | None, query: Select[Any]) -> Select[Any]:
    return query if grids is None else query.where(tables.cases.c.grid_id.in_(grids))


def _silent_ms(door_id: str, state: bytes | None) -> int | None:
    silence = states.door(door_id, state).silence
    return None if silence is None else silence.since_ms


def _cases() -> Select[Any]:
    """Every column of a case, with the names of all who did something about it."""
    people = {action: tables.wardens.alias(f"who_{action}") for action in _ACTIONS}
    named = [who.c.name.label(f"{action}_name") for action, who in people.items()]
    columns = [tables.cases.c[n] for n in CaseRow.__struct_fields__ if n in tables.cases.c]
    handed = tables.wardens.alias("who_is_to_have_it")
    named.append(handed.c.name.label("handed_to_name"))
    query = select(*columns, tables.doors.c.label, *named)
    query = query.join(handed, handed.c.warden_id == tables.cases.c.handed_to, isouter=True)
    query = query.join(tables.doors, tables.doors.c.door_id == tables.cases.c.door_id, isouter=True)
    for action, who in people.items():
        query = query.join(who, who.c.warden_id == tables.cases.c[f"{action}_by"], isouter=True)
    with_all: Select[Any] = household_views.with_corrections(
        query, RecordKind.CASE, tables.cases.c.case_id
    )
    return with_all


_CASES = _cases()
_CASES_OF = _CASES.where(tables.cases.c.case_id.in_(bindparam("case_ids", expanding=True)))
