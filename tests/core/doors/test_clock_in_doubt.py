"""The gateway's clock is perhaps behind by so much, or ahead: what an opening is then."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import clock_doubt, orders
from gateway.core.model import Door, Doubt, Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON

BEHIND, AHEAD = 20 * MINUTE, 10 * MINUTE  # the true time is up to so much later, or earlier
ORDER = Order("o", NOON - DAY, NOON + DAY)
UTC = Rules(zone=((0, 0),))  # NOON is 04:00 there


def meal(from_ms: int, to_ms: int, name: str = "p", **more: object) -> Permit:
    return Permit(name, from_ms, to_ms, 1, 10 * MINUTE, "Li", "meal", **more)  # type: ignore[arg-type]


def door(
    *permits: Permit, order: Order = ORDER, behind_ms: int = BEHIND, ahead_ms: int = AHEAD
) -> Door:
    doubt = Doubt(behind_ms, ahead_ms)
    return Door("d", orders=(order,), permits=permits, doubt=doubt)


def asks(its: Door, at_ms: int = NOON, latest_ms: int | None = None, rules: Rules = UTC) -> bool:
    return clock_doubt.is_question(its, at_ms, at_ms if latest_ms is None else latest_ms, rules)


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "is_question"),
    [
        (-HOUR, HOUR, False),  # covered by every time that it may be
        (-AHEAD, BEHIND + 1, False),
        (-AHEAD + 1, BEHIND + 1, True),  # perhaps it opened just before
        (-AHEAD, BEHIND, True),  # perhaps just after
        (BEHIND, HOUR, True),  # covered by the latest of them only
        (BEHIND + 1, HOUR, False),  # by none: that is a breach and no question
        (-HOUR, -AHEAD + 1, True),
        (-HOUR, -AHEAD, False),
    ],
)
def test_a_permit_that_covers_it_by_some_times_and_not_by_others_is_a_question(
    from_ms: int, to_ms: int, is_question: bool
) -> None:
    its = door(meal(NOON + from_ms, NOON + to_ms))
    assert asks(its) is is_question
    assert not asks(replace(its, doubt=Doubt())), "a clock that is believed asks nothing"


def test_two_permits_of_which_nobody_knows_the_one_are_a_question() -> None:
    first, second = meal(NOON - HOUR, NOON + 1, "a"), meal(NOON + 1, NOON + HOUR, "b")
    assert asks(door(first, second))
    assert not asks(door(meal(NOON - HOUR, NOON + HOUR, "a"), meal(NOON - HOUR, NOON + HOUR, "b")))


def test_a_permit_of_a_moment_that_holds_just_now_by_our_clock_is_one_of_two() -> None:
    wide, moment = meal(NOON - HOUR, NOON + HOUR, "a"), meal(NOON, NOON + 1, "b")
    assert asks(door(wide, moment)), "by our clock it used the one, by any other time the other"
    assert not asks(door(wide, moment), NOON + 1)


def test_two_windows_of_one_permit_are_a_question_too() -> None:
    daily = ((3 * 60, 4 * 60), (4 * 60, 5 * 60))  # NOON is 04:00 by that wall
    assert asks(door(meal(NOON - DAY, NOON + DAY, daily=daily)))
    assert not asks(door(meal(NOON - DAY, NOON + DAY, daily=((3 * 60, 5 * 60),))))


def test_a_window_is_by_the_wall_of_the_site() -> None:
    its = door(meal(NOON - DAY, NOON + DAY, daily=((11 * 60 + 45, 12 * 60 + 30),)))
    assert not asks(its, rules=Rules()), "noon, in Wuxi"
    assert not asks(its, rules=UTC), "04:00: no time that it may be is a meal"
    assert asks(its, at_ms=NOON + 15 * MINUTE, rules=Rules())


def test_of_an_interval_the_permit_needs_to_touch_some_of_it_by_every_time() -> None:
    its = door(meal(NOON - 5 * MINUTE, NOON + 30 * MINUTE))
    assert asks(its, NOON)
    assert not asks(its, NOON, NOON + AHEAD)
    assert asks(door(meal(NOON, NOON + 11 * MINUTE)), NOON - 5 * MINUTE, NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "is_certain"),
    [
        (-AHEAD, BEHIND + 1, True),
        (-AHEAD + 1, BEHIND + 1, False),
        (-AHEAD, BEHIND, False),
        (-HOUR, HOUR, True),
        (HOUR, 2 * HOUR, False),
    ],
)
def test_an_order_that_holds_by_some_times_only_makes_it_a_question(
    from_ms: int, to_ms: int, is_certain: bool
) -> None:
    its = door(order=Order("o", NOON + from_ms, NOON + to_ms))
    assert orders.is_certain(its, NOON) is is_certain
    assert asks(its) is not is_certain
    wanted = Reason.OPENED_BLIND if is_certain else Reason.OPENED_IN_DOUBT
    assert clock_doubt.reason(its, Reason.OPENED_BLIND, NOON) is wanted


def test_two_orders_may_hold_one_after_the_other() -> None:
    its = replace(door(), orders=(Order("a", NOON - DAY, NOON), Order("b", NOON, NOON + DAY)))
    assert orders.is_certain(its, NOON)
    assert not asks(its)


def test_an_opening_that_is_allowed_on_one_of_two_days_is_a_question() -> None:
    order = replace(ORDER, policy=Policy(openings_a_day=1))
    midnight_ms = NOON + 20 * HOUR  # by that wall
    last_ms = midnight_ms - BEHIND
    assert asks(door(order=order), last_ms)
    assert not asks(door(order=order), last_ms - 1)
    assert asks(door(order=order), midnight_ms + AHEAD - 1)
    assert not asks(door(order=order), midnight_ms + AHEAD)
    assert not asks(door(order=ORDER), last_ms), "where none is allowed, the day is no matter"
    assert asks(door(order=order), last_ms - HOUR, last_ms), "its latest time counts"
    assert not asks(door(order=order), last_ms, rules=Rules()), "in Wuxi it is 07:40"


def test_what_its_order_allows_is_no_question_because_a_permit_covers_it_perhaps() -> None:
    """An announced opening more makes nothing a question that was lawful without it."""
    order = replace(ORDER, policy=Policy(openings_a_day=1))
    soon = meal(NOON + MINUTE, NOON + HOUR)
    assert asks(door(soon))
    assert not asks(door(soon, order=order))
    spent = orders.allow(door(soon, order=order), NOON, UTC)[0]
    assert asks(spent), "used already: lawful by the permit alone"
    late_ms = NOON + 20 * HOUR - BEHIND  # perhaps of the next day
    assert asks(door(meal(late_ms + MINUTE, late_ms + HOUR), order=order), late_ms)
    ends = replace(order, to_ms=NOON + 2 * MINUTE)
    assert asks(door(soon, order=ends)), "perhaps under no order at all"


@pytest.mark.parametrize(("behind_ms", "ahead_ms"), [(BEHIND, 0), (0, AHEAD)])
def test_a_doubt_to_one_side_is_one(behind_ms: int, ahead_ms: int) -> None:
    its = door(meal(NOON - 1, NOON + 1), behind_ms=behind_ms, ahead_ms=ahead_ms)
    assert asks(its)


def test_an_order_begins_earlier_and_ends_later_by_a_clock_in_doubt() -> None:
    order = Order("o", NOON, NOON + HOUR)
    its = door(order=order)
    assert orders.begins_ms(its, order) == NOON - BEHIND
    assert orders.over_ms(its, order) == NOON + HOUR + AHEAD
    first, last = NOON - BEHIND, NOON + HOUR + AHEAD - 1
    assert orders.running(its, first) == orders.running(its, last) == order
    assert orders.running(its, first - 1) is orders.running(its, last + 1) is None
    assert orders.ends_ms(its, first) == orders.ends_ms(its, last) == last + 1
    assert orders.ends_ms(its, first - 1) is orders.ends_ms(its, last + 1) is None
    assert orders.why_not_under_order(its, first - 1) is Reason.ORDER_NOT_BEGUN
    assert orders.why_not_under_order(its, last + 1) is Reason.ORDER_OVER
