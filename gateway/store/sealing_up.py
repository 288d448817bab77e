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
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Connection, Table, Text, func, literal, select, type_coerce, update

from gateway.core.events import Event
from gateway.core.model import Door, Outages, Troubles
from gateway.core.subject import Subject, SubjectKind
from gateway.keys.ring import KeyRingError
from gateway.store import archives, case_log, file_copy, journal, states, tables
from gateway.store.database import Store, StoreError, as_store_error
from gateway.store.order_keys import SITE_HOUSEHOLD, OrderKeys, household_of
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
    try:
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
    except KeyRingError as error:
        raise StoreError(str(error)) from error
    if door_ids:
        log.info("what %d doors and their cases say of people is sealed now", len(door_ids))


def step(store: Store) -> bool:
    """Seal some of the journal that was written before; whether there may be more. StoreError."""
    with store.reading() as connection:
        before = progress(connection)
        months = [a.month for a in archives.known(connection) if a.month not in before.months]
    if before.is_done or not before.rows:
        return False
    try:
        if months:
            _seal_month(store, months[0], before.at_ms)
            after = msgspec.structs.replace(before, months=(*before.months, months[0]))
        else:
            after = _seal_journal(store, before)
    except KeyRingError as error:
        raise StoreError(str(error)) from error
    with store.writing() as connection:
        _note(connection, after)
    if after.is_done:
        log.info("the journal up to row %d is sealed", after.to_id)
    return not after.is_done


def _note(connection: Connection, now: Progress) -> None:
    statement = upsert(connection.dialect.name, tables.states)
    connection.execute(statement, [{"name": STATE, "state": states.encode(now)}])


def _wanted(store: Store, door_ids: list[str]) -> int:
    """How many keys these doors and their orders may need."""
    o = tables.orders.c
    with store.reading() as connection:
        orders = select(func.count()).where(o.door_id.in_(door_ids))
        return len(door_ids) + int(connection.execute(orders).scalar_one())


def _seal_doors(connection: Connection, keys: OrderKeys, door_ids: list[str], now_ms: int) -> None:
    """All that belongs to some doors: keys for their orders, labels, permits, cases, states."""
    household = {door_id: household_of(connection, door_id) for door_id in door_ids}
    keys.provide(household.values())
    o = tables.orders.c
    query = select(o.order_id, o.door_id).where(o.door_id.in_(door_ids)).order_by(o.from_ms)
    for order_id, door_id in connection.execute(query).all():
        keys.place(household[door_id], order_id)
    keys.reseal_doors(door_ids)
    p = tables.permits.c

    def seal(door_id: str, text: str, at_ms: int) -> str:
        return keys.seal(household[door_id], text, at_ms)

    _seal_cells(connection, tables.permits, "permit_id", ("who", "why"), p.from_ms, door_ids, seal)
    cells = "note", "shelved_why"
    at_ms = literal(now_ms)
    _seal_cells(connection, tables.cases, "case_id", cells, at_ms, door_ids, seal)
    _seal_detours(connection, keys, door_ids, now_ms)
    d = tables.doors.c
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


def _seal_cells(
    connection: Connection,
    table: Table,
    key: str,
    names: tuple[str, ...],
    at_ms: Any,
    door_ids: list[str],
    seal: Callable[[str, str, int], str],
) -> None:
    stored = [type_coerce(table.c[name], Text()).label(name) for name in names]
    query = select(table.c[key].label("row_key"), table.c.door_id, at_ms.label("at_ms"), *stored)
    for row in connection.execute(query.where(table.c.door_id.in_(door_ids))).mappings().all():
        anew = {name: row[name] and seal(row["door_id"], row[name], row["at_ms"]) for name in names}
        if any(anew[name] != row[name] for name in names):
            connection.execute(update(table).where(table.c[key] == row["row_key"]).values(anew))


def _seal_detours(
    connection: Connection, keys: OrderKeys, door_ids: list[str] | None, now_ms: int
) -> None:
    """What people wrote beside a case's loop; of cases of no door where there are no doors."""
    e, c = case_log.DETOURS.c, tables.cases.c
    is_theirs = c.door_id.is_(None) if door_ids is None else c.door_id.in_(door_ids)
    query = (
        select(e.case_id, e.action_id, type_coerce(e.note, Text()), c.door_id)
        .join(tables.cases, c.case_id == e.case_id)
        .where(is_theirs, e.note != "")
    )
    for case_id, action_id, note, door_id in connection.execute(query).all():
        household_id = household_of(connection, door_id) if door_id else SITE_HOUSEHOLD
        its = update(case_log.DETOURS).where(e.case_id == case_id, e.action_id == action_id)
        connection.execute(its.values(note=keys.seal(household_id, note, now_ms)))


def _seal_site(connection: Connection, keys: OrderKeys) -> None:
    """What is about no door: cases of outages and troubles, and the states that hold them."""
    c = tables.cases.c
    stored = [type_coerce(c[name], Text()) for name in ("note", "shelved_why")]
    for case_id, *texts in connection.execute(
        select(c.case_id, *stored).where(c.subject_kind == SubjectKind.SITE)
    ).all():
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
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # whoever loads it tells of it
        after = changed(known, lambda text: keys.seal(SITE_HOUSEHOLD, text))
        its = update(tables.states).where(s.name == name)
        connection.execute(its.values(state=states.encode(after)))


def _seal_pending(connection: Connection, keys: OrderKeys, now_ms: int) -> None:
    c = tables.pending_events.c
    query = select(c.pending_id, c.subject_kind, c.subject_id, c.body)
    for pending_id, kind, subject_id, body in connection.execute(query).all():
        anew = _sealed_body(connection, keys, kind, subject_id, body, now_ms)
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
            for journal_id, anew in _anew(connection, keys, found, before.at_ms):
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
            for journal_id, anew in _anew(connection, keys, found, at_ms):
                copy.execute("UPDATE journal SET body = ? WHERE journal_id = ?", (anew, journal_id))
            copy.commit()
            copy.execute("VACUUM")
        file_copy.need_sound(fresh)
    log.info("the journal of %s is sealed", month)


def _anew(
    connection: Connection, keys: OrderKeys, found: Any, at_ms: int
) -> Iterator[tuple[int, bytes]]:
    """The rows that are to be stored anew, and how."""
    for journal_id, kind, subject_id, body in found:
        anew = _sealed_body(connection, keys, kind, subject_id, body, at_ms)
        if anew is not None:
            yield journal_id, anew


def _sealed_body(
    connection: Connection,
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
    except (msgspec.DecodeError, ValueError, UnicodeDecodeError, TypeError):
        return None
    after = sealed(keys, subject, event, at_ms)
    return None if after is event or after == event else journal.encode_event(after)
