"""Which order holds when, what it allows, and which are kept."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import orders
from gateway.core.model import Door, Doubt, Order, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import HOUR, MINUTE, NOON

UTC = Rules(zone=((0, 0),))


def order(name: str, from_h: float, to_h: float, policy: Policy | None = None) -> Order:
    """From and to so many hours after noon."""
    return Order(name, NOON + int(from_h * HOUR), NOON + int(to_h * HOUR), policy or Policy())


def door(*its: Order) -> Door:
    return Door("d", orders=tuple(sorted(its, key=lambda o: (o.to_ms, o.order_id))))


def test_of_several_the_one_that_ends_last_holds() -> None:
    long, short = order("a", -1, 9), order("b", -1, 2)
    its = door(long, short)
    assert orders.running(its, NOON) == long
    assert orders.running(its, NOON - HOUR) == long
    assert orders.running(its, NOON - HOUR - 1) is None
    assert orders.running(its, NOON + 9 * HOUR - 1) == long
    assert orders.running(its, NOON + 9 * HOUR) is None


def test_why_nobody_is_told() -> None:
    its = door(order("a", 1, 2), order("b", 4, 5))
    words = [orders.why_not_under_order(its, NOON + int(h * HOUR)) for h in (0, 1, 2, 4, 5)]
    assert words == [
        Reason.ORDER_NOT_BEGUN,
        None,
        Reason.ORDER_NOT_BEGUN,  # another is to come
        None,
        Reason.ORDER_OVER,
    ]
    assert orders.why_not_under_order(Door("d"), NOON) is Reason.NO_ORDER


def test_both_times_must_lie_under_an_order() -> None:
    its = door(order("a", 0, 1))
    inside, after, before = NOON, NOON + HOUR, NOON - 1
    assert orders.why_recorded_only(its, inside, inside) is None
    assert orders.why_recorded_only(its, before, inside) is Reason.ORDER_NOT_BEGUN
    assert orders.why_recorded_only(its, inside, after) is Reason.ORDER_OVER


def test_orders_that_follow_without_a_gap_end_with_the_last() -> None:
    its = door(order("a", 0, 1), order("b", 1, 2), order("c", 1.5, 3), order("d", 4, 5))
    ends = [orders.ends_ms(its, NOON + int(h * HOUR)) for h in (-1, 0, 0.5, 1, 2.9, 3, 4)]
    three, five = NOON + 3 * HOUR, NOON + 5 * HOUR
    assert ends == [None, three, three, three, three, None, five]
    doubted = Door("d", orders=its.orders, doubt=Doubt(30 * MINUTE, 30 * MINUTE))
    assert orders.ends_ms(doubted, NOON) == five + 30 * MINUTE, "perhaps there is no gap"


@pytest.mark.parametrize(("at_h", "ends_h"), [(-0.1, None), (0, 1), (0.9, 1), (1, None)])
def test_a_single_order_ends_when_it_says(at_h: float, ends_h: float | None) -> None:
    ends_ms = orders.ends_ms(door(order("a", 0, 1)), NOON + int(at_h * HOUR))
    assert ends_ms == (None if ends_h is None else NOON + int(ends_h * HOUR))


def test_the_next_is_the_one_that_begins_first_of_those_that_are_not_over() -> None:
    past, now, later, last = (
        order("a", -5, -1),
        order("b", -2, 4),
        order("c", 1, 2),
        order("d", 6, 9),
    )
    its = door(past, later, now, last)
    assert orders.next_ending_after(its, NOON) == now
    assert orders.next_ending_after(its, NOON - HOUR - 1) == past
    assert orders.next_ending_after(its, NOON - HOUR) == now
    assert orders.next_ending_after(its, NOON + 5 * HOUR) == last
    assert orders.next_ending_after(its, NOON + 9 * HOUR) is None


def test_what_is_allowed_in_a_day_is_counted_by_the_wall_of_the_site() -> None:
    policy = Policy(openings_a_day=2, quiet=((60, 120),))
    its = door(order("a", -48, 48, policy))
    held: Order | None
    counts = []
    for at_ms in (NOON, NOON + 1, NOON + 2, NOON + 20 * HOUR - 1, NOON + 20 * HOUR):
        its, held = orders.allow(its, at_ms, UTC)  # NOON is 04:00 there
        counts.append((held is not None, its.allowed[1]))
    assert counts == [(True, 1), (True, 2), (False, 2), (False, 2), (True, 1)]
    assert its.allowed[0] == (NOON + 20 * HOUR) // MINUTE, "since that midnight"
    assert orders.allow(door(order("a", -1, 1)), NOON, UTC)[1] is None
    assert orders.allow(door(), NOON, UTC) == (door(), None)


def test_what_an_order_allows_is_its_own_also_on_the_day_on_which_another_ended() -> None:
    """Counted is since midnight, or since the order began; what is heard of late of the one before
    takes nothing from who lives under this one."""
    once = Policy(openings_a_day=1)
    its = door(order("a", -48, 1, once), order("b", 2, 48, once))
    found = []
    for at_h in (0, 0.5, 2, 3, 0.7, 4, 19.9, 20, 21):
        its, held = orders.allow(its, NOON + int(at_h * HOUR), UTC)
        found.append(held.order_id if held is not None else "")
    assert found == ["a", "", "b", "", "a", "", "", "b", ""]
    began_min = (NOON + 2 * HOUR) // MINUTE
    assert orders.allowance(its, NOON + 3 * HOUR, UTC) == (began_min, 1, None)
    assert orders.allowance(its, NOON, UTC) == ((NOON - 4 * HOUR) // MINUTE, 1, None)


def test_quiet_hours_are_those_of_the_order_that_holds() -> None:
    its = door(order("a", 0, 1, Policy(quiet=((60, 120),))), order("b", 2, 3))
    assert orders.quiet(its, NOON) == ((60, 120),)
    assert orders.quiet(its, NOON + 2 * HOUR) == orders.quiet(its, NOON + 5 * HOUR) == ()


def test_the_hours_that_a_household_named_hold_with_its_order_and_until_its_last_word() -> None:
    own = ((420, 480),)
    its = replace(door(order("a", 0, 1, Policy(quiet=((60, 120),)))), quiet=own)
    assert orders.hours_of_household(its, NOON) == orders.quiet(its, NOON) == ((60, 120), *own)
    assert orders.hours_of_household(its, NOON + 2 * HOUR) == own
    assert orders.quiet(its, NOON + 2 * HOUR) == ()


def test_one_of_the_same_id_is_replaced_and_the_ones_that_end_last_are_kept() -> None:
    its = Door("d")
    for number in range(orders.ORDERS_MAX + 2):
        its = orders.place(its, order(f"o{number}", 0, 20 - number))
    assert [o.order_id for o in its.orders] == [f"o{n}" for n in range(7, -1, -1)]
    its = orders.place(its, order("o3", 0, 99))
    assert [o.order_id for o in its.orders][-2:] == ["o0", "o3"]
    assert len(its.orders) == orders.ORDERS_MAX
    alike = orders.place(orders.place(Door("d"), order("b", 0, 1)), order("a", 0, 1))
    assert [o.order_id for o in alike.orders] == ["a", "b"]
