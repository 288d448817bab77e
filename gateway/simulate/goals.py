"""What a fleet must reach, next to what it reached. How many pages may be false hangs on the city,
so its scenario says it."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Goal(NamedTuple):
    """The most that a figure may be, and the figure without which that says nothing. `most` may be
    the name of another figure that says it."""

    most: float | str
    of: str


GOALS: Mapping[str, Goal] = {
    "breaches_missed": Goal(0, "breaches_shown"),
    "false_pages_per_100_household_days": Goal("false_pages_goal", "pages"),
    "false_coverage_claims": Goal(0, "openings_true"),
    "coverage_wrong_ms": Goal(0, "coverage_doors"),
    "outages_split": Goal(0, "outages_true"),
    "storm_answers_over_10_s": Goal(0, "storm_pages"),
    "warden_over_10_in_10_min": Goal(0, "pages"),
    "phone_most_pages_in_10_min": Goal(10, "phone_pages"),
}


def holds(figures: Mapping[str, Any], name: str) -> bool | None:
    """Whether a figure reaches its goal; None where this fleet did not put it to the test."""
    goal = GOALS[name]
    return bool(figures[name] <= _most(figures, name)) if figures[goal.of] else None


def judged(figures: Mapping[str, Any]) -> dict[str, dict[str, float | bool | None]]:
    """Each goal: the most that its figure may be, and whether it holds."""
    return {name: {"most": _most(figures, name), "holds": holds(figures, name)} for name in GOALS}


def said(figures: Mapping[str, Any], name: str) -> str:
    """A goal and whether it holds, for people; nothing where a figure has no goal."""
    if name not in GOALS:
        return ""
    verdict = {True: "holds", False: "MISSED", None: "untried"}[holds(figures, name)]
    return f"at most {_most(figures, name):g}: {verdict}"


def _most(figures: Mapping[str, Any], name: str) -> float:
    most = GOALS[name].most
    return float(figures[most]) if isinstance(most, str) else most
