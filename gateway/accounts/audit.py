"""The audit: who looked at whose name or address, and who did what, in a chain of hashes.

Each entry's hash is taken over the entry and the hash before it, so that an edit, a gap or a change
of order shows (`verify`). The file's own triggers refuse any change; the chain is for whoever gets
past them. What no chain can show is that its last links were cut off, so the last of each day is an
*anchor*: it is logged, can be printed, and `menshen audit verify --anchor` holds the chain to it.
Auditors read; nobody edits.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_

from gateway.accounts import tables
from gateway.core.duration import DAY_MS

FIRST: Final = "0" * 64  # the hash before the first entry
WHAT_MAX: Final = 96
LOOKED_MAX: Final = 20_000  # entries passed over for a kind alone, which no index finds
ABOUT_MAX: Final = 1_000  # sealed names are long
WHY_MAX: Final = 200
REFUSED: Final = "refused"  # why, of what was not allowed
READ_MAX: Final = 1_000  # entries in memory at once
APART: Final = ", "  # between the things that one entry is about
log = logging.getLogger("menshen.audit")
_a, _n, _c, _t = tables.audit.c, tables.anchors.c, tables.cuts.c, tables.audit_things.c
_encode = msgspec.json.Encoder().encode


class Note(Struct, frozen=True):
    """What is to be remembered.

    Args:
        at_ms: When, in ms of UTC.
        account: Whose name; empty for somebody who is not known.
        what: A word of `menshen audit`, or a request's method and pattern of address.
        about: Which door, case or person, by id.
        why: By what right, or with what result.
        status: What came of it (`audit_status`).
    """

    at_ms: int
    account: str
    what: str
    about: str = ""
    why: str = ""
    status: int = 0


class Entry(Struct, frozen=True):
    """A note as it stands in the chain."""

    entry_id: int
    note: Note
    hash: str


class Anchor(NamedTuple):
    """The last link of a day."""

    day: str
    entry_id: int
    hash: str


class Cut(NamedTuple):
    """After which entry the chain begins, with its hash, and when what was before was forgotten."""

    entry_id: int
    hash: str
    cut_ms: int | None


class Wanted(Struct, frozen=True):
    """Which entries somebody wants to read; what is empty is no condition.

    Args:
        account: Of one account.
        about: About one thing, as `door d1`, alone or beside others.
        also: Other forms in which it may stand there (`audit_names.forms`).
        after: Only entries after this one.
        from_ms: Not before this.
        to_ms: Before this.
        whats: Only these words and patterns.
        is_refused: Only what did not come about.
    """

    account: str = ""
    about: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    whats: frozenset[str] | None = None
    is_refused: bool = False
    also: tuple[str, ...] = ()
    after: int = 0


ALL: Final = Wanted()


class BrokenChainError(Exception):
    """The chain is not what it was. The text says where."""


def add(connection: Connection, notes: Sequence[Note]) -> None:
    """Append notes, in the caller's transaction; the first of a new day anchors the day before."""
    latest = _latest(connection)
    entry_id, last, last_ms = latest or (0, FIRST, None)
    rows: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    for note in map(_bounded, notes):
        if last_ms is not None and note.at_ms // DAY_MS > last_ms // DAY_MS:
            if rows:
                connection.execute(tables.audit.insert(), rows)
                rows = []
            _anchor(connection, Anchor(_day(last_ms), entry_id, last))
        entry_id, last, last_ms = entry_id + 1, _hash(entry_id + 1, note, last), note.at_ms
        rows.append({"entry_id": entry_id, "hash": last, **msgspec.structs.asdict(note)})
        pairs += [{"thing": thing, "entry_id": entry_id} for thing in things(note.about)]
    if rows:
        connection.execute(tables.audit.insert(), rows)
    if pairs:
        connection.execute(tables.audit_things.insert(), pairs)


def things(about: str) -> list[str]:
    """What an entry is about, each thing once."""
    return [*dict.fromkeys(about.split(APART))] if about else []


def latest_anchor(connection: Connection) -> Anchor | None:
    """The chain's last link now, as the anchor of its day; None while the audit is empty."""
    latest = _latest(connection)
    return None if latest is None else Anchor(_day(latest[2]), latest[0], latest[1])


