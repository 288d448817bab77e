"""`make bench`: measure, print the figures beside their goals and the floor, and write them down.

Every round runs each measurement once, so that whatever else the machine does falls on all of them
alike; the figures are the medians of the rounds. What takes minutes (`SLOW`) runs in the first
round only: all of it together takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench import (
    ROOT,
    core,
    floor,
    handheld,
    held,
    machine,
    pages,
    phones,
    stage,
    starts,
    throughput,
    walls,
)
from bench.figures import KEYS, table, write

LATEST = ROOT / "bench" / "latest.json"
KINDS: dict[str, Callable[[Path, float], Coroutine[Any, Any, dict[str, float]]]] = {
    "floor": floor.measure,
    "pages": pages.measure,
    "throughput": throughput.measure,
    "held": held.measure,
    "starts": starts.measure,
    "walls": walls.measure,
    "phones": phones.measure,
    "handheld": handheld.measure,
}
SLOW = ("held", "starts", "walls", "phones", "handheld")


def main() -> None:
    """Measure and tell. Exit code 1 where something could not be measured."""
    options = _options()
    gc.disable()  # a pause of ours must not be told as one of theirs
    with tempfile.TemporaryDirectory(prefix="menshen-bench-", dir=options.folder) as folder:
        where = {**machine.describe(Path(folder)), "broker": stage.mosquitto_version()}
        for name, value in where.items():
            print(f"{name:>12}  {value}")
        try:
            rounds = [_round(Path(folder), number, options) for number in range(options.rounds)]
        except stage.CannotMeasure as error:
            sys.exit(f"cannot measure: {error}")
    figures = {
        key: statistics.median(single[key] for single in rounds if key in single)
        for key in rounds[0]
    }
    print("\n" + table(figures))
    if set(KEYS) <= figures.keys():
        write(LATEST, figures, where, rounds)
        print(f"\nwritten to {LATEST.relative_to(ROOT)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="each measurement's length")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated")
    parser.add_argument(
        "--only", choices=[*KINDS, "core"], action="append", help="measure only this; repeatable"
    )
    parser.add_argument(
        "--folder", type=Path, help="where the databases lie: another disk, another figure"
    )
    return parser.parse_args()


def _round(folder: Path, number: int, options: argparse.Namespace) -> dict[str, float]:
    figures: dict[str, float] = {}
    began, others_s = time.monotonic(), machine.others_s()
    for kind in options.only or [*KINDS, "core"]:
        if number and kind in SLOW and not options.only:
            continue
        print(f"round {number + 1} of {options.rounds}: {kind} …", flush=True)
        if kind == "core":
            figures |= core.measure()
        else:
            figures |= asyncio.run(KINDS[kind](folder / f"{number}-{kind}", options.seconds))
        gc.collect()
    figures["other_cores"] = (machine.others_s() - others_s) / (time.monotonic() - began)
    return {key: round(value, 3) for key, value in figures.items()}


main()
