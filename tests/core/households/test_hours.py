"""A household's own quiet hours: whose they are, and when they are over."""

from gateway.core.cases.escalation import may_start_ms
from gateway.core.doors import orders
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import DoorPlaced, OrderPlaced
from gateway.core.households.events import HealthReported, HoursNarrowed
from gateway.core.model import Order
from gateway.core.reasons import Reason
from gateway.core.subject import of_door, of_household
from tests.core.households.home import EIGHT, HOME, Home
from tests.core.story import DAY, HOUR

QUIET = ((420, 900),)  # from seven to three
END = EIGHT + DAY


def narrowed() -> Home:
    """A household that is left alone from seven to three, whose order ends on the next morning."""
    home = Home(days=1)
    assert home.does(HoursNarrowed(action_id="q1", quiet=QUIET)) is None
    assert (home.household.quiet, home.door.quiet) == (QUIET, QUIET)
    return home


def hours(home: Home) -> set[tuple[tuple[int, int], ...]]:
    """The hours that household and door know; one of both must not know others."""
    return {home.household.quiet, home.door.quiet}


def placed(home: Home, order_id: str, from_ms: int, to_ms: int) -> None:
    home.apply(of_door(HOME), OrderPlaced(Order(order_id, from_ms, to_ms)))


def told_of_fault_ms(home: Home) -> int:
    """When a fault at noon would be told."""
    noon_ms = home.now_ms - (home.now_ms - EIGHT) % DAY + 4 * HOUR
    rules = home.turn.rules_of(home.door)
    return may_start_ms(Reason.SILENT, noon_ms, orders.quiet(home.door, noon_ms), rules) - noon_ms


def test_the_next_order_is_another_household_s_and_the_hours_of_the_last_narrow_nothing() -> None:
    home = narrowed()
    assert told_of_fault_ms(home) == 3 * HOUR
    home.until(END + HOUR)
    placed(home, "o2", END + HOUR, END + 9 * DAY)
    assert hours(home) == {()}
    assert told_of_fault_ms(home) == 0
    home.until(END + 8 * DAY)
    assert hours(home) == {()}


def test_they_stay_while_an_order_holds_or_is_to_begin() -> None:
    """The next order is known before the first is over: one stay in two orders."""
    home = narrowed()
    placed(home, "o2", END + 2 * DAY, END + 9 * DAY)
    home.until(END + 8 * DAY)
    assert hours(home) == {QUIET}
    home.until(END + 10 * DAY)
    assert hours(home) == {()}


def test_an_order_that_is_given_longer_after_its_end_is_the_same() -> None:
    home = narrowed()
    home.until(END + 2 * HOUR)
    placed(home, "o1", EIGHT - HOUR, END + 9 * DAY)
    home.until(END + 8 * DAY)
    assert hours(home) == {QUIET}


def test_they_go_a_day_after_the_last_order_for_its_end_is_told_outside_them() -> None:
    home = narrowed()
    home.until(END + 7 * HOUR)
    assert [(at_ms, why) for at_ms, _, why in home.told] == [(END + 7 * HOUR, "order_ended")]
    home.until(END + DAY - 1)
    assert hours(home) == {QUIET}
    home.until(END + DAY)
    assert hours(home) == {()}
    assert home.turn.due_ms(of_household(HOME)) is None


def test_after_the_last_order_nobody_names_hours_and_before_the_first_one_may() -> None:
    home = narrowed()
    home.until(END)
    late = HoursNarrowed(action_id="q2", quiet=((600, 660),))
    assert home.does(late) == "no_order"
    placed(home, "o2", END + DAY, END + 9 * DAY)
    early = HoursNarrowed(action_id="q3", quiet=((600, 660),))
    assert home.does(early) is None
    assert hours(home) == {((600, 660),)}


def test_with_the_order_s_data_its_door_s_hours_are_destroyed_too() -> None:
    home = narrowed()
    home.until(END + HOUR)
    for subject in (of_door(HOME), of_household(HOME)):
        home.apply(subject, OrderDestroyed("o1"))
    assert hours(home) == {()}


def test_a_door_has_the_hours_of_its_household_and_not_of_the_one_that_it_left() -> None:
    home = narrowed()
    home.apply(of_door("502"), DoorPlaced("g", household=HOME, beside=(HOME,)))
    assert home.turn.door("502").quiet == QUIET, "its second contact"
    home.apply(of_door("502"), DoorPlaced("g", household="502"))
    assert home.turn.door("502").quiet == ()
    assert home.does(HoursNarrowed(action_id="q2", quiet=((600, 660),))) is None
    assert home.turn.door("502").quiet == ()
    assert home.door.quiet == ((600, 660),)


def test_what_came_late_of_an_order_that_is_over_brings_no_hours_back() -> None:
    home = narrowed()
    home.until(END + HOUR)
    placed(home, "o2", END + HOUR, END + 9 * DAY)
    assert home.does(HealthReported(action_id="h1", is_well=True)) is None
    assert hours(home) == {()}
