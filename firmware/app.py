"""A seal at work: settings, board, seal, go. A fault of ours is printed and ends in a fresh start.

`chooser` calls `main` from the slot that starts, and hands over the slots.
"""

import sys
import time

from board import FLASH, Board
from sealnode import settings
from sealnode.seal import Seal
from sealnode.spool import SpoolError

WAIT_MS_MAX = 10  # how late a change of a switch may be checked
TROUBLE_S = 30  # before a fresh start; each one costs an epoch, of which there are 16 million


def run(board, own, slots):
    """Be a seal until it sleeps, which on a chip is the end of this program."""
    seal = Seal(board, own, slots=slots)
    while not seal.asleep:
        wait_ms = min(seal.poll(board.now_ms()), WAIT_MS_MAX)
        if wait_ms and not seal.wait(wait_ms):
            time.sleep_ms(wait_ms)


def main(slots):
    """Without settings, leave the board to the person at its cable."""
    try:
        own = settings.read(FLASH)
    except settings.SettingsError as error:
        print("seal:", error)  # noqa: T201 - the cable is all that a bare board has
        return
    board = Board(own.wifi, own.mains)
    try:
        run(board, own, slots)
    except KeyboardInterrupt:
        board.release()
        raise
    except SpoolError as error:
        print("seal:", error)  # noqa: T201
    except Exception as error:
        if slots.state == "trial":
            raise  # the chooser goes back at once
        sys.print_exception(error)
        time.sleep(TROUBLE_S)
        board.restart()
