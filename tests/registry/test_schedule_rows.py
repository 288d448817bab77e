"""The on-call schedule, and what doors and seals bring besides, as people write it into tables."""

import msgspec
import pytest
from sqlalchemy import select

from gateway.core.events import DoorClassed, OrderPlaced, PermitAnnounced, SealBound
from gateway.core.model import Policy
from gateway.core.paging import staff
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Role, Shift
from gateway.registry import load as registry
from gateway.registry.columns import TABLES
from gateway.registry.rows import RowResult
from gateway.store import pending, schedule_tables, tables
from tests.registry.test_csv_file import DOORS, GRIDS, KEY, count, day, told

WARDENS = "warden_id,name,grid_id,role\nwang,王,g1,\nli,李,g1,副网格员\n"
SHIFTS = "grid_id,role,warden_id,days,from,to\n"


@pytest.mark.parametrize(
    ("kind", "row", "words"),
    [
        ("wardens", "w,王,g1,,,boss", 'role "boss": allowed are warden, deputy, captain, centre'),
        ("doors", f"d1,x,g1,{'c' * 33},,,", "allowed is one line of up to 32 characters"),
        ("doors", "d1,x,g1,,3月2日,,", 'building "3月2日": a spreadsheet has changed it'),
        ("seals", f"{'a' * 16},{KEY},,,,0", 'heartbeat_s "0": allowed are 1 to 3600 seconds'),
        ("shifts", "g1,warden,wang,Mon-Fry,22:00,06:00", 'days "Mon-Fry": allowed are Mon-Fri'),
        ("shifts", "g1,warden,wang,1月5日,22:00,06:00", "a spreadsheet has changed it"),
        ("shifts", "g1,warden,wang,daily,24:00,06:00", 'from "24:00": allowed are 00:00 to 23:59'),
        ("shifts", "g1,warden,wang,daily,22:00,24:01", 'to "24:01": allowed are 00:00 to 24:00'),
        ("shifts", "g1,warden,wang,daily,22:75,06:00", 'from "22:75": allowed are 00:00'),
        ("overrides", "wang,soon,2099-01-01,", 'from "soon": allowed are 2026-03-01'),
    ],
)
def test_a_wrong_cell_of_the_schedule_is_told(enrol, kind, row, words):
    header = ",".join(column.name for column in TABLES[kind])
    (sentence,) = told(enrol(**{kind: f"{header}\n{row}\n"}))
    assert sentence.startswith(f"{kind}.csv line 2: ")
    assert words in sentence


def test_the_schedule_is_imported_and_read_into_the_registry(enrol, store):
    shifts = SHIFTS + 'g1,warden,wang,"Mon,Tue",22:00,06:00\ng1,warden,li,Wed,08:00,24:00\n'
    overrides = f"warden_id,from,to,by\nwang,{day(1)},{day(2)},li\nli,{day(5)},{day(6)},\n"
    assert enrol(grids=GRIDS, wardens=WARDENS, shifts=shifts, overrides=overrides).written
    with store.reading() as connection:
        known = registry.load(connection)
    its = staff.schedule_of(known.staff)
    assert its.people == {("g1", Role.WARDEN): ("wang",), ("g1", Role.DEPUTY): ("li",)}
    assert its.shifts["g1", Role.WARDEN] == (
        Shift("g1", Role.WARDEN, "li", 0b100, 480, 1_440),
        Shift("g1", Role.WARDEN, "wang", 0b11, 1_320, 360),
    )
    assert [cover.by for cover in its.overrides["wang"]] == ["li"]
    assert [cover.by for cover in its.overrides["li"]] == [None]
    again = enrol(shifts=shifts, overrides=overrides)
    assert {outcome for _, outcome in again.counts} == {RowResult.UNCHANGED}
    assert count(store, tables.enrolments) == 1


def test_the_shifts_of_a_role_are_those_in_the_latest_file(enrol, store):
    enrol(grids=GRIDS, wardens=WARDENS, shifts=SHIFTS + "g1,warden,wang,Mon,08:00,16:00\n")
    enrol(shifts=SHIFTS + "g1,deputy,li,Mon,08:00,16:00\n")
    enrol(shifts=SHIFTS + "g1,warden,li,Tue,08:00,16:00\n")
    with store.reading() as connection:
        rows = connection.execute(
            select(schedule_tables.shifts.c.role, schedule_tables.shifts.c.warden_id)
        ).all()
    assert sorted(rows) == [("deputy", "li"), ("warden", "li")]


def lost(store, warden_id):
    state = msgspec.json.encode(Person(warden_id, working=False))
    with store.writing() as connection:
        connection.execute(tables.people.insert(), {"warden_id": warden_id, "state": state})


def test_who_cannot_be_reached_gets_no_duty(enrol, store):
    enrol(grids=GRIDS, wardens=WARDENS)
    lost(store, "wang")
    with store.writing() as connection:
        mute = tables.wardens.update().where(tables.wardens.c.warden_id == "li")
        connection.execute(mute.values(channels="[]"))
    shifts = "".join(f"g1,warden,{who},Mon,08:00,16:00\n" for who in ("wang", "li", "zhao"))
    overrides = f"warden_id,from,to,by\nli,{day(1)},{day(2)},wang\nli,{day(3)},{day(4)},li\n"
    assert told(enrol(shifts=SHIFTS + shifts, overrides=overrides)) == [
        'overrides.csv line 2: by "wang": was not reached by the daily test; '
        "mend their channel before giving them a duty",
        'overrides.csv line 3: by "li": cannot cover for themselves',
        'shifts.csv line 2: warden_id "wang": was not reached by the daily test; '
        "mend their channel before giving them a duty",
        'shifts.csv line 3: warden_id "li": has no channel and would not hear of anything; '
        "give them one",
        'shifts.csv line 4: warden_id "zhao": there is no such warden; enrol the wardens first',
    ]
    assert count(store, schedule_tables.shifts) == 0


