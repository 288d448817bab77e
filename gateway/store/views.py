"""What people read: every function takes a reading connection and answers frozen records.

Every list has a limit that the caller names. Identities are joined here, and stand nowhere else.
"""

from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Select, bindparam, func, select, tuple_

from gateway.core.duration import HOUR_MS
from gateway.core.households.model import RecordKind
from gateway.core.model import Door
from gateway.core.paging import routing
from gateway.core.paging.person import code as code_of_person
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import schedule_of
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.keys.sealed_text import PREFIX
from gateway.store import feed_tables, household_views, page_views, sealing, states, tables
from gateway.store.poisoned import Findings
from gateway.store.records import Key, records
from gateway.store.sealed_columns import as_stored, reader, short_first

SEALED: Final = PREFIX[:1].encode()  # stands in a state that holds free text, and is soon found
ON_DUTY_MAX: Final = 100  # people whom one list names
READ_AT_ONCE: Final = 1_000  # rows of doors; one by one each costs as much again
NEVER_MS: Final = 2**62  # no time is so late
NO_GRID: Final = "?"  # where the grid of a door or a person is spoilt, and so none there is
SORTED_HERE: Final = 500  # doors; a list of so many is put in its order by us, and not by SQLite


class DoorRow(msgspec.Struct, frozen=True):
    """A door as a person knows it, and its state as of the last commit."""

    door_id: str
    label: str
    grid_id: str
    grid: str
    state: Door
    building: str = ""  # where it lies, if the table says so
    stair: str = ""
    ended_ms: int | None = None  # out of use since then


class WardenRow(msgspec.Struct, frozen=True):
    """Who may have a case. What of it nobody can read is left out: a person whose grid has a
    spoilt name has her cases all the same."""

    warden_id: str
    name: str = ""
    grid_id: str = ""
    grid: str = ""
    language: str = "zh"
    role: Role = Role.WARDEN


class OpeningRow(msgspec.Struct, frozen=True):
    """An opening, with who announced it and why, if anybody did."""

    opening_id: str
    opened_ms: int
    latest_ms: int
    heard_ms: int
    shut_from_ms: int | None
    shut_ms: int | None
    joined: int
    edges: int
    inferred: bool
    reason: Reason
    who: str | None
    why: str | None
    told: tuple[tuple[str, int], ...] = ()  # who was told of it, and when, before it was announced
    corrected_ms: int | None = None  # when it was found wrong, by who answered a dispute of it,
    correction: str | None = None  # and what they answered
    beside: str | None = None  # the opening at the household's other door that it is part of


class RefusalRow(msgspec.Struct, frozen=True):
    """How many messages were refused, or told nothing, for one reason."""

    reason: Reason
    count: int
    latest_ms: int


def door_count(connection: Connection, grids: frozenset[str] | None = None) -> int:
    """How many doors the site has; those that were taken out of use do not count. Of these grids,
    if they are given."""
    if grids is None:
        return _count(connection, _IN_USE_COUNT)
    return _count(connection, _IN_USE_COUNT.where(tables.doors.c.grid_id.in_(grids)))


def doors(
    connection: Connection,
    limit: int,
    after: Key | None = None,
    grids: frozenset[str] | None = None,
    with_text: bool = True,
) -> list[DoorRow]:
    """Doors in use by grid and label, short labels first so that 3-201 stands before 10-101. Of
    these grids, if they are given; only those behind a `door_place`. Who shows nothing that people
    wrote (announcements, notes) asks without their text: in states it then stays sealed."""
    is_sorted_here = after is None and limit >= SORTED_HERE
    query = _IN_USE if is_sorted_here else _NEXT_IN_USE if after is not None else _FIRST_IN_USE
    if grids is not None:
        query = query.where(tables.doors.c.grid_id.in_(grids))
    bound = {} if is_sorted_here else {"most": limit, **_bound(after or ())}
    rows = _doors(connection, query, with_text, bound)
    return sorted(rows, key=_by_place)[:limit] if is_sorted_here else rows


def _by_place(row: DoorRow) -> tuple[str, str, int, str, str]:
    """As `_PLACE`, of rows that are read: SQLite would ask for each label twice."""
    return row.grid, row.grid_id, len(row.label), row.label, row.door_id


def door_place(connection: Connection, door_id: str) -> Key | None:
    """Where a door stands in the list of doors, in use or not; None if there is none."""
    row = connection.execute(_PLACE_OF, {"door_id": door_id}).first()
    return None if row is None else tuple(row)


