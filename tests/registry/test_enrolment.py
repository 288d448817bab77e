"""Enrolment: what fits is written with its pending events in one transaction, what does not is
told."""

from datetime import UTC

import msgspec
import pytest
from sqlalchemy import func, select

from gateway.core.doors.orders import ORDERS_MAX
from gateway.core.doors.permits import PERMITS_MAX
from gateway.core.duration import DAY_MS
from gateway.core.events import Event, OrderPlaced, PermitAnnounced, SealBound
from gateway.registry import load as registry
from gateway.registry.credentials import password_matches
from gateway.registry.enrolment import Enrolment, enrol_seal
from gateway.registry.rows import (
    EnrolError,
    NewDoor,
    NewGrid,
    NewOrder,
    NewPermit,
    NewSeal,
    NewWarden,
    RowResult,
)
from gateway.store import pending, tables

NOW_MS = 1_780_000_000_000
KEY = bytes(range(32))
SEAL, OTHER = "00112233445566aa", "ffeeddccbbaa9988"
PASSWORD = "Vv3n5yqkq7B0zjYt1o2m_sK0JpV4f1cH8eXw9uTgRaI"
SITE = (NewGrid("g1", "一网格"), NewDoor("d1", "3-201", "g1"), NewDoor("d2", "3-202", "g1"))
ORDER = NewOrder("d1", NOW_MS, NOW_MS + 14 * DAY_MS)
PERMIT = NewPermit("d1", NOW_MS, NOW_MS + DAY_MS, 2, 600_000, "李", "送餐")


@pytest.fixture
def store(store):
    enrol(store, *SITE)
    return store


def enrol(store, *rows, at_ms=NOW_MS, replace=False):
    with store.writing() as connection:
        enrolment = Enrolment(connection, at_ms, UTC, replace=replace)
        outcomes = [enrolment.take(row) for row in rows]
        enrolment.write()
    return outcomes


def pending_events(store):
    with store.reading() as connection:
        return [(subject.id, event) for _, subject, event in pending.pending_events(connection, 0)]


def column(store, table, name):
    with store.reading() as connection:
        return list(connection.execute(select(table.c[name])).scalars())


def refused(store, *rows, **how):
    with pytest.raises(EnrolError) as caught:
        enrol(store, *rows, **how)
    return f"{caught.value.column} {caught.value.sentence}"


def test_a_seal_is_written_with_its_key_and_a_hash_and_told_to_the_gateway(store):
    enrol_seal(store, seal_id=SEAL, key=KEY, door_id="d1", broker_password=PASSWORD, at_ms=NOW_MS)
    with store.reading() as connection:
        row = connection.execute(select(tables.seals)).mappings().one()
        assert registry.load(connection).seals[SEAL].key == KEY
    assert (row["door_id"], row["enrolled_ms"], row["epoch"]) == ("d1", NOW_MS, 0)
    assert password_matches(PASSWORD, row["broker_hash"])
    assert PASSWORD not in row["broker_hash"]
    assert pending_events(store) == [("d1", SealBound(SEAL, must_certify=True))]


def test_a_seal_may_hang_nowhere_yet(store):
    enrol_seal(store, seal_id=SEAL, key=KEY, door_id=None, broker_password=PASSWORD, at_ms=NOW_MS)
    assert pending_events(store) == []
    enrol_seal(store, seal_id=SEAL, key=KEY, door_id="d1", broker_password=PASSWORD, at_ms=NOW_MS)
    assert pending_events(store) == [("d1", SealBound(SEAL, must_certify=True))]


def test_a_seal_flashed_for_a_door_takes_it_from_the_one_before(store):
    for seal_id in (SEAL, OTHER):
        enrol_seal(
            store, seal_id=seal_id, key=KEY, door_id="d1", broker_password=PASSWORD, at_ms=NOW_MS
        )
    with store.reading() as connection:
        seals = registry.load(connection).seals
    assert (seals[SEAL].door_id, seals[OTHER].door_id) == (None, "d1")
    assert pending_events(store)[-1] == ("d1", SealBound(OTHER, must_certify=True))


