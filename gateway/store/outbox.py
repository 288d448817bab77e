"""The outbox: one entry for each page and channel, done only after it went out."""

import msgspec
from sqlalchemy import Connection, func, select

from gateway.store import tables
from gateway.store.statements import Row

UNDELIVERED_AT_ONCE = 1_000


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


def undelivered(connection: Connection, channel: str, after_id: int) -> list[Entry]:
    """The oldest entries of a channel that have not gone out, after an id; UNDELIVERED_AT_ONCE at
    most."""
    c = tables.outbox.c
    rows = connection.execute(
        select(*(c[name] for name in Entry.__struct_fields__))
        .where(c.channel == channel, c.entry_id > after_id, c.done_ms.is_(None), ~c.gave_up)
        .order_by(c.entry_id)
        .limit(UNDELIVERED_AT_ONCE)
    )
    return [Entry(*row) for row in rows]


def newest_id(connection: Connection) -> int:
    """The entry_id of the newest entry; 0 where there is none."""
    return connection.execute(select(func.max(tables.outbox.c.entry_id))).scalar() or 0
