"""States as of the last commit, as JSON: of each door, household and person, and of the site.

They are what the core made of the journal. Every other room reads and writes them through here.
One that cannot be read is as if there were none; who hands in `Findings` learns of it.
"""

from collections.abc import Callable, Collection
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select, type_coerce
from sqlalchemy.types import NullType

from gateway.core.households.model import Household
from gateway.core.model import SURE, Door, Doubt, Path
from gateway.core.paging.person import Person
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.site_model import Outages, Troubles
from gateway.store import tables
from gateway.store.poisoned import ANYTHING, Findings
from gateway.store.statements import insert_for

T = TypeVar("T")

# The names under which the site's own states stand in the table `states`.
OUTAGES: Final = "outages"
TROUBLES: Final = "troubles"
RULES: Final = "rules"
STAFF: Final = "staff"
CLOCK: Final = "clock"
LISTENING: Final = "listening"
LISTENED: Final = "listened"


class Listening(msgspec.Struct, frozen=True):
    """When the gateway last listened before what waits in the broker; None if it has caught up."""

    stopped_ms: int | None = None


class Listened(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long was listened on each way: ms in each hour since 1970, of the latest days. And what
    is believed that nobody has seen: since when (ms of UTC), by name."""

    hours: dict[Path, dict[int, int]] = {}
    believed: dict[str, int] = {}


encode = msgspec.json.Encoder().encode
_decode_door = msgspec.json.Decoder(Door).decode
decode_person = msgspec.json.Decoder(Person).decode
decode_household = msgspec.json.Decoder(Household).decode
decode_outages = msgspec.json.Decoder(Outages).decode
decode_doubt = msgspec.json.Decoder(Doubt).decode
decode_troubles = msgspec.json.Decoder(Troubles).decode
decode_staff = msgspec.json.Decoder(Staff).decode
decode_rules = msgspec.json.Decoder(Rulebook).decode
_decode_listening = msgspec.json.Decoder(Listening).decode
_decode_listened = msgspec.json.Decoder(Listened).decode


def door(door_id: str, state: bytes | None, findings: Findings | None = None) -> Door:
    """A door from its bytes; one that never had a report (None) is in its first, empty state, and
    so is one whose bytes cannot be read."""
    if not state:
        return Door(door_id)
    found = Findings() if findings is None else findings
    known = found.decoded(tables.doors.name, door_id, state, _decode_door, None)
    if known is None:
        return Door(door_id)
    return known if known.door_id == door_id else replace(known, door_id=door_id)


def people(
    connection: Connection,
    findings: Findings | None = None,
    only: Collection[str] | None = None,
) -> tuple[Person, ...]:
    """Everybody of whom something is known, or `only` those of these ids, by id; those that cannot
    be read are left out."""
    found, c = Findings() if findings is None else findings, tables.people.c
    query = select(c.warden_id, c.state).order_by(c.warden_id)
    query = query if only is None else query.where(c.warden_id.in_(only))
    known = (
        found.decoded(tables.people.name, row["warden_id"], row["state"], decode_person, None)
        for row in found.rows(connection, query, tables.people.name, state=ANYTHING)
    )
    return tuple(person for person in known if person is not None)


def households(
    connection: Connection, findings: Findings | None = None
) -> tuple[dict[str, Household], tuple[str, ...]]:
    """Every household of whose own matters something is known, by id; and the ids of those whose
    state cannot be read."""
    found, table = Findings() if findings is None else findings, tables.households
    known: dict[str, Household] = {}
    unread: list[str] = []
    query = select(table.c.household_id, table.c.state).where(table.c.state.is_not(None))
    for row in found.rows(connection, query, table.name, state=ANYTHING):
        its, nothing = row["household_id"], None
        read = found.decoded(table.name, its, row["state"], decode_household, nothing)
        if read is None:
            unread.append(its)
        else:
            known[its] = read
    return known, tuple(unread)


def household(connection: Connection, household_id: str) -> Household:
    """What is the household's own; nothing yet where no state is stored or it cannot be read."""
    h, nothing = tables.households.c, Household(household_id)
    query = select(h.state).where(h.household_id == household_id)
    stored = connection.execute(query).scalar()
    if stored is None:
        return nothing
    name = tables.households.name
    return Findings().decoded(name, household_id, stored, decode_household, nothing)


def outages(connection: Connection, findings: Findings | None = None) -> Outages:
    """What the site knows of all doors."""
    return _site(connection, OUTAGES, decode_outages, Outages(), findings)


def doubt(connection: Connection, findings: Findings | None = None) -> Doubt:
    """What the gateway's clock is worth."""
    known = _site(connection, CLOCK, decode_doubt, SURE, findings)
    return SURE if known == SURE else known


def troubles(connection: Connection, findings: Findings | None = None) -> Troubles:
    """What has befallen the gateway and its site."""
    return _site(connection, TROUBLES, decode_troubles, Troubles(), findings)


def staff(connection: Connection, findings: Findings | None = None) -> Staff:
    """Who is told what, as the journal last said."""
    return _site(connection, STAFF, decode_staff, Staff(), findings)


def rulebook(connection: Connection, findings: Findings | None = None) -> Rulebook:
    """The rules that held last."""
    return _site(connection, RULES, decode_rules, Rulebook(), findings)


def listening(connection: Connection, findings: Findings | None = None) -> Listening:
    """How far an earlier life has come with what waited in the broker."""
    return _site(connection, LISTENING, _decode_listening, Listening(), findings)


def listened(connection: Connection, findings: Findings | None = None) -> Listened:
    """How long was listened, in all lives."""
    return _site(connection, LISTENED, _decode_listened, Listened(), findings)


def write_listened(connection: Connection, known: Listened) -> None:
    """Store it. The caller's transaction."""
    insert = insert_for(connection.dialect.name, tables.states)
    row = {"name": LISTENED, "state": encode(known)}
    changed = {"state": insert.excluded["state"]}
    upsert = insert.on_conflict_do_update(index_elements=["name"], set_=changed)
    connection.execute(upsert, row)


def _site(
    connection: Connection,
    name: str,
    decode: Callable[[bytes], T],
    otherwise: T,
    findings: Findings | None,
) -> T:
    """One of the site's states; `otherwise` where there is none, or it cannot be read."""
    found = Findings() if findings is None else findings
    state = site_state(connection, name)
    return found.decoded(tables.states.name, name, state, decode, otherwise)


def site_state(connection: Connection, name: str) -> bytes | None:
    """What is known of the site as a whole under a name, as JSON; None if nothing is."""
    state = type_coerce(tables.states.c.state, NullType())  # whatever stands there
    query = select(state).where(tables.states.c.name == name)
    stored: bytes | None = connection.execute(query).scalar()
    return stored


def site_id(connection: Connection) -> str | None:
    """The random id under which this gateway knows itself, or None before its first start."""
    known: str | None = connection.execute(select(tables.site.c.site_id)).scalar()
    return known