def anchors(connection: Connection, limit: int) -> list[Anchor]:
    """The last links of the latest days that are over, newest first."""
    query = select(tables.anchors).order_by(_n.entry_id.desc()).limit(limit)
    return [Anchor(*row) for row in connection.execute(query)]


def read(
    connection: Connection, limit: int, before: int | None = None, wanted: Wanted = ALL
) -> list[Entry]:
    """Entries, newest first; those before one, if it is said."""
    forms = {wanted.about, *wanted.also} if wanted.about else set[str]()
    query = _about(forms, wanted.after).limit(limit)
    if before is not None:
        query = query.where(_a.entry_id < before)
    query = query.where(*_conditions(wanted))
    return [_entry(row) for row in connection.execute(query)]


def read_kind(
    connection: Connection, limit: int, before: int | None, wanted: Wanted
) -> tuple[list[Entry], int | None]:
    """As `read`, where nothing but a kind is asked for, which no index finds: of the LOOKED_MAX
    entries before one. With it, before which entry it goes on; None where the audit ends."""
    top = before
    if top is None:
        top = (connection.execute(select(func.max(_a.entry_id))).scalar() or 0) + 1
    last = max(top - LOOKED_MAX, 1)
    query = _about(set(), 0).limit(limit).where(_a.entry_id < top, _a.entry_id >= last)
    found = [_entry(row) for row in connection.execute(query.where(*_conditions(wanted)))]
    if len(found) == limit:
        return found, found[-1].entry_id
    begins = connection.execute(select(func.min(_a.entry_id))).scalar() or top
    return found, last if last > begins else None


def _about(forms: set[str], after: int) -> Select[Any]:
    """All entries, or those about any of these things, newest first. One thing's stand in order in
    its own table; those of several are put in order, for one entry may be about two of them."""
    query = select(tables.audit)
    if len(forms) == 1:
        query = query.join(tables.audit_things, _t.entry_id == _a.entry_id)
        query = query.where(_t.thing.in_(forms), _t.entry_id > after)
        return query.order_by(_t.entry_id.desc())
    if forms:
        some = select(_t.entry_id).where(_t.thing.in_(sorted(forms)), _t.entry_id > after)
        query = query.where(_a.entry_id.in_(some))
    return query.order_by(_a.entry_id.desc())


def before_day_of(connection: Connection, at_ms: int) -> int:
    """The last entry of the days before the one before a time, by the anchors; 0 without any."""
    query = select(func.max(_n.entry_id)).where(_n.day < _day(at_ms - DAY_MS))
    return connection.execute(query).scalar() or 0


def cut(connection: Connection) -> Cut:
    """After which entry the chain begins."""
    query = select(_c.entry_id, _c.hash, _c.cut_ms).order_by(_c.entry_id.desc()).limit(1)
    row = connection.execute(query).first()
    return Cut(0, FIRST, None) if row is None else Cut(*row)


def verify(connection: Connection, printed: Sequence[str] = ()) -> int:
    """Go through the whole chain, from its first entry or the last cut; the number of its last.
    Each entry must be found by what it is about, and by nothing else, for a household asks so who
    looked.
    What finds its entries by a thing must name each of them and nothing else, for else somebody's
    looks could be hidden from the household that asks.

    Args:
        connection: A snapshot.
        printed: hashes of anchors from outside the file, each of which must be in the chain.

    Raises:
        BrokenChainError: An entry was changed, taken out or put in; or an anchor is not there.
    """
    begins = cut(connection)
    last, count, wanted = begins.hash, begins.entry_id, set(printed)
    known = {anchor.entry_id: anchor for anchor in anchors(connection, 1 << 31)}
    wanted -= _before(begins, known)
    for entry in _all(connection, count):
        count += 1
        if entry.entry_id != count:
            raise BrokenChainError(
                f"entry {count} is missing; after {count - 1} comes {entry.entry_id}"
            )
        last = _hash(entry.entry_id, entry.note, last)
        if last != entry.hash:
            raise BrokenChainError(f"entry {count} is not what was written there")
        anchor = known.pop(count, None)
        if anchor is not None and anchor.hash != last:
            raise BrokenChainError(f"entry {count} is not that of the anchor of {anchor.day}")
        wanted.discard(last)
    if known:
        anchor = min(known.values(), key=lambda one: one.entry_id)
        raise BrokenChainError(f"the chain ends at {count}, before the anchor of {anchor.day}")
    if wanted:
        raise BrokenChainError(f"no entry has the hash {min(wanted)}: the chain was cut or remade")
    _verify_things(connection, begins)
    return count


