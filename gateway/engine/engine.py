"""The engine: take what came, step, commit once, acknowledge, tell. In that order.

1. Take what came: messages from the broker, actions of people, tries of delivery workers, pending
   events of other programs, at most BATCH_MAX of them; and what is due (scheduler.py).
2. Step each on a unit of work, which nobody else sees.
3. Commit the unit of work. If the store cannot, try the same again until it can: nothing is
   acknowledged that is not stored, and what waits outside waits in the broker and in the seals.
4. Adopt the unit of work and hand its pages to the delivery workers, for a person waits there.
5. Acknowledge to the broker, send the receipts, tell those who watch (broadcast.py).

Nothing that is stored, and nothing that came, can end it: an item whose step raises, or whose rows
the store does not take, is set aside alone (set_aside.py), and the rest of its batch is stepped
without it. A subject whose step raises is first made anew from its journal.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from gateway.core.events import ClockCorrected, ClockTrusted, Event, RulesSet
from gateway.core.evidence import Ended
from gateway.core.reasons import Reason
from gateway.core.subject import SITE, Subject
from gateway.engine import answering, needed, unstored
from gateway.engine.attacks import Attacks
from gateway.engine.backlog import BrokerBacklog
from gateway.engine.broadcast import Broadcast
from gateway.engine.clock import Clock, MachineClock
from gateway.engine.committing import Committing
from gateway.engine.guard import NAME_BURST, NAME_RATE, Rates
from gateway.engine.health import Health, Metrics
from gateway.engine.isolation import Isolation, name_of
from gateway.engine.outgoing import Addressing
from gateway.engine.poison import PoisonWatch
from gateway.engine.ports import (
    Answer,
    Authenticator,
    Batch,
    Command,
    Committed,
    ContactSaid,
    DeliveryAttempt,
    Found,
    Outlet,
    Overdue,
    Received,
)
from gateway.engine.queue import Queue
from gateway.engine.reading import Reading
from gateway.engine.said_troubles import SaidTroubles
from gateway.engine.scheduler import Scheduler
from gateway.engine.sealing import Sealing
from gateway.engine.state import CommittedSite
from gateway.engine.stepping import Stepping
from gateway.engine.unit_of_work import UnitOfWork
from gateway.registry import load as registry
from gateway.store import journal, outbox, poisoned, states
from gateway.store.database import Store
from gateway.store.life import Life
from gateway.store.outbox import Entry
from gateway.store.poisoned import NOT_USED, Poisoned, poisoned_by
from gateway.store.seal_commands import SealCommand
from gateway.store.writer import Writer

log = logging.getLogger("menshen.engine")

QUEUE_MAX = 20_000  # beyond it messages wait in the broker, unacknowledged


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
            clock: whose time is the site's; without one the machine's, from the newest written.
            life: is told of each commit, so that its markers know of it; without one nothing does.

        Raises:
            StoreError: the store cannot be read.
        """
        self._store, self.state, self._authenticator = store, state, authenticator
        self._addressing, self._writer = addressing, Writer(store, life)
        self._sealing = Sealing(store)
        self._outlet: Outlet | None = None
        self._wake = asyncio.Event()
        self._idle: list[asyncio.Future[None]] = []  # those who wait until there is nothing to do
        self._rates, self._away = Rates(NAME_RATE, NAME_BURST), 0  # away: since the last unit
        self._poison = PoisonWatch(self.trouble)
        self._troubles, self._scheduler = SaidTroubles(), Scheduler(state)
        self._workers: list[Callable[[list[Entry]], None]] = []
        self.on_heard: list[Callable[..., None]] = []  # who else goes by what was accepted
        self.on_known: list[Callable[[registry.Registry], None]] = []  # and by who is enrolled
        self.on_trusted: Callable[[ClockTrusted], None] = lambda _: None
        self.broadcast = Broadcast()
        with store.reading() as connection:
            (journal_id, at_ms), entry_id = journal.newest(connection), outbox.newest_id(connection)
            rules_known = states.site_state(connection, states.RULES)
            listening = states.listening(connection)
            found_before = poisoned.latest(connection)
        self._ids = journal_id + 1, entry_id + 1
        self.clock = clock or MachineClock(at_ms, state.doubt)
        self.metrics = Metrics(self.clock.now_ms)
        self._queue = Queue(authenticator, self.clock)
        backlog = BrokerBacklog(listening, state.doors.values(), at_ms or self.clock.now_ms())
        self._reading = Reading(store, state, authenticator, backlog)
        parts = self._writer, state, addressing, self.clock, self.metrics, self.trouble
        self._committing = Committing(*parts)
        isolation = Isolation(store, state, self._scheduler, authenticator)
        ways = addressing, self.clock, self._reading, self._scheduler, isolation, self._poison
        self._stepping = Stepping(state, *ways, self._queue, journal_id + 1)
        guards = self._rates, self._reading.rates, self._stepping.refusals
        self._attacks = Attacks(self.trouble, *guards, state.troubles, self.clock.now_ms())
        moved = self._attacks.moved, self._poison.moved, self.metrics.moved
        self.on_clock_set: list[Callable[[int], None]] = [*moved]
        if rules_known != msgspec.json.encode(state.rulebook):
            self._queue.wait(Command(SITE, RulesSet(state.rulebook)))
        for news in state.unjournaled():
            self._queue.wait(Command(*news))
        self._authenticator.know(state.registry.seals)
        self._poison.knew(found_before)
        self._found(state.registry)

    def connect(self, outlet: Outlet, workers: list[Callable[[list[Entry]], None]]) -> None:
        """Say where acknowledgements, receipts and pages go; before `run`.

        Args:
            outlet: takes acknowledgements and receipts.
            workers: each takes the entries of the outbox that a commit made due. All get all, and
                pass over what is not theirs.
        """
        self._outlet, self._workers = outlet, workers
        self._committing.offers = workers

    def receive(
        self,
        topic: str,
        payload: bytes,
        token: int,
        live: bool = True,
        waited_ms: int = 0,
        by_air: bool = False,
        signal_dbm: int | None = None,
    ) -> bool:
        """A message came. It is dated now, however late it is looked at.

        Args:
            topic: as the broker says it; anything may stand there.
            payload: likewise.
            token: by which it is acknowledged, once it is stored.
            live: whether it cannot have waited in the broker while we did not listen.
            waited_ms: how long it may have waited for us to read it, in milliseconds.
            by_air: whether it did not come from the broker, but was heard by a receiver of ours;
            signal_dbm: how strongly.

        Returns:
            False if it found no place: it is then not to be acknowledged.
        """
        if not self._allows(topic):
            self.metrics.turned_away += 1
            self._away += 1
            if self._outlet is not None:
                self._outlet.acknowledge(token)
            return True  # its seal gets no receipt, and sends it again
        if len(self._queue) >= QUEUE_MAX:
            self.metrics.turned_away += 1
            if not by_air:
                self._reading.backlog.turned_away(self.clock.now_ms(), waited_ms)
            return False
        self._put(Received(topic, payload, token, live, waited_ms, by_air, signal_dbm))
        return True

    def connecting(self) -> None:
        """The broker is connected anew, and what it was left with comes again; before that does."""
        self._reading.backlog.connected(self.clock.now_ms())

    def heard_contact(self, said: ContactSaid) -> bool:
        """A contact of another maker said something, now. False if it was turned away, and lost."""
        is_allowed = self._reading.rates.allows(said.seal_id, self.clock.now_ms())
        if is_allowed and len(self._queue) < QUEUE_MAX:
            self._put(said)
            return True
        self.metrics.turned_away += 1
        return False

    def attempted(self, entry: Entry) -> None:
        """A delivery worker tried an entry, and has written into it how that went."""
        if unstored.is_unstored(entry):
            return
        if self._queue.note(DeliveryAttempt(entry)):
            self._wake.set()
        if entry.gave_up and not entry.page_id:  # a row that was no entry
            self.found((poisoned_by("outbox", entry.entry_id, entry.error),))

    def found(self, poisoned: tuple[Poisoned, ...]) -> None:
        """Stored things that somebody read and cannot use: they are kept, struck off, and told."""
        self._put(Found(poisoned))

    def ended(self, entry: Entry) -> Ended | None:
        """Why an entry that has not gone out is needed no more; None while it is needed."""
        return needed.ended(self.state, entry)

    def note(self, subject: Subject, event: Event) -> None:
        """Something that a part of the gateway has found out."""
        self._put(Command(subject, event))

    def clock_set(self, by_ms: int) -> None:
        """The clock was moved at once: what waits moves with it. To be said before anything else
        happens, for what comes now is dated by the new time."""
        self._stepping.moved(by_ms)
        for moved in self.on_clock_set:
            moved(by_ms)
        self._put(Command(SITE, ClockCorrected(by_ms)))

    def take_pending(self, pending_id: int, subject: Subject, event: Event) -> None:
        """An event that another program left; its number is struck off in the same commit."""
        if isinstance(event, ClockTrusted):
            self.on_trusted(event)
        self._queue.wait(Command(subject, event, pending_id=pending_id))
        self._wake.set()

    def ask(self, commands: list[SealCommand]) -> None:
        """Take over the commands to seals that are open in the database."""
        self._reading.downlink.know(commands)

    def enlarge(self, known: registry.Registry) -> None:
        """Take over a newer registry: seals and addresses at once, staff and places as events."""
        for news in self.state.enlarge(known):
            self._queue.wait(Command(*news))
        self._authenticator.know(known.seals)
        self._addressing.know(known)
        for knows in self.on_known:
            knows(known)
        self._found(known)

    def look(self) -> None:
        """Whether an attack, or what could not be used, begins or ends. Cheap: call it often."""
        now_ms = self.clock.now_ms()
        self._attacks.look(now_ms)
        self._poison.look(now_ms)
        downlink = self._reading.downlink
        surely_ms = now_ms - self.state.doubt.ahead_ms  # a clock in doubt ends nothing
        if not downlink.is_expiring and downlink.overdue(surely_ms):
            downlink.is_expiring = True
            self._put(Overdue())

    def trouble(self, reason: Reason, is_present: bool, about: str = "", age_ms: int = 0) -> None:
        """Say whether something has befallen the gateway or its site: one case, raised or cleared.

        May be said as often as one likes, from the loop; only what is new becomes an event.

        Args:
            reason: one of `core.reasons.TROUBLES`.
            is_present: whether it is there.
            about: which of its kind: a random id or a short code, never an identity.
            age_ms: how long it has been there already.
        """
        event = self._troubles.news(self.state.troubles, reason, is_present, about, age_ms)
        if event is not None:
            self._put(Command(SITE, event))

    def listens(self, is_listening: bool) -> None:
        """Say whether what seals say by air is heard. They are told, and beat accordingly."""
        self._reading.is_listening = is_listening

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """Do an action of a person, as `gateway.Gateway` says. KeyError: there is none such."""
        if not self.state.is_known(subject):
            raise KeyError(subject.id)
        event = self._sealing.sealed(subject, event, self.clock.now_ms())
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
                batch, self._away = self._queue.batch(self._away), 0
                unit = await self._stepping.unit_of_work(batch, self._ids)
                error = await self._committing.commit(unit)
                if error is not None:
                    await self._not_taken(batch, error)
                    continue
                self._adopt(unit)
                if self._outlet is not None:
                    answering.acknowledge(self._outlet, self._authenticator, batch)
                self._answer(unit, batch)
                unit.log.write()
                self.look()
        finally:
            self._reading.close()
            self._writer.close()

    def _put(self, item: Received | ContactSaid | Command | Found | Overdue) -> None:
        self._queue.put(item)
        self._wake.set()

    def _allows(self, topic: str) -> bool:
        """Whether a message may come in: each seal's name has a rate. Strangers are no seal."""
        seal_id, seals = name_of(topic), self.state.registry.seals
        return seal_id not in seals or self._rates.allows(seal_id, self.clock.now_ms())

    async def _wait(self) -> None:
        """Until something came or is due."""
        if not self._queue.is_empty:
            await asyncio.sleep(0)  # let the sockets be read: what they bring joins this batch
        while self._queue.is_empty:
            left_ms = self._queue.left_ms(self._scheduler.next_ms(), is_hurried=bool(self._idle))
            if left_ms is not None and left_ms <= 0:
                return
            self._wake.clear()
            for idle in self._idle:
                if not idle.done():
                    idle.set_result(None)
            self._idle.clear()
            await self.clock.wait(self._wake, left_ms)

    def _found(self, known: registry.Registry) -> None:
        """What the registry came upon is kept and told, and what it made anew is stored."""
        self._poison.standing({found.source for found in known.poisoned})
        for found in known.poisoned:
            log.error(NOT_USED, found.source, found.words)
        if known.poisoned:
            self._put(Found(known.poisoned, known.rebuilt))

    async def _not_taken(self, batch: Batch, error: Exception) -> None:
        """The store does not take the rows of a unit of work, and never will: its items wait
        again, to be committed one by one, and a single one is set aside."""
        fired = self._scheduler.taken()
        self._stepping.take_back()
        self._away += batch.away
        again = batch.items
        if len(batch.items) + len(fired) <= 1:
            again = await self._stepping.resolved(batch, fired, error)
        self._queue.put_back(again, len(again) + len(fired))

    def _adopt(self, unit: UnitOfWork) -> None:
        """The unit of work is true now; its pages wait for what they are judged by, no longer."""
        self._ids = unit.writes.next_id, unit.next_entry_id
        self.state.adopt(unit.turn)
        if unit.seals:
            self.state.became(unit.seals)
            self._authenticator.know(self.state.registry.seals)
        self._tell(unit)
        self.state.windows.update(unit.windows)
        for adopted in self.on_heard:
            adopted(unit.windows, unit.heard)
        self.state.spans.adopt(unit.spans)
        self._reading.downlink.adopt(unit.commands)
        self._scheduler.adopted(unit)

    def _tell(self, unit: UnitOfWork) -> None:
        """The delivery workers, for a person waits at their other end."""
        due = [entry for entry in unit.writes.entries if entry.done_ms is None]
        for offer in self._workers if due else ():
            offer(due)

    def _answer(self, unit: UnitOfWork, batch: Batch) -> None:
        """Those who wait for what came of their action, and those who watch."""
        answering.answer(batch)
        if unit.is_seen or batch.sent:
            self.broadcast.post(Committed(self.clock.now_ms(), *unit.moved, tuple(batch.sent)))
