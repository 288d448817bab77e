"""The gateway's clock: UTC that never goes back and never stands still.

A Pi has no clock of its own that outlives a power cut, so the machine's time jumps when the network
tells it, and now and then a person sets it. What was written stays before what comes after; and a
escalation escalates on, even while the machine's time is behind what has been written already. Then
this clock goes at half speed until the machine has caught up, so that an hour too far is made good
in two. A jump ahead is followed at once."""

import time
from collections.abc import Callable

SLOWER = 2  # behind a machine that was set back, so many times slower than time


class Clock:
    """Starts no earlier than `floor_ms`, the newest time that is written."""

    def __init__(
        self,
        floor_ms: int,
        machine_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._machine_ns, self._steady_ns = machine_ns, steady_ns
        self._now_ns, self._at_ns = floor_ms * 1_000_000, steady_ns()

    def __call__(self) -> int:
        """Milliseconds of UTC."""
        steady_ns = self._steady_ns()
        slow_ns = self._now_ns + (steady_ns - self._at_ns) // SLOWER
        self._now_ns, self._at_ns = max(slow_ns, self._machine_ns()), steady_ns
        return self._now_ns // 1_000_000
