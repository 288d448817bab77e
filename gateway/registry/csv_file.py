"""A CSV file to rows, and to a mistake for every cell that is wrong. Nothing is written here.

UTF-8 (with or without a byte order mark), UTF-16 ("Unicode text") and GB18030 are read: what Excel
writes in China. Commas, semicolons or tabs stand between the cells. The header shows which table
it is.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gateway.registry.columns import TABLES, Column, id_column
from gateway.registry.fields import tidy
from gateway.registry.rows import ROWS, Row

FILE_BYTES_MAX = 64 * 1024 * 1024
ROWS_MAX = 200_000
CELL_CHARACTERS_MAX = 10_000
VALUE_CHARACTERS_MAX = 60  # of a cell, in a mistake
PROGRESS_EVERY = 500  # lines
_SEPARATORS = ",;\t"
OnProgress = Callable[[int, int], None]  # lines read, lines there are


class CsvError(Exception):
    """The file as a whole cannot be read: a sentence, and the line where that is known."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.line = sentence, line


@dataclass(frozen=True)
class Mistake:
    """What is wrong with one cell; with a whole line or file where `column` or `line` is empty."""

    file: str
    line: int
    column: str
    value: str
    sentence: str

    def __str__(self) -> str:
        """As a person reads it."""
        line = f" line {self.line}" if self.line else ""
        cell = f' {self.column} "{self.value}":' if self.column else ""
        return f"{self.file}{line}:{cell} {self.sentence}"


@dataclass(frozen=True)
class Line:
    """A row that makes sense by itself, where it stands, and its cells as they were written."""

    number: int
    row: Row
    cells: dict[str, str]


@dataclass
class Sheet:
    """One file as it was read. `broken` holds the ids of rows that have mistakes."""

    file: str
    kind: str
    lines: list[Line] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def blame(self, line: int, column: str, value: str, sentence: str) -> None:
        """Note a mistake. What a secret column holds is not repeated."""
        if any(known.name == column and known.secret for known in TABLES[self.kind]):
            value = "…"
        value = "".join(c if c.isprintable() else "⏎" for c in value)
        if len(value) > VALUE_CHARACTERS_MAX:
            value = value[: VALUE_CHARACTERS_MAX - 1] + "…"
        self.mistakes.append(Mistake(self.file, line, column, value, sentence))


@dataclass(frozen=True)
class Reading:
    """How a file is read: as which table (None: its header shows it), in which zone its times are,
    and the language of wardens who have none."""

    zone: tzinfo
    language: str = "zh"
    kind: str | None = None


