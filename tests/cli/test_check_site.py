"""What `menshen check` finds in the database: wardens, seals, refusals, pages."""

from contextlib import closing

import msgspec
import pytest
from sqlalchemy import delete, insert, update

from gateway.cli import check_site, check_spares
from gateway.cli.check_result import Mark
from gateway.core.doors.silence import liveness
from gateway.core.duration import DAY_MS
from gateway.core.model import Door
from gateway.core.paging.person import Person
from gateway.core.rules import Rulebook, Rules
from gateway.store import tables, views
from gateway.store.database import Store
from gateway.store.seal_tables import seal_readings
from tests.cli.conftest import SEAL
from tests.door_rows import insert_doors

NOW_MS = 1_900_000_000_000
BOOK = Rulebook(Rules(), {})
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


def heard(store, before_ms, heartbeat_ms=100_000):
    """The door's seal promised a heartbeat, and was last heard so long ago."""
    door = Door(
        "d1", seal_id="00112233445566aa", heard_ms=NOW_MS - before_ms, heartbeat_ms=heartbeat_ms
    )
    with store.writing() as connection:
        connection.execute(
            update(tables.doors)
            .where(tables.doors.c.door_id == "d1")
            .values(state=msgspec.json.encode(door))
        )


def ordered(store, *door_ids):
    """An order that runs now on each of these doors."""
    with store.writing() as connection:
        for door_id in door_ids:
            order = {"order_id": f"o-{door_id}", "household_id": door_id}
            times = {"from_ms": NOW_MS - DAY_MS, "to_ms": NOW_MS + DAY_MS}
            connection.execute(insert(tables.orders), order | times)


@pytest.mark.parametrize(
    ("before_ms", "heartbeat_ms", "words"),
    [
        (300_000, 600_000, "all heard"),
        (500_000, 100_000, "1 silent: 3-201"),
        (1_500_000, 600_000, "1 late: 3-201"),
        (99_000, 100_000, "all heard"),
        (10 * DAY_MS, None, "all heard"),
    ],
)
def test_f3_silent_is_what_the_core_and_the_pages_call_so(store, before_ms, heartbeat_ms, words):
    heard(store, before_ms, heartbeat_ms)
    with store.reading() as connection:
        (row,) = views.doors_of(connection, ["d1"])
    how = liveness(row.state, NOW_MS, BOOK.of(""))
    assert {"all heard": "live", "1 silent: 3-201": "lost", "1 late: 3-201": "late"}[words] == how
    assert words in checked(store, "seals", NOW_MS, BOOK).text


def test_h1_a_seal_under_an_order_that_is_not_heard_fails(store):
    heard(store, 500_000)
    assert checked(store, "seals", NOW_MS, BOOK).mark is Mark.WARN
    ordered(store, "d1")
    result = checked(store, "seals", NOW_MS, BOOK)
    assert result.mark is Mark.FAIL
    assert "1 of them under an order, not watched now; go and look" in result.text


def test_h1_a_site_of_nothing_fails(folder):
    with closing(Store.open(folder / "empty.db")) as empty:
        assert checked(empty, "doors", NOW_MS).mark is Mark.FAIL
        assert "no door is enrolled" in checked(empty, "doors", NOW_MS).text
        assert checked(empty, "staff").mark is Mark.FAIL


def test_h1_forty_doors_under_order_without_a_seal_fail(store):
    doors = [f"e{number}" for number in range(40)]
    with store.writing() as connection:
        for door_id in doors:
            row = {"door_id": door_id, "label": door_id, "grid_id": "g1"}
            insert_doors(connection, row)
    assert checked(store, "doors", NOW_MS).mark is Mark.WARN
    ordered(store, *doors)
    result = checked(store, "doors", NOW_MS)
    assert result.mark is Mark.FAIL
    assert "of 40 doors under an order, 40 without a seal, so nobody watches" in result.text


def test_h1_who_stands_above_the_wardens_is_missed(store):
    result = checked(store, "staff")
    assert result.mark is Mark.WARN
    assert "no captain and no centre" in result.text
    assert "no installer" in result.text


def test_h6_the_canarys_own_openings_are_no_refusals(store):
    rows = [
        {"hour_ms": NOW_MS, "reason": reason, "count": 6, "latest_ms": NOW_MS}
        for reason in ("no_order", "order_over", "duplicate")
    ]
    with store.writing() as connection:
        connection.execute(insert(tables.refusals), rows)
    assert checked(store, "refusals", NOW_MS).mark is Mark.OK


def test_a_spare_in_the_bag_is_a_number_and_one_that_works_unseen_is_a_fault(store):
    hour_ms = 3_600_000

    def spares():
        with store.reading() as connection:
            return check_spares.spares(connection, NOW_MS)

    def heard(seal_id, ms_ago):
        with store.writing() as connection:
            row = {"seal_id": seal_id, "heard_ms": NOW_MS - ms_ago}
            connection.execute(insert(seal_readings), row)

    bag = [f"{n:016x}" for n in range(4)]
    with store.writing() as connection:
        rows = [
            {"seal_id": one, "key": bytes(32), "enrolled_ms": NOW_MS, "follows": None}
            for one in bag
        ]
        rows[1]["enrolled_ms"] -= 100 * hour_ms
        rows[2]["enrolled_ms"] -= 100 * hour_ms
        rows[3]["follows"] = SEAL  # what the seal of d1 is to become
        connection.execute(insert(tables.seals), rows)
        connection.execute(
            insert(tables.orders),
            {"order_id": "o", "household_id": "d1", "from_ms": 0, "to_ms": NOW_MS + hour_ms},
        )
    heard(bag[0], 0)  # at the cable, a moment ago: flashed and heard
    heard(bag[1], 50 * hour_ms)  # two days ago, as it was tried
    assert (spares().mark, spares().facts) == (Mark.OK, {"spares": 3, "heard": []})
    assert checked(store, "refusals", NOW_MS).mark is Mark.OK
    heard(bag[2], 2 * hour_ms)
    found = spares()
    assert (found.mark, found.facts["heard"]) == (Mark.FAIL, [bag[2]])
    assert f"{bag[2]}; `menshen move SEAL DOOR`" in found.text
    with store.writing() as connection:
        connection.execute(delete(tables.orders))
    assert spares().mark is Mark.WARN


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
