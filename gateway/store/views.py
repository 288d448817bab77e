"""What people read: every function takes a reading connection and answers frozen records.

Every list has a limit that the caller names. Identities are joined here, and stand nowhere else.
"""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, func, select, tuple_

from gateway.core.model import CaseState, Door
from gateway.core.reason import Reason
from gateway.store import tables

_decode_door = msgspec.json.Decoder(Door).decode
R = TypeVar("R", bound=msgspec.Struct)
_OPEN = (CaseState.RAISED, CaseState.ACKNOWLEDGED, CaseState.ON_SITE)


class DoorRow(msgspec.Struct, frozen=True):
    """A door as a person knows it, and its state as of the last commit."""

    door_id: str
    label: str
    grid_id: str
    grid: str
    state: Door


class WardenRow(msgspec.Struct, frozen=True):
    """Who may have a case."""

    warden_id: str
    name: str
    grid_id: str
    grid: str
    language: str


class CaseRow(msgspec.Struct, frozen=True):
    """A case. A `…_name` is None where whoever it was is no warden."""

    case_id: str
    door_id: str
    label: str
    grid_id: str
    state: CaseState
    reason: Reason
    raised_ms: int
    moved_ms: int
    openings: int
    acknowledged_by: str | None
    acknowledged_name: str | None
    acknowledged_ms: int | None
    on_site_by: str | None
    on_site_name: str | None
    on_site_ms: int | None
    latched: bool
    closed_by: str | None
    closed_name: str | None
    closed_ms: int | None
    outcome: str | None


class PageRow(msgspec.Struct, frozen=True):
    """A page in a warden's inbox. `since_ms`: when the thing happened; `made_ms`: when told."""

    page_id: str
    case_id: str
    door_id: str
    label: str
    reason: Reason
    since_ms: int
    made_ms: int


class DeliveryRow(msgspec.Struct, frozen=True):
    """A page on its way by one channel. Its address stays in the store: it may hold a secret."""

    page_id: str
    reason: Reason
    channel: str
    warden: str | None
    since_ms: int
    made_ms: int
    done_ms: int | None
    tries: int
    gave_up: bool


class OpeningRow(msgspec.Struct, frozen=True):
    """An opening, with who announced it and why, if anybody did."""

    opening_id: str
    opened_ms: int
    latest_ms: int
    heard_ms: int
    shut_ms: int | None
    joined: int
    edges: int
    reason: Reason
    who: str | None
    why: str | None


class RefusalRow(msgspec.Struct, frozen=True):
    """How many messages were refused, or told nothing, for one reason."""

    reason: Reason
    count: int
    latest_ms: int


def door_count(connection: Connection) -> int:
    """How many doors the site has."""
    return _count(connection, select(func.count()).select_from(tables.doors))


def doors(connection: Connection, limit: int, offset: int = 0) -> list[DoorRow]:
    """Doors by grid, then by label, short labels first so that 3-201 stands before 10-101."""
    d = tables.doors.c
    order = (tables.grids.c.name, d.grid_id, func.length(d.label), d.label, d.door_id)
    return _doors(connection, _DOORS.order_by(*order).limit(limit).offset(offset))


def doors_of(connection: Connection, door_ids: list[str]) -> list[DoorRow]:
    """These doors, in no order; those that do not exist are left out."""
    return _doors(connection, _DOORS.where(tables.doors.c.door_id.in_(door_ids)))


def wardens(connection: Connection, limit: int, grid_id: str | None = None) -> list[WardenRow]:
    """Wardens by grid and name; of one grid if it is given."""
    w = tables.wardens.c
    query = _WARDENS.order_by(w.grid_id, w.name, w.warden_id).limit(limit)
    query = query if grid_id is None else query.where(w.grid_id == grid_id)
    return _records(connection, query, WardenRow)


def warden(connection: Connection, warden_id: str) -> WardenRow | None:
    """One warden, or None."""
    query = _WARDENS.where(tables.wardens.c.warden_id == warden_id)
    return next(iter(_records(connection, query, WardenRow)), None)


def case_counts(connection: Connection) -> dict[CaseState, int]:
    """How many cases wait, and how many somebody has."""
    state = tables.cases.c.state
    query = select(state, func.count()).where(state.in_(_OPEN)).group_by(state)
    counted = {CaseState(word): number for word, number in connection.execute(query)}
    return {state: counted.get(state, 0) for state in _OPEN}


def open_cases(connection: Connection, limit: int) -> list[CaseRow]:
    """Cases that are not closed: those that wait before those that somebody has, newest first."""
    c = tables.cases.c
    query = _CASES.where(c.state.in_(_OPEN)).limit(limit)
    order = ((c.state != CaseState.RAISED), c.moved_ms.desc(), c.case_id)
    return _records(connection, query.order_by(*order), CaseRow)


def closed_cases(
    connection: Connection, limit: int, before: tuple[int, str] | None = None
) -> list[CaseRow]:
    """Closed cases, newest first; `before` is (raised_ms, case_id) of the last one seen."""
    c = tables.cases.c
    query = _CASES.where(c.state == CaseState.CLOSED)
    if before is not None:
        query = query.where(tuple_(c.raised_ms, c.case_id) < before)
    order = c.raised_ms.desc(), c.case_id.desc()
    return _records(connection, query.order_by(*order).limit(limit), CaseRow)


def cases_of(connection: Connection, case_ids: list[str]) -> list[CaseRow]:
    """These cases, in no order; those that do not exist are left out."""
    return _records(connection, _CASES.where(tables.cases.c.case_id.in_(case_ids)), CaseRow)


