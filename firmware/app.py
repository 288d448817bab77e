"""A seal at work: board, settings, seal, go. A fault of ours ends in a fresh start (`main.py`).

`main.py` calls `main` from the slot that starts. The board comes first of all: it listens to the
pins from then on, and has counted this start before anything that might fail.
"""

import time

from board import FLASH, Board  # isort: split

import micropython

from sealnode import running, settings, waking
from sealnode.spool import SpoolError

NO_KEY_MS = 3_600_000  # a seal that may not speak sleeps, and says why at the cable once an hour
ON_TRIAL = ("trial", "image")  # states of a slot that goes back where it fails


def live(board, own, on_trial):
    """Be a seal until it sleeps; whole, or in safe mode."""

    def make(safe):
        if safe:
            from sealnode.safe_mode import SafeSeal as Seal
        else:
            from sealnode.seal import Seal
        return Seal(board, own, slots=FLASH, on_trial=on_trial)

    def let_in(is_open):
        micropython.kbd_intr(3 if is_open else -1)

    running.live(board, make, own.mains, let_in, on_trial)


def main(state):
    """Without settings, leave the board to the person at its cable. `state` is the slot's."""
    try:
        own = settings.read(FLASH)
    except settings.SettingsError as error:
        print("seal:", error)  # noqa: T201 - the cable is all that a bare board has
        return
    board = Board(own.wifi, own.mains)
    try:
        live(board, own, state in ON_TRIAL)
    except KeyboardInterrupt:
        board.release()
        raise
    except SpoolError as error:
        if state in ON_TRIAL:
            raise  # what was there before could read its spool
        print("seal:", error)  # noqa: T201
        time.sleep_ms(waking.CABLE_MS)
        board.sleep(NO_KEY_MS)
