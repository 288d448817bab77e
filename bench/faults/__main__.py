"""`make faults`: every experiment of the catalogue, about ten minutes; some, or for hours.

Prints of each: injections, lost, doubled, misdated, the worst time, its seed, and the bound 3/N. A
criterion that is missed ends it with 1, and `make faults ONLY=<name> SEED=<seed>` repeats it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import ROOT, machine
from bench.faults.catalogue import EXPERIMENTS
from bench.faults.trial import Experiment, NotRunHereError, Outcome, Trial

LATEST = ROOT / "bench" / "faults.json"
SEED_BELOW = 10**6
_HEAD = f"{'':4} {'':42} {'N':>6} {'lost':>5} {'twice':>5} {'misd.':>5} {'worst s':>8} {'bound':>8}"


def main() -> None:
    """Run, tell, and end with 1 where a criterion is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    names = [experiment.name for experiment in EXPERIMENTS]
    parser.add_argument("--only", choices=names, action="append", help="may be said repeatedly")
    parser.add_argument("--seed", type=int, help="repeats a run; with --only and --n of that run")
    parser.add_argument("--n", type=int, help="injections of each experiment")
    parser.add_argument("--few", action="store_true", help="the slice that every test run has")
    parser.add_argument("--hours", type=float, default=0.0, help="go round for so long")
    parser.add_argument("--write", action="store_true", help="into bench/faults.json")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(SEED_BELOW) if options.seed is None else options.seed
    chosen = [one for one in EXPERIMENTS if not options.only or one.name in options.only]
    chosen = [one for one in chosen if one.few or not options.few]
    counts = {one.name: options.n or (one.few if options.few else one.n) for one in chosen}
    logging.getLogger("menshen").addHandler(logging.NullHandler())
    logging.getLogger("menshen").propagate = False  # troubles are what is made here
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # programs and namespaces end with it
    commit, began = _commit(), time.time()
    outcomes = _rounds(chosen, counts, seed, options.hours * 3600)
    for outcome in outcomes:
        for failure in outcome.failures:
            print(f"\n{outcome.experiment.name} {failure}")
    missed = [outcome.experiment.name for outcome in outcomes if outcome.failures]
    if options.write:
        _write(outcomes, commit, began)
    if missed:
        again = f"make faults ONLY={missed[0]} SEED={seed}"
        sys.exit(f"\nmissed: {', '.join(missed)}; `{again}` repeats the first of them")


def _rounds(
    chosen: list[Experiment], counts: dict[str, int], seed: int, lasting_s: float
) -> list[Outcome]:
    """Once, and again with the next seed until the time is over."""
    outcomes = [Outcome(experiment, seed) for experiment in chosen]
    ends_s, number = time.monotonic() + lasting_s, 0
    print(_HEAD)
    while number == 0 or time.monotonic() < ends_s:
        for outcome in outcomes:
            if number and (outcome.not_run or time.monotonic() > ends_s):
                continue
            print(_line(run(outcome, seed + number, counts[outcome.experiment.name])), flush=True)
        number += 1
    return outcomes


def run(outcome: Outcome, seed: int, n: int) -> Outcome:
    """One trial more. Where it failed, its folder is kept and named."""
    experiment = outcome.experiment
    folder = Path(tempfile.mkdtemp(prefix=f"menshen-{experiment.name.lower()}-"))
    trial = Trial(folder, seed, n)
    try:
        asyncio.run(experiment.run(trial))
    except NotRunHereError as error:
        outcome.not_run = str(error)
    except (AssertionError, TimeoutError) as error:
        words = [str(error) or type(error).__name__, *getattr(error, "__notes__", [])]
        trial.wrong.append("\n".join(words))
    if not outcome.not_run:
        outcome.trials.append(trial)
    if trial.failed:
        trial.wrong.append(f"seed {seed}; what it left is in {folder}")
    else:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    return outcome


def _line(outcome: Outcome) -> str:
    experiment, figures = outcome.experiment, outcome.as_json()
    if outcome.not_run:
        return f"{experiment.name:4} not run here: {outcome.not_run}"
    bound = "MISSED" if outcome.failures else f"{figures['bound']:.4f}"
    return (
        f"{experiment.name:4} {experiment.title:42} {outcome.n:6} {figures['lost']!s:>5} "
        f"{figures['doubled']!s:>5} {figures['misdated']!s:>5} {outcome.worst_s:8.2f} {bound:>8}"
        f"  seed {outcome.seed}"
    )


def _write(outcomes: list[Outcome], commit: str, began: float) -> None:
    """The result, with the commit that made it, beside what else is known of that commit."""
    with tempfile.TemporaryDirectory() as folder:
        where = machine.describe(Path(folder))
    experiments = {o.experiment.name: o.as_json() for o in outcomes if not o.not_run}
    not_run = {o.experiment.name: o.not_run for o in outcomes if o.not_run}
    before = json.loads(LATEST.read_text()) if LATEST.exists() else {}
    minutes = (time.time() - began) / 60
    if before.get("commit") == commit:  # what else was found of this tree stays
        known = {one["name"]: one for one in before["experiments"]}
        experiments = {n: one for n, one in known.items() if n not in not_run} | experiments
        not_run = {n: w for n, w in before["not_run"].items() if n not in experiments} | not_run
        minutes += before["minutes"]
    order = [experiment.name for experiment in EXPERIMENTS]
    whole = {
        "commit": commit,
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime(began)),
        "minutes": round(minutes, 1),
        "power_and_storage": sum(
            int(one["n"]) for one in experiments.values() if one["kind"] in ("power", "storage")
        ),
        "experiments": sorted(experiments.values(), key=lambda one: order.index(one["name"])),
        "not_run": not_run,
        "machine": where,
    }
    LATEST.write_text(json.dumps(whole, indent=1) + "\n")
    print(f"\nwritten to {LATEST.relative_to(ROOT)}")


def _commit() -> str:
    """The tree that is run, as Git names it; with a plus where something is not committed."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return "unknown"
    changed = subprocess.run(
        [*git, "status", "--porcelain", "-uno"], capture_output=True, check=True
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


if __name__ == "__main__":
    main()
