"""A machine whose clock anybody may set, while true time goes on: for whoever tests the clock."""

from gateway.core.model import SURE, Doubt
from gateway.engine.clock import MachineClock

NOON_MS = 2_000_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


class Machine:
    """Two clocks: one that jumps, and one that does not."""

    def __init__(self) -> None:
        self.true_ms, self.wrong_ms = NOON_MS, 0  # and by how much the machine's is wrong
        self.is_vouched = False

    def machine_ms(self) -> int:
        return self.true_ms + self.wrong_ms

    def steady_ms(self) -> int:
        return self.true_ms - NOON_MS + DAY

    def clock(self, floor_ms: int, known: Doubt = SURE) -> MachineClock:
        """The gateway's, at a start of it."""
        return MachineClock(
            floor_ms, known, self.machine_ms, self.steady_ms, lambda: self.is_vouched
        )

    def passes(self, clock: MachineClock, ms: int) -> int:
        """Time passes, with a look each second. By how much the gateway's was moved at once."""
        moved_ms = 0
        for _ in range(max(1, ms // SECOND)):
            self.true_ms += min(ms, SECOND)
            moved_ms += clock.look()[0]
        return moved_ms
