"""What people read about pages: who was told what, and whether it arrived."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from gateway.core.evidence import Ended
from gateway.core.model import CaseState
from gateway.core.reasons import NOTICES, Reason
from gateway.store import grouped_pages, spoilt_rows, tables
from gateway.store.case_views import IN_REVIEW, OPEN, all_numbered
from gateway.store.outbox import HOUSEHOLD, code_of
from gateway.store.records import Key, Part, part, record, records

_UNTOLD: Final = (Ended.NOBODY, Ended.NO_WAY)

# Of statements that are put together once: what each drawing of a phone's list asks.
_o, _d, _c = tables.outbox.c, tables.doors.c, tables.cases.c
_WARDEN: ColumnElement[Any] = bindparam("its_warden_id")
_MOST: ColumnElement[Any] = bindparam("most")
_CASES: Any = bindparam("case_ids", expanding=True)
_STATES: Any = bindparam("states", expanding=True)


class PageRow(msgspec.Struct, frozen=True):
    """A page in a warden's inbox. `since_ms`: when the thing happened; `made_ms`: when told."""

    page_id: str
    case_id: str
    door_id: str | None  # with its label; None of a case of the whole site
    label: str | None
    reason: Reason
    since_ms: int
    made_ms: int
    sent_id: str = ""

    @property
    def code(self) -> str:
        """What stands in the page's text."""
        return code_of(self.sent_id)


class UnsignedRow(msgspec.Struct, frozen=True):
    """A page for which its owner's handheld has not signed."""

    page_id: str
    case_id: str
    door_id: str
    reason: Reason
    since_ms: int
    made_ms: int


class UntoldRow(msgspec.Struct, frozen=True):
    """A text to a household of which no number was known, that nobody took for a day, or at a site
    that sends none any more, so that nobody was told. `made_ms`: when
    it should have gone out."""

    door_id: str
    label: str
    reason: Reason
    made_ms: int


def untold_households(
    connection: Connection,
    grids: frozenset[str] | None,
    since_ms: int,
    limit: int,
    begin: int = 0,
) -> list[UntoldRow]:
    """The texts that told nobody since a time, the newest of each household, newest first.

    Args:
        connection: a reading one.
        grids: only those of these; None for all.
        since_ms: of their making.
        limit: how many at most.
        begin: how many stand before them.
    """
    o, d = tables.outbox.c, tables.doors.c
    latest_ms = func.max(o.made_ms)
    query = _untold(select(o.door_id, d.label, o.reason, latest_ms.label("made_ms")), grids)
    query = query.where(o.made_ms >= since_ms).group_by(o.door_id)
    query = query.order_by(latest_ms.desc(), o.door_id).limit(limit).offset(begin)
    return records(connection, query, UntoldRow)


def untold_count(connection: Connection, grids: frozenset[str] | None, since_ms: int) -> int:
    """How many households such a text should have told since a time."""
    o = tables.outbox.c
    query = _untold(select(func.count(o.door_id.distinct())), grids)
    return int(connection.execute(query.where(o.made_ms >= since_ms)).scalar() or 0)


def _untold(query: Select[Any], grids: frozenset[str] | None) -> Select[Any]:
    o, d = tables.outbox.c, tables.doors.c
    query = (
        query.select_from(tables.outbox)
        .join(tables.doors, d.door_id == o.door_id)
        .where(o.warden_id.is_(None))  # by the index
        .where(o.channel == HOUSEHOLD, d.ended_ms.is_(None))
        .where(o.ended.in_(_UNTOLD) | (o.gave_up & o.ended.is_(None)))
    )
    return query if grids is None else query.where(d.grid_id.in_(grids))


class ToldCase(msgspec.Struct, frozen=True):
    """An open case of which a warden was told, and when she was last: as much of it as says where
    it stands in her list."""

    case_id: str
    state: CaseState
    shelved_until_ms: int | None
    acknowledged_by: str | None
    on_the_way_by: str | None
    on_site_by: str | None
    made_ms: int = 0
    entry_id: int = 0


class ToldCases(NamedTuple):
    """Those that can be read, and the ids of those of which a cell is spoilt, so that they stand in
    no list."""

    cases: list[ToldCase]
    spoilt: list[str]


def told_cases(connection: Connection, warden_id: str, limit: int) -> ToldCases:
    """All open cases of which a warden was told, by a page of their own or by a grouped one, in no
    order; the latest told of `limit`."""
    bound = {"its_warden_id": warden_id, "most": limit}
    rows = connection.execute(_OWN, bound).all()
    found = {made.case_id: made for row in rows if (made := _told(row)) is not None}
    spoilt = dict.fromkeys(row.case_id for row in rows if row.case_id not in found)
    pages = grouped_pages.named(connection, warden_id, OPEN)
    bound = {"case_ids": list(pages), "most": limit}
    for row in connection.execute(_IN_MANY, bound) if pages else ():
        page, one = pages[row.case_id], _told(row)
        if one is None:
            spoilt[row.case_id] = None
            continue
        before = found.get(one.case_id)
        if before is None or before.made_ms < page.made_ms:
            found[one.case_id] = replace(one, made_ms=page.made_ms, entry_id=page.entry_id)
    return ToldCases(list(found.values()), list(spoilt))


