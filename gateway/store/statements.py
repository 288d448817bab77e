"""What a commit writes, each statement once: inserts, upserts, updates and deletes of every table.

A `Statement` is compiled once and then written with plain rows: compiling and binding in
SQLAlchemy's usual way costs more than SQLite takes for the row itself, and the gateway writes ten
small statements for every report.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    Table,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.evidence import Evidence
from gateway.store import (
    case_log,
    certificates,
    feed_tables,
    household_tables,
    photos,
    seal_paths,
    seal_shifts,
    seal_tables,
    span_tables,
    tables,
    update_tables,
)

Row = dict[str, Any]  # column or parameter -> value


def insert_for(dialect: str, table: Table) -> Any:
    """An insert that knows ON CONFLICT, which SQLite and PostgreSQL spell alike."""
    if dialect == "postgresql":  # not imported where it is not used: that takes a while
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(dialect: str, table: Table, changes: Iterable[str] | None = None) -> Any:
    """Insert, or change these columns of the row with the same primary key; by default, all."""
    insert, keys = insert_for(dialect, table), table.primary_key.columns.keys()
    names = [name for name in changes or table.columns.keys() if name not in keys]
    changed = {name: insert.excluded[name] for name in names}
    if not changed:  # all of it is key
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


class Statement:
    """An insert, update or delete whose rows are dictionaries with the same keys each time.

    Args:
        clause: The statement, or a function of the dialect's name for what databases do not share.
        columns: The columns that a row sets, by name. What only finds the row is a `bindparam`.
    """

    def __init__(
        self, clause: Executable | Callable[[str], Executable], columns: Sequence[str]
    ) -> None:
        self.clause, self._columns = clause, list(columns)
        self._compiled: dict[str, tuple[str, Callable[[Row], Any]]] = {}

    def write(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute it once for each row; nothing happens for none. Raises the driver's own errors.

        On the driver's cursor: what SQLAlchemy does around one is a third of a whole commit.
        """
        write_all(connection, [(self, rows)])

    def execute(self, cursor: Any, dialect: Any, rows: Sequence[Row]) -> None:
        """The same on a cursor of the driver's; there is a row at least."""
        sql, values = self._for(dialect)
        cursor.executemany(sql, [values(row) for row in rows])

    def compile(self, dialect: Any) -> Any:
        """It in the words of a database, as SQLAlchemy's Compiled."""
        clause: Any = self.clause(dialect.name) if callable(self.clause) else self.clause
        return clause.compile(dialect=dialect, column_keys=self._columns)

    def _for(self, dialect: Any) -> tuple[str, Callable[[Row], Any]]:
        """Its text for this database, and what takes a row's values in the text's order."""
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled = self.compile(dialect)
            known = compiled.string, _values(compiled.positiontup)
            self._compiled[dialect.name] = known
        return known


def write_all(connection: Connection, written: Iterable[tuple[Statement, Sequence[Row]]]) -> None:
    """Execute statements in this order, each once for each of its rows, all on one cursor. Raises
    the driver's own errors."""
    cursor, dialect = connection.connection.cursor(), connection.dialect
    for statement, rows in written:
        if rows:
            statement.execute(cursor, dialect, rows)
    cursor.close()


def _values(names: Sequence[str] | None) -> Callable[[Row], Any]:
    """What takes a row's values in this order; a database whose parameters have names has None."""
    if names is None:
        return lambda row: row
    if len(names) == 1:
        (name,) = names
        return lambda row: (row[name],)
    return itemgetter(*names)


def _of(table: Table, clause: Any) -> Statement:
    """A statement whose rows name every column."""
    return Statement(clause, table.columns.keys())


def _upsert(table: Table) -> Statement:
    """Insert, or set every other column."""
    return _of(table, lambda dialect: upsert(dialect, table))


