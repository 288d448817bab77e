"""`menshen cases`: what is open, what is in review, what has been put aside."""

from sqlalchemy import insert

from gateway.store import tables


def test_cases_without_any(menshen, store):
    assert menshen("cases").out == "No case is open.\n"
    assert menshen("cases", "--closed").out == "No case has been closed yet.\n"
    assert menshen("cases", "--json").json == []


def test_cases_lists_the_bench_behind_what_is_open(menshen, store):
    row = {
        "subject_kind": "door",
        "subject_id": "d1",
        "door_id": "d1",
        "grid_id": "g1",
        "reason": "no_permit",
        "openings": 1,
    }
    row |= {"raised_ms": 1, "since_ms": 1, "moved_ms": 1}
    rows = [
        row | {"case_id": "c1", "state": "reported", "reported_by": "w1", "outcome": "lawful"},
        row | {"case_id": "c2", "state": "paged"},
        row | {"case_id": "c3", "state": "paged", "shelved_by": "w1", "shelved_until_ms": 9},
        row | {"case_id": "c4", "state": "on_site", "reason": "outage", "area": "stair:3/2"},
    ]
    with store.writing() as connection:
        for values in rows:  # each has columns of its own
            connection.execute(insert(tables.cases), values)
    assert [case["case_id"] for case in menshen("cases", "--json").json] == ["c2", "c4", "c3", "c1"]
    answer = menshen("cases").out
    for words in ("paged", "put aside", "on site", "Stair 3/2", "reported", "王", "lawful"):
        assert words in answer


def test_a_case_of_a_household_names_each_of_its_doors_that_it_is_about(menshen, store):
    with store.writing() as connection:
        d, row = tables.doors, {"subject_kind": "door", "grid_id": "g1", "reason": "no_permit"}
        connection.execute(d.update().where(d.c.door_id == "d2").values(household_id="d1"))
        row |= {"case_id": "c1", "subject_id": "d1", "door_id": "d1", "state": "paged"}
        row |= {"raised_ms": 1, "since_ms": 1, "moved_ms": 1, "openings": 1}
        connection.execute(insert(tables.cases), row | {"contacts": '["d2"]'})
        opened = [
            {"opening_id": door, "door_id": door, "reason": "no_permit"}
            | dict.fromkeys(("opened_ms", "latest_ms", "heard_ms"), 2)
            for door in ("d1", "d2")
        ]
        connection.execute(insert(tables.openings), opened)
    (case,) = menshen("cases", "--json").json
    assert [(one["label"], one["openings"]) for one in case["contacts"]] == [
        ("3-201", 1),
        ("3-202", 1),
    ]
    assert case["openings"] == 1, "one opening through two leaves"
    assert "3-201, 3-202" in menshen("cases").out
