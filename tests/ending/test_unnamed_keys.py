"""Keys that no row names: of a killed program, or of orders that a copy put back does not know.
They go in their time, and none goes that anything could still name."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway.core.duration import DAY_MS
from gateway.core.model import Doubt
from gateway.ending import unnamed_keys
from gateway.keys import unnamed
from gateway.keys.unreadable import KeyState
from gateway.store import states
from gateway.store.database import Store
from gateway.store.key_tables import order_keys
from gateway.store.order_keys import OrderKeys

NOW_MS = 2_000_000_000_000
KEPT_MS = 14 * DAY_MS


@pytest.fixture
def store(tmp_path: Path):
    made = Store.open(tmp_path / "menshen.db")
    yield made
    made.close()


def named(store: Store, household_id: str) -> str:
    """A key that has its row."""
    with store.writing() as connection:
        keys = OrderKeys(connection, 0)
        keys.provide([household_id])
        return keys.key_id(household_id)


def look(store: Store, days: float) -> int:
    return unnamed_keys.destroy(store, KEPT_MS, NOW_MS + int(days * DAY_MS))


def test_a_key_of_a_killed_program_goes_after_its_time_and_those_in_use_stay(store: Store) -> None:
    used, left = named(store, "h"), store.keys.make_many(3)
    assert look(store, 0) == look(store, 13.9) == 0
    later = store.keys.make()  # of a program that is about to write its rows
    assert look(store, 14) == 3
    assert {store.keys.state(key_id) for key_id in left} == {KeyState.DESTROYED}
    assert store.keys.key_ids() == {used, later}
    assert unnamed.since(store.keys.folder).keys() == {later}
    assert look(store, 400) == 1
    assert store.keys.key_ids() == {used}


def test_what_a_newer_copy_names_again_in_time_is_kept_and_its_time_begins_anew(
    store: Store,
) -> None:
    key_id = named(store, "h")
    with store.reading() as connection:
        (row,) = [dict(r._mapping) for r in connection.execute(order_keys.select())]
    with store.writing() as connection:
        connection.execute(delete(order_keys))  # as an older copy has it
    assert look(store, 0) == look(store, 10) == 0
    with store.writing() as connection:
        connection.execute(order_keys.insert(), row)  # as the newer one had it
    assert look(store, 20) == 0
    with store.writing() as connection:
        connection.execute(delete(order_keys))
    assert look(store, 21) == look(store, 34) == 0
    assert store.keys.state(key_id) is KeyState.HERE
    assert look(store, 35) == 1


def test_in_doubt_and_by_a_clock_that_was_ahead_nothing_goes_early(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = store.keys.make()
    with monkeypatch.context() as patch:
        patch.setattr(states, "doubt", lambda _: Doubt(behind_ms=1))
        assert look(store, 0) == look(store, 99) == 0
    assert unnamed.since(store.keys.folder) == {}
    assert look(store, 900) == 0  # years ahead, and believed
    assert look(store, 0) == look(store, 13) == 0  # put right: it is noted by the true time
    assert store.keys.state(key_id) is KeyState.HERE
    assert look(store, 14) == 1
