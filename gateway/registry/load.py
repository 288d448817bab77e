"""What is enrolled, read at once: seals with their keys, doors and where they lie, wardens and
their on-call schedule; and with each the state that it had at the last commit."""

import re
from collections import defaultdict
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, func, select

from gateway.core.events import DoorPlaced
from gateway.core.evidence import QUIET
from gateway.core.households.model import Household
from gateway.core.model import SURE, Door, Doubt
from gateway.core.paging import staff
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member, Staff
from gateway.core.replay_window import ReplayWindow
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SITE, Subject, of_door, of_household
from gateway.registry import contact_addresses
from gateway.store import areas, households, schedule_tables, states, tables
from gateway.store.poisoned import ANYTHING, Findings, Poisoned
from gateway.store.rebuild import Rebuild
from gateway.store.statements import Row
from sealwire.ccm import KEY_BYTES

DAY_MIN = 1_440

_decode_channels = msgspec.json.Decoder(list[str]).decode
_ROLES = frozenset(Role)
_SEAL_ID = re.compile("[0-9a-f]{16}")


Addresses = tuple[tuple[str, str], ...]  # channel and address


class SealRow(msgspec.Struct, frozen=True):
    """A seal as enrolled. `key` has 32 bytes; `window` says which transmissions were accepted, and
    is not to be trusted where the seal is not `proved`."""

    seal_id: str
    door_id: str | None
    key: bytes
    window: ReplayWindow
    heartbeat_ms: int | None = None  # how often it promised a heartbeat
    proved: bool = True
    follows: str | None = None  # the seal that is to go by this identity, once it says so by it


class ContactRow(msgspec.Struct, frozen=True):
    """A contact of another maker as enrolled. `address`: as `contact_addresses` keeps it;
    `bind_key`: under which it encrypts, empty where it does not; of the `window` only the number of
    its latest report means anything."""

    seal_id: str
    door_id: str | None
    make: str
    address: str
    bind_key: bytes
    window: ReplayWindow
    heartbeat_ms: int | None = None

    def __repr__(self) -> str:
        """Its id, its make and its door; the key stays unsaid."""
        return f"ContactRow({self.seal_id!r}, {self.make!r}, door_id={self.door_id!r})"


class Warden(msgspec.Struct, frozen=True):
    """A person who is told, and how: channel and address, in the order of the table."""

    warden_id: str
    language: str
    channels: Addresses
    grid_id: str = ""
    role: Role = Role.WARDEN


class Registry(msgspec.Struct, frozen=True):
    """All of it, as of one snapshot. `enrolment` names the latest change by another program."""

    seals: dict[str, SealRow]
    doors: dict[str, Door]
    # door_id -> its grid, every area that it lies in, its household and the contacts beside it
    places: dict[str, DoorPlaced]
    wardens: dict[str, tuple[Warden, ...]]  # grid_id -> who is told
    enrolment: int = 0
    outages: Outages = Outages()
    troubles: Troubles = Troubles()
    doubt: Doubt = SURE  # of the gateway's clock
    households: dict[str, Household] = {}  # those of whose own matters something is known
    homes: frozenset[str] = frozenset()  # every household that has a contact in use
    staff: Staff = Staff()  # as it is enrolled,
    staff_journaled: Staff = Staff()  # and as the journal last said
    people: tuple[Person, ...] = ()  # those of whom something is known
    poisoned: tuple[Poisoned, ...] = ()  # what stands there and cannot be used
    # whose states could not be read, and were made anew from the journal: to be stored again
    rebuilt: tuple[Subject, ...] = ()
    contacts: dict[str, ContactRow] = {}

    def windows(self) -> dict[str, ReplayWindow]:
        """What was accepted of each of them, seals and contacts, by seal_id."""
        own = {seal_id: row.window for seal_id, row in self.seals.items()}
        return own | {seal_id: row.window for seal_id, row in self.contacts.items()}


