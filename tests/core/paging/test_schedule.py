"""Who has duty: weekly shifts, nights of 23 and 25 hours, leave, cover, swaps."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.local_time import EAST_EIGHT
from gateway.core.paging import schedule
from gateway.core.paging.schedule import Override, Role, Shift

BERLIN_ZONE = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
ALL_DAYS = 0b1111111
SUNDAY, SATURDAY = 1 << 6, 1 << 5


def _berlin():
    """The year's offsets, as the settings make them, from the zone's own hours."""
    found, at = [], datetime(2025, 12, 1, tzinfo=UTC)
    while at < datetime(2027, 1, 1, tzinfo=UTC):
        offset = int(at.astimezone(BERLIN_ZONE).utcoffset().total_seconds()) // 60
        if not found or found[-1][1] != offset:
            found.append((int(at.timestamp() * 1000), offset))
        at += timedelta(hours=1)
    return tuple(found)


BERLIN = _berlin()


def ms(text, zone=BERLIN_ZONE, fold=0):
    at = datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    return int(at.timestamp() * 1000)


def minute(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def shift(who, begins, ends, days=ALL_DAYS, role=Role.WARDEN, grid="g"):
    return Shift(grid, role, who, days, minute(begins), minute(ends))


def duty(table, at_ms, role=Role.WARDEN, grid="g", zone=BERLIN):
    return schedule.on_duty(table, grid, role, at_ms, zone)


def test_without_shifts_everybody_of_the_role_is_on_duty_always():
    table = schedule.of([], [], {("g", Role.WARDEN): ["b", "a"], ("g", Role.DEPUTY): ["c"]})
    assert duty(table, 0) == duty(table, ms("2026-06-01 03:00")) == ("a", "b")
    assert duty(table, 0, Role.DEPUTY) == ("c",)
    assert duty(table, 0, Role.CAPTAIN) == ()


def test_a_shift_of_one_role_leaves_the_other_roles_as_they_are():
    people = {("g", Role.WARDEN): ["a"], ("g", Role.DEPUTY): ["b"]}
    table = schedule.of([shift("a", "08:00", "16:00")], [], people)
    assert duty(table, ms("2026-06-01 20:00")) == ()
    assert duty(table, ms("2026-06-01 20:00"), Role.DEPUTY) == ("b",)


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-06-01 07:59", "night"),  # a Monday
        ("2026-06-01 08:00", "day"),
        ("2026-06-01 21:59", "day"),
        ("2026-06-01 22:00", "night"),
        ("2026-06-02 00:00", "night"),
        ("2026-06-02 07:59", "night"),
    ],
)
def test_a_shift_holds_from_its_first_minute_to_the_one_before_its_end(at, who):
    table = schedule.of([shift("day", "08:00", "22:00"), shift("night", "22:00", "08:00")], [], {})
    assert duty(table, ms(at)) == (who,)


def test_the_days_of_a_night_shift_are_those_on_which_it_begins():
    table = schedule.of([shift("a", "22:00", "06:00", days=SUNDAY)], [], {})
    assert duty(table, ms("2026-06-07 21:59")) == ()  # a Sunday
    assert duty(table, ms("2026-06-07 22:00")) == ("a",)
    assert duty(table, ms("2026-06-08 05:59")) == ("a",)
    assert duty(table, ms("2026-06-08 06:00")) == ()
    assert duty(table, ms("2026-06-07 05:59")) == ()


def test_a_shift_to_its_own_beginning_lasts_a_day():
    table = schedule.of([shift("a", "08:00", "08:00", days=SUNDAY)], [], {})
    assert duty(table, ms("2026-06-07 08:00")) == duty(table, ms("2026-06-08 07:59")) == ("a",)
    assert duty(table, ms("2026-06-07 07:59")) == duty(table, ms("2026-06-08 08:00")) == ()


def test_a_shift_to_midnight():
    table = schedule.of([shift("a", "16:00", "24:00"), shift("b", "00:00", "16:00")], [], {})
    assert duty(table, ms("2026-06-07 23:59")) == ("a",)
    assert duty(table, ms("2026-06-08 00:00")) == ("b",)


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-28 22:00", 7), ("2026-10-24 22:00", 9), ("2026-07-04 22:00", 8)]
)
def test_a_night_shift_ends_by_the_wall_on_nights_of_any_length(night, hours):
    table = schedule.of([shift("a", "22:00", "06:00", days=SATURDAY)], [], {})
    begins_ms = ms(night)
    on = [at for at in range(-60, 12 * 60) if duty(table, begins_ms + at * 60_000)]
    assert on == list(range(hours * 60))


def test_the_hour_that_comes_twice_hands_over_once():
    table = schedule.of([shift("a", "22:00", "02:30"), shift("b", "02:30", "06:00")], [], {})
    begins_ms = ms("2026-10-24 22:00")
    said = [duty(table, begins_ms + at * 60_000) for at in range(9 * 60)]
    assert said == [("a",)] * 270 + [("b",)] * 270


def test_the_hour_that_is_left_out_hands_over_at_the_jump():
    table = schedule.of([shift("a", "22:00", "02:30"), shift("b", "02:30", "06:00")], [], {})
    begins_ms = ms("2026-03-28 22:00")
    said = [duty(table, begins_ms + at * 60_000) for at in range(7 * 60)]
    assert said == [("a",)] * 240 + [("b",)] * 180


@given(
    st.lists(st.integers(0, 1_439), min_size=1, max_size=6, unique=True),
    st.sampled_from([BERLIN, EAST_EIGHT, ((0, -210),), ((0, 0), (ms("2026-10-25 00:01"), -60))]),
    st.integers(ms("2026-01-01 00:00"), ms("2026-12-31 00:00")),
    st.sampled_from(["2026-03-29 00:00", "2026-10-25 00:00", None]),
    st.integers(-6 * 60, 6 * 60),
)
def test_shifts_that_follow_one_another_leave_no_gap_and_no_two(minutes, zone, at_ms, near, off):
    """Whatever the wall does: at every moment exactly one of them has the duty."""
    minutes = sorted(minutes)
    ends = [*minutes[1:], minutes[0]]
    shifts = [
        Shift("g", Role.WARDEN, f"w{n}", ALL_DAYS, begins, end)
        for n, (begins, end) in enumerate(zip(minutes, ends, strict=True))
    ]
    if near is not None:
        at_ms = ms(near) + off * 60_000
    assert len(duty(schedule.of(shifts, [], {}), at_ms, zone=zone)) == 1


def covered(*overrides, at_ms=50, who="a"):
    return schedule.stands_for(schedule.of([], overrides, {}), who, at_ms)


def test_leave_cover_and_cover_of_a_cover():
    assert covered(Override("a", 0, 100)) is None
    assert covered(Override("a", 0, 100, "b")) == "b"
    assert covered(Override("a", 0, 100, "b"), at_ms=100) == "a"
    assert covered(Override("a", 0, 100, "b"), Override("b", 0, 60, "c")) == "c"
    assert covered(Override("a", 0, 100, "b"), Override("b", 0, 60)) is None
    assert covered(Override("a", 0, 100, "b"), Override("a", 40, 60, "c")) == "c"


def test_two_who_cover_each_other_have_swapped_and_no_circle_is_endless():
    swap = Override("a", 0, 100, "b"), Override("b", 0, 100, "a")
    assert covered(*swap) == "b"
    assert covered(*swap, who="b") == "a"
    long = [Override(f"w{n}", 0, 100, f"w{n + 1}") for n in range(50)]
    assert covered(*long, who="w0") == f"w{schedule.OVERRIDES_FOLLOWED_MAX}"
    assert covered(Override("a", 0, 100, "a")) == "a"


def test_cover_holds_for_shifts_and_for_grids_without_them():
    away = [Override("a", 0, 4_000_000_000_000, "z")]
    assert duty(schedule.of([], away, {("g", Role.WARDEN): ["a", "b"]}), ms("2026-06-01")) == (
        "z",
        "b",
    )
    table = schedule.of([shift("a", "08:00", "16:00")], away, {})
    assert duty(table, ms("2026-06-01 09:00")) == ("z",)


@pytest.mark.parametrize("role", [Role.INSTALLER, Role.CENTRE])
def test_installers_and_the_centre_help_in_other_grids(role):
    own = {("g", role): ["own"], ("h", role): ["far"], ("k", role): ["far", "other"]}
    table = schedule.of([], [], own)
    assert duty(table, 0, role) == ("own",)
    assert duty(table, 0, role, grid="x") == ("own", "far", "other")
    night = schedule.of([shift("own", "08:00", "16:00", role=role)], [], own)
    assert duty(night, ms("2026-06-01 20:00"), role) == ("far", "other")
    assert duty(schedule.of([], [], {("h", Role.CAPTAIN): ["far"]}), 0, Role.CAPTAIN) == ()


@given(st.permutations([shift(who, "00:00", "24:00") for who in "abcd"]))
def test_the_order_in_which_a_schedule_was_written_does_not_show(shifts):
    assert duty(schedule.of(shifts, [], {}), ms("2026-06-01")) == ("a", "b", "c", "d")
