"""Moments and times of day as people and spreadsheets write them: 2026-03-05 08:00, 2026/3/5,
2026.3.5 8:30 PM, 2026年3月5日8时30分, 24:00, in digits of any width."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from gateway.core.local_time import DAY_MIN
from gateway.registry.spreadsheet_damage import day_of_number

YEARS: Final = range(2020, 2101)
_CLOCK = re.compile(
    r"(上午|下午|晚上|早上|中午|凌晨)?\s*(\d{1,2})(?:[:时点](?:(\d{1,2})分?|(半))?)(?::(\d{2})(?:\.\d+)?)?"
    r"\s*([ap]\.?m\.?)?",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年\s*(\d{1,2})月\s*(\d{1,2})[日号]?|(\d{2})(\d{2})(?!\d))"
)
_OFFSET = re.compile(r"\s*(?:Z|([+-])(\d{2}):?(\d{2}))$")
_WEEKDAY = re.compile(r"^[\s,]*[(]?(?:星期|周)[一二三四五六日天][)]?")
_AFTERNOON: Final = ("下午", "晚上", "pm")
_ALLOWED = "allowed are 2026-03-01, 2026-03-01 08:00 and 2026-03-01T08:00+08:00"


def beginning_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its first moment."""
    return _time_ms(text, zone, timedelta(0))


def end_ms(text: str, zone: tzinfo) -> int:
    """A time of the site's, in milliseconds of UTC; a date alone means its last moment."""
    return _time_ms(text, zone, timedelta(days=1))


def minute_of_day(text: str, latest: int) -> int:
    """What a clock on the wall shows, in minutes after midnight; ValueError beyond `latest`."""
    wrong = ValueError(f"allowed are 00:00 to {latest // 60}:{latest % 60:02}")
    text = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"[01]?\.\d+", text):  # the part of a day that has passed then
        hour, past = divmod(round(float(text) * DAY_MIN), 60)
        clock = f"{hour:02}:{past:02}"
        raise ValueError(f"is a spreadsheet's number of {clock}; format the column as text")
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[5] or 0):
        raise wrong
    minute = _minute(match)
    if minute is None or not 0 <= minute <= latest:
        raise wrong
    return minute


def _time_ms(text: str, zone: tzinfo, whole_day: timedelta) -> int:
    """With an offset that, else the site's time zone."""
    text = unicodedata.normalize("NFKC", text).strip()
    day, behind = _day(text)
    offset = _OFFSET.search(behind)
    clock = (behind[: offset.start()] if offset else behind).strip(" T")
    try:
        at = _moment(day, clock, whole_day)
        at = at.replace(tzinfo=zone if offset is None else UTC)
    except OverflowError:
        raise ValueError("there is no such day or time") from None
    return int((at - _length(offset)).timestamp() * 1000)


def _day(text: str) -> tuple[date, str]:
    """The day that a text begins with, and what stands behind it."""
    match = _DAY.match(text)
    if match is None or int(match[1]) not in YEARS:
        numbered = day_of_number(text)
        if numbered is not None:
            raise ValueError(
                f"is a spreadsheet's number of {numbered}; format the column as a date or text"
            )
        raise ValueError(_ALLOWED)
    month, day = (int(part) for part in match.groups()[2:] if part is not None)
    try:
        on = date(int(match[1]), month, day)
    except ValueError:
        raise ValueError("there is no such day or time") from None
    return on, _WEEKDAY.sub("", text[match.end() :])


def _moment(on: date, clock: str, whole_day: timedelta) -> datetime:
    """A day with its time of day; without one its beginning, or that of the day after it."""
    if not clock:
        return datetime.combine(on + whole_day, time())
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError(_ALLOWED)
    minute, second = _minute(match), int(match[5] or 0)
    if minute is None or second > 59 or minute * 60 + second > DAY_MIN * 60:
        raise ValueError("there is no such day or time")
    days, minute = divmod(minute, DAY_MIN)  # 24:00 is the next day's beginning
    at = time(minute // 60, minute % 60, second)
    return datetime.combine(on + timedelta(days=days), at)


def _minute(match: re.Match[str]) -> int | None:
    """Minutes after midnight, or None where no clock shows that."""
    half = (match[1] or match[6] or "").lower().replace(".", "")
    hour, minute = int(match[2]), 30 if match[4] else int(match[3] or 0)
    if minute > 59 or hour > 24 or (half in ("am", "pm") and not 1 <= hour <= 12):
        return None
    if half in _AFTERNOON or (half == "中午" and hour < 11):
        hour += 12 if hour < 12 else 0
    elif half in ("am", "凌晨") and hour == 12:
        hour = 0
    return hour * 60 + minute


def _length(offset: re.Match[str] | None) -> timedelta:
    """How far a time is ahead of UTC, by what is written behind it."""
    if offset is None or offset[1] is None:
        return timedelta(0)
    length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    if length >= timedelta(days=1):
        raise ValueError("there is no such offset from UTC")
    return length if offset[1] == "+" else -length
