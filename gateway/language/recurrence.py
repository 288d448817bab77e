"""Permits that recur, as people read them: "daily 07:00–08:30, 11:30–13:00"."""

from typing import Final

from babel import Locale

from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.language.catalogue import LOCALES, N_, say

TEXT_MAX: Final = 200
_DAILY = N_("daily {windows}")
_ON_DAYS = N_("{days} {windows}")


def of_numbers(numbers: list[int]) -> int:
    """Days of the week as bits from their numbers, Monday 0; every day where none is named."""
    return sum(1 << number for number in set(numbers)) or EVERY_DAY


def words(permit: Permit, language: str) -> str:
    """When a recurring permit holds, for people; empty for one that does not recur."""
    if not permit.daily:
        return ""
    windows = (", " if language == "en" else "、").join(
        f"{_clock(from_min)}–{_clock(to_min)}" for from_min, to_min in permit.daily
    )
    if permit.days & EVERY_DAY == EVERY_DAY:
        return say(_DAILY, language).format(windows=windows)
    names = day_names(language)
    chosen = [names[day] for day in range(7) if permit.days >> day & 1]
    joined = (", " if language == "en" else "、").join(chosen)
    return say(_ON_DAYS, language).format(days=joined, windows=windows)


def day_names(language: str) -> list[str]:
    """Monday to Sunday, short."""
    names = Locale.parse(LOCALES[language]).days["format"]["abbreviated"]
    return [str(names[day]) for day in range(7)]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
