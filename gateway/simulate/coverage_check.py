"""Coverage claimed against coverage true, on a sample of doors that live with every heartbeat.

The ledger (replay/coverage.py) is made from a door's events as the gateway makes it from the
journal, and compared with how the leaf really stood."""

from dataclasses import dataclass
from itertools import pairwise

from gateway.core.model import Contact
from gateway.core.rules import Rulebook
from gateway.replay.coverage import Ledger, ledger
from gateway.simulate.building import BuildingRun, doors_of
from gateway.simulate.door import DoorRun
from gateway.simulate.ground_truth import START_MS
from gateway.simulate.scenario import Scenario

BUILDINGS_EACH = 25  # one building in so many is checked
DOORS = 6  # and so many of its doors


@dataclass(slots=True)
class Coverage:
    """Milliseconds of all sampled orders, by what was claimed; `wrong_ms` the truth contradicts."""

    doors: int = 0
    shut_ms: int = 0
    open_ms: int = 0
    not_seen_ms: int = 0
    true_open_ms: int = 0  # of all that time, seen or not
    wrong_ms: int = 0

    def add(self, run: DoorRun, span: tuple[int, int], slack_ms: int) -> None:
        """One door more."""
        claimed = ledger(run.journal, span, Rulebook(run.rules))
        self.doors += 1
        self.shut_ms += claimed.total_ms(Contact.SHUT)
        self.open_ms += claimed.total_ms(Contact.OPEN)
        self.not_seen_ms += claimed.total_ms(Contact.UNKNOWN)
        leaves = [*run.scorer.leaves, (span[1], Contact.UNKNOWN)]
        self.true_open_ms += sum(
            after - since for (since, leaf), (after, _) in pairwise(leaves) if leaf is Contact.OPEN
        )
        self.wrong_ms += _wrong_ms(claimed, run.scorer.leaves, span[1], slack_ms)

    def figures(self) -> dict[str, float]:
        """What `--json` prints of it."""
        total = max(1, self.shut_ms + self.open_ms + self.not_seen_ms)
        return {
            "coverage_doors": self.doors,
            "coverage_seen_shut": round(self.shut_ms / total, 5),
            "coverage_seen_open": round(self.open_ms / total, 5),
            "coverage_true_open": round(self.true_open_ms / total, 5),
            "coverage_not_seen": round(self.not_seen_ms / total, 5),
            "coverage_wrong_ms": self.wrong_ms,
        }


def check(doors: int, days: int, seed: int, scenario: Scenario) -> Coverage:
    """Let the sample live, every heartbeat of it, and compare."""
    coverage, size = Coverage(), doors_of(scenario)
    slack_ms = scenario.radio.late_ms[1]  # the journey of a report is taken for nothing
    for number in range(0, -(-doors // size), BUILDINGS_EACH):
        most = min(doors, number * size + DOORS)
        building = BuildingRun(number, scenario, seed, days, most, compressed=False)
        for run in building.doors:
            run.keeps_journal = True
        building.run()
        for run in building.doors:
            if not run.truth.chatter:  # a contact at fault is believed until it chatters
                coverage.add(run, (START_MS, building.end_ms), slack_ms)
    return coverage


def _wrong_ms(
    claimed: Ledger, leaves: list[tuple[int, Contact]], end_ms: int, slack_ms: int
) -> int:
    """How long the door really stood the other way while a claim says that it was seen."""
    wrong_ms = 0
    for n, (from_ms, leaf) in enumerate(leaves):
        to_ms = leaves[n + 1][0] if n + 1 < len(leaves) else end_ms
        for span in claimed.spans:
            if span.seen in (Contact.UNKNOWN, leaf):
                continue
            overlap_ms = min(to_ms, span.to_ms) - max(from_ms, span.from_ms)
            wrong_ms += overlap_ms if overlap_ms > slack_ms else 0
    return wrong_ms
