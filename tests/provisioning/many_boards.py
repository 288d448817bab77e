"""`make flashing`: forty bare boards made seals, ten at once, with every step timed.

    python -m tests.provisioning.many_boards [--boards 40]

In batches of ten: C6, S3, C3 and C6 again, each batch by one `menshen flash` with its chip's image,
under the real esptool, mpremote, MicroPython, mosquitto and gateway. The chips and the radio are
simulated, so the times are of this machine and of no board.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

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
    boards = parser.parse_args().boards
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
        site = new_flash_site(mosquitto, folder, doors=boards)
        try:
            site.broker.start()
            site.note_pid()
            site.gateway.start()
            return _batches(site, micropython, Path(room), boards)
        finally:
            site.gateway.stop()
            site.broker.stop()
            os.chdir("/")


def _batches(site: FlashSite, micropython: str, room: Path, count: int) -> int:
    began_s, heard = time.monotonic(), 0
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
        print(f"{len(boards)} boards ({chip}): exit {code}, {time.monotonic() - at_s:.0f} s")
        if code:
            print(said)
    whole_s = time.monotonic() - began_s
    each_s = whole_s / count
    print(f"{heard} of {count} flashed and heard in {whole_s:.0f} s, {each_s:.1f} s each")
    return int(heard < count)


def _board(micropython: str, room: Path, chip: str) -> VirtualBoard:
    room.mkdir()
    board = VirtualBoard(micropython, room, rom=Rom(chip), air=AIR)
    board.plug()
    return board


if __name__ == "__main__":
    sys.exit(main())
