"""Orders: whether a door is under quarantine at a given time, and if not, why not."""

from msgspec.structs import replace

from gateway.core.model import Door, Order
from gateway.core.reason import Reason

ORDERS_MAX = 8  # per door; the oldest end goes first


def why_not_under_order(door: Door, at_ms: int) -> Reason | None:
    """None while an order runs; otherwise the reason that an opening then is only recorded."""
    if any(order.from_ms <= at_ms < order.to_ms for order in door.orders):
        return None
    if any(at_ms < order.from_ms for order in door.orders):
        return Reason.ORDER_NOT_BEGUN
    return Reason.ORDER_OVER if door.orders else Reason.NO_ORDER


def ends_ms(door: Door, at_ms: int) -> int | None:
    """When the order that runs at `at_ms` ends, with those that follow it without a gap.

    None if none runs then.
    """
    end_ms = at_ms
    for _ in range(ORDERS_MAX):
        running = [order.to_ms for order in door.orders if order.from_ms <= end_ms < order.to_ms]
        if not running:
            break
        end_ms = max(running)
    return end_ms if end_ms > at_ms else None


def place(door: Door, order: Order) -> Door:
    """The door with this order; one of the same id is replaced."""
    others = [kept for kept in door.orders if kept.order_id != order.order_id]
    latest = sorted([*others, order], key=lambda kept: (kept.to_ms, kept.order_id))
    return replace(door, orders=tuple(latest[-ORDERS_MAX:]))