def _told(row: Any) -> ToldCase | None:
    """None where the case, and not only what is asked of it here, can be no record."""
    return None if row.is_spoilt else record(row, ToldCase)


_COLUMNS = [
    *(_c[name] for name in ToldCase.__struct_fields__ if name in _c),
    spoilt_rows.is_spoilt_case().label("is_spoilt"),
]
_IS_OPEN = spoilt_rows.is_open_case()
_LATEST = func.max(_o.made_ms)
_OWN: Final = (
    select(*_COLUMNS, _LATEST.label("made_ms"), func.max(_o.entry_id).label("entry_id"))
    .join(tables.cases, _c.case_id == _o.case_id)
    .where(_o.warden_id == _WARDEN, _o.channel == "inbox", _IS_OPEN)
    .where(_o.reason != Reason.GROUPED)
    .group_by(_c.case_id)
    .order_by(_LATEST.desc())
    .limit(_MOST)
)
_IN_MANY: Final = select(*_COLUMNS).where(_c.case_id.in_(_CASES), _IS_OPEN).limit(_MOST)


def pages_of(
    connection: Connection, warden_id: str, case_ids: list[str], most: int, is_open: bool = True
) -> list[PageRow]:
    """A warden's pages of some cases that are open, or that are not, newest first."""
    return inbox_part(connection, warden_id, is_open, most, of=case_ids).rows


def inbox(connection: Connection, warden_id: str, is_open: bool, limit: int) -> list[PageRow]:
    """A warden's pages whose cases are open, or are reported or closed; newest first.

    A grouped page stands there once for each of its cases, under the reason of the case.
    """
    return inbox_part(connection, warden_id, is_open, limit).rows


def inbox_part(
    connection: Connection,
    warden_id: str,
    is_open: bool,
    limit: int,
    after: Key | None = None,
    of: list[str] | None = None,
) -> Part[PageRow]:
    """The same, from a key on: when it was told, under which number, of which case. `of`: of these
    cases alone."""
    states = OPEN if is_open else (*IN_REVIEW, CaseState.CLOSED)
    bound: dict[str, Any] = {"its_warden_id": warden_id, "states": states, "most": limit + 1}
    query = _PAGES
    if of is not None:
        query, bound["case_ids"] = _PAGES_OF, of
    if after is not None:
        query = query.where(tuple_(_o.made_ms, _o.entry_id, _o.case_id) < after)
    found: list[tuple[Key, PageRow]] = [
        ((row.made_ms, row.entry_id, row.case_id), page)
        for row in connection.execute(query, bound)
        if (page := record(row, PageRow)) is not None
    ]
    grouped = _grouped(connection, warden_id, states, of)
    found += [one for one in grouped if after is None or one[0] < after]
    found.sort(key=lambda one: one[0], reverse=True)
    last = found[limit - 1][0] if len(found) > limit else None
    return Part([page for _, page in found[:limit]], last)


_PAGES: Final = (
    select(
        _o.page_id,
        _o.case_id,
        _c.door_id,
        _d.label,
        _o.reason,
        _o.since_ms,
        _o.made_ms,
        _o.sent_id,
        _o.entry_id,
    )
    .join(tables.cases, _c.case_id == _o.case_id)
    .join(tables.doors, _d.door_id == _c.door_id, isouter=True)
    .where(_o.warden_id == _WARDEN, _o.channel == "inbox", _c.state.in_(_STATES))
    .where(_o.reason != Reason.GROUPED)
    .order_by(_o.made_ms.desc(), _o.entry_id.desc())
    .limit(_MOST)
)
_PAGES_OF: Final = _PAGES.where(_o.case_id.in_(_CASES))


def _grouped(
    connection: Connection,
    warden_id: str,
    states: tuple[CaseState, ...],
    of: list[str] | None = None,
) -> list[tuple[Key, PageRow]]:
    pages = grouped_pages.named(connection, warden_id, states)
    if of is not None:
        pages = {case_id: pages[case_id] for case_id in of if case_id in pages}
    if not pages:
        return []
    found = []
    for made in records(connection, _NAMED, PageRow, {"case_ids": list(pages), "states": states}):
        page = pages[made.case_id]
        told = replace(made, page_id=page.page_id, made_ms=page.made_ms, sent_id=page.sent_id)
        found.append(((page.made_ms, page.entry_id, made.case_id), told))
    return found


_NAMED: Final = (
    select(_c.case_id, _c.door_id, _d.label, _c.reason, _c.since_ms)
    .add_columns(literal("").label("page_id"), literal(0).label("made_ms"))
    .join(tables.doors, _d.door_id == _c.door_id, isouter=True)
    .where(_c.case_id.in_(_CASES), _c.state.in_(_STATES))
)