def _upsert_case(dialect: str) -> Any:
    """As above, but who acknowledged and closed is never forgotten by a later move, and its number
    stays: an index is written for each column that is named."""
    insert = insert_for(dialect, tables.cases)
    changed: dict[str, Any] = {}
    for column in tables.cases.columns:
        new = insert.excluded[column.name]
        changed[column.name] = (
            func.coalesce(new, column) if column.name in tables.WHO_OF_CASE else new
        )
    del changed["case_id"], changed["number"]
    return insert.on_conflict_do_update(index_elements=["case_id"], set_=changed)


def _upsert_refusal(dialect: str) -> Any:
    insert = insert_for(dialect, tables.refusals)
    changed = {
        "count": tables.refusals.c.count + insert.excluded["count"],
        "latest_ms": insert.excluded["latest_ms"],
    }
    return insert.on_conflict_do_update(index_elements=["hour_ms", "reason"], set_=changed)


def _upsert_reading(dialect: str) -> Any:
    """What a seal did not say this time stays as it was."""
    table = seal_tables.seal_readings
    insert = insert_for(dialect, table)
    changed = {
        column.name: func.coalesce(insert.excluded[column.name], column)
        for column in table.columns
        if column.name != "seal_id"
    }
    return insert.on_conflict_do_update(index_elements=["seal_id"], set_=changed)


def _count_delivery(dialect: str) -> Any:
    """One more of its kind on its day."""
    table = household_tables.deliveries
    insert = insert_for(dialect, table)
    changed = {"count": table.c["count"] + insert.excluded["count"]}
    return insert.on_conflict_do_update(index_elements=["day", "kind", "state"], set_=changed)


def _insert_once(table: Table) -> Callable[[str], Any]:
    """Insert what is not there yet: no bytes from outside stop the loop."""
    return lambda dialect: insert_for(dialect, table).on_conflict_do_nothing()


def _set(table: Table, key: str, parameter: str, *columns: str) -> Statement:
    clause = update(table).where(table.c[key] == bindparam(parameter))
    return Statement(clause, columns)


_ENDED = [name for name in OpeningEnded.__struct_fields__ if name != "opening_id"]
# In the statement's text, for its rows name only what differs.
_RECEIVED_WORD: Any = literal_column(f"'{Evidence.RECEIVED}'")
_SEEN_WORD: Any = literal_column(f"'{Evidence.SEEN}'")
_RECEIVED = (
    update(tables.outbox)
    .where(
        tables.outbox.c.page_id == bindparam("b_page_id"),
        tables.outbox.c.warden_id == bindparam("b_warden_id"),
        tables.outbox.c.received_ms.is_(None),
    )
    .values(
        received_ms=bindparam("received_ms"),
        evidence=case((tables.outbox.c.evidence == _SEEN_WORD, _SEEN_WORD), else_=_RECEIVED_WORD),
    )
)
_SEEN = (
    update(tables.outbox)
    .where(
        tables.outbox.c.warden_id == bindparam("b_warden_id"),
        tables.outbox.c.made_ms > bindparam("b_after_ms"),
        tables.outbox.c.case_id == bindparam("b_case_id"),
        tables.outbox.c.done_ms.is_not(None),
    )
    .values(evidence=_SEEN_WORD)
)
_ANSWERED = (
    update(tables.outbox)
    .where(
        tables.outbox.c.page_id == bindparam("b_page_id"),
        tables.outbox.c.sent_id == bindparam("b_sent_id"),
        tables.outbox.c.warden_id == bindparam("b_warden_id"),
    )
    .values(
        received_ms=func.coalesce(tables.outbox.c.received_ms, bindparam("b_at_ms")),
        pressed_ms=func.coalesce(tables.outbox.c.pressed_ms, bindparam("b_pressed_ms")),
        evidence=case(
            (
                func.coalesce(tables.outbox.c.pressed_ms, bindparam("b_pressed_ms")).is_not(None),
                _SEEN_WORD,
            ),
            else_=_RECEIVED_WORD,
        ),
    )
)
_ATTEMPTED = (
    update(tables.outbox)
    .where(tables.outbox.c.entry_id == bindparam("b_id"))
    .values(
        tries=bindparam("tries"),
        next_ms=bindparam("next_ms"),
        done_ms=bindparam("done_ms"),
        gave_up=bindparam("gave_up"),
        error=bindparam("error"),
        ended=bindparam("ended"),
        evidence=case(  # a handheld may have signed before the other end has answered
            (
                or_(
                    tables.outbox.c.evidence == _RECEIVED_WORD,
                    tables.outbox.c.evidence == _SEEN_WORD,
                ),
                tables.outbox.c.evidence,
            ),
            else_=bindparam("b_evidence"),
        ),
    )
)

