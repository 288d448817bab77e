"""The site's time zone: one clock on the wall for all that people there read and write, and for the
rules, which get it as data: when the clocks jump, and to where."""

import os
import time
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.local_time import Zone

YEARS_BACK, YEARS_AHEAD = 2, 5
LOCALTIME = Path("/etc/localtime")
_YEAR_MS = 366 * DAY_MS


def zone_name(text: str) -> str:
    """The name of a zone, or nothing for the machine's own. ValueError for one that is not."""
    if text and text not in available_timezones():
        raise ValueError
    return text


def place(name: str) -> tzinfo:
    """The zone of a name. Without one it is the machine's own, asked for here and nowhere else."""
    return ZoneInfo(name) if name else _own()


def transitions(name: str, around_ms: int) -> Zone:
    """Every change of the offset from two years before a time to five years after it."""
    return _changes(place(name), around_ms)


@lru_cache(maxsize=8)
def _changes(there: tzinfo, around_ms: int) -> Zone:
    """The same, looked up once: it takes some ms, and whoever asks for the rules asks for it."""
    from_ms = around_ms - YEARS_BACK * _YEAR_MS
    found = [(from_ms, _offset_min(there, from_ms))]
    step_ms = DAY_MS
    for day_ms in range(from_ms + step_ms, around_ms + YEARS_AHEAD * _YEAR_MS, step_ms):
        offset = _offset_min(there, day_ms)
        if offset != found[-1][1]:
            found.append((_change_ms(there, day_ms - step_ms, day_ms), offset))
    return tuple(found)


def this_year_ms() -> int:
    """The beginning of this year: rules made at two starts of one year are the same."""
    year = time.gmtime().tm_year
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)


def _change_ms(there: tzinfo, before_ms: int, after_ms: int) -> int:
    """The first minute of the new offset between two times."""
    old = _offset_min(there, before_ms)
    while after_ms - before_ms > MINUTE_MS:
        middle_ms = (before_ms + after_ms) // (2 * MINUTE_MS) * MINUTE_MS
        if _offset_min(there, middle_ms) == old:
            before_ms = middle_ms
        else:
            after_ms = middle_ms
    return after_ms


def _offset_min(there: tzinfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, there).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def _own() -> tzinfo:
    """The zone that TZ names, else that of /etc/localtime, else UTC: as the C library has it."""
    named = os.environ.get("TZ", "").removeprefix(":")
    try:
        if named:
            return ZoneInfo(named)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        pass  # a rule in place of a name, which nobody here writes any more
    path = LOCALTIME.resolve()
    try:
        return ZoneInfo("/".join(path.parts[path.parts.index("zoneinfo") + 1 :]))
    except (OSError, ValueError, ZoneInfoNotFoundError):
        pass  # no link into the system's own data, but a file of its own
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
