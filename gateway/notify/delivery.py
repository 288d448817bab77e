"""From the outbox to a channel: at least once, under one id, until it went out.

A worker a kind of channel, a `Destination` an address, so that a slow one never delays another.
What was just committed is handed over in memory, and on its way before `offer` returns; what an
earlier life left is read from the outbox. An entry is marked done through the loop, after it went
out: a crash between sends it again under the same id, which does no harm.
"""

import asyncio
import heapq
import logging
from collections.abc import Callable
from itertools import count

from gateway.channels.channel import Channel
from gateway.channels.kinds import kind_of
from gateway.channels.threads import in_thread
from gateway.core.evidence import Ended, Evidence
from gateway.engine.clock import Clock
from gateway.engine.health import Metrics
from gateway.notify.destination import HELD_MAX, Destination, Hands
from gateway.store import outbox
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry, Unreadable

log = logging.getLogger("menshen.delivery")

AT_ONCE = 16  # tries under way at one address, where a kind says nothing else
ENTRIES_MAX = 50_000  # in memory, of all destinations; beyond it each keeps HELD_FEW
HELD_FEW = 20
DESTINATIONS_KEPT = 5_000  # those that have nothing to do are forgotten beyond it
REFILL_EVERY_MS = 2_000


def _needed(_: Entry) -> Ended | None:
    return None


def _at_once(_: Entry, at_ms: int) -> int:
    return at_ms


def _not_told(_about: str) -> bool:
    return False


def _untold(_is_present: bool, _about: str) -> None:
    """Nobody hears of it."""