def doors_of(connection: Connection, door_ids: list[str], with_text: bool = True) -> list[DoorRow]:
    """These doors, in no order, in use or not; those that do not exist are left out."""
    return _doors(connection, _DOORS_OF, with_text, {"door_ids": door_ids})


class SealPlace(NamedTuple):
    """Where a seal hangs; None for both if it hangs on no door."""

    door_id: str | None
    grid_id: str | None


def seal_place(connection: Connection, seal_id: str) -> SealPlace | None:
    """Where a seal in use hangs; None if there is no such seal."""
    s, d = tables.seals.c, tables.doors.c
    query = (
        select(s.door_id, d.grid_id)
        .join_from(tables.seals, tables.doors, s.door_id == d.door_id, isouter=True)
        .where(s.seal_id == seal_id, s.ended_ms.is_(None))
    )
    row = connection.execute(query).first()
    return None if row is None else SealPlace(row.door_id, row.grid_id)


def wardens(
    connection: Connection,
    limit: int,
    grid_id: str | None = None,
    grids: frozenset[str] | None = None,
) -> list[WardenRow]:
    """Wardens by grid and name, but for those who have left; of one grid, or of some, if they are
    given."""
    w = tables.wardens.c
    query = (
        _WARDENS.where(w.ended_ms.is_(None)).order_by(w.grid_id, w.name, w.warden_id).limit(limit)
    )
    query = query if grid_id is None else query.where(w.grid_id == grid_id)
    query = query if grids is None else query.where(w.grid_id.in_(grids))
    return records(connection, query, WardenRow)


def on_duty(connection: Connection, grid_id: str, now_ms: int, rules: Rules) -> list[WardenRow]:
    """Who has a grid's duty now, the lowest step of the escalation policy first; of all grids
    where `grid_id` is empty."""
    on_call = schedule_of(states.staff(connection))
    warden_ids = routing.duty_of(on_call, grid_id, now_ms, rules)[:ON_DUTY_MAX]
    query = _WARDENS.where(tables.wardens.c.warden_id.in_(warden_ids))
    rows = {row.warden_id: row for row in records(connection, query, WardenRow)}
    return [rows[warden_id] for warden_id in warden_ids if warden_id in rows]


def unreached(connection: Connection) -> set[str]:
    """Those whom the daily test did not reach, by id."""
    return {person.warden_id for person in states.people(connection) if not person.working}


def warden(connection: Connection, warden_id: str) -> WardenRow | None:
    """One warden who has not left, or None."""
    w = tables.wardens.c
    query = _WARDENS.where(w.warden_id == warden_id, w.ended_ms.is_(None))
    return next(iter(records(connection, query, WardenRow)), None)


def grids_of_wardens(connection: Connection) -> dict[str, str]:
    """The grid of each warden who has not left, by id."""
    w = tables.wardens.c
    query = select(w.warden_id, w.grid_id).where(w.ended_ms.is_(None))
    return {row.warden_id: row.grid_id for row in connection.execute(query)}


def warden_of_code(connection: Connection, code: str) -> WardenRow | None:
    """The warden for whom this code stands where nobody may be named; None for who has left."""
    w = tables.wardens.c
    query = select(w.warden_id).where(w.ended_ms.is_(None))
    ids = connection.execute(query).scalars()
    found = next((warden_id for warden_id in ids if code_of_person(warden_id) == code), None)
    return None if found is None else warden(connection, found)


def openings(
    connection: Connection,
    door_id: str,
    limit: int,
    before_ms: int | None = None,
    since_ms: int = 0,
) -> list[OpeningRow]:
    """A door's openings, newest first; those that began at a time or later, and before another
    if it is given."""
    before_ms = NEVER_MS if before_ms is None else before_ms
    bound = {"its_door_id": door_id, "before_ms": before_ms, "since_ms": since_ms, "most": limit}
    return _with_told(connection, records(connection, _OPENINGS_OF, OpeningRow, bound))


def _with_told(connection: Connection, found: list[OpeningRow]) -> list[OpeningRow]:
    """The openings, with who had been told of those that were announced afterwards."""
    late = {row.opening_id: row.opened_ms for row in found if row.reason == Reason.ANNOUNCED_LATE}
    told = page_views.told_of(connection, late)
    return [replace(row, told=tuple(told.get(row.opening_id, ()))) for row in found]


