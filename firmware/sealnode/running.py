"""A seal's day on a board: who is let in by cable, what counts as a good start, and safe mode.

The board has counted this start before anything else ran. It is a good one with the first receipt,
or after five minutes; a wake from deep sleep is none. After ten that came to nothing the seal only
beats and takes an update (safe_mode.py), and is tried whole again after six hours.
"""

import time

from . import waking

WAIT_MS_MAX = 10  # how late a change of a switch may be checked
SAFE_MS = 21_600_000


def live(board, make, mains: bool, let_in, on_trial=False) -> None:  # type: ignore[no-untyped-def]
    """Be a seal until it sleeps, which on a chip is the end of this program.

    A program `on_trial` is never in safe mode: the bad starts were another's, it has two of its own
    (`chooser`), and what only beat would be called good. `make(safe)` gives the seal, or what is
    left of it in safe mode; `let_in(bool)` whether Ctrl-C stops this program from now on, and is
    not called on a bench.
    """
    began_ms = board.now_ms()
    is_bench = board.cause == waking.NOT_TOLD
    is_open = is_bench or waking.leaves_cable_open(board.cause, board.is_case_open())
    if not is_bench:
        let_in(is_open)
    boots, dips = board.boots(), board.dips()
    if waking.rest_ms(dips) and not mains and not is_open:
        board.remember(b"")
        board.sleep(waking.rest_ms(dips))
        return
    safe = waking.is_safe_mode(boots) and not on_trial
    seal, is_counted = make(safe), boots > 0 or dips > 0
    while not seal.asleep:
        now_ms = board.now_ms()
        if is_open and not is_bench and now_ms - began_ms >= waking.CABLE_MS:
            is_open = False
            let_in(False)
        if is_counted and _is_over(safe, seal.receipts, now_ms - began_ms):
            is_counted = False
            board.well(waking.BOOTS_MAX - 1 if safe else 0)
            if safe:
                board.restart()
                return
        wait_ms = min(seal.poll(now_ms), WAIT_MS_MAX)
        if wait_ms and not seal.wait(wait_ms):
            _sleep_ms(wait_ms)


def _is_over(safe: bool, receipts: int, ran_ms: int) -> bool:
    """Whether this start has come to something; of safe mode, whether it has lasted long enough."""
    return ran_ms >= SAFE_MS if safe else receipts > 0 or ran_ms >= waking.WELL_MS


def _sleep_ms(ms: int) -> None:
    if hasattr(time, "sleep_ms"):
        time.sleep_ms(ms)
    else:  # the other Python, on a bench
        time.sleep(ms / 1000)
