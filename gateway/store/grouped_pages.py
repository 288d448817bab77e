"""Pages that stand for many cases: which of them name what, for one person."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    select,
)

from gateway.core.duration import DAY_MS
from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.store import tables
from gateway.store.outbox import Group, decode_group
from gateway.store.records import in_cell

GROUPS_MAX: Final = 1_000  # that are opened: an hour of a storm
NO_GROUP: Final = Group(0, 0, ())
CLOCK_SET_MS: Final = DAY_MS  # a page may be so much older than its case, by a clock set back


def names_case(connection: Connection, warden_id: str, case_id: str) -> bool:
    """Whether a grouped page told a warden of a case, whatever became of that since."""
    found: bool = connection.execute(select(names(warden_id, literal(case_id)))).scalar_one()
    return found


def names(warden_id: str | ColumnElement[str], case_id: ColumnElement[str]) -> ColumnElement[bool]:
    """The same as a condition, of a column of cases or matters."""
    quoted = literal('"') + case_id + literal('"')  # as JSON has an id
    o = tables.outbox.c
    is_named = func.instr(o.about, quoted) > 0
    return exists(select(o.entry_id).where(*_of_warden(warden_id), is_named))


def _of_warden(warden_id: str | ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    o = tables.outbox.c
    return o.warden_id == warden_id, o.channel == "inbox", o.reason == Reason.GROUPED


def named(connection: Connection, warden_id: str, states: tuple[CaseState, ...]) -> dict[str, Any]:
    """The cases that a warden's grouped pages name, each with the newest page that does; pages from
    before the first case of these states are not opened."""
    pages: dict[str, Any] = {}
    for row in connection.execute(_NEWEST, {"its_warden_id": warden_id, "states": states}):
        for case_id in in_cell(row.about, decode_group, NO_GROUP).case_ids:
            pages.setdefault(case_id, row)
    return pages


_o, _c = tables.outbox.c, tables.cases.c
_FIRST_MS = (
    select(func.min(_c.raised_ms))
    .where(_c.state.in_(bindparam("states", expanding=True)))
    .scalar_subquery()
)
# Put together once: each drawing of a phone's list asks several times.
_NEWEST: Final = (
    select(_o.page_id, _o.about, _o.made_ms, _o.sent_id, _o.entry_id)
    .where(*_of_warden(bindparam("its_warden_id")), _o.made_ms >= _FIRST_MS - CLOCK_SET_MS)
    .order_by(_o.made_ms.desc(), _o.entry_id.desc())
    .limit(literal_column(str(GROUPS_MAX)))
)
