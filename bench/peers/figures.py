"""The figures of all systems, medians over the rounds, and ours as ratios to theirs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OURS = "menshen"
Rounds = Mapping[str, Sequence[Mapping[str, Any]]]
_PER_RATE = ("p50_ms", "p99_ms", "max_ms", "cpu_s_per_1000", "lost", "doubled", "other_cores")
_FAULTS = ("kill", "hookdown", "killdown")


def of_rounds(rounds: Rounds, floors: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """`systems` by name, with medians; and the bare broker beside them."""
    return {
        "systems": {name: _median(single) for name, single in rounds.items() if single},
        "floor": {key: _middle([single[key] for single in floors]) for key in floors[0]},
    }


def _median(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rates = rounds[0]["rates"]
    return {
        "rates": {
            rate: {key: _middle([one["rates"][rate][key] for one in rounds]) for key in _PER_RATE}
            for rate in rates
        },
        "max_held": _middle([one["max_held"] for one in rounds]),
        "lost": {fault: max(one["lost"][fault] for one in rounds) for fault in _FAULTS},
        "doubled": {fault: max(one["doubled"][fault] for one in rounds) for fault in _FAULTS},
        "last_page_after_outage_s": _middle([one["last_page_after_outage_s"] for one in rounds]),
        "rss_mb": _middle([one["rss_mb"] for one in rounds]),
        "start_s": _middle([one["start_s"] for one in rounds]),
    }


def _middle(values: Sequence[float | None]) -> float | None:
    """The median; None where one round has none, for it is then never sure."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if len(known) == len(values) else None


def table(found: Mapping[str, Any]) -> str:
    """One line a figure, one column a system; behind each peer ours as a ratio to it."""
    systems: Mapping[str, Any] = found["systems"]
    lines = [f"{'':26}" + "".join(f"{name:>22}" for name in systems)]
    rates = next(iter(systems.values()))["rates"] if systems else {}
    for rate in rates:
        for key in ("p50_ms", "p99_ms", "cpu_s_per_1000"):
            values = {name: one["rates"][rate][key] for name, one in systems.items()}
            lines.append(_line(f"{rate}/s {key}", values))
    for key in ("max_held", "last_page_after_outage_s", "rss_mb", "start_s"):
        lines.append(_line(key, {name: one[key] for name, one in systems.items()}))
    for fault in _FAULTS:
        lines.append(_line(f"lost: {fault}", {n: one["lost"][fault] for n, one in systems.items()}))
    lines += [f"{'kept  ' if kept else 'MISSED'} {goal}" for goal, kept in goals(systems)]
    return "\n".join(lines)


def goals(systems: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """What was promised, and whether these figures keep it."""
    ours, kept = systems.get(OURS), []
    if ours is None:
        return []
    for name, theirs in systems.items():
        if name == OURS:
            continue
        for rate, figures in theirs["rates"].items():
            for key in ("p50_ms", "p99_ms"):
                mine, other = ours["rates"][rate][key], figures[key]
                is_kept = other is None or (mine is not None and mine < other)
                kept.append((f"{key} at {rate}/s below that of {name}", is_kept))
            if name != "script":
                mine, other = ours["rates"][rate]["cpu_s_per_1000"], figures["cpu_s_per_1000"]
                kept.append((f"processor time at {rate}/s below that of {name}", mine < other))
        is_kept = ours["max_held"] > theirs["max_held"]
        kept.append((f"a higher sustained rate than {name}", is_kept))
    return [*kept, ("nothing lost by a fault", not any(ours["lost"].values()))]


def write(
    path: Path,
    found: Mapping[str, Any],
    where: Mapping[str, object],
    rounds: Rounds,
    is_quick: bool,
) -> None:
    """Medians, machine and every round as JSON."""
    whole = {
        **found,
        "goals": {goal: kept for goal, kept in goals(found["systems"])},
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "is_quick": is_quick,
        "machine": where,
        "rounds": rounds,
    }
    path.write_text(json.dumps(whole, indent=1) + "\n")


def _line(words: str, values: Mapping[str, float | None]) -> str:
    ours = values.get(OURS)
    cells = [
        f"{_shown(value)}{_ratio(ours, value) if name != OURS else '':>9}"
        for name, value in values.items()
    ]
    return f"{words:26}" + "".join(f"{cell:>22}" for cell in cells)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 200 else f"{value:.2f}"


def _ratio(ours: float | None, theirs: float | None) -> str:
    return f" ({ours / theirs:.2f})" if ours is not None and theirs else ""
