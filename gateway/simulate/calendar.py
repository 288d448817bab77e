"""What is to come in a building, in the order of time; and what time it is there."""

import heapq
from collections.abc import Callable
from typing import Any

Callback = Callable[[Any], None]


class Calendar:
    """Acts at their times; those of one time in the order in which they were planned."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._heap: list[tuple[int, int, Callback, Any]] = []
        self._planned = 0

    def at(self, at_ms: int, then: Callback, argument: Any) -> None:
        """Plan an action."""
        self._planned += 1
        heapq.heappush(self._heap, (at_ms, self._planned, then, argument))

    def live(self, end_ms: int) -> None:
        """Do everything that comes before the end."""
        heap = self._heap
        while heap and heap[0][0] < end_ms:
            self.now_ms, _, then, argument = heapq.heappop(heap)
            then(argument)
        self.now_ms = end_ms
