"""When somebody's duty ends: by shift, by leave, by cover, and when nobody can say."""

import pytest

from gateway.core.local_time import EAST_EIGHT, Zone
from gateway.core.paging import schedule, staff
from gateway.core.paging.schedule import Override, Role, Schedule, Shift
from tests.core.story import DAY, HOUR, MINUTE, NOON

DAY_SHIFT = Shift("g", Role.WARDEN, "chen", 0b1111111, 480, 1_080)  # 08:00 to 18:00
NIGHT_SHIFT = Shift("g", Role.WARDEN, "li", 0b1111111, 1_080, 480)
SIX_MS = NOON + 6 * HOUR  # 18:00, when NOON is noon in Wuxi
EVERYBODY = {("g", Role.WARDEN): ["chen", "li"], ("g", Role.CAPTAIN): ["sun"]}


def table(*shifts: Shift, away: tuple[Override, ...] = ()) -> Schedule:
    return schedule.of(shifts, away, EVERYBODY)


def ends(its: Schedule, who: str, now_ms: int = NOON, zone: Zone = EAST_EIGHT) -> int | None:
    return schedule.duty_ends_ms(its, who, now_ms, zone)


def test_a_duty_ends_with_its_shift_by_day_and_over_midnight() -> None:
    its = table(DAY_SHIFT, NIGHT_SHIFT)
    assert ends(its, "chen") == SIX_MS
    assert ends(its, "chen", SIX_MS - 1) == SIX_MS
    assert ends(its, "chen", SIX_MS) is None, "not on duty: nothing to end"
    assert ends(its, "li", SIX_MS) == SIX_MS + 14 * HOUR
    assert ends(its, "li", NOON - 6 * HOUR) == NOON - 4 * HOUR, "at six in the morning"
    assert ends(its, "sun") is None, "always on duty"
    assert ends(its, "nobody") is None


def test_shifts_without_a_gap_are_one_duty_and_a_day_and_more_has_no_end() -> None:
    evening = Shift("g", Role.WARDEN, "chen", 0b1111111, 1_080, 1_320)
    assert ends(table(DAY_SHIFT, evening), "chen") == NOON + 10 * HOUR
    late = Shift("g", Role.WARDEN, "chen", 0b1111111, 1_081, 1_320)
    assert ends(table(DAY_SHIFT, late), "chen") == SIX_MS
    whole = Shift("g", Role.WARDEN, "chen", 0b1111111, 480, 480)
    assert ends(table(whole), "chen") is None
    thursday = Shift("g", Role.WARDEN, "chen", 0b0001000, 480, 480)  # NOON is a Thursday's
    assert ends(table(thursday), "chen") == NOON + 20 * HOUR


def test_a_duty_in_one_of_two_grids_is_a_duty() -> None:
    other = Shift("h", Role.DEPUTY, "chen", 0b1111111, 600, 1_200)
    assert ends(table(DAY_SHIFT, other), "chen") == NOON + 8 * HOUR


def test_leave_ends_a_duty_and_cover_begins_another() -> None:
    leave = Override("chen", NOON + HOUR, NOON + 5 * HOUR, "sun")
    assert ends(table(DAY_SHIFT, away=(leave,)), "chen") == NOON + HOUR
    assert ends(table(away=(leave,)), "chen") == NOON + HOUR
    within = NOON + 2 * HOUR
    assert ends(table(away=(leave,)), "chen", within) is None
    covered = schedule.of([DAY_SHIFT], [leave], {})
    assert schedule.is_on_duty(covered, "sun", within, EAST_EIGHT)
    assert not schedule.is_on_duty(covered, "chen", within, EAST_EIGHT)
    assert ends(covered, "sun", within) == NOON + 5 * HOUR
    assert ends(covered, "sun", NOON) is None


def test_an_end_that_is_two_days_away_is_told_and_a_later_one_is_not() -> None:
    far = NOON + schedule.ENDS_WITHIN_MS
    assert ends(table(away=(Override("chen", far, far + DAY),)), "chen") == far
    assert ends(table(away=(Override("chen", far + 1, far + DAY),)), "chen") is None


def test_who_is_on_duty_somewhere_is() -> None:
    its = table(DAY_SHIFT, NIGHT_SHIFT)
    names = ("chen", "li", "sun", "nobody")
    on = [schedule.is_on_duty(its, who, NOON, EAST_EIGHT) for who in names]
    assert on == [True, False, True, False]


# An hour that is left out, and one that comes twice. UTC+1, and +2 in summer.

BACK_MS, SPRING_MS = NOON, NOON - 180 * DAY
BERLIN = ((SPRING_MS - 180 * DAY, 60), (SPRING_MS, 120), (BACK_MS, 60), (BACK_MS + 180 * DAY, 120))


