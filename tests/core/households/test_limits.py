"""What a household's state holds at most, and for how long; and what it means at several doors."""

import pytest

from gateway.core.actor import actor_of
from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.events import DoorPlaced, OrderPlaced
from gateway.core.households.disputes import PARTIES_MAX
from gateway.core.households.effects import DisputeMoved, RequestMoved
from gateway.core.households.events import (
    DisputeAssigned,
    HealthReported,
    HoursNarrowed,
    HouseholdOrdered,
    QuietAsked,
)
from gateway.core.households.model import OrderTerm, RequestKind
from gateway.core.households.step import ORDERS_MAX, OVER_KEPT_MS, RESULTS_KEPT
from gateway.core.model import Order, Policy
from gateway.core.paging import staff
from gateway.core.subject import SITE, of_door, of_household
from tests.core.households.home import CHEN, EIGHT, HOME, MA, TEAM, Home
from tests.core.story import DAY, HOUR, MINUTE


def terms(home: Home) -> list[str]:
    return [term.order_id for term in home.household.orders]


def ordered(home: Home, order_id: str, from_ms: int, to_ms: int) -> None:
    home.apply(of_household(HOME), HouseholdOrdered(OrderTerm(order_id, from_ms, to_ms)))


def test_of_many_who_were_part_of_a_record_the_first_are_known_and_who_booked_it() -> None:
    home = Home()
    crowd = [actor_of(f"w{number}") for number in range(PARTIES_MAX + 5)]
    dispute_id = home.disputes("opening-1", *crowd, crowd[3], booked_by=CHEN)
    parties = home.household.disputes[0].parties
    assert parties == ("chen", *(actor.actor_id for actor in crowd[: PARTIES_MAX - 1]))
    again = DisputeAssigned(
        action_id="a", actor=MA, dispute_id=dispute_id, to=MA, parties=("late", "w0")
    )
    assert home.does(again) is None
    assert home.household.disputes[0].parties == parties, "there is no room for more"


def test_who_became_part_of_it_later_stands_behind_and_once() -> None:
    home = Home()
    dispute_id = home.disputes("opening-1", CHEN, CHEN)
    for to, parties in ((MA, ("liu", "chen", "liu")), (actor_of("zhou"), ())):
        event = DisputeAssigned(
            action_id=home.action(), actor=MA, dispute_id=dispute_id, to=to, parties=parties
        )
        assert home.does(event) is None
        assert home.household.disputes[0].parties == ("chen", "liu")


def test_a_household_knows_so_many_orders_and_those_that_end_last() -> None:
    home = Home()
    for number in range(ORDERS_MAX + 2):
        ordered(home, f"x{number}", EIGHT, EIGHT + (20 - number) * DAY)
    assert terms(home) == [f"x{number}" for number in reversed(range(ORDERS_MAX))]


def test_an_order_that_is_over_stays_known_for_who_comes_late() -> None:
    home = Home()
    ordered(home, "a", EIGHT, EIGHT + HOUR)
    home.now_ms = EIGHT + HOUR + OVER_KEPT_MS - 1
    ordered(home, "b", EIGHT, EIGHT + 9 * DAY)
    assert terms(home) == ["a", "b"]
    home.now_ms += 1
    ordered(home, "c", EIGHT, EIGHT + 9 * DAY)
    assert terms(home) == ["b", "c"]


def test_of_two_orders_that_end_together_one_has_the_request_whichever_was_placed_first() -> None:
    for order in (("a", "b"), ("b", "a")):
        home = Home(days=1)
        for order_id in order:
            home.apply(of_door(HOME), OrderPlaced(Order(order_id, EIGHT, EIGHT + 9 * DAY)))
        home.asks(RequestKind.FOOD)
        moved = [e for e in home.effects if isinstance(e, RequestMoved)]
        assert moved[-1].order_id == "b"


def test_the_same_action_is_known_again_for_a_while_and_not_for_ever() -> None:
    home = Home()
    first = HoursNarrowed(action_id="first", quiet=((0, 60),))
    assert home.does(first) is None
    for number in range(RESULTS_KEPT - 1):
        assert home.does(HealthReported(action_id=f"h{number}", is_well=True)) is None
    assert home.does(first) == "repeated"
    assert home.does(HealthReported(action_id="one more", is_well=True)) is None
    assert home.does(first) == "done_already"


@pytest.mark.parametrize(
    ("quiet", "refusal"),
    [
        (((0, 960),), None),  # sixteen hours of a day
        (((0, 961),), "too_quiet"),
        (((1_439, 959),), None),
        (((480, 480),), "too_quiet"),  # all day long
        (((0, 1_440),), "too_quiet"),  # a day has no such minute
        (((-1, 60),), "too_quiet"),
        (tuple((n, n + 1) for n in range(4)), None),
        (tuple((n, n + 1) for n in range(5)), "too_quiet"),
        (((0, 480), (500, 980)), None),
        (((0, 480), (500, 981)), "too_quiet"),
    ],
)
def test_most_of_a_day_is_left_for_who_must_ask(
    quiet: tuple[tuple[int, int], ...], refusal: str | None
) -> None:
    assert Home().does(HoursNarrowed(action_id="q", quiet=quiet)) == refusal


