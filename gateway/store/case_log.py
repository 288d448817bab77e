"""The log of a case: what people did about it beside its loop, and what of theirs did not count."""

from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
)

from gateway.core.cases.actions import ACTION_OF
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.effects import CaseMoved, Detour
from gateway.core.events import CaseAction
from gateway.core.model import ActionResult
from gateway.store import tables
from gateway.store.records import records
from gateway.store.sealed_columns import SealedText
from gateway.store.tables import metadata

DETOURS: Final = Table(
    "detours",  # what people did about a case that is no step of its loop
    metadata,
    Column("case_id", String(80), primary_key=True),
    Column("action_id", String(80), primary_key=True),
    Column("action", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("done_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("to", Text, nullable=False),  # who is to have it
    Column("outcome", Text, nullable=False),  # what was reported, and is taken back
    Column("note", SealedText, nullable=False),
    sqlite_with_rowid=False,
)

LATE_REFUSALS: Final = Table(
    "late_refusals",  # what people did about a case, heard of too late, or against the seal
    metadata,
    Column("case_id", String(80), primary_key=True),
    Column("action_id", String(80), primary_key=True),
    Column("action", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("done_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("reason", String(24), nullable=False),  # core.cases.refusal.Refusal
    sqlite_with_rowid=False,
)


class DetourRow(msgspec.Struct, frozen=True):
    """What somebody did about a case that is no step of its loop."""

    action: Action
    by: str
    name: str | None  # None where whoever it was is no warden
    done_ms: int
    arrived_ms: int
    to: str  # who is to have it
    to_name: str | None
    outcome: str  # what was reported, and is taken back
    note: str


class LateRefusal(msgspec.Struct, frozen=True):
    """What somebody did about a case that came too late to count, or that the seal contradicts."""

    action: Action
    by: str
    name: str | None  # None where whoever it was is no warden
    done_ms: int
    arrived_ms: int
    reason: Refusal


def of_detour(moved: CaseMoved, detour: Detour) -> dict[str, Any]:
    """What somebody did that is no step of the loop."""
    return {
        "case_id": moved.case.case_id,
        "action_id": detour.action_id,
        "action": detour.action,
        "by": moved.by.actor_id if moved.by else "",
        "done_ms": moved.at_ms if moved.done_ms is None else moved.done_ms,
        "arrived_ms": moved.at_ms,
        "to": detour.to,
        "outcome": detour.outcome,
        "note": detour.note,
    }


def of_late_refusal(event: CaseAction, result: ActionResult) -> dict[str, Any]:
    """What somebody did about a case that came too late to count."""
    return {
        "case_id": event.case_id,
        "action_id": event.action_id,
        "action": ACTION_OF[type(event)],
        "by": event.actor.actor_id,
        "done_ms": result.done_ms,
        "arrived_ms": result.arrived_ms,
        "reason": result.refusal,
    }


class CaseLog(NamedTuple):
    """What was done about a case beside its loop, and what came too late: the latest of each, in
    the order in which it was done. `older`: how many more there were before."""

    late: list[LateRefusal]
    detours: list[DetourRow]
    older: int


def log_of(connection: Connection, case_id: str, limit: int) -> CaseLog:
    """The log of a case, at most so many of each kind."""
    bound = {"case_id": case_id, "most": limit}
    late = records(connection, _LATE_OF, LateRefusal, bound)[::-1]
    found = records(connection, _DETOURS_OF, DetourRow, bound)[::-1]
    older = 0
    for table, shown in ((LATE_REFUSALS, len(late)), (DETOURS, len(found))):
        if shown >= limit:
            count = select(func.count()).where(table.c.case_id == case_id)
            older += connection.execute(count).scalar_one() - shown
    return CaseLog(late, found, older)


def _detours_of() -> Select[Any]:
    d, who, to = DETOURS.c, tables.wardens.alias("who"), tables.wardens.alias("to_whom")
    names = who.c.name, to.c.name.label("to_name")
    query = (
        select(d.action, d.by, d.done_ms, d.arrived_ms, d.to, d.outcome, d.note, *names)
        .join(who, who.c.warden_id == d.by, isouter=True)
        .join(to, to.c.warden_id == d.to, isouter=True)
        .where(d.case_id == bindparam("case_id"))
        .order_by(d.done_ms.desc(), d.action_id.desc())
    )
    return query.limit(bindparam("most"))


def _late_of() -> Select[Any]:
    r, w = LATE_REFUSALS.c, tables.wardens.c
    query = (
        select(r.action, r.by, w.name, r.done_ms, r.arrived_ms, r.reason)
        .join(tables.wardens, w.warden_id == r.by, isouter=True)
        .where(r.case_id == bindparam("case_id"))
        .order_by(r.done_ms.desc(), r.action_id.desc())
    )
    return query.limit(bindparam("most"))


# Put together once: a phone asks them of thirty cases at a time.
_DETOURS_OF, _LATE_OF = _detours_of(), _late_of()
