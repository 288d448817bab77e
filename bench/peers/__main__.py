"""`make bench-peers`: all systems in turn, round after round, and their figures side by side.

ROUNDS=1 QUICK=1 takes less than six minutes; as it stands, some forty. Whatever else the machine
does falls on all of them alike; the figures are the medians of the rounds. The processor time of
others stands beside each: where it is not small, believe the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import ROOT, floor, machine, stage
from bench.peers import figures, rig, scenarios
from bench.peers.menshen import Menshen
from bench.peers.systems import HomeAssistant, NodeRed, Script, System

TARGET = ROOT / "bench" / "peers.json"
KINDS: dict[str, type[System]] = {
    kind.name: kind for kind in (Menshen, Script, NodeRed, HomeAssistant)
}
ROUND_S_MAX = {True: 120.0, False: 900.0}  # of one system, quick or not


def main() -> None:
    """Measure and tell. Exit code 1 where a system could not be measured in any round."""
    options = _options()
    lengths = scenarios.QUICK if options.quick else scenarios.LONG
    chosen = {name: KINDS[name] for name in options.systems or KINDS}
    kinds = {name: kind for name, kind in chosen.items() if not _is_missing(kind)}
    gc.disable()  # a pause of ours must not be told as one of theirs
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    floors = []
    with tempfile.TemporaryDirectory(prefix="menshen-peers-", dir=options.folder) as folder:
        where: dict[str, object] = {
            "commit": machine.commit(),
            **machine.describe(Path(folder)),
            "broker": stage.mosquitto_version(),
        }
        for number in range(options.rounds):
            place = Path(folder) / str(number)
            floors.append(asyncio.run(floor.measure(place / "floor", 3.0)))
            for name, kind in kinds.items():
                began_s = time.monotonic()
                print(f"round {number + 1} of {options.rounds}: {name} …", flush=True)
                with contextlib.suppress(stage.CannotMeasure):
                    rounds[name].append(_round(kind, place, lengths, options.quick))
                print(f"  {time.monotonic() - began_s:.0f} s", flush=True)
                gc.collect()
    where["load_after"] = round(machine.load(), 2)
    found = figures.of_rounds(rounds, floors)
    print("\n" + figures.table(found))
    if set(KINDS) <= found["systems"].keys():
        figures.write(options.target, found, where, rounds, is_quick=options.quick)
        print(f"\nwritten to {options.target}")
    sys.exit(0 if all(rounds.values()) else 1)


def _round(kind: type[System], place: Path, lengths: Any, is_quick: bool) -> dict[str, Any]:
    """One round of one system. CannotMeasure, with its reason said, where it does not work."""

    async def measured() -> dict[str, Any]:
        async with (
            asyncio.timeout(ROUND_S_MAX[is_quick]),
            rig.at_work(kind, place / kind.name) as at_work,
        ):
            return await scenarios.whole(at_work, lengths)

    try:
        return asyncio.run(measured())
    except TimeoutError:
        print(f"  {kind.name} takes too long: this round of it does not count", flush=True)
        raise stage.CannotMeasure(kind.name) from None
    except stage.CannotMeasure as error:
        print(f"  {error}", flush=True)
        raise


def _is_missing(kind: type[System]) -> bool:
    words = kind.missing()
    if words:
        print(f"{kind.name} is not measured: {words}", flush=True)
    return bool(words)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated")
    parser.add_argument("--quick", action="store_true", help="everything short")
    parser.add_argument("--systems", nargs="+", choices=[*KINDS], help="measure only these")
    parser.add_argument("--target", type=Path, default=TARGET, help="where the figures go")
    parser.add_argument("--folder", type=Path, help="where they keep their data")
    return parser.parse_args()


if __name__ == "__main__":
    main()
