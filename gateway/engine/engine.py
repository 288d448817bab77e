"""The engine: take what came, step, commit once, acknowledge, tell. In that order.

1. Take what came: messages from the broker, actions of people, tries of delivery workers, pending
   events of other programs, at most BATCH_MAX of them; and what is due (scheduler.py).
2. Step each on a unit of work, which nobody else sees.
3. Commit the unit of work. If the store cannot, try the same unit of work again until it can:
   nothing is acknowledged that is not stored, and what waits outside waits in the broker and in the
   seals.
4. Adopt the unit of work, acknowledge to the broker, send the receipts.
5. Hand the new pages to the delivery workers, and tell those who watch (broadcast.py).
"""

import asyncio
import logging
import time
from collections import ChainMap, deque
from collections.abc import Callable

import msgspec

from gateway.core.cases import troubles
from gateway.core.events import Event, RulesSet, TroubleBegan, TroubleEnded
from gateway.core.evidence import Ended, Evidence
from gateway.core.reasons import REPEATS, Reason
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.engine import needed
from gateway.engine.backlog import BrokerBacklog
from gateway.engine.broadcast import Broadcast
from gateway.engine.clock import Clock, MachineClock
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
)
from gateway.engine.scheduler import Scheduler
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import RefusalTally, UnitOfWork
from gateway.registry import load as registry
from gateway.store import journal, outbox, states
from gateway.store.database import Store, StoreError
from gateway.store.outbox import Entry
from gateway.store.writer import Writer

log = logging.getLogger("menshen.engine")

BATCH_MAX = 256
QUEUE_MAX = 20_000  # beyond it messages wait in the broker, unacknowledged
TROUBLES_KNOWN_MAX = 1_000
RETRY_MS = (200, 500, 1_000, 2_000, 5_000)  # then every 5 s


