"""What is enrolled, read at once: seals with their keys, doors and where they lie, wardens and
their on-call schedule; and with each the state that it had at the last commit."""

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, func, select

from gateway.core.events import DoorPlaced
from gateway.core.model import SURE, Door, Doubt, Outages, Troubles
from gateway.core.paging import staff
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member, Staff
from gateway.core.replay_window import ReplayWindow
from gateway.store import areas, states, tables

_decode_channels = msgspec.json.Decoder(list[str]).decode


class SealRow(msgspec.Struct, frozen=True):
    """A seal as enrolled. `key` has 32 bytes; `window` says which transmissions were accepted, and
    is not to be trusted where the seal is not `proved`."""

    seal_id: str
    door_id: str | None
    key: bytes
    window: ReplayWindow
    heartbeat_ms: int | None = None  # how often it promised a heartbeat
    proved: bool = True


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
    troubles: Troubles = Troubles()
    doubt: Doubt = SURE  # of the gateway's clock
    staff: Staff = Staff()  # as it is enrolled,
    staff_journaled: Staff = Staff()  # and as the journal last said
    people: tuple[Person, ...] = ()  # those of whom something is known


def load(connection: Connection) -> Registry:
    """Read the registry. A door that never had a report gets its first, empty state.

    Args:
        connection: A reading one; what it sees is one snapshot.

    Raises:
        msgspec.DecodeError: A state or a list of channels is no JSON of ours.
    """
    doors, places, areas_of = {}, {}, areas.of_doors(connection)
    d = tables.doors.c
    for door_id, grid_id, state in connection.execute(select(d.door_id, d.grid_id, d.state)):
        doors[door_id] = states.door(door_id, state)  # of one out of use too: cases may be open
        if door_id in areas_of:
            places[door_id] = DoorPlaced(grid_id, areas_of[door_id])
    wardens = _wardens(connection)
    return Registry(
        seals=_seals(connection),
        doors=doors,
        places=places,
        wardens=wardens,
        enrolment=enrolment(connection),
        outages=states.outages(connection),
        troubles=states.troubles(connection),
        doubt=states.doubt(connection),
        staff=_staff(connection, wardens),
        staff_journaled=states.staff(connection),
        people=states.people(connection),
    )


def enrolment(connection: Connection) -> int:
    """The number of the latest change by another program; 0 if there was none."""
    return connection.execute(select(func.max(tables.enrolments.c.enrolment_id))).scalar() or 0


def _seals(connection: Connection) -> dict[str, SealRow]:
    c = tables.seals.c
    own = c.seal_id, c.door_id, c.key, c.heartbeat_ms, c.unproved_ms
    query = select(*own, c.epoch, c.counter, c.seq_top, c.seq_seen).where(c.ended_ms.is_(None))
    return {
        seal_id: SealRow(seal_id, door_id, key, ReplayWindow(*mark), every_ms, unproved_ms is None)
        for seal_id, door_id, key, every_ms, unproved_ms, *mark in connection.execute(query)
    }


def _wardens(connection: Connection) -> dict[str, tuple[Warden, ...]]:
    by_grid: dict[str, list[Warden]] = defaultdict(list)
    c = tables.wardens.c
    rows = connection.execute(
        select(c.warden_id, c.grid_id, c.language, c.channels, c.role)
        .where(c.ended_ms.is_(None))
        .order_by(c.warden_id)
    )
    for warden_id, grid_id, language, channels, role in rows:
        parts = [channel.partition(":") for channel in _decode_channels(channels)]
        addresses = tuple((kind, address) for kind, _, address in parts)
        by_grid[grid_id].append(Warden(warden_id, language, addresses, grid_id, Role(role)))
    return {grid_id: tuple(wardens) for grid_id, wardens in by_grid.items()}


def _staff(connection: Connection, wardens: dict[str, tuple[Warden, ...]]) -> Staff:
    s, c = tables.shifts.c, tables.overrides.c
    shifts = [
        Shift(row.grid_id, Role(row.role), row.warden_id, row.days, row.from_min, row.to_min)
        for row in connection.execute(select(*s))
    ]
    rows = connection.execute(select(c.warden_id, c.from_ms, c.to_ms, c.by))
    overrides = [Override(*row) for row in rows]
    members = {
        warden.warden_id: Member(
            grid_id, warden.role, tuple(staff.byte_of(*channel) for channel in warden.channels)
        )
        for grid_id, of_grid in wardens.items()
        for warden in of_grid
    }
    return staff.of(members, shifts, overrides)
