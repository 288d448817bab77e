"""Several files in one transaction: everything that is wrong is told, or everything is enrolled.

The files may be named in any order: grids are taken before doors, doors before what hangs on them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path

from gateway.registry import csv_file
from gateway.registry.columns import id_column
from gateway.registry.csv_file import CsvError, Mistake, Reading, Sheet
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import ROWS, EnrolError, RowResult
from gateway.store.database import Store

OnProgress = Callable[[str, int, int], None]  # what is being done, how many, of how many


@dataclass(frozen=True)
class Wish:
    """How to enrol. `at_ms` is now; `zone` is where the site's clocks stand, which the files go by;
    `language` is for wardens who have none."""

    at_ms: int
    zone: tzinfo
    language: str = "zh"
    kind: str | None = None  # None: the header shows it
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Result:
    """What came of it: how many rows of which table, or the mistakes; then nothing was written."""

    counts: Counter[tuple[str, RowResult]]
    mistakes: list[Mistake]
    written: bool


def enrol_files(
    store: Store,
    paths: Sequence[Path],
    wish: Wish,
    on_progress: OnProgress = lambda _what, _done, _of: None,
) -> Result:
    """Enrol all files or nothing.

    Args:
        store: Where they are enrolled.
        paths: In any order.
        wish: How.
        on_progress: Called now and then, from this thread.

    Raises:
        StoreError: The database cannot be used.
    """
    sheets, mistakes = _read(paths, wish, on_progress)
    if mistakes:
        return Result(Counter(), mistakes, written=False)
    mistakes = [mistake for sheet in sheets for mistake in sheet.mistakes]
    with store.reading() if wish.dry_run or mistakes else store.writing() as connection:
        enrolment = Enrolment(connection, wish.at_ms, wish.zone, replace=wish.replace)
        mistakes += _take(enrolment, sheets, on_progress)
        written = not (mistakes or wish.dry_run)
        if written:
            on_progress("writing", 0, 1)
            enrolment.write()
    mistakes.sort(key=lambda mistake: (mistake.file, mistake.line))
    return Result(enrolment.counts, mistakes, written)


def _read(
    paths: Sequence[Path], wish: Wish, on_progress: OnProgress
) -> tuple[list[Sheet], list[Mistake]]:
    """The sheets in the order of their tables; and a mistake for each file that is none."""
    how = Reading(wish.zone, wish.language, wish.kind)
    sheets, unreadable = [], []
    for path in paths:
        on_line = partial(on_progress, f"reading {path.name}")
        try:
            sheets.append(csv_file.read(path, how, on_line))
        except CsvError as error:
            unreadable.append(Mistake(path.name, error.line, "", "", error.sentence))
    sheets.sort(key=lambda sheet: list(ROWS).index(sheet.kind))
    return sheets, unreadable


def _take(enrolment: Enrolment, sheets: list[Sheet], on_progress: OnProgress) -> list[Mistake]:
    """The rows that do not fit. What only lacks a row that was a mistake itself is not told."""
    unfit: list[Mistake] = []
    total, done = sum(len(sheet.lines) for sheet in sheets), 0
    broken = {(id_column(sheet.kind), name) for sheet in sheets for name in sheet.broken}
    for sheet in sheets:
        before = len(sheet.mistakes)
        for line in sheet.lines:
            if done % csv_file.PROGRESS_EVERY == 0:
                on_progress("checking", done, total)
            done += 1
            try:
                enrolment.take(line.row)
            except EnrolError as wrong:
                if (wrong.column, wrong.value) not in broken:
                    value = line.cells.get(wrong.column, wrong.value)
                    sheet.blame(line.number, wrong.column, value, wrong.sentence)
        unfit += sheet.mistakes[before:]
    return unfit
