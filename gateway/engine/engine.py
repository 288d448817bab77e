"""The engine: take what came, step, commit once, acknowledge, tell. In that order.

1. Take what came: messages from the broker, actions of people, tries of delivery workers, pending
   events of other programs, at most BATCH_MAX of them; and what is due (engine/scheduler.py).
2. Step each on a unit of work, which nobody else sees.
3. Commit the unit of work. If the store cannot, try the same unit of work again until it can:
   nothing is acknowledged that is not stored, and what waits outside waits in the broker and in the
   seals.
4. Adopt the unit of work, acknowledge to the broker, send the receipts.
5. Hand the new pages to the delivery workers, and tell those who watch.
"""

import asyncio
import logging
import time
from collections import ChainMap, deque
from collections.abc import Callable

import msgspec

from gateway.core.events import Event, RulesSet
from gateway.core.reasons import REPEATS, Reason
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.engine.backlog import BrokerBacklog
from gateway.engine.clock import Clock
from gateway.engine.health import Health, Metrics
from gateway.engine.outgoing import Addressing
from gateway.engine.ports import (
    Answer,
    Authenticator,
    Batch,
    Command,
    Committed,
    DeliveryAttempt,
    Outlet,
    Received,
    Rejected,
    post,
)
from gateway.engine.scheduler import Scheduler
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import RefusalTally, UnitOfWork
from gateway.registry import load as registry
from gateway.store import journal, outbox, pending, states
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry
from gateway.store.writer import Writer

log = logging.getLogger("menshen.engine")

BATCH_MAX = 256
QUEUE_MAX = 20_000  # beyond it messages wait in the broker, unacknowledged
WATCH_MAX = 256  # commits that a slow watcher may lag behind
RETRY_S = (0.2, 0.5, 1, 2, 5)  # then every 5 s
PENDING_EVERY_S = 0.5


