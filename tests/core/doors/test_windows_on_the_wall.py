"""A recurring permit holds when the clock on the wall says so, also on the two days of a year on
which that clock jumps: nobody who keeps to what their clock shows is accused, and no window lasts
longer than the wall says but for the hour that it shows twice. The time zone database is asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.doors import permits
from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.core.rules import Rules
from tests.core.actors import DAY, HOUR, MINUTE
from tests.core.test_local_time import AUTUMN, SPRING, ZONE, in_berlin

RULES = Rules(zone=ZONE)
night = st.one_of(st.integers(60, 240), st.integers(0, 1_439))
near = st.one_of(
    st.builds(int.__add__, st.sampled_from((SPRING, AUTUMN)), st.integers(-2 * HOUR, 2 * HOUR)),
    st.builds(int.__add__, st.sampled_from((SPRING, AUTUMN)), st.integers(-2 * DAY, 2 * DAY)),
)


def of(from_min: int, to_min: int, days: int = EVERY_DAY) -> Permit:
    times = SPRING - 9 * DAY, AUTUMN + 9 * DAY
    return Permit("p", *times, 1, MINUTE, "Li", "walk", ((from_min, to_min),), days)


def is_on_the_wall(permit: Permit, at_ms: int) -> bool:
    """By the hour and the day of the week that a clock shows there."""
    there = in_berlin(at_ms)
    minute, weekday = there.hour * 60 + there.minute, there.weekday()
    ((from_min, to_min),) = permit.daily
    today, yesterday = permit.days >> weekday & 1, permit.days >> (weekday - 1) % 7 & 1
    if from_min < to_min:
        return bool(today) and from_min <= minute < to_min
    return bool(today and minute >= from_min) or bool(yesterday and minute < to_min)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(night, night, near, st.sampled_from((EVERY_DAY, 0b0100000, 0b1000000, 0b0000001)))
def test_a_window_holds_when_the_wall_says_so(
    from_min: int, to_min: int, at_ms: int, days: int
) -> None:
    if from_min == to_min:
        return
    permit = of(from_min, to_min, days)
    window = permits.window_of(permit, at_ms, at_ms, RULES)
    if is_on_the_wall(permit, at_ms):
        assert window is not None
    elif window is not None:  # between the first and the last time that the wall shows its end
        assert abs(at_ms - AUTUMN) <= HOUR


@pytest.mark.parametrize(
    ("from_min", "to_min", "hours", "holds"),
    [
        (166, 210, 13, False),  # 02:46 is left out, and 03:30 comes: not until tomorrow's
        (204, 145, 19, True),  # the end that is left out is not the end of today's
        (177, 35, 0.5, True),  # it begins with the jump
        (150, 170, 0.5, False),  # left out as a whole
    ],
)
def test_what_the_jump_leaves_out_makes_no_window_a_day_longer_or_shorter(
    from_min: int, to_min: int, hours: float, holds: bool
) -> None:
    at_ms = SPRING + int(hours * HOUR)
    window = permits.window_of(of(from_min, to_min), at_ms, at_ms, RULES)
    assert (window is not None) is holds


def test_an_hour_that_the_wall_shows_twice_is_one_window() -> None:
    """From 02:10 the first time to 02:40 the second: nobody knows which of them was meant."""
    permit = of(130, 160)
    begins_ms = AUTUMN - HOUR + 10 * MINUTE
    for at_ms in (AUTUMN - 45 * MINUTE, AUTUMN - 10 * MINUTE, AUTUMN + 39 * MINUTE):
        window = permits.window_of(permit, at_ms, at_ms, RULES)
        assert window == (begins_ms, AUTUMN + 40 * MINUTE)
