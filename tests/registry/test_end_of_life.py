"""Everything that is enrolled has an end of life, and its history stays."""

from datetime import datetime

import pytest
from sqlalchemy import select

from gateway.core.events import DoorEnded, OrderPlaced, PermitAnnounced, SealUnbound
from gateway.registry import load as registry
from gateway.registry.rows import RowResult
from gateway.store import areas, pending, schedule_tables, tables, views
from tests.registry.test_csv_file import (
    DOORS,
    GRIDS,
    KEY,
    NOW_MS,
    SHANGHAI,
    count,
    day,
    told,
)
from tests.registry.test_office_tables import column

SEAL = "a" * 16


@pytest.fixture
def site(enrol, store):
    """A grid with two wardens who have duties, two doors of one stair, an order, a permit."""
    assert enrol(
        grids=GRIDS + "g2,二网格\n",
        wardens="warden_id,name,grid_id\nw1,王,g1\nw2,李,g1\n",
        doors="door_id,label,grid_id,building,stair\nd1,201,g1,3,1\nd2,202,g1,3,1\n",
        seals=f"seal_id,key,door_id\n{SEAL},{KEY},d1\n",
        orders=f"door_id,from,to,order_id\nd1,{day(-2)},{day(9)},o1\nd1,{day(20)},{day(30)},o2\n",
        permits=f"door_id,from,to,who,why,permit_id\nd1,{day(-1)},{day(1)},李,送餐,p1\n",
        shifts="grid_id,role,warden_id,days,from,to\ng1,warden,w1,1-5,08:00,20:00\n",
        overrides=f"warden_id,from,to,by\nw2,{day(1)},{day(2)},w1\n",
    ).written
    return store


def events(store, after=0):
    with store.reading() as connection:
        return [(its[1].id, its[2]) for its in pending.pending_events(connection, 0)][after:]


def loaded(store):
    with store.reading() as connection:
        return registry.load(connection)


def test_e8_a_door_ends_with_all_that_hangs_on_it_and_its_history_stays(site, enrol):
    before = count(site, tables.pending_events)
    result = enrol(doors="door_id,end\nd1,是\n")
    assert result.written
    assert result.counts == {("doors", RowResult.ENDED): 1}
    told_events = events(site, before)
    assert [type(event) for _, event in told_events] == [
        OrderPlaced,
        OrderPlaced,
        SealUnbound,
        PermitAnnounced,
        DoorEnded,
    ]
    running, coming = (event.order for _, event in told_events[:2])
    assert running.to_ms == NOW_MS
    assert coming.to_ms == coming.from_ms  # it never holds
    with site.reading() as connection:
        assert [row.door_id for row in views.doors(connection, 9)] == ["d2"]
        assert views.door_count(connection) == 1
        assert list(areas.doors_in(connection, "building:3")) == ["d2"]
        assert [row.label for row in views.doors_of(connection, ["d1"])] == ["201"]
        assert connection.execute(select(tables.seals.c.door_id)).scalars().all() == [None]
    known = loaded(site)
    assert "d1" not in known.places
    assert known.seals[SEAL].door_id is None
    assert told(enrol(orders=f"door_id,from,to\nd1,{day(1)},{day(2)}\n")) == [
        'orders.csv line 2: door_id "d1": is out of use; enrol it in doors again if it is to come '
        "back"
    ]
    assert enrol(doors="door_id,end\nd1,是\n").counts == {("doors", RowResult.UNCHANGED): 1}
    assert enrol(doors="door_id,label,grid_id\nd1,201,g1\n").counts == {
        ("doors", RowResult.CHANGED): 1
    }
    assert "d1" in loaded(site).places


def test_e8_a_warden_leaves_with_every_duty(site, enrol):
    assert enrol(wardens="工号,终止\nw1,是\n").written
    known = loaded(site)
    assert [warden.warden_id for warden in known.wardens["g1"]] == ["w2"]
    assert count(site, schedule_tables.shifts) == count(site, schedule_tables.overrides) == 0
    with site.reading() as connection:
        assert views.warden(connection, "w1") is None
        assert [row.warden_id for row in views.wardens(connection, 9)] == ["w2"]
    shift = "grid_id,role,warden_id,days,from,to\ng1,warden,w1,1-5,08:00,20:00\n"
    assert "is out of use" in told(enrol(shifts=shift))[0]


def test_e8_a_seal_is_out_of_use_for_good(site, enrol):
    before = count(site, tables.pending_events)
    assert enrol(seals=f"seal_id,end\n{SEAL},x\n").written
    assert events(site, before) == [("d1", SealUnbound(SEAL))]
    assert SEAL not in loaded(site).seals
    again = told(enrol(seals=f"seal_id,key,door_id\n{SEAL},{KEY},d1\n"))
    assert "is out of use for good; flash a fresh one" in again[0]