def load(connection: Connection) -> Registry:
    """Read the registry. A door that never had a report gets its first, empty state; one whose
    state cannot be read is made anew from its journal.

    What cannot be used is left out, and named in `poisoned`: it raises nothing.

    Args:
        connection: A reading one; what it sees is one snapshot.
    """
    found = Findings()
    anew = Rebuild(connection, found)
    doors, places, rebuilt = _doors(connection, found, anew)
    before = len(found)
    outages, troubles = states.outages(connection, found), states.troubles(connection, found)
    if len(found) > before:
        (outages, troubles), rebuilt = anew.site(), [SITE, *rebuilt]
    matters, unread = states.households(connection, found)
    matters |= {one: anew.household(one) for one in unread}
    rebuilt += map(of_household, unread)
    wardens, contacts = _wardens(connection, found), _contacts(connection, found)
    for other in (states.rulebook, states.listening):  # who uses them asks for them; here they tell
        other(connection, found)
    return Registry(
        seals=_seals(connection, found),
        doors=doors,
        places=places,
        wardens=wardens,
        enrolment=enrolment(connection),
        outages=outages,
        troubles=troubles,
        doubt=states.doubt(connection, found),
        households=matters,
        homes=frozenset(place.household or one for one, place in places.items()),
        staff=_staff(connection, wardens, found),
        staff_journaled=states.staff(connection, found),
        people=states.people(connection, found),
        poisoned=found.all(),
        rebuilt=tuple(rebuilt),
        contacts=contacts,
    )


def enrolment(connection: Connection) -> int:
    """The number of the latest change by another program; 0 if there was none."""
    return connection.execute(select(func.max(tables.enrolments.c.enrolment_id))).scalar() or 0


def _doors(
    connection: Connection, found: Findings, anew: Rebuild
) -> tuple[dict[str, Door], dict[str, DoorPlaced], list[Subject]]:
    """Every door and its place, and those that were made anew."""
    d, name, before = tables.doors.c, tables.doors.name, len(found)
    doors: dict[str, Door] = {}
    places: dict[str, DoorPlaced] = {}
    rebuilt: list[Subject] = []
    areas_of, contacts = areas.of_doors(connection), households.contacts(connection)
    query = select(d.door_id, d.grid_id, d.household_id, d.state)
    spared = {"grid_id": "", "household_id": "", "state": ANYTHING}
    for row in found.rows(connection, query, name, **spared):
        door_id = row["door_id"]
        doors[door_id] = states.door(door_id, row["state"], found)
        if door_id in areas_of:  # one out of use has no place; its cases may be open
            places[door_id] = _place(row, areas_of[door_id], contacts)
        if len(found) > before:  # seldom: it alone is made anew
            before = len(found)
            doors[door_id] = anew.door(door_id)
            rebuilt.append(of_door(door_id))
            before = len(found)
    return doors, places, rebuilt


def _place(
    row: Row, areas_of: tuple[str, ...], contacts: Mapping[str, tuple[str, ...]]
) -> DoorPlaced:
    """Where a door lies, and whose contact it is."""
    door_id, household_id = row["door_id"], row["household_id"]
    beside = tuple(other for other in contacts.get(household_id, ()) if other != door_id)
    own = "" if household_id == door_id else household_id
    return DoorPlaced(row["grid_id"], areas_of, own, beside)


def _seals(connection: Connection, found: Findings) -> dict[str, SealRow]:
    """Those whose key and mark can be used: of any other nothing would be believed."""
    c, name = tables.seals.c, tables.seals.name
    own = c.seal_id, c.door_id, c.key, c.heartbeat_ms, c.unproved_ms, c.follows
    columns = *own, c.epoch, c.counter, c.seq_top, c.seq_seen
    query = select(*columns).where(c.ended_ms.is_(None), c.make == "")
    seals: dict[str, SealRow] = {}
    for row in found.rows(connection, query, name, heartbeat_ms=None, unproved_ms=0, follows=None):
        seal_id, door_id, key, every_ms, unproved_ms, follows, *mark = row.values()
        if not _SEAL_ID.fullmatch(seal_id) or len(key) != KEY_BYTES or min(mark) < 0:
            found.note(name, seal_id, "its id, its key or its mark is none", key)
        else:
            window, is_proved = ReplayWindow(*mark), unproved_ms is None
            rest = every_ms, is_proved, follows
            seals[seal_id] = SealRow(seal_id, door_id, key, window, *rest)
    return seals


