"""What people read about one case's pages: who was told, by which channel, how far it is proved."""

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select

from gateway.core.evidence import TOLD, Ended, Evidence
from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.store import tables
from gateway.store.case_views import CaseRow
from gateway.store.outbox import code_of
from gateway.store.records import Key, Part, part


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


def deliveries(
    connection: Connection, case: CaseRow, limit: int, after: Key | None = None
) -> Part[DeliveryRow]:
    """Who was told of a case, by which channel, and whether it went out; newest first, from a key
    on."""
    o, w = tables.outbox.c, tables.wardens.c
    names = [name for name in DeliveryRow.__struct_fields__ if name != "warden"]
    query = (
        select(*(o[name] for name in names), w.name.label("warden"))
        .join(tables.wardens, w.warden_id == o.warden_id, isouter=True)
        .where(*_of(case))
    )
    order = o.made_ms, o.entry_id
    return part(connection, query, DeliveryRow, order, limit, after, descends=True)


def first_told_ms(connection: Connection, case: CaseRow) -> int | None:
    """When the first page of a case was taken, as far as is known."""
    if case.state is CaseState.RAISED:
        return None
    first: int | None = connection.execute(
        select(func.min(tables.outbox.c.done_ms)).where(*_of(case))
    ).scalar()
    return first


def _of(case: CaseRow) -> tuple[ColumnElement[bool], ...]:
    """The pages of a case. The index leads with warden_id: so those who can have been told are
    named, the site itself (NULL) too."""
    o = tables.outbox.c
    may_be = or_(o.warden_id.in_(select(tables.wardens.c.warden_id)), o.warden_id.is_(None))
    return may_be, o.made_ms >= case.raised_ms, o.case_id == case.case_id
