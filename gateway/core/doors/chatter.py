"""Chatter: openings too fast for a person are the contact's fault, and no reason to run upstairs.

The first openings of a burst are told at once, each like any other. With the third in a minute
the contact is believed no more: one case for the whole burst, and the door counts as not seen,
until there was no edge for the settle time. What the contact says then is believed again; if it
then says open, that is an opening like any other.

A seal tells a contact that flutters once in ten seconds, and counts the rest. Openings that only
its counter shows, in less time than a person takes for so many, are the same burst: no opening that
nobody heard of is made of them.
"""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import openings, visits
from gateway.core.doors.observation import Observation
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import Effect
from gateway.core.model import Chattering, Contact, Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

OVER_WHEN_SETTLED = frozenset({Reason.CHATTER})


def count_edges(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """More edges while it chatters: counted, and it must settle anew."""
    chattering = door.chattering
    if chattering is None or not observation.edges:
        return door, ()
    chattering = replace(
        chattering,
        edge_from_ms=observation.earliest_ms,
        edge_ms=observation.latest_ms,
        edges=chattering.edges + observation.edges,
        settles_ms=observation.now_ms + rules.settle_ms,
    )
    return replace(door, chattering=chattering), ()


def count_burst(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """Distrust the contact if the counter shows openings that surely came too fast."""
    known_ms = observation.before.observed_until_ms
    if not observation.hidden or known_ms is None or door.chattering is not None:
        return door, ()
    hidden = (observation.observed_until_ms,) * min(observation.hidden, rules.chatter_openings)
    told = (observation.earliest_ms,) if observation.opens else ()
    opened_ms = (*door.opened_ms, *hidden, *told)[-rules.chatter_openings :]
    if (
        len(opened_ms) < rules.chatter_openings
        or observation.latest_ms - opened_ms[0] >= rules.chatter_window_ms
    ):
        return door, ()
    return _distrust(replace(door, opened_ms=opened_ms), observation, rules)


def check(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """Distrust the contact if this opening came too fast, or goes on for the tenth time."""
    if not (observation.opens or observation.joins) or door.chattering is not None:
        return door, ()
    if observation.opens:
        earliest = (*door.opened_ms, observation.earliest_ms)[-rules.chatter_openings :]
        door = replace(door, opened_ms=earliest)
    if not _is_too_fast(door, observation, rules):
        return door, ()
    return _distrust(door, observation, rules)


def _is_too_fast(door: Door, observation: Observation, rules: Rules) -> bool:
    """Whether the latest openings surely came too fast, or the one that goes on was joined too
    often. Those of unknown age, which only arrive together, were perhaps hours apart."""
    earliest = door.opened_ms[-rules.chatter_openings :]
    fast = len(earliest) == rules.chatter_openings and (
        observation.latest_ms - earliest[0] < rules.chatter_window_ms
    )
    endless = door.opening is not None and door.opening.joined >= rules.chatter_joined
    if fast and visits.covers(door, observation.earliest_ms, observation.latest_ms, rules):
        fast = False  # who tries a door opens it as often as they like
    return fast or endless


def _distrust(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """Believe the contact no more until it settles; one case, if the door is under an order."""
    effects: tuple[Effect, ...] = ()
    edge_ms, now_ms = observation.latest_ms, observation.now_ms
    if door.opening is not None:
        door, effects = openings.end(door, edge_ms, now_ms)
    since_ms = door.opened_ms[0] if door.opened_ms else edge_ms
    settles_ms = now_ms + rules.settle_ms
    chattering = Chattering(since_ms, observation.earliest_ms, edge_ms, settles_ms)
    door = replace(door, chattering=chattering, opened_ms=())
    if why_not_under_order(door, now_ms):
        return door, effects
    if visits.covers(door, observation.earliest_ms, edge_ms, rules):
        return replace(door, chattering=replace(chattering, is_excused=True)), effects
    page_id = observation.name() + "-chatter"
    door, raised = raise_case(door, Reason.CHATTER, page_id, now_ms, since_ms, rules)
    return door, effects + raised


def visit_over(door: Door, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """Nobody works at the seal any more, and its contact has not settled since."""
    chattering = door.chattering
    if chattering is None or not chattering.is_excused:
        return door, ()
    door = replace(door, chattering=replace(chattering, is_excused=False))
    if why_not_under_order(door, now_ms):
        return door, ()
    page_id = f"{door.seal_id}-chatter-visited-{due_ms}"
    return raise_case(door, Reason.CHATTER, page_id, now_ms, chattering.since_ms, rules)


def settles_ms(chattering: Chattering) -> int | None:
    """When the contact has been quiet for long enough."""
    return chattering.settles_ms


def settle(
    door: Door, chattering: Chattering, due_ms: int, now_ms: int, rules: Rules
) -> DoorChange:
    """It has been quiet for long enough. If the door stands open, that is told now."""
    door, effects = case.cleared(replace(door, chattering=None), OVER_WHEN_SETTLED, now_ms)
    if door.contact is not Contact.OPEN:
        return door, effects
    name = f"{door.seal_id}-settled-{due_ms}"
    times = chattering.edge_from_ms, chattering.edge_ms, now_ms
    door, began = openings.begin(door, name, *times, rules)
    return door, effects + began
