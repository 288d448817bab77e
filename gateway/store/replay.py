"""The journal lived through again: every door, every outage and every person who is told, as the
journal alone makes them, and what followed.

The journal is read in its own order, a bounded piece at a time, inside the caller's one reading
transaction, so that a gateway at work does not move it meanwhile. What stands there without a door
(reports of a seal that hangs nowhere, refusals that are nobody's) changed none when it came, and
is passed over. Rules and staff stand in the journal too: each stretch is lived through under those
that held then.
"""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from gateway.core import outages, switchboard
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, RulesSet, StaffSet
from gateway.core.model import SITE, Door, Outages
from gateway.core.rules import Rulebook
from gateway.core.staff import Staff
from gateway.core.step import step
from gateway.store import tables

PIECE = 2_000  # rows of the journal in memory at a time

_decode_event = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode


class Journaled(msgspec.Struct, frozen=True):
    """An event of a door as it stands in the journal; `at_ms` is when the gateway stepped it."""

    journal_id: int
    at_ms: int
    door_id: str
    event: Event


class Lived(msgspec.Struct, frozen=True):
    """An event lived through again: the door before and after it, and what followed."""

    journaled: Journaled
    before: Door
    after: Door
    effects: tuple[Effect, ...]


def journaled(
    connection: Connection, after_id: int = 0, door_id: str | None = None
) -> Iterator[Journaled]:
    """The doors' events in the order in which they were stepped; one door's, if it is named."""
    c = tables.journal.c
    query = select(c.journal_id, c.at_ms, c.door_id, c.body).order_by(c.journal_id).limit(PIECE)
    query = query.where(c.door_id.is_not(None) if door_id is None else c.door_id == door_id)
    while True:
        rows = connection.execute(query.where(c.journal_id > after_id)).all()
        for journal_id, at_ms, its_door, body in rows:
            yield Journaled(journal_id, at_ms, its_door, _decode_event(body))
        if len(rows) < PIECE:
            return
        after_id = rows[-1][0]


class Apart(msgspec.Struct, frozen=True):
    """What is stored otherwise than the journal makes it: nothing, if all is well."""

    doors: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # by warden_id
    site: tuple[str, ...] = ()  # by the name in `states`


class Replay:
    """Doors, what the site knows of all of them, and who was told, from nothing but the journal.

    `rulebook` holds until the journal names another.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.doors: dict[str, Door] = {}
        self.outages = Outages()
        self.switchboard = switchboard.of(Staff())

    def live(self, events: Iterator[Journaled]) -> Iterator[Lived]:
        """Step each event as the gateway did, and tell what followed."""
        for its in events:
            yield self.step(its)

    def step(self, its: Journaled) -> Lived:
        """Step one event."""
        before = self.doors.get(its.door_id) or Door(its.door_id)
        if its.door_id == SITE:
            return Lived(its, before, before, self._site(its.event, its.at_ms))
        rules = self.rulebook.of(before.door_class)
        after, effects = step(before, its.event, its.at_ms, rules)
        self.doors[its.door_id] = after
        for effect in effects:
            self._follow(effect, its.door_id, its.at_ms)
        return Lived(its, before, after, effects)

    def _site(self, event: Event, at_ms: int) -> tuple[Effect, ...]:
        rules = self.rulebook.rules
        match event:
            case RulesSet(rulebook=rulebook):
                self.rulebook = rulebook
                return ()
            case StaffSet() | PersonDue() | PersonReached():
                self.switchboard, _ = switchboard.step(self.switchboard, event, at_ms, rules)
                return ()
        before = self.outages
        self.outages, effects = outages.step(before, event, at_ms, rules)
        for effect in effects:
            if isinstance(effect, CaseMoved | PageDue):
                _, door_id = outages.place_of(self.outages, before, effect)
                self._follow(effect, door_id, at_ms)
        return effects

    def _follow(self, effect: Effect, door_id: str, at_ms: int) -> None:
        door = self.doors.get(door_id) or Door(door_id)
        self.switchboard, _ = switchboard.follow(
            self.switchboard, effect, door_id, door.grid_id, at_ms, self.rulebook.rules
        )

    def door(self, door_id: str) -> bytes:
        """A door's state, in the bytes of `doors.state`."""
        return _encode(self.doors.get(door_id) or Door(door_id))

    def person(self, warden_id: str) -> bytes | None:
        """What is known of a person, in the bytes of `people.state`; None if nothing is."""
        person = self.switchboard.people.get(warden_id)
        return None if person is None else _encode(person)


def differing(connection: Connection, replay: Replay) -> Apart:
    """What is not stored, byte for byte, as the replay has made it."""
    d, p, s = tables.doors.c, tables.people.c, tables.states.c
    doors = connection.execute(select(d.door_id, d.state).order_by(d.door_id))
    people = {who: state for who, state in connection.execute(select(p.warden_id, p.state))}
    known = sorted({*people, *replay.switchboard.people})
    states = {name: state for name, state in connection.execute(select(s.name, s.state))}
    made = {
        "outages": (_encode(replay.outages), _encode(Outages())),
        "staff": (_encode(replay.switchboard.staff), _encode(Staff())),
    }
    return Apart(
        tuple(who for who, state in doors if (state or _encode(Door(who))) != replay.door(who)),
        tuple(who for who in known if people.get(who) != replay.person(who)),
        tuple(name for name, (its, none) in made.items() if states.get(name, none) != its),
    )
