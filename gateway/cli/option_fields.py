"""What was typed for an option, read like a cell of a table."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.registry import fields

NOW = "now"
_CLOCK = re.compile(r"\d{1,2}:\d{2}")


def field(option: str, text: str, read: Callable[[str], Any], *, secret: bool = False) -> Any:
    """Read the value of an option.

    Args:
        option: its name, for the sentence.
        text: what was typed, with or without spaces around it.
        read: a reader of `registry.columns` or `registry.fields`.
        secret: whether the sentence must not repeat the text.

    Raises:
        CommandError: with the reader's sentence, if the text is not allowed.
    """
    try:
        return read(fields.tidy(text))
    except ValueError as error:
        value = "" if secret else f" {text!r}"
        raise CommandError(f"{option}{value}: {error}", MISUSED) from None


def begins_ms(option: str, text: str, now_ms: int, zone: tzinfo) -> int:
    """When something begins.

    Args:
        option: its name, for the sentence.
        text: "now", 12:30 of today, or a date with or without a time, as in a table.
        now_ms: milliseconds of UTC.
        zone: where the site's clocks stand.

    Returns:
        Milliseconds of UTC; "now" to the whole second.

    Raises:
        CommandError: if it is no time.
    """
    if text == NOW:
        return now_ms // 1000 * 1000
    dated = _dated(text, now_ms, zone, 0)
    return int(field(option, dated, lambda cell: _time_ms(fields.beginning_ms, cell, zone, NOW)))


def ends_ms(option: str, text: str, from_ms: int, zone: tzinfo) -> int:
    """When something ends: the first 00:30 after `from_ms`, or as in a table, where a date alone is
    its end. Arguments, result and errors as of `begins_ms`."""
    for days in (0, 1):
        dated = _dated(text, from_ms, zone, days)
        end_ms = int(field(option, dated, lambda cell: _time_ms(fields.end_ms, cell, zone)))
        if end_ms > from_ms or dated == text:
            break
    return end_ms


def _time_ms(read: Callable[[str, tzinfo], int], text: str, zone: tzinfo, *words: str) -> int:
    """A time as `read` has it from a table. ValueError that names what else may be typed here."""
    try:
        return read(text, zone)
    except ValueError as error:
        typed = ", ".join([*words, "18:30"])
        raise ValueError(str(error).replace("allowed are ", f"allowed are {typed}, ")) from None


def _dated(text: str, at_ms: int, zone: tzinfo, days: int) -> str:
    """A time of day with the date that the site's clocks show then, or so many days later."""
    if not _CLOCK.fullmatch(text):
        return text
    day = datetime.fromtimestamp(at_ms / 1000, zone).date() + timedelta(days=days)
    return f"{day} {text}"
