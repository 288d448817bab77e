"""A site of an older release: all that its rows, states, journal and archives say is sealed once,
and read as before; and a replay makes the same states."""

import json
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Text, delete, insert, select, type_coerce

from gateway.core.actor import actor_of
from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.events import CaseReported, CaseShelved, Event, PermitAnnounced, kind_of
from gateway.core.model import Case, CaseState, Door, Permit, Shelf
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from gateway.keys.ring import KeyRing
from gateway.keys.unreadable import KeyState
from gateway.store import (
    archives,
    archiving,
    case_log,
    journal,
    sealing,
    sealing_up,
    states,
    tables,
    thinning,
    views,
)
from gateway.store.database import Store
from gateway.store.key_tables import order_keys
from gateway.store.order_keys import OrderKeys, ring_of
from tests.door_rows import insert_doors

NOW_MS, DAY_MS = 1_780_000_000_000, 86_400_000
CANARY = "金丝雀"
WANG = actor_of("wang")
PERMIT = Permit("p1", NOW_MS, NOW_MS + DAY_MS, 1, 600_000, f"{CANARY}食堂", f"{CANARY}送餐")
VISIT = Visit("v1", "00112233445566aa", NOW_MS, NOW_MS + DAY_MS, f"{CANARY}师傅")
SHELF = Shelf(WANG, f"{CANARY}在医院", NOW_MS + DAY_MS)
CASE = Case("c1", Reason.OPEN_TOO_LONG, CaseState.RAISED, NOW_MS, shelf=SHELF)
REPORTED = Case("c0", Reason.OPEN_TOO_LONG, CaseState.REPORTED, NOW_MS, note=f"{CANARY}无人应门")
EVENTS: tuple[Event, ...] = (
    PermitAnnounced(PERMIT),
    VisitAnnounced(VISIT),
    CaseShelved("c1", WANG, "a1", why=SHELF.why, until_ms=SHELF.ends_ms),
    CaseReported("c0", WANG, "a0", outcome=Outcome.IN_ORDER, note=REPORTED.note),
)
DOOR = Door("d1", permits=(PERMIT,), visits=(VISIT,), case=CASE, in_review=(REPORTED,))


def readable_bytes(folder: Path) -> list[str]:
    """Which files beside the keys hold the canary."""
    mark = CANARY.encode()
    escaped = json.dumps(CANARY).encode().strip(b'"')
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        path.name for path in files if mark in path.read_bytes() or escaped in path.read_bytes()
    ]


def older_site(folder: Path) -> Store:
    """A site whose rows were written before there were keys."""
    store = Store.open(folder / "menshen.db")
    with store.writing() as connection:
        connection.execute(delete(tables.states))
        connection.execute(insert(tables.grids), {"grid_id": "g1", "name": "一网格"})
        door = {"door_id": "d1", "label": f"{CANARY}1栋1单元501", "grid_id": "g1"}
        door |= {"telephone": f"{CANARY}138", "state": states.encode(DOOR)}
        insert_doors(connection, door)
        for number in (1, 2):
            order = {"order_id": f"o{number}", "household_id": "d1", "policy": "{}"}
            from_ms = NOW_MS + (number - 1) * 20 * DAY_MS - DAY_MS
            order |= {"from_ms": from_ms, "to_ms": from_ms + 14 * DAY_MS}
            connection.execute(insert(tables.orders), order)
        permit = {**msgspec.structs.asdict(PERMIT), "household_id": "d1", "daily": "[]"}
        del permit["spent"]
        connection.execute(insert(tables.permits), permit)
        case = {"case_id": "c1", "subject_kind": "door", "subject_id": "d1", "door_id": "d1"}
        case |= {"grid_id": "g1", "state": "raised", "reason": "open_too_long", "openings": 1}
        case |= dict.fromkeys(("raised_ms", "since_ms", "moved_ms"), NOW_MS)
        case |= {"shelved_why": SHELF.why, "note": REPORTED.note}
        connection.execute(insert(tables.cases), case)
        detour = {"case_id": "c1", "action_id": "a9", "action": "take_back", "by": "wang"}
        detour |= {"done_ms": 1, "arrived_ms": 1, "to": "", "outcome": "", "note": f"{CANARY}!"}
        connection.execute(insert(case_log.DETOURS), detour)
        for number, event in enumerate(EVENTS * 2, 1):
            at_ms = NOW_MS - (100 * DAY_MS if number <= len(EVENTS) else 0)
            row = {"journal_id": number, "at_ms": at_ms, "kind": kind_of(event)}
            row |= {"subject_kind": "door", "subject_id": "d1"}
            connection.execute(insert(tables.journal), row | {"body": journal.encode_event(event)})
        body = journal.encode_event(EVENTS[0])
        left = {"subject_kind": "door", "subject_id": "d1", "body": body}
        connection.execute(insert(tables.pending_events), left)
    return store


def seal_up(store: Store) -> None:
    sealing_up.rows(store, NOW_MS)
    while sealing_up.step(store):
        pass
    with store.writing() as connection:
        connection.exec_driver_sql("SELECT 1")
    store.close()
    Store(store.path).settle()


