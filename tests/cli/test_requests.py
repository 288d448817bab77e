"""`menshen requests`: what households want of people, and how much was done for them."""

from sqlalchemy import insert

from gateway.cli.output import now_ms
from gateway.core import local_time
from gateway.core.rules import Rules
from gateway.store import household_tables

OF_ONE = {"household_id": "d1", "door_id": "d1", "grid_id": "g1", "order_id": "o1"}


def test_nobody_wants_anything(menshen, store):
    assert menshen("requests").out == "No household wants anything now.\n"
    assert menshen("requests", "--json").json == []
    assert menshen("requests", "--counts").out == "Nothing was asked for and ended in these days.\n"


def test_what_goes_on_is_listed_a_doctor_first_without_the_words_of_anybody(menshen, store):
    asked = OF_ONE | {"state": "asked", "said_way": "page", "moved_ms": 1, "words": "rice"}
    day = local_time.day(Rules().zone, now_ms())
    with store.writing() as connection:
        for kind, at_ms in (("food", 1), ("doctor", 2)):
            row = asked | {"request_id": f"request-{kind}", "kind": kind, "asked_ms": at_ms}
            connection.execute(insert(household_tables.requests), row)
        counted = {"day": day, "kind": "food", "state": "done", "count": 7}
        connection.execute(insert(household_tables.deliveries), counted)
    listed = menshen("requests", "--json").json
    assert [row["id"] for row in listed] == ["request-doctor", "request-food"]
    table = menshen("requests").out
    assert "A doctor" in table
    assert "rice" not in table
    assert menshen("requests", "--counts", "--json").json == [counted]
    assert "7" in menshen("requests", "--counts").out
