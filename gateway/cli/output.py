"""How commands speak: tables and sentences for people, JSON for scripts, a bar while they wait."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.local_time import shown_ms

PIPED_COLUMNS = 160  # where there is no terminal to ask
NAMED_MAX = 5  # doors, grids or people in a sentence

OnProgress = Callable[[str, int, int], None]


def now_ms() -> int:
    """Milliseconds of UTC."""
    return time.time_ns() // 1_000_000


def console() -> Console:
    """Standard output. Nothing in a text is taken for markup."""
    width = None if sys.stdout.isatty() else PIPED_COLUMNS
    return Console(width=width, highlight=False, markup=False, emoji=False)


def say(sentence: str) -> None:
    """A sentence on standard output, wrapped by the terminal and not by us."""
    console().print(sentence, soft_wrap=True)


def say_json(value: Any) -> None:
    """A value for a script, on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201 - scripts read this


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def say_cut(is_cut: bool, limit: int, as_json: bool, of: str = "") -> None:
    """Where a list stopped at `--limit`, a sentence says so: behind a table, and on standard error
    beside JSON, which stays a list for its script. `of`: of how many, or of what each."""
    if is_cut:
        text = f"Only {limit}{f' of {of}' if of else ''} are listed; --limit shows more."
        if as_json:
            print(text, file=sys.stderr)  # noqa: T201 - beside what scripts read
        else:
            say(text)


@contextmanager
def bar() -> Iterator[OnProgress]:
    """A progress bar on standard error, gone when it is done; silent where nobody watches."""
    watched = Console(stderr=True)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=watched, transient=True, disable=not watched.is_terminal
    ) as progress:
        task = progress.add_task("", total=None)

        def update(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        yield update


def when(at_ms: int | None, zone: tzinfo) -> str:
    """A time by the site's clocks, to the second; a dash for none."""
    if at_ms is None:
        return "-"
    return datetime.fromtimestamp(shown_ms(at_ms) / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def ago(at_ms: int | None, now: int) -> str:
    """How long something is past, in one unit."""
    return "never" if at_ms is None else f"{span(max(now - at_ms, 0))} ago"


def span(length_ms: int) -> str:
    """A length of time, in one unit."""
    for unit_ms, unit in ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min")):
        if length_ms >= 2 * unit_ms:
            return f"{length_ms // unit_ms} {unit}"
    return f"{length_ms // 1000} s"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 seal", "2 seals"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:NAMED_MAX])
    return shown if len(names) <= NAMED_MAX else f"{shown} and {len(names) - NAMED_MAX} more"
