"""The journal: every event that was stepped, in order, each report once. It is the truth."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from gateway.core.cases.refusal import Refusal
from gateway.core.events import Event, ReportCame, kind_of
from gateway.core.reasons import Reason
from gateway.core.subject import Subject, SubjectKind
from gateway.store import archives, tables
from gateway.store.statements import Row

Number = tuple[str, int]  # of a report: its seal, and the number that the seal gave it
LOOKED_UP_AT_ONCE = 256

encode_event = msgspec.json.Encoder().encode
decode_event = msgspec.json.Decoder(Event).decode


def row_of(
    journal_id: int,
    at_ms: int,
    subject: Subject | None,
    event: Event,
    reason: Reason | Refusal | None,
    cause_id: int | None = None,
) -> Row:
    """An event as a row.

    Args:
        journal_id: The row's id; the gateway is the only writer and counts by itself.
        at_ms: When it was stepped, in milliseconds of UTC.
        subject: Whose it is; None of a seal that hangs nowhere.
        reason: Why it was refused, or what it was; None where there is nothing to say.
        cause_id: The row from whose event this one followed; None for what came from outside.
    """
    kind, subject_id = subject or (None, None)
    return {
        "journal_id": journal_id,
        "at_ms": at_ms,
        "kind": kind_of(event),
        "subject_kind": kind,
        "subject_id": subject_id,
        "cause_id": cause_id,
        "seal_id": getattr(event, "seal_id", None),
        "seq": event.seq or None if isinstance(event, ReportCame) else None,
        "reason": reason,
        "body": encode_event(event),
    }


def whose(subject_kind: str, subject_id: str) -> Subject:
    """The subject that stands in two columns, here or among the pending events."""
    return Subject(SubjectKind(subject_kind), subject_id)


def journaled(connection: Connection, numbers: Iterable[Number]) -> set[Number]:
    """Which of these reports are in the journal, for numbers older than a replay window remembers.

    One statement for each seal, and for LOOKED_UP_AT_ONCE of its numbers.
    """
    by_seal: defaultdict[str, list[int]] = defaultdict(list)
    for seal_id, seq in numbers:
        by_seal[seal_id].append(seq)
    c, known = tables.journal.c, set[Number]()
    for file, _ in archives.files(connection):
        for seal_id, numbers_of in by_seal.items():
            for start in range(0, len(numbers_of), LOOKED_UP_AT_ONCE):
                some = numbers_of[start : start + LOOKED_UP_AT_ONCE]
                found = select(c.seq).where(c.seal_id == seal_id, c.seq.in_(some))
                known.update((seal_id, seq) for seq in file.execute(found).scalars())
    return known


def newest(connection: Connection) -> tuple[int, int]:
    """(journal_id, at_ms) of the newest row; zeros where there is none. Whatever the journal's
    length, it takes one step of its index: a gateway's time never goes back, so the newest row is
    also the latest."""
    c = tables.journal.c
    query = select(c.journal_id, c.at_ms).order_by(c.journal_id.desc()).limit(1)
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else (0, 0)