def refusals(connection: Connection, from_ms: int) -> list[RefusalRow]:
    """What was refused or told nothing since the hour of `from_ms`, the most frequent first."""
    r = tables.refusals.c
    total = func.sum(r["count"])
    query = (
        select(r.reason, total.label("count"), func.max(r.latest_ms).label("latest_ms"))
        .where(r.hour_ms >= from_ms - from_ms % HOUR_MS)
        .group_by(r.reason)
        .order_by(total.desc(), r.reason)
    )
    return records(connection, query, RefusalRow)


def unwritten_count(connection: Connection) -> int:
    """How many lines of history the engineers' database will never take."""
    return _count(connection, select(func.count()).select_from(feed_tables.unwritten))


_DOORS = select(
    tables.doors.c.door_id,
    as_stored(tables.doors.c.label),
    as_stored(tables.doors.c.grid_id),
    as_stored(tables.grids.c.name),
    tables.doors.c.state,
    tables.doors.c.building,
    tables.doors.c.stair,
    tables.doors.c.ended_ms,
).join(tables.grids, isouter=True)

_PLACE = (
    func.coalesce(tables.grids.c.name, NO_GRID),
    tables.doors.c.grid_id,
    short_first(tables.doors.c.label),
    tables.doors.c.door_id,
)

# Asked for each page of a list: to put a statement together costs as much as to run it.
_IN_USE = _DOORS.where(tables.doors.c.ended_ms.is_(None))
_FIRST_IN_USE = _IN_USE.order_by(*_PLACE).limit(bindparam("most"))
_NEXT_IN_USE = _FIRST_IN_USE.where(
    tuple_(*_PLACE) > tuple_(*(bindparam(f"place_{n}") for n in range(len(_PLACE))))
)
_DOORS_OF = _DOORS.where(tables.doors.c.door_id.in_(bindparam("door_ids", expanding=True)))
_IN_USE_COUNT = select(func.count()).where(tables.doors.c.ended_ms.is_(None))
_PLACE_OF = (
    select(*_PLACE)
    .join(tables.grids, tables.grids.c.grid_id == tables.doors.c.grid_id, isouter=True)
    .where(tables.doors.c.door_id == bindparam("door_id"))
)

_WARDENS = select(
    tables.wardens.c.warden_id,
    tables.wardens.c.name,
    tables.wardens.c.grid_id,
    func.coalesce(tables.grids.c.name, NO_GRID).label("grid"),
    tables.wardens.c.language,
    tables.wardens.c.role,
).join(tables.grids, isouter=True)


def _openings_of() -> Select[Any]:
    o, p = tables.openings.c, tables.permits.c
    joined = ("who", "why", "told", "corrected_ms", "correction")
    names = [name for name in OpeningRow.__struct_fields__ if name not in joined]
    query = (
        select(*(o[name] for name in names), p.who, p.why)
        .join(tables.permits, p.permit_id == o.permit_id, isouter=True)
        .where(o.door_id == bindparam("its_door_id"))
        .where(o.opened_ms >= bindparam("since_ms"), o.opened_ms < bindparam("before_ms"))
        .order_by(o.opened_ms.desc(), o.opening_id.desc())
    )
    whole: Select[Any] = household_views.with_corrections(query, RecordKind.OPENING, o.opening_id)
    return whole.limit(bindparam("most"))


_OPENINGS_OF = _openings_of()


def _bound(place: Key) -> dict[str, Any]:
    """A place in the list of doors, as `_NEXT_IN_USE` wants it."""
    return {f"place_{number}": value for number, value in enumerate(place)}


def _doors(
    connection: Connection,
    query: Select[Any],
    with_text: bool = True,
    bound: dict[str, Any] | None = None,
) -> list[DoorRow]:
    reveal, rows, findings = reader(connection), [], Findings()
    texts: dict[bytes | None, str] = {None: NO_GRID}  # of grids: many doors lie in each
    found = chain.from_iterable(connection.execute(query, bound).partitions(READ_AT_ONCE))
    for door_id, label, grid_id, grid, state, building, stair, ended_ms in found:
        if isinstance(state, str):  # SQLite takes anything into any column
            state = state.encode()
        known = states.door(door_id, state, findings)
        if with_text and isinstance(state, bytes) and SEALED in state:
            sealing.reveal_in(connection, known)  # read just now, and nobody else has it
        place = _text(building), _text(stair)
        if ended_ms is not None and not isinstance(ended_ms, int):
            ended_ms = 0  # since when is spoilt, and that it is out of use is not
        for cell in (grid_id, grid):
            if cell not in texts:
                texts[cell] = cell.decode(errors="replace")
        where = texts[grid_id], texts[grid]
        rows.append(DoorRow(door_id, reveal(label), *where, known, *place, ended_ms))
    return rows


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar() or 0)