def _verify_things(connection: Connection, begins: Cut) -> None:
    """Each entry is found by what it is about, and by nothing else."""
    count, some = 0, list[tuple[str, int]]()
    for entry in _all(connection, begins.entry_id):
        some += [(thing, entry.entry_id) for thing in things(entry.note.about)]
        if len(some) >= READ_MAX:
            count, some = count + _found(connection, some), []
    count += _found(connection, some)
    there = select(func.count()).where(_t.entry_id > begins.entry_id)
    if connection.execute(there).scalar() != count:
        raise BrokenChainError("an entry is found by what it is not about")


def _found(connection: Connection, pairs: list[tuple[str, int]]) -> int:
    """How many these are; all must be there."""
    if not pairs:
        return 0
    query = select(_t.thing, _t.entry_id).where(tuple_(_t.thing, _t.entry_id).in_(pairs))
    missing = set(pairs) - {(row.thing, row.entry_id) for row in connection.execute(query)}
    if missing:
        entry_id = min(entry_id for _, entry_id in missing)
        raise BrokenChainError(f"entry {entry_id} is not found by what it is about")
    return len(pairs)


def _before(begins: Cut, known: dict[int, Anchor]) -> set[str]:
    """Take the anchors of what was forgotten out of those that are known; their hashes."""
    gone = [known.pop(entry_id) for entry_id in list(known) if entry_id <= begins.entry_id]
    for anchor in gone:
        if anchor.entry_id == begins.entry_id and anchor.hash != begins.hash:
            raise BrokenChainError(f"the chain does not begin at the anchor of {anchor.day}")
    return {anchor.hash for anchor in gone}


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.account:
        yield _a.account == wanted.account
    if wanted.after:
        yield _a.entry_id > wanted.after
    if wanted.from_ms is not None:
        yield _a.at_ms >= wanted.from_ms
    if wanted.to_ms is not None:
        yield _a.at_ms < wanted.to_ms
    if wanted.whats is not None:
        yield _a.what.in_(sorted(wanted.whats))
    if wanted.is_refused:
        yield or_(_a.why == REFUSED, _a.status >= 400)


def _all(connection: Connection, last: int) -> Iterator[Entry]:
    while True:
        query = select(tables.audit).where(_a.entry_id > last).order_by(_a.entry_id)
        rows = connection.execute(query.limit(READ_MAX)).all()
        if not rows:
            return
        yield from map(_entry, rows)
        last = rows[-1].entry_id


def _entry(row: object) -> Entry:
    cells = row._mapping  # type: ignore[attr-defined]
    note = Note(*(cells[name] for name in Note.__struct_fields__))
    return Entry(cells["entry_id"], note, cells["hash"])


def _latest(connection: Connection) -> tuple[int, str, int] | None:
    query = select(_a.entry_id, _a.hash, _a.at_ms).order_by(_a.entry_id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.entry_id, row.hash, row.at_ms)


def _anchor(connection: Connection, anchor: Anchor) -> None:
    known = connection.execute(select(_n.day).where(_n.day == anchor.day)).first()
    if known is None:  # a clock that went back and forth again has passed this day before
        connection.execute(tables.anchors.insert(), anchor._asdict())
        log.warning("audit of %s ends with entry %d, %s", *anchor)


def _hash(entry_id: int, note: Note, last: str) -> str:
    return hashlib.sha256(_encode([entry_id, last, *msgspec.structs.astuple(note)])).hexdigest()


def _bounded(note: Note) -> Note:
    return msgspec.structs.replace(
        note,
        what=note.what[:WHAT_MAX],
        about=note.about[:ABOUT_MAX],
        why=note.why[:WHY_MAX],
    )


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
