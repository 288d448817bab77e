"""The engine: take what came, step, commit once, acknowledge, tell. In that order.

1. Take what came: messages from the broker, actions of people, tries of delivery workers, pending
   events of other programs, at most BATCH_MAX of them; and what is due (scheduler.py).
2. Step each on a unit of work, which nobody else sees.
3. Commit the unit of work. If the store cannot, try the same unit of work again until it can:
   nothing is acknowledged that is not stored, and what waits outside waits in the broker and in the
   seals.
4. Adopt the unit of work and hand its pages to the delivery workers, for a person waits there.
5. Acknowledge to the broker, send the receipts, tell those who watch (broadcast.py).

That a page went out is no news that anybody waits for, so it is written with the next commit, or
after NOTED_MS: else each page would cost a second sync, and on an SD card stand in its own way.
"""

import asyncio
import heapq
import logging
import time
from collections import ChainMap, deque
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

import msgspec
from msgspec.structs import replace

from gateway.core.cases import troubles
from gateway.core.deadline_index import earliest
from gateway.core.events import (
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    ClockTrusted,
    Event,
    ReportCame,
    ReportHeld,
    RulesSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.evidence import Ended, Evidence
from gateway.core.reasons import REPEATS, Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import SITE, Subject, SubjectKind, of_door
from gateway.engine import needed, unstored
from gateway.engine.backlog import BrokerBacklog
from gateway.engine.broadcast import Broadcast
from gateway.engine.clock import Clock, MachineClock
from gateway.engine.health import Health, Metrics
from gateway.engine.outgoing import Addressing
from gateway.engine.ports import (
    Answer,
    Authenticated,
    Authenticator,
    Batch,
    Command,
    Committed,
    DeliveryAttempt,
    Outlet,
    Received,
    Rejected,
)
from gateway.engine.proving import Proving, raised
from gateway.engine.report_dates import HELD_MS, Copy, ReportDates
from gateway.engine.scheduler import Scheduler
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import RefusalTally, UnitOfWork
from gateway.engine.waiting_events import WaitingEvents
from gateway.registry import load as registry
from gateway.store import journal, outbox, states
from gateway.store.database import Store, StoreError
from gateway.store.life import Life
from gateway.store.outbox import Entry
from gateway.store.writer import Writer

log = logging.getLogger("menshen.engine")

BATCH_MAX = 256
WAITING_AT_ONCE = 512  # events of other programs in one batch, beside its reports,
WAITING_ALONE = 2_048  # and in one without any: some 100 ms, and a quarter of the syncs
QUEUE_MAX = 20_000  # beyond it messages wait in the broker, unacknowledged
NOTED_MS = 40  # so long what became of a try waits for a commit that comes anyway
STORE_FAILING_MS = 10_000  # so long nothing could be stored: people are told,
STORE_AGAIN_MS = 600_000  # and again
TROUBLES_KNOWN_MAX = 1_000
RETRY_MS = (200, 500, 1_000, 2_000, 5_000)  # then every 5 s

Item = Received | Command | DeliveryAttempt


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
        life: Life | None = None,
    ) -> None:
        """Make the engine of a site; it works as soon as it `run`s.

        Args:
            store: the site's database, whose only writer of states this engine is.
            state: the site as the store knows it.
            authenticator: says whether a message is genuine, and makes the receipts.
            addressing: says where a page goes.
            clock: whose time is the site's; without one the machine's, from the newest time that
                is written.
            life: is told of each commit, so that its markers know of it; without one nothing does.

        Raises:
            StoreError: the store cannot be read.
        """
        self._store, self.state, self._authenticator = store, state, authenticator
        self._addressing = addressing
        self._writer = Writer(store, life)
        self._proving = Proving(state.registry.seals)
        self._outlet: Outlet | None = None
        self._queue: deque[tuple[int, Item]] = deque()  # each with when it arrived
        self._attempts: deque[tuple[int, Item]] = deque()  # what became of tries, likewise
        self._wake = asyncio.Event()
        self._idle: list[asyncio.Future[None]] = []  # those who wait until there is nothing to do
        self._tally = RefusalTally()
        self._troubles: dict[tuple[Reason, str], bool] = {}  # as they were last said
        self._scheduler = Scheduler(state)
        self._workers: list[Callable[[list[Entry]], None]] = []
        self.on_clock_set: list[Callable[[int], None]] = []  # who else waits by this clock
        self.on_trusted: Callable[[ClockTrusted], None] = lambda _: None
        self._doubted_id = 0  # the first row that is dated by a clock in doubt
        self.broadcast = Broadcast()
        with store.reading() as connection:
            (journal_id, at_ms), entry_id = journal.newest(connection), outbox.newest_id(connection)
            rules_known = states.site_state(connection, states.RULES)
            listening = states.listening(connection)
        self._ids = journal_id + 1, entry_id + 1
        self._first_id = journal_id + 1  # of this life
        self.clock = clock or MachineClock(at_ms, state.doubt)
        self.metrics = Metrics(self.clock.now_ms)
        self._dates = ReportDates()
        self._together: dict[tuple[str, int], int] = {}  # dates of what came in one batch
        self._backlog = BrokerBacklog(listening, state.doors.values(), at_ms or self.clock.now_ms())
        self._waiting = WaitingEvents()
        if rules_known != msgspec.json.encode(state.rulebook):
            self._waiting.add(Command(SITE, RulesSet(state.rulebook)))
        for news in state.unjournaled():
            self._waiting.add(Command(*news))
        self._authenticator.know(state.registry.seals)

    def connect(self, outlet: Outlet, workers: list[Callable[[list[Entry]], None]]) -> None:
        """Say where acknowledgements, receipts and pages go; before `run`.

        Args:
            outlet: takes acknowledgements and receipts.
            workers: each takes the entries of the outbox that a commit made due. All get all, and
                pass over what is not theirs.
        """
        self._outlet, self._workers = outlet, workers

    def receive(
        self, topic: str, payload: bytes, token: int, live: bool = True, waited_ms: int = 0
    ) -> bool:
        """A message came from the broker. It is dated now, however late it is looked at.

        Args:
            topic: as the broker says it; anything may stand there.
            payload: likewise.
            token: by which it is acknowledged, once it is stored.
            live: whether it cannot have waited in the broker while we did not listen.
            waited_ms: how long it may have waited for us to read it, in milliseconds.

        Returns:
            False if it found no place: it is then not to be acknowledged.
        """
        if len(self._queue) >= QUEUE_MAX:
            self.metrics.turned_away += 1
            return False
        self._put(Received(topic, payload, token, live, waited_ms))
        return True

    def attempted(self, entry: Entry) -> None:
        """A delivery worker tried an entry, and has written into it how that went."""
        if unstored.is_unstored(entry):
            return
        self._attempts.append((self.clock.now_ms(), DeliveryAttempt(entry)))
        if len(self._attempts) == 1:
            self._wake.set()

    def ended(self, entry: Entry) -> Ended | None:
        """Why an entry that has not gone out is needed no more; None while it is needed."""
        return needed.ended(self.state, entry)

    def note(self, subject: Subject, event: Event) -> None:
        """Something that a part of the gateway has found out."""
        self._put(Command(subject, event))

    def clock_set(self, by_ms: int) -> None:
        """The clock was moved at once: what waits moves with it. To be said before anything else
        happens, for what comes now is dated by the new time."""
        self._backlog.moved(by_ms)
        self._dates.moved(by_ms)
        for moved in self.on_clock_set:
            moved(by_ms)
        self._put(Command(SITE, ClockCorrected(by_ms)))

    def take_pending(self, pending_id: int, subject: Subject, event: Event) -> None:
        """An event that another program left; its number is struck off in the same commit."""
        if isinstance(event, ClockTrusted):
            self.on_trusted(event)
        self._waiting.add(Command(subject, event, pending_id=pending_id))
        self._wake.set()

    def enlarge(self, known: registry.Registry) -> None:
        """Take over a newer registry: seals and addresses at once, staff and places as events."""
        for news in self.state.enlarge(known):
            self._waiting.add(Command(*news))
        self._authenticator.know(known.seals)
        self._addressing.know(known)

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

    def is_heard(self) -> bool:
        """Always, for whoever shares its process; the rest of `gateway.Gateway` stands here too."""
        return True

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
                self._tell(unit)
                self._acknowledge(batch)
                self._answer(unit, batch)
                unit.log.write()
        finally:
            self._writer.close()

    def _put(self, item: Item) -> None:
        """Everything is dated when it arrives: what waits here while the store is busy too."""
        self._queue.append((self.clock.now_ms(), item))
        self._wake.set()

    async def _wait(self) -> None:
        """Until something came or is due."""
        if self._queue or self._waiting:
            await asyncio.sleep(0)  # let the sockets be read: what they bring joins this batch
        while not (self._queue or self._waiting):
            due_ms, now_ms = self._next_ms(), self.clock.now_ms()
            if (due_ms is not None and due_ms <= now_ms) or (self._attempts and self._idle):
                return
            self._wake.clear()
            for idle in self._idle:
                if not idle.done():
                    idle.set_result(None)
            self._idle.clear()
            await self.clock.wait(self._wake, None if due_ms is None else due_ms - now_ms)

    def _next_ms(self) -> int | None:
        """When there is something to do though nothing comes."""
        noted_ms = self._attempts[0][0] + NOTED_MS if self._attempts else None
        return earliest(self._scheduler.next_ms(), noted_ms)

    def _take(self) -> list[tuple[int, Item]]:
        """What waits, in the order in which it arrived."""
        items = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
        if not self._attempts:
            return items
        attempts = [self._attempts.popleft() for _ in range(min(len(self._attempts), BATCH_MAX))]
        return list(heapq.merge(attempts, items, key=itemgetter(0)))

    async def _unit_of_work(self) -> tuple[UnitOfWork, Batch]:
        """Step everything that waits, and what is due, on a unit of work."""
        now_ms = self.clock.now_ms()
        unit, batch = UnitOfWork(self.state, self._tally, self._addressing, self._ids), Batch()
        items = self._take()
        self._bring_forward(unit, batch, SITE, items[0][0] if items else now_ms)
        messages = self._read(unit, items)
        for at_ms, item in items:
            match item:
                case Received() as message:
                    await self._message(unit, batch, message, at_ms, next(messages))
                case DeliveryAttempt(entry=entry):
                    unit.attempted(at_ms, entry)
                    batch.sent += [entry.page_id] if entry.done_ms is not None else []
                case Command() as command:
                    self._bring_forward(unit, batch, command.subject, at_ms)
                    self._command(unit, batch, command, at_ms)
        # What arrived before a time comes before what is due then.
        until_ms = min(now_ms, self._queue[0][0]) if self._queue else now_ms
        for command in self._waiting.first(WAITING_AT_ONCE if items else WAITING_ALONE):
            self._command(unit, batch, command, until_ms)
        self._scheduler.fire(unit, until_ms)
        unit.finish()
        return unit, batch

    def _command(self, unit: UnitOfWork, batch: Batch, command: Command, at_ms: int) -> None:
        if command.pending_id is not None:
            unit.writes.pending_events.append(command.pending_id)
        event = self._with_ids(command.event, unit.writes.next_id)
        answer = unit.event(at_ms, command.subject, event)
        batch.answers.append((command.answer, answer))

    def _bring_forward(self, unit: UnitOfWork, batch: Batch, subject: Subject, at_ms: int) -> None:
        """What waits for a subject comes before what is about to happen to it."""
        for command in self._waiting.of(subject):
            self._command(unit, batch, command, at_ms)

    def _with_ids(self, event: Event, next_id: int) -> Event:
        """A correction of the clock, with the rows that it is about: those since it was in doubt,
        or of this life."""
        if isinstance(event, ClockDoubted) and not self._doubted_id:
            self._doubted_id = next_id
        elif isinstance(event, ClockSure):
            self._doubted_id = 0
        elif isinstance(event, ClockCorrected):
            from_id, self._doubted_id = self._doubted_id or self._first_id, 0
            return replace(event, from_id=from_id, to_id=next_id - 1)
        return event

    def _read(
        self, unit: UnitOfWork, items: list[tuple[int, Item]]
    ) -> Iterator[Authenticated | Rejected | None]:
        """What the messages of a batch are, in their order; None of a seal that is not proved.
        Copies of one report that came together are compared: the first counts, dated by all."""
        windows = ChainMap(unit.windows, self.state.windows)
        read: list[Authenticated | Rejected | None] = []
        copies: list[tuple[ReportCame, int]] = []
        for at_ms, item in items:
            if isinstance(item, Received):
                message: Authenticated | Rejected | None = self._authenticator.read(
                    item.topic, item.payload, windows
                )
                if isinstance(message, Authenticated):
                    message = self._proved(unit, windows, message, at_ms)
                if isinstance(message, Authenticated):
                    unit.window(message.event.seal_id, message.window)
                    copies.append((message.event, at_ms))
                read.append(message)
        self._together = self._dates.earliest(copies) if len(copies) > 1 else {}
        return iter(read)

    def _proved(
        self,
        unit: UnitOfWork,
        windows: Mapping[str, ReplayWindow],
        message: Authenticated,
        at_ms: int,
    ) -> Authenticated | None:
        """The message, unless its seal must first prove itself: then only its mark rises."""
        seal_id = message.event.seal_id
        if not self._proving.holds_back(seal_id, at_ms):
            return message
        unit.raise_mark(at_ms, seal_id, raised(windows[seal_id], message.window))
        return None

    async def _message(
        self,
        unit: UnitOfWork,
        batch: Batch,
        message: Received,
        at_ms: int,
        read: Authenticated | Rejected | None,
    ) -> None:
        batch.tokens.append(message.token)
        if read is None:
            return
        if isinstance(read, Rejected):
            suspect = message.live or read.reason not in REPEATS  # brokers repeat after a break
            door_id = self._authenticator.door_of(read.seal_id) if suspect else None
            unit.refuse(at_ms, read.seal_id, door_id, read.reason)
            return
        transition = self._backlog.transition(message.live)
        if transition is not None:
            unit.writes.state("listening", transition)
        event = self._backlog.with_wait(read.event, message.live, at_ms, message.waited_ms)
        batch.receipts.append((event.seal_id, read.epoch, read.counter, event.seq))
        repeated = read.repeated
        if repeated is None:
            number = event.seal_id, event.seq
            repeated = number in unit.numbers or await asyncio.to_thread(
                self._is_journaled, *number
            )
        door_id = self._authenticator.door_of(event.seal_id)
        if door_id is not None:
            self._bring_forward(unit, batch, of_door(door_id), at_ms)
        if repeated:
            self._copy(unit, door_id, event, at_ms)
        else:
            self._report(unit, door_id, event, at_ms)

    def _report(self, unit: UnitOfWork, door_id: str | None, event: ReportCame, at_ms: int) -> None:
        """A new report, dated by all copies of it that came together."""
        held_ms = self._dates.held_ms(event, at_ms, self._together)
        if held_ms:
            if held_ms > HELD_MS:
                unit.writes.refusal(at_ms, Reason.HELD_BACK)
            event = replace(event, held_ms=held_ms)
        unit.report(at_ms, door_id, event)

    def _copy(self, unit: UnitOfWork, door_id: str | None, event: ReportCame, at_ms: int) -> None:
        """A copy of a report that counted already: what its age says of that."""
        unit.writes.refusal(at_ms, Reason.DUPLICATE)
        copy, edge_ms = self._dates.compared(event, at_ms)
        if copy is Copy.NOTHING:
            return
        unit.writes.refusal(at_ms, Reason.HELD_BACK)
        if copy is Copy.FIRST_HELD and door_id is not None:
            unit.event(at_ms, of_door(door_id), ReportHeld(event.seal_id, event.seq, edge_ms))

    def _is_journaled(self, seal_id: str, seq: int) -> bool:
        with self._store.reading() as connection:
            return journal.is_journaled(connection, seal_id, seq)

    async def _commit(self, unit: UnitOfWork) -> None:
        """Return when the unit of work is on the disk, however long that takes."""
        waits, began_ms, told_ms = iter(RETRY_MS), self.clock.now_ms(), None
        while True:
            started = time.perf_counter()
            try:
                await self._writer.write(unit.writes)
            except StoreError as error:
                if self.metrics.store_error != str(error):
                    log.error("nothing can be stored, and so nothing is acknowledged: %s", error)
                self.metrics.store_error = str(error)
                told_ms = self._tell_unstored(began_ms, told_ms)
                await self.clock.sleep(next(waits, RETRY_MS[-1]))
            else:
                if self.metrics.store_error is not None:
                    log.info("the store works again")
                took_ms = (time.perf_counter() - started) * 1000
                self.metrics.committed(took_ms, unit.reports, unit.refused)
                self.metrics.evidence[Evidence.RECEIVED] += unit.signed
                self.metrics.evidence[Evidence.SEEN] += unit.acted
                if told_ms is not None:  # the case of it, now that there can be one
                    failing_ms = self.clock.now_ms() - began_ms
                    self.trouble(Reason.STORE_FAILING, True, age_ms=failing_ms)
                    self.trouble(Reason.STORE_FAILING, False)
                return

    def _tell_unstored(self, began_ms: int, told_ms: int | None) -> int | None:
        """Page those who must know that nothing can be stored, if it is time; when that was."""
        now_ms = self.clock.now_ms()
        next_ms = began_ms + STORE_FAILING_MS if told_ms is None else told_ms + STORE_AGAIN_MS
        if now_ms < next_ms:
            return told_ms
        told = unstored.entries(self.state, self._addressing, now_ms, now_ms - began_ms)
        for offer in self._workers if told else ():
            offer(told)
        return now_ms

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

    def _tell(self, unit: UnitOfWork) -> None:
        """The delivery workers, for a person waits at their other end."""
        due = [entry for entry in unit.writes.entries if entry.done_ms is None]
        if due:
            for offer in self._workers:
                offer(due)

    def _answer(self, unit: UnitOfWork, batch: Batch) -> None:
        """Those who wait for what came of their action, and those who watch."""
        for waits, answer in batch.answers:
            if waits is not None and not waits.done():
                waits.set_result(answer)
        if not (unit.turn.doors or unit.cases or unit.pages or batch.sent):
            return
        moved = tuple(unit.turn.doors), tuple(unit.cases), tuple(unit.pages), tuple(batch.sent)
        self.broadcast.post(Committed(self.clock.now_ms(), *moved))