class Engine:
    """The one place where the site's state changes.

    `state` is the site as of the last commit, to be read only; `clock` the gateway's time, for all
    its parts; `broadcast` where to watch commits; `metrics` the counters that its parts share.
    """

    def __init__(
        self,
        store: Store,
        state: CommittedSite,
        authenticator: Authenticator,
        addressing: Addressing,
        clock: Clock | None = None,
    ) -> None:
        """Make the engine of a site; it works as soon as it `run`s.

        Args:
            store: the site's database, whose only writer of states this engine is.
            state: the site as the store knows it.
            authenticator: says whether a message is genuine, and makes the receipts.
            addressing: says where a page goes.
            clock: whose time is the site's; without one the machine's, from the newest time that
                is written.

        Raises:
            StoreError: the store cannot be read.
        """
        self._store, self.state, self._authenticator = store, state, authenticator
        self._addressing = addressing
        self._writer = Writer(store)
        self._outlet: Outlet | None = None
        self._queue: deque[Received | Command | DeliveryAttempt] = deque()
        self._wake = asyncio.Event()
        self._idle: list[asyncio.Future[None]] = []  # those who wait until there is nothing to do
        self._tally = RefusalTally()
        self._troubles: dict[tuple[Reason, str], bool] = {}  # as they were last said
        self._scheduler = Scheduler(state)
        self._workers: list[Callable[[list[Entry]], None]] = []
        self.broadcast = Broadcast()
        with store.reading() as connection:
            (journal_id, at_ms), entry_id = journal.newest(connection), outbox.newest_id(connection)
            rules_known = states.site_state(connection, states.RULES)
            listening = states.listening(connection)
        self._ids = journal_id + 1, entry_id + 1
        self.clock = clock or MachineClock(at_ms)
        self.metrics = Metrics(self.clock.now_ms)
        self._backlog = BrokerBacklog(listening, state.doors.values(), at_ms or self.clock.now_ms())
        if rules_known != msgspec.json.encode(state.rulebook):
            self._queue.append(Command(SITE, RulesSet(state.rulebook)))
        self._queue += [Command(*news) for news in state.unjournaled()]
        self._authenticator.know(state.registry.seals)

    def connect(self, outlet: Outlet, workers: list[Callable[[list[Entry]], None]]) -> None:
        """Say where acknowledgements, receipts and pages go; before `run`.

        Args:
            outlet: takes acknowledgements and receipts.
            workers: each takes the entries of the outbox that a commit made due. All get all, and
                pass over what is not theirs.
        """
        self._outlet, self._workers = outlet, workers

    def receive(self, topic: str, payload: bytes, token: int, live: bool = True) -> bool:
        """A message came from the broker.

        Args:
            topic: as the broker says it; anything may stand there.
            payload: likewise.
            token: by which it is acknowledged, once it is stored.
            live: whether it cannot have waited in the broker.

        Returns:
            False if it found no place: it is then not to be acknowledged.
        """
        if len(self._queue) >= QUEUE_MAX:
            self.metrics.turned_away += 1
            return False
        self._put(Received(topic, payload, token, live))
        return True

    def attempted(self, entry: Entry) -> None:
        """A delivery worker tried an entry, and has written into it how that went."""
        self._put(DeliveryAttempt(entry))

    def ended(self, entry: Entry) -> Ended | None:
        """Why an entry that has not gone out is needed no more; None while it is needed."""
        return needed.ended(self.state, entry)

    def take_pending(self, pending_id: int, subject: Subject, event: Event) -> None:
        """An event that another program left; its number is struck off in the same commit."""
        self._put(Command(subject, event, pending_id=pending_id))

    def enlarge(self, known: registry.Registry) -> None:
        """Take over a newer registry: seals and addresses at once, staff and places as events."""
        self._queue += [Command(*news) for news in self.state.enlarge(known)]
        self._authenticator.know(known.seals)
        self._addressing.know(known)
        self._wake.set()

    def trouble(self, reason: Reason, is_present: bool, about: str = "", age_ms: int = 0) -> None:
        """Say whether something has befallen the gateway or its site: one case, raised or cleared.

        May be said as often as one likes, from the loop; only what is new becomes an event.

        Args:
            reason: one of `core.reasons.TROUBLES`.
            is_present: whether it is there.
            about: which of its kind: a random id or a short code, never an identity.
            age_ms: how long it has been there already.
        """
        key = reason, about[: troubles.ABOUT_MAX]
        known = self._troubles.get(key)
        if known is None:
            known = troubles.is_present(self.state.troubles, *key)
        if is_present == known:
            return
        if len(self._troubles) >= TROUBLES_KNOWN_MAX:
            self._troubles.clear()  # the site's state knows them too
        self._troubles[key] = is_present
        event = TroubleBegan(*key, age_ms) if is_present else TroubleEnded(*key)
        log.warning("trouble %s %s: %s", *key, "present" if is_present else "over")
        self._put(Command(SITE, event))

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """Do an action of a person.

        Args:
            subject: whom it concerns; the site for the case of an outage.
            event: what was done.

        Returns:
            What came of it, after the commit.

        Raises:
            KeyError: there is no such door.
        """
        if subject.kind is SubjectKind.DOOR and subject.id not in self.state.doors:
            raise KeyError(subject.id)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._put(Command(subject, event, answer))
        return await answer

    async def idle(self) -> None:
        """Return once there is nothing to do: all that came, and all that was due, is committed,
        acknowledged and told. While nothing can be stored it does not return."""
        idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        self._wake.set()
        await idle

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
                unit.log.write()
        finally:
            self._writer.close()

    def _put(self, item: Received | Command | DeliveryAttempt) -> None:
        self._queue.append(item)
        self._wake.set()

    async def _wait(self) -> None:
        """Until something came or is due."""
        if self._queue:
            await asyncio.sleep(0)  # let the sockets be read: what they bring joins this batch
        while not self._queue:
            due_ms, now_ms = self._scheduler.next_ms(), self.clock.now_ms()
            if due_ms is not None and due_ms <= now_ms:
                return
            self._wake.clear()
            for idle in self._idle:
                if not idle.done():
                    idle.set_result(None)
            self._idle.clear()
            await self.clock.wait(self._wake, None if due_ms is None else due_ms - now_ms)

    async def _unit_of_work(self) -> tuple[UnitOfWork, Batch]:
        """Step everything that waits, and what is due, on a unit of work."""
        now_ms = self.clock.now_ms()
        unit, batch = UnitOfWork(self.state, self._tally, self._addressing, self._ids), Batch()
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
        windows = ChainMap(unit.windows, self.state.windows)
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
        waits = iter(RETRY_MS)
        while True:
            started = time.perf_counter()
            try:
                await self._writer.write(unit.writes)
            except StoreError as error:
                if self.metrics.store_error != str(error):
                    log.error("nothing can be stored, and so nothing is acknowledged: %s", error)
                self.metrics.store_error = str(error)
                await self.clock.sleep(next(waits, RETRY_MS[-1]))
            else:
                if self.metrics.store_error is not None:
                    log.info("the store works again")
                took_ms = (time.perf_counter() - started) * 1000
                self.metrics.committed(took_ms, unit.reports, unit.refused)
                self.metrics.evidence[Evidence.RECEIVED] += unit.signed
                self.metrics.evidence[Evidence.SEEN] += unit.acted
                return

    def _adopt(self, unit: UnitOfWork) -> None:
        """The unit of work is true now."""
        self._ids = unit.writes.next_id, unit.next_entry_id
        self.state.windows.update(unit.windows)
        self.state.adopt(unit.turn)
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
        self.broadcast.post(Committed(self.clock.now_ms(), *moved))
