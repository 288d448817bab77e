"""Permits that recur, as people write and read them: "07:00-08:30, 11:30-13:00", "Mon-Fri"."""

import re
import unicodedata
from typing import Final

from babel import Locale

from gateway.core.model import Permit
from gateway.core.permits import WINDOWS_MAX
from gateway.notify.catalogue import LOCALES, N_, say

EVERY_DAY: Final = 0b1111111
DAY_MIN: Final = 1_440
TEXT_MAX: Final = 200
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = N_("daily {windows}")
_ON_DAYS = N_("{days} {windows}")

Windows = tuple[tuple[int, int], ...]


def windows(text: str) -> Windows:
    """Windows of a day in minutes after midnight. One that ends before it begins reaches over
    midnight. ValueError with the end of a sentence for anything else."""
    plain = unicodedata.normalize("NFKC", text)
    parts = [part for part in re.split(r"[,、;]\s*", plain.strip()) if part]
    found = []
    for part in parts:
        match = _WINDOW.fullmatch(part.strip())
        if match is None:
            raise ValueError("allowed are windows like 07:00-08:30, with commas between")
        from_min, to_min = (_minute(match[n], match[n + 1]) for n in (1, 3))
        if from_min in (to_min, DAY_MIN):
            raise ValueError("a window ends at another time than it begins")
        found.append((from_min, to_min))
    if not 1 <= len(found) <= WINDOWS_MAX:
        raise ValueError(f"allowed are 1 to {WINDOWS_MAX} windows")
    return tuple(found)


def days(text: str) -> int:
    """Days of the week as bits, Monday the first: "Mon-Fri", "Sat,Sun", "daily"."""
    wanted = unicodedata.normalize("NFKC", text).strip().lower()
    if wanted == "daily":
        return EVERY_DAY
    found = 0
    for part in re.split(r"[,\s]+", wanted):
        first, _, last = part.partition("-")
        if first[:3] not in _DAYS or (last or first)[:3] not in _DAYS:
            raise ValueError("allowed are days like Mon-Fri or Mon,Wed,Sun")
        day, end = _DAYS.index(first[:3]), _DAYS.index((last or first)[:3])
        for number in range(day, end + 1 if end >= day else end + 8):  # Fri-Mon goes round
            found |= 1 << number % 7
    return found


def of_numbers(numbers: list[int]) -> int:
    """Days of the week as bits from their numbers, Monday 0; every day where none is named."""
    return sum(1 << number for number in set(numbers)) or EVERY_DAY


def words(permit: Permit, language: str) -> str:
    """When a recurring permit holds, for people; empty for one that does not recur."""
    if not permit.daily:
        return ""
    said = (", " if language == "en" else "、").join(
        f"{_clock(from_min)}–{_clock(to_min)}" for from_min, to_min in permit.daily
    )
    if permit.days & EVERY_DAY == EVERY_DAY:
        return say(_DAILY, language).format(windows=said)
    names = day_names(language)
    chosen = [names[day] for day in range(7) if permit.days >> day & 1]
    joined = (", " if language == "en" else "、").join(chosen)
    return say(_ON_DAYS, language).format(days=joined, windows=said)


def day_names(language: str) -> list[str]:
    """Monday to Sunday, short."""
    names = Locale.parse(LOCALES[language]).days["format"]["abbreviated"]
    return [str(names[day]) for day in range(7)]


def _minute(hours: str, minutes: str) -> int:
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > DAY_MIN:
        raise ValueError("allowed are times from 00:00 to 24:00")
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
