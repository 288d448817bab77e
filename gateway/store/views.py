"""What people read: every function takes a reading connection and answers frozen records.

Every list has a limit that the caller names. Identities are joined here, and stand nowhere else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Select, bindparam, func, select

from gateway.core.duration import HOUR_MS
from gateway.core.households.model import RecordKind
from gateway.core.model import Door
from gateway.core.paging.person import code as code_of_person
from gateway.core.paging.schedule import Role
from gateway.core.reasons import Reason
from gateway.keys.sealed_text import PREFIX
from gateway.store import feed_tables, household_views, page_views, sealing, states, tables
from gateway.store.poisoned import Findings
from gateway.store.records import Key, records
from gateway.store.sealed_columns import as_stored, reader

SEALED: Final = PREFIX[:1].encode()  # stands in a state that holds free text, and is soon found
READ_AT_ONCE: Final = 1_000  # rows of doors; one by one each costs as much again
NEVER_MS: Final = 2**62  # no time is so late
NO_GRID: Final = "?"  # where the grid of a door or a person is spoilt, and so none there is
_SPOILT: Final = "\ufffd"  # in the place of bytes that are no text


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

    @property
    def is_interval(self) -> bool:
        """Whether it opened at a time that nobody knows, between the two."""
        return self.latest_ms > self.opened_ms or self.reason is Reason.OPENED_BLIND

    @property
    def is_at_most(self) -> bool:
        """Whether it is not known how long it stood open, but for how long at most."""
        from_ms = self.shut_ms if self.shut_from_ms is None else self.shut_from_ms
        return self.is_interval or self.inferred or from_ms != self.shut_ms


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
    wrote (announcements, notes) asks without their text: in states it then stays sealed.

    A list is put in order grid by grid: only in the grids that it shows is any label opened.
    """
    query = _IN_USE if grids is None else _IN_USE.where(tables.doors.c.grid_id.in_(grids))
    wanted = _grids_to_read(connection, limit, after, grids)
    bound: dict[str, Any] = {}
    if wanted is not None:
        query, bound = query.where(_IN_GRIDS), {"of_grids": wanted}
    reveal, texts = reader(connection), _Texts()
    found = []
    for row in _rows(connection, query, bound):
        door_id, cell, grid_id, grid, *_ = row
        label = reveal(cell)
        found.append(((texts[grid], texts[grid_id], len(label), label, door_id), row))
    if after is not None:
        found = [one for one in found if one[0] > after]
    found.sort(key=itemgetter(0))
    return _made(connection, (row for _, row in found[:limit]), with_text)


def unnamed_doors(connection: Connection, grids: frozenset[str] | None = None) -> Iterator[DoorRow]:
    """All doors in use, of these grids if they are given, in no order and without their labels
    and texts: for who counts them, or shows a few (`doors_of` has the labels of those)."""
    query = _IN_USE if grids is None else _IN_USE.where(tables.doors.c.grid_id.in_(grids))
    return _made_one_by_one(connection, _rows(connection, query, {}), named=False)


def _grids_to_read(
    connection: Connection, limit: int, after: Key | None, grids: frozenset[str] | None
) -> list[str] | None:
    """The grids in which the first `limit` doors are, or the first behind a place; None where one
    looks through all of them. One grid more than that may be named, and none less."""
    query = _GRIDS if grids is None else _GRIDS.where(_COUNTED.c.grid_id.in_(grids))
    counts = connection.execute(query).all()
    if any(not isinstance(row.grid_id, str) or _SPOILT in row.grid_id for row in counts):
        return None  # one that is no text cannot be asked for again
    if after is None and sum(row.doors for row in counts) <= limit:
        return None
    texts = _Texts()
    places = sorted((texts[row.name], row.grid_id, row.doors) for row in counts)
    first = after[:2] if after is not None else ("", "")
    wanted, count = list[str](), 0
    for name, grid_id, its_doors in places:
        if (name, grid_id) < first:
            continue
        wanted.append(grid_id)
        count += its_doors if (name, grid_id) != first else 0  # some of it is before the place
        if count >= limit:
            break
    return wanted


