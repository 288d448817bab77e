"""What an older release wrote readable is sealed in place, once, after the upgrade.

First the rows and the states, before the gateway reads any of them (`rows`); then, a little at a
time beside its work, the journal in the database and each month of it that has a file of its own
(`step`). How far it has come stands among the states, so that a kill costs one step. What is sealed
already is left alone. Copies of the site that were made before stay as they are: make a new one and
destroy those (docs/operator.md).
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Connection, Table, Text, exists, func, select, type_coerce, update

from gateway.core.events import Event
from gateway.core.model import Door
from gateway.core.no_json import NO_JSON
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import Subject, SubjectKind
from gateway.store import archives, case_log, file_copy, journal, states, tables
from gateway.store.database import Store, as_store_error
from gateway.store.key_tables import order_keys
from gateway.store.order_keys import SITE_HOUSEHOLD, OrderKeys
from gateway.store.sealing import can_hold_text, changed, sealed
from gateway.store.statements import upsert

log = logging.getLogger("menshen.keys")

STATE: Final = "sealed"  # among the states
DOORS_AT_ONCE: Final = 200
ROWS_AT_ONCE: Final = 500
IDS_AT_ONCE: Final = 20_000  # of the journal, that one step looks through
KINDS: Final = tuple(
    event.__struct_config__.tag for event in get_args(Event) if can_hold_text(event)
)


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far it has come: rows and states are done, at `at_ms`; the journal up to this row, of
    `to_id`; these months; all of it.

    What names no time itself is sealed with the key of the order that ran at `at_ms`, in states and
    journal alike, so that a replay makes the same states.
    """

    rows: bool = False
    at_ms: int = 0
    journal_id: int = 0
    to_id: int = 0
    months: tuple[str, ...] = ()
    is_done: bool = False


def progress(connection: Connection) -> Progress:
    """How far it has come."""
    stored = states.site_state(connection, STATE)
    return Progress() if stored is None else msgspec.json.decode(stored, type=Progress)


def rows(store: Store, now_ms: int) -> None:
    """Seal what stands in rows and states, if that was not done yet. Seconds at a large site; what
    a kill leaves is done again. To be called before any state is read for work.

    Raises:
        StoreError: nothing can be stored, or no key made.
    """
    with store.reading() as connection:
        if progress(connection).rows:
            return
        d = tables.doors.c
        door_ids = list(connection.execute(select(d.door_id).order_by(d.door_id)).scalars())
    with as_store_error(store.path):
        for start in range(0, len(door_ids), DOORS_AT_ONCE):
            chunk = door_ids[start : start + DOORS_AT_ONCE]
            with store.keys.spares(_wanted(store, chunk)), store.writing() as connection:
                _seal_doors(connection, OrderKeys(connection, now_ms), chunk, now_ms)
        with store.writing() as connection:
            keys = OrderKeys(connection, now_ms)
            keys.provide([SITE_HOUSEHOLD])
            _seal_site(connection, keys)
            _seal_pending(connection, keys, now_ms)
            newest = journal.newest(connection)[0]
            _note(connection, Progress(rows=True, at_ms=now_ms, to_id=newest, is_done=not newest))
    if door_ids:
        log.info("what %d doors and their cases say of people is sealed now", len(door_ids))


def step(store: Store) -> bool:
    """Seal some of the journal that was written before; whether there may be more. StoreError."""
    with store.reading() as connection:
        before = progress(connection)
        months = [a.month for a in archives.known(connection) if a.month not in before.months]
    if before.is_done or not before.rows:
        return False
    if months:
        with store.archiving:
            _seal_month(store, months[0], before.at_ms)
        after = msgspec.structs.replace(before, months=(*before.months, months[0]))
    else:
        after = _seal_journal(store, before)
    with store.writing() as connection:
        _note(connection, after)
    if after.is_done:
        log.info("the journal up to row %d is sealed", after.to_id)
    return not after.is_done


def _note(connection: Connection, now: Progress) -> None:
    statement = upsert(connection.dialect.name, tables.states)
    connection.execute(statement, [{"name": STATE, "state": states.encode(now)}])


def _wanted(store: Store, door_ids: list[str]) -> int:
    """How many keys the households of these doors need at most that have none: one for each order,
    or one."""
    o, d, k = tables.orders.c, tables.doors.c, order_keys.c
    orders = select(func.count()).where(o.household_id == d.household_id).scalar_subquery()
    living = exists().where(k.household_id == d.household_id, k.destroyed_ms.is_(None))
    query = select(d.household_id, orders).where(d.door_id.in_(door_ids), ~living).distinct()
    with store.reading() as connection:
        return sum(max(1, count) for _, count in connection.execute(query))


