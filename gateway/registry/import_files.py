"""Several files in one transaction: everything that is wrong is told, or everything is enrolled.

The files may be named in any order: grids are taken before doors, doors before what hangs on them;
what ends, after all that, and the other way round. Only what is wrong by itself is told: not what
lacks a row that was a mistake, and what is wrong in many rows once. What lies in the past is passed
over with a note, unless a file holds nothing else.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from gateway.language.peoples_text import sameness
from gateway.registry import table_file
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import (
    ROWS,
    Ending,
    EnrolError,
    NewDoor,
    PastError,
    RowResult,
    id_of,
)
from gateway.registry.sheet import Line, Mistake, Sheet, TableError, by_kind, by_value, gathered
from gateway.registry.table_file import Reading
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
    """What came of it: how many rows of which table, or the mistakes; then nothing was written.
    `notes` are no mistakes, and worth a word."""

    counts: Counter[tuple[str, RowResult]]
    mistakes: list[Mistake]
    written: bool
    notes: list[Mistake] = field(default_factory=list)


class Tables:
    """Files as they were read, once, however often they are enrolled: as a rehearsal, then in
    truth.

    Args:
        paths: In any order.
        wish: How.
        on_progress: Called now and then, from the thread that calls.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        wish: Wish,
        on_progress: OnProgress = lambda _what, _done, _of: None,
    ) -> None:
        self._wish, self._on_progress = wish, on_progress
        self._sheets, self._unreadable = _read(paths, wish, on_progress)
        self._said = [(list(sheet.mistakes), list(sheet.notes)) for sheet in self._sheets]

    def enrol(self, store: Store, dry_run: bool = False) -> Result:
        """Enrol all of them or nothing.

        Args:
            store: Where.
            dry_run: Check only, whatever was wished.

        Raises:
            StoreError: The database cannot be used.
        """
        if self._unreadable:
            return Result(Counter(), list(self._unreadable), written=False)
        wish, sheets, dry_run = self._wish, self._sheets, dry_run or self._wish.dry_run
        mistakes = _of_headers_alone(sheets)
        counts: Counter[tuple[str, RowResult]] = Counter()

        def take(connection: Connection) -> Enrolment | None:
            for sheet, (wrong, worth_a_word) in zip(sheets, self._said, strict=True):
                sheet.mistakes[:], sheet.notes[:] = wrong, worth_a_word
            enrolment = Enrolment(connection, wish.at_ms, wish.zone, replace=wish.replace)
            _take(enrolment, sheets, self._on_progress)
            counts.clear()
            counts.update(enrolment.counts)
            if mistakes or dry_run or any(sheet.mistakes for sheet in sheets):
                return None
            self._on_progress("writing", 0, 1)
            return enrolment

        enrol(store, take)
        mistakes += [mistake for sheet in sheets for mistake in sheet.mistakes]
        notes = [note for sheet in sheets for note in sheet.notes]
        return Result(
            counts,
            gathered(mistakes, by_value),
            not (mistakes or dry_run),
            [] if mistakes else gathered(notes, by_kind),
        )


def enrol_files(
    store: Store,
    paths: Sequence[Path],
    wish: Wish,
    on_progress: OnProgress = lambda _what, _done, _of: None,
) -> Result:
    """Read files and enrol all of them or nothing, as `Tables` says."""
    return Tables(paths, wish, on_progress).enrol(store)


def _read(
    paths: Sequence[Path], wish: Wish, on_progress: OnProgress
) -> tuple[list[Sheet], list[Mistake]]:
    """The sheets in the order of their tables; and a mistake for each file that is none."""
    how = Reading(wish.zone, wish.language, wish.kind)
    sheets: list[Sheet] = []
    unreadable: list[Mistake] = []
    for path in paths:
        on_line = partial(on_progress, f"reading {path.name}")
        try:
            sheets += table_file.read(path, how, on_line)
        except TableError as error:
            unreadable.append(Mistake(path.name, error.line, "", "", error.sentence))
    sheets.sort(key=lambda sheet: list(ROWS).index(sheet.kind))
    return sheets, unreadable


def _of_headers_alone(sheets: list[Sheet]) -> list[Mistake]:
    """What is said where no file has a row: then somebody saved the wrong sheet."""
    if any(sheet.lines or sheet.mistakes for sheet in sheets):
        return []
    return [note for sheet in sheets for note in sheet.notes if not note.line]


def _take(enrolment: Enrolment, sheets: list[Sheet], on_progress: OnProgress) -> None:
    """Take every row. What does not fit becomes a mistake of its sheet."""
    broken = {(id_of(sheet.kind), name) for sheet in sheets for name in sheet.broken}
    rows = [(sheet, line) for sheet in sheets for line in sheet.lines]
    new = [(sheet, line) for sheet, line in rows if not isinstance(line.row, Ending)]
    ending = [(sheet, line) for sheet, line in reversed(rows) if isinstance(line.row, Ending)]
    enrolment.foresee(line.row for _, line in new)
    past: list[tuple[Sheet, Line, PastError]] = []
    for done, (sheet, line) in enumerate([*new, *ending]):
        if done % table_file.PROGRESS_EVERY == 0:
            on_progress("checking", done, len(rows))
        try:
            enrolment.take(line.row)
        except PastError as over:
            past.append((sheet, line, over))
        except EnrolError as wrong:
            if (_names(wrong.column), wrong.value) not in broken:
                _blame(sheet, line, wrong)
            own = id_of(sheet.kind)
            broken.add((own, getattr(line.row, own, "")))
    _pass_over(enrolment, past)
    _warn_of_one_label(enrolment, new)


def _warn_of_one_label(enrolment: Enrolment, new: list[tuple[Sheet, Line]]) -> None:
    """Two doors that people call the same: whoever is sent to one may stand before the other."""
    doors = [(sheet, line) for sheet, line in new if isinstance(line.row, NewDoor)]
    labels = enrolment.doors_by_label() if doors else {}
    for sheet, line in doors:
        if isinstance(line.row, NewDoor):
            called = labels.get(sameness(line.row.label), [])
            others = [d for d in called if d != line.row.door_id]
            if others and (line.row.door_id or len(called) > 1):
                sheet.note(
                    line.number, "label", line.row.label, f"so door {others[0]} is called too"
                )


def _pass_over(enrolment: Enrolment, past: list[tuple[Sheet, Line, PastError]]) -> None:
    """What is over is no mistake, unless its file holds nothing else, for then a year is wrong; or
    is refused anyway."""
    counts = Counter(id(sheet) for sheet, _, _ in past)
    refused = {
        id(sheet) for sheet, _, _ in past if sheet.mistakes or counts[id(sheet)] == len(sheet.lines)
    }
    for sheet, line, over in past:
        if id(sheet) in refused:
            _blame(sheet, line, over)
        else:
            sheet.note(line.number, over.column, _cell(line, over), f"passed over: {over.sentence}")
            enrolment.counts[sheet.kind, RowResult.SKIPPED] += 1


def _blame(sheet: Sheet, line: Line, wrong: EnrolError) -> None:
    sheet.blame(line.number, wrong.column, _cell(line, wrong), wrong.sentence)


def _cell(line: Line, wrong: EnrolError) -> str:
    return line.cells.get(wrong.column, wrong.value)


def _names(column: str) -> str:
    """The column whose ids another column holds."""
    return "warden_id" if column == "by" else column
