"""Standing open: a door that opened before its order began, and stands open under it.

The opening itself is recorded only. But an order begins for a shut door: who leaves it open has as
long as the order allows an opening, or else as long as one may be announced late; then that is told
as an opening which lasts too long. An announcement that holds by then explains it.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.doors import orders, permits
from gateway.core.effects import OpeningAnnounced, PermitSpent
from gateway.core.events import OrderPlaced
from gateway.core.model import Door, Order
from gateway.core.reasons import UNWATCHED, Reason
from gateway.core.rules import CANARY, Rules


def told_ms(door: Door, now_ms: int, rules: Rules) -> int | None:
    """When an opening that is recorded only has stood open for too long under the next order."""
    first = orders.next_ending_after(door, now_ms)
    if first is None or door.door_class == CANARY:
        return None
    return max(orders.begins_ms(door, first), now_ms) + _patience_ms(first, rules)


def placed(door: Door, event: OrderPlaced, now_ms: int, rules: Rules) -> DoorChange:
    """An order for a door that perhaps stands open already."""
    door = orders.place(door, event.order)
    opening = door.opening
    if opening is None or opening.reason not in UNWATCHED:
        return door, ()
    waiting = replace(opening, overstay_ms=told_ms(door, now_ms, rules), unjudged_ms=None)
    return replace(door, opening=waiting), ()


def explained(door: Door, now_ms: int, rules: Rules) -> DoorChange | None:
    """The opening as one of a permit that holds now, with that permit's time; None without one."""
    opening, covering = door.opening, permits.covering(door, now_ms, now_ms, rules)
    if opening is None or covering is None:
        return None
    permit, window_ms = covering
    door, left = permits.spend(door, permit, window_ms)
    announced = replace(
        opening,
        reason=Reason.PERMIT,
        permit_id=permit.permit_id,
        overstay_ms=now_ms + permit.longest_ms,
    )
    spent = PermitSpent(permit.permit_id, left, opening.opening_id)
    effects = OpeningAnnounced(opening.opening_id, permit.permit_id), spent
    return replace(door, opening=announced), effects


def _patience_ms(order: Order, rules: Rules) -> int:
    longest_ms = order.policy.longest_ms
    return rules.grace_ms if longest_ms is None else longest_ms
