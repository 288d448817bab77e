"""A seal at work: settings, board, seal, go. A fault of ours ends in a fresh start (`main.py`).

`main.py` calls `main` from the slot that starts.
"""

import time

from board import FLASH, Board
from sealnode import settings
from sealnode.seal import Seal
from sealnode.spool import SpoolError

WAIT_MS_MAX = 10  # how late a change of a switch may be checked


def run(board, own, on_trial):
    """Be a seal until it sleeps, which on a chip is the end of this program."""
    seal = Seal(board, own, slots=FLASH, on_trial=on_trial)
    while not seal.asleep:
        wait_ms = min(seal.poll(board.now_ms()), WAIT_MS_MAX)
        if wait_ms and not seal.wait(wait_ms):
            time.sleep_ms(wait_ms)


def main(state):
    """Without settings, leave the board to the person at its cable. `state` is the slot's."""
    try:
        own = settings.read(FLASH)
    except settings.SettingsError as error:
        print("seal:", error)  # noqa: T201 - the cable is all that a bare board has
        return
    board = Board(own.wifi, own.mains)
    try:
        run(board, own, state in ("trial", "image"))
    except KeyboardInterrupt:
        board.release()
        raise
    except SpoolError as error:
        print("seal:", error)  # noqa: T201
