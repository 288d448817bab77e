"""A report came: the rules for it, in their order. To add one: a file, a line here, and a story."""

from collections.abc import Callable

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange, cleared
from gateway.core.doors import (
    certificates,
    chatter,
    found_open,
    open_after_restart,
    openings,
    silence,
    tamper,
    walk_test,
)
from gateway.core.doors.observation import (
    Observation,
    may_be_older,
    observe,
    observed_until_ms,
    with_date,
)
from gateway.core.effects import Effect
from gateway.core.events import MemoryEnded, ReportCame, SealBound, SealUnbound
from gateway.core.model import UNKNOWN, Door
from gateway.core.reasons import BREACHES, FAULTS, QUESTIONS
from gateway.core.rules import Rules

Rule = Callable[[Door, Observation, Rules], DoorChange]

# Of a report that shows an edge; nearly all are heartbeats, and show none.
OF_EDGES: tuple[Rule, ...] = (
    chatter.count_edges,  # 1. a contact that chatters is counted, and not believed
    openings.go_on,  # 2. open again at once: it had not closed
    chatter.count_burst,  # 3. the counter shows what is too fast for a person
    openings.end_missed,  # 4. open again: the one before is over, whoever missed that
    openings.opened_blind,  # 5. the counter shows openings that nobody heard
    chatter.check,  # 6. too fast for a person: the contact chatters
    openings.opened,  # 7. it opened: permit, allowance, or a case
)
# Of a door that stands open by then, or has not been shut for long enough.
OF_OPENING: tuple[Rule, ...] = (
    openings.shut,  # 8. it shut
    openings.not_shut,  # 9. it did not
    openings.still_open,  # 10. it ran over while nobody heard it, and is open still
)
OF_ALL: tuple[Rule, ...] = (
    open_after_restart.check,  # 11. a seal came back, and its door stands open
    found_open.check,  # 12. it stands open, and nobody saw it open
    tamper.check,  # 13. cover and magnet
    certificates.check,  # 14. a fresh battery: the seal is to be tested again
    walk_test.note,  # 15. somebody tests the seal
)


def came(door: Door, event: ReportCame, now_ms: int, rules: Rules) -> DoorChange:
    """Everything that a genuine report changes."""
    if door.seal_id != event.seal_id:
        return door, ()  # a seal that has been replaced on this door
    if event.contact is UNKNOWN and not event.edge:
        # It beats in safe mode and looks at no door. So this one is not watched, as in a silence.
        return replace(door, contact=UNKNOWN), ()
    observation = observe(door, event, now_ms, rules)
    if observation is None:
        late = replace(door, heard_ms=now_ms, edges_told=with_date(door, event, now_ms))
        return silence.heard_again(late, now_ms)
    keeps = event.waited_ms > 0 and may_be_older(door, event, observation.edges, now_ms)
    door = replace(
        door,
        contact=door.contact if keeps else event.contact,
        edges=event.edges if event.contact is not UNKNOWN else door.edges,
        heard_ms=now_ms,
        observed_until_ms=observed_until_ms(door, event, now_ms),
        edges_told=with_date(door, event, now_ms),
        battery_mv=event.battery_mv if event.battery_mv is not None else door.battery_mv,
        cover=event.cover or (keeps and door.cover),
        magnet=event.magnet or (keeps and door.magnet),
    )
    effects: tuple[Effect, ...] = ()
    if door.silence is not None:  # who speaks is not silent
        door, effects = silence.heard_again(door, now_ms)
    if observation.edges:
        door, effects = _asked(OF_EDGES, door, observation, rules, effects)
    if door.opening is not None:
        door, effects = _asked(OF_OPENING, door, observation, rules, effects)
    return _asked(OF_ALL, door, observation, rules, effects)


def _asked(
    of: tuple[Rule, ...],
    door: Door,
    observation: Observation,
    rules: Rules,
    effects: tuple[Effect, ...],
) -> DoorChange:
    """The door after these rules, and the effects with theirs."""
    for rule in of:
        door, more = rule(door, observation, rules)
        if more:
            effects += more
    return door, effects


def bound(door: Door, event: SealBound, now_ms: int, _: Rules) -> DoorChange:
    """Another seal hangs on the door; or the same one, under another promise or another id."""
    if door.seal_id in (event.seal_id, event.was or event.seal_id):
        door = replace(
            door, seal_id=event.seal_id, heartbeat_ms=event.heartbeat_ms, make=event.make
        )
        return certificates.renamed(door, event.was, event.seal_id), ()
    door, effects = _hung_anew(door, event.seal_id, event.heartbeat_ms, now_ms)
    return replace(door, must_certify=event.must_certify, make=event.make), effects


def unbound(door: Door, event: SealUnbound, now_ms: int, _: Rules) -> DoorChange:
    """No seal hangs on the door any more: nothing is expected, and nothing known."""
    if door.seal_id != event.seal_id:
        return door, ()
    return _hung_anew(door, None, None, now_ms)


def _hung_anew(
    door: Door, seal_id: str | None, heartbeat_ms: int | None, now_ms: int
) -> DoorChange:
    """The door with another seal: its counter starts anew, and so does what is known."""
    door, effects = cleared(door, BREACHES | FAULTS | QUESTIONS, now_ms)
    silent, opening = door.silence, door.opening
    if opening is not None and opening.shut_from_ms is None:
        opening = replace(opening, shut_from_ms=door.observed_until_ms)
    door = replace(
        door,
        opening=opening,
        seal_id=seal_id,
        heartbeat_ms=heartbeat_ms,
        make="",
        contact=UNKNOWN,
        edges=None,
        heard_ms=None,
        observed_until_ms=now_ms,  # what its seal saw before was not this door
        ended=None,
        cover=False,
        magnet=False,
        tampered_ms=None,
        signs_excused=False,
        opened_ms=(),
        chattering=None,
        edges_told=(),
        open_after_restart=None,
        moment=None,
        found_open=None,
        silence=None,
        silent_paths=(),
        walk_test=None,
        certificate=None,
        must_certify=False,
    )
    return door, effects + silence.ended(silent)


def forgotten(door: Door, _event: MemoryEnded, _now_ms: int, _: Rules) -> DoorChange:
    """What the door did since is not known: the next report begins anew, and accuses nobody of
    openings that it may have told of before. Cases and openings that were under way go on."""
    door = replace(
        door,
        contact=UNKNOWN,
        edges=None,
        edges_told=(),
        opened_ms=(),
        chattering=None,
        open_after_restart=None,
        moment=None,
    )
    return door, ()
