"""The gateway's clock: UTC that no false time moves, and waiting by it.

A Pi has no clock of its own that outlives a power cut, so the machine's time jumps when the network
tells it, and now and then a person sets it, or a server lies. So nothing asks the machine what time
it is but `look`, once a second; in between, and in all waiting, time passes by the steady clock.
What a look means is `clock_states.py`; what follows from it for the site, `clock_watch.py`.

Whoever waits (the engine, the delivery workers, the live streams) waits by a `Clock` that is handed
to it, so that a test may hold a clock that it advances by hand.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from gateway.core.duration import DAY_MS
from gateway.core.model import SURE, Doubt
from gateway.engine import time_service
from gateway.engine.clock_states import NEAR_MS, ClockState, GatewayTime, Reading


def steady_ms() -> int:
    """Milliseconds since the machine started, a suspension included: they never jump."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def steady_s() -> float:
    """The same in seconds, as exact as the machine has it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def machine_ms() -> int:
    """UTC as the machine believes it, in milliseconds."""
    return time.time_ns() // 1_000_000


class Clock(Protocol):
    """Time, and waiting for it. One for a gateway, shared by all its parts."""

    def now_ms(self) -> int:
        """The time.

        Returns:
            Milliseconds of UTC since 1970. Less than the last answer only after a correction.
        """

    async def wait(self, wake: asyncio.Event, timeout_ms: float | None = None) -> None:
        """Until somebody wakes us, or some time has passed.

        It may return too early: whoever waits looks again at what it waits for.

        Args:
            wake: ends the waiting as soon as it is set; when the time has passed, it is set here.
                It is not cleared here.
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
        known: Doubt = SURE,
        machine: Callable[[], int] = machine_ms,
        steady: Callable[[], int] = steady_ms,
        is_vouched: Callable[[], bool] = time_service.is_vouched,
    ) -> None:
        """Make one that starts no earlier than what is written.

        Args:
            floor_ms: the newest time that is written, in milliseconds of UTC; 0 if there is none.
            known: what the clock was worth when that was written.
            machine: UTC as the machine believes it, in milliseconds; it may jump.
            steady: milliseconds since whenever, which never jump.
            is_vouched: whether the machine's time service vouches for it.
        """
        self._machine, self._steady, self._is_vouched = machine, steady, is_vouched
        self._is_trusted = False
        self._time = GatewayTime(floor_ms, known, self._reading())

    @property
    def state(self) -> ClockState:
        """What the time is worth, as of the last look."""
        return self._time.state

    @property
    def doubt(self) -> Doubt:
        """How far it may be wrong."""
        return self._time.doubt

    def now_ms(self) -> int:
        """As `Clock.now_ms`."""
        return self._time.now_ms(self._steady())

    def look(self) -> tuple[int, bool]:
        """Compare with the machine's clock.

        Returns:
            By how much the time was moved at once, in milliseconds, and whether people are to be
            told that it is in doubt.
        """
        reading = self._reading()
        self._is_trusted = False
        moved_ms = self._time.look(reading)
        return moved_ms, self._time.is_told(reading)

    def trust(self, said_ms: int) -> None:
        """A person says that the machine's clock is right, when it said this (ms of UTC). The next
        look believes it, if it is still the same clock: it went on from there, for a day at most.
        """
        self._is_trusted = -NEAR_MS <= self._machine() - said_ms <= DAY_MS

    async def wait(self, wake: asyncio.Event, timeout_ms: float | None = None) -> None:
        """As `Clock.wait`."""
        if timeout_ms is None:
            await wake.wait()
            return
        # Not asyncio.timeout: that cancels and catches, and we wait four times for each report.
        timer = asyncio.get_running_loop().call_later(timeout_ms / 1000, wake.set)
        try:
            await wake.wait()
        finally:
            timer.cancel()

    async def sleep(self, duration_ms: float) -> None:
        """As `Clock.sleep`."""
        await asyncio.sleep(duration_ms / 1000)

    def _reading(self) -> Reading:
        return Reading(self._machine(), self._steady(), self._is_vouched(), self._is_trusted)
