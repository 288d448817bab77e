"""From what the broker brought to what is stepped: is it genuine, is it new, when was it?

All messages of a batch are read first, in their order and once, whatever becomes of the batch: so
marks rise in that order, copies of one report are compared, and one look-up tells which of the old
numbers are journaled.
"""

import asyncio
from collections import ChainMap
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec.structs import replace

from gateway.core.doors import after_order
from gateway.core.doubted_time import doubted
from gateway.core.events import ReportCame, ReportHeld
from gateway.core.model import Door, Path
from gateway.core.path_events import CopyCame
from gateway.core.reasons import REPEATS, Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.subject import of_door
from gateway.engine import contact_reports, report_dates, seal_notes
from gateway.engine.backlog import BrokerBacklog
from gateway.engine.downlink import Downlink
from gateway.engine.guard import Rates
from gateway.engine.order_words import OrderWords
from gateway.engine.ports import (
    Authenticated,
    Authenticator,
    Batch,
    ContactSaid,
    Noted,
    Owed,
    Received,
    Rejected,
)
from gateway.engine.proving import Proving, raised
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork
from gateway.store import journal, seal_paths, states
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind


def is_late(door: Door, now_ms: int) -> bool:
    """Whether the door's seal was heard so long ago that a mere copy is news: that it lives."""
    if door.heard_ms is None or door.heartbeat_ms is None:
        return False
    return now_ms - door.heard_ms >= door.heartbeat_ms // 2


class Unproved:
    """A genuine message of a seal that must first prove itself: only its mark rises."""

    def __init__(self, seal_id: str, window: ReplayWindow) -> None:
        self.seal_id, self.window = seal_id, window


class TurnedAway:
    """A genuine message of a seal that sends far too much: counted, and nothing else."""


