"""A clock that stands still until a test advances it, and wakes those whose time has come then."""

from __future__ import annotations

import asyncio

from tests.waiting import until

NOON_MS = 2_000_000_000_000  # ahead of every machine that runs these tests


class ManualClock:
    """A `gateway.engine.clock.Clock` that is moved by hand."""

    def __init__(self, start_ms: int = NOON_MS) -> None:
        self._now_ms = start_ms
        self._waiting: list[tuple[float, asyncio.Event]] = []  # until when, and what ends it
        self._sleeping: list[tuple[float, asyncio.Event]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Time passes. Those whose time has come run as soon as the test waits for anything."""
        self._now_ms += ms
        for until_ms, wake in [*self._waiting, *self._sleeping]:
            if until_ms <= self._now_ms:
                wake.set()

    async def wait(self, wake: asyncio.Event, timeout_ms: float | None = None) -> None:
        if timeout_ms is None:
            await wake.wait()
        else:
            await self._until(self._waiting, timeout_ms, wake)

    async def sleep(self, duration_ms: float) -> None:
        await self._until(self._sleeping, duration_ms, asyncio.Event())

    def sleepers(self) -> int:
        """How many sleep now, and are not woken yet."""
        return sum(not wake.is_set() for _, wake in self._sleeping)

    async def until_asleep(self, count: int = 1) -> None:
        """Wait until so many sleep by this clock: a stream between two looks, say."""
        await until(lambda: self.sleepers() >= count)

    async def _until(
        self, those: list[tuple[float, asyncio.Event]], ms: float, wake: asyncio.Event
    ) -> None:
        if ms <= 0:
            return
        entry = self._now_ms + ms, wake
        those.append(entry)
        try:
            await wake.wait()
        finally:
            those.remove(entry)
