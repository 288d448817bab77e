"""The outbox: one entry for each page and channel, done only after it went out."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from gateway.core.reasons import Reason
from gateway.store import tables
from gateway.store.poisoned import Findings
from gateway.store.statements import Row

UNDELIVERED_AT_ONCE = 1_000
UNSOUND_MAX = 10_000
SPARED: dict[str, Any] = {"language": "", "error": None, "received_ms": None}  # it goes out without


class Entry(msgspec.Struct):
    """One page to one channel, as it stands in the outbox. A delivery worker writes into it how an
    attempt went."""

    entry_id: int
    page_id: str
    case_id: str
    door_id: str
    warden_id: str | None
    channel: str
    address: str
    language: str
    reason: str
    since_ms: int
    made_ms: int
    next_ms: int
    tries: int = 0
    done_ms: int | None = None
    gave_up: bool = False
    error: str | None = None
    received_ms: int | None = None
    about: str = ""  # of a grouped page: a Group as JSON


class Group(msgspec.Struct, frozen=True):
    """What a grouped page is about: how many cases, how many of them breaches, and their ids.

    A later page of the same conversation stands for the earlier; one that does not ring is there to
    be read, and disturbs nobody.
    """

    cases: int
    breaches: int
    case_ids: tuple[str, ...]
    rings: bool = True
    conversation: str = ""


decode_group = msgspec.json.Decoder(Group).decode


def attempt_of(entry: Entry) -> Row:
    """How the latest attempt to deliver an entry went, as a row of UPDATE_ENTRY."""
    return {
        "b_id": entry.entry_id,
        "tries": entry.tries,
        "next_ms": entry.next_ms,
        "done_ms": entry.done_ms,
        "gave_up": entry.gave_up,
        "error": entry.error,
    }


def undelivered(
    connection: Connection, channel: str, after_id: int, findings: Findings | None = None
) -> list[Entry]:
    """The oldest entries of a channel that have not gone out, after an id; UNDELIVERED_AT_ONCE at
    most. What is no entry is left out, and stands in the findings under its number."""
    c = tables.outbox.c
    query = _WAITING.where(c.channel == channel, c.entry_id > after_id)
    query = query.order_by(c.entry_id).limit(UNDELIVERED_AT_ONCE)
    return _entries(connection, query, Findings() if findings is None else findings)


def unsound(connection: Connection, findings: Findings) -> None:
    """Find those of the oldest that wait and are no entries; UNSOUND_MAX are looked at."""
    query = _WAITING.order_by(tables.outbox.c.entry_id).limit(UNSOUND_MAX)
    _entries(connection, query, findings)


_WAITING = select(*(tables.outbox.c[name] for name in Entry.__struct_fields__)).where(
    tables.outbox.c.done_ms.is_(None), ~tables.outbox.c.gave_up
)


def _entries(connection: Connection, query: Select[Any], findings: Findings) -> list[Entry]:
    entries, name = [], tables.outbox.name
    for row in findings.rows(connection, query, name, **SPARED):
        words = _unsaid(row)
        if words:
            findings.note(name, row["entry_id"], words, repr(row))
        else:
            entries.append(Entry(**row))
    return entries


def _unsaid(row: Row) -> str:
    """What is wrong with an entry whose cells are of the right kinds; empty if nothing is."""
    try:
        if Reason(row["reason"]) is Reason.GROUPED:
            decode_group(row["about"])
        return "" if row["tries"] >= 0 else "tries is below 0"
    except ValueError as error:
        return str(error)


def newest_id(connection: Connection) -> int:
    """The entry_id of the newest entry; 0 where there is none."""
    return connection.execute(select(func.max(tables.outbox.c.entry_id))).scalar() or 0
