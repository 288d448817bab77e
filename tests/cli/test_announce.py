"""`menshen announce`: an opening of a door, of a stair or a building, and what recurs."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from gateway.core.doors.permits import PERMITS_MAX
from gateway.core.effects import CaseMoved
from gateway.core.model import Case, CaseState, Door
from gateway.core.reasons import Reason
from gateway.core.subject import SubjectKind
from gateway.store import case_writes, states, tables
from gateway.store import statements as sql

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()
FROM, TO = (str(TODAY + timedelta(days=days)) for days in (30, 37))
WHEN = ["--to", TO, "--from", FROM, "--who", "食堂", "--why", "送餐"]


def permits(store):
    with store.reading() as connection:
        return list(connection.execute(select(tables.permits)).mappings())


def test_announcing_an_opening(menshen, store):
    words = ["announce", "d1", "--to", "23:59:59", "--who", "李", "--why", "送餐", "--id", "p1"]
    assert "--to '23:59:59': allowed are" in menshen(*words).err
    words[3] = "2099-01-01"
    answer = menshen(*words)
    assert (answer.code, "A permit lasts 31 days at most" in answer.err) == (1, True)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    words[3:4] = [f"{day} 12:30", "--from", f"{day} 11:30"]
    assert f"Announced: 1 opening of door 3-201 until {day} 12:30:00." in menshen(*words).out
    assert "Announced already" in menshen(*words).out
    assert menshen(*words, "--json").json["outcome"] == "unchanged"
    words[1] = "d9"
    assert "there is no door d9" in menshen(*words).err


def test_what_begins_now_is_said_again_under_its_id_a_moment_later(menshen, store, monkeypatch):
    """It was "announced already, otherwise" from the next minute on; the id is for just that."""
    words = ["announce", "d1", "--to", "12:30", "--who", "L", "--why", "meal", "--id", "m"]
    assert menshen(*words).code == 0
    with store.writing() as connection:
        c = tables.permits.c
        connection.execute(update(tables.permits).values(from_ms=c.from_ms - 120_000))
    answer = menshen(*words)
    assert (answer.code, "Announced already" in answer.out) == (0, True), answer.err
    assert menshen(*words[:-4], "--why", "a doctor", "--id", "m").code == 1
    assert len(permits(store)) == 1


def test_what_recurs_is_announced_once_and_holds_on_its_days(menshen, store):
    words = ["announce", "d1", *WHEN, "--daily", "07:00-08:30,11:30-13:00", "--days", "Mon-Fri"]
    answer = menshen(*words)
    assert "Announced: 1 opening in each of 2 windows a day of door 3-201 until 20" in answer.out
    (row,) = permits(store)
    assert json.loads(row["daily"]) == [[420, 510], [690, 780]]
    assert row["days"] == 0b0011111
    assert "Announced already" in menshen(*words).out


def test_a_stair_is_announced_for_each_of_its_doors(menshen, store):
    with store.writing() as connection:
        connection.execute(update(tables.doors).values(building="3", stair="2"))
    answer = menshen("announce", "--area", "stair:3/2", *WHEN, "--id", "noon")
    rows = permits(store)
    assert f"of each of {len(rows)} doors in stair:3/2" in answer.out
    assert sorted(row["permit_id"] for row in rows) == [
        f"noon-{number}" for number in range(1, len(rows) + 1)
    ]
    assert len({row["household_id"] for row in rows}) == len(rows) > 1


def test_an_announcement_is_for_a_door_or_an_area(menshen, store):
    assert "name a door, or with --area" in menshen("announce", *WHEN).err
    assert menshen("announce", "d1", "--area", "building:3", *WHEN).code == 2
    assert menshen("announce", "d1", *WHEN, "--days", "Mon").code == 2
    assert "--daily '7-8'" in menshen("announce", "d1", *WHEN, "--daily", "7-8").err
    assert "no door lies in building:9" in menshen("announce", "--area", "building:9", *WHEN).err


def test_one_permit_more_than_there_is_room_for_is_refused_in_a_sentence(menshen, store):
    words = ["announce", "d1", *WHEN]
    for number in range(PERMITS_MAX):
        assert menshen(*words, "--id", f"p{number}").code == 0
    answer = menshen(*words, "--id", "one-more")
    assert answer.code == 1
    assert f"has {PERMITS_MAX} permits already, which is the limit" in answer.err
    assert len(permits(store)) == PERMITS_MAX


def test_a_door_that_is_none_and_limits_are_told(menshen, store):
    assert "there is no door d9" in menshen("announce", "d9", *WHEN).err
    assert "1 to 100 openings" in menshen("announce", "d1", *WHEN, "--openings", 101).err
    assert "to 1440 minutes" in menshen("announce", "d1", *WHEN, "--longest", 1441).err
    assert permits(store) == []


def test_a10_a_round_lists_the_doors_that_wait_and_asks(menshen, store):
    """A door of the stair opened a moment ago, and its case waits for an answer."""
    now_ms = int(datetime.now(UTC).timestamp() * 1_000)
    case = Case("seal-1", Reason.NO_PERMIT, CaseState.RAISED, now_ms, 1, since_ms=now_ms)
    door = Door("d1", seal_id="seal", case=case)
    with store.writing() as connection:
        d = tables.doors
        connection.execute(update(d).values(building="3", stair="2"))
        connection.execute(update(d).where(d.c.door_id == "d1").values(state=states.encode(door)))
        row = case_writes.new_case("seal-1")
        case_writes.move_case(row, SubjectKind.DOOR, "d1", "g1", CaseMoved(case, now_ms))
        sql.UPSERT_CASE.write(connection, [row])
    ends = datetime.now(SHANGHAI) + timedelta(hours=1)
    words = ["announce", "--area", "stair:3/2", "--to", f"{ends:%Y-%m-%d %H:%M}"]
    words += ["--who", "食堂", "--why", "送餐"]
    asked = menshen(*words)
    assert asked.code == 1
    assert "1 door there opened before this and wait for an answer" in asked.err
    assert "--late close" in asked.err
    assert permits(store) == []
    assert "Announced" in menshen(*words, "--late", "leave").out
    with store.reading() as connection:
        bodies = connection.execute(select(tables.pending_events.c.body)).scalars().all()
    told = [event for event in map(json.loads, bodies) if event["type"] == "permit"]
    assert told
    assert all(event["explains"] is False for event in told)
