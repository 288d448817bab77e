"""Switch on: settings, board, seal, go. A fault of ours is printed and ends in a fresh start."""

import gc
import sys
import time

# Collect often while the modules come in: what each leaves behind would split a heap of 64 KB into
# pieces too small for a certificate, though a third of it is free.
gc.threshold(4096)

from board import FLASH, Board
from sealnode import settings
from sealnode.seal import Seal
from sealnode.spool import SpoolError

WAIT_MS_MAX = 10  # how late a change of a switch may be checked
TROUBLE_S = 30  # before a fresh start; each one costs an epoch, of which there are 16 million


def run(board, own):
    """Be a seal until it sleeps, which on a chip is the end of this program."""
    seal = Seal(board, own)
    while not seal.asleep:
        wait_ms = min(seal.poll(board.now_ms()), WAIT_MS_MAX)
        if wait_ms and not seal.wait(wait_ms):
            time.sleep_ms(wait_ms)


def main():
    """Without settings, leave the board to the person at its cable."""
    try:
        own = settings.read(FLASH)
    except settings.SettingsError as error:
        print("seal:", error)  # noqa: T201 - the cable is all that a bare board has
        return
    board = Board(own.wifi, own.mains)
    try:
        run(board, own)
    except KeyboardInterrupt:
        board.release()
        raise
    except SpoolError as error:
        print("seal:", error)  # noqa: T201
    except Exception as error:  # noqa: BLE001 - nobody is there to read it but the cable
        sys.print_exception(error)
        time.sleep(TROUBLE_S)
        board.restart()


main()
