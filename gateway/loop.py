"""The heartbeat: take what came, step, commit once, acknowledge, tell. In that order.

1. Take what came: messages from the broker, acts of people, tries of couriers, letters of other
   programs, at most BATCH_MAX of them; and what is due (timetable.py).
2. Step each on a draft, which nobody else sees.
3. Commit the draft. If the store cannot, try the same draft again until it can: nothing is
   acknowledged that is not stored, and what waits outside waits in the broker and in the seals.
4. Adopt the draft, acknowledge to the broker, send the receipts.
5. Hand the new pages to the couriers, and tell those who watch.
"""

import asyncio
import logging
import time
from collections import ChainMap, deque
from collections.abc import Callable

import msgspec

from gateway.beat import Act, Answer, Arrived, Beat, Committed, Intake, Outlet, Refused, Tried, post
from gateway.clock import Clock
from gateway.core.events import Event, RulesSet
from gateway.core.reason import REPEATS, Reason
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.draft import Draft, Tally
from gateway.health import Health, Pulse
from gateway.lines import Addressing
from gateway.listened import Listened
from gateway.site import Site
from gateway.store import registry
from gateway.store.commit import Entry
from gateway.store.engine import Store, StoreError
from gateway.store.writer import Writer
from gateway.timetable import Timetable

log = logging.getLogger("menshen.loop")

BATCH_MAX = 256
QUEUE_MAX = 20_000  # beyond it messages wait in the broker, unacknowledged
WATCH_MAX = 256  # commits that a slow watcher may lag behind
RETRY_S = (0.2, 0.5, 1, 2, 5)  # then every 5 s
LETTERS_EVERY_S = 0.5


