"""What people read about one case's pages: who was told, by which channel, how far it is proved."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from gateway.core.evidence import TOLD, Ended, Evidence
from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.store import tables
from gateway.store.case_views import CaseRow
from gateway.store.outbox import code_of
from gateway.store.records import Key, Part, part, record


class DeliveryRow(msgspec.Struct, frozen=True):
    """A page on its way by one channel. Its address stays in the store: it may hold a secret."""

    page_id: str
    reason: Reason
    channel: str
    warden: str | None
    since_ms: int
    made_ms: int
    done_ms: int | None
    received_ms: int | None
    tries: int
    gave_up: bool
    evidence: Evidence | None = None
    ended: Ended | None = None
    error: str | None = None  # what the other end said last, without its secrets
    sent_id: str = ""

    @property
    def is_told(self) -> bool:
        """Whether it is proved that the person was told."""
        return self.evidence in TOLD

    @property
    def code(self) -> str:
        """What stands in the page's text, and leads to the case."""
        return code_of(self.sent_id)


class Told(NamedTuple):
    """Of one case: its pages, the newest first, and when the first of all was taken, as far as is
    known."""

    rows: list[DeliveryRow]
    first_ms: int | None


def deliveries(
    connection: Connection, case: CaseRow, limit: int, after: Key | None = None
) -> Part[DeliveryRow]:
    """Who was told of a case, by which channel, and whether it went out; newest first, from a key
    on."""
    o = tables.outbox.c
    query = _deliveries().where(*_of(case))
    order = o.made_ms, o.entry_id
    return part(connection, query, DeliveryRow, order, limit, after, descends=True)


def count_of(connection: Connection, case: CaseRow) -> int:
    """How many pages of a case there are."""
    query = select(func.count()).select_from(tables.outbox).where(*_of(case))
    return int(connection.execute(query).scalar_one())


def of_cases(connection: Connection, cases: Sequence[CaseRow], limit: int) -> dict[str, Told]:
    """Of some cases, the newest first and at most so many of each: all by one look at the outbox,
    which is in no order of cases."""
    by_id = {case.case_id: case for case in cases}
    found = {case_id: Told([], None) for case_id in by_id}
    first_ms = min((case.raised_ms for case in cases), default=0)
    bound = {"case_ids": list(by_id), "first_ms": first_ms, "most": limit}
    for row in connection.execute(_OF_CASES, bound):
        case = by_id[row.case_id]
        if row.made_ms < case.raised_ms:
            continue
        rows = found[row.case_id].rows
        found[row.case_id] = Told(rows, _first(case, row.first_told_ms))
        made = record(row, DeliveryRow)
        if made is not None:
            rows.append(made)
    return found


def first_told_ms(connection: Connection, case: CaseRow) -> int | None:
    """When the first page of a case was taken, as far as is known."""
    query = select(func.min(tables.outbox.c.done_ms)).where(*_of(case))
    return _first(case, connection.execute(query).scalar())


def _first(case: CaseRow, done_ms: int | None) -> int | None:
    return None if case.state is CaseState.RAISED else done_ms


def _of(case: CaseRow) -> tuple[ColumnElement[bool], ...]:
    """The pages of a case."""
    o = tables.outbox.c
    return _MAY_BE, o.made_ms >= case.raised_ms, o.case_id == case.case_id


def _deliveries(*more: ColumnElement[Any]) -> Select[Any]:
    o, w = tables.outbox.c, tables.wardens.c
    names = [name for name in DeliveryRow.__struct_fields__ if name != "warden"]
    return select(*(o[name] for name in names), w.name.label("warden"), *more).join(
        tables.wardens, w.warden_id == o.warden_id, isouter=True
    )


# The index leads with warden_id: so those who can have been told are named, the site itself (NULL)
# too.
_MAY_BE = or_(
    tables.outbox.c.warden_id.in_(select(tables.wardens.c.warden_id)),
    tables.outbox.c.warden_id.is_(None),
)


def _of_cases() -> Select[Any]:
    o = tables.outbox.c
    newest = o.made_ms.desc(), o.entry_id.desc()
    number = func.row_number().over(partition_by=o.case_id, order_by=newest).label("number")
    first = func.min(o.done_ms).over(partition_by=o.case_id).label("first_told_ms")
    its = o.case_id.in_(bindparam("case_ids", expanding=True))
    query = _deliveries(o.case_id, number, first)
    numbered = query.where(_MAY_BE, o.made_ms >= bindparam("first_ms"), its).subquery()
    return (
        select(numbered)
        .where(numbered.c.number <= bindparam("most"))
        .order_by(numbered.c.case_id, numbered.c.number)
    )


_OF_CASES = _of_cases()