def _seal_doors(connection: Connection, keys: OrderKeys, door_ids: list[str], now_ms: int) -> None:
    """All that belongs to some doors: keys for their orders, labels, permits, cases, states."""
    d, o = tables.doors.c, tables.orders.c
    rows_of = select(d.door_id, d.household_id).where(d.door_id.in_(door_ids))
    household = {row.door_id: row.household_id for row in connection.execute(rows_of)}
    households = list(dict.fromkeys(household.values()))
    keys.know(household)
    keys.provide(households)
    query = select(o.order_id, o.household_id).where(o.household_id.in_(households))
    for order_id, household_id in connection.execute(query.order_by(o.from_ms)).all():
        keys.place(household_id, order_id)
    keys.reseal_doors(households)
    _seal_permits(connection, keys, households)
    _seal_cases(connection, keys, household, now_ms)
    _seal_detours(connection, keys, door_ids, now_ms)
    for door_id, state in connection.execute(
        select(d.door_id, d.state).where(d.door_id.in_(door_ids), d.state.is_not(None))
    ).all():
        before = states.door(door_id, state)
        after = _sealed_door(keys, household[door_id], before, now_ms)
        if after is not before:
            change = update(tables.doors).where(d.door_id == door_id)
            connection.execute(change.values(state=states.encode(after)))


def _sealed_door(keys: OrderKeys, household_id: str, door: Door, now_ms: int) -> Door:
    """A door's state with each permit and visit under the key of its own time, as its event is."""
    permits = tuple(
        changed(permit, lambda text, at=permit.from_ms: keys.seal(household_id, text, at))  # type: ignore[misc]
        for permit in door.permits
    )
    visits = tuple(
        changed(visit, lambda text, at=visit.from_ms: keys.seal(household_id, text, at))  # type: ignore[misc]
        for visit in door.visits
    )
    dated = door
    if (permits, visits) != (door.permits, door.visits):
        dated = msgspec.structs.replace(door, permits=permits, visits=visits)
    return changed(dated, lambda text: keys.seal(household_id, text, now_ms))


def _raw(table: Table, *names: str) -> list[Any]:
    """Columns as they are stored, and not as people read them."""
    return [type_coerce(table.c[name], Text()).label(name) for name in names]


def _seal_permits(connection: Connection, keys: OrderKeys, household_ids: list[str]) -> None:
    p = tables.permits.c
    query = select(p.permit_id, p.household_id, p.from_ms, *_raw(tables.permits, "who", "why"))
    for row in connection.execute(query.where(p.household_id.in_(household_ids))).all():
        who, why = (keys.seal(row.household_id, text, row.from_ms) for text in (row.who, row.why))
        its = update(tables.permits).where(p.permit_id == row.permit_id)
        connection.execute(its.values(who=who, why=why))


def _seal_cases(
    connection: Connection, keys: OrderKeys, household: dict[str, str], now_ms: int
) -> None:
    c = tables.cases.c
    query = select(c.case_id, c.subject_id, *_raw(tables.cases, "note", "shelved_why"))
    is_theirs = (c.subject_kind == SubjectKind.DOOR) & c.subject_id.in_(household)
    for case_id, door_id, *texts in connection.execute(query.where(is_theirs)).all():
        note, why = (text and keys.seal(household[door_id], text, now_ms) for text in texts)
        its = update(tables.cases).where(c.case_id == case_id)
        connection.execute(its.values(note=note, shelved_why=why))


def _seal_detours(
    connection: Connection, keys: OrderKeys, door_ids: list[str] | None, now_ms: int
) -> None:
    """What people wrote beside a case's loop; of the site's own cases where there are no doors."""
    e, c = case_log.DETOURS.c, tables.cases.c
    is_theirs = c.subject_kind == SubjectKind.SITE
    if door_ids is not None:
        is_theirs = (c.subject_kind == SubjectKind.DOOR) & c.subject_id.in_(door_ids)
    query = (
        select(
            e.case_id, e.action_id, c.subject_kind, c.subject_id, *_raw(case_log.DETOURS, "note")
        )
        .join(tables.cases, c.case_id == e.case_id)
        .where(is_theirs, e.note != "")
    )
    for row in connection.execute(query).all():
        household_id = keys.household_of(journal.whose(row.subject_kind, row.subject_id))
        its = update(case_log.DETOURS).where(e.case_id == row.case_id, e.action_id == row.action_id)
        connection.execute(its.values(note=keys.seal(household_id, row.note, now_ms)))