def notes(connection: Connection, warden_id: str, after_ms: int, limit: int) -> list[PageRow]:
    """What a person was told since a time that is about no case: somebody cannot be reached, an
    order has ended, at which door."""
    bound = {"its_warden_id": warden_id, "after_ms": after_ms, "most": limit}
    return records(connection, _NOTES, PageRow, bound)


_OF_NOTE = ("page_id", "case_id", "door_id", "reason", "since_ms", "made_ms", "sent_id")
_NOTES: Final = (
    select(*(_o[name] for name in _OF_NOTE), _d.label)
    .join(tables.doors, _d.door_id == _o.door_id, isouter=True)
    .where(_o.warden_id == _WARDEN, _o.made_ms > bindparam("after_ms"), _o.channel == "inbox")
    .where(_o.reason.in_((Reason.UNREACHABLE, *NOTICES)), _o.case_id == "")
    .order_by(_o.made_ms.desc(), _o.entry_id.desc())
    .limit(_MOST)
)


def unsigned(
    connection: Connection, warden_id: str, after_ms: int, limit: int
) -> list[UnsignedRow]:
    """A warden's pages made after a time for which no handheld has signed; newest first."""
    return unsigned_part(connection, warden_id, after_ms, limit).rows


def unsigned_part(
    connection: Connection, warden_id: str, after_ms: int, limit: int, after: Key | None = None
) -> Part[UnsignedRow]:
    """The same, from a key on."""
    o = tables.outbox.c
    query = (
        select(*(o[name] for name in UnsignedRow.__struct_fields__))
        .where(o.warden_id == warden_id, o.made_ms > after_ms)
        .where(o.channel == "inbox", o.received_ms.is_(None))
    )
    order = o.made_ms, o.entry_id
    return part(connection, query, UnsignedRow, order, limit, after, descends=True)


def page_of(connection: Connection, page_id: str, warden_id: str) -> UnsignedRow | None:
    """A page that was told to a warden, signed for or not; None if there is none. By its own id, or
    by the one under which it left the house."""
    o = tables.outbox.c
    query = (
        select(*(o[name] for name in UnsignedRow.__struct_fields__))
        .where(or_(o.page_id == page_id, o.sent_id == page_id), o.warden_id == warden_id)
        .limit(1)
    )
    return next(iter(records(connection, query, UnsignedRow)), None)


def told_of(
    connection: Connection, began_ms: Mapping[str, int]
) -> dict[str, list[tuple[str, int]]]:
    """Who was told of these cases, by name, and when first; in the order in which they were.
    `began_ms`: when each of them began."""
    if not began_ms:
        return {}
    o, w = tables.outbox.c, tables.wardens.c
    first_ms = func.min(o.done_ms)
    # The index leads with warden_id and made_ms: name those who can have been told, and since when.
    query = (
        select(o.case_id, w.name, first_ms)
        .join(tables.wardens, w.warden_id == o.warden_id)
        .where(o.warden_id.in_(select(w.warden_id)), o.made_ms >= min(began_ms.values()))
        .where(o.case_id.in_(began_ms), o.done_ms.is_not(None))
        .group_by(o.case_id, w.warden_id, w.name)
        .order_by(first_ms, w.name)
    )
    told: dict[str, list[tuple[str, int]]] = {}
    for case_id, name, at_ms in connection.execute(query):
        told.setdefault(case_id, []).append((name, at_ms))
    return told


class SentPage(msgspec.Struct, frozen=True):
    """What a page that went out was about."""

    case_id: str  # of a grouped page the first; empty where it was about none
    reason: str
    sent_id: str
    warden_id: str | None


def sent_page(connection: Connection, code: str) -> SentPage | None:
    """The newest page with this code, as it stands in a page's text; None if there is none. A whole
    `sent_id` is one too."""
    o = tables.outbox.c
    code = code.lower()
    query = (
        select(*(o[name] for name in SentPage.__struct_fields__))
        .where(o.sent_id >= code, o.sent_id < code + "g")
        .order_by(o.entry_id.desc())
        .limit(1)
    )
    return next(iter(records(connection, query, SentPage)), None)


def numbered(connection: Connection, text: str, warden_id: str) -> str | None:
    """The id of the case that people call by this number, and of which this person was told, by a
    page of its own or one for many; None if it is no number, or no such case's."""
    found = all_numbered(connection, text)
    return next((one for one in found if _is_told(connection, warden_id, one)), None)


def _is_told(connection: Connection, warden_id: str, case_id: str) -> bool:
    o = tables.outbox.c
    own = exists(select(o.entry_id).where(o.warden_id == warden_id, o.case_id == case_id))
    if connection.execute(select(own)).scalar():
        return True
    return grouped_pages.names_case(connection, warden_id, case_id)
