"""`menshen doors`: how each door stands, and what is answer of silence and of review."""

import time

import msgspec
from sqlalchemy import update

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


def test_doors_show_what_is_enrolled_before_a_gateway_ran(menshen, store):
    assert (
        menshen("announce", "d1", "--to", "2099-01-01", "--who", "a", "--why", "b").code == 1
    )  # a permit of decades
    answer = menshen("doors")
    assert answer.code == 0
    assert [word in answer.out for word in ("3-201", "一网格", "never", "no seal")] == [True] * 4
    first, second = menshen("doors", "--json").json
    assert (first["door_id"], first["seal_id"]) == ("d1", "00112233445566aa")
    assert (second["seal_id"], second["contact"], second["case_id"]) == (None, "unknown", None)
    assert "Only 1 of 2 are listed; --limit shows more." in menshen("doors", "--limit", 1).out


def test_a_seal_that_is_late_or_lost_is_said_to_be(menshen, store):
    now = time.time_ns() // 1_000_000
    for heartbeats, word, stand in (
        (0, "live", "shut"),
        (2, "late", "shut"),
        (5, "lost", "not seen"),
    ):
        stands(store, heartbeat_ms=100_000, heard_ms=now - heartbeats * 100_000)
        answer = menshen("doors").out
        assert word in answer
        assert stand in answer
        assert menshen("doors", "--json").json[0]["liveness"] == word
    stands(store, heartbeat_ms=100_000, heard_ms=now - 500_000, outage="stair:3/2-1")
    assert "outage" in menshen("doors").out


def test_doors_says_what_of_a_door_waits_at_the_bench(menshen, store):
    in_review = Case("c", Reason.NO_PERMIT, CaseState.REPORTED, 1)
    stands(store, heard_ms=1, in_review=(in_review,))
    assert "1 in review" in menshen("doors").out


def test_whose_contact_a_door_is_stands_in_the_list_before_a_gateway_ran(menshen, store):
    assert "household" not in menshen("doors").out
    with store.writing() as connection:
        d = tables.doors
        connection.execute(d.update().where(d.c.door_id == "d2").values(household_id="d1"))
    header, first, second = menshen("doors").out.splitlines()[:3]
    assert "household" in header
    assert (first.split()[3], second.split()[3]) == ("d1", "d1")
    told = menshen("doors", "--json").json
    assert [(door["household_id"], door["beside"]) for door in told] == [
        ("d1", ["d2"]),
        ("d1", ["d1"]),
    ]
