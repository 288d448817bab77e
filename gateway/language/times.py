"""Times as people say them, in the site's own time zone."""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from babel.dates import format_date, format_datetime, format_timedelta
from babel.units import format_unit

from gateway.core.local_time import shown_ms
from gateway.language.catalogue import LOCALES, N_, say

_DAY = {"zh": "M月d日 HH:mm", "en": "d MMM HH:mm"}
_DAY_OF_YEAR = {"zh": "y年M月d日 HH:mm", "en": "d MMM y HH:mm"}
_DATE = {"zh": "M月d日", "en": "d MMM"}
_FIRST: Final = date(1970, 1, 1)
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
JUST_NOW_MS: Final = 10_000  # so lately that counting seconds tells nothing
MEASURED_MS: Final = 10_000  # what lasts longer is said in seconds
_JUST_NOW = N_("just now")
_NO_SECOND = N_("under a second")
_FIELD = "%Y-%m-%dT%H:%M"  # what a datetime-local field reads and writes,
_DAY_FIELD = "%Y-%m-%d"  # and a date field


def local(at_ms: int, zone: tzinfo) -> datetime:
    """The moment in the site's time zone; the first or the last that there is for one beyond."""
    return datetime.fromtimestamp(shown_ms(at_ms) / 1000, zone)


def stamp(at_ms: int, now_ms: int, language: str, zone: tzinfo) -> str:
    """`14:03:07` today, else with its day, and with its year where that is another one."""
    at, today = local(at_ms, zone), local(now_ms, zone).date()
    if at.date() == today:
        return at.strftime("%H:%M:%S")
    shown = _DAY if at.year == today.year else _DAY_OF_YEAR
    return str(format_datetime(at, shown[language], locale=LOCALES[language]))


def day_and_time(at_ms: int, language: str, zone: tzinfo) -> str:
    """`29 Nov 14:03`: for what may be read on any day."""
    return _of_minute(at_ms // 60_000, language, zone)


def until(to_ms: int, from_ms: int, language: str, zone: tzinfo) -> str:
    """The end of a span whose beginning is said before it: `14:03`, with its day where that is
    another one."""
    to, begin = local(to_ms, zone), local(from_ms, zone)
    is_same = to.date() == begin.date()
    return to.strftime("%H:%M") if is_same else day_and_time(to_ms, language, zone)


@lru_cache(256)
def _of_minute(minute: int, language: str, zone: tzinfo) -> str:
    at = local(minute * 60_000, zone)
    return str(format_datetime(at, _DAY[language], locale=LOCALES[language]))


def day_name(day: int, language: str) -> str:
    """`29 Nov`: the name of a day, by its number since 1970 on the wall."""
    return str(format_date(_FIRST + timedelta(days=day), _DATE[language], locale=LOCALES[language]))


def ago(at_ms: int, now_ms: int, language: str) -> str:
    """`2 minutes ago`, or `just now`; the page's script keeps it up to date."""
    if now_ms - at_ms < JUST_NOW_MS:
        return just_now(language)
    passed = timedelta(milliseconds=shown_ms(at_ms) - shown_ms(now_ms))
    return str(format_timedelta(passed, add_direction=True, threshold=1, locale=LOCALES[language]))


def just_now(language: str) -> str:
    """What is said instead of the first JUST_NOW_MS, and of a clock that runs a little ahead."""
    return say(_JUST_NOW, language)


def lasting(span_ms: int, language: str) -> str:
    """`1 min 30 sec`: the two largest units, cut and not rounded; `under a second`, if it is."""
    if 0 < span_ms < 1000:
        return say(_NO_SECOND, language)
    seconds = max(span_ms, 0) // 1000
    parts: list[str] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count or (unit == "second" and not parts):
            parts.append(format_unit(count, f"duration-{unit}", "short", locale=LOCALES[language]))
    return ("" if language == "zh" else " ").join(parts[:2])


def measured(span_ms: int | None, language: str) -> str:
    """`132 ms`: short spans to the millisecond, long ones as `lasting`; a dash for none."""
    if span_ms is None:
        return "–"
    if span_ms >= MEASURED_MS:
        return lasting(span_ms, language)
    unit = "duration-millisecond"
    return str(format_unit(span_ms, unit, length="short", locale=LOCALES[language]))


def iso(at_ms: int, zone: tzinfo) -> str:
    """For machines that read the page."""
    return local(at_ms, zone).isoformat(timespec="milliseconds")


def field(at_ms: int, zone: tzinfo) -> str:
    """For a datetime-local field."""
    return local(at_ms, zone).strftime(_FIELD)


def from_field(text: str, zone: tzinfo) -> int:
    """Milliseconds of UTC from a datetime-local field. ValueError for anything else."""
    moment = datetime.strptime(text, _FIELD).replace(tzinfo=zone)
    try:
        return int(moment.timestamp() * 1000)
    except OverflowError as error:
        raise ValueError("no clock goes that far") from error


def day_field(at_ms: int, zone: tzinfo) -> str:
    """For a date field: the day of a time."""
    return local(at_ms, zone).strftime(_DAY_FIELD)


def from_day_field(text: str, zone: tzinfo) -> tuple[int, int]:
    """From when to when a day of a date field, as 2026-11-29, lasts here, in milliseconds of UTC.
    ValueError for anything else."""
    return _lasts(datetime.strptime(text, _DAY_FIELD).replace(tzinfo=zone))


def day_of(at_ms: int, zone: tzinfo) -> tuple[int, int]:
    """From when to when the day of a time lasts here, in milliseconds of UTC."""
    return _lasts(local(at_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0))


def _lasts(begins: datetime) -> tuple[int, int]:
    try:
        ends = begins + timedelta(days=1)
        return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)
    except OverflowError as error:
        raise ValueError("no clock goes that far") from error