def _contacts(connection: Connection, found: Findings) -> dict[str, ContactRow]:
    """Those whose make is known and whose address can be used: of any other nothing is read."""
    c, name = tables.seals.c, tables.seals.name
    own = c.seal_id, c.door_id, c.make, c.address, c.key, c.heartbeat_ms
    query = select(*own, c.epoch, c.counter, c.seq_top, c.seq_seen)
    query = query.where(c.ended_ms.is_(None), c.make != "")
    contacts: dict[str, ContactRow] = {}
    for row in found.rows(connection, query, name, heartbeat_ms=None):
        seal_id, door_id, make, address, key, every_ms, *mark = row.values()
        if not _is_contact(seal_id, make, address, key) or min(mark) < 0:
            found.note(name, seal_id, "its make, its address or its mark is none", key)
        else:
            window = ReplayWindow(*mark)
            contacts[seal_id] = ContactRow(seal_id, door_id, make, address, key, window, every_ms)
    return contacts


def _is_contact(seal_id: str, make: str, address: str, key: bytes) -> bool:
    try:
        is_kept = contact_addresses.address(make, address) == address
    except (ValueError, KeyError):
        return False
    is_key = len(key) in (0, contact_addresses.BIND_KEY_BYTES)
    return is_kept and is_key and _SEAL_ID.fullmatch(seal_id) is not None


def _wardens(connection: Connection, found: Findings) -> dict[str, tuple[Warden, ...]]:
    by_grid: dict[str, list[Warden]] = defaultdict(list)
    c, name = tables.wardens.c, tables.wardens.name
    columns = c.warden_id, c.grid_id, c.language, c.channels, c.role
    query = select(*columns).where(c.ended_ms.is_(None)).order_by(c.warden_id)
    spared = {"grid_id": "", "language": "", "channels": ANYTHING, "role": ""}
    for row in found.rows(connection, query, name, **spared):
        warden_id, grid_id, language, channels, role = row.values()
        nowhere: Addresses = ()
        cell = f"{warden_id}.channels"
        addresses = found.decoded(name, cell, channels, _channels, nowhere)
        if role not in _ROLES:
            found.note(name, f"{warden_id}.role", "there is no such role", role)
            role = Role.WARDEN
        by_grid[grid_id].append(Warden(warden_id, language, addresses, grid_id, Role(role)))
    return {grid_id: tuple(wardens) for grid_id, wardens in by_grid.items()}


def _channels(cell: bytes) -> Addresses:
    """A warden's channels, each with its address."""
    parts = (channel.partition(":") for channel in _decode_channels(cell))
    return tuple((kind, address) for kind, _, address in parts)


def _staff(
    connection: Connection, wardens: dict[str, tuple[Warden, ...]], found: Findings
) -> Staff:
    s, o = schedule_tables.shifts, schedule_tables.overrides
    c = s.c
    order = c.warden_id, c.grid_id, c.role, c.days, c.from_min, c.to_min
    shifts = []
    for row in found.rows(connection, select(*order), s.name):
        warden_id, grid_id, role, days, from_min, to_min = row.values()
        if role in _ROLES and days >= 0 and 0 <= from_min <= DAY_MIN and 0 <= to_min <= DAY_MIN:
            shifts.append(Shift(grid_id, Role(role), warden_id, days, from_min, to_min))
        else:
            found.note(s.name, warden_id, "a shift without sense", repr(row))
    query = select(o.c.warden_id, o.c.from_ms, o.c.to_ms, o.c.by)
    overrides = [Override(*row.values()) for row in found.rows(connection, query, o.name)]
    members = {
        warden.warden_id: Member(
            grid_id,
            warden.role,
            tuple(staff.byte_of(*channel) for channel in warden.channels),
            bool(warden.channels) and not any(kind in QUIET for kind, _ in warden.channels),
        )
        for grid_id, of_grid in wardens.items()
        for warden in of_grid
    }
    return staff.of(members, shifts, overrides)