def test_a_cover_has_an_end_that_makes_sense(enrol):
    enrol(grids=GRIDS, wardens=WARDENS)
    overrides = f"warden_id,from,to\nwang,{day(-3)},{day(-2)}\nwang,{day(9)},{day(2)}\n"
    overrides += f"li,{day(1)},{day(400)}\nzhao,{day(1)},{day(2)}\n"
    sentences = told(enrol(overrides=overrides))
    assert "lies in the past" in sentences[0]
    assert "is not after its beginning" in sentences[1]
    assert "a cover lasts 366 days at most" in sentences[2]
    assert "there is no such warden" in sentences[3]


def test_classes_places_and_heartbeats_are_kept_and_told_to_the_door(enrol, store):
    doors = "door_id,label,grid_id,class,building,stair,point\nd1,3-201,g1,canary,3,2,ap-7\n"
    doors += "d2,3-202,g1,,3,2,\n"
    seals = f"seal_id,key,door_id,batch,heartbeat_s\n{'a' * 16},{KEY},d1,2026-03,100\n"
    assert enrol(grids=GRIDS, doors=doors, seals=seals).written
    with store.reading() as connection:
        events = [event for _, _, event in pending.pending_events(connection, 0)]
        places = registry.load(connection).places
    assert events == [DoorClassed("canary"), SealBound("a" * 16, 100_000, must_certify=True)]
    assert places["d1"].areas == ("building:3", "stair:3/2", "point:ap-7", "batch:2026-03")
    assert places["d2"].areas == ("building:3", "stair:3/2")
    assert enrol(doors=DOORS).counts["doors", RowResult.UNCHANGED] == 2  # what is not said stays
    assert enrol(seals=seals.replace(",100\n", ",300\n")).written
    with store.reading() as connection:
        assert pending.pending_events(connection, 2)[0][2] == SealBound(
            "a" * 16, 300_000, must_certify=True
        )


def test_what_was_said_once_can_be_taken_back(enrol, store):
    doors = "door_id,label,grid_id,class,building,stair,point\nd1,3-201,g1,{}\n"
    seals = f"seal_id,key,door_id,batch,heartbeat_s\n{'a' * 16},{KEY},d1,{{}}\n"
    people = "warden_id,name,grid_id,channels\nwang,王,g1,{}\n"
    assert enrol(
        grids=GRIDS,
        doors=doors.format("heavy,3,2,ap-7"),
        seals=seals.format("2026-03,100"),
        wardens=people.format("inbox"),
    ).written
    back = {"doors": doors.format("-,无,-,-"), "seals": seals.format("-,-")}
    assert enrol(**back, wardens=people.format("-")).written
    with store.reading() as connection:
        events = [event for _, _, event in pending.pending_events(connection, 2)]
        known = registry.load(connection)
    assert events == [DoorClassed(""), SealBound("a" * 16, None, must_certify=True)]
    assert known.places["d1"].areas == ()
    assert known.staff.members["wang"].channels == ()
    again = enrol(**back, wardens=people.format("-"))
    assert {outcome for _, outcome in again.counts} == {RowResult.UNCHANGED}
    assert told(enrol(doors=doors.format(",-,2,"))) == [
        'doors.csv line 2: stair "2": needs its building'
    ]


def test_a_stair_needs_its_building(enrol):
    doors = "door_id,label,grid_id,stair\nd1,3-201,g1,2\n"
    assert told(enrol(grids=GRIDS, doors=doors)) == [
        'doors.csv line 2: stair "2": needs its building'
    ]


def test_an_order_may_allow_openings_and_a_permit_may_recur(enrol, store):
    orders = "door_id,from,to,order_id,openings_a_day,longest_min,quiet\n"
    orders += f"d1,{day(1)},{day(14)},o1,5,20,22:00-07:00\n"
    permits = "door_id,from,to,who,why,daily,days,permit_id\n"
    permits += f'd1,{day(1)},{day(14)},Li,meals,"07:00-08:30,11:30-13:00",Mon-Sat,p1\n'
    assert enrol(grids=GRIDS, doors=DOORS, orders=orders, permits=permits).written
    with store.reading() as connection:
        events = [event for _, _, event in pending.pending_events(connection, 0)]
    order = next(event.order for event in events if isinstance(event, OrderPlaced))
    permit = next(event.permit for event in events if isinstance(event, PermitAnnounced))
    assert order.policy == Policy(5, 20 * 60_000, ((1_320, 420),))
    assert (permit.daily, permit.days) == (((420, 510), (690, 780)), 0b0111111)
    again = enrol(orders=orders, permits=permits)
    assert again.counts["orders", RowResult.UNCHANGED] == 1
    assert again.counts["permits", RowResult.UNCHANGED] == 1
    wrong = enrol(orders=orders.replace("22:00-07:00", "at night").replace("o1", "o2"))
    assert told(wrong) == [
        'orders.csv line 2: quiet "at night": allowed are hours such as 07:00-08:30,11:30-13:00'
    ]
