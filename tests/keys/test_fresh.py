"""Keys that a killed program left unused are destroyed, and never one that anything needs."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway.keys import fresh, key_file
from gateway.keys.unreadable import KeyState
from gateway.store.database import Store
from gateway.store.fresh_keys import ORPHAN_S, FreshKeys
from gateway.store.key_tables import order_keys
from gateway.store.order_keys import OrderKeys
from tests.keys.dying_disk import DyingDisk, Killed


@pytest.fixture
def store(tmp_path: Path):
    made = Store.open(tmp_path / "menshen.db")
    yield made
    made.close()


def used(store: Store, household_id: str) -> str:
    """A key that has its row, and sealed something that is stored."""
    with store.writing() as connection:
        keys = OrderKeys(connection, 0)
        keys.provide([household_id])
        key_id = keys.key_id(household_id)
        sealed = keys.seal(household_id, "1栋1单元501")
        connection.exec_driver_sql("INSERT INTO grids VALUES (?, ?, NULL)", (household_id, sealed))
    return key_id


def test_what_no_row_names_within_an_hour_goes_and_what_is_in_use_stays(store: Store) -> None:
    needed, unused = used(store, "h"), store.keys.make_many(3)
    looks = FreshKeys(store)
    assert looks.look(10.0) == looks.look(10.0 + ORPHAN_S - 1) == 0
    later = store.keys.make()  # somebody's, just now
    assert looks.look(10.0 + ORPHAN_S) == 3
    assert store.keys.key_ids() == {needed, later}
    assert not [place for key_id in unused for place in store.keys.folder.rglob(f"{key_id}*")]
    assert list(fresh.notes(store.keys.folder).values()) == [[later]]
    with store.writing() as connection:
        assert OrderKeys(connection, 0).key_id("h") == needed


def test_a_program_killed_at_any_call_to_the_disk_leaves_none_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed, deaths = used(store, "h"), 0
    while True:
        with monkeypatch.context() as patch:
            patch.setattr(key_file, "os", DyingDisk(deaths))
            try:
                store.keys.make_many(2)
                break
            except Killed:
                deaths += 1
    assert deaths > 8
    looks = FreshKeys(store)
    looks.look(0.0)
    looks.look(ORPHAN_S)
    assert store.keys.key_ids() == {needed}


@pytest.mark.parametrize("place", ["menshen.db", "menshen.db.before-restore"])
def test_a_key_whose_row_an_older_copy_lost_stays_as_long_as_anything_needs_it(
    store: Store, place: str
) -> None:
    needed = used(store, "h")
    aside = store.path.with_name(place)
    store.cut_log()
    if place != "menshen.db":
        shutil.copy(store.path, aside)
        with store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM grids")
    with store.writing() as connection:
        connection.execute(delete(order_keys))
    store.cut_log()
    looks = FreshKeys(store)
    looks.look(0.0)
    assert looks.look(ORPHAN_S) == 0
    assert store.keys.state(needed) is KeyState.HERE
    assert looks.look(3 * ORPHAN_S) == 0, "nor ever after"


def test_while_the_second_drive_is_away_none_is_destroyed_here_alone(
    store: Store, tmp_path: Path
) -> None:
    second = tmp_path / "drive" / "keys"
    store.keys.use_copy(second)
    unused = store.keys.make()
    looks, away = FreshKeys(store), tmp_path / "pulled"
    second.parent.rename(away)
    looks.look(0.0)
    assert looks.look(ORPHAN_S) == 0
    assert store.keys.state(unused) is KeyState.HERE
    away.rename(second.parent)
    assert looks.look(ORPHAN_S) == 1
    assert not list(tmp_path.rglob(f"{unused}*"))
