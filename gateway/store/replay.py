"""The journal lived through again: every door as the journal alone makes it, and what followed.

The journal is read in its own order, a bounded piece at a time, inside the caller's one reading
transaction, so that a gateway at work does not move it meanwhile. What stands there without a door
(reports of a seal that hangs nowhere, refusals that are nobody's) changed none when it came, and
is passed over. The rules are not in the journal: where a site changed its settings, the state is
the same only if each stretch is lived through under the rules that held then.
"""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from gateway.core.effects import Effect
from gateway.core.events import Event
from gateway.core.model import Door, Rules
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


class Replay:
    """Doors that know nothing but the journal. `rules` may be changed between two events."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.doors: dict[str, Door] = {}

    def live(self, events: Iterator[Journaled]) -> Iterator[Lived]:
        """Step each event as the gateway did, and tell what followed."""
        for its in events:
            yield self.step(its)

    def step(self, its: Journaled) -> Lived:
        """Step one event."""
        before = self.doors.get(its.door_id) or Door(its.door_id)
        after, effects = step(before, its.event, its.at_ms, self.rules)
        self.doors[its.door_id] = after
        return Lived(its, before, after, effects)

    def state(self, door_id: str) -> bytes:
        """A door's state, in the bytes of `doors.state`."""
        return _encode(self.doors.get(door_id) or Door(door_id))


def differing(connection: Connection, replay: Replay) -> list[str]:
    """Doors whose stored state is not, byte for byte, what the replay has made of them."""
    c = tables.doors.c
    rows = connection.execute(select(c.door_id, c.state).order_by(c.door_id))
    return [
        door_id
        for door_id, state in rows
        if (state or _encode(Door(door_id))) != replay.state(door_id)
    ]
