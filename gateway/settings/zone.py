"""The site's time zone as data for the core: when the clocks on the wall jump, and to where."""

import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.wall_clock import Zone

YEARS_BACK, YEARS_AHEAD = 2, 5
_YEAR_MS = 366 * DAY_MS


def zone_name(text: str) -> str:
    """The name of a zone, or nothing for the machine's own. ValueError for one that is not."""
    if text and text not in available_timezones():
        raise ValueError
    return text


def transitions(name: str, around_ms: int) -> Zone:
    """Every change of the offset from two years before a time to five years after it."""
    place = _place(name)
    from_ms = around_ms - YEARS_BACK * _YEAR_MS
    found = [(from_ms, _offset_min(place, from_ms))]
    step_ms = DAY_MS
    for day_ms in range(from_ms + step_ms, around_ms + YEARS_AHEAD * _YEAR_MS, step_ms):
        offset = _offset_min(place, day_ms)
        if offset != found[-1][1]:
            found.append((_change_ms(place, day_ms - step_ms, day_ms), offset))
    return tuple(found)


def this_year_ms() -> int:
    """The beginning of this year: rules made at two starts of one year are the same."""
    year = time.gmtime().tm_year
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)


def _change_ms(place: tzinfo | None, before_ms: int, after_ms: int) -> int:
    """The first minute of the new offset between two times."""
    old = _offset_min(place, before_ms)
    while after_ms - before_ms > MINUTE_MS:
        middle_ms = (before_ms + after_ms) // (2 * MINUTE_MS) * MINUTE_MS
        if _offset_min(place, middle_ms) == old:
            before_ms = middle_ms
        else:
            after_ms = middle_ms
    return after_ms


def _offset_min(place: tzinfo | None, at_ms: int) -> int:
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(place)
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def _place(name: str) -> tzinfo | None:
    """The zone of a name; None is the machine's own."""
    if name:
        return ZoneInfo(name)
    try:
        own = Path("/etc/localtime").resolve()
        return ZoneInfo("/".join(own.parts[own.parts.index("zoneinfo") + 1 :]))
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None
