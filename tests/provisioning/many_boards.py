"""`make flashing`: forty bare boards made seals, ten at once; and the cable pulled at each moment.

    python -m tests.provisioning.many_boards [--boards 40] [--pulls 20] [--out bench/flashing.json]

In batches of ten: C6, S3, C3 and C6 again, each batch by one `menshen flash` with its chip's image,
under the real esptool, mpremote, MicroPython, mosquitto and gateway. The chips and the radio are
simulated, so the times are of this machine and of no board. Then one board after the other loses
its cable, each a little later than the one before: it is a seal, or it is nobody, and the same
command makes a seal of it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench import machine
from tests import neighbours
from tests.conftest import interpreter
from tests.provisioning.flash_site import AIR, FlashSite, new_flash_site
from tests.virtual_board.rom import Rom
from tests.virtual_board.virtual_board import VirtualBoard

AT_ONCE = 10
CHIPS = ("esp32c6", "esp32s3", "esp32c3")


def main() -> int:
    """Flash them all; 1 if one of them was not heard."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--boards", type=int, default=40)
    parser.add_argument("--pulls", type=int, default=20)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    boards, pulls, start = arguments.boards, arguments.pulls, Path.cwd()
    mosquitto, esptool = neighbours.find("mosquitto"), neighbours.find("esptool")
    micropython = interpreter("MICROPYTHON", ".mpy")
    if not (mosquitto and esptool and micropython):
        print("mosquitto, esptool and MicroPython are needed: make neighbours esptool micropython")
        return 1
    os.environ["PATH"] = os.pathsep.join([str(Path(esptool).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory(prefix="flashing-") as room:
        folder = Path(room) / "site"
        folder.mkdir()
        os.chdir(folder)
        site = new_flash_site(mosquitto, folder, doors=boards + pulls + 1)
        try:
            site.broker.start()
            site.note_pid()
            site.gateway.start()
            described = machine.describe(folder)
            figures = _batches(site, micropython, Path(room), boards)
            failed = int(int(str(figures["heard"])) < boards)
            if arguments.out is not None and not failed:
                figures |= {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}
                text = json.dumps(figures | {"machine": described}, indent=2)
                (start / arguments.out).write_text(text + "\n")
            return failed or (
                _pulls(site, micropython, Path(room), boards + 1, pulls) if pulls else 0
            )
        finally:
            site.gateway.stop()
            site.broker.stop()
            os.chdir("/")


def _batches(site: FlashSite, micropython: str, room: Path, count: int) -> dict[str, object]:
    began_s, heard, batches = time.monotonic(), 0, list[dict[str, object]]()
    for batch, first in enumerate(range(0, count, AT_ONCE)):
        chip = CHIPS[batch % len(CHIPS)]
        numbers = range(first, min(first + AT_ONCE, count))
        boards = [_board(micropython, room / f"board-{number}", chip) for number in numbers]
        words: list[object] = ["--wait", 300, "--labels", "labels", *site.image(chip)]
        for number, board in zip(numbers, boards, strict=True):
            words += ["--door", f"d{number + 1}", "--port", board.port]
        at_s = time.monotonic()
        code, said = site.flash(*words)
        for board in boards:
            board.pull()
        heard += said.count(": HEARD. ")
        took_s = round(time.monotonic() - at_s, 1)
        batches.append({"boards": len(boards), "chip": chip, "s": took_s})
        print(f"{len(boards)} boards ({chip}): exit {code}, {took_s:.0f} s", flush=True)
        if code:
            print(said)
    whole_s = time.monotonic() - began_s
    each_s = whole_s / max(count, 1)
    print(f"{heard} of {count} flashed and heard in {whole_s:.0f} s, {each_s:.1f} s each")
    return {"boards": count, "at_once": AT_ONCE, "heard": heard, "s": round(whole_s, 1)} | {
        "batches": batches
    }


def _pulls(site: FlashSite, micropython: str, room: Path, first: int, count: int) -> int:
    """Pull the cable of so many boards, each at a moment of its own; 1 if one is half a seal."""
    chip, wrong = CHIPS[0], 0
    whole = _board(micropython, room / "whole", chip)
    site.flash("--door", f"d{first}", "--port", whole.port, *site.image(chip))
    whole.pull()
    for number in range(count):
        door, board = f"d{first + 1 + number}", _board(micropython, room / f"cut-{number}", chip)
        board.pull_after(whole.taken * (2 * number + 1) // (2 * count))
        words, image = ("--door", door, "--port", board.port), site.image(chip)
        code, said = site.flash(*words, *image, "--wait", 10)
        is_seal = door in site.seals().values()
        told = next(line for line in said.splitlines() if line.startswith("Board"))
        board.pull()
        board.plug()
        if board.rom is not None and board.rom.is_written:
            image = ()  # no line resets a simulated chip into its loader once it has MicroPython
        again, said_again = site.flash(*words, *image, "--wait", 60, "--erase", "--replace")
        board.pull()
        good = code == 1 and again == 0 and is_seal == (": FLASHED." in told)
        wrong |= not good
        print(
            f"cut {number + 1} of {count}: {'good' if good else 'WRONG'}. {told[:90]}", flush=True
        )
        if not good:
            print(code, is_seal, said, again, said_again)
    return int(wrong)


def _board(micropython: str, room: Path, chip: str) -> VirtualBoard:
    room.mkdir()
    board = VirtualBoard(micropython, room, rom=Rom(chip), air=AIR)
    board.plug()
    return board


if __name__ == "__main__":
    sys.exit(main())
