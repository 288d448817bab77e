"""Chatter: openings too fast for a person are the contact's fault, and no reason to run upstairs.

The first openings of a flurry are told at once, each like any other. With the third in a minute
the contact is put aside: one case for the whole flurry, and the door counts as not seen, until
there was no edge for the settle time. What the contact says then is believed again; if it then says
open, that is an opening like any other.
"""

from msgspec.structs import replace

from gateway.core import case, openings
from gateway.core.case import Outcome, raise_case
from gateway.core.effects import Effect
from gateway.core.heard import Heard
from gateway.core.model import Contact, Door, Unsettled
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason
from gateway.core.rules import Rules

OVER_WHEN_SETTLED = frozenset({Reason.CHATTER})


def stir(door: Door, heard: Heard, rules: Rules) -> Outcome:
    """More edges while it is put aside: counted, and it must settle anew."""
    aside = door.unsettled
    if aside is None or not heard.edges:
        return door, ()
    aside = replace(
        aside,
        edge_from_ms=heard.earliest_ms,
        edge_ms=heard.latest_ms,
        edges=aside.edges + heard.edges,
        settles_ms=heard.now_ms + rules.settle_ms,
    )
    return replace(door, unsettled=aside), ()


def flurry(door: Door, heard: Heard, rules: Rules) -> Outcome:
    """Put the contact aside if this opening came too fast, or goes on for the tenth time."""
    if not (heard.opens or heard.joins):
        return door, ()
    if heard.opens:
        earliest = (*door.opened_ms, heard.earliest_ms)[-rules.chatter_openings :]
        door = replace(door, opened_ms=earliest)
    return _put_aside(door, heard, rules) if _is_flurry(door, heard, rules) else (door, ())


def _is_flurry(door: Door, heard: Heard, rules: Rules) -> bool:
    """Whether the latest openings surely came too fast, or the one that goes on was joined too
    often. Those of unknown age, which only arrive together, were perhaps hours apart."""
    earliest = door.opened_ms[-rules.chatter_openings :]
    fast = len(earliest) == rules.chatter_openings and (
        heard.latest_ms - earliest[0] < rules.chatter_window_ms
    )
    endless = door.opening is not None and door.opening.joined >= rules.chatter_joined
    return fast or endless


def _put_aside(door: Door, heard: Heard, rules: Rules) -> Outcome:
    """Believe the contact no more until it settles; one case, if the door is under an order."""
    effects: tuple[Effect, ...] = ()
    edge_ms, now_ms = heard.latest_ms, heard.now_ms
    if door.opening is not None:
        door, effects = openings.end(door, edge_ms, now_ms)
    since_ms = door.opened_ms[0] if door.opened_ms else edge_ms
    aside = Unsettled(since_ms, heard.earliest_ms, edge_ms, now_ms + rules.settle_ms)
    door = replace(door, unsettled=aside, opened_ms=())
    if why_not_under_order(door, now_ms):
        return door, effects
    page_id = heard.name() + "-chatter"
    door, raised = raise_case(door, Reason.CHATTER, page_id, now_ms, since_ms, rules)
    return door, effects + raised


def settles_ms(door: Door) -> int | None:
    """When the contact has been quiet for long enough."""
    return door.unsettled.settles_ms if door.unsettled is not None else None


def settle(door: Door, now_ms: int, rules: Rules) -> Outcome:
    """It has been quiet for long enough. If the door stands open, that is told now."""
    aside = door.unsettled
    assert aside is not None  # noqa: S101 - its deadline came
    door, effects = case.returned(replace(door, unsettled=None), OVER_WHEN_SETTLED, now_ms)
    if door.contact is not Contact.OPEN:
        return door, effects
    name = f"{door.seal_id}-settled-{aside.settles_ms}"
    times = aside.edge_from_ms, aside.edge_ms, now_ms
    door, began = openings.begin(door, name, *times, rules)
    return door, effects + began