def _seal_site(connection: Connection, keys: OrderKeys) -> None:
    """What is about no door: cases of outages and troubles, and the states that hold them."""
    c = tables.cases.c
    query = select(c.case_id, *_raw(tables.cases, "note", "shelved_why"))
    is_site = c.subject_kind == SubjectKind.SITE
    for case_id, *texts in connection.execute(query.where(is_site)).all():
        note, why = (text and keys.seal(SITE_HOUSEHOLD, text) for text in texts)
        its = update(tables.cases).where(c.case_id == case_id)
        connection.execute(its.values(note=note, shelved_why=why))
    _seal_detours(connection, keys, None, 0)
    s = tables.states.c
    for name, kind in ((states.OUTAGES, Outages), (states.TROUBLES, Troubles)):
        state = states.site_state(connection, name)
        if state is None:
            continue
        try:
            known: Any = msgspec.json.decode(state, type=kind)
        except NO_JSON:
            continue  # whoever loads it tells of it
        after = changed(known, lambda text: keys.seal(SITE_HOUSEHOLD, text))
        its = update(tables.states).where(s.name == name)
        connection.execute(its.values(state=states.encode(after)))


def _seal_pending(connection: Connection, keys: OrderKeys, now_ms: int) -> None:
    c = tables.pending_events.c
    query = select(c.pending_id, c.subject_kind, c.subject_id, c.body)
    for pending_id, kind, subject_id, body in connection.execute(query).all():
        anew = _sealed_body(keys, kind, subject_id, body, now_ms)
        if anew is not None:
            its = update(tables.pending_events).where(c.pending_id == pending_id)
            connection.execute(its.values(body=anew))


def _seal_journal(store: Store, before: Progress) -> Progress:
    upto = min(before.journal_id + IDS_AT_ONCE, before.to_id)
    j = tables.journal.c
    query = (
        select(j.journal_id, j.subject_kind, j.subject_id, j.body)
        .where(j.journal_id > before.journal_id, j.journal_id <= upto, j.kind.in_(KINDS))
        .order_by(j.journal_id)
        .limit(ROWS_AT_ONCE)
    )
    with store.reading() as connection:
        found = connection.execute(query).all()
    if found:
        with store.writing() as connection:
            keys = OrderKeys(connection)
            for journal_id, anew in _anew(keys, found, before.at_ms):
                its = update(tables.journal).where(j.journal_id == journal_id)
                connection.execute(its.values(body=anew))
    done = found[-1].journal_id if len(found) == ROWS_AT_ONCE else upto
    is_done = done >= before.to_id
    return msgspec.structs.replace(before, journal_id=done, is_done=is_done)


def _seal_month(store: Store, month: str, at_ms: int) -> None:
    """A month's file, made anew beside its place and exchanged: nothing of the old one is in it."""
    path = archives.file_of(store.path, month)
    if not path.is_file():
        return
    marks = ", ".join("?" * len(KINDS))
    query = (
        "SELECT journal_id, subject_kind, subject_id, body FROM journal "  # noqa: S608
        f"WHERE kind IN ({marks})"
    )
    with file_copy.unfinished(path) as fresh, as_store_error(path):
        shutil.copyfile(path, fresh)
        os.chmod(fresh, 0o600)
        with closing(sqlite3.connect(fresh)) as copy, store.writing() as connection:
            keys = OrderKeys(connection)
            found = copy.execute(query, KINDS).fetchall()
            for journal_id, anew in _anew(keys, found, at_ms):
                copy.execute("UPDATE journal SET body = ? WHERE journal_id = ?", (anew, journal_id))
            copy.commit()
            copy.execute("VACUUM")
        file_copy.need_sound(fresh)
    log.info("the journal of %s is sealed", month)


def _anew(keys: OrderKeys, found: Any, at_ms: int) -> Iterator[tuple[int, bytes]]:
    """The rows that are to be stored anew, and how."""
    for journal_id, kind, subject_id, body in found:
        anew = _sealed_body(keys, kind, subject_id, body, at_ms)
        if anew is not None:
            yield journal_id, anew


def _sealed_body(
    keys: OrderKeys,
    kind: str | None,
    subject_id: str | None,
    body: bytes,
    at_ms: int,
) -> bytes | None:
    """An event's bytes with its text sealed; None where they are as they should be, or none of an
    event: whoever reads them tells of that."""
    try:
        event = journal.decode_event(body)
        subject = Subject(SubjectKind(kind or SubjectKind.SITE), subject_id or "")
    except (*NO_JSON, ValueError, TypeError):
        return None
    after = sealed(keys, subject, event, at_ms)
    return None if after is event or after == event else journal.encode_event(after)