def place_of(row: DoorRow) -> Key:
    """Where a door stands in a list of doors."""
    return row.grid, row.grid_id, len(row.label), row.label, row.door_id


def door_place(connection: Connection, door_id: str) -> Key | None:
    """Where a door stands in the list of doors, in use or not; None if there is none."""
    row = next(iter(doors_of(connection, [door_id], with_text=False)), None)
    return None if row is None else place_of(row)


def doors_of(connection: Connection, door_ids: list[str], with_text: bool = True) -> list[DoorRow]:
    """These doors, in no order, in use or not; those that do not exist are left out."""
    return _made(connection, _rows(connection, _DOORS_OF, {"door_ids": door_ids}), with_text)


def labels_of(connection: Connection, door_ids: list[str]) -> dict[str, str]:
    """What people call these doors, by id, in use or not; those that do not exist are left out."""
    reveal = reader(connection)
    rows = connection.execute(_LABELS_OF, {"door_ids": door_ids})
    return {door_id: reveal(label) for door_id, label in rows}


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


def named(connection: Connection, warden_ids: Sequence[str]) -> list[WardenRow]:
    """These people, in this order; those that nobody knows are left out."""
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

# Asked for each page of a list: to put a statement together costs as much as to run it.
_IN_USE = _DOORS.where(tables.doors.c.ended_ms.is_(None))
_IN_GRIDS = tables.doors.c.grid_id.in_(bindparam("of_grids", expanding=True))
_COUNTED = (
    select(tables.doors.c.grid_id, func.count().label("doors"))
    .where(tables.doors.c.ended_ms.is_(None))
    .group_by(tables.doors.c.grid_id)
    .subquery()
)
_GRIDS = select(_COUNTED.c.grid_id, as_stored(tables.grids.c.name), _COUNTED.c.doors).join(
    tables.grids, tables.grids.c.grid_id == _COUNTED.c.grid_id, isouter=True
)
_DOORS_OF = _DOORS.where(tables.doors.c.door_id.in_(bindparam("door_ids", expanding=True)))
_IN_USE_COUNT = select(func.count()).where(tables.doors.c.ended_ms.is_(None))

_LABELS_OF = select(tables.doors.c.door_id, as_stored(tables.doors.c.label)).where(
    tables.doors.c.door_id.in_(bindparam("door_ids", expanding=True))
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


class _Texts(dict[bytes | None, str]):
    """Texts of grids, by their cells: many doors lie in each."""

    def __missing__(self, cell: bytes | None) -> str:
        self[cell] = text = NO_GRID if cell is None else cell.decode(errors="replace")
        return text


def _rows(connection: Connection, query: Select[Any], bound: dict[str, Any]) -> Iterator[Any]:
    return chain.from_iterable(connection.execute(query, bound).partitions(READ_AT_ONCE))


def _made(connection: Connection, rows: Iterable[Any], with_text: bool) -> list[DoorRow]:
    return list(_made_one_by_one(connection, rows, with_text=with_text))


def _made_one_by_one(
    connection: Connection, rows: Iterable[Any], *, with_text: bool = False, named: bool = True
) -> Iterator[DoorRow]:
    reveal, texts, findings = reader(connection), _Texts(), Findings()
    for door_id, label, grid_id, grid, state, building, stair, ended_ms in rows:
        if isinstance(state, str):  # SQLite takes anything into any column
            state = state.encode()
        known = states.door(door_id, state, findings)
        if with_text and isinstance(state, bytes) and SEALED in state:
            sealing.reveal_in(connection, known)  # read just now, and nobody else has it
        place = _text(building), _text(stair)
        if ended_ms is not None and not isinstance(ended_ms, int):
            ended_ms = 0  # since when is spoilt, and that it is out of use is not
        called = reveal(label) if named else ""
        yield DoorRow(door_id, called, texts[grid_id], texts[grid], known, *place, ended_ms)


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar() or 0)
