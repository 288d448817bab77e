"""Steps what waits, and what is due, on a unit of work; whatever raises costs nobody else theirs.

What raises is made anew or set aside (isolation.py), and everything else is stepped once more on a
fresh unit of work: the steps are pure, so nothing of the item that raised remains.
"""

import logging
from copy import copy
from typing import Any

from msgspec.structs import replace

from gateway.core.events import ClockCorrected, ClockDoubted, ClockSure, Event
from gateway.core.reasons import Reason
from gateway.core.subject import SubjectKind
from gateway.engine.clock import Clock
from gateway.engine.guard import Refusals
from gateway.engine.isolation import Isolation
from gateway.engine.outgoing import Addressing
from gateway.engine.poison import PoisonWatch
from gateway.engine.ports import (
    Batch,
    Command,
    ContactSaid,
    DeliveryAttempt,
    Found,
    Overdue,
    Received,
)
from gateway.engine.queue import NOTED_MS, Queue
from gateway.engine.reading import Reading
from gateway.engine.scheduler import Scheduler
from gateway.engine.set_aside import Due, SetAside
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork
from gateway.store import states
from gateway.store.database import StoreError

log = logging.getLogger("menshen.engine")

READ_AGAIN_MS = 200  # a journal that cannot be asked


class Stepping:
    """Makes units of work of batches.

    `refusals`: what was refused of late.
    """

    def __init__(
        self,
        state: CommittedSite,
        addressing: Addressing,
        clock: Clock,
        reading: Reading,
        scheduler: Scheduler,
        isolation: Isolation,
        poison: PoisonWatch,
        queue: Queue,
        first_id: int,
    ) -> None:
        self._state, self._addressing, self._clock = state, addressing, clock
        self._reading, self._scheduler, self._isolation = reading, scheduler, isolation
        self._poison, self._queue = poison, queue
        self.refusals = Refusals()
        self._doubted_id = 0  # the first row that is dated by a clock in doubt
        self._first_id = first_id  # of this life
        self._remember()

    async def unit_of_work(self, batch: Batch, ids: tuple[int, int]) -> UnitOfWork:
        """Step a batch, and what is due.

        Args:
            batch: its items; what is owed for them is noted in it.
            ids: the next row of the journal, and of the outbox.
        """
        await self._read(batch)
        while True:
            self._remember()
            unit = UnitOfWork(self._state, self.refusals, self._addressing, ids)
            batch.begin()
            try:
                self._step(unit, batch)
            except Exception as error:  # noqa: BLE001 - whatever stored data can do to a step
                await self._isolate(batch, error)
            else:
                return unit

    def moved(self, by_ms: int) -> None:
        """The clock was moved at once: what is dated moves, and what it may be taken back to."""
        self._reading.moved(by_ms)
        self._before[0].moved(by_ms)

    def take_back(self) -> None:
        """The latest unit of work is not to be: all is as before it."""
        backlog, self._doubted_id = self._before
        self._reading.backlog = self._reading.backlog.taken_back(backlog)
        self._scheduler.put_back()

    def _remember(self) -> None:
        """What a unit of work changes beside itself, as it is before it. (What was refused is
        counted once more, if its batch is stepped once more: too many rather than too few.)"""
        self._before = copy(self._reading.backlog), self._doubted_id

    async def _read(self, batch: Batch) -> None:
        """Read its messages, however long the journal cannot be asked."""
        while True:
            try:
                await self._reading.read(batch)
            except StoreError as error:
                log.warning("the journal cannot be read now: %s", error)
                await self._clock.sleep(READ_AGAIN_MS)
            else:
                return

    def _step(self, unit: UnitOfWork, batch: Batch) -> None:
        """Every item, then what is due. `batch.at` says which raised."""
        now_ms = self._clock.now_ms()
        unit.writes.refusal(now_ms, Reason.FLOOD, batch.away)
        for at, (at_ms, item) in enumerate(batch.items):
            batch.at = at
            self._item(unit, batch, item, at_ms)
        batch.at = len(batch.items)
        if not (batch.is_single and batch.items):
            # What arrived before a time comes before what is due then.
            waits_ms = self._queue.oldest_ms()
            due_ms = now_ms if waits_ms is None else min(now_ms, waits_ms)
            late_ms = NOTED_MS if unit.writes.entries else 0  # no page waits for it
            self._scheduler.fire(unit, due_ms, 1 if batch.is_single else None, late_ms)
        unit.finish(now_ms)

    def _item(self, unit: UnitOfWork, batch: Batch, item: Any, at_ms: int) -> None:
        match item:
            case Received():
                self._reading.step(unit, batch, item, batch.reads[batch.at], at_ms)
            case ContactSaid():
                self._reading.contact(unit, item, at_ms)
            case DeliveryAttempt(entry=entry):
                unit.attempted(at_ms, entry)
                batch.sent += [entry.page_id] if entry.done_ms is not None else []
            case Command():
                self._command(unit, batch, item, at_ms)
            case SetAside():
                item.step(unit, batch, at_ms)
                self._poison.saw(at_ms, item.poisoned.source)
            case Found():
                self._keep(unit, item, at_ms)
            case Overdue():
                self._reading.expire(unit, at_ms)

    def _command(self, unit: UnitOfWork, batch: Batch, command: Command, at_ms: int) -> None:
        subject = command.subject
        if command.pending_id is not None:
            unit.writes.pending_events.append(command.pending_id)
            if not self._state.is_known(subject):
                raise LookupError(f"there is no such {subject.kind}")
        event = self._with_ids(command.event, unit.writes.next_id)
        batch.answers.append((command.answer, unit.event(at_ms, subject, event)))
        if isinstance(event, ClockCorrected):
            self._reading.corrected(unit)

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

    def _keep(self, unit: UnitOfWork, found: Found, at_ms: int) -> None:
        """What cannot be used, and what was made anew."""
        for single in found.poisoned:
            unit.writes.poisoned(at_ms, single)
            self._poison.saw(at_ms, single.source)
        for subject in found.anew:
            if subject.kind is SubjectKind.DOOR:
                unit.writes.door(unit.turn.door(subject.id))
            elif subject.kind is SubjectKind.HOUSEHOLD:
                unit.writes.household(unit.turn.household(subject.id))
            else:
                unit.writes.state(states.OUTAGES, unit.turn.outages)
                unit.writes.state(states.TROUBLES, unit.turn.troubles)

    async def _isolate(self, batch: Batch, error: Exception) -> None:
        """Nothing of this unit of work is to be; what raised is made anew or set aside."""
        item, due, read = batch.item(), self._scheduler.firing, batch.reads.get(batch.at)
        self.take_back()
        now_ms = self._clock.now_ms()
        resolved = await self._isolation.resolve(due if item is None else item[1], read, error)
        if isinstance(resolved, Found):
            self._queue.put_back([(now_ms, resolved)])
        elif item is not None:
            self._queue.put_back(
                batch.items[batch.at + 1 :]
            )  # so that only what was before is repeated
            batch.items[batch.at :] = [(item[0], resolved)]
        elif due is not None:
            self._scheduler.put_off(due, now_ms)
            batch.items.append((now_ms, resolved))

    async def resolved(self, batch: Batch, fired: list[Due], error: Exception) -> list[Any]:
        """What is to be committed in the place of the one item, or the one thing that was due,
        that the store does not take."""
        now_ms = self._clock.now_ms()
        at_ms, culprit = batch.items[0] if batch.items else (now_ms, next(iter(fired), None))
        resolved = await self._isolation.resolve(culprit, batch.reads.get(0), error)
        if isinstance(culprit, Due):
            self._scheduler.put_off(culprit, now_ms)
        elif isinstance(resolved, Found):
            return [(at_ms, resolved), (at_ms, culprit)]
        return [(at_ms, resolved)]
