"""All doors, one after the other, and the figures of them together.

What doors share, they share within a grid of a few buildings, with one warden; so one grid is
simulated at a time, and memory stays small.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.core.duration import MINUTE_MS
from gateway.core.reasons import Reason
from gateway.simulate.building import BuildingRun, buildings_of_grid, doors_of, live
from gateway.simulate.causes import Outages, true_outages
from gateway.simulate.coverage_check import Coverage, check
from gateway.simulate.door import RULES, DoorRun
from gateway.simulate.goals import judged
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.phones import Phones
from gateway.simulate.scenario import Scenario
from gateway.simulate.site_run import SiteRun

TEN_MINUTES_MS = 10 * MINUTE_MS
NOTES = (
    "Nothing reaches beyond a building: no outage of the whole site; a bad batch of seals is a box "
    "of one building. A warden's grid is some whole buildings.",
    "The gateway is always up, every phone works, and a page is due when a step raises it: the "
    "loop and deliveries are measured elsewhere.",
    "The radio's two ways are alike; seals never sleep; how often things fail is mostly assumed.",
)


@dataclass(slots=True)
class Totals:
    """What came of a fleet. `missed` names each missed breach: door, number."""

    doors: int
    days: int
    seed: int
    doors_of_warden: int
    false_pages_goal: float = 0.5
    counts: Counter[str] = field(default_factory=Counter)
    page_users: Counter[str] = field(default_factory=Counter)  # what households did on their page
    reasons: Counter[Reason] = field(default_factory=Counter)
    false: Counter[Reason] = field(default_factory=Counter)
    fault_reasons: Counter[Reason] = field(default_factory=Counter)
    needless: Counter[Reason] = field(default_factory=Counter)
    waits_ms: list[int] = field(default_factory=list)
    loads: Counter[tuple[int, int]] = field(default_factory=Counter)  # warden, ten minutes
    missed: list[tuple[int, int]] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    outages: Outages = field(default_factory=Outages)
    phones: Phones = field(default_factory=lambda: Phones(RULES))
    seconds: float = 0.0

    def add(self, number: int, run: DoorRun) -> None:
        """One door more."""
        seen, counts = run.scorer.seen, self.counts
        counts["openings_true"] += len(run.truth.openings)
        counts["breaches_true"] += run.truth.breaches
        counts["breaches_shown"] += len(seen.shown)
        counts["breaches_told"] += len(seen.told)
        counts["breaches_missed"] += len(seen.missed())
        counts["breaches_excused"] += len((seen.shown & seen.excused) - seen.told)
        counts["breaches_behind_fault"] += len(
            (seen.shown & seen.faulty) - seen.told - seen.excused
        )
        counts["false_coverage_claims"] += len(seen.false_claims)
        counts["false_intervals"] += len(seen.false_intervals)
        counts["reports_dropped"] += run.seal.dropped
        counts["steps"] += run.steps
        counts["escalations"] += seen.escalations
        counts["questions"] += seen.questions
        counts["questions_of_shut"] += seen.questions_of_shut
        counts["fault_pages"] += seen.fault_pages.total()
        counts["false_fault_pages"] += seen.false_fault_pages.total()
        if run.user is not None:
            self.page_users += run.user.counts + Counter({"households_with_a_page": 1})
        self.fault_reasons += seen.fault_pages
        self.false += seen.false
        self.needless += seen.needless
        self.waits_ms += seen.waits_ms
        self.missed += [(number, breach) for breach in sorted(seen.missed())]
        warden = number // self.doors_of_warden
        for at_ms, reason in seen.pages:
            self.reasons[reason] += 1
            self.loads[warden, (at_ms - START_MS) // TEN_MINUTES_MS] += 1

    def add_building(self, building: BuildingRun) -> None:
        """What its doors share."""
        causes, rules = building.causes(), building.rules
        patience_ms = (
            rules.lost_heartbeats * building.doors[0].seal.heartbeat_ms + rules.outage_gather_ms
        )
        true = true_outages(causes, rules, patience_ms, building.end_ms)
        self.outages.add(causes, true, [*building.found.values()], patience_ms)
        self.outages.pages += len(building.installer_pages)
        for run in building.doors:
            self.outages.add_storm(true, run.door.door_id, run.scorer.seen.answers)

    def load_shares(self) -> dict[int, float]:
        """How many pages a warden got in ten minutes -> in which share of all ten minutes."""
        wardens = -(-self.doors // self.doors_of_warden)
        all_of_them = wardens * self.days * 144
        times = Counter(self.loads.values())
        times[0] = all_of_them - sum(times.values())
        return {load: times[load] / all_of_them for load in sorted(times)}

    def figures(self) -> dict[str, Any]:
        """What `--json` prints; scorer.py and causes.py say what each word means."""
        waits = sorted(self.waits_ms)
        figures = {
            "doors": self.doors,
            "days": self.days,
            "seed": self.seed,
            "household_days": self.doors * self.days,
            **self._breaches(),
            **self._pages(),
            **{word: self.page_users[word] for word in sorted(self.page_users)},
            **self.outages.figures(),
            "time_to_page_ms_p50": rank(waits, 0.50),
            "time_to_page_ms_p99": rank(waits, 0.99),
            "false_coverage_claims": self.counts["false_coverage_claims"],
            "false_intervals": self.counts["false_intervals"],
            "reports_dropped": self.counts["reports_dropped"],
            "warden_doors": self.doors_of_warden,
            "warden_most_pages_in_10_min": max(self.loads.values(), default=0),
            "warden_over_10_in_10_min": sum(load > 10 for load in self.loads.values()),
            **self.phones.figures(),
            **self.coverage.figures(),
            "steps": self.counts["steps"],
            "seconds": round(self.seconds, 1),
        }
        return {**figures, "goals": judged(figures), "notes": list(NOTES)}

    def _breaches(self) -> dict[str, Any]:
        words = ["openings_true", "breaches_true", "breaches_shown", "breaches_told"]
        words += ["breaches_excused", "breaches_behind_fault", "breaches_missed"]
        missed = [{"door": door, "breach": breach} for door, breach in self.missed]
        return {**{word: self.counts[word] for word in words}, "missed": missed}

    def _pages(self) -> dict[str, Any]:
        pages, false, days = self.reasons.total(), self.false.total(), self.doors * self.days
        return {
            "pages": pages,
            "pages_by_reason": _by_word(self.reasons),
            "pages_per_household_day": round(pages / days, 5),
            "false_pages": false,
            "false_pages_by_reason": _by_word(self.false),
            "false_pages_per_100_household_days": round(100 * false / days, 4),
            "false_pages_goal": self.false_pages_goal,
            "needless_pages": self.needless.total(),
            "needless_pages_by_reason": _by_word(self.needless),
            "questions": self.counts["questions"],
            "questions_of_shut": self.counts["questions_of_shut"],
            "fault_pages": self.counts["fault_pages"] + self.outages.pages,
            "fault_pages_by_reason": _by_word(self.fault_reasons)
            | {str(Reason.OUTAGE): self.outages.pages},
            "false_fault_pages": self.counts["false_fault_pages"],
            "escalations": self.counts["escalations"],
        }


def simulate(
    doors: int,
    days: int,
    seed: int,
    scenario: Scenario,
    progress: Callable[[int], None] = lambda _: None,
    compressed: bool = True,
) -> Totals:
    """Let the fleet live. `progress` hears how many doors are done."""
    began = time.perf_counter()
    size = buildings_of_grid(scenario) * doors_of(scenario)
    most_false = scenario.goal.false_pages_per_100_household_days
    totals = Totals(doors, days, seed, size, most_false)
    for first in range(0, doors, size):
        buildings = _grid(first // size, days, seed, scenario, doors, compressed)
        live(buildings)
        totals.phones.add(buildings[0].site.phones)
        for building in buildings:
            totals.add_building(building)
            for run in building.doors:
                totals.add(run.number, run)
        progress(min(doors, first + size))
    totals.coverage = check(doors, days, seed, scenario)
    totals.seconds = time.perf_counter() - began
    return totals


def story(
    number: int, days: int, seed: int, scenario: Scenario
) -> tuple[list[tuple[int, str]], DoorRun]:
    """One door of the fleet again, with every line of what happened: ms since the start, text."""
    lines: list[tuple[int, str]] = []
    size = buildings_of_grid(scenario) * doors_of(scenario)
    buildings = _grid(number // size, days, seed, scenario, (number // size + 1) * size, True)
    (run,) = (run for building in buildings for run in building.doors if run.number == number)
    run.log = lambda at, line: lines.append((at - START_MS, line))
    live(buildings)
    return lines, run


def _grid(
    number: int, days: int, seed: int, scenario: Scenario, doors: int, compressed: bool
) -> list[BuildingRun]:
    """The buildings of a grid, on one site. `doors`: of the fleet; its last grid may be smaller."""
    site, together = SiteRun(START_MS, RULES), buildings_of_grid(scenario)
    first, count = number * together, -(-doors // doors_of(scenario))
    return [
        BuildingRun(building, scenario, seed, days, doors, compressed, site)
        for building in range(first, min(first + together, count))
    ]


def rank(ordered: list[int], share: float) -> int | None:
    """The value that so large a share does not exceed; None of nothing."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def _by_word(counter: Counter[Reason]) -> dict[str, int]:
    return {str(reason): counter[reason] for reason in sorted(counter)}