INSERT_EVENT = _of(tables.journal, tables.journal.insert())
RAISE_MARK = _set(tables.seals, "seal_id", "b_seal_id", "epoch", "counter")
UPDATE_WINDOW = _set(
    tables.seals, "seal_id", "b_seal_id", "epoch", "counter", "seq_top", "seq_seen", "unproved_ms"
)
UPSERT_READING = _of(seal_tables.seal_readings, _upsert_reading)
UPDATE_COMMAND = _set(
    seal_tables.seal_commands, "command_id", "b_id", "state", "plain", "sent_ms", "moved_ms"
)
_OF_SEAL = "door_id", "heartbeat_ms", "ended_ms", "follows"
UPDATE_SEAL = _set(tables.seals, "seal_id", "b_seal_id", *_OF_SEAL)
RENAME_UPDATES = Statement(update_tables.RENAMED, [])
INSERT_ENROLMENT = Statement(tables.enrolments.insert(), ["at_ms"])
UPDATE_DOOR = _set(tables.doors, "door_id", "b_door_id", "state")
UPSERT_REFUSAL = _of(tables.refusals, _upsert_refusal)
UPSERT_ORDER = _upsert(tables.orders)
DELETE_PERMIT = Statement(
    delete(tables.permits).where(tables.permits.c.permit_id == bindparam("b_id")), []
)
UPSERT_PERMIT = _upsert(tables.permits)
SPEND_PERMIT = _set(tables.permits, "permit_id", "b_id", "openings")
END_PERMIT = _set(tables.permits, "permit_id", "b_id", "to_ms")
INSERT_OPENING = Statement(
    _insert_once(tables.openings), [*OpeningBegan.__struct_fields__, "door_id", "heard_ms"]
)
END_OPENING = _set(tables.openings, "opening_id", "b_id", *_ENDED)
REDATE_OPENING = _set(
    tables.openings, "opening_id", "b_id", "opened_ms", "latest_ms", "reason", "permit_id", "beside"
)
ANNOUNCE_OPENING = _set(tables.openings, "opening_id", "b_id", "reason", "permit_id")
UPSERT_CASE = _of(tables.cases, _upsert_case)
INSERT_MILESTONE = _upsert(feed_tables.milestones)
UPSERT_SPAN = _upsert(span_tables.heartbeat_spans)
SHIFT_SEALS = tuple(Statement(one, ["b_by_ms"]) for one in seal_shifts.SHIFTS)
UPSERT_PATH = _upsert(seal_paths.PATHS)
INSERT_DETOUR = _upsert(case_log.DETOURS)
INSERT_LATE_REFUSAL = _upsert(case_log.LATE_REFUSALS)
INSERT_PHOTO = Statement(_insert_once(photos.PHOTOS), photos.NEW)
DESTROY_PHOTO = Statement(
    update(photos.PHOTOS).where(
        photos.PHOTOS.c.case_id == bindparam("b_case_id"),
        photos.PHOTOS.c.photo_id == bindparam("b_photo_id"),
    ),
    ["destroyed_ms"],
)
INSERT_CERTIFICATE = _upsert(certificates.SEAL_CERTIFICATES)
INSERT_OUTAGE = _upsert(tables.outages)
GROW_OUTAGE = _set(tables.outages, "outage_id", "b_id", "doors")
END_OUTAGE = _set(tables.outages, "outage_id", "b_id", "over_ms")
UPSERT_STATE = _upsert(tables.states)
UPSERT_PERSON = _upsert(tables.people)
UPDATE_HOUSEHOLD = _set(tables.households, "household_id", "b_household_id", "state")
UPSERT_REQUEST = _upsert(household_tables.requests)
COUNT_DELIVERY = _of(household_tables.deliveries, _count_delivery)
UPSERT_DISPUTE = _upsert(household_tables.disputes)
UPSERT_CORRECTION = _upsert(household_tables.corrections)
INSERT_HEALTH_REPORT = _of(
    household_tables.health_reports, _insert_once(household_tables.health_reports)
)
UPSERT_HEALTH_QUESTION = _upsert(household_tables.health_questions)
INSERT_SEAL_ANSWER = _of(household_tables.seal_answers, _insert_once(household_tables.seal_answers))
_BY: Any = bindparam("b_by_ms")
SHIFT_OUTBOX = Statement(
    update(tables.outbox)
    .where(tables.outbox.c.done_ms.is_(None), ~tables.outbox.c.gave_up)
    .values(made_ms=tables.outbox.c.made_ms + _BY, next_ms=tables.outbox.c.next_ms + _BY),
    ["b_by_ms"],
)
INSERT_ENTRY = _of(tables.outbox, _insert_once(tables.outbox))
UPDATE_ENTRY = Statement(_ATTEMPTED, [])
RECEIVE_ENTRY = Statement(_RECEIVED, ["b_page_id", "b_warden_id", "received_ms"])
ANSWER_TEST = Statement(_ANSWERED, [])
UPSERT_POISONED = _upsert(tables.poisoned)
FORGET_POISONED = Statement(  # the newest are kept
    delete(tables.poisoned).where(
        tables.poisoned.c.at_ms
        < select(tables.poisoned.c.at_ms)
        .order_by(tables.poisoned.c.at_ms.desc())
        .limit(literal_column("1"))
        .offset(bindparam("b_kept"))
        .scalar_subquery()
    ),
    [],
)
SEE_ENTRIES = Statement(_SEEN, [])
DELETE_PENDING = Statement(
    delete(tables.pending_events).where(tables.pending_events.c.pending_id == bindparam("b_id")), []
)

