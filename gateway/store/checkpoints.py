"""The site as it was after one row of the journal, so that rows before it may go.

Where everything that is known of a household is destroyed, its rows leave the middle of the
journal; what they did to others (an outage that it was part of, how often somebody was told) stays
true and could not be lived through again. So all states are kept as of the latest row first, in one
transaction, and a replay begins there. A later checkpoint stands for every earlier one.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, literal, select

from gateway.core.households.model import Household
from gateway.core.model import SURE, Door, Doubt
from gateway.core.paging.person import Person
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.site_model import Outages, Troubles
from gateway.store import states, tables
from gateway.store.ending_tables import checkpoints
from gateway.store.poisoned import Findings

DOOR: Final = "door"
HOME: Final = "home"
PERSON: Final = "person"
STATE: Final = "state"
T = TypeVar("T")
_c, _h = checkpoints.c, tables.households.c


class Checkpoint(Struct, frozen=True):
    """What was true after the row `journal_id`."""

    journal_id: int
    rulebook: Rulebook
    doors: Mapping[str, Door]
    outages: Outages
    troubles: Troubles
    doubt: Doubt
    staff: Staff
    people: tuple[Person, ...]
    households: Mapping[str, Household]


def make(connection: Connection) -> int:
    """Keep all states as of the journal's latest row; which that is. The caller's transaction.

    It is a copy within the database: 10,000 doors are some 10 MB, and a quarter of a second.
    """
    latest = select(func.max(tables.journal.c.journal_id))
    journal_id = connection.execute(latest).scalar() or 0
    connection.execute(delete(checkpoints))
    names = ["kind", "name", "journal_id", "state"]
    for kind, key, state in (
        (DOOR, tables.doors.c.door_id, tables.doors.c.state),
        (HOME, _h.household_id, _h.state),
        (PERSON, tables.people.c.warden_id, tables.people.c.state),
        (STATE, tables.states.c.name, tables.states.c.state),
    ):
        rows = select(literal(kind), key, literal(journal_id), state).where(state.is_not(None))
        connection.execute(insert(checkpoints).from_select(names, rows))
    if connection.execute(select(func.count()).select_from(checkpoints)).scalar() == 0:
        mark = {"kind": STATE, "name": "", "journal_id": journal_id, "state": None}
        connection.execute(insert(checkpoints), mark)
    return journal_id


def journal_id_of(connection: Connection) -> int:
    """The row after which a replay begins; 0 where it is the whole journal."""
    return connection.execute(select(func.max(_c.journal_id))).scalar() or 0


def latest(connection: Connection, findings: Findings | None = None) -> Checkpoint | None:
    """What was true when the journal begins; None where it begins with nothing.

    What cannot be read there is as if it were not, and stands in the findings.
    """
    journal_id = journal_id_of(connection)
    if not journal_id:
        return None
    found = Findings() if findings is None else findings
    rows = connection.execute(select(_c.kind, _c.name, _c.state)).all()
    of_site: dict[str, bytes] = {name: state for kind, name, state in rows if kind == STATE}

    def site(name: str, decode: Callable[[bytes], T], otherwise: T) -> T:
        return found.decoded(checkpoints.name, name, of_site.get(name), decode, otherwise)

    doubt = site(states.CLOCK, states.decode_doubt, SURE)
    people = (
        found.decoded(checkpoints.name, name, state, states.decode_person, None)
        for kind, name, state in rows
        if kind == PERSON
    )
    homes = (
        (name, found.decoded(checkpoints.name, name, state, states.decode_household, None))
        for kind, name, state in rows
        if kind == HOME
    )
    return Checkpoint(
        journal_id,
        site(states.RULES, states.decode_rules, Rulebook()),
        {name: states.door(name, state, found) for kind, name, state in rows if kind == DOOR},
        site(states.OUTAGES, states.decode_outages, Outages()),
        site(states.TROUBLES, states.decode_troubles, Troubles()),
        SURE if doubt == SURE else doubt,
        site(states.STAFF, states.decode_staff, Staff()),
        tuple(person for person in people if person is not None),
        {name: home for name, home in homes if home is not None},
    )