def test_orders_and_permits_are_written_and_told(store):
    enrol(store, ORDER, PERMIT)
    (_, placed), (_, announced) = pending_events(store)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(announced, PermitAnnounced)
    assert column(store, tables.orders, "order_id") == [placed.order.order_id]
    assert (placed.order.from_ms, placed.order.to_ms) == (ORDER.from_ms, ORDER.to_ms)
    assert announced.permit.openings == 2
    assert column(store, tables.permits, "why") == ["送餐"]


def test_pending_events_are_events_of_the_core(store):
    enrol(store, ORDER)
    body = column(store, tables.pending_events, "body")[0]
    assert isinstance(msgspec.json.decode(body, type=Event), OrderPlaced)


def test_the_same_rows_again_change_nothing(store):
    rows = (
        *SITE,
        NewWarden("w1", "王", "g1", "zh"),
        NewSeal(SEAL, KEY, "d1", PASSWORD),
        ORDER,
        PERMIT,
        NewOrder("d2", ORDER.from_ms, ORDER.to_ms, "o2"),
        NewPermit(**msgspec.structs.asdict(PERMIT) | {"permit_id": "p2", "why": "核酸"}),
    )
    enrol(store, *rows)
    told = pending_events(store)
    assert set(enrol(store, *rows)) == {RowResult.UNCHANGED}
    assert pending_events(store) == told


def test_the_same_rows_change_nothing_after_they_have_ended(store):
    enrol(store, ORDER, PERMIT)
    later_ms = NOW_MS + 100 * DAY_MS
    assert enrol(store, ORDER, PERMIT, at_ms=later_ms) == [RowResult.UNCHANGED] * 2


def test_a_spent_permit_is_not_filled_up_by_importing_it_again(store):
    enrol(store, PERMIT)
    with store.writing() as connection:
        connection.execute(tables.permits.update().values(openings=0))
    assert enrol(store, PERMIT) == [RowResult.UNCHANGED]
    assert column(store, tables.permits, "openings") == [0]


def test_names_and_grids_may_change_and_a_doors_state_is_kept(store):
    with store.writing() as connection:
        connection.execute(tables.doors.update().values(state=b"{}"))
    changed = enrol(store, NewGrid("g1", "二网格"), NewDoor("d1", "3-203", "g1"))
    assert changed == [RowResult.CHANGED] * 2
    assert sorted(column(store, tables.doors, "label")) == ["3-202", "3-203"]
    assert column(store, tables.doors, "state") == [b"{}", b"{}"]


def test_an_order_may_be_extended_under_its_id(store):
    enrol(store, NewOrder("d1", NOW_MS, NOW_MS + DAY_MS, "o1"))
    assert enrol(store, NewOrder("d1", NOW_MS, NOW_MS + 2 * DAY_MS, "o1")) == [RowResult.CHANGED]
    assert column(store, tables.orders, "to_ms") == [NOW_MS + 2 * DAY_MS]
    assert len(pending_events(store)) == 2


def test_a_seals_marks_survive_a_new_password(store):
    enrol(store, NewSeal(SEAL, KEY, "d1", PASSWORD))
    with store.writing() as connection:
        connection.execute(tables.seals.update().values(epoch=7, counter=9))
    assert enrol(store, NewSeal(SEAL, KEY, "d1", PASSWORD[::-1])) == [RowResult.CHANGED]
    assert column(store, tables.seals, "epoch") == [7]
    assert password_matches(PASSWORD[::-1], column(store, tables.seals, "broker_hash")[0])
    assert len(pending_events(store)) == 1


