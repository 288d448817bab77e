"""`menshen end`: each kind of thing, said twice, and what it means."""

import time

import pytest
from sqlalchemy import select

from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewOrder, NewPermit
from gateway.store import tables

HOUR_MS = 3_600_000
SEAL = "00112233445566aa"


@pytest.fixture
def under_order(store, settings):
    now = time.time_ns() // 1_000_000
    with store.writing() as connection:
        enrolment = Enrolment(connection, now, None)
        enrolment.take(NewOrder("d1", now - HOUR_MS, now + HOUR_MS, "o1"))
        enrolment.take(NewPermit("d1", now, now + HOUR_MS, 1, 60_000, "李", "送餐", "p1"))
        enrolment.write()
    return store


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("order", "o1"), "Order o1 has ended."),
        (("order", "--door", "d1"), "Each order of door 3-201 has ended."),
        (("permit", "p1"), "Permit p1 has ended."),
        (("permit", "--door", "d1"), "Each permit of door 3-201 has ended."),
        (("seal", SEAL), f"Seal {SEAL} has ended."),
        (("door", "d1"), "Door 3-201 has ended. Its orders and permits ended too"),
        (("warden", "w1"), "Nobody is told of the doors in g1 now"),
    ],
)
def test_e8_each_kind_ends_once(menshen, under_order, words, said):
    answer = menshen("end", *words)
    assert answer.code == 0
    assert said in answer.out.replace("\n", " ")
    if words[1] != "--door" or words[0] == "order":
        assert "had ended already" in menshen("end", *words).out
    assert menshen("doors").code == 0


def test_e8_a_release_by_command_is_in_the_table_at_once(menshen, under_order):
    assert menshen("end", "order", "o1", "--json").json == {
        "outcome": "ended",
        "order": "o1",
        "door": None,
    }
    with under_order.reading() as connection:
        to_ms = connection.execute(select(tables.orders.c.to_ms)).scalar()
    assert abs(to_ms - time.time() * 1000) < HOUR_MS / 2
    assert menshen("doors", "--json").json[0]["order_until_ms"] is None


def test_e8_what_cannot_end_is_told(menshen, under_order):
    assert "there is no such order" in menshen("end", "order", "o9").err
    assert "there is no such door" in menshen("end", "door", "d9").err
    assert "still has 2 of the doors" in menshen("end", "grid", "g1").err
    assert menshen("end", "door").code == 2
    assert menshen("end", "door", "--door", "d1").code == 2
    assert menshen("end", "house", "h1").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("order", "o1"), "It was the household's: it ended at 3-201, 3-202."),
        (("order", "--door", "d2"), "It was the household's: it ended at 3-201 too."),
        (("permit", "p1"), "It was the household's: it ended at 3-201, 3-202."),
        (("door", "d2"), "Its household's orders and permits go on at 3-201."),
    ],
)
def test_of_a_household_it_says_at_which_doors(menshen, under_order, words, said):
    with under_order.writing() as connection:
        d = tables.doors
        connection.execute(d.update().where(d.c.door_id == "d2").values(household_id="d1"))
    assert said in menshen("end", *words).out.replace("\n", " ")