class Engine:
    """The one place where the site's state changes. `now_ms` is the gateway's clock, for all."""

    def __init__(
        self,
        store: Store,
        site: CommittedSite,
        authenticator: Authenticator,
        addressing: Addressing,
    ) -> None:
        self._store, self._site, self._authenticator = store, site, authenticator
        self._addressing = addressing
        self._writer = Writer(store)
        self._outlet: Outlet | None = None
        self._queue: deque[Received | Command | DeliveryAttempt] = deque()
        self._wake = asyncio.Event()
        self._tally = RefusalTally()
        self._scheduler = Scheduler(site)
        self._watchers: list[asyncio.Queue[Committed]] = []
        self._workers: list[Callable[[list[Entry]], None]] = []
        self._last_pending = 0
        with store.reading() as connection:
            (journal_id, at_ms), entry_id = journal.newest(connection), outbox.newest_id(connection)
            rules_known = states.site_state(connection, states.RULES)
            listening = states.listening(connection)
        self._ids = journal_id + 1, entry_id + 1
        self.now_ms: Callable[[], int] = Clock(at_ms)
        self.metrics = Metrics(lambda: self.now_ms())
        self._backlog = BrokerBacklog(listening, site.doors.values(), at_ms or self.now_ms())
        if rules_known != msgspec.json.encode(site.rulebook):
            self._queue.append(Command(SITE, RulesSet(site.rulebook)))
        self._queue += [Command(*news) for news in site.unsaid()]
        self._authenticator.know(site.registry.seals)

    def connect(self, outlet: Outlet, workers: list[Callable[[list[Entry]], None]]) -> None:
        """Where acknowledgements, receipts and pages go."""
        self._outlet, self._workers = outlet, workers

    def receive(self, topic: str, payload: bytes, token: int, live: bool = True) -> bool:
        """A message came. False if it found no place: it is then not to be acknowledged."""
        if len(self._queue) >= QUEUE_MAX:
            self.metrics.turned_away += 1
            return False
        self._queue.append(Received(topic, payload, token, live))
        self._wake.set()
        return True

    def attempted(self, entry: Entry) -> None:
        """A delivery worker tried an entry, and has written into it how that went."""
        self._queue.append(DeliveryAttempt(entry))
        self._wake.set()

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """An action of a person. What came of it, after the commit.

        The site is the subject for the case of an outage. KeyError if there is no such door.
        """
        if subject.kind is SubjectKind.DOOR and subject.id not in self._site.doors:
            raise KeyError(subject.id)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(Command(subject, event, answer))
        self._wake.set()
        return await answer

    def watch(self) -> asyncio.Queue[Committed]:
        """A queue of what commits change, until `unwatch`."""
        queue: asyncio.Queue[Committed] = asyncio.Queue(WATCH_MAX)
        self._watchers.append(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[Committed]) -> None:
        """Stop watching."""
        self._watchers.remove(queue)

    def health(self) -> Health:
        """How the gateway does, for the console, the history and `menshen check`."""
        return self.metrics.health(len(self._queue))

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self._wait()
                unit, batch = await self._unit_of_work()
                await self._commit(unit)
                self._adopt(unit)
                self._acknowledge(batch)
                self._tell(unit, batch)
        finally:
            self._writer.close()

    async def read_pending(self) -> None:
        """Take what other programs leave (enrolment) into the loop, until cancelled."""
        while True:
            if not await self.take_pending():
                await asyncio.sleep(PENDING_EVERY_S)

    async def take_pending(self) -> bool:
        """Take the oldest pending events into the loop; whether there were any, so that more may
        follow.

        To be called before the first report is let in until there are none: an order that was
        placed while the gateway was stopped stands before an opening that waited in the broker.
        """
        try:
            pending_events, known = await asyncio.to_thread(self._read_pending)
        except StoreError as error:
            log.warning("pending events: %s", error)
            return False
        if known is not None:
            self._queue += [Command(*news) for news in self._site.enlarge(known)]
            self._authenticator.know(known.seals)
            self._addressing.know(known)
            self._wake.set()
        for pending_id, subject, event in pending_events:
            self._last_pending = pending_id
            self._queue.append(Command(subject, event, pending_id=pending_id))
            self._wake.set()
        return bool(pending_events)

    def _read_pending(self) -> tuple[list[tuple[int, Subject, Event]], registry.Registry | None]:
        with self._store.reading() as connection:
            pending_events = pending.pending_events(connection, self._last_pending)
            changed = registry.enrolment(connection) != self._site.registry.enrolment
            return pending_events, registry.load(connection) if changed else None

    async def _wait(self) -> None:
        """Until something came or is due."""
        if self._queue:
            await asyncio.sleep(0)  # let the sockets be read: what they bring joins this batch
            return
        self._wake.clear()
        due_ms = self._scheduler.next_ms()
        timeout_s = None if due_ms is None else max(0.0, (due_ms - self.now_ms()) / 1000)
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _unit_of_work(self) -> tuple[UnitOfWork, Batch]:
        """Step everything that waits, and what is due, on a unit of work."""
        now_ms = self.now_ms()
        unit, batch = UnitOfWork(self._site, self._tally, self._addressing, self._ids), Batch()
        for _ in range(min(len(self._queue), BATCH_MAX)):
            match self._queue.popleft():
                case Received() as message:
                    await self._message(unit, batch, message, now_ms)
                case DeliveryAttempt(entry=entry):
                    unit.attempted(now_ms, entry)
                    batch.sent += [entry.page_id] if entry.done_ms is not None else []
                case Command() as command:
                    unit.writes.pending_events += (
                        [] if command.pending_id is None else [command.pending_id]
                    )
                    answer = unit.event(now_ms, command.subject, command.event)
                    batch.answers.append((command.answer, answer))
        self._scheduler.fire(unit, now_ms)
        unit.finish()
        return unit, batch

    async def _message(
        self, unit: UnitOfWork, batch: Batch, message: Received, now_ms: int
    ) -> None:
        batch.tokens.append(message.token)
        windows = ChainMap(unit.windows, self._site.windows)
        read = self._authenticator.read(message.topic, message.payload, windows)
        if isinstance(read, Rejected):
            suspect = message.live or read.reason not in REPEATS  # brokers repeat after a break
            door_id = self._authenticator.door_of(read.seal_id) if suspect else None
            unit.refuse(now_ms, read.seal_id, door_id, read.reason)
            return
        transition = self._backlog.transition(message.live)
        if transition is not None:
            unit.writes.state("listening", transition)
        event = self._backlog.with_wait(read.event, message.live, now_ms)
        unit.window(event.seal_id, read.window)
        batch.receipts.append((event.seal_id, read.epoch, read.counter, event.seq))
        repeated = read.repeated
        if repeated is None:
            number = event.seal_id, event.seq
            repeated = number in unit.numbers or await asyncio.to_thread(
                self._is_journaled, *number
            )
        if repeated:
            unit.writes.refusal(now_ms, Reason.DUPLICATE)
        else:
            unit.report(now_ms, self._authenticator.door_of(event.seal_id), event)

    def _is_journaled(self, seal_id: str, seq: int) -> bool:
        with self._store.reading() as connection:
            return journal.is_journaled(connection, seal_id, seq)

    async def _commit(self, unit: UnitOfWork) -> None:
        """Return when the unit of work is on the disk, however long that takes."""
        waits = iter(RETRY_S)
        while True:
            started = time.perf_counter()
            try:
                await self._writer.write(unit.writes)
            except StoreError as error:
                if self.metrics.store_error != str(error):
                    log.error("nothing can be stored, and so nothing is acknowledged: %s", error)
                self.metrics.store_error = str(error)
                await asyncio.sleep(next(waits, RETRY_S[-1]))
            else:
                if self.metrics.store_error is not None:
                    log.info("the store works again")
                took_ms = (time.perf_counter() - started) * 1000
                self.metrics.committed(took_ms, unit.reports, unit.refused)
                return

    def _adopt(self, unit: UnitOfWork) -> None:
        """The unit of work is true now."""
        self._ids = unit.writes.next_id, unit.next_entry_id
        self._site.windows.update(unit.windows)
        self._site.adopt(unit.turn)
        self._scheduler.adopted(unit)

    def _acknowledge(self, batch: Batch) -> None:
        """To the broker, in the order of arrival; then to the seals."""
        if self._outlet is None:
            return
        for token in batch.tokens:
            self._outlet.acknowledge(token)
        for seal_id, epoch, counter, seq in batch.receipts:
            self._outlet.publish(*self._authenticator.receipt(seal_id, epoch, counter, seq))

    def _tell(self, unit: UnitOfWork, batch: Batch) -> None:
        """Delivery workers first, for a person waits at their other end."""
        due = [entry for entry in unit.writes.entries if entry.done_ms is None]
        if due:
            for offer in self._workers:
                offer(due)
        for waits, answer in batch.answers:
            if waits is not None and not waits.done():
                waits.set_result(answer)
        if not (unit.turn.doors or unit.cases or unit.pages or batch.sent):
            return
        moved = tuple(unit.turn.doors), tuple(unit.cases), tuple(unit.pages), tuple(batch.sent)
        news = Committed(self.now_ms(), *moved)
        for queue in self._watchers:
            post(queue, news)
