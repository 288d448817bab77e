"""What an experiment is handed, and what it finds."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RULE_OF_THREE = 3.0  # n injections without a failure: at most 3/n of all fail (95 %)
SAID_MOST = 20  # sentences about what went wrong, of each kind
NO_COMPILER = "there is no gcc to make the library with that stands between a program and the disk"
BUSY_LOAD, BUSY_SHARE = 1.5, 5  # so many want each processor: a fifth of the load is made
QUANTILES = 40  # of the measured times, kept for the plot


class NotRunHereError(Exception):
    """This machine lacks something that the experiment needs; the text says what."""


@dataclass
class Trial:
    """One run of one experiment, and its tally.

    Args:
        folder: for whatever it writes; kept where something failed.
        seed: repeats its choices.
        n: how many injections are wanted; a little more may be made.
    """

    folder: Path
    seed: int
    n: int
    injections: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    misdated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # every other criterion that is missed
    times_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # figures that the report tells as well

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - not a secret

    def expect(self, is_so: object, otherwise: str) -> None:
        """Note a criterion that is missed."""
        if not is_so:
            self.wrong.append(f"injection {self.injections}: {otherwise}")

    @property
    def failed(self) -> bool:
        """Whether any criterion is missed."""
        return bool(self.lost or self.doubled or self.misdated or self.wrong)


@dataclass(frozen=True)
class Experiment:
    """A kind of harm.

    Args:
        name: F1 …, as in the list of fault experiments.
        title: what is done, in a few words.
        kind: power, storage, clock, attack, channel, flood, history or network.
        n: injections in ten minutes of all of them; `few`: in the slice that every test run has.
        timed: what its times are of; `within_s`: how long that may take at most.
        run: does it.
    """

    name: str
    title: str
    kind: str
    n: int
    few: int
    timed: str
    within_s: float
    run: Callable[[Trial], Coroutine[Any, Any, None]]


@dataclass
class Outcome:
    """What all runs of one experiment have found."""

    experiment: Experiment
    seed: int
    trials: list[Trial] = field(default_factory=list)
    not_run: str = ""  # why, where it was not

    def _all(self, name: str) -> list[str]:
        return [one for trial in self.trials for one in getattr(trial, name)]

    @property
    def n(self) -> int:
        """Injections."""
        return sum(trial.injections for trial in self.trials)

    @property
    def times_s(self) -> list[float]:
        """Every measured time, in seconds, the shortest first."""
        return sorted(time_s for trial in self.trials for time_s in trial.times_s)

    @property
    def failures(self) -> list[str]:
        """Everything that went wrong, one sentence each."""
        kinds = ("lost", "doubled", "misdated", "wrong")
        found = [f"{kind}: {one}" for kind in kinds for one in self._all(kind)[:SAID_MOST]]
        worst_s, limit_s = self.worst_s, self.experiment.within_s
        if worst_s > limit_s:
            found.append(f"too late: {self.experiment.timed} {worst_s:.1f} s, not {limit_s:g} s")
        if not self.not_run and not self.n:
            found.append("wrong: nothing was injected, so nothing is shown")
        return found

    @property
    def worst_s(self) -> float:
        """The longest time."""
        return max(self.times_s, default=0.0)

    def as_json(self) -> dict[str, Any]:
        """As it stands in bench/faults.json."""
        return {
            "name": self.experiment.name,
            "title": self.experiment.title,
            "kind": self.experiment.kind,
            "n": self.n,
            "lost": len(self._all("lost")),
            "doubled": len(self._all("doubled")),
            "misdated": len(self._all("misdated")),
            "wrong": len(self._all("wrong")),
            "worst_s": round(self.worst_s, 3),
            "within_s": self.experiment.within_s,
            "timed": self.experiment.timed,
            "seed": self.seed,
            "bound": None if self.failures or not self.n else round(RULE_OF_THREE / self.n, 6),
            "notes": list(dict.fromkeys(self._all("notes"))),
            "times_s": quantiles(self.times_s),
        }


def carried(rate: float) -> float:
    """The reports a second to make: fewer where others take the machine, for it is not the fault
    that is measured then."""
    is_busy = os.getloadavg()[0] > BUSY_LOAD * len(os.sched_getaffinity(0))
    return rate / BUSY_SHARE if is_busy else rate


def quantiles(times_s: Sequence[float]) -> list[float]:
    """The times thinned evenly, shortest and longest kept."""
    if len(times_s) <= QUANTILES:
        return [round(one, 4) for one in times_s]
    step = (len(times_s) - 1) / (QUANTILES - 1)
    return [round(times_s[round(n * step)], 4) for n in range(QUANTILES)]
