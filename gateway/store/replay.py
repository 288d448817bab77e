"""The journal lived through again: every door as the journal alone makes it, and what followed.

The journal is read in its own order, a bounded piece at a time, inside the caller's one reading
transaction, so that a gateway at work does not move it meanwhile. What stands there without a door
(reports of a seal that hangs nowhere, refusals that are nobody's) changed none when it came, and
is passed over. The rules stand in the journal too: each stretch is lived through under those that
held then.
"""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from gateway.core import outages
from gateway.core.effects import Effect
from gateway.core.events import Event, RulesSet
from gateway.core.model import Door, Outages
from gateway.core.rules import Rulebook
from gateway.core.step import step
from gateway.store import registry, tables
from gateway.store.registry import SITE

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


class Replay:
    """Doors, and what the site knows of all of them, from nothing but the journal.

    `rulebook` holds until the journal names another.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.doors: dict[str, Door] = {}
        self.outages = Outages()

    def live(self, events: Iterator[Journaled]) -> Iterator[Lived]:
        """Step each event as the gateway did, and tell what followed."""
        for its in events:
            yield self.step(its)

    def step(self, its: Journaled) -> Lived:
        """Step one event."""
        before = self.doors.get(its.door_id) or Door(its.door_id)
        if its.door_id == SITE:
            return Lived(its, before, before, self._site(its))
        rules = self.rulebook.of(before.door_class)
        after, effects = step(before, its.event, its.at_ms, rules)
        self.doors[its.door_id] = after
        return Lived(its, before, after, effects)

    def _site(self, its: Journaled) -> tuple[Effect, ...]:
        if isinstance(its.event, RulesSet):
            self.rulebook = its.event.rulebook
            return ()
        rules = self.rulebook.rules
        self.outages, effects = outages.step(self.outages, its.event, its.at_ms, rules)
        return effects

    def state(self, door_id: str) -> bytes:
        """A door's state, in the bytes of `doors.state`."""
        return _encode(self.doors.get(door_id) or Door(door_id))


def differing(connection: Connection, replay: Replay) -> list[str]:
    """Doors whose stored state is not, byte for byte, what the replay has made of them; SITE for
    what is known of all of them together."""
    c = tables.doors.c
    rows = connection.execute(select(c.door_id, c.state).order_by(c.door_id))
    found = [] if _outages(connection) == _encode(replay.outages) else [SITE]
    return found + [
        door_id
        for door_id, state in rows
        if (state or _encode(Door(door_id))) != replay.state(door_id)
    ]


def _outages(connection: Connection) -> bytes:
    return registry.site_state(connection, "outages") or _encode(Outages())
