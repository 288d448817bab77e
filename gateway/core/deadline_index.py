"""When somebody must come back to which subject, though nobody speaks.

Deadlines are data in the states; this is only an index of them, made anew at every start. It may
hold times that have moved since: who takes one from here checks its state, and notes its real time
again. So a time that only moves away (a seal that sends heartbeats is not lost) costs nothing.
Where several are overdue, the real time says whose turn it is: by the one that was noted, a life
would step them otherwise than the next, which notes them all anew."""

import heapq
from typing import Generic, TypeVar

K = TypeVar("K", bound=tuple[str, ...] | str)


class DeadlineIndex(Generic[K]):
    """The earliest time of each: of subjects, or of people by their id."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, K]] = []
        self._noted: dict[K, int] = {}  # whose -> the earliest of its times in the heap

    def note(self, key: K, due_ms: int | None) -> None:
        """Its earliest time is this now; one that is noted earlier is checked then."""
        if due_ms is None:
            return
        noted = self._noted.get(key)
        if noted is None or due_ms < noted:
            self._noted[key] = due_ms
            heapq.heappush(self._heap, (due_ms, key))

    def next_ms(self) -> int | None:
        """The earliest of all, or None."""
        return self._heap[0][0] if self._heap else None

    def take(self, now_ms: int) -> K | None:
        """One whose time has come, or None. It is to be noted again."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        due_ms, key = heapq.heappop(self._heap)
        if self._noted.get(key) == due_ms:
            del self._noted[key]
        return key

    def is_first(self, key: K, due_ms: int) -> bool:
        """Whether nobody comes before one that was taken, by its real time."""
        return not self._heap or (due_ms, key) <= self._heap[0]


def earliest(*times: int | None) -> int | None:
    """The first of those times that there are."""
    return min((at_ms for at_ms in times if at_ms is not None), default=None)
