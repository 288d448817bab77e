"""What clocks on the wall show: local minutes and days from UTC, by a table of offsets.

The core may not read the machine's time zone, so the offsets come as data: a zone is a tuple of
(from_ms, offset in minutes), in order; the first holds for all time before the second. Days of 23
and 25 hours come out right because every question is asked of the wall's own time.
"""

from bisect import bisect_right

from gateway.core.duration import DAY_MS, MINUTE_MS

Zone = tuple[tuple[int, int], ...]
Windows = tuple[tuple[int, int], ...]  # from, to: minutes after midnight on the wall

EAST_EIGHT: Zone = ((0, 480),)  # China, which has no daylight saving time
DAY_MIN = 1_440
WEEK_MIN = 7 * DAY_MIN
EVERY_DAY = 0b1111111  # days of the week as a bit each; Monday is bit 0
_MONDAY = 4 * DAY_MIN  # 5 January 1970 was one
# Within the years 1 and 9999 in every zone: further no calendar goes.
_EARLIEST_MS, _LATEST_MS = -62_135_500_000_000, 253_402_200_000_000


def shown_ms(at_ms: int) -> int:
    """A time that a calendar has: the first or the last one in the place of one beyond. Only a
    spoilt cell holds such, and it must cost no page."""
    return min(max(at_ms, _EARLIEST_MS), _LATEST_MS)


def offset_min(zone: Zone, at_ms: int) -> int:
    """Minutes that the wall is ahead of UTC."""
    if len(zone) == 1:
        return zone[0][1]
    return zone[max(0, bisect_right(zone, (at_ms, DAY_MIN)) - 1)][1]


def jumps(zone: Zone, from_ms: int, to_ms: int) -> bool:
    """Whether the wall is not as far ahead of UTC at the one time as at the other."""
    return len(zone) > 1 and offset_min(zone, from_ms) != offset_min(zone, to_ms)


def wall_min(zone: Zone, at_ms: int) -> int:
    """Minutes on the wall since 1970."""
    return at_ms // MINUTE_MS + offset_min(zone, at_ms)


def day(zone: Zone, at_ms: int) -> int:
    """The number of the day on the wall; it changes at midnight there."""
    return wall_min(zone, at_ms) // DAY_MIN


def minute_of_day(zone: Zone, at_ms: int) -> int:
    """Minutes after midnight on the wall, 0 to 1439."""
    return wall_min(zone, at_ms) % DAY_MIN


def weekday(zone: Zone, at_ms: int) -> int:
    """0 for Monday, to 6."""
    return weekday_of(day(zone, at_ms))


def weekday_of(day_number: int) -> int:
    """0 for Monday, to 6, by the number of the day."""
    return (day_number * DAY_MIN - _MONDAY) % WEEK_MIN // DAY_MIN


def is_between(minute: int, from_min: int, to_min: int) -> bool:
    """Whether a minute of the day lies in a window, which may reach over midnight."""
    if from_min <= to_min:
        return from_min <= minute < to_min
    return minute >= from_min or minute < to_min


def window_at(zone: Zone, at_ms: int, windows: Windows) -> tuple[int, int] | None:
    """The first of these windows of the day in which a time lies; None where it lies in none."""
    minute = minute_of_day(zone, at_ms)
    for window in windows:
        if is_between(minute, *window):
            return window
    return None


def outside(zone: Zone, at_ms: int, windows: Windows) -> int:
    """A time, or if it lies in windows of the day, when it lies in none of them any more, in
    whatever order they stand. Where they leave nothing of a day, the end of one of them."""
    for _ in windows:  # going on, a time comes into each but once a day
        window = window_at(zone, at_ms, windows)
        if window is None:
            break
        at_ms = next_at(zone, at_ms, window[1])
    return at_ms


def shown_at(zone: Zone, day_number: int, minute: int) -> tuple[int, int]:
    """The first and the last time at which the wall shows this minute of a day, in ms of UTC. They
    differ where it shows an hour twice; a minute that a jump leaves out comes with the jump."""
    wall_ms = (day_number * DAY_MIN + minute) * MINUTE_MS
    if len(zone) == 1:
        at_ms = wall_ms - zone[0][1] * MINUTE_MS
        return at_ms, at_ms
    offsets = {offset_min(zone, wall_ms + by_ms) for by_ms in (-DAY_MS, 0, DAY_MS)}
    times = {wall_ms - offset * MINUTE_MS: offset for offset in offsets}
    shown = [at_ms for at_ms, offset in times.items() if offset_min(zone, at_ms) == offset]
    if not shown:
        shown = [from_ms for from_ms, _ in zone if min(times) <= from_ms <= max(times)]
    return min(shown), max(shown)


def next_at(zone: Zone, at_ms: int, minute: int) -> int:
    """The first time after `at_ms` at which the wall shows this minute of the day, in ms of UTC.

    A minute that a jump of the clock leaves out comes at the same distance after midnight.
    """
    if len(zone) == 1:  # no jumps: what is left of a day of 24 hours
        return at_ms + DAY_MS - (at_ms + (zone[0][1] - minute) * MINUTE_MS) % DAY_MS
    today = wall_min(zone, at_ms) // DAY_MIN
    for number in range(today, today + 3):
        guess_ms = (number * DAY_MIN + minute) * MINUTE_MS
        found_ms = guess_ms - offset_min(
            zone, guess_ms - offset_min(zone, guess_ms) * MINUTE_MS
        ) * (MINUTE_MS)
        if found_ms > at_ms:
            return found_ms
    raise AssertionError("no zone is a day wide")
