"""The daily reminder and its question, beside the hours in which a household is left alone."""

import pytest

from gateway.core.events import ClockCorrected, OrderPlaced
from gateway.core.households.effects import HealthMoved, HealthReminded
from gateway.core.households.events import HealthReported, HoursNarrowed
from gateway.core.model import Order, Policy
from gateway.core.subject import SITE, of_door, of_household
from tests.core.households.home import EIGHT, HOME, Home
from tests.core.story import DAY, HOUR, MINUTE


def test_in_its_own_hours_it_is_neither_reminded_nor_asked_after() -> None:
    """From eleven to three it wants to be left alone; the reminder comes at three, the question to
    its warden at its usual hour; and hours that are taken back lose no day."""
    home = Home(health_daily=True)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((660, 900),))) is None
    home.until(EIGHT + 7 * HOUR - MINUTE)
    assert not any(isinstance(e, HealthReminded) for e in home.effects)
    home.until(EIGHT + 8 * HOUR)
    reminded = [e.at_ms for e in home.effects if isinstance(e, HealthReminded)]
    assert reminded == [EIGHT + 7 * HOUR]
    assert [who for _, who, _ in home.told] == ["chen"]
    home.until(EIGHT + DAY + 5 * HOUR)
    assert home.does(HoursNarrowed(action_id="q2", quiet=((960, 1_200),))) is None
    home.until(EIGHT + DAY + 7 * HOUR)
    reminded = [e.at_ms for e in home.effects if isinstance(e, HealthReminded)]
    assert reminded[1:] == [EIGHT + DAY + 7 * HOUR]


def test_hours_that_reach_beyond_the_question_s_lose_no_reminder_and_accuse_nobody() -> None:
    """Left alone from eleven to five, they are reminded at five each day and say it at six."""
    home = Home(health_daily=True)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((660, 1_020),))) is None
    for day in range(3):
        home.until(EIGHT + day * DAY + 10 * HOUR)
        assert home.does(HealthReported(action_id=home.action(), is_well=True)) is None
    home.until(EIGHT + 3 * DAY)
    reminded = [e.at_ms for e in home.effects if isinstance(e, HealthReminded)]
    assert reminded == [EIGHT + day * DAY + 9 * HOUR for day in range(3)]
    assert home.told == []


def test_who_says_nothing_after_a_late_reminder_is_asked_after_in_the_morning() -> None:
    """And that outside the hours in which they want to be left alone, before the next reminder."""
    home = Home(health_daily=True)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((719, 1_020), (1_320, 510)))) is None
    home.until(EIGHT + DAY + 12 * HOUR)
    reminded = [e.at_ms for e in home.effects if isinstance(e, HealthReminded)]
    assert reminded == [EIGHT + 9 * HOUR, EIGHT + DAY + 9 * HOUR]
    assert home.told[0] == (EIGHT + DAY + 30 * MINUTE, "chen", "health_unsaid")
    asked = [e for e in home.effects if isinstance(e, HealthMoved)]
    assert asked[0].question.asked_ms == EIGHT + 13 * HOUR, "it was asked on the day itself"


def test_who_says_it_at_the_last_moment_of_the_day_is_asked_after_by_nobody() -> None:
    home = Home(health_daily=True)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((660, 1_320),))) is None
    home.until(EIGHT + 16 * HOUR - MINUTE)
    assert home.does(HealthReported(action_id="h1", is_well=True)) is None
    home.until(EIGHT + DAY + 4 * HOUR)
    assert home.told == []


def test_hours_that_are_narrowed_after_the_reminder_move_no_question_to_another_day() -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + 5 * HOUR)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((900, 420),))) is None
    assert home.does(HealthReported(action_id="h1", is_well=True)) is None
    home.until(EIGHT + DAY + 3 * HOUR)
    assert home.told == []


def test_who_is_not_well_is_asked_after_at_once_though_it_is_an_hour_of_their_own() -> None:
    home = Home()
    assert home.does(HoursNarrowed(action_id="q1", quiet=((480, 720),))) is None
    home.until(EIGHT + HOUR)
    assert home.does(HealthReported(action_id="h1", is_well=False)) is None
    assert home.told == [(EIGHT + HOUR, "chen", "unwell")]


def test_an_order_that_begins_at_the_hour_of_the_reminder_begins_with_one() -> None:
    home = Home()
    begins_ms = EIGHT + DAY + 4 * HOUR
    order = Order("o2", begins_ms, begins_ms + DAY, Policy(health_daily=True))
    home.apply(of_door(HOME), OrderPlaced(order))
    home.until(begins_ms + HOUR)
    assert [e.at_ms for e in home.effects if isinstance(e, HealthReminded)] == [begins_ms]


def reminded(home: Home) -> list[int]:
    return [e.at_ms - EIGHT for e in home.effects if isinstance(e, HealthReminded)]


