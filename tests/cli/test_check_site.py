"""What `menshen check` finds in the database: wardens, seals, refusals, pages."""

import msgspec
import pytest
from sqlalchemy import delete, insert, update

from gateway.cli import check_site
from gateway.cli.check_result import Mark
from gateway.core.paging.person import Person
from gateway.store import tables

NOW_MS = 1_900_000_000_000
PAGE = {
    "page_id": "p",
    "case_id": "c",
    "door_id": "d1",
    "channel": "webhook",
    "reason": "no_permit",
    "since_ms": 0,
    "next_ms": 0,
}


def checked(store, name, *facts):
    with store.reading() as connection:
        return getattr(check_site, name)(connection, *facts)


def test_a_grid_without_a_warden_is_told(store):
    with store.writing() as connection:
        connection.execute(delete(tables.wardens))
    result = checked(store, "wardens", False)
    assert (result.mark, result.facts["grids_without"]) == (Mark.FAIL, ["g1"])
    assert checked(store, "wardens", True).mark is Mark.WARN


def test_a_warden_without_a_channel_is_told_of_nothing(store):
    assert checked(store, "wardens", False).mark is Mark.OK
    with store.writing() as connection:
        connection.execute(tables.wardens.update().values(channels="[]"))
    result = checked(store, "wardens", False)
    assert (result.mark, result.facts["grids_without"]) == (Mark.FAIL, ["g1"])


def test_a_warden_whom_the_daily_test_does_not_reach_is_told(store):
    state = msgspec.json.encode(Person("w1", working=False))
    with store.writing() as connection:
        connection.execute(insert(tables.people), {"warden_id": "w1", "state": state})
    result = checked(store, "wardens", False)
    assert (result.mark, result.facts["unreached"]) == (Mark.WARN, ["w1"])
    assert "of 1, 1 not reached by the daily test: w1" in result.text


def test_silent_seals_are_told(store):
    state = b'{"door_id":"d1","seal_id":"00112233445566aa","heard_ms":%d}'
    for heard_ms, words in (
        (NOW_MS - 300_000, "1 silent for over 3 min: d1"),
        (NOW_MS, "all heard"),
    ):
        with store.writing() as connection:
            connection.execute(
                update(tables.doors)
                .where(tables.doors.c.door_id == "d1")
                .values(state=state % heard_ms)
            )
        assert words in checked(store, "seals", NOW_MS).text


def test_refusals_are_told_by_reason(store):
    with store.writing() as connection:
        connection.execute(
            insert(tables.refusals),
            [
                {"hour_ms": NOW_MS, "reason": "replayed", "count": 3, "latest_ms": NOW_MS - 60_000},
                {"hour_ms": NOW_MS, "reason": "wrong_key", "count": 5, "latest_ms": NOW_MS},
                {"hour_ms": 0, "reason": "truncated", "count": 9, "latest_ms": 0},
            ],
        )
    result = checked(store, "refusals", NOW_MS + 5_000)
    assert result.mark is Mark.WARN
    assert result.text == "in the last day: wrong_key 5, replayed 3; the latest 5 s ago"
    assert result.facts == {"wrong_key": 5, "replayed": 3}


@pytest.mark.parametrize(
    ("row", "mark", "words"),
    [
        ({"made_ms": NOW_MS - 1_000}, Mark.OK, "1 page not delivered, the oldest 1 s ago"),
        ({"made_ms": NOW_MS - 20_000}, Mark.WARN, "the oldest 20 s ago"),
        ({"made_ms": NOW_MS - 300_000, "error": "no route"}, Mark.FAIL, "webhook says: no route"),
        ({"made_ms": NOW_MS, "gave_up": True}, Mark.FAIL, "1 page given up in the last day"),
        ({"made_ms": 0, "gave_up": True}, Mark.OK, "none waits"),
        ({"made_ms": 0, "done_ms": 1}, Mark.OK, "none waits"),
    ],
)
def test_pages_that_have_not_gone_out_are_told(store, row, mark, words):
    with store.writing() as connection:
        connection.execute(insert(tables.outbox).values(**PAGE, **row))
    result = checked(store, "pages", NOW_MS)
    assert (result.mark, words in result.text) == (mark, True)
