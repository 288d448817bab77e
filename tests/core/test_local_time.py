"""Clocks on the wall: days of 23, 24 and 25 hours, against the time zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import local_time
from gateway.core.doors import permits
from gateway.core.model import Door, Permit
from gateway.core.rules import Rules
from tests.core.actors import DAY, HOUR, MINUTE

BERLIN = ZoneInfo("Europe/Berlin")
# The hours in which Berlin's clocks jump, in UTC: 26 March and 29 October 2023.
SPRING, AUTUMN = (
    int(datetime(2023, month, day, 1, tzinfo=UTC).timestamp() * 1_000)
    for month, day in ((3, 26), (10, 29))
)
ZONE = ((SPRING - 150 * DAY, 60), (SPRING, 120), (AUTUMN, 60))
near = st.one_of(
    st.integers(SPRING - 3 * DAY, SPRING + 3 * DAY),
    st.integers(AUTUMN - 3 * DAY, AUTUMN + 3 * DAY),
)
quick = settings(max_examples=200, deadline=None, derandomize=True)


def in_berlin(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, BERLIN)


@quick
@given(near)
def test_the_wall_shows_what_the_database_says(at_ms: int) -> None:
    there = in_berlin(at_ms)
    assert local_time.minute_of_day(ZONE, at_ms) == there.hour * 60 + there.minute
    assert local_time.weekday(ZONE, at_ms) == there.weekday()
    first = local_time.day(ZONE, at_ms)
    assert (
        local_time.day(ZONE, at_ms + DAY) - first
        == (in_berlin(at_ms + DAY).date() - there.date()).days
    )


@quick
@given(near, st.integers(0, 1_439))
def test_the_next_time_that_the_wall_shows_a_minute(at_ms: int, minute: int) -> None:
    found_ms = local_time.next_at(ZONE, at_ms, minute)
    assert at_ms < found_ms <= at_ms + 26 * HOUR
    there = in_berlin(found_ms)
    shown = there.hour * 60 + there.minute
    is_left_out = there.date() == in_berlin(SPRING).date() and 120 <= minute < 180
    assert shown == minute or (is_left_out and shown in (minute - 60, minute + 60))
    assert there.second == there.microsecond == 0


def test_a_lunch_is_a_lunch_on_the_day_that_the_clocks_jump() -> None:
    noon = datetime(2023, 3, 25, 12, 0, tzinfo=BERLIN)
    permit = Permit("p", SPRING - 9 * DAY, SPRING + 9 * DAY, 1, MINUTE, "Li", "meal", ((720, 780),))
    door = Door("3-201", permits=(permit,))
    for days in range(4):  # of the wall: the second is 23 hours after the first
        for minutes, is_lunch in ((-1, False), (0, True), (59, True), (60, False)):
            there = noon + timedelta(days=days, minutes=minutes)
            at_ms = int(there.timestamp() * 1_000)
            covering = permits.covering(door, at_ms, at_ms, Rules(zone=ZONE))
            assert (covering is not None) is is_lunch, there


def test_a_window_over_midnight_belongs_to_the_day_that_it_begins_on() -> None:
    assert local_time.is_between(30, 1_380, 60)
    assert local_time.is_between(1_400, 1_380, 60)
    assert not local_time.is_between(60, 1_380, 60)
    friday = Permit("p", 0, 2**45, 1, MINUTE, "Li", "night", ((1_380, 60),), days=1 << 4)
    door = Door("3-201", permits=(friday,))
    hours = {(22, 23): True, (22, 22): False, (23, 0): True, (23, 1): False, (24, 0): False}
    for (day, hour), covered in hours.items():
        at = datetime(2020, 5, day, hour, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
        at_ms = int(at.timestamp() * 1_000)
        assert (permits.covering(door, at_ms, at_ms, Rules()) is not None) is covered, at


WUXI = ((0, 480),)
MIDNIGHT = 1_590_033_600_000 - 12 * HOUR  # of Thursday, 21 May 2020, in Wuxi


def test_the_wall_of_a_place_whose_clocks_never_jump() -> None:
    assert local_time.wall_min(WUXI, 0) == 480
    assert local_time.minute_of_day(WUXI, MIDNIGHT) == 0
    assert local_time.minute_of_day(WUXI, MIDNIGHT - 1) == 1_439
    assert local_time.minute_of_day(WUXI, MIDNIGHT + MINUTE - 1) == 0
    assert local_time.day(WUXI, MIDNIGHT) == local_time.day(WUXI, MIDNIGHT - 1) + 1 == 18_403
    assert [local_time.weekday(WUXI, MIDNIGHT + n * DAY) for n in (-1, 0, 3, 4)] == [2, 3, 6, 0]
    for minute, expected_ms in ((0, DAY), (1, MINUTE), (1_439, 1_439 * MINUTE)):
        assert local_time.next_at(WUXI, MIDNIGHT, minute) == MIDNIGHT + expected_ms
    assert local_time.next_at(WUXI, MIDNIGHT - 1, 0) == MIDNIGHT
    assert local_time.next_at(WUXI, MIDNIGHT + 5 * MINUTE, 5) == MIDNIGHT + DAY + 5 * MINUTE


def test_the_first_offset_holds_for_all_time_before_and_each_from_its_moment() -> None:
    zone = ((DAY, 60), (2 * DAY, 120), (3 * DAY, 30))
    times = (0, DAY - 1, DAY, 2 * DAY - 1, 2 * DAY, 3 * DAY - 1, 3 * DAY, 99 * DAY)
    assert [local_time.offset_min(zone, at_ms) for at_ms in times] == [
        *(60, 60, 60, 60),
        *(120, 120),
        *(30, 30),
    ]


def test_a_window_of_the_day_holds_its_first_minute_and_not_its_last() -> None:
    for window, inside, outside in (
        ((60, 120), (60, 119), (59, 120)),
        ((1_380, 60), (1_380, 0, 59), (1_379, 60)),
        ((60, 60), (), (59, 60, 61)),
    ):
        assert all(local_time.is_between(minute, *window) for minute in inside)
        assert not any(local_time.is_between(minute, *window) for minute in outside)


@pytest.mark.parametrize(
    ("at_min", "windows", "out_min"),
    [
        (720, (), 720),
        (720, ((720, 780),), 780),
        (719, ((720, 780),), 719),
        (780, ((720, 780),), 780),
        (725, ((720, 780), (780, 840)), 840),  # from one into the next,
        (725, ((780, 840), (720, 780)), 840),  # in whatever order they stand
        (1_380, ((1_320, 480), (470, 540)), 1_440 + 540),  # over midnight
        (725, ((720, 780), (790, 840)), 780),
        (725, ((720, 0), (0, 720)), 1_440 + 720),  # nothing of a day is left: an end of one
    ],
)
def test_what_must_wait_for_hours_waits_for_the_end_of_all_that_follow_each_other(
    at_min: int, windows: local_time.Windows, out_min: int
) -> None:
    found_ms = local_time.outside(WUXI, MIDNIGHT + at_min * MINUTE, windows)
    assert (found_ms - MIDNIGHT) / MINUTE == out_min
