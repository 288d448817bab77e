"""What raised when it was stepped or stored: it is kept with its bytes, answered, and not stepped.

A genuine report that no step can take is journaled, so that nothing is lost, under no subject, so
that no replay steps it; and it is receipted, or its seal would send it for ever and nothing after
it. The door is told of as poisoned, and its next report shows by its counter that one is missing.
"""

from typing import Any

import msgspec
from msgspec import Struct

from gateway.core.model import Path
from gateway.core.reasons import Reason
from gateway.core.subject import Subject
from gateway.engine.ports import (
    Authenticated,
    Batch,
    Command,
    ContactSaid,
    DeliveryAttempt,
    Owed,
    Received,
)
from gateway.engine.unit_of_work import UnitOfWork
from gateway.store import tables
from gateway.store.poisoned import Poisoned, poisoned_by


class Due(Struct, frozen=True):
    """A time that had come: of a subject, or of a person."""

    subject: Subject | None = None
    warden_id: str = ""


class SetAside:
    """One item that is not stepped, and what is still owed for it.

    Args:
        item: the item, or what was due.
        read: of a message: what it is.
        error: what it raised.
    """

    def __init__(self, item: Any, read: Any, error: Exception) -> None:
        self._item, self._read, self._error = item, read, error
        self.poisoned = _poisoned(item, error)

    def step(self, unit: UnitOfWork, batch: Batch, at_ms: int) -> None:
        """Write it down, and owe what must be owed."""
        unit.writes.poisoned(at_ms, self.poisoned)
        match self._item:
            case Received() as message:
                batch.tokens.append(message.token)
                if isinstance(self._read, Authenticated):
                    self._report(unit, batch, self._read, at_ms)
            case DeliveryAttempt(entry=entry):
                unit.writes.attempt(entry)
            case Command(answer=answer):
                batch.failures.append((answer, self._error))

    def _report(self, unit: UnitOfWork, batch: Batch, read: Authenticated, at_ms: int) -> None:
        """A report that is genuine and new is journaled, and receipted."""
        event = read.event
        unit.window(event.seal_id, read.window)
        if read.path is Path.NETWORK:
            numbers = read.epoch, read.counter, event.seq, read.version
            batch.receipts.append(Owed(event.seal_id, *numbers))
        number = event.seal_id, event.seq
        if read.repeated is not True and number not in unit.numbers | batch.journaled:
            unit.numbers.add(number)
            unit.writes.event(at_ms, None, event, Reason.POISONED)


def _poisoned(item: Any, error: Exception) -> Poisoned:
    """The item as it is kept."""
    match item:
        case Received() as message:
            kept = message.topic.encode(errors="replace") + b" " + message.payload.hex().encode()
            return poisoned_by("reports", message.topic, error, kept)
        case ContactSaid() as said:
            return poisoned_by("reports", said.seal_id, error, msgspec.json.encode(said))
        case DeliveryAttempt(entry=entry):
            return poisoned_by(tables.cases.name, entry.case_id, error)
        case Command(pending_id=int(pending_id)) as command:
            body = msgspec.json.encode(command.event)
            return poisoned_by(tables.pending_events.name, pending_id, error, body)
        case Command() as command:
            body = msgspec.json.encode(command.event)
            return poisoned_by("acts", command.subject.id, error, body)
        case Due(subject=None, warden_id=warden_id):
            return poisoned_by(tables.people.name, warden_id, error)
        case Due(subject=Subject() as subject):
            return poisoned_by(tables.doors.name if subject.id else "states", subject.id, error)
    return poisoned_by("unknown", "", error)
