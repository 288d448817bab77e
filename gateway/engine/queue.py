"""What waits for the loop, in the order in which it comes to its turn.

What came is dated when it arrives. What other programs left, and what is enrolled and not journaled
yet, waits beside it: it comes before what is about to happen to its subject, else a part of it with
each batch.

What became of a try to deliver is no news that anybody waits for, nor is that a time has come: it
is written with the next commit, or after NOTED_MS. Else each page, and each closing, would cost a
sync more, and on an SD card stand in the way of the next page.
"""

import heapq
from collections import deque
from operator import itemgetter
from typing import Any

from gateway.core.deadline_index import earliest
from gateway.core.subject import SITE, of_door
from gateway.engine.clock import Clock
from gateway.engine.isolation import name_of
from gateway.engine.ports import Authenticator, Batch, Command, ContactSaid, Received
from gateway.engine.waiting_events import WaitingEvents

BATCH_MAX = 256
WAITING_AT_ONCE = 512  # events of other programs in one batch, beside its reports,
WAITING_ALONE = 2_048  # and in one without any: some 100 ms, and a quarter of the syncs
NOTED_MS = 40  # so long a note, and what is due, waits for a commit that comes anyway

Dated = tuple[int, Any]  # an item, and when it arrived, in ms of UTC


class Queue:
    """Items on their way into batches."""

    def __init__(self, authenticator: Authenticator, clock: Clock) -> None:
        self._authenticator, self._clock = authenticator, clock
        self._items: deque[Dated] = deque()
        self._notes: deque[Dated] = deque()
        self._waiting = WaitingEvents()
        self._singly = 0  # items to be committed one by one, for the store does not take them all

    def __len__(self) -> int:
        """How many items came and are in no batch yet."""
        return len(self._items)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits at all."""
        return not (self._items or self._waiting)

    def oldest_ms(self) -> int | None:
        """When the oldest item arrived that is in no batch yet."""
        return self._items[0][0] if self._items else None

    def put(self, item: Any) -> None:
        """It came now: what waits here while the store is busy is dated too."""
        self._items.append((self._clock.now_ms(), item))

    def note(self, item: Any) -> bool:
        """It came now, and nobody waits for it. Returns whether it is the first that waits."""
        self._notes.append((self._clock.now_ms(), item))
        return len(self._notes) == 1

    def left_ms(self, due_ms: int | None, is_hurried: bool) -> int | None:
        """How long the notes, and what is due at a time, still wait for a commit that comes anyway,
        in ms; None: nothing does. `is_hurried`: somebody waits until nothing is left to do."""
        first_ms = earliest(due_ms, self._notes[0][0] if self._notes else None)
        if first_ms is None:
            return None
        return first_ms + (0 if is_hurried else NOTED_MS) - self._clock.now_ms()

    def wait(self, command: Command) -> None:
        """Another program left it."""
        self._waiting.add(command)

    def put_back(self, items: list[Dated], singly: int = 0) -> None:
        """They wait again, before all others; the next `singly` are batches of their own."""
        self._items.extendleft(reversed(items))
        self._singly = max(self._singly, singly)

    def batch(self, away: int = 0) -> Batch:
        """What waits, as far as one commit takes it. `away`: messages that were turned away."""
        is_single, self._singly = self._singly > 0, max(0, self._singly - 1)
        count = min(len(self._items), 1 if is_single else BATCH_MAX)
        taken = [self._items.popleft() for _ in range(count)]
        if self._notes and not is_single:
            notes = [self._notes.popleft() for _ in range(min(len(self._notes), BATCH_MAX))]
            taken = list(heapq.merge(notes, taken, key=itemgetter(0)))
        # What arrived before a time comes before what is due then.
        now_ms = self._clock.now_ms()
        until_ms = min(now_ms, self._items[0][0]) if self._items else now_ms
        items: list[Dated] = []
        for at_ms, item in taken:
            items += [(at_ms, one) for one in self._before(item, is_first=not items)]
            items.append((at_ms, item))
        if not (taken and is_single):
            most = WAITING_AT_ONCE if taken else WAITING_ALONE
            items += [(until_ms, one) for one in self._waiting.first(1 if is_single else most)]
        if is_single and len(items) > 1:
            self.put_back(items[1:], self._singly + len(items) - 1)
            del items[1:]
        return Batch(items, is_single, away)

    def _before(self, item: Any, is_first: bool) -> list[Command]:
        """What other programs left for the site, and for the subject of an item."""
        before = self._waiting.of(SITE) if is_first else []
        if isinstance(item, Command):
            before += self._waiting.of(item.subject)
        elif isinstance(item, ContactSaid) and self._waiting and item.door_id is not None:
            before += self._waiting.of(of_door(item.door_id))
        elif isinstance(item, Received) and self._waiting:
            door_id = self._authenticator.door_of(name_of(item.topic))
            before += [] if door_id is None else self._waiting.of(of_door(door_id))
        return before
