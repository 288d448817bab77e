"""`make day`: forty boards and an installer's day with them, timed.

    python -m tests.day [--batches 14,13,13] [--installers 4] [--out bench/day.json] [--said FILE]
    python -m tests.day --bad-ends ...    what goes wrong on such a day, on a site of its own

Prints a line for each step and ends with 1 where something is not as it should be. `--said` keeps
every command with all that it said, to be read by somebody who is tired.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine
from tests import neighbours
from tests.conftest import interpreter
from tests.day.bad_ends import BadEnds
from tests.day.story import Day, Size, Step, begun
from tests.virtual_board.rom import IMAGE_BYTES

BOARDS_MIN = 3
DISK_MB = 256
DAY_S_MAX = 1_800  # beyond it, it is killed: nothing here waits for ever


def main() -> int:
    """Live the day; 1 if something of it went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batches", default="14,13,13")
    parser.add_argument("--installers", type=int, default=4)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--said", type=Path)
    parser.add_argument("--bad-ends", action="store_true")
    wanted = parser.parse_args()
    mosquitto, esptool = neighbours.find("mosquitto"), neighbours.find("esptool")
    micropython = interpreter("MICROPYTHON", ".mpy")
    if not (mosquitto and esptool and micropython):
        print("mosquitto, esptool and MicroPython are needed: make neighbours esptool micropython")
        return 1
    os.environ["PATH"] = os.pathsep.join([str(Path(esptool).parent), os.environ["PATH"]])
    signal.alarm(DAY_S_MAX)
    batches = () if wanted.bad_ends else tuple(map(int, wanted.batches.split(",")))
    if not wanted.bad_ends and sum(batches) < BOARDS_MIN:
        parser.error(f"--batches: {BOARDS_MIN} boards at least: one is swapped, one retired")
    size = Size(batches, wanted.installers, IMAGE_BYTES)
    with tempfile.TemporaryDirectory(prefix="day-") as room:
        folder = Path(room) / "site"
        folder.mkdir()
        with _disk(folder):
            described = machine.describe(folder)
            began_s = time.monotonic()
            day = begun(mosquitto, micropython, folder, size, random.Random(1))  # noqa: S311
            day.told = lambda step: print(_line(step), flush=True)
            wrong = _lived(day, wanted.bad_ends)
            whole_s = time.monotonic() - began_s
    print(f"{'the whole day':52} {size.boards:4} {whole_s:8.1f} s")
    if wanted.said:
        wanted.said.write_text("\n".join(said.shown() for said in day.installer.said))
    if wanted.out and not wrong:
        wanted.out.write_text(json.dumps(_figures(day, whole_s, described), indent=2) + "\n")
    return int(wrong)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """A small disk of its own at this folder, that can be filled; only root can give it."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(folder)]
    is_given = os.geteuid() == 0 and not subprocess.run(words, capture_output=True).returncode
    try:
        yield
    finally:
        if is_given:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _lived(day: Day, bad_ends: bool) -> bool:
    """Whether something went wrong, which is printed."""
    try:
        if bad_ends:
            day.founds()
            BadEnds(day).live()
        else:
            day.lives()
    except AssertionError as error:
        print(f"WRONG after {day.steps[-1].name if day.steps else 'nothing'}: {error}")
        print(day.site.gateway.last_words())
        return True
    finally:
        day.ends()
        day.site.gateway.stop()
        day.site.broker.stop()
    return False


def _line(step: Step) -> str:
    line = f"{step.name:52} {step.n:4} {step.took_s:8.1f} s"
    if not step.each_s:
        return line
    return f"{line}  each {statistics.median(step.each_s):.1f} s, at most {max(step.each_s):.1f} s"


def _figures(day: Day, whole_s: float, described: dict[str, object]) -> dict[str, object]:
    steps = [
        {"step": step.name, "n": step.n, "s": round(step.took_s, 1)}
        | ({"each_s": [round(s, 1) for s in step.each_s]} if step.each_s else {})
        for step in day.steps
    ]
    return {
        "boards": day.size.boards,
        "batches": day.size.batches,
        "installers": day.size.installers,
        "flashed_again": day.again,
        "commands": len(day.installer.said),
        "whole_s": round(whole_s, 1),
        "steps": steps,
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "machine": described,
    }


if __name__ == "__main__":
    sys.exit(main())
