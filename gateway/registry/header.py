"""Which line of a table is its header, which table that makes it, and where its columns stand.

Offices put a title above it, name columns in Chinese, in both languages, with stars and units.
"""

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from gateway.registry.columns import END, ENDABLE, PASSED_OVER, TABLES, Column, columns_of
from gateway.registry.rows import id_of
from gateway.registry.sheet import Sheet, TableError

LINES_MAX = 20  # among which the header is looked for
_BRACKETS = re.compile(r"[(\[【（].*?[)\]】）]|[*＊:：]")
_SPACE = re.compile(r"\s+")
_BARE = re.compile(r"[a-z0-9._-]*")  # nothing stands around it; nearly all cells below a header
Record = tuple[int, list[str]]  # the number of its line, its cells


class Header(NamedTuple):
    """A header: where it stands among the records that were looked at, and what it names."""

    place: int
    line: int
    names: list[str]
    kind: str


def find(records: Sequence[Record], kind: str | None) -> Header:
    """The first line that is a table's header. `kind`: it must be this table's.

    Raises:
        TableError: There is none, with what the nearest lacks.
    """
    looked_at = [(line, [plain(cell) for cell in cells]) for line, cells in records[:LINES_MAX]]
    for place, (line, names) in enumerate(looked_at):
        found = kind if kind and not missing(kind, names) else None if kind else _kind(names)
        if found is not None:
            return Header(place, line, names, found)
    if kind is not None:
        lacks = min((missing(kind, names) for _, names in looked_at), key=len)
        raise TableError(f"its header lacks {', '.join(lacks)}, which {kind} need")
    raise TableError(_nearest([names for _, names in looked_at]))


def plain(cell: str) -> str:
    """A column's name without what offices put around it: stars, units, spaces, both languages."""
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    if text in _COLUMN_NAMES or _BARE.fullmatch(text):
        return text
    bare = _BRACKETS.sub("", text).strip()
    tight = _SPACE.sub("" if not bare.isascii() else "_", bare)
    for candidate in (bare, tight, _SPACE.sub("_", text)):
        if candidate in _COLUMN_NAMES:
            return candidate
    return next((p for p in re.split(r"[\s/|]+", bare) if p in _COLUMN_NAMES), tight or bare)


def missing(kind: str, names: list[str]) -> list[str]:
    """The columns that a table needs and a header lacks. Of rows that end, only the id."""
    if _has(END, names) and kind in ENDABLE and _has(_own_column(kind), names):
        return []
    columns = {column.name: column for column in TABLES[kind]}
    return [
        name
        for name, column in columns.items()
        if column.needed
        and not _has(column, names)
        and not (column.instead and _has(columns[column.instead], names))
    ]


def place_columns(sheet: Sheet, header: Header) -> None:
    """Where each column stands. Names that nobody knows, or that stand twice, are mistakes."""
    columns = columns_of(sheet.kind)
    known = {name: column.name for column in columns for name in column.names()}
    for place, name in enumerate(header.names):
        sheet.places.setdefault(known.get(name, name), place)
        near = get_close_matches(name, known, n=1)
        if name in known and sheet.places[known[name]] != place:
            sheet.blame(header.line, known[name], name, "stands twice in the header")
        elif name in PASSED_OVER and name not in known:
            sheet.note(header.line, name, name, "is passed over: no table has such a column")
        elif name and name not in known:
            hint = f"; did you mean {near[0]}?" if near else ""
            sheet.blame(header.line, name, name, f"is no column of {sheet.kind}{hint}")


def _kind(names: list[str]) -> str | None:
    """The table whose header this is: all that it needs is there, and most of what it knows."""
    fits = {
        kind: sum(_has(column, names) for column in columns_of(kind))
        for kind in TABLES
        if not missing(kind, names)
    }
    return max(fits, key=lambda kind: fits[kind]) if fits else None


def _nearest(headers: list[list[str]]) -> str:
    """What the line lacks that is nearest to a header."""
    best = max(
        ((_share(kind, names), kind, names) for names in headers for kind in TABLES),
        key=lambda fit: fit[0],
        default=(0.0, "", []),
    )
    share, kind, names = best
    if not share:
        return f"its header fits no table; there are {', '.join(TABLES)}"
    return (
        f"its header fits no table; as {kind} it lacks {', '.join(missing(kind, names))} "
        f"(`menshen enrol --example {kind}`)"
    )


def _share(kind: str, names: list[str]) -> float:
    needed = [column for column in TABLES[kind] if column.needed]
    return sum(_has(column, names) for column in needed) / len(needed)


def _has(column: Column, names: list[str]) -> bool:
    return any(name in names for name in column.names())


def _own_column(kind: str) -> Column:
    return next(column for column in TABLES[kind] if column.name == id_of(kind))


_COLUMN_NAMES = (
    frozenset(name for kind in TABLES for column in columns_of(kind) for name in column.names())
    | PASSED_OVER
)
