"""`menshen simulate`: what the rules make of a fleet whose truth is known."""

import re
from pathlib import Path
from typing import NamedTuple

from gateway.cli import output
from gateway.cli.exit_codes import MISUSED, CommandError
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.simulate import fleet, goals, html_report
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.scenario import OURS, Scenario, ScenarioError, load

AROUND_MS = 30 * MINUTE_MS  # of a missed breach, before and after
LINES_MAX = 200  # of its excerpt
_DEFAULTS = re.compile(
    r", (first=False|bounces=0|waited_ms=0|battery_mv=None|cover=False|magnet=False)"
)


class Wanted(NamedTuple):
    """What was asked for."""

    doors: int
    days: int
    seed: int
    scenario: Path | None = None
    html: Path | None = None
    door: int | None = None
    as_json: bool = False


def simulate(wanted: Wanted) -> int:
    """Run the fleet, or tell one door's story. Exit code 1 if a breach was missed."""
    try:
        scenario = load(wanted.scenario or OURS)
    except ScenarioError as error:
        raise CommandError(str(error), MISUSED) from error
    if wanted.door is not None:
        return _story(wanted, wanted.door, scenario)
    with output.bar() as told:
        totals = fleet.simulate(
            wanted.doors,
            wanted.days,
            wanted.seed,
            scenario,
            lambda done: told("doors", done, wanted.doors),
        )
    if wanted.html is not None:
        _write(wanted.html, html_report.page(totals))
    if wanted.as_json:
        output.say_json(totals.figures())
    else:
        _say(totals, scenario)
    return 1 if totals.missed else 0


def _say(totals: fleet.Totals, scenario: Scenario) -> None:
    figures = totals.figures()
    rows = [
        (
            name.replace("_", " "),
            f"{value:,}" if value is not None else "-",
            goals.said(figures, name),
        )
        for name, value in figures.items()
        if isinstance(value, int | float) or value is None
    ]
    for what in ("pages", "false_pages", "fault_pages"):
        rows += [
            (f"{what.replace('_', ' ')}: {reason.replace('_', ' ')}", f"{count:,}", "")
            for reason, count in figures[f"{what}_by_reason"].items()
        ]
    output.show(("figure", "value", "goal"), rows)
    for note in figures["notes"]:
        output.say(note)
    for number, breach in totals.missed[:3]:
        _missed(totals, scenario, number, breach)


def _missed(totals: fleet.Totals, scenario: Scenario, number: int, breach: int) -> None:
    """What there is to know of a breach that the rules missed."""
    lines, run = fleet.story(number, totals.days, totals.seed, scenario)
    edges = [o.edges[0] for o in run.truth.openings if o.breach == breach]
    since = edges[0] - START_MS - AROUND_MS
    until = edges[-1] - START_MS + AROUND_MS
    output.say(
        f"\nMISSED: breach {breach} of door {number}. The whole story: menshen simulate "
        f"--seed {totals.seed} --days {totals.days} --door {number}"
    )
    around = [line for line in lines if since <= line[0] <= until]
    for at_ms, line in around[:LINES_MAX]:
        output.say(_line(at_ms, line))


def _story(wanted: Wanted, number: int, scenario: Scenario) -> int:
    """Every line of one door."""
    lines, run = fleet.story(number, wanted.days, wanted.seed, scenario)
    if wanted.as_json:
        output.say_json([{"at_ms": at_ms, "line": line} for at_ms, line in lines])
    else:
        for at_ms, line in lines:
            output.say(_line(at_ms, line))
    return 1 if run.scorer.seen.missed() else 0


def _line(at_ms: int, line: str) -> str:
    day, rest = divmod(at_ms, DAY_MS)
    hour, rest = divmod(rest, HOUR_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    clock = f"day {day + 1:>2} {hour:02}:{minute:02}:{rest / 1000:06.3f}"
    return f"{clock}  {_DEFAULTS.sub('', line)}"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
