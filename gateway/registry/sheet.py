"""A table as it was read: its rows, what is wrong with them, and what is worth a word."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.language.peoples_text import shown
from gateway.registry.columns import columns_of
from gateway.registry.rows import Row

VALUE_CHARACTERS_MAX = 60  # of a cell, in a mistake


class TableError(Exception):
    """The file as a whole cannot be read: a sentence, and the line where that is known."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.line = sentence, line


@dataclass(frozen=True)
class Mistake:
    """What is wrong with one cell, or what else is to be said of it; of a whole line or file where
    `column` or `line` is empty. `cell` is its place as spreadsheets name it ("C4")."""

    file: str
    line: int
    column: str
    value: str
    sentence: str
    cell: str = ""

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
    """One table as it was read. `broken` holds the ids of rows that have mistakes; `places` says
    where the columns stand, counted from 0."""

    file: str
    kind: str
    lines: list[Line] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)

    def blame(self, line: int, column: str, value: str, sentence: str) -> None:
        """Note a mistake. What a secret column holds is not repeated."""
        self.mistakes.append(self._told(line, column, value, sentence))

    def note(self, line: int, column: str, value: str, sentence: str) -> None:
        """Note what is no mistake, and worth a word."""
        self.notes.append(self._told(line, column, value, sentence))

    def _told(self, line: int, column: str, value: str, sentence: str) -> Mistake:
        if any(known.name == column and known.secret for known in columns_of(self.kind)):
            value = "…"
        value = shown(value)
        if len(value) > VALUE_CHARACTERS_MAX:
            value = value[: VALUE_CHARACTERS_MAX - 1] + "…"
        place = self.places.get(column)
        cell = "" if place is None or not line else f"{letters(place)}{line}"
        return Mistake(self.file, line, column, value, sentence, cell)


def letters(place: int) -> str:
    """The name of a column as spreadsheets have it: 0 is A, 26 is AA."""
    text, place = "", place + 1
    while place:
        place, letter = divmod(place - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def gathered(told: list[Mistake], sameness: Callable[[Mistake], tuple[str, ...]]) -> list[Mistake]:
    """In the order of files and lines; what is the same in many lines is told once, of the first
    of them and with how many more there are."""
    groups: dict[tuple[str, ...], list[Mistake]] = {}
    for one in sorted(told, key=lambda one: (one.file, one.line)):
        groups.setdefault(sameness(one), []).append(one)
    return [_with_count(first, len(others)) for first, *others in groups.values()]


def by_value(one: Mistake) -> tuple[str, ...]:
    """Mistakes with one root: the same text in the same column. Each empty cell is its own."""
    return one.file, one.column, one.value or str(one.line), one.sentence


def by_kind(one: Mistake) -> tuple[str, ...]:
    """Notes of one kind: the same is said of the same column, wherever in it."""
    return one.file, one.column, one.sentence.partition(" at character ")[0]


def _with_count(first: Mistake, others: int) -> Mistake:
    if not others:
        return first
    lines = "line" if others == 1 else "lines"
    sentence = f"{first.sentence} (and in {others} more {lines})"
    return Mistake(first.file, first.line, first.column, first.value, sentence, first.cell)