def cases_at(connection: Connection, door_id: str, limit: int) -> list[CaseRow]:
    """A door's cases, newest first."""
    c = tables.cases.c
    query = _CASES.where(c.door_id == door_id).order_by(c.raised_ms.desc(), c.case_id.desc())
    return _records(connection, query.limit(limit), CaseRow)


def inbox(connection: Connection, warden_id: str, is_open: bool, limit: int) -> list[PageRow]:
    """A warden's pages whose cases are open, or are closed; newest first."""
    o, d, c = tables.outbox.c, tables.doors.c, tables.cases.c
    states = _OPEN if is_open else (CaseState.CLOSED,)
    query = (
        select(o.page_id, o.case_id, o.door_id, d.label, o.reason, o.since_ms, o.made_ms)
        .join(tables.doors, d.door_id == o.door_id)
        .join(tables.cases, c.case_id == o.case_id)
        .where(o.warden_id == warden_id, o.channel == "inbox", c.state.in_(states))
        .order_by(o.made_ms.desc(), o.entry_id.desc())
        .limit(limit)
    )
    return _records(connection, query, PageRow)


def deliveries(connection: Connection, case: CaseRow, limit: int) -> list[DeliveryRow]:
    """Who was told of a case, by which channel, and whether it went out; newest first."""
    o, w = tables.outbox.c, tables.wardens.c
    names = ("page_id", "reason", "channel", "since_ms", "made_ms", "done_ms", "tries", "gave_up")
    # The index leads with warden_id: name those who can have been told, the site itself (NULL) too.
    told = select(w.warden_id).where(w.grid_id == case.grid_id)
    query = (
        select(*(o[name] for name in names), w.name.label("warden"))
        .join(tables.wardens, w.warden_id == o.warden_id, isouter=True)
        .where(o.warden_id.in_(told) | o.warden_id.is_(None))
        .where(o.made_ms >= case.raised_ms, o.case_id == case.case_id)
        .order_by(o.made_ms.desc(), o.entry_id.desc())
        .limit(limit)
    )
    return _records(connection, query, DeliveryRow)


def openings(
    connection: Connection, door_id: str, limit: int, before_ms: int | None = None
) -> list[OpeningRow]:
    """A door's openings, newest first; those that began before a time if it is given."""
    o, p = tables.openings.c, tables.permits.c
    names = [name for name in OpeningRow.__struct_fields__ if name not in ("who", "why")]
    query = (
        select(*(o[name] for name in names), p.who, p.why)
        .join(tables.permits, p.permit_id == o.permit_id, isouter=True)
        .where(o.door_id == door_id)
        .order_by(o.opened_ms.desc(), o.opening_id.desc())
        .limit(limit)
    )
    if before_ms is not None:
        query = query.where(o.opened_ms < before_ms)
    return _records(connection, query, OpeningRow)


def refusals(connection: Connection, from_ms: int) -> list[RefusalRow]:
    """What was refused or told nothing since the hour of `from_ms`, the most frequent first."""
    r = tables.refusals.c
    total = func.sum(r["count"])
    query = (
        select(r.reason, total.label("count"), func.max(r.latest_ms).label("latest_ms"))
        .where(r.hour_ms >= from_ms - from_ms % 3_600_000)
        .group_by(r.reason)
        .order_by(total.desc(), r.reason)
    )
    return _records(connection, query, RefusalRow)


def unwritten_count(connection: Connection) -> int:
    """How many lines of history the engineers' database will never take."""
    return _count(connection, select(func.count()).select_from(tables.unwritten))


_DOORS = select(
    tables.doors.c.door_id,
    tables.doors.c.label,
    tables.doors.c.grid_id,
    tables.grids.c.name,
    tables.doors.c.state,
).join(tables.grids)

_WARDENS = select(
    tables.wardens.c.warden_id,
    tables.wardens.c.name,
    tables.wardens.c.grid_id,
    tables.grids.c.name.label("grid"),
    tables.wardens.c.language,
).join(tables.grids)

_HAS, _AT_DOOR, _CLOSED = (tables.wardens.alias(name) for name in ("has", "at_door", "closed"))
_CASES = (
    select(
        *(tables.cases.c[n] for n in CaseRow.__struct_fields__ if n in tables.cases.c),
        tables.doors.c.label,
        _HAS.c.name.label("acknowledged_name"),
        _AT_DOOR.c.name.label("on_site_name"),
        _CLOSED.c.name.label("closed_name"),
    )
    .join(tables.doors, tables.doors.c.door_id == tables.cases.c.door_id)
    .join(_HAS, _HAS.c.warden_id == tables.cases.c.acknowledged_by, isouter=True)
    .join(_AT_DOOR, _AT_DOOR.c.warden_id == tables.cases.c.on_site_by, isouter=True)
    .join(_CLOSED, _CLOSED.c.warden_id == tables.cases.c.closed_by, isouter=True)
)


def _records(connection: Connection, query: Select[Any], kind: type[R]) -> list[R]:
    """Rows as records of a kind: words become its enums."""
    names = kind.__struct_fields__
    rows = (row._mapping for row in connection.execute(query))
    return [msgspec.convert({name: row[name] for name in names}, kind) for row in rows]


def _doors(connection: Connection, query: Select[Any]) -> list[DoorRow]:
    return [
        DoorRow(door_id, label, grid_id, grid, _decode_door(state) if state else Door(door_id))
        for door_id, label, grid_id, grid, state in connection.execute(query)
    ]


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar() or 0)