CONFLICTS = {
    "another key": (NewSeal(SEAL, bytes(32), "d1"), "seal_id is enrolled already, with another"),
    "another door": (NewSeal(SEAL, KEY, "d2"), f"door_id but seal {SEAL} hangs on door d1 (3-201)"),
    "a door with a seal": (
        NewSeal(OTHER, KEY, "d1"),
        f"door_id carries seal {SEAL} already, at 3-201; say",
    ),
    "no such door": (NewSeal(OTHER, KEY, "d9"), "door_id there is no such door"),
    "no such grid": (NewDoor("d3", "x", "g9"), "grid_id there is no such grid"),
    "a warden of no grid": (NewWarden("w", "x", "g9", "zh"), "grid_id there is no such grid"),
    "overlapping orders": (
        NewOrder("d1", ORDER.to_ms - 1, ORDER.to_ms + DAY_MS),
        "door_id has order o1 on door d1 (3-201) in that time already",
    ),
    "another door's order": (NewOrder("d2", NOW_MS, NOW_MS + 1, "o1"), "order_id is an order on"),
    "an order on no door": (NewOrder("d9", NOW_MS, NOW_MS + 1), "door_id there is no such door"),
    "an order of the past": (NewOrder("d2", 0, NOW_MS), "to lies in the past; is the year right?"),
    "an order that never begins": (
        NewOrder("d2", NOW_MS + DAY_MS, NOW_MS + DAY_MS),
        "to is not after its beginning",
    ),
    "an order without end": (
        NewOrder("d2", NOW_MS, NOW_MS + 367 * DAY_MS),
        "to an order lasts 366 days at most",
    ),
    "an altered permit": (
        NewPermit("d1", NOW_MS, NOW_MS + 2 * DAY_MS, 2, 600_000, "李", "送餐", "p1"),
        "permit_id It is announced already, otherwise",
    ),
    "a permit of the past": (
        NewPermit("d1", 0, 1, 1, 60_000, "李", "x"),
        "to The end lies in the past; is the year right?",
    ),
}


@pytest.mark.parametrize(("row", "sentence"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_does_not_fit_is_told_and_nothing_is_written(store, row, sentence):
    enrol(
        store,
        NewSeal(SEAL, KEY, "d1", PASSWORD),
        NewOrder("d1", ORDER.from_ms, ORDER.to_ms, "o1"),
        NewPermit(**msgspec.structs.asdict(PERMIT) | {"permit_id": "p1"}),
    )
    before = counted(store)
    assert sentence in refused(store, NewGrid("g3", "x"), row)
    assert counted(store) == before


def test_nobody_is_enrolled_under_the_centres_own_id(store):
    row = NewWarden("centre", "Li", "g1", "zh")
    assert "is the centre's own; take another" in refused(store, row)


def counted(store):
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in tables.metadata.tables.values()
        }


def test_a_door_has_room_for_so_many_permits_and_orders(store):
    permits = [
        NewPermit("d1", NOW_MS, NOW_MS + DAY_MS, 1, 60_000, "李", f"{n}")
        for n in range(PERMITS_MAX + 1)
    ]
    enrol(store, *permits[:-1])
    assert f"has {PERMITS_MAX} permits already" in refused(store, permits[-1])
    orders = [
        NewOrder("d1", NOW_MS + n * DAY_MS, NOW_MS + (n + 1) * DAY_MS)
        for n in range(ORDERS_MAX + 1)
    ]
    enrol(store, *orders[:-1])
    assert f"has {ORDERS_MAX} orders already" in refused(store, orders[-1])


def test_back_to_back_orders_do_not_overlap(store):
    enrol(store, ORDER, NewOrder("d1", ORDER.to_ms, ORDER.to_ms + DAY_MS))
    assert len(pending_events(store)) == 2


def test_a_key_and_a_password_are_never_printed():
    assert repr(NewSeal(SEAL, KEY, "d1", PASSWORD)) == f"NewSeal('{SEAL}', door_id='d1')"