def test_a_contact_that_is_new_to_the_household_hears_its_hours_and_others_do_not() -> None:
    home = Home()
    assert home.does(HoursNarrowed(action_id="q", quiet=((0, 60),))) is None
    home.steps.clear()
    for door, other in ((HOME, "501-b"), ("501-b", HOME)):
        home.apply(of_door(door), DoorPlaced("g", household=HOME, beside=(other,)))
    told = [step.subject for step in home.steps if isinstance(step.event, QuietAsked)]
    assert told == [of_door("501-b")]
    assert home.turn.door("501-b").quiet == ((0, 60),)
    home.apply(of_door(HOME), DoorPlaced("g"))
    assert home.household.doors == (), "it stands for itself again"
    other = Home()
    other.apply(of_door(HOME), DoorPlaced("g", household=HOME, beside=("501-b",)))
    assert not any(isinstance(step.event, QuietAsked) for step in other.steps)


def test_its_first_door_stands_for_it_where_people_are_told() -> None:
    home = Home()
    for door, other in (("502", HOME), (HOME, "502")):
        home.apply(of_door(door), DoorPlaced("g", household=HOME, beside=(other,)))
    home.asks(RequestKind.FOOD)
    assert home.told_who() == ["chen"]
    assert home.household.home == (HOME, "502")


def test_an_order_is_news_to_a_household_that_is_known_or_must_report() -> None:
    home = Home()
    assert of_household(HOME) not in {step.subject for step in home.steps}
    home.apply(of_door(HOME), OrderPlaced(Order("o2", EIGHT, EIGHT + DAY, Policy(1))))
    assert of_household(HOME) not in {step.subject for step in home.steps}
    daily = Policy(health_daily=True)
    home.apply(of_door(HOME), OrderPlaced(Order("o2", EIGHT, EIGHT + DAY, daily)))
    assert home.household.orders == (OrderTerm("o2", EIGHT, EIGHT + DAY, True),)
    home.apply(of_door(HOME), OrderPlaced(Order("o2", EIGHT, EIGHT + 2 * DAY)))
    assert home.household.orders == (OrderTerm("o2", EIGHT, EIGHT + 2 * DAY),)


def test_what_is_forgotten_is_what_was_before_the_next_order_and_no_more() -> None:
    home = Home()
    home.asks(RequestKind.FOOD)
    home.disputes("opening-1", CHEN)
    ill = HealthReported(action_id="h1", is_well=False)
    assert home.does(ill) is None
    home.now_ms += MINUTE
    at_ms = home.now_ms
    kept_request, kept_dispute = home.asks(RequestKind.RUBBISH), home.disputes("opening-2")
    home.apply(of_door(HOME), OrderPlaced(Order("o2", at_ms, at_ms + 9 * DAY)))
    before = home.household
    for subject in (of_household(HOME), of_door(HOME)):
        home.apply(subject, OrderDestroyed("o1", at_ms))
    after = home.household
    assert [request.request_id for request in after.requests] == [kept_request]
    assert [dispute.dispute_id for dispute in after.disputes] == [kept_dispute]
    assert after.asked_ms == (at_ms,)
    assert after.health.question is None
    assert (before.health.reported_ms, after.health.reported_ms) == (EIGHT, 0)
    assert [result.done_ms for result in after.recent] == [at_ms, at_ms]
    assert [term.order_id for term in after.orders] == ["o2"]
    young = HealthReported(action_id="h2", is_well=False)
    assert home.does(young) is None
    home.apply(of_household(HOME), OrderDestroyed("o3", home.now_ms))
    assert home.household.health.question is not None, "it was asked under the other order"
    assert home.household.health.reported_ms == home.now_ms


def test_a_dispute_goes_on_after_the_order_and_says_under_which_it_moved() -> None:
    home = Home(days=1)
    dispute_id = home.disputes("opening-1", CHEN)
    home.until(EIGHT + DAY + HOUR)
    event = DisputeAssigned(action_id="a", actor=MA, dispute_id=dispute_id, to=MA)
    assert home.does(event) is None
    moved = [e.order_id for e in home.effects if isinstance(e, DisputeMoved)]
    assert moved == ["o1", ""]


def test_the_site_s_people_forget_what_they_were_told_of_it_and_nothing_else() -> None:
    home = Home()
    gone, kept = home.asks(RequestKind.FOOD), home.asks(RequestKind.DOCTOR)
    told = {page.page_id for page in home.turn.router.people["chen"].sent}
    assert told == {gone, kept}
    home.apply(SITE, NamesForgotten((HOME,), (), (gone,)))
    assert [page.page_id for page in home.turn.router.people["chen"].sent] == [kept]
    assert home.turn.router.staff == staff.of(TEAM, [], [])
