"""The end of an order is told once: to who has the grid's duty, as knowledge, and to the household.

It is noted when it comes, and told by day, outside the hours in which the household wants to be
left alone. Where another order holds at T, or by the time of telling, there is nothing to tell: the
door goes on being watched. An order that is given longer meanwhile is told at its new end. Of a
household's doors the first speaks for all.
"""

from typing import Final

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.cases.escalation import may_start_ms
from gateway.core.doors.orders import over_ms, running
from gateway.core.duration import DAY_MS
from gateway.core.effects import OrderEnded, PageDue, PermitEnded
from gateway.core.model import Door, Order
from gateway.core.order_over import OrderOver
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules

TOLD_WITHIN_MS: Final = DAY_MS  # later it is no news; and then nobody knows any more whose it was


def next_over(door: Door) -> Order | None:
    """The first order whose end is not noted yet; asked at every step."""
    noted = door.orders_over
    for order in door.orders:  # the one that ends first goes first
        if order.from_ms < order.to_ms and not (noted and _is_noted(door, order)):
            return order
    return None


def note(door: Door, order: Order, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """An order is over, and with it what was announced under it."""
    told_ms: int | None = may_start_ms(Reason.ORDER_ENDED, max(due_ms, now_ms), door.quiet, rules)
    is_first = door.door_id == min((door.door_id, *door.beside))
    if not is_first or now_ms - due_ms > TOLD_WITHIN_MS or door.door_class == CANARY:
        told_ms = None
    known = {kept.order_id for kept in door.orders}
    kept = tuple(one for one in door.orders_over if one.order_id in known)
    door = replace(door, orders_over=(*kept, OrderOver(order.order_id, due_ms, told_ms)))
    return _end_permits(door, due_ms)


def _end_permits(door: Door, over_ms: int) -> DoorChange:
    """What began under the order ends with it, also what recurs: the next order is another, and so
    is what it allows. Where an order goes on, or for what begins later, nothing ends."""
    if running(door, over_ms) is not None:
        return door, ()
    outlasting = [p for p in door.permits if p.from_ms < over_ms < p.to_ms]
    if not outlasting:
        return door, ()
    permits = tuple(replace(p, to_ms=over_ms) if p in outlasting else p for p in door.permits)
    ended = tuple(PermitEnded(permit.permit_id, over_ms) for permit in outlasting)
    return replace(door, permits=permits), ended


def told_ms(ends: tuple[OrderOver, ...]) -> int | None:
    """When the next of them is told."""
    return min((one.told_ms for one in ends if one.told_ms is not None), default=None)


def tell(door: Door, ends: tuple[OrderOver, ...], due_ms: int, now_ms: int, _: Rules) -> DoorChange:
    """Tell of those whose time has come, each under an id of its own."""
    now = [one for one in ends if one.told_ms is not None and one.told_ms <= due_ms]
    told = tuple(replace(one, told_ms=None) if one in now else one for one in ends)
    door = replace(door, orders_over=told)
    if running(door, now_ms) is not None:
        return door, ()
    latest = max(now, key=lambda one: one.over_ms)  # of several that wait for the same morning
    if now_ms - latest.over_ms > TOLD_WITHIN_MS:
        return door, ()
    page_id = f"{door.seal_id or door.door_id}-over-{latest.over_ms}"
    page = PageDue(page_id, "", Reason.ORDER_ENDED, latest.over_ms)
    return door, (OrderEnded(page_id, latest.over_ms), page)


def placed(door: Door, order: Order) -> Door:
    """An order was placed or changed: one that goes on after all ends another time."""
    if not any(one.order_id == order.order_id for one in door.orders_over):
        return door
    kept = tuple(
        one
        for one in door.orders_over
        if one.order_id != order.order_id or over_ms(door, order) <= one.over_ms
    )
    return replace(door, orders_over=kept)


def _is_noted(door: Door, order: Order) -> bool:
    return any(one.order_id == order.order_id for one in door.orders_over)
