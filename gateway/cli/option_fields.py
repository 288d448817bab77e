"""What an option of a command holds, read like a cell of a table."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.registry import fields

NOW = "now"
_CLOCK = re.compile(r"\d{1,2}:\d{2}")


def field(option: str, text: str, read: Callable[[str], Any], *, secret: bool = False) -> Any:
    """The value of an option. CommandError with the sentence of the table's reader."""
    try:
        return read(fields.tidy(text))
    except ValueError as wrong:
        value = "" if secret else f" {text!r}"
        raise CommandError(f"{option}{value}: {wrong}", MISUSED) from None


def begins_ms(option: str, text: str, now_ms: int, zone: tzinfo) -> int:
    """A beginning, in milliseconds of UTC: "now", 12:30 of today, or as in a table."""
    if text == NOW:
        return now_ms // 1000 * 1000
    return int(
        field(option, _dated(text, now_ms, zone, 0), lambda it: fields.beginning_ms(it, zone))
    )


def ends_ms(option: str, text: str, from_ms: int, zone: tzinfo) -> int:
    """An end, in milliseconds of UTC: the first 00:30 after the beginning, or as in a table."""
    for days in (0, 1):
        dated = _dated(text, from_ms, zone, days)
        found = int(field(option, dated, lambda it: fields.end_ms(it, zone)))
        if found > from_ms or dated == text:
            break
    return found


def _dated(text: str, at_ms: int, zone: tzinfo, days: int) -> str:
    """A time of day with the date that the site's clocks show then, or so many days later."""
    if not _CLOCK.fullmatch(text):
        return text
    day = datetime.fromtimestamp(at_ms / 1000, zone).date() + timedelta(days=days)
    return f"{day} {text}"
