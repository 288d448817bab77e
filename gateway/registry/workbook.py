"""A workbook (.xlsx) as lines of cells, each as the clerk sees it: a date as a day, a number with
the zeros that its format shows, a merged cell in every line that it spans.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from gateway.registry.sheet import TableError

UNPACKED_BYTES_MAX: Final = 256 * 1024 * 1024
CELLS_MAX: Final = 1_000_000  # of a sheet: openpyxl holds them all
WIDTH_MAX: Final = 200  # columns that are looked at
_EXACT = 10**15  # beyond it a spreadsheet rounds
_OLD = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_ZEROS = re.compile(r"0{2,}")

Records = Iterator[tuple[int, list[str]]]


def is_workbook(content: bytes) -> bool:
    """Whether a file that begins so is a workbook, and no text."""
    return content.startswith((_ZIP, _OLD))


def sheets(content: bytes) -> list[tuple[str, Records]]:
    """(title, lines of cells) of every sheet that holds something and is not hidden.

    Raises:
        TableError: It cannot be read, or is too large.
    """
    if content.startswith(_OLD):
        raise TableError(
            "is a workbook; save it as CSV and enrol that (it is of before 2007, or has a password)"
        )
    import openpyxl  # an eighth of a second to import: not where there is no workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked_bytes = sum(part.file_size for part in packed.infolist())
        fits = unpacked_bytes <= UNPACKED_BYTES_MAX
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True) if fits else None
    except Exception as error:  # noqa: BLE001 - whatever a broken file does to a reader of others'
        raise TableError(
            f"is a workbook; save it as CSV and enrol that (it cannot be read: "
            f"{type(error).__name__})"
        ) from None
    if book is None:
        raise TableError("is too large; cut it into several files")
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return [(sheet.title, _records(sheet)) for sheet in shown if _holds_something(sheet)]


def _holds_something(sheet: Any) -> bool:
    return sheet.calculate_dimension() != "A1:A1" or sheet["A1"].value is not None


def _records(sheet: Any) -> Records:
    if sheet.max_row * min(sheet.max_column, WIDTH_MAX) > CELLS_MAX:
        raise TableError("is too large; cut it into several files, or save it as CSV")
    spans = {
        (row, merged.min_col): (merged.min_row, merged.min_col)
        for merged in sheet.merged_cells.ranges
        if merged.min_row != merged.max_row and merged.min_col == merged.max_col
        for row in range(merged.min_row, merged.max_row + 1)
    }
    for number, row in enumerate(sheet.iter_rows(max_col=min(sheet.max_column, WIDTH_MAX)), 1):
        cells = [
            _text(sheet.cell(*spans[number, place]) if (number, place) in spans else cell)
            for place, cell in enumerate(row, 1)
        ]
        if any(cell.strip() for cell in cells):
            yield number, cells


def _text(cell: Any) -> str:
    """A cell as it is shown."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format))
    if isinstance(value, datetime):
        has_time = re.search(r"[hH]", str(cell.number_format)) is not None
        return (
            f"{value:%Y-%m-%d %H:%M:%S}"
            if has_time or value.time() != time()
            else (f"{value:%Y-%m-%d}")
        )
    if isinstance(value, time):
        return f"{value:%H:%M}" if not value.second else f"{value:%H:%M:%S}"
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds()) // 60
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float, shape: str) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    if value != int(value):
        return repr(value)
    text = str(int(value))
    return text.zfill(len(shape)) if _ZEROS.fullmatch(shape) else text
