"""Announcing for a stair or a building, and what recurs, from the command line."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from gateway.cli.option_fields import begins_ms, ends_ms
from gateway.core.doors.permits import PERMITS_MAX
from gateway.store import tables

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()
FROM, TO = (str(TODAY + timedelta(days=days)) for days in (30, 37))
WHEN = ["--to", TO, "--from", FROM, "--who", "食堂", "--why", "送餐"]


def permits(store):
    with store.reading() as connection:
        return list(connection.execute(select(tables.permits)).mappings())


def test_what_recurs_is_announced_once_and_holds_on_its_days(menshen, store):
    words = ["announce", "d1", *WHEN, "--daily", "07:00-08:30,11:30-13:00", "--days", "Mon-Fri"]
    said = menshen(*words)
    assert "Announced: 1 opening in each of 2 windows a day of door d1 until 20" in said.out
    (row,) = permits(store)
    assert json.loads(row["daily"]) == [[420, 510], [690, 780]]
    assert row["days"] == 0b0011111
    assert "Announced already" in menshen(*words).out


def test_a_stair_is_announced_for_each_of_its_doors(menshen, store):
    with store.writing() as connection:
        connection.execute(update(tables.doors).values(building="3", stair="2"))
    said = menshen("announce", "--area", "stair:3/2", *WHEN, "--id", "noon")
    found = permits(store)
    assert f"of each of {len(found)} doors in stair:3/2" in said.out
    assert sorted(row["permit_id"] for row in found) == [
        f"noon-{number}" for number in range(1, len(found) + 1)
    ]
    assert len({row["door_id"] for row in found}) == len(found) > 1


def test_an_announcement_is_for_a_door_or_an_area(menshen, store):
    assert "name a door, or with --area" in menshen("announce", *WHEN).err
    assert menshen("announce", "d1", "--area", "building:3", *WHEN).code == 2
    assert menshen("announce", "d1", *WHEN, "--days", "Mon").code == 2
    assert "--daily '7-8'" in menshen("announce", "d1", *WHEN, "--daily", "7-8").err
    assert "no door lies in building:9" in menshen("announce", "--area", "building:9", *WHEN).err


def test_a_time_of_day_is_the_next_one_after_the_beginning():
    late = datetime(2026, 3, 1, 23, 55, tzinfo=SHANGHAI)
    from_ms = begins_ms("--from", "now", ms(late), SHANGHAI)
    assert from_ms == ms(late)
    tomorrow = datetime(2026, 3, 2, 0, 30, tzinfo=SHANGHAI)
    assert ends_ms("--to", "00:30", from_ms, SHANGHAI) == ms(tomorrow)
    assert ends_ms("--to", "23:58", from_ms, SHANGHAI) == ms(late) + 3 * 60_000
    tonight = begins_ms("--from", "23:00", ms(late), SHANGHAI)
    assert ends_ms("--to", "00:30", tonight, SHANGHAI) == ms(tomorrow)
    morning = begins_ms("--from", "08:00", ms(late), SHANGHAI)  # of today: it is over
    assert ends_ms("--to", "09:00", morning, SHANGHAI) == morning + 3_600_000


def ms(at):
    return int(at.timestamp() * 1000)


def test_one_permit_more_than_there_is_room_for_is_refused_in_a_sentence(menshen, store):
    words = ["announce", "d1", *WHEN]
    for number in range(PERMITS_MAX):
        assert menshen(*words, "--id", f"p{number}").code == 0
    said = menshen(*words, "--id", "one-more")
    assert said.code == 1
    assert f"has {PERMITS_MAX} permits already, which is the limit" in said.err
    assert len(permits(store)) == PERMITS_MAX


def test_a_door_that_is_none_and_limits_are_told(menshen, store):
    assert "there is no door d9" in menshen("announce", "d9", *WHEN).err
    assert "1 to 100 openings" in menshen("announce", "d1", *WHEN, "--openings", 101).err
    assert "to 1440 minutes" in menshen("announce", "d1", *WHEN, "--longest", 1441).err
    assert permits(store) == []