def wall(hours: float, at_ms: int, offset_min: int) -> Shift:
    """A shift of half an hour from so many hours after a time, by the wall as it stood then."""
    minute = (at_ms // MINUTE + offset_min + int(hours * 60)) % 1_440
    return Shift("g", Role.WARDEN, "chen", 0b1111111, minute, (minute + 30) % 1_440)


@pytest.mark.parametrize(
    ("its", "at_ms", "is_on"),
    [
        (wall(-1, BACK_MS, 120), BACK_MS - HOUR, True),  # the first time that the wall shows it
        (wall(-1, BACK_MS, 120), BACK_MS, False),  # an hour later it shows it again
        (wall(0, BACK_MS, 60), BACK_MS - HOUR, True),
        (wall(1, BACK_MS, 60), BACK_MS + HOUR, True),
        (wall(1, BACK_MS, 60), BACK_MS, False),
        (wall(0.25, SPRING_MS, 60), SPRING_MS, False),  # left out: both ends are the jump
        (wall(0.75, SPRING_MS, 60), SPRING_MS, True),  # it begins at the jump
        (wall(0.75, SPRING_MS, 60), SPRING_MS + 15 * MINUTE, False),
        (wall(-0.5, SPRING_MS, 60), SPRING_MS - 1, True),
        (wall(-0.5, SPRING_MS, 60), SPRING_MS, False),
        (wall(0, BACK_MS + 180 * DAY, 120), BACK_MS + 180 * DAY, True),
        (wall(5, BACK_MS + 300 * DAY, 120), BACK_MS + 300 * DAY + 5 * HOUR, True),
        (wall(5, SPRING_MS - 300 * DAY, 60), SPRING_MS - 300 * DAY + 5 * HOUR, True),
    ],
)
def test_a_shift_begins_when_the_wall_first_shows_it(its: Shift, at_ms: int, is_on: bool) -> None:
    assert schedule.is_on(its, at_ms, BERLIN) is is_on


def test_a_clock_that_goes_back_over_midnight_begins_no_duty_twice() -> None:
    """Half past midnight is half past eleven again; the new day's duty has begun, and goes on."""
    back_ms = NOON - NOON % DAY + 30 * MINUTE - 2 * HOUR  # 00:30 by a wall two hours ahead
    zone = ((back_ms - 300 * DAY, 120), (back_ms, 60))
    friday = Shift("g", Role.WARDEN, "chen", 0b0001000, 0, 240)
    for since, is_on in ((-31, False), (-30, True), (-1, True), (0, True), (29, True), (269, True)):
        assert schedule.is_on(friday, back_ms + since * MINUTE, zone) is is_on, since
    assert not schedule.is_on(friday, back_ms + 270 * MINUTE, zone)


def test_the_one_that_was_made_last_speaks() -> None:
    wide = Override("chen", NOON - DAY, NOON + DAY, "li")
    within = Override("chen", NOON - HOUR, NOON + HOUR, "sun")
    for overrides in ((wide, within), (within, wide)):
        its = table(away=overrides)
        assert schedule.stands_for(its, "chen", NOON) == "sun"
        assert schedule.stands_for(its, "chen", NOON + HOUR) == "li"
        assert schedule.stands_for(its, "chen", NOON - HOUR) == "sun"
        assert schedule.stands_for(its, "chen", NOON - HOUR - 1) == "li"
    alike = (Override("chen", NOON, NOON + 2, "li"), Override("chen", NOON, NOON + 1, "sun"))
    assert schedule.stands_for(table(away=alike), "chen", NOON) == "sun", "the shorter first"
    nobody = (Override("chen", NOON, NOON + 1, "li"), Override("chen", NOON, NOON + 1))
    assert schedule.stands_for(table(away=nobody), "chen", NOON) is None


def test_cover_is_followed_so_far_and_no_further() -> None:
    most = schedule.OVERRIDES_FOLLOWED_MAX
    chain = tuple(Override(f"w{n}", NOON, NOON + 1, f"w{n + 1}") for n in range(most + 3))
    assert schedule.stands_for(table(away=chain), "w0", NOON) == f"w{most}"


def test_a_channels_byte_changes_with_its_address_and_fits_a_byte() -> None:
    bytes_of = {staff.byte_of("ntfy", f"address-{n}") for n in range(400)}
    assert len(bytes_of) > 150
    assert max(bytes_of) <= 255
    assert staff.byte_of("ntfy", "a") != staff.byte_of("email", "a")
    assert staff.byte_of("ntfy", "a") == 49  # journals hold it
