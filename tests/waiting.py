"""Waiting for something outside to become true: with a deadline, and never merely for a while.

The only places where a test sleeps, but for those that `tests/exceptions.toml` lists.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

WAIT_S = 10.0
LOOK_EVERY_S = 0.005


async def until(is_true: Callable[[], object], wait_s: float = WAIT_S) -> None:
    """Wait until a function, async or not, says so; fail if it never does."""
    async with asyncio.timeout(wait_s):
        while not await _answer(is_true()):
            await asyncio.sleep(LOOK_EVERY_S)


async def _answer(value: object) -> object:
    return await value if inspect.isawaitable(value) else value


def block_until(is_true: Callable[[], object], wait_s: float = WAIT_S) -> bool:
    """As `until`, where no loop runs; whether it became true in time."""
    ends_s = time.monotonic() + wait_s
    while not is_true():
        if time.monotonic() > ends_s:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
