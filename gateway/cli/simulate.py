"""`menshen simulate`: what the rules make of a fleet whose truth is known."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.exit_codes import FAILED, MISUSED, OK, CommandError
from gateway.cli.options import Json
from gateway.cli.output import bar, say, say_json, show
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.simulate import fleet, goals, html_report
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.scenario import OURS, SHIPPED, Scenario, ScenarioError, load
from gateway.store.private_file import write_result

AROUND_MS = 30 * MINUTE_MS  # of a missed breach, before and after
LINES_MAX = 200  # of its excerpt
MISSED_MAX = 3  # breaches that are told
_DEFAULTS = re.compile(
    r", (first=False|bounces=0|waited_ms=0|battery_mv=None|cover=False|magnet=False)"
)


def simulate(
    doors: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long they live.")] = 14,
    seed: Annotated[int, typer.Option(help="The same seed, the same fleet.")] = 1,
    scenario: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another city: a TOML file, or harsh, one of ours."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots here.")
    ] = None,
    door: Annotated[
        int | None, typer.Option(min=0, metavar="K", help="Tell the story of this door instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a fleet of sealed doors live, and see what the rules make of it.

    Doors share power, access points and a postman within their building. Exit code 1 if the rules
    missed a breach that a report showed.
    """
    try:
        city = load(SHIPPED.get(str(scenario), scenario or OURS))
    except ScenarioError as error:
        raise CommandError(str(error), MISUSED) from error
    if door is not None:
        raise typer.Exit(_story(door, days, seed, city, as_json))
    with bar() as progress:
        totals = fleet.simulate(
            doors, days, seed, city, lambda done: progress("doors", done, doors)
        )
    if html is not None:
        _write(html, html_report.page(totals))
    if as_json:
        say_json(totals.figures())
    else:
        _say(totals, city)
    raise typer.Exit(FAILED if totals.missed else OK)


def _say(totals: fleet.Totals, city: Scenario) -> None:
    figures = totals.figures()
    show(("figure", "value", "goal"), list(_rows(figures)))
    for note in figures["notes"]:
        say(note)
    for door, breach in totals.missed[:MISSED_MAX]:
        _say_missed(totals, city, door, breach)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """A figure's name, value and goal."""
    for name, value in figures.items():
        if value is None:
            yield name.replace("_", " "), "-", goals.said(figures, name)
        elif isinstance(value, int | float):
            yield name.replace("_", " "), f"{value:,}", goals.said(figures, name)
    for pages in ("pages", "false_pages", "fault_pages"):
        for reason, count in figures[f"{pages}_by_reason"].items():
            yield f"{pages}: {reason}".replace("_", " "), f"{count:,}", ""


def _say_missed(totals: fleet.Totals, city: Scenario, door: int, breach: int) -> None:
    """What there is to know of a breach that the rules missed."""
    lines, run = fleet.story(door, totals.days, totals.seed, city)
    edges = [opening.edges[0] for opening in run.truth.openings if opening.breach == breach]
    since = edges[0] - START_MS - AROUND_MS
    until = edges[-1] - START_MS + AROUND_MS
    say(
        f"\nMISSED: breach {breach} of door {door}. The whole story: menshen simulate "
        f"--seed {totals.seed} --days {totals.days} --door {door}"
    )
    around = [line for line in lines if since <= line[0] <= until]
    for at_ms, line in around[:LINES_MAX]:
        say(_line(at_ms, line))


def _story(door: int, days: int, seed: int, city: Scenario, as_json: bool) -> int:
    """Every line of one door; the exit code."""
    lines, run = fleet.story(door, days, seed, city)
    if as_json:
        say_json([{"at_ms": at_ms, "line": line} for at_ms, line in lines])
    else:
        for at_ms, line in lines:
            say(_line(at_ms, line))
    return FAILED if run.scorer.seen.missed() else OK


def _line(at_ms: int, line: str) -> str:
    day, rest = divmod(at_ms, DAY_MS)
    hour, rest = divmod(rest, HOUR_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    clock = f"day {day + 1:>2} {hour:02}:{minute:02}:{rest / 1000:06.3f}"
    return f"{clock}  {_DEFAULTS.sub('', line)}"


def _write(path: Path, text: str) -> None:
    try:
        write_result(path, text.encode())
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
