"""The canary: a seal that opens every ten minutes, whose page must arrive at a phone.

It goes the way of every other opening: radio, broker, gateway, delivery, phone. What a provider
takes and never delivers shows here, and nowhere else.
"""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, end_by_rule, raise_case
from gateway.core.duration import MINUTE_MS
from gateway.core.effects import Effect, PageDue
from gateway.core.model import Canary, Door
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules

# a seal sends its heartbeats by its own clock, and a phone may sleep for a while
SLACK_MS = MINUTE_MS


def opened(door: Door, page_id: str, now_ms: int, since_ms: int, rules: Rules) -> DoorChange:
    """It opened: its phone is told, and must sign for that."""
    if door.canary is None:
        door = replace(door, canary=Canary(_missed_ms(now_ms, rules)))
    return door, (PageDue(page_id, "", Reason.CANARY, since_ms),)


def received(door: Door, now_ms: int, rules: Rules) -> DoorChange:
    """Its phone signed for a page. If a case says that it did not, that is over."""
    if door.door_class != CANARY:
        return door, ()
    door = replace(door, canary=Canary(_missed_ms(now_ms, rules)))
    effects: tuple[Effect, ...] = ()
    if door.case is not None and door.case.reason is Reason.CANARY_MISSED:
        door, effects = end_by_rule(door, door.case, Reason.RECEIVED_AGAIN, now_ms)
    door, cleared = case.cleared(door, frozenset({Reason.CANARY_MISSED}), now_ms)
    return door, effects + cleared


def missed_ms(canary: Canary) -> int | None:
    """When so many of its pages have not been received that something is wrong."""
    return canary.missed_ms


def missed(door: Door, _: Canary, _due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """Nothing arrived for too long: whoever can be told otherwise is told."""
    since_ms = now_ms - rules.canary_missed * rules.canary_ms
    door = replace(door, canary=Canary(None))
    page_id = f"{door.seal_id}-canary-{now_ms}"
    return raise_case(door, Reason.CANARY_MISSED, page_id, now_ms, since_ms, rules)


def watch(door: Door, now_ms: int, rules: Rules) -> Door:
    """From when it is a canary: the first page must come as well."""
    is_canary = door.door_class == CANARY
    return replace(door, canary=Canary(_missed_ms(now_ms, rules)) if is_canary else None)


def _missed_ms(now_ms: int, rules: Rules) -> int:
    return now_ms + rules.canary_missed * rules.canary_ms + SLACK_MS
