"""A household under a clock in doubt: its order never ends early, and no report of health is lost
or asked for twice."""

import random

import pytest

from gateway.core import doubted_time
from gateway.core.events import ClockCorrected, ClockDoubted, ClockSure
from gateway.core.households.effects import HealthReminded, RequestMoved
from gateway.core.households.events import HealthReported, RequestAsked
from gateway.core.households.health import is_said
from gateway.core.households.model import HealthWatch, Household, OrderTerm, RequestKind
from gateway.core.local_time import day
from gateway.core.model import Doubt
from gateway.core.rules import Rules
from gateway.core.site import SiteState
from gateway.core.subject import SITE, of_door, of_household
from tests.core.households.home import EIGHT, HOME, Home
from tests.core.story import DAY, HOUR, MINUTE

RULES = Rules()
ZONE = RULES.zone


def doubts(home: Home, behind_ms: int = 0, ahead_ms: int = 0) -> None:
    home.apply(SITE, ClockDoubted(behind_ms, ahead_ms))


def reminders(home: Home) -> list[int]:
    return [one.at_ms for one in home.effects if isinstance(one, HealthReminded)]


def well(home: Home) -> None:
    assert home.does(HealthReported(action_id=home.action(), is_well=True)) is None


def test_a_clock_that_is_perhaps_ahead_ends_no_order() -> None:
    """A clock that jumped on says that the order is over, and the household still asks for food."""
    home = Home(days=1)
    request_id = home.asks(RequestKind.FOOD)
    doubts(home, ahead_ms=6 * HOUR)
    home.until(EIGHT + DAY + 2 * HOUR)
    assert [one.request_id for one in home.household.requests] == [request_id]
    home.asks(RequestKind.RUBBISH)
    well(home)
    home.until(EIGHT + DAY + 6 * HOUR - MINUTE)
    assert len(home.household.requests) == 2
    home.until(EIGHT + DAY + 7 * HOUR)
    assert home.household.requests == ()
    last = [one.request.state for one in home.effects if isinstance(one, RequestMoved)]
    assert last[-2:] == ["order_over", "order_over"]


def test_once_the_clock_is_believed_what_is_over_is_over() -> None:
    home = Home(days=1)
    home.asks(RequestKind.FOOD)
    doubts(home, ahead_ms=6 * HOUR)
    home.until(EIGHT + DAY + HOUR)
    assert home.household.requests
    home.apply(SITE, ClockSure())
    home.until(EIGHT + DAY + HOUR + 1)
    assert home.household.requests == ()
    event = RequestAsked(action_id="a", request_id="request-x", kind=RequestKind.FOOD)
    assert home.does(event) == "no_order"


def test_nobody_is_asked_for_a_household_s_silence_before_every_clock_says_so() -> None:
    """The reminder comes at its time; the warden is asked once eight hours are over for sure."""
    home = Home(health_daily=True)
    doubts(home, ahead_ms=3 * HOUR)
    home.until(EIGHT + 10 * HOUR)
    assert reminders(home) == [EIGHT + 4 * HOUR]
    assert home.told == []
    home.until(EIGHT + 12 * HOUR)
    assert home.told[:1] == [(EIGHT + 11 * HOUR, "chen", "health_unsaid")]


def test_a_site_that_took_over_what_was_done_comes_back_at_the_same_times() -> None:
    home = Home(health_daily=True)
    doubts(home, ahead_ms=3 * HOUR)
    home.until(EIGHT + 5 * HOUR)
    site = SiteState(home.turn.rulebook)
    site.adopt(home.turn)
    assert site.due_ms(of_household(HOME)) == EIGHT + 11 * HOUR
    for subject in (of_household(HOME), of_door(HOME)):
        assert site.due_ms(subject) == home.turn.due_ms(subject)


def test_what_was_said_late_in_the_evening_by_a_doubted_clock_is_not_asked_again() -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + 3 * HOUR)
    well(home)
    home.until(EIGHT + 15 * HOUR)  # an hour before midnight, or an hour after it
    doubts(home, behind_ms=2 * HOUR)
    well(home)
    home.until(EIGHT + DAY + 4 * HOUR)
    assert reminders(home) == []
    home.until(EIGHT + 2 * DAY + 4 * HOUR)
    assert reminders(home) == [EIGHT + 2 * DAY + 4 * HOUR], "and on the next day it is"


@pytest.mark.parametrize("by_ms", [-10 * DAY, -5 * HOUR, 5 * HOUR, 10 * DAY])
def test_after_a_correction_the_next_day_is_asked_for_as_ever(by_ms: int) -> None:
    """A clock that was ten days ahead does not leave a household unasked for ten days."""
    home = Home(health_daily=True, days=40)
    home.until(EIGHT + 20 * DAY)
    well(home)
    home.effects.clear()
    home.now_ms += by_ms
    home.apply(SITE, ClockCorrected(by_ms))
    home.until(home.now_ms + DAY + 12 * HOUR)
    noon = [at_ms for at_ms in reminders(home) if (at_ms - EIGHT - 4 * HOUR) % DAY == 0]
    assert noon, "a whole day has a reminder at its hour"
    assert len(reminders(home)) <= 2


@pytest.mark.parametrize("seed", range(3))
def test_a_doubted_household_holds_as_long_as_any_true_time_says(seed: int) -> None:
    """Against every reading one by one: `holds` is that some of them lies within the order."""
    print("seed", seed)
    rng = random.Random(seed)  # noqa: S311 - repeats by its seed
    for _ in range(300):
        term = OrderTerm("o", 100, 100 + rng.randrange(1, 60))
        doubt = Doubt(rng.randrange(40), rng.randrange(40))
        at_ms = rng.randrange(0, 260)
        true = range(at_ms - doubt.ahead_ms, at_ms + doubt.behind_ms + 1)
        some = any(term.from_ms <= one < term.to_ms for one in true)
        assert doubted_time.holds(term, at_ms, doubt) is some, (term, doubt, at_ms)


def test_what_was_said_a_day_ago_to_the_millisecond_is_of_no_doubtful_today() -> None:
    """By a clock that is perhaps twenty hours behind, or ahead, it may be the day of then."""
    watch, doubt = HealthWatch(reported_ms=EIGHT), Doubt(20 * HOUR, 20 * HOUR)
    home = Household("501", health=watch, doubt=doubt)
    assert [is_said(home, EIGHT + DAY + by, RULES) for by in (-1, 0)] == [True, False]


@pytest.mark.parametrize("seed", range(3))
def test_said_today_by_some_reading_is_said_and_a_day_later_is_not(seed: int) -> None:
    print("seed", seed)
    rng = random.Random(seed)  # noqa: S311 - repeats by its seed
    for _ in range(300):
        said_ms, doubt = EIGHT + rng.randrange(DAY), Doubt(rng.randrange(DAY), rng.randrange(DAY))
        watch = HealthWatch(reported_ms=said_ms)
        home = Household("501", health=watch, doubt=doubt)
        at_ms = said_ms + rng.randrange(2 * DAY)
        steps = range(-doubt.ahead_ms, doubt.behind_ms + 1, 10 * MINUTE)
        days = [(day(ZONE, said_ms + by), day(ZONE, at_ms + by)) for by in steps]
        if any(one == other for one, other in days):
            assert is_said(home, at_ms, RULES), (said_ms, at_ms, doubt)
        if at_ms - said_ms >= DAY:
            assert not is_said(home, at_ms, RULES)
