"""When the loop must come back to which door, though nobody speaks.

Deadlines are data in the doors' states; this is only an index of them, made anew at every start. It
may hold times that have moved since: who takes a door from here looks at its state, and notes its
real time again. So a time that only moves away (a seal that beats is not lost) costs nothing.
"""

import heapq


class Deadlines:
    """The earliest time of each door."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._noted: dict[str, int] = {}  # door_id -> the earliest of its times in the heap

    def note(self, door_id: str, due_ms: int | None) -> None:
        """The door's earliest time is this now; one that is noted earlier is looked at then."""
        if due_ms is None:
            return
        noted = self._noted.get(door_id)
        if noted is None or due_ms < noted:
            self._noted[door_id] = due_ms
            heapq.heappush(self._heap, (due_ms, door_id))

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return self._heap[0][0] if self._heap else None

    def take(self, now_ms: int) -> str | None:
        """A door whose time has come, or None. It is to be noted again."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        due_ms, door_id = heapq.heappop(self._heap)
        if self._noted.get(door_id) == due_ms:
            del self._noted[door_id]
        return door_id


def earliest(*times: int | None) -> int | None:
    """The first of those times that there are."""
    return min((at_ms for at_ms in times if at_ms is not None), default=None)
