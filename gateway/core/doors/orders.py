"""Orders: whether a door is under quarantine at a time, if not, why not, and what it allows."""

from msgspec.structs import replace

from gateway.core import doubted_time, local_time
from gateway.core.model import Door, Order
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

ORDERS_MAX = 8  # per door; the one that ends first goes first


def running(door: Door, at_ms: int) -> Order | None:
    """The order that holds at a time; of several, the one that ends last."""
    behind_ms, ahead_ms = door.doubt.behind_ms, door.doubt.ahead_ms
    for order in reversed(door.orders):  # doubted_time.holds, at every step: without its calls
        if order.from_ms - behind_ms <= at_ms < order.to_ms + ahead_ms:
            return order
    return None


def begins_ms(door: Door, order: Order) -> int:
    """When an order begins, by the gateway's clock."""
    return doubted_time.begins_ms(order, door.doubt)


def over_ms(door: Door, order: Order) -> int:
    """When an order is over, by the gateway's clock."""
    return order.to_ms + door.doubt.ahead_ms  # doubted_time.over_ms, likewise


def is_certain(door: Door, at_ms: int) -> bool:
    """Whether an order holds then by every time that it may be."""
    times_ms = at_ms - door.doubt.ahead_ms, at_ms + door.doubt.behind_ms
    return all(any(o.from_ms <= time_ms < o.to_ms for o in door.orders) for time_ms in times_ms)


def why_not_under_order(door: Door, at_ms: int) -> Reason | None:
    """None if an order holds at the time; else the reason why nobody is told."""
    if running(door, at_ms) is not None:
        return None
    if any(at_ms < begins_ms(door, order) for order in door.orders):
        return Reason.ORDER_NOT_BEGUN
    return Reason.ORDER_OVER if door.orders else Reason.NO_ORDER


def why_recorded_only(door: Door, opened_ms: int, now_ms: int) -> Reason | None:
    """Why nobody is told now of an opening then: both times must lie under an order."""
    unwatched = why_not_under_order(door, opened_ms)
    if unwatched is not None or opened_ms == now_ms:
        return unwatched
    return why_not_under_order(door, now_ms)


def quiet(door: Door, at_ms: int) -> tuple[tuple[int, int], ...]:
    """The hours in which the running order, or the household, wants no page but for a breach."""
    order = running(door, at_ms)
    return order.policy.quiet + door.quiet if order is not None else ()


def hours_of_household(door: Door, at_ms: int) -> tuple[tuple[int, int], ...]:
    """The hours in which nothing rings at its household: its order's, and its own, which hold
    until the last word of an order that is over was told too."""
    order = running(door, at_ms)
    return door.quiet if order is None else order.policy.quiet + door.quiet


def allow(door: Door, opened_ms: int, rules: Rules) -> tuple[Door, Order | None]:
    """The door with one more of the openings that its order allows in a day, and the order; None if
    it allows no more. What is older than what was counted last takes nothing from that."""
    order = running(door, opened_ms)
    if order is None or not order.policy.openings_a_day:
        return door, None
    since_min, (counted_min, count) = _counted_min(order, opened_ms, rules), door.allowed
    if since_min < counted_min:
        return door, order
    count = count if counted_min == since_min else 0
    if count >= order.policy.openings_a_day:
        return door, None
    return replace(door, allowed=(since_min, count + 1)), order


def give_back(door: Door, opened_ms: int, rules: Rules) -> Door:
    """The door with one less of those that its order allowed, which used none after all."""
    order, (counted_min, count) = running(door, opened_ms), door.allowed
    if order is None or _counted_min(order, opened_ms, rules) != counted_min:
        return door
    return replace(door, allowed=(counted_min, max(count - 1, 0)))


def allowance(door: Door, opened_ms: int, rules: Rules) -> tuple[int, int, int | None] | None:
    """What the order allows without a permit on the day of a time: since which minute on the wall
    it counts that, how many, and how many ms each may last; None where it allows none."""
    order = running(door, opened_ms)
    if order is None or not order.policy.openings_a_day:
        return None
    since_min = _counted_min(order, opened_ms, rules)
    return since_min, order.policy.openings_a_day, order.policy.longest_ms


def _counted_min(order: Order, at_ms: int, rules: Rules) -> int:
    """Since when an order counts what it allows on the day of a time: since midnight, or since it
    began, for what another order allowed on that day is none of its business."""
    midnight_min = local_time.day(rules.zone, at_ms) * local_time.DAY_MIN
    return max(midnight_min, local_time.wall_min(rules.zone, order.from_ms))


def ends_ms(door: Door, at_ms: int) -> int | None:
    """When the order that runs at `at_ms` ends, with those that follow it without a gap.

    None if none runs then.
    """
    if len(door.orders) == 1:  # nearly always
        order, doubt = door.orders[0], door.doubt
        end_ms = order.to_ms + doubt.ahead_ms
        return end_ms if order.from_ms - doubt.behind_ms <= at_ms < end_ms else None
    end_ms = at_ms
    for _ in range(ORDERS_MAX):
        latest = max(
            (
                over_ms(door, order)
                for order in door.orders
                if begins_ms(door, order) <= end_ms < over_ms(door, order)
            ),
            default=None,
        )
        if latest is None:
            break
        end_ms = latest
    return end_ms if end_ms > at_ms else None


def next_ending_after(door: Door, at_ms: int) -> Order | None:
    """Of the orders that end after a time, the one that begins first."""
    coming = (order for order in door.orders if over_ms(door, order) > at_ms)
    return min(coming, key=lambda order: order.from_ms, default=None)


def place(door: Door, order: Order) -> Door:
    """The door with this order; one of the same id is replaced."""
    others = [kept for kept in door.orders if kept.order_id != order.order_id]
    latest = sorted([*others, order], key=lambda kept: (kept.to_ms, kept.order_id))
    return replace(door, orders=tuple(latest[-ORDERS_MAX:]))