def read(path: Path, how: Reading, on_progress: OnProgress) -> Sheet:
    """The file's rows and mistakes.

    Args:
        path: FILE_BYTES_MAX at most, with ROWS_MAX rows at most.
        how: As which table, in which zone and language.
        on_progress: Called every PROGRESS_EVERY rows.

    Raises:
        CsvError: It cannot be read at all.
    """
    text = _text(path)
    total = text.count("\n")
    records = _records(text)
    first = next(records, None)
    if first is None:
        raise CsvError("is empty; `menshen enrol --example doors` shows what it may hold")
    names = [name.lower().replace(" ", "_") for name in first[1]]
    sheet = Sheet(path.name, how.kind or _kind(names))
    columns = _columns(sheet, first[0], names)
    for count, (number, cells) in enumerate(records):
        if count >= ROWS_MAX:
            raise CsvError(f"has more than {ROWS_MAX} rows; cut it into several files")
        if count % PROGRESS_EVERY == 0:
            on_progress(number, total)
        _read_line(sheet, number, columns, len(names), cells, how)
    _find_twins(sheet)
    return sheet


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CsvError(f"cannot be read: {error.strerror}") from error
    if len(content) > FILE_BYTES_MAX:
        raise CsvError(f"is larger than {FILE_BYTES_MAX >> 20} MiB; cut it into several files")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CsvError("is a workbook; save it as CSV and enrol that")
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CsvError("is neither UTF-8 nor GB18030 text; save it as CSV UTF-8")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of every record that is not empty."""
    header = next((line for line in text.splitlines() if tidy(line)), "")
    separator = max(_SEPARATORS, key=header.count)
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            cells = [tidy(cell) for cell in cells]
            if any(cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise CsvError(f"the quotes are not in order: {error}", before + 1) from None


def _kind(names: list[str]) -> str:
    """The table whose header this is: all that it needs is there, and most of what it knows."""
    fits = {
        kind: sum(column.name in names or column.chinese in names for column in columns)
        for kind, columns in TABLES.items()
        if not _missing(kind, names)
    }
    if fits:
        return max(fits, key=lambda kind: fits[kind])
    needed = {kind: [c for c in columns if c.needed] for kind, columns in TABLES.items()}
    known = {kind: sum(c.name in names for c in columns) for kind, columns in needed.items()}
    nearest = max(known, key=lambda kind: known[kind] / len(needed[kind]))
    if not known[nearest]:
        raise CsvError(f"its header fits no table; there are {', '.join(TABLES)}")
    raise CsvError(
        f"its header fits no table; as {nearest} it lacks {', '.join(_missing(nearest, names))} "
        f"(`menshen enrol --example {nearest}`)"
    )


def _missing(kind: str, names: list[str]) -> list[str]:
    return [
        column.name
        for column in TABLES[kind]
        if column.needed and column.name not in names and column.chinese not in names
    ]


def _columns(sheet: Sheet, line: int, names: list[str]) -> dict[str, int]:
    """Where each column stands. Names that nobody knows, or that stand twice, are mistakes."""
    missing = _missing(sheet.kind, names)
    if missing:
        raise CsvError(f"its header lacks {', '.join(missing)}, which {sheet.kind} need")
    known = {name: c.name for c in TABLES[sheet.kind] for name in (c.name, c.chinese)}
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        near = get_close_matches(name, known, n=1)
        if name in known and known[name] not in places:
            places[known[name]] = place
        elif name in known:
            sheet.blame(line, name, name, "stands twice in the header")
        elif name:
            hint = f"; did you mean {near[0]}?" if near else ""
            sheet.blame(line, name, name, f"is no column of {sheet.kind}{hint}")
    return places


def _read_line(
    sheet: Sheet,
    number: int,
    places: dict[str, int],
    width: int,
    cells: list[str],
    how: Reading,
) -> None:
    mistakes_before = len(sheet.mistakes)
    values: dict[str, Any] = {}
    texts = {name: cells[place] for name, place in places.items() if place < len(cells)}
    for column in TABLES[sheet.kind]:
        try:
            values[column.field or column.name] = _value(column, texts, how)
        except ValueError as wrong:
            sheet.blame(number, column.name, texts.get(column.name, ""), str(wrong))
    if any(cells[width:]):
        sheet.blame(
            number,
            "",
            "",
            "has more cells than the header; does a text with a comma lack its quotes?",
        )
    if len(sheet.mistakes) > mistakes_before:
        sheet.broken.add(texts.get(id_column(sheet.kind), ""))
    else:
        sheet.lines.append(Line(number, ROWS[sheet.kind](**values), texts))


def _value(column: Column, texts: dict[str, str], how: Reading) -> Any:
    text = texts.get(column.name, "")
    if text:
        return column.read(text, how.zone) if column.is_time else column.read(text)
    if column.needed:
        raise ValueError("is empty, and needed")
    return how.language if column.name == "language" else column.default


def _find_twins(sheet: Sheet) -> None:
    """An id may stand once in a file; of seals, a door too; without an id, a whole row."""
    own_id = id_column(sheet.kind)
    seen: dict[tuple[str, str], int] = {}
    for line in sheet.lines:
        columns = (own_id, "door_id") if sheet.kind == "seals" else (own_id,)
        keys = [(name, text) for name in columns if (text := getattr(line.row, name, None))]
        for name, key in keys or [("", repr(line.row))]:
            if (name, key) in seen:
                value = line.cells.get(name, "")
                sheet.blame(line.number, name, value, f"stands in line {seen[name, key]} already")
            seen.setdefault((name, key), line.number)
