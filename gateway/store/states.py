"""States as of the last commit, as JSON: of each door, of each person, and of the site by name.

They are what the core made of the journal. Every other room reads and writes them through here.
"""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from gateway.core.model import SURE, Door, Doubt, Outages, Troubles
from gateway.core.paging.person import Person
from gateway.core.paging.staff import Staff
from gateway.store import tables

# The names under which the site's own states stand in the table `states`.
OUTAGES: Final = "outages"
TROUBLES: Final = "troubles"
RULES: Final = "rules"
STAFF: Final = "staff"
CLOCK: Final = "clock"
LISTENING: Final = "listening"


class Listening(msgspec.Struct, frozen=True):
    """When the gateway last listened before what waits in the broker; None if it has caught up."""

    stopped_ms: int | None = None


encode = msgspec.json.Encoder().encode
_decode_door = msgspec.json.Decoder(Door).decode
_decode_person = msgspec.json.Decoder(Person).decode
_decode_outages = msgspec.json.Decoder(Outages).decode
_decode_doubt = msgspec.json.Decoder(Doubt).decode
_decode_troubles = msgspec.json.Decoder(Troubles).decode
_decode_staff = msgspec.json.Decoder(Staff).decode
_decode_listening = msgspec.json.Decoder(Listening).decode


def door(door_id: str, state: bytes | None) -> Door:
    """A door from its bytes; one that never had a report (None) is in its first, empty state."""
    return _decode_door(state) if state else Door(door_id)


def people(connection: Connection) -> tuple[Person, ...]:
    """Everybody of whom something is known, by id."""
    c = tables.people.c
    rows = connection.execute(select(c.state).order_by(c.warden_id))
    return tuple(_decode_person(state) for (state,) in rows)


def outages(connection: Connection) -> Outages:
    """What the site knows of all doors."""
    return _decode_outages(site_state(connection, OUTAGES) or b"{}")


def doubt(connection: Connection) -> Doubt:
    """What the gateway's clock is worth."""
    known = _decode_doubt(site_state(connection, CLOCK) or b"{}")
    return SURE if known == SURE else known


def troubles(connection: Connection) -> Troubles:
    """What has befallen the gateway and its site."""
    return _decode_troubles(site_state(connection, TROUBLES) or b"{}")


def staff(connection: Connection) -> Staff:
    """Who is told what, as the journal last said."""
    return _decode_staff(site_state(connection, STAFF) or b"{}")


def listening(connection: Connection) -> Listening:
    """How far an earlier life has come with what waited in the broker."""
    return _decode_listening(site_state(connection, LISTENING) or b"{}")


def site_state(connection: Connection, name: str) -> bytes | None:
    """What is known of the site as a whole under a name, as JSON; None if nothing is."""
    query = select(tables.states.c.state).where(tables.states.c.name == name)
    state: bytes | None = connection.execute(query).scalar()
    return state


def site_id(connection: Connection) -> str | None:
    """The random id under which this gateway knows itself, or None before its first start."""
    known: str | None = connection.execute(select(tables.site.c.site_id)).scalar()
    return known
