"""From the outbox to a channel: at least once, under one page id, until it went out.

A task a channel, so that a slow one never delays another. What was just committed is handed over in
memory; what an earlier life left is read from the outbox. An entry is marked done through the loop,
after it went out: a crash between sends it again under the same page id, which does no harm.
"""

import asyncio
import heapq
import logging
import random
from collections.abc import Callable

from gateway.channels.channel import Channel, DeliveryError
from gateway.core.duration import DAY_MS
from gateway.engine.clock import Clock
from gateway.engine.health import Metrics
from gateway.store import outbox
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry
from gateway.store.poisoned import Findings, Poisoned

log = logging.getLogger("menshen.delivery")

AT_ONCE = 16  # tries under way at the same time
PENDING_MAX = 10_000  # entries held in memory; the rest stays in the outbox until there is room
BACK_OFF_MS = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000)  # then the last; with jitter
PERMANENT_BACK_OFF_MS = 300_000
GIVE_UP_MS = DAY_MS  # a page that nobody could be told for a day is history
REFILL_EVERY_MS = 2_000


class DeliveryWorker:
    """Delivers one channel's entries.

    Args:
        kind: the name of the channel's kind, as entries bear it.
        channel: sends one entry; it is closed when `run` ends.
        store: read on a thread for what an earlier life left.
        attempted: told of every try, on the loop: the entry with its `tries`, and `done_ms` or
            `error`, `next_ms` and `gave_up`.
        metrics: learns how many entries are in hand, and how old the oldest is.
        clock: the engine's: an entry is due when the engine says so.
        found: told, on the loop, of rows of the outbox that are no entries.
    """

    def __init__(
        self,
        kind: str,
        channel: Channel,
        store: Store,
        attempted: Callable[[Entry], None],
        metrics: Metrics,
        clock: Clock,
        found: Callable[[tuple[Poisoned, ...]], None] = lambda _: None,
    ) -> None:
        self._kind, self._channel = kind, channel
        self._store, self._attempted, self._metrics = store, attempted, metrics
        self._clock, self._found = clock, found
        self._pending: list[tuple[int, int, Entry]] = []
        self._held: dict[int, int] = {}  # entry_id -> made_ms of what is in hand
        self._read_to = 0  # entries up to here were offered or read
        self._behind = True  # the outbox holds entries that are not in hand
        self._passed = False  # an entry was passed over since the outbox was last read
        self._wake = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)

    def offer(self, entries: list[Entry]) -> None:
        """Take over entries that were just committed. On the loop; returns at once.

        Args:
            entries: in the order of their ids; those of other channels are passed over.
        """
        for entry in entries:
            if entry.channel != self._kind:
                continue
            if entry.entry_id < 0:  # of no row: there is nothing to read it from later
                self._hold(entry)
                continue
            if entry.entry_id <= self._read_to:
                continue  # it was read from the outbox before the loop came to tell of it
            if self._behind or len(self._held) >= PENDING_MAX:
                self._behind = self._passed = True  # in order: read from where we are
            else:
                self._read_to = entry.entry_id
                self._hold(entry)
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; then close the channel. Whatever a channel raises is the failure
        of that entry."""
        try:
            async with asyncio.TaskGroup() as tries:
                while True:
                    if self._behind:
                        await self._refill()
                    await self._wait()
                    await self._start_due(tries)
        finally:
            await self._channel.close()

    async def _refill(self) -> None:
        """Read from the outbox what is not in hand, as far as there is room."""
        if len(self._held) >= PENDING_MAX:
            return
        self._passed = False
        try:
            entries, found = await asyncio.to_thread(self._read)
        except StoreError as error:
            log.warning("%s: %s", self._kind, error)
            await self._clock.sleep(REFILL_EVERY_MS)
            return
        self._found(found)
        for entry in entries:
            self._read_to = entry.entry_id
            if entry.entry_id not in self._held:
                self._hold(entry)
        self._behind = self._passed or len(entries) == outbox.UNDELIVERED_AT_ONCE

    def _read(self) -> tuple[list[Entry], tuple[Poisoned, ...]]:
        findings = Findings()
        with self._store.reading() as connection:
            entries = outbox.undelivered(connection, self._kind, self._read_to, findings)
        return entries, findings.all()

    def _hold(self, entry: Entry) -> None:
        self._held[entry.entry_id] = entry.made_ms
        heapq.heappush(self._pending, (entry.next_ms, entry.entry_id, entry))
        self._count()

    def _count(self) -> None:
        oldest = next(iter(self._held.values()), None)  # entries come in the order of their making
        self._metrics.outbox[self._kind] = len(self._held), oldest

    async def _wait(self) -> None:
        """Until an entry is due, or something new came."""
        self._wake.clear()
        if self._pending and self._pending[0][0] <= self._clock.now_ms():
            return
        timeouts = [REFILL_EVERY_MS] if self._behind else []
        if self._pending:
            timeouts.append(max(0, self._pending[0][0] - self._clock.now_ms()))
        await self._clock.wait(self._wake, min(timeouts, default=None))

    async def _start_due(self, tries: asyncio.TaskGroup) -> None:
        while self._pending and self._pending[0][0] <= self._clock.now_ms():
            await self._places.acquire()
            tries.create_task(self._try(heapq.heappop(self._pending)[2]))

    async def _try(self, entry: Entry) -> None:
        try:
            entry.tries += 1
            try:
                await self._channel.send(entry)
            except DeliveryError as error:
                self._failed(entry, error)
            except Exception as error:
                log.exception("%s: page %s", self._kind, entry.page_id)
                words = f"no channel can send it: {type(error).__name__}"
                self._failed(entry, DeliveryError(words, permanent=True))
            else:
                entry.done_ms, entry.error = self._clock.now_ms(), None
            if entry.done_ms is not None or entry.gave_up:
                del self._held[entry.entry_id]
                self._count()
            self._attempted(entry)
        finally:
            self._places.release()

    def _failed(self, entry: Entry, error: DeliveryError) -> None:
        """Decide when to try again."""
        if entry.tries == 1:
            log.warning("%s: page %s: %s", self._kind, entry.page_id, error)
        entry.error = str(error)
        entry.gave_up = self._clock.now_ms() - entry.made_ms > GIVE_UP_MS
        wait_ms = BACK_OFF_MS[min(entry.tries, len(BACK_OFF_MS)) - 1]
        if error.permanent:
            wait_ms = PERMANENT_BACK_OFF_MS
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        entry.next_ms = self._clock.now_ms() + int(wait_ms * jitter)
        if not entry.gave_up:
            heapq.heappush(self._pending, (entry.next_ms, entry.entry_id, entry))
            self._wake.set()
