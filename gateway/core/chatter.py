"""Chatter: openings too fast for a person are the contact's fault, and no reason to run upstairs.

The first openings of a flurry are told at once, each like any other. With the third in a minute
the contact is put aside: one case for the whole flurry, and the door counts as not seen, until
there was no edge for the settle time. What the contact says then is believed again; if it then says
open, that is an opening like any other.
"""

from msgspec.structs import replace

from gateway.core import openings
from gateway.core.case import Outcome, raise_case
from gateway.core.effects import Effect
from gateway.core.model import Contact, Door, Rules, Unsettled
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason


def note(door: Door, opened_ms: int, rules: Rules) -> Door:
    """Remember an opening's time."""
    return replace(door, opened_ms=(*door.opened_ms, opened_ms)[-rules.chatter_openings :])


def is_flurry(door: Door, rules: Rules) -> bool:
    """Whether the latest openings came too fast, or the one that goes on was joined too often."""
    latest = door.opened_ms
    fast = len(latest) == rules.chatter_openings and (
        latest[-1] - latest[0] < rules.chatter_window_ms
    )
    endless = door.opening is not None and door.opening.joined >= rules.chatter_joined
    return fast or endless


def unless_flurry(door: Door, name: str, edge_ms: int, now_ms: int, rules: Rules) -> Outcome:
    """The door as it is, or put aside if this edge was one too many."""
    if is_flurry(door, rules):
        return put_aside(door, name, edge_ms, now_ms, rules)
    return door, ()


def put_aside(door: Door, name: str, edge_ms: int, now_ms: int, rules: Rules) -> Outcome:
    """Believe the contact no more until it settles; one case, if the door is under an order."""
    effects: tuple[Effect, ...] = ()
    if door.opening is not None:
        door, effects = openings.end(door, edge_ms)
    since_ms = door.opened_ms[0] if door.opened_ms else edge_ms
    aside = Unsettled(since_ms, edge_ms, now_ms + rules.settle_ms)
    door = replace(door, unsettled=aside, opened_ms=())
    if why_not_under_order(door, now_ms):
        return door, effects
    door, raised = raise_case(door, Reason.CHATTER, name + "-chatter", now_ms, since_ms)
    return door, effects + raised


def stir(door: Door, edges: int, edge_ms: int, now_ms: int, rules: Rules) -> Door:
    """More edges while it is put aside: counted, and it must settle anew."""
    aside = door.unsettled
    if aside is None or not edges:
        return door
    aside = replace(
        aside, edge_ms=edge_ms, edges=aside.edges + edges, settles_ms=now_ms + rules.settle_ms
    )
    return replace(door, unsettled=aside)


def settle(door: Door, now_ms: int, rules: Rules) -> Outcome:
    """It has been quiet for long enough. If the door stands open, that is told now."""
    aside = door.unsettled
    assert aside is not None  # noqa: S101 - its deadline came
    door = replace(door, unsettled=None)
    if door.contact is not Contact.OPEN:
        return door, ()
    name = f"{door.seal_id}-settled-{now_ms}"
    return openings.begin(door, name, aside.edge_ms, aside.edge_ms, now_ms, rules)