@pytest.fixture
def sealed(tmp_path: Path) -> Store:
    store = older_site(tmp_path)
    while not thinning.step(store, NOW_MS, NOW_MS).is_last:
        pass
    assert archiving.make(store, NOW_MS, 1) is not None
    while archiving.move(store, NOW_MS):
        pass
    store.settle()
    assert readable_bytes(tmp_path)  # the search can find it
    seal_up(store)
    return Store(store.path)


def test_nothing_readable_is_left_in_database_log_and_archives(
    sealed: Store, tmp_path: Path
) -> None:
    sealed.close()
    _fold(tmp_path / "menshen.db")
    assert readable_bytes(tmp_path) == []


def _fold(path: Path) -> None:
    """The log goes into the file, as it does at a stop."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_people_read_what_they_read_before(sealed: Store) -> None:
    with sealed.reading() as connection:
        [row] = views.doors_of(connection, ["d1"])
        assert (row.label, row.state) == (f"{CANARY}1栋1单元501", DOOR)
        assert connection.execute(select(tables.doors.c.telephone)).scalar() == f"{CANARY}138"
        assert connection.execute(select(tables.permits.c.why)).scalar() == PERMIT.why
        assert connection.execute(select(tables.cases.c.note)).scalar() == REPORTED.note
        assert connection.execute(select(case_log.DETOURS.c.note)).scalar() == f"{CANARY}!"
        for own, after_id in archives.files(connection):
            j = tables.journal.c
            query = select(j.body).where(j.journal_id > after_id).order_by(j.journal_id)
            bodies = own.execute(query).scalars()
            events = [journal.decode_event(body) for body in bodies]
            assert (
                tuple(sealing.changed(event, ring_of(connection).shown) for event in events)
                == EVENTS
            )


def test_journal_and_state_say_the_same_bytes(sealed: Store) -> None:
    """Else a replay would make other states than stand there."""
    with sealed.reading() as connection:
        stored = connection.execute(select(tables.doors.c.state)).scalar_one()
        door = states.door("d1", stored)
        j = tables.journal.c
        query = select(j.body).where(j.journal_id > len(EVENTS)).order_by(j.journal_id)
        permit, visit, shelved, reported = map(
            journal.decode_event, connection.execute(query).scalars()
        )
        assert (permit.permit,) == door.permits
        assert (visit.visit,) == door.visits
        assert door.case is not None
        assert door.case.shelf is not None
        assert shelved.why == door.case.shelf.why
        assert reported.note == door.in_review[0].note
        p = tables.permits.c
        why = connection.execute(select(type_coerce(p.why, Text()))).scalar()
        assert why == door.permits[0].why


def test_each_order_has_a_key_and_one_destroyed_takes_its_own_with_it(sealed: Store) -> None:
    with sealed.reading() as connection:
        k = order_keys.c
        rows = connection.execute(select(k.order_id, k.key_id)).all()
    keys = {row.order_id: row.key_id for row in rows}
    assert {"o1", "o2"} <= set(keys)
    assert sealed.keys.destroy(keys["o1"])
    with sealed.reading() as connection:
        [row] = views.doors_of(connection, ["d1"])
        assert row.state.permits[0].why == "(destroyed)"  # of the first order's time
        assert row.label == f"{CANARY}1栋1单元501"  # of the last one
    sealed.keys.destroy(keys["o2"])
    with sealed.reading() as connection:
        [row] = views.doors_of(connection, ["d1"])
        assert row.label == "(destroyed)"
        assert CANARY not in str(row)


def test_killed_at_any_commit_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing_up, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(sealing_up, "IDS_AT_ONCE", 2)
    store = older_site(tmp_path)
    sealing_up.rows(store, NOW_MS)
    rounds = 1
    while sealing_up.step(Store(store.path)):  # each step another life
        sealing_up.rows(Store(store.path), NOW_MS)
        rounds += 1
    assert rounds >= len(EVENTS)
    with store.reading() as connection:
        assert sealing_up.progress(connection).is_done
        bodies = connection.execute(select(tables.journal.c.body)).scalars().all()
    assert not [body for body in bodies if CANARY.encode() in body]


def test_a_site_put_back_without_its_keys_works_and_says_what_it_cannot_read(
    sealed: Store,
) -> None:
    for place in sealed.keys.folder.glob("*.key"):
        place.unlink()
    anew = Store(sealed.path)
    with anew.writing() as connection:
        OrderKeys(connection, NOW_MS).provide_all()
        keys = OrderKeys(connection, NOW_MS)
        text = keys.seal("d1", "新的备注", NOW_MS)
    with anew.reading() as connection:
        [row] = views.doors_of(connection, ["d1"])
        assert row.label == "(its key is not here)"
    assert anew.keys.reveal(text) == "新的备注"
    with anew.reading() as connection:
        ids = connection.execute(select(order_keys.c.key_id)).scalars().all()
    found = KeyRing.beside(sealed.path)
    assert KeyState.LOST in {found.state(key_id) for key_id in ids}