class DeliveryWorker:
    """Delivers one channel's entries.

    Args:
        kind: the name of the channel's kind, as entries bear it.
        channel: sends one entry; it is closed when `run` ends.
        store: read on a thread for what an earlier life left.
        attempted: told how tries went, on the loop: the entry with its `tries`, and `done_ms` with
            `evidence`, or `error`, `next_ms`, `gave_up` and `ended`.
        metrics: learns how many entries are in hand, and how old the oldest is.
        clock: the engine's: an entry is due when the engine says so.
        ended: says before each try whether an entry is needed no more, and why.
        may_go_ms: says of an entry and a time when it may go out from then on, in ms of UTC.
        trouble: told that nothing reaches a destination (True), or that something does again, with
            the code of the destination.
        is_told: whether that was told of such a code, perhaps by an earlier life.
    """

    def __init__(
        self,
        kind: str,
        channel: Channel,
        store: Store,
        attempted: Callable[[Entry], None],
        metrics: Metrics,
        clock: Clock,
        ended: Callable[[Entry], Ended | None] = _needed,
        may_go_ms: Callable[[Entry, int], int] = _at_once,
        trouble: Callable[[bool, str], None] = _untold,
        is_told: Callable[[str], bool] = _not_told,
    ) -> None:
        self._kind, self._channel = kind, channel
        self._store, self._attempted, self._metrics = store, attempted, metrics
        self._clock, self._ended, self._trouble = clock, ended, trouble
        self._may_go_ms = may_go_ms
        known = kind_of(kind)
        self._places = known.places if known is not None else AT_ONCE
        self._hands = Hands(
            clock.now_ms,
            self._send,
            self._is_ended,
            self._may_go,
            self._rests,
            self._noted,
            self._later,
            self._failing,
            lambda destination, is_present: self._trouble(is_present, destination.code),
            is_told,
        )
        self._destinations: dict[str, Destination] = {}
        self._agenda: list[tuple[int, int, Destination]] = []
        self._numbers = count()
        self._held: dict[int, int] = {}  # entry_id -> made_ms of what is in hand
        self._resting: set[int] = set()  # of these, the ids of what may not go out yet
        self._read_to = 0  # entries up to here were offered or read
        self._is_behind = True  # the outbox holds entries that no destination has heard of
        self._passed = False  # an entry was passed over since the outbox was last read
        self._behind: set[str] = set()  # addresses whose destination had no room
        self._under_way: set[asyncio.Future[Evidence]] = set()
        self._wake = asyncio.Event()

    def offer(self, entries: list[Entry]) -> None:
        """Take over entries that were just committed, and begin to send them. On the loop; never
        waits.

        Args:
            entries: in the order of their ids; those of other channels are passed over.
        """
        touched: dict[str, Destination] = {}
        for entry in entries:
            if entry.channel != self._kind:
                continue
            if entry.entry_id < 0:  # of no row: there is nothing to read it from later
                touched[entry.address] = destination = self._destination(entry.address)
                destination.take(entry)
            elif self._is_behind:
                self._passed = True  # in order: read from where we are
            else:
                self._read_to = entry.entry_id
                touched[entry.address] = self._give(entry)
        for destination in touched.values():
            destination.go()
        if self._is_behind or self._behind:
            self._wake.set()

    def clock_set(self, by_ms: int) -> None:
        """The gateway's clock was set by so much, ahead if positive: what waits goes on waiting."""
        for destination in self._destinations.values():
            destination.clock_set(by_ms)
        self._agenda = [
            (at_ms + by_ms, number, destination) for at_ms, number, destination in self._agenda
        ]
        self._held = {entry_id: made_ms + by_ms for entry_id, made_ms in self._held.items()}
        self._count()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; then close the channel."""
        try:
            while True:
                if self._is_behind:
                    await self._refill()
                for address in [*self._behind]:
                    await self._refill_one(self._destinations[address])
                now_ms = self._clock.now_ms()
                while self._agenda and self._agenda[0][0] <= now_ms:
                    destination = heapq.heappop(self._agenda)[2]
                    destination.looks_ms = None
                    destination.go()
                await self._wait()
        finally:
            for attempt in [*self._under_way]:
                attempt.cancel()
            await self._channel.close()

    async def _wait(self) -> None:
        """Until a destination has something to do, or the outbox is to be read."""
        has_work = self._is_behind or any(
            self._has_room(self._destinations[address]) for address in self._behind
        )
        timeouts = [REFILL_EVERY_MS] if has_work else []
        if self._agenda:
            timeouts.append(max(0, self._agenda[0][0] - self._clock.now_ms()))
        self._wake.clear()
        if not timeouts or min(timeouts) > 0:
            await self._clock.wait(self._wake, min(timeouts, default=None))

    async def _refill(self) -> None:
        """Read from the outbox what nobody has in hand."""
        self._passed = False
        found = await self._read(self._read_to, outbox.UNDELIVERED_AT_ONCE, None)
        if found is None:
            return
        entries = self._readable(found)
        for entry in entries:
            if entry.entry_id not in self._held:
                self._give(entry)
        self._read_to = found[-1].entry_id if found else self._read_to
        self._is_behind = self._passed or len(found) == outbox.UNDELIVERED_AT_ONCE
        for destination in {entry.address: None for entry in entries}:
            self._destinations[destination].go()

    async def _refill_one(self, destination: Destination) -> None:
        """The same for a destination that had no room, as far as it has now."""
        if not self._has_room(destination):
            return
        room = HELD_MAX - destination.active
        found = await self._read(destination.read_to, room, destination.address)
        if found is None:
            return
        destination.is_behind = False
        self._behind.discard(destination.address)
        for entry in self._readable(found):
            if entry.entry_id not in self._held:
                self._give(entry)
        if len(found) == room and not destination.is_behind:
            destination.is_behind = True
            self._behind.add(destination.address)
        destination.go()

    def _readable(self, found: list[Entry | Unreadable]) -> list[Entry]:
        """Those that are sound; of the others it is noted that nobody can be told by them."""
        for row in found:
            if isinstance(row, Unreadable):
                log.error("%s: entry %s cannot be read: %s", self._kind, row.entry_id, row.why)
                self._attempted(row.given_up())
        return [row for row in found if isinstance(row, Entry)]

    def _has_room(self, destination: Destination) -> bool:
        return destination.active < HELD_MAX // 2 and not self._is_full(destination)

    def _is_full(self, destination: Destination) -> bool:
        """Whether a destination may hold no more, by its own limit or by that of all."""
        if len(self._held) >= ENTRIES_MAX:
            return destination.held >= HELD_FEW
        return destination.active >= HELD_MAX

    async def _read(
        self, after_id: int, limit: int, address: str | None
    ) -> list[Entry | Unreadable] | None:
        def read() -> list[Entry | Unreadable]:
            with self._store.reading() as connection:
                return outbox.undelivered(connection, self._kind, after_id, limit, address)

        try:
            return await in_thread(read, "outbox")
        except StoreError as error:
            log.warning("%s: %s", self._kind, error)
            await self._clock.sleep(REFILL_EVERY_MS)
            return None

    def _give(self, entry: Entry) -> Destination:
        """Hand an entry to its destination, or let it wait in the outbox."""
        destination = self._destination(entry.address)
        if destination.is_behind or self._is_full(destination):
            destination.is_behind = True  # in order: it reads on from where it is
            self._behind.add(entry.address)
            return destination
        destination.read_to = entry.entry_id
        self._held[entry.entry_id] = entry.made_ms
        self._count()
        destination.take(entry)
        return destination

    def _destination(self, address: str) -> Destination:
        destination = self._destinations.get(address)
        if destination is None:
            self._forget_idle()
            destination = Destination(self._kind, address, self._places, self._hands)
            self._destinations[address] = destination
        return destination

    def _forget_idle(self) -> None:
        if len(self._destinations) >= DESTINATIONS_KEPT:
            self._destinations = {
                address: it for address, it in self._destinations.items() if not it.is_idle
            }

    def _count(self) -> None:
        """What is on its way; entries come in the order of their making."""
        due = (made for entry_id, made in self._held.items() if entry_id not in self._resting)
        self._metrics.outbox[self._kind] = len(self._held) - len(self._resting), next(due, None)

    # What a destination asks for.

    def _send(self, entry: Entry) -> "asyncio.Future[Evidence]":
        """Begin a try. Whatever the channel raises is that try's failure, and nobody else's."""
        attempt: asyncio.Future[Evidence]
        try:
            attempt = asyncio.ensure_future(self._channel.send(entry))
        except Exception as error:  # noqa: BLE001 - one bad entry must not stop the others
            attempt = asyncio.get_running_loop().create_future()
            attempt.set_exception(error)
        self._under_way.add(attempt)
        attempt.add_done_callback(self._under_way.discard)
        return attempt

    def _is_ended(self, entry: Entry) -> Ended | None:
        try:
            return self._ended(entry)
        except Exception:
            log.exception(
                "%s: entry %s cannot be judged, and so goes out", self._kind, entry.entry_id
            )
            return None

    def _may_go(self, entry: Entry, at_ms: int) -> int:
        try:
            return self._may_go_ms(entry, at_ms)
        except Exception:
            log.exception("%s: entry %s has no hours, and so goes out", self._kind, entry.entry_id)
            return at_ms

    def _rests(self, entry: Entry, is_resting: bool) -> None:
        (self._resting.add if is_resting else self._resting.discard)(entry.entry_id)
        self._count()

    def _noted(self, entry: Entry, is_over: bool) -> None:
        if is_over:
            self._held.pop(entry.entry_id, None)
            self._count()
            if self._behind:
                self._wake.set()
        if entry.done_ms is not None and entry.evidence is not None:
            self._metrics.evidence[entry.evidence] += 1
        self._attempted(entry)

    def _later(self, destination: Destination, at_ms: int) -> None:
        if destination.looks_ms is not None and destination.looks_ms <= at_ms:
            return  # it is called before that anyway
        destination.looks_ms = at_ms
        heapq.heappush(self._agenda, (at_ms, next(self._numbers), destination))
        if self._agenda[0][2] is destination:
            self._wake.set()

    def _failing(self, destination: Destination, words: str | None) -> None:
        if words is None:
            log.info("%s: destination %s works again", self._kind, destination.code)
        else:
            log.warning("%s: destination %s: %s", self._kind, destination.code, words)
