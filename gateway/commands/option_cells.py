"""What an option of a command holds, read like a cell of a table."""

import re
import time
from collections.abc import Callable
from typing import Any

from gateway.commands.verdict import MISUSED, CommandError
from gateway.commission import enrol_cells as cells

_NOW = "now"
_CLOCK = re.compile(r"\d{1,2}:\d{2}")


def cell(option: str, text: str, read: Callable[[str], Any], *, secret: bool = False) -> Any:
    """The value of an option. CommandError with the sentence of the table's reader."""
    try:
        return read(cells.tidy(text))
    except ValueError as wrong:
        value = "" if secret else f" {text!r}"
        raise CommandError(f"{option}{value}: {wrong}", MISUSED) from None


def today(text: str) -> str:
    """ "now" and 12:30 mean today."""
    if text == _NOW:
        return time.strftime("%Y-%m-%d %H:%M:%S")
    return time.strftime("%Y-%m-%d ") + text if _CLOCK.fullmatch(text) else text
