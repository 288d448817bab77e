"""When the loop must come back to which door, though nobody speaks.

Deadlines are data in the doors' states; this is only an index of them, made anew at every start. It
may hold times that have moved since: who takes a door from here looks at its state.
"""

import heapq


class Deadlines:
    """The earliest time of each door."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._noted: dict[str, int] = {}  # door_id -> the latest of its times in the heap

    def note(self, door_id: str, due_ms: int | None) -> None:
        """The door's earliest time is this now. One that stays the same takes no more room."""
        if due_ms is not None and self._noted.get(door_id) != due_ms:
            self._noted[door_id] = due_ms
            heapq.heappush(self._heap, (due_ms, door_id))

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return self._heap[0][0] if self._heap else None

    def take(self, now_ms: int) -> str | None:
        """A door whose time has come, or None. It is to be noted again."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        _, door_id = heapq.heappop(self._heap)
        self._noted.pop(door_id, None)
        return door_id