class Heart:
    """The one place where the site's state changes. `now_ms` is the gateway's clock, for all."""

    def __init__(self, store: Store, site: Site, intake: Intake, addressing: Addressing) -> None:
        self._store, self._site, self._intake = store, site, intake
        self._addressing = addressing
        self._writer = Writer(store)
        self._outlet: Outlet | None = None
        self._queue: deque[Arrived | Act | Tried] = deque()
        self._wake = asyncio.Event()
        self._tally = Tally()
        self._timetable = Timetable(site)
        self._watchers: list[asyncio.Queue[Committed]] = []
        self._couriers: list[Callable[[list[Entry]], None]] = []
        self._last_letter = 0
        with store.reading() as connection:
            journal_id, at_ms, entry_id = registry.newest(connection)
            rules_known = registry.site_state(connection, "rules")
            listening = registry.listening(connection)
        self._ids = journal_id + 1, entry_id + 1
        self.now_ms: Callable[[], int] = Clock(at_ms)
        self.pulse = Pulse(lambda: self.now_ms())
        self._listened = Listened(listening, site.doors.values(), at_ms or self.now_ms())
        if rules_known != msgspec.json.encode(site.rulebook):
            self._queue.append(Act(SITE, RulesSet(site.rulebook)))
        self._queue += [Act(*news) for news in site.unsaid()]
        self._intake.know(site.registry.seals)

    def connect(self, outlet: Outlet, couriers: list[Callable[[list[Entry]], None]]) -> None:
        """Where acknowledgements, receipts and pages go."""
        self._outlet, self._couriers = outlet, couriers

    def arrived(self, topic: str, payload: bytes, token: int, live: bool = True) -> bool:
        """A message came. False if it found no place: it is then not to be acknowledged."""
        if len(self._queue) >= QUEUE_MAX:
            self.pulse.turned_away += 1
            return False
        self._queue.append(Arrived(topic, payload, token, live))
        self._wake.set()
        return True

    def tried(self, entry: Entry) -> None:
        """A courier tried an entry, and has written into it how that went."""
        self._queue.append(Tried(entry))
        self._wake.set()

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """An act of a person. What came of it, after the commit.

        The site is the subject for the case of an outage. KeyError if there is no such door.
        """
        if subject.kind is SubjectKind.DOOR and subject.id not in self._site.doors:
            raise KeyError(subject.id)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(Act(subject, event, answer))
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
        return self.pulse.health(len(self._queue))

    async def run(self) -> None:
        """Beat until cancelled."""
        try:
            while True:
                await self._wait()
                draft, beat = await self._draft()
                await self._commit(draft)
                self._adopt(draft)
                self._acknowledge(beat)
                self._tell(draft, beat)
        finally:
            self._writer.close()

    async def read_letters(self) -> None:
        """Take what other programs leave (enrolment) into the loop, until cancelled."""
        while True:
            if not await self.take_letters():
                await asyncio.sleep(LETTERS_EVERY_S)

    async def take_letters(self) -> bool:
        """Take the oldest letters into the loop; whether there were any, so that more may follow.

        To be called before the first report is let in until there are none: an order that was
        placed while the gateway was stopped stands before an opening that waited in the broker.
        """
        try:
            letters, known = await asyncio.to_thread(self._read_letters)
        except StoreError as error:
            log.warning("letters: %s", error)
            return False
        if known is not None:
            self._queue += [Act(*news) for news in self._site.enlarge(known)]
            self._intake.know(known.seals)
            self._addressing.know(known)
            self._wake.set()
        for letter_id, subject, event in letters:
            self._last_letter = letter_id
            self._queue.append(Act(subject, event, letter_id=letter_id))
            self._wake.set()
        return bool(letters)

    def _read_letters(self) -> tuple[list[tuple[int, Subject, Event]], registry.Registry | None]:
        with self._store.reading() as connection:
            letters = registry.letters(connection, self._last_letter)
            changed = registry.enrolment(connection) != self._site.registry.enrolment
            return letters, registry.load(connection) if changed else None

    async def _wait(self) -> None:
        """Until something came or is due."""
        if self._queue:
            await asyncio.sleep(0)  # let the sockets be read: what they bring joins this beat
            return
        self._wake.clear()
        due_ms = self._timetable.next_ms()
        timeout_s = None if due_ms is None else max(0.0, (due_ms - self.now_ms()) / 1000)
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _draft(self) -> tuple[Draft, Beat]:
        """Step everything that waits, and what is due, on a draft."""
        now_ms = self.now_ms()
        draft, beat = Draft(self._site, self._tally, self._addressing, self._ids), Beat()
        for _ in range(min(len(self._queue), BATCH_MAX)):
            match self._queue.popleft():
                case Arrived() as message:
                    await self._message(draft, beat, message, now_ms)
                case Tried(entry=entry):
                    draft.tried(now_ms, entry)
                    beat.sent += [entry.page_id] if entry.done_ms is not None else []
                case Act() as act:
                    draft.commit.letters += [] if act.letter_id is None else [act.letter_id]
                    answer = draft.event(now_ms, act.subject, act.event)
                    beat.answers.append((act.answer, answer))
        self._timetable.fire(draft, now_ms)
        draft.finish()
        return draft, beat

    async def _message(self, draft: Draft, beat: Beat, message: Arrived, now_ms: int) -> None:
        beat.tokens.append(message.token)
        marks = ChainMap(draft.marks, self._site.marks)
        read = self._intake.read(message.topic, message.payload, marks)
        if isinstance(read, Refused):
            suspect = message.live or read.reason not in REPEATS  # brokers repeat after a break
            door_id = self._intake.door_of(read.seal_id) if suspect else None
            draft.refuse(now_ms, read.seal_id, door_id, read.reason)
            return
        turned = self._listened.turned(message.live)
        if turned is not None:
            draft.commit.state("listening", turned)
        event = self._listened.dated(read.event, message.live, now_ms)
        draft.mark(event.seal_id, read.mark)
        beat.receipts.append((event.seal_id, read.epoch, read.counter, event.seq))
        repeated = read.repeated
        if repeated is None:
            number = event.seal_id, event.seq
            repeated = number in draft.numbers or await asyncio.to_thread(
                self._is_journaled, *number
            )
        if repeated:
            draft.commit.refusal(now_ms, Reason.DUPLICATE)
        else:
            draft.report(now_ms, self._intake.door_of(event.seal_id), event)

    def _is_journaled(self, seal_id: str, seq: int) -> bool:
        with self._store.reading() as connection:
            return registry.is_journaled(connection, seal_id, seq)

    async def _commit(self, draft: Draft) -> None:
        """Return when the draft is on the disk, however long that takes."""
        waits = iter(RETRY_S)
        while True:
            started = time.perf_counter()
            try:
                await self._writer.write(draft.commit)
            except StoreError as error:
                if self.pulse.store_error != str(error):
                    log.error("nothing can be stored, and so nothing is acknowledged: %s", error)
                self.pulse.store_error = str(error)
                await asyncio.sleep(next(waits, RETRY_S[-1]))
            else:
                if self.pulse.store_error is not None:
                    log.info("the store works again")
                took_ms = (time.perf_counter() - started) * 1000
                self.pulse.committed(took_ms, draft.reports, draft.refused)
                return

    def _adopt(self, draft: Draft) -> None:
        """The draft is true now."""
        self._ids = draft.commit.next_id, draft.next_entry_id
        self._site.marks.update(draft.marks)
        self._site.adopt(draft.turn)
        self._timetable.adopted(draft)

    def _acknowledge(self, beat: Beat) -> None:
        """To the broker, in the order of arrival; then to the seals."""
        if self._outlet is None:
            return
        for token in beat.tokens:
            self._outlet.acknowledge(token)
        for seal_id, epoch, counter, seq in beat.receipts:
            self._outlet.publish(*self._intake.receipt(seal_id, epoch, counter, seq))

    def _tell(self, draft: Draft, beat: Beat) -> None:
        """Couriers first, for a person waits at their other end."""
        due = [entry for entry in draft.commit.entries if entry.done_ms is None]
        if due:
            for offer in self._couriers:
                offer(due)
        for waits, answer in beat.answers:
            if waits is not None and not waits.done():
                waits.set_result(answer)
        if not (draft.turn.doors or draft.cases or draft.pages or beat.sent):
            return
        moved = tuple(draft.turn.doors), tuple(draft.cases), tuple(draft.pages), tuple(beat.sent)
        news = Committed(self.now_ms(), *moved)
        for queue in self._watchers:
            post(queue, news)
