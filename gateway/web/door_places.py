"""Where a door lies, from what people wrote on it: building, stair, and what differs within them.

A wall of a thousand doors is read by building and stair, so `1栋1单元501` stands under `1栋`, in
the row `1单元`, as `501`. The table's columns say it where they are filled in; else the label does,
in the forms that offices write. A label of another form is shown whole, under its grid.
"""

import re
import unicodedata
from typing import Final, NamedTuple

NUMBER_COLUMNS: Final = 4  # no more than a flat's number
SHORT_COLUMNS: Final = 7  # a label so narrow is shown whole everywhere, as 3-201
LONG_COLUMNS: Final = 12  # one that is wider is set small

_CHINESE = re.compile(
    r"(?P<building>.*?\d+\s*(?:号楼|栋|幢|座|楼))\s*(?P<stair>.*?\d+\s*(?:单元|梯|门))?\s*(?P<rest>\S.*)"
)
_DASHED = re.compile(
    r"(?P<building>[^-–—/]+)[-–—/](?:(?P<stair>[^-–—/]+)[-–—/])?(?P<rest>[^-–—/]+)"
)
_DIGITS = re.compile(r"(\d+)")


class Place(NamedTuple):
    """Building and stair may be empty; `rest` never is."""

    building: str
    stair: str
    rest: str


NaturalKey = tuple[tuple[int, int, str], ...]


def place(label: str, building: str = "", stair: str = "") -> Place:
    """Where a door lies.

    Args:
        label: what people wrote on it.
        building, stair: the columns of the table, empty where nobody filled them in.

    Returns:
        The label's own parts where it has them, for they are what people read; a column's where the
        label says nothing of it.
    """
    match = _CHINESE.fullmatch(label) or _DASHED.fullmatch(label)
    if match is None:
        return Place(building.strip(), stair.strip(), label)
    said = (match["building"].strip(), (match["stair"] or "").strip(), match["rest"].strip())
    return Place(said[0] or building, said[1] or stair, said[2] or label)


def natural(text: str) -> NaturalKey:
    """To sort by: numbers by their value, so that 2 stands before 10."""
    parts = _DIGITS.split(unicodedata.normalize("NFKC", text).casefold())
    return tuple(
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in parts
        if part
    )


def columns(text: str) -> int:
    """How wide a text is: two for each Chinese character, one for each of ours, none for what only
    changes the one before it."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def size(text: str) -> str:
    """How large a text may be set: "", "short", "long" or "longer"."""
    wide, names = columns(text), ("", "short", "long")
    limits = NUMBER_COLUMNS, SHORT_COLUMNS, LONG_COLUMNS
    return next((name for name, most in zip(names, limits, strict=True) if wide <= most), "longer")