class Reading:
    """Reads the messages of batches. `backlog`: how long they may have waited in the broker;
    `rates`: of genuine messages."""

    def __init__(
        self,
        store: Store,
        state: CommittedSite,
        authenticator: Authenticator,
        backlog: BrokerBacklog,
    ) -> None:
        self._store, self._state, self._authenticator = store, state, authenticator
        self.backlog = backlog
        self.downlink, self._order_words = Downlink(), OrderWords()
        self._proving = Proving(state.registry.seals)
        self.is_listening = False  # the receiver of what comes by air
        with store.reading() as connection:
            self._by_air = set(seal_paths.heard(connection))  # of all others nothing is noted
        self.rates = Rates()
        self._lookups = ThreadPoolExecutor(1, "menshen-lookup")  # shared with nobody

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was corrected: what is dated moves with it."""
        self.backlog.moved(by_ms)
        self._order_words.moved(by_ms)
        self.downlink.moved(by_ms)

    def close(self) -> None:
        """Let go of the thread."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def read(self, batch: Batch) -> None:
        """Say of each message of a batch what it is, by its place there: `batch.reads`.

        Raises:
            StoreError: the journal cannot be read now.
        """
        windows: ChainMap[str, ReplayWindow] = ChainMap({}, self._state.windows)
        copies: list[tuple[ReportCame, int]] = []
        for at, (at_ms, item) in enumerate(batch.items):
            if isinstance(item, Received):
                read = batch.reads[at] = self._one(windows, item, at_ms)
                if isinstance(read, Authenticated):
                    copies.append((read.event, at_ms))
        batch.together = report_dates.earliest(copies) if len(copies) > 1 else {}
        old = {
            (read.event.seal_id, read.event.seq)
            for read in batch.reads.values()
            if isinstance(read, Authenticated) and read.repeated is None
        }
        if old:
            loop = asyncio.get_running_loop()
            batch.journaled = await loop.run_in_executor(self._lookups, self._look_up, old)

    def _one(self, windows: ChainMap[str, ReplayWindow], item: Received, at_ms: int) -> Any:
        try:
            read = self._authenticator.read(item.topic, item.payload, windows)
        except Exception as error:  # noqa: BLE001 - raised again where it is stepped
            return error
        if isinstance(read, Rejected):
            return read
        seal_id = read.seal_id if isinstance(read, Noted) else read.event.seal_id
        window = read.window
        if not self.rates.allows(seal_id, at_ms):
            return TurnedAway()
        if self._proving.holds_back(seal_id, at_ms):
            windows[seal_id] = raised(windows[seal_id], window)
            return Unproved(seal_id, windows[seal_id])
        windows[seal_id] = window
        return read

    def _look_up(self, numbers: set[journal.Number]) -> set[journal.Number]:
        with self._store.reading() as connection:
            return journal.journaled(connection, numbers)

    def step(
        self, unit: UnitOfWork, batch: Batch, message: Received, read: Any, at_ms: int
    ) -> None:
        """Step one message, and note what is owed for it.

        Args:
            unit: on which it is stepped.
            batch: whose message it is.
            message: the message.
            read: what it is, as `read` said.
            at_ms: when it arrived.

        Raises:
            Exception: whatever its reading, or a step, raised.
        """
        if isinstance(read, Exception):
            raise read
        batch.tokens.append(message.token)
        if isinstance(read, TurnedAway):
            unit.writes.refusal(at_ms, Reason.FLOOD)
        elif isinstance(read, Unproved):
            unit.raise_mark(at_ms, read.seal_id, read.window)
        elif isinstance(read, Rejected):
            suspect = message.live or read.reason not in REPEATS  # brokers repeat after a break
            door_id = self._authenticator.door_of(read.seal_id) if suspect else None
            unit.refuse(at_ms, read.seal_id, door_id, read.reason, suspect)
        elif isinstance(read, Noted):
            self._noted(unit, batch, read, at_ms)
        else:
            self._genuine(unit, batch, message, read, at_ms)

    def _noted(self, unit: UnitOfWork, batch: Batch, read: Noted, at_ms: int) -> None:
        known, before = self._state.registry.seals, self._state.windows[read.seal_id]
        unit.window(read.seal_id, read.window)
        seal_notes.step(unit, self.downlink, known, read, before.epoch, at_ms)
        numbers = read.epoch, read.counter, 0, read.version
        door_id = self._authenticator.door_of(read.seal_id)
        is_heard = door_id is not None and self._is_heard_by_air(unit.turn.door(door_id))
        self._owe(unit, batch, Owed(read.seal_id, *numbers, is_heard=is_heard), at_ms)

    def contact(self, unit: UnitOfWork, said: ContactSaid, at_ms: int) -> None:
        """Step what a contact of another maker said. Raises whatever its step raises."""
        window = self._state.windows.get(said.seal_id, ReplayWindow())
        self._heard(unit, at_ms)
        contact_reports.step(unit, said, window, at_ms)

    def corrected(self, unit: UnitOfWork) -> None:
        """The clock's correction is stepped, and moves when the doors were heard."""
        stopped = self.backlog.corrected()
        if stopped is not None:
            unit.writes.state(states.LISTENING, stopped)

    def _heard(self, unit: UnitOfWork, at_ms: int) -> None:
        """A door is heard: the store must not take that for a word about what waits elsewhere."""
        stopped = self.backlog.heard(at_ms)
        if stopped is not None:
            unit.writes.state(states.LISTENING, stopped)

    def expire(self, unit: UnitOfWork, at_ms: int) -> None:
        """Commands whose time is over are asked no more."""
        for command in self.downlink.overdue(at_ms - unit.turn.doubt.ahead_ms):
            unit.command(replace(command, moved_ms=at_ms))
            if command.kind is CommandKind.IDENTITY:
                seal_notes.give_up(unit, self._state.registry.seals, command.seal_id, at_ms)

    def _owe(
        self,
        unit: UnitOfWork,
        batch: Batch,
        owed: Owed,
        at_ms: int,
        said: tuple[Door, ReportCame] | None = None,
    ) -> None:
        """The answer to a transmission, with what its seal is asked to do: one thing at a time, and
        of its order last, which is asked again with each answer. `said`: where it hangs, and what
        it said of that door."""
        command = None
        if owed.version > 1:
            ahead_ms = unit.turn.doubt.ahead_ms
            command = self.downlink.due(owed.seal_id, at_ms, unit.commands, ahead_ms)
        if command is not None:
            unit.command(command)
            owed = owed._replace(command=command.plain)
        elif owed.version > 1 and said is not None:
            door, event = said
            word = self._order_words.due(doubted(door, unit.turn.doubt), event, at_ms)
            owed = owed._replace(command=word)
        batch.receipts.append(owed)

    def _genuine(
        self, unit: UnitOfWork, batch: Batch, message: Received, read: Authenticated, at_ms: int
    ) -> None:
        unit.window(read.event.seal_id, read.window)
        event = read.event
        if not message.by_air:
            event = self.backlog.with_wait(event, message.live, at_ms, message.waited_ms)
        self._heard(unit, at_ms)
        said = {"battery_mv": event.battery_mv}
        if read.path is Path.NETWORK:
            said["signal_dbm"] = event.signal_dbm
        unit.writes.reading(event.seal_id, at_ms, said)
        door_id = self._authenticator.door_of(event.seal_id)
        door = None if door_id is None else unit.turn.door(door_id)
        self._note_path(unit, batch, message, read, door, at_ms)
        number, repeated = (event.seal_id, event.seq), read.repeated
        if repeated is None:
            repeated = number in unit.numbers or number in batch.journaled
        if repeated:
            self._repeated(unit, read.path, door, event, at_ms)
            return
        held_ms = report_dates.held_ms(event, at_ms, batch.together)
        if held_ms:
            if held_ms > report_dates.HELD_MS:
                unit.writes.refusal(at_ms, Reason.HELD_BACK)
            event = replace(event, held_ms=held_ms)
        if door is not None and after_order.rests(doubted(door, unit.turn.doubt), event, at_ms):
            unit.unrecorded(at_ms, door, event, is_late(door, at_ms))
            return
        unit.report(at_ms, door_id, event)

    def _note_path(
        self,
        unit: UnitOfWork,
        batch: Batch,
        message: Received,
        read: Authenticated,
        door: Door | None,
        at_ms: int,
    ) -> None:
        """What is owed for a transmission, and on which way its seal was heard."""
        event = read.event
        if read.path is Path.AIR:  # where nobody can be answered
            self._by_air.add(event.seal_id)
        else:
            is_heard = door is not None and self._is_heard_by_air(door)
            numbers = read.epoch, read.counter, event.seq, read.version
            owed = Owed(event.seal_id, *numbers, is_heard=is_heard)
            self._owe(unit, batch, owed, at_ms, None if door is None else (door, event))
        if event.seal_id in self._by_air:
            unit.heard_on(at_ms, event.seal_id, read.path, message.signal_dbm)

    def _repeated(
        self, unit: UnitOfWork, path: Path, door: Door | None, event: ReportCame, at_ms: int
    ) -> None:
        """A report that counted already. By air that may be all that a seal can say: it lives."""
        unit.writes.refusal(at_ms, Reason.DUPLICATE)
        self._compare(unit, door, event, at_ms)
        if door is not None and path is Path.AIR and is_late(door, at_ms):
            unit.event(at_ms, of_door(door.door_id), CopyCame(event.seal_id))

    def _is_heard_by_air(self, door: Door) -> bool:
        """Whether its seal may leave its heartbeats to the air."""
        is_silent = any(path.path is Path.AIR for path in door.silent_paths)
        return self.is_listening and door.seal_id in self._by_air and not is_silent

    def _compare(self, unit: UnitOfWork, door: Door | None, event: ReportCame, at_ms: int) -> None:
        """A copy of a report that counted already: what its age says of that."""
        shown = report_dates.compared(event, at_ms, door)
        if shown is report_dates.Copy.NOTHING:
            return
        unit.writes.refusal(at_ms, Reason.HELD_BACK)
        if isinstance(shown, ReportHeld) and door is not None:
            unit.event(at_ms, of_door(door.door_id), shown)
