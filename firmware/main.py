"""Switch on: board, settings, seal, go. A fault of ours is printed and ends in a fresh start.

The board comes first of all: it listens to the pins from then on, and has counted this start before
anything that might fail.
"""

import gc
import sys
import time

# Collect often while the modules come in: what each leaves behind would split a heap of 64 KB into
# pieces too small for a certificate, though a third of it is free.
gc.threshold(4096)

from board import FLASH, Board  # isort: split

import micropython

from sealnode import running, settings, waking
from sealnode.spool import SpoolError

TROUBLE_S = 30  # before a fresh start; each one costs an epoch, of which there are 16 million
NO_KEY_MS = 3_600_000  # a seal that may not speak sleeps, and says why at the cable once an hour


def live(board, own):
    """Be a seal until it sleeps; whole, or in safe mode."""

    def make(safe):
        if safe:
            from sealnode.safe_mode import SafeSeal as Seal
        else:
            from sealnode.seal import Seal
        return Seal(board, own)

    def let_in(is_open):
        micropython.kbd_intr(3 if is_open else -1)

    running.live(board, make, own.mains, let_in)


def main():
    """Without settings, leave the board to the person at its cable."""
    try:
        own = settings.read(FLASH)
    except settings.SettingsError as error:
        print("seal:", error)  # noqa: T201 - the cable is all that a bare board has
        return
    board = Board(own.wifi, own.mains)
    try:
        live(board, own)
    except KeyboardInterrupt:
        board.release()
        raise
    except SpoolError as error:
        print("seal:", error)  # noqa: T201
        time.sleep_ms(waking.CABLE_MS)
        board.sleep(NO_KEY_MS)
    except Exception as error:  # noqa: BLE001 - nobody is there to read it but the cable
        sys.print_exception(error)
        time.sleep(TROUBLE_S)
        board.restart()


main()