# The statements of a commit in an order that foreign keys allow, and in which what a batch does to
# one row comes out right: a refused permit goes before one of the same id is announced anew.
IN_ORDER = (
    INSERT_EVENT,
    RAISE_MARK,
    UPDATE_WINDOW,
    *SHIFT_SEALS,
    UPSERT_READING,
    UPDATE_COMMAND,
    UPDATE_SEAL,
    RENAME_UPDATES,
    INSERT_ENROLMENT,
    UPDATE_DOOR,
    UPSERT_SPAN,
    UPSERT_PATH,
    UPSERT_REFUSAL,
    UPSERT_ORDER,
    DELETE_PERMIT,
    UPSERT_PERMIT,
    SPEND_PERMIT,
    END_PERMIT,
    INSERT_OPENING,
    END_OPENING,
    REDATE_OPENING,
    ANNOUNCE_OPENING,
    UPSERT_CASE,
    INSERT_MILESTONE,
    INSERT_DETOUR,
    INSERT_LATE_REFUSAL,
    INSERT_PHOTO,
    DESTROY_PHOTO,
    INSERT_CERTIFICATE,
    INSERT_OUTAGE,
    GROW_OUTAGE,
    END_OUTAGE,
    UPSERT_STATE,
    UPSERT_PERSON,
    UPDATE_HOUSEHOLD,
    UPSERT_REQUEST,
    COUNT_DELIVERY,
    UPSERT_DISPUTE,
    UPSERT_CORRECTION,
    INSERT_HEALTH_REPORT,
    UPSERT_HEALTH_QUESTION,
    INSERT_SEAL_ANSWER,
    SHIFT_OUTBOX,
    INSERT_ENTRY,
    UPDATE_ENTRY,
    RECEIVE_ENTRY,
    ANSWER_TEST,
    UPSERT_POISONED,
    FORGET_POISONED,
    SEE_ENTRIES,
    DELETE_PENDING,
)
