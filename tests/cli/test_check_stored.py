"""What nobody can use is named by `menshen check`, whichever table it stands in, and takes no other
line with it."""

import pytest
from sqlalchemy import insert, text

from gateway.cli.output import now_ms
from gateway.store import household_tables, tables
from tests.cli.test_check import marks

SPOILT = [
    ("wardens", "channels", "[["),
    ("orders", "policy", "{"),
    ("requests", "state", "eaten"),
    ("requests", "asked_ms", "soon"),
    ("disputes", "parties", '{"a": 1}'),
    ("disputes", "answer_by_ms", 1.5),
    ("cases", "reason", "no such reason"),
    ("cases", "cleared_ms", b"\xff"),
]


@pytest.fixture
def matters(store):
    """A request, a dispute and an open case of a household."""
    its, at_ms = {"household_id": "d1", "door_id": "d1", "grid_id": "g1"}, now_ms()
    own = {**its, "order_id": "o", "said_way": "page", "moved_ms": at_ms}
    asked = {**own, "request_id": "r", "kind": "food", "state": "asked", "asked_ms": at_ms}
    raised = {**own, "dispute_id": "d", "record": "case", "record_id": "c", "state": "raised"}
    raised |= {"raised_ms": at_ms, "answer_by_ms": at_ms}
    case = {"case_id": "c-1", "subject_kind": "door", "subject_id": "d1", "door_id": "d1"}
    case |= {"grid_id": "g1", "state": "raised", "reason": "no_permit", "openings": 1}
    order = {"order_id": "o", "household_id": "d1", "from_ms": 0, "to_ms": at_ms + 9_000_000}
    with store.writing() as connection:
        connection.execute(insert(tables.orders), order)
        connection.execute(insert(household_tables.requests), asked)
        connection.execute(insert(household_tables.disputes), raised)
        times = dict.fromkeys(("raised_ms", "since_ms", "moved_ms"), at_ms)
        connection.execute(insert(tables.cases), case | times)
    return store


@pytest.mark.parametrize(("table", "column", "value"), SPOILT)
def test_each_is_named_and_every_other_line_is_there(menshen, matters, table, column, value):
    sound = marks(menshen("check", "--json"))
    assert sound["stored"] == "ok"
    with matters.writing() as connection:
        connection.execute(text(f'UPDATE {table} SET "{column}" = :value'), {"value": value})  # noqa: S608
    answer = menshen("check", "--json")
    assert answer.code == 1
    found = marks(answer)
    assert found["stored"] == "fail"
    assert sound.keys() <= found.keys()
    (line,) = [one for one in answer.json if one["part"] == "stored"]
    assert f"{table} " in line["text"]
    assert column in line["text"]


def test_who_has_left_is_nobody_who_cannot_be_told(menshen, store):
    left = {"warden_id": "w9", "name": "Left", "grid_id": "g1", "ended_ms": now_ms()}
    with store.writing() as connection:
        connection.execute(insert(tables.wardens), left | {"channels": '["push", "fax:1"]'})
    found = marks(menshen("check", "--json"))
    assert found["channels"] == "ok"
    assert "ringing" not in found
