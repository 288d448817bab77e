"""What `menshen doors` and `menshen cases` say of silence, of review and of what is put aside."""

import time

import msgspec
from sqlalchemy import insert, update

from gateway.core.model import Case, CaseState, Contact, Door
from gateway.core.reasons import Reason
from gateway.store import tables

SEAL = "00112233445566aa"


def stands(store, **fields):
    """Door d1 as the gateway would have left it."""
    door = Door("d1", seal_id=SEAL, contact=Contact.SHUT, **fields)
    with store.writing() as connection:
        held = update(tables.doors).where(tables.doors.c.door_id == "d1")
        connection.execute(held.values(state=msgspec.json.encode(door)))


def test_a_seal_that_is_late_or_lost_is_said_to_be(menshen, store):
    now = time.time_ns() // 1_000_000
    for heartbeats, word, stand in (
        (0, "live", "shut"),
        (2, "late", "shut"),
        (5, "lost", "not seen"),
    ):
        stands(store, heartbeat_ms=100_000, heard_ms=now - heartbeats * 100_000)
        said = menshen("doors").out
        assert word in said
        assert stand in said
        assert menshen("doors", "--json").json[0]["liveness"] == word
    stands(store, heartbeat_ms=100_000, heard_ms=now - 500_000, outage="stair:3/2-1")
    assert "outage" in menshen("doors").out


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
        for one in rows:
            connection.execute(insert(tables.cases), one)
    assert [case["case_id"] for case in menshen("cases", "--json").json] == ["c2", "c4", "c3", "c1"]
    said = menshen("cases").out
    for words in ("paged", "put aside", "on site", "Stair 3/2", "reported", "王", "lawful"):
        assert words in said


def test_doors_says_what_of_a_door_waits_at_the_bench(menshen, store):
    in_review = Case("c", Reason.NO_PERMIT, CaseState.REPORTED, 1)
    stands(store, heard_ms=1, in_review=(in_review,))
    assert "1 in review" in menshen("doors").out
