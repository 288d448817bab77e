"""Whose password is checked next: one at a time, for each costs a thread and some 19 MiB.

Those who are known, by their session or their browser, never wait for strangers; and nobody has
more than a few of the places, so that whoever sends passwords as fast as they can keeps a few busy
and locks no other out.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

WAITING_MAX: Final = 32  # of the known, and as many strangers; who comes then is told to come again
OF_ONE_MAX: Final = 8  # of them, of one: an account, a browser, a stranger's address


class Checking:
    """The queue."""

    def __init__(self) -> None:
        self._is_busy = False
        self._known: deque[asyncio.Future[None]] = deque()
        self._strangers: deque[asyncio.Future[None]] = deque()
        self._of: Counter[tuple[bool, str]] = Counter()  # being checked or waiting, of each

    def has_room(self, whose: str, *, is_known: bool) -> bool:
        """Whether one more of theirs may wait.

        Args:
            whose: by what they are counted together.
            is_known: whether that is an account or a browser that came in before.
        """
        waiting = self._known if is_known else self._strangers
        return len(waiting) < WAITING_MAX and self._of[is_known, whose] < OF_ONE_MAX

    @asynccontextmanager
    async def turn(self, whose: str, *, is_known: bool) -> AsyncIterator[None]:
        """Wait for it, and have it until the end of the block. As `has_room`."""
        self._of[is_known, whose] += 1
        try:
            await self._wait(self._known if is_known else self._strangers)
            try:
                yield
            finally:
                self._next()
        finally:
            self._of[is_known, whose] -= 1
            if not self._of[is_known, whose]:
                del self._of[is_known, whose]

    async def _wait(self, waiting: "deque[asyncio.Future[None]]") -> None:
        if not self._is_busy:
            self._is_busy = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():
                self._next()  # it was their turn already
            elif called in waiting:
                waiting.remove(called)
            raise

    def _next(self) -> None:
        while waiting := self._known or self._strangers:
            called = waiting.popleft()
            if not called.done():  # whoever waited for it may be gone
                called.set_result(None)
                return
        self._is_busy = False
