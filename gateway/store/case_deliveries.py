"""Who was told of a case, by which channel, and whether it went out."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from gateway.core.evidence import TOLD, Ended, Evidence
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


def deliveries(connection: Connection, case: CaseRow, limit: int) -> list[DeliveryRow]:
    """Of one case, the newest first."""
    return of_cases(connection, [case], limit)[case.case_id]


def of_cases(
    connection: Connection, cases: Sequence[CaseRow], limit: int
) -> dict[str, list[DeliveryRow]]:
    """Of some cases, the newest first and at most so many of each: all by one look at the outbox,
    which is in no order of cases."""
    raised_ms = {case.case_id: case.raised_ms for case in cases}
    found: dict[str, list[DeliveryRow]] = {case_id: [] for case_id in raised_ms}
    first_ms = min(raised_ms.values(), default=0)
    bound = {"case_ids": list(raised_ms), "first_ms": first_ms, "most": limit}
    for row in connection.execute(_OF_CASES, bound):
        if row.made_ms >= raised_ms[row.case_id] and (made := record(row, DeliveryRow)) is not None:
            found[row.case_id].append(made)
    return found


def deliveries_part(
    connection: Connection, case: CaseRow, limit: int, after: Key | None = None
) -> Part[DeliveryRow]:
    """Of one case, the newest first, from a key on."""
    o = tables.outbox.c
    query = _deliveries().where(o.made_ms >= case.raised_ms, o.case_id == case.case_id)
    order = o.made_ms, o.entry_id
    return part(connection, query, DeliveryRow, order, limit, after, descends=True)


def _deliveries(*more: ColumnElement[Any]) -> Select[Any]:
    o, w = tables.outbox.c, tables.wardens.c
    names = [name for name in DeliveryRow.__struct_fields__ if name != "warden"]
    # The index leads with warden_id: name those who can have been told, the site itself (NULL) too.
    warden_ids = select(w.warden_id)
    return (
        select(*(o[name] for name in names), w.name.label("warden"), *more)
        .join(tables.wardens, w.warden_id == o.warden_id, isouter=True)
        .where(or_(o.warden_id.in_(warden_ids), o.warden_id.is_(None)))
    )


def _of_cases() -> Select[Any]:
    o = tables.outbox.c
    newest = o.made_ms.desc(), o.entry_id.desc()
    number = func.row_number().over(partition_by=o.case_id, order_by=newest).label("number")
    its = o.case_id.in_(bindparam("case_ids", expanding=True))
    query = _deliveries(o.case_id, number).where(o.made_ms >= bindparam("first_ms"), its)
    numbered = query.subquery()
    return (
        select(numbered)
        .where(numbered.c.number <= bindparam("most"))
        .order_by(numbered.c.case_id, numbered.c.number)
    )


_OF_CASES = _of_cases()
