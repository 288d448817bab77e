"""What silenced many doors of a building at once, and what the rules made of it.

- A *true outage* is a cause (a stair without power, an access point that is out, a box of seals
  whose firmware died) that silenced as many doors as the rules ask for, long enough to be found.
- One that the rules found is *its* case if it was found while the cause lasted, or so soon after
  that its seals may still have been counted as lost, and at least half of its doors are doors of
  that cause. A true outage has one case, or several (*split*), or none (*missed*: where a few of a
  stair are on the mains, those that are heard outweigh them, see gateway/core/cases/outages.py).
- A found outage is *false* if it is no cause's, great or small: radios that happened to fade.
- The *storm* of a true outage lasts from its beginning until ten minutes after its end. A *storm
  page* is a true page for an opening that began in it, at any door of the building; one *of a dark
  door* is at a door that the cause silenced. Its *answer* is the time from the arrival of the first
  report that shows an edge of the opening to the step that raised the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.rules import Rules

STORM_MS = 10 * MINUTE_MS
ANSWER_MS = 10 * SECOND_MS  # design, section 6: a true opening inside the storm pages in 10 s


class Cause(NamedTuple):
    """What silenced these doors."""

    area: str
    from_ms: int
    to_ms: int
    doors: frozenset[str]


@dataclass(slots=True)
class Found:
    """What the rules found: when, and all doors that ever were in it."""

    at_ms: int
    doors: tuple[str, ...]


class Answer(NamedTuple):
    """A true page for an opening: when that began, and how long after its report came the page."""

    opened_ms: int
    took_ms: int


@dataclass(slots=True)
class Outages:
    """Counted over buildings."""

    true: int = 0
    found: int = 0
    one_case: int = 0
    split: int = 0
    missed: int = 0
    false: int = 0
    doors: int = 0
    pages: int = 0  # to the installer, one a case
    storm_pages: int = 0
    storm_pages_of_dark_doors: int = 0
    answers_ms: list[int] = field(default_factory=list)  # of the storm pages

    def add(
        self, causes: list[Cause], true: list[Cause], outages: list[Found], patience_ms: int
    ) -> None:
        """One building more: its causes, those of them that are true outages, and what was found.

        A cause may be found so long after its end.
        """
        cases: dict[Cause, int] = dict.fromkeys(causes, 0)
        for outage in outages:
            mine = [cause for cause in causes if _is_of(outage, cause, patience_ms)]
            self.false += not mine
            if mine:
                cases[max(mine, key=lambda cause: len(cause.doors & {*outage.doors}))] += 1
            self.doors += len(outage.doors)
        self.found += len(outages)
        for cause in true:
            self.true += 1
            self.one_case += cases[cause] == 1
            self.split += cases[cause] > 1
            self.missed += cases[cause] == 0

    def add_storm(self, causes: list[Cause], door_id: str, answers: Iterable[Answer]) -> None:
        """One door more, of a building with these true outages."""
        for answer in answers:
            storms = [
                cause
                for cause in causes
                if cause.from_ms <= answer.opened_ms < cause.to_ms + STORM_MS
            ]
            if storms:
                self.storm_pages += 1
                self.storm_pages_of_dark_doors += any(door_id in cause.doors for cause in storms)
                self.answers_ms.append(answer.took_ms)

    def figures(self) -> dict[str, int | None]:
        """What `--json` prints of it."""
        return {
            "outages_true": self.true,
            "outages_found": self.found,
            "outages_in_one_case": self.one_case,
            "outages_split": self.split,
            "outages_missed": self.missed,
            "outages_false": self.false,
            "outage_doors": self.doors,
            "storm_pages": self.storm_pages,
            "storm_pages_of_dark_doors": self.storm_pages_of_dark_doors,
            "storm_answer_ms_max": max(self.answers_ms, default=None),
            "storm_answers_over_10_s": sum(took_ms > ANSWER_MS for took_ms in self.answers_ms),
        }


def true_outages(causes: list[Cause], rules: Rules, patience_ms: int, end_ms: int) -> list[Cause]:
    """Those that should be found: enough doors, for long enough, and over before the end."""
    return [
        cause
        for cause in causes
        if len(cause.doors) >= rules.outage_doors
        and cause.to_ms - cause.from_ms >= patience_ms
        and cause.to_ms < end_ms
    ]


def _is_of(outage: Found, cause: Cause, patience_ms: int) -> bool:
    in_time = cause.from_ms <= outage.at_ms < cause.to_ms + patience_ms
    return in_time and 2 * len(cause.doors & {*outage.doors}) >= len(outage.doors)