def placed(home: Home, order_id: str, health_daily: bool) -> None:
    policy = Policy(health_daily=health_daily)
    order = Order(order_id, EIGHT - HOUR, EIGHT + 14 * DAY, policy)
    home.apply(of_door(HOME), OrderPlaced(order))


def test_an_order_that_comes_after_the_reminder_moves_nothing_of_that_day() -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + 5 * HOUR)
    placed(home, "o2", health_daily=False)
    home.until(EIGHT + 8 * HOUR)
    assert reminded(home) == [4 * HOUR]
    assert home.told == [(EIGHT + 8 * HOUR, "chen", "health_unsaid")]


def test_an_order_that_asks_no_more_asks_nobody_of_that_day_either() -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + 5 * HOUR)
    placed(home, "o1", health_daily=False)
    assert home.turn.due_ms(of_household(HOME)) is None
    placed(home, "o1", health_daily=True)
    home.until(EIGHT + DAY + 4 * HOUR)
    assert reminded(home) == [4 * HOUR, DAY + 4 * HOUR], "the hour of the first day is past"


# Of a clock that is set, in hours after the first morning at eight: when, by how much; and when
# they are reminded, or asked after, next.
SET_RIGHT = [
    (3, 2, 4),  # at eleven, ahead: the reminder is due at once
    (3, -2, 4),  # at eleven, back to nine: at noon, once
    (27, -27, 4),  # to eight of the day before: that day has its own
    (5, 1, 8),  # at one, ahead to two: the question comes at four, as before
    (5, 4, 8),  # to five: it is due at once
    (5, -3, 8),  # back to ten of the same day: still at four
    (29, -14, 16),  # to eleven of the evening before: that day ends at midnight
]


@pytest.mark.parametrize(("at_h", "by_h", "due_h"), SET_RIGHT)
def test_hours_of_the_day_are_by_the_true_clock_once_it_is_set(
    at_h: int, by_h: int, due_h: int
) -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + at_h * HOUR)
    home.now_ms += by_h * HOUR
    home.apply(SITE, ClockCorrected(by_h * HOUR))
    due_ms = home.household.health.due_ms
    assert due_ms is not None
    assert (due_ms + HOUR // 2 - EIGHT) // HOUR == due_h


@pytest.mark.parametrize(
    ("back_ms", "reminds_ms", "asks_ms"),
    [
        (5 * HOUR, 5 * HOUR, 9 * HOUR),
        (9 * HOUR, 9 * HOUR, 13 * HOUR),
        (15 * HOUR, 15 * HOUR, 16 * HOUR - 1),  # at the end of the day, for those who stay up
        (DAY - HOUR, DAY + 4 * HOUR, DAY + 8 * HOUR),  # on another day: that day's reminder alone
        (DAY + 6 * HOUR, DAY + 6 * HOUR, DAY + 10 * HOUR),
        (6 * DAY + 5 * HOUR, 6 * DAY + 5 * HOUR, 6 * DAY + 9 * HOUR),
    ],
)
def test_a_gateway_that_stood_still_at_noon_reminds_first_and_asks_after_the_usual_while(
    back_ms: int, reminds_ms: int, asks_ms: int
) -> None:
    """Both came at once, and nobody had been reminded whose silence a warden was sent for."""
    home = Home(health_daily=True)
    home.until(EIGHT + 3 * HOUR)
    home.stands_still_until(EIGHT + back_ms)
    home.until(EIGHT + asks_ms)
    asked = [e.question.asked_ms for e in home.effects if isinstance(e, HealthMoved)]
    assert (reminded(home), asked) == ([reminds_ms], [EIGHT + asks_ms])


def test_a_reminder_that_is_late_waits_for_their_own_hours_and_for_no_order_that_is_over() -> None:
    home = Home(health_daily=True)
    assert home.does(HoursNarrowed(action_id="q1", quiet=((840, 1_020),))) is None
    home.stands_still_until(EIGHT + 7 * HOUR)
    home.until(EIGHT + 13 * HOUR)
    asked = [e.question.asked_ms for e in home.effects if isinstance(e, HealthMoved)]
    assert (reminded(home), asked) == ([9 * HOUR], [EIGHT + 13 * HOUR])
    over = Home(health_daily=True, days=1)
    over.order("o1", 0.2, health_daily=True)  # it is over at a quarter to one
    over.stands_still_until(EIGHT + 6 * HOUR)
    over.until(EIGHT + 2 * DAY)
    assert reminded(over) == []
    assert not any(isinstance(e, HealthMoved) for e in over.effects)


def test_who_said_it_before_the_gateway_stood_still_is_neither_reminded_nor_asked_after() -> None:
    home = Home(health_daily=True)
    home.until(EIGHT + 3 * HOUR)
    assert home.does(HealthReported(action_id="h1", is_well=True)) is None
    home.stands_still_until(EIGHT + 9 * HOUR)
    home.until(EIGHT + DAY + 3 * HOUR)
    assert (reminded(home), home.told) == ([], [])
