"""What stands behind the reports: seals with their keys and marks, doors, grids and wardens."""

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from gateway.core.events import DoorPlaced, Event
from gateway.core.model import Door, Outages
from gateway.core.paging import staff
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member, Staff
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import Subject, SubjectKind
from gateway.store import areas, tables
from gateway.store.batch import Entry

PENDING_AT_ONCE = 500
DUE_AT_ONCE = 1_000

_decode_door = msgspec.json.Decoder(Door).decode
_decode_outages = msgspec.json.Decoder(Outages).decode
_decode_event = msgspec.json.Decoder(Event).decode
_decode_staff = msgspec.json.Decoder(Staff).decode
_decode_person = msgspec.json.Decoder(Person).decode
_decode_channels = msgspec.json.Decoder(list[str]).decode


class SealRow(msgspec.Struct, frozen=True):
    """A seal as enrolled. `key` has 32 bytes."""

    seal_id: str
    door_id: str | None
    key: bytes
    window: ReplayWindow


class Warden(msgspec.Struct, frozen=True):
    """A person who is told, and how: channel and address, in the order of the table."""

    warden_id: str
    language: str
    channels: tuple[tuple[str, str], ...]
    grid_id: str = ""
    role: Role = Role.WARDEN


class Registry(msgspec.Struct, frozen=True):
    """All of it, as of one snapshot. `enrolment` names the latest change by another program."""

    seals: dict[str, SealRow]
    doors: dict[str, Door]
    places: dict[str, DoorPlaced]  # door_id -> its grid, and every area that it lies in
    wardens: dict[str, tuple[Warden, ...]]  # grid_id -> who is told
    enrolment: int = 0
    outages: Outages = Outages()
    staff: Staff = Staff()  # as it is enrolled,
    staff_journaled: Staff = Staff()  # and as the journal last said
    people: tuple[Person, ...] = ()  # those of whom something is known


def load(connection: Connection) -> Registry:
    """Read the registry. A door that never had a report gets its first, empty state."""
    doors, places, areas_of = {}, {}, areas.of_doors(connection)
    rows = connection.execute(
        select(tables.doors.c.door_id, tables.doors.c.grid_id, tables.doors.c.state)
    )
    for door_id, grid_id, state in rows:
        doors[door_id] = _decode_door(state) if state else Door(door_id)
        places[door_id] = DoorPlaced(grid_id, areas_of[door_id])
    wardens = _wardens(connection)
    return Registry(
        _seals(connection),
        doors,
        places,
        wardens,
        enrolment(connection),
        _decode_outages(site_state(connection, "outages") or b"{}"),
        _staff(connection, wardens),
        _decode_staff(site_state(connection, "staff") or b"{}"),
        _people(connection),
    )


def enrolment(connection: Connection) -> int:
    """The latest change of the registry by another program; 0 if there was none."""
    return connection.execute(select(func.max(tables.enrolments.c.enrolment_id))).scalar() or 0


def _seals(connection: Connection) -> dict[str, SealRow]:
    c = tables.seals.c
    rows = connection.execute(
        select(c.seal_id, c.door_id, c.key, c.epoch, c.counter, c.seq_top, c.seq_seen)
    )
    return {row[0]: SealRow(row[0], row[1], row[2], ReplayWindow(*row[3:])) for row in rows}


def _wardens(connection: Connection) -> dict[str, tuple[Warden, ...]]:
    by_grid: dict[str, list[Warden]] = defaultdict(list)
    c = tables.wardens.c
    rows = connection.execute(
        select(c.warden_id, c.grid_id, c.language, c.channels, c.role).order_by(c.warden_id)
    )
    for warden_id, grid_id, language, channels, role in rows:
        parts = [channel.partition(":") for channel in _decode_channels(channels)]
        ways = tuple((kind, address) for kind, _, address in parts)
        by_grid[grid_id].append(Warden(warden_id, language, ways, grid_id, Role(role)))
    return {grid_id: tuple(wardens) for grid_id, wardens in by_grid.items()}


def _staff(connection: Connection, wardens: dict[str, tuple[Warden, ...]]) -> Staff:
    s, c = tables.shifts.c, tables.overrides.c
    shifts = [
        Shift(row.grid_id, Role(row.role), row.warden_id, row.days, row.from_min, row.to_min)
        for row in connection.execute(select(*s))
    ]
    found = connection.execute(select(c.warden_id, c.from_ms, c.to_ms, c.by))
    overrides = [Override(*row) for row in found]
    members = {
        one.warden_id: Member(
            grid_id, one.role, tuple(staff.byte_of(*channel) for channel in one.channels)
        )
        for grid_id, there in wardens.items()
        for one in there
    }
    return staff.of(members, shifts, overrides)


def _people(connection: Connection) -> tuple[Person, ...]:
    c = tables.people.c
    rows = connection.execute(select(c.state).order_by(c.warden_id))
    return tuple(_decode_person(state) for (state,) in rows)


def site_state(connection: Connection, name: str) -> bytes | None:
    """What is known of the site as a whole under a name, as JSON."""
    query = select(tables.states.c.state).where(tables.states.c.name == name)
    found: bytes | None = connection.execute(query).scalar()
    return found


class Listening(msgspec.Struct, frozen=True):
    """When the gateway last listened before what waits in the broker; None if it has caught up."""

    stopped_ms: int | None = None


def listening(connection: Connection) -> Listening:
    """How far an earlier life has come with what waited in the broker."""
    found = site_state(connection, "listening")
    return msgspec.json.decode(found, type=Listening) if found else Listening()


def pending_events(connection: Connection, after_id: int) -> list[tuple[int, Subject, Event]]:
    """(pending_id, subject, event) of what other programs left here after one, oldest first."""
    c = tables.pending_events.c
    rows = connection.execute(
        select(c.pending_id, c.subject_kind, c.subject_id, c.body)
        .where(c.pending_id > after_id)
        .order_by(c.pending_id)
        .limit(PENDING_AT_ONCE)
    )
    return [
        (pending_id, Subject(SubjectKind(kind), its_id), _decode_event(body))
        for pending_id, kind, its_id, body in rows
    ]


def is_journaled(connection: Connection, seal_id: str, seq: int) -> bool:
    """Whether this report is in the journal, for numbers older than a mark remembers."""
    c = tables.journal.c
    found = connection.execute(select(c.journal_id).where(c.seal_id == seal_id, c.seq == seq))
    return found.first() is not None


def newest(connection: Connection) -> tuple[int, int, int]:
    """(journal_id, at_ms, entry_id) of the newest rows; zeros where there are none."""
    journal_id, at_ms = connection.execute(
        select(func.max(tables.journal.c.journal_id), func.max(tables.journal.c.at_ms))
    ).one()
    entry_id = connection.execute(select(func.max(tables.outbox.c.entry_id))).scalar()
    return journal_id or 0, at_ms or 0, entry_id or 0


def site_id(connection: Connection) -> str | None:
    """The random id under which this gateway knows itself, or None before its first start."""
    found: str | None = connection.execute(select(tables.site.c.site_id)).scalar()
    return found


def undelivered(connection: Connection, channel: str, after_id: int) -> list[Entry]:
    """Outbox entries of a channel that have not gone out, from `after_id` on."""
    c = tables.outbox.c
    rows = connection.execute(
        select(tables.outbox)
        .where(c.channel == channel, c.entry_id > after_id, c.done_ms.is_(None), ~c.gave_up)
        .order_by(c.entry_id)
        .limit(DUE_AT_ONCE)
    )
    return [_entry(row._mapping) for row in rows]


def _entry(row: Any) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__struct_fields__})
