"""Announcing for a stair or a building, and what recurs, from the command line."""

import json

from sqlalchemy import select, update

from gateway.store import tables

WHEN = ["--to", "2031-01-09", "--from", "2031-01-02", "--who", "食堂", "--why", "送餐"]


def permits(store):
    with store.reading() as connection:
        return list(connection.execute(select(tables.permits)).mappings())


def test_what_recurs_is_announced_once_and_holds_on_its_days(menshen, store):
    words = ["announce", "d1", *WHEN, "--daily", "07:00-08:30,11:30-13:00", "--days", "Mon-Fri"]
    said = menshen(*words)
    assert "Announced: 1 opening in each of 2 windows a day of door d1 until 2031" in said.out
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