def test_e8_a_seal_is_taken_off_its_door_by_a_cell_that_says_nothing_hangs(site, enrol):
    before = count(site, tables.pending_events)
    assert enrol(seals=f"seal_id,key,door_id\n{SEAL},{KEY},无\n").written
    assert events(site, before) == [("d1", SealUnbound(SEAL))]
    assert loaded(site).seals[SEAL].door_id is None


def test_e8_a_grid_ends_once_it_is_empty_and_in_one_step(site, enrol):
    assert "still has 2 of the doors" in told(enrol(grids="grid_id,end\ng1,yes\n"))[0]
    assert enrol(grids="grid_id,end\ng2,yes\n").written
    assert enrol(
        grids="grid_id,end\ng1,yes\n",
        doors="door_id,end\nd1,yes\nd2,yes\n",
        wardens="warden_id,end\nw1,yes\nw2,yes\n",
    ).written
    with site.reading() as connection:
        assert views.doors(connection, 9) == views.wardens(connection, 9) == []
    assert "is out of use" in told(enrol(doors=DOORS))[0]


def test_e8_what_does_not_exist_cannot_end(site, enrol):
    for kind, row in (
        ("doors", "door_id,end\nd9,yes"),
        ("wardens", "warden_id,end\nw9,yes"),
        ("grids", "grid_id,end\ng9,yes"),
        ("seals", f"seal_id,end\n{'9' * 16},yes"),
        ("permits", "permit_id,end\np9,yes"),
    ):
        assert "here is no such" in told(enrol(**{kind: row + "\n"}))[0]
    assert "allowed are yes" in told(enrol(doors="door_id,end\nd1,perhaps\n"))[0]
    assert told(enrol(doors="door_id,end\n,yes\n")) == [
        'doors.csv line 2: door_id "": is empty, and needed'
    ]


def test_e8_a_row_that_does_not_end_is_a_row_like_any_other(site, enrol):
    doors = "door_id,label,grid_id,end\nd1,201,g1,\nd2,202,g1,yes\nd3,203,g1,no\n"
    result = enrol(doors=doors)
    assert result.counts["doors", RowResult.ENDED] == 1
    assert result.counts["doors", RowResult.ADDED] == 1


@pytest.mark.parametrize("row", ["order_id,end\no1,yes", "隔离令编号,终止\no1,是"])
def test_e8_an_order_ends_now_by_a_table(enrol, store, row):
    enrol(grids=GRIDS, doors=DOORS, orders=f"door_id,from,to,order_id\nd1,{day(-9)},{day(5)},o1\n")
    result = enrol(release=row + "\n")
    assert result.written
    assert result.counts["orders", RowResult.ENDED] == 1
    assert column(store, tables.orders, "to_ms") == [NOW_MS]
    assert enrol(release=row + "\n").counts == {("orders", RowResult.UNCHANGED): 1}


def test_e8_an_orders_end_is_moved_without_its_id(enrol, store):
    enrol(grids=GRIDS, doors=DOORS, orders=f"door_id,from,to\nd1,{day(-9)},{day(5)}\n")
    now = datetime.fromtimestamp(NOW_MS / 1000, SHANGHAI)
    assert enrol(orders=f"door_id,from,to\nd1,{day(-9)},{now:%Y-%m-%d %H:%M}\n").written
    (to_ms,) = column(store, tables.orders, "to_ms")
    assert NOW_MS - 60_000 < to_ms <= NOW_MS


def test_e8_orders_and_permits_end_by_door_and_the_other_rows_go_in(enrol, store):
    enrol(
        grids=GRIDS,
        doors=DOORS,
        orders=f"door_id,from,to\nd1,{day(-9)},{day(5)}\n",
        permits=f"door_id,from,to,who,why\nd1,{day(-1)},{day(5)},李,送餐\n",
    )
    result = enrol(
        orders=f"door_id,from,to,end\nd1,{day(-9)},{day(5)},yes\nd2,{day(0)},{day(5)},\n",
        permits=f"door_id,from,to,who,why,end\nd1,{day(-1)},{day(5)},李,送餐,yes\n",
    )
    assert result.written
    assert result.counts["orders", RowResult.ENDED] == 1
    assert result.counts["permits", RowResult.ENDED] == 1
    assert column(store, tables.permits, "to_ms") == [NOW_MS]
    assert "there is no such order" in told(enrol(release="order_id,end\no9,yes\n"))[0]
