"""The outbox: one entry for each page and channel, done only after it went out."""

import msgspec
from sqlalchemy import Connection, func, or_, select, type_coerce
from sqlalchemy.types import NullType

from gateway.core.duration import DAY_MS
from gateway.core.events import CaseAction, PageTestAnswered
from gateway.store import tables
from gateway.store.poisoned import Findings
from gateway.store.statements import Row

UNDELIVERED_AT_ONCE = 1_000
UNSOUND_MAX = 10_000
CODE_CHARACTERS = 6
CHANNEL_MAX = 16  # characters of a channel's name; a longer one is none of ours
HOUSEHOLD = "household"  # the channel of texts to a household; its entries name a door alone
SEEN_WITHIN_MS = 7 * DAY_MS  # a person who acts has seen the pages of so long


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
    sent_id: str = ""  # by which others know it: drawn for this page, and for nothing before it
    evidence: str | None = None  # an Evidence: how far it is proved to have come
    ended: str | None = None  # an Ended: why it is not needed any more; `gave_up` is then set
    pressed_ms: int | None = None  # of a test: when the person said that they have it
    step_index: int | None = None  # of the escalation; None where it is on no step
    round: int = 0
    role: str = ""  # by whose duty the person was told; empty where it was by none


class Unreadable(msgspec.Struct, frozen=True):
    """A row of the outbox that holds what no release of ours wrote there."""

    entry_id: int
    why: str

    def given_up(self) -> Entry:
        """It as an entry that nobody tries, so that it is seen and passed over."""
        nothing = ("",) * 2
        return Entry(
            self.entry_id,
            *nothing,
            "",
            None,
            *nothing,
            "",
            "",
            0,
            0,
            0,
            gave_up=True,
            error=f"this entry cannot be read: {self.why}",
        )


class Group(msgspec.Struct, frozen=True):
    """What a grouped page is about: how many, how many of them breaches and how many a household's
    matters (the others are cases), and their ids.

    A later page of the same conversation stands for the earlier; one that does not ring is there to
    be read, and disturbs nobody.
    """

    cases: int
    breaches: int
    case_ids: tuple[str, ...]
    rings: bool = True
    conversation: str = ""
    matters: int = 0


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
        "b_evidence": entry.evidence,
        "ended": entry.ended,
    }


def seen_by(event: CaseAction, at_ms: int) -> Row:
    """Who acts on a case has seen the pages about it, as a row of SEE_ENTRIES."""
    return {
        "b_warden_id": event.actor.actor_id,
        "b_case_id": event.case_id,
        "b_after_ms": at_ms - SEEN_WITHIN_MS,
    }


def answered_by(event: PageTestAnswered, at_ms: int) -> Row:
    """A test came through, as a row of ANSWER_TEST."""
    return {
        "b_page_id": event.page_id,
        "b_sent_id": event.sent_id,
        "b_warden_id": event.by,
        "b_at_ms": at_ms,
        "b_pressed_ms": at_ms if event.is_pressed else None,
    }


def code_of(sent_id: str) -> str:
    """A page's code for people: short enough to be read out, and it leads to nothing else."""
    return sent_id[:CODE_CHARACTERS].upper()


def undelivered(
    connection: Connection,
    channel: str,
    after_id: int,
    limit: int = UNDELIVERED_AT_ONCE,
    address: str | None = None,
) -> "list[Entry | Unreadable]":
    """The oldest entries of a channel that have not gone out, after an id.

    Args:
        connection: a reading one.
        channel: the kind's name.
        after_id: the newest entry that is not wanted any more.
        limit: how many at most.
        address: only those to this address; None for all.

    Returns:
        Entries in the order of their ids, and in the place of a row that is none, an Unreadable.
    """
    c = tables.outbox.c
    query = (
        select(*(c[name] for name in Entry.__struct_fields__))
        .where(c.channel == channel, c.entry_id > after_id, c.done_ms.is_(None), ~c.gave_up)
        .order_by(c.entry_id)
        .limit(limit)
    )
    if address is not None:
        query = query.where(c.address == address)
    return [
        _entry_of(dict(zip(Entry.__struct_fields__, row, strict=True)))
        for row in connection.execute(query)
    ]


def waited_for(connection: Connection) -> list[str]:
    """The channels by which anything still is to go out, as entries bear them."""
    c = tables.outbox.c
    query = select(c.channel).where(c.done_ms.is_(None), ~c.gave_up).distinct()
    found = connection.execute(query).scalars()
    return sorted(name for name in found if isinstance(name, str) and len(name) <= CHANNEL_MAX)


def told(connection: Connection, page_id: str, warden_id: str) -> Entry | None:
    """A page as it was told to a person, by its own id or by the one under which it left the house;
    None if there is none, or it cannot be read."""
    c = tables.outbox.c
    query = (
        select(*(c[name] for name in Entry.__struct_fields__))
        .where(or_(c.page_id == page_id, c.sent_id == page_id), c.warden_id == warden_id)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    found = _entry_of(dict(zip(Entry.__struct_fields__, row, strict=True)))
    return found if isinstance(found, Entry) else None


def _entry_of(row: Row) -> "Entry | Unreadable":
    try:
        return msgspec.convert(row, Entry)
    except msgspec.ValidationError as error:
        return Unreadable(row["entry_id"], str(error))


def unsound(connection: Connection, findings: Findings) -> None:
    """Find those of the oldest that wait and are no entries; UNSOUND_MAX are looked at."""
    c = tables.outbox.c
    query = select(*(type_coerce(c[name], NullType()) for name in Entry.__struct_fields__))
    query = query.where(c.done_ms.is_(None), ~c.gave_up).order_by(c.entry_id).limit(UNSOUND_MAX)
    for row in connection.execute(query):
        entry = _entry_of(dict(zip(Entry.__struct_fields__, row, strict=True)))
        if isinstance(entry, Unreadable):
            findings.note(tables.outbox.name, entry.entry_id, entry.why)


def newest_id(connection: Connection) -> int:
    """The entry_id of the newest entry; 0 where there is none."""
    return connection.execute(select(func.max(tables.outbox.c.entry_id))).scalar() or 0
