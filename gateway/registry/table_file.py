"""A file of people's to rows, and to a mistake for every cell that is wrong. Nothing is written
here. A file of text holds one table, a workbook one in each of its sheets."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import Any

from gateway.language import peoples_text
from gateway.registry import csv_file, header, workbook
from gateway.registry.columns import END, Column, columns_of
from gateway.registry.header import Header, Record
from gateway.registry.rows import ROWS, Ending, id_of
from gateway.registry.sheet import Line, Sheet, TableError

FILE_BYTES_MAX = 64 * 1024 * 1024
ROWS_MAX = 200_000
PROGRESS_EVERY = 500  # lines
OnProgress = Callable[[int, int], None]  # lines read, lines there are


@dataclass(frozen=True)
class Reading:
    """How a file is read: as which table (None: its header shows it), in which zone its times are,
    and the language of wardens who have none."""

    zone: tzinfo
    language: str = "zh"
    kind: str | None = None


def read(path: Path, how: Reading, on_progress: OnProgress) -> list[Sheet]:
    """The file's tables, with their rows and mistakes.

    Args:
        path: FILE_BYTES_MAX at most, with ROWS_MAX rows at most.
        how: As which table, in which zone and language.
        on_progress: Called every PROGRESS_EVERY rows.

    Raises:
        TableError: It cannot be read at all.
    """
    content = _content(path)
    if workbook.is_workbook(content):
        return _read_workbook(path.name, content, how, on_progress)
    text = csv_file.text_of(content)
    total = text.count("\n")
    refused: list[TableError] = []
    for separator in csv_file.separators(text):
        try:
            return [_read(path.name, csv_file.records(text, separator), total, how, on_progress)]
        except TableError as error:
            refused.append(error)
            if error.line:  # it is a table, and not in order
                break
    raise refused[0]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise TableError(f"cannot be read: {error.strerror}") from error
    if len(content) > FILE_BYTES_MAX:
        raise TableError(f"is larger than {FILE_BYTES_MAX >> 20} MiB; cut it into several files")
    return content


def _read_workbook(file: str, content: bytes, how: Reading, on_progress: OnProgress) -> list[Sheet]:
    """Its sheets that are tables. TableError if none is."""
    tables: list[Sheet] = []
    refused: list[tuple[str, TableError]] = []
    sheets = workbook.sheets(content)
    for title, records in sheets:
        name = file if len(sheets) == 1 else f"{file} {title}"
        try:
            tables.append(_read(name, records, 0, how, on_progress))
        except TableError as error:
            refused.append((name, error))
    if not tables:
        raise refused[0][1] if refused else TableError("is empty")
    for name, wrong in refused:
        tables[0].note(0, "", "", f"nothing is taken from {name}: {wrong.sentence}")
    return tables


def _read(
    name: str, records: Iterable[Record], total: int, how: Reading, on_progress: OnProgress
) -> Sheet:
    records = iter(records)
    top = list(islice(records, header.LINES_MAX))
    if not top:
        raise TableError("is empty; `menshen enrol --example doors` shows what it may hold")
    found = header.find(top, how.kind)
    sheet = Sheet(name, found.kind)
    header.place_columns(sheet, found)
    count = 0
    for count, (number, cells) in enumerate(chain(top[found.place + 1 :], records), 1):
        if count > ROWS_MAX:
            raise TableError(f"has more than {ROWS_MAX} rows; cut it into several files")
        if count % PROGRESS_EVERY == 1:
            on_progress(number, max(number, total))
        if not _is_header(cells, found):  # a printed list has it on each page
            _read_line(sheet, number, found, cells, how)
    if not count:
        sheet.note(0, "", "", f"has the header of {sheet.kind} and no row under it")
    _find_twins(sheet)
    return sheet


def _is_header(cells: list[str], found: Header) -> bool:
    if len(cells) != len(found.names) or header.plain(cells[0]) != found.names[0]:
        return False  # of nearly all lines the first cell says so
    return [header.plain(cell) for cell in cells] == found.names


def _read_line(sheet: Sheet, number: int, found: Header, cells: list[str], how: Reading) -> None:
    mistakes_before = len(sheet.mistakes)
    tidy = [peoples_text.tidied(cell) for cell in cells]
    texts = {name: tidy[place] for name, place in sheet.places.items() if place < len(tidy)}
    row: Any = None
    if any(tidy[len(found.names) :]):
        sheet.blame(
            number,
            "",
            "",
            "has more cells than the header; does a text with a comma lack its quotes?",
        )
    elif _ends(sheet, number, texts):
        row = _ending(sheet, number, texts, how)
    else:
        values = dict(_values(sheet, number, texts, how))
        row = values if len(sheet.mistakes) > mistakes_before else ROWS[sheet.kind](**values)
    if len(sheet.mistakes) > mistakes_before:
        sheet.broken.add(texts.get(id_of(sheet.kind), ""))
        return
    for name, place in sheet.places.items():
        for sign in peoples_text.dropped(cells[place]) if place < len(cells) else ():
            sheet.note(number, name, tidy[place], f"{sign} is dropped: nobody sees it")
    sheet.lines.append(Line(number, row, texts))


def _ends(sheet: Sheet, number: int, texts: dict[str, str]) -> bool:
    """Whether the row says that what it names ends now."""
    try:
        return END.name in texts and bool(_value(END, texts, None))
    except ValueError as wrong:
        sheet.blame(number, END.name, texts[END.name], str(wrong))
        return False


def _ending(sheet: Sheet, number: int, texts: dict[str, str], how: Reading) -> Ending:
    """Such a row: what it names by its id; an order or a permit without one by its door or its
    household, and time."""
    own = id_of(sheet.kind)
    names = (own,) if texts.get(own) else ("door_id", "household", "from")
    values: dict[str, Any] = {}
    for column in columns_of(sheet.kind):
        if column.name in names and texts.get(column.name):
            try:
                values[column.field or column.name] = _value(column, texts, how)
            except ValueError as wrong:
                sheet.blame(number, column.name, texts[column.name], str(wrong))
    own_id = values.get(own, "")
    whose = values.get("door_id", ""), values.get("household_id", "")
    if not own_id and not (sheet.kind in ("orders", "permits") and any(whose)):
        if not texts.get(own):
            sheet.blame(number, own, "", "is empty, and needed")
        return Ending(sheet.kind, "")
    return Ending(sheet.kind, own_id, whose[0], values.get("from_ms"), whose[1])


def _values(
    sheet: Sheet, number: int, texts: dict[str, str], how: Reading
) -> Iterator[tuple[str, Any]]:
    """The fields of a row; what is wrong becomes a mistake."""
    for column in columns_of(sheet.kind):
        if column is END:
            continue
        try:
            yield column.field or column.name, _value(column, texts, how)
        except ValueError as wrong:
            text = texts.get(column.name, "")
            hint = (
                ""
                if text or not _stood_above(sheet, column)
                else ("; of merged cells only the first keeps its text")
            )
            sheet.blame(number, column.name, text, f"{wrong}{hint}")


def _stood_above(sheet: Sheet, column: Column) -> bool:
    """Whether the cell is perhaps one of several that were merged: of what rows have in common."""
    if not column.name.endswith("_id") or column.name == id_of(sheet.kind):
        return False
    return bool(sheet.lines and sheet.lines[-1].cells.get(column.name))


def _value(column: Column, texts: dict[str, str], how: Reading | None) -> Any:
    text = texts.get(column.name, "")
    if text and not peoples_text.means_nothing(text):
        zoned = (how.zone,) if column.is_time and how else ()
        return column.read(text, *zoned)
    if column.needed and not texts.get(column.instead):
        other = f", and so is {column.instead}: one of the two is" if column.instead else ", and"
        raise ValueError(f"is empty{other} needed")
    if column.name == "language" and how:
        return how.language
    return column.nothing if text else column.default


def _find_twins(sheet: Sheet) -> None:
    """An id may stand once in a file; of seals, a door too; without an id, a whole row."""
    own_id = id_of(sheet.kind)
    seen: dict[tuple[str, str], int] = {}
    for line in sheet.lines:
        columns = (own_id, "door_id") if sheet.kind == "seals" else (own_id,)
        keys = [(name, text) for name in columns if (text := getattr(line.row, name, None))]
        if isinstance(line.row, Ending):
            keys = [(own_id, line.row.id)] if line.row.id else []
        for name, key in keys or [("", repr(line.row))]:
            if (name, key) in seen:
                value = line.cells.get(name, "")
                sheet.blame(line.number, name, value, f"stands in line {seen[name, key]} already")
                break  # whose id stands twice, its door does too
            seen[name, key] = line.number
