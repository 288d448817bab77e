"""The gateway's clock: UTC that never goes back and never stands still, and waiting by it.

A Pi has no clock of its own that outlives a power cut, so the machine's time jumps when the network
tells it, and now and then a person sets it. What was written stays before what comes after; and an
escalation goes on, even while the machine's time is behind what has been written already. Then
this clock goes at half speed until the machine has caught up, so that an hour too far is made good
in two. A jump ahead is followed at once.

Whoever waits (the engine, the delivery workers, the live streams) waits by a `Clock` that is handed
to it, so that a test may hold a clock that it advances by hand.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


def steady_ms() -> int:
    """Milliseconds since the machine started, a suspension included: they never jump."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


SLOWER = 2  # behind a machine that was set back, so many times slower than time


class Clock(Protocol):
    """Time, and waiting for it. One for a gateway, shared by all its parts."""

    def now_ms(self) -> int:
        """The time.

        Returns:
            Milliseconds of UTC since 1970; never less than the last answer.
        """

    async def wait(self, wake: asyncio.Event, timeout_ms: float | None = None) -> None:
        """Until somebody wakes us, or some time has passed.

        It may return too early: whoever waits looks again at what it waits for.

        Args:
            wake: ends the waiting as soon as it is set; it is not cleared here.
            timeout_ms: how long at most, in milliseconds; None for ever.
        """

    async def sleep(self, duration_ms: float) -> None:
        """Until some time has passed.

        Args:
            duration_ms: how long, in milliseconds.
        """


class MachineClock:
    """The `Clock` of a gateway at work, by the machine's two clocks."""

    def __init__(
        self,
        floor_ms: int,
        machine_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Make one that starts no earlier than what is written.

        Args:
            floor_ms: the newest time that is written, in milliseconds of UTC; 0 if there is none.
            machine_ns: UTC as the machine believes it, in nanoseconds; it may jump.
            steady_ns: nanoseconds since whenever, which never jump.
        """
        self._machine_ns, self._steady_ns = machine_ns, steady_ns
        self._now_ns, self._at_ns = floor_ms * 1_000_000, steady_ns()

    def now_ms(self) -> int:
        """As `Clock.now_ms`."""
        steady_ns = self._steady_ns()
        slow_ns = self._now_ns + (steady_ns - self._at_ns) // SLOWER
        self._now_ns, self._at_ns = max(slow_ns, self._machine_ns()), steady_ns
        return self._now_ns // 1_000_000

    async def wait(self, wake: asyncio.Event, timeout_ms: float | None = None) -> None:
        """As `Clock.wait`."""
        try:
            async with asyncio.timeout(None if timeout_ms is None else timeout_ms / 1000):
                await wake.wait()
        except TimeoutError:
            pass

    async def sleep(self, duration_ms: float) -> None:
        """As `Clock.sleep`."""
        await asyncio.sleep(duration_ms / 1000)
