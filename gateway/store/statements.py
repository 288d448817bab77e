"""What a commit writes, each statement once: inserts, upserts and updates of every table."""

from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.store import tables
from gateway.store.statement import Statement, insert_for, upsert


def _of(table: Any, clause: Any) -> Statement:
    """A statement whose rows name every column."""
    return Statement(clause, table.columns.keys())


def _upsert(table: Any) -> Statement:
    """Insert, or set every other column."""
    return _of(table, lambda dialect: upsert(dialect, table))


def _upsert_case(dialect: str) -> Any:
    """As above, but who acknowledged and closed is never forgotten by a later move."""
    insert = insert_for(dialect, tables.cases)
    changed: dict[str, Any] = {}
    for column in tables.cases.columns:
        new = insert.excluded[column.name]
        changed[column.name] = (
            func.coalesce(new, column) if column.name in tables.WHO_OF_CASE else new
        )
    del changed["case_id"]
    return insert.on_conflict_do_update(index_elements=["case_id"], set_=changed)


def _upsert_refusal(dialect: str) -> Any:
    insert = insert_for(dialect, tables.refusals)
    changed = {
        "count": tables.refusals.c.count + insert.excluded["count"],
        "latest_ms": insert.excluded["latest_ms"],
    }
    return insert.on_conflict_do_update(index_elements=["hour_ms", "reason"], set_=changed)


def _insert_opening(dialect: str) -> Any:
    return insert_for(dialect, tables.openings).on_conflict_do_nothing()


def _insert_entry(dialect: str) -> Any:
    """A page of an id that was told already is told: no bytes from outside stop the loop."""
    return insert_for(dialect, tables.outbox).on_conflict_do_nothing()


def _set(table: Any, key: str, parameter: str, *columns: str) -> Statement:
    clause = update(table).where(table.c[key] == bindparam(parameter))
    return Statement(clause, columns)


NEWEST = select(func.max(tables.journal.c.journal_id))
INSERT_JOURNAL = _of(tables.journal, tables.journal.insert())
UPDATE_MARK = _set(tables.seals, "seal_id", "b_seal_id", "epoch", "counter", "seq_top", "seq_seen")
UPDATE_DOOR = _set(tables.doors, "door_id", "b_door_id", "state")
UPSERT_REFUSAL = _of(tables.refusals, _upsert_refusal)
UPSERT_ORDER = _upsert(tables.orders)
UPSERT_PERMIT = _upsert(tables.permits)
SPEND_PERMIT = _set(tables.permits, "permit_id", "b_id", "openings")
REFUSE_PERMIT = Statement(
    delete(tables.permits).where(tables.permits.c.permit_id == bindparam("b_id")), []
)
INSERT_OPENING = Statement(
    _insert_opening,
    [*OpeningBegan.__struct_fields__, "door_id", "heard_ms"],
)
_ENDED = [name for name in OpeningEnded.__struct_fields__ if name != "opening_id"]
END_OPENING = _set(tables.openings, "opening_id", "b_id", *_ENDED)
ANNOUNCE_OPENING = _set(tables.openings, "opening_id", "b_id", "reason", "permit_id")
UPSERT_CASE = _of(tables.cases, _upsert_case)
INSERT_LATE_REFUSAL = _upsert(tables.late_refusals)
INSERT_OUTAGE = _upsert(tables.outages)
GROW_OUTAGE = _set(tables.outages, "outage_id", "b_id", "doors")
END_OUTAGE = _set(tables.outages, "outage_id", "b_id", "over_ms")
UPSERT_STATE = _upsert(tables.states)
UPSERT_PERSON = _upsert(tables.people)
INSERT_ENTRY = _of(tables.outbox, _insert_entry)
UPDATE_ENTRY = _set(
    tables.outbox, "entry_id", "b_id", "tries", "next_ms", "done_ms", "gave_up", "error"
)
RECEIVE_ENTRY = Statement(
    update(tables.outbox)
    .where(
        tables.outbox.c.page_id == bindparam("b_page_id"),
        tables.outbox.c.warden_id == bindparam("b_warden_id"),
        tables.outbox.c.received_ms.is_(None),
    )
    .values(received_ms=bindparam("received_ms")),
    ["b_page_id", "b_warden_id", "received_ms"],
)
DELETE_PENDING_EVENT = Statement(
    delete(tables.pending_events).where(tables.pending_events.c.pending_id == bindparam("b_id")), []
)
