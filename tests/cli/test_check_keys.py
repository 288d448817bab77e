"""What `menshen check` says of keys: here, elsewhere, owed; and of ids that say what labels say."""

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.cli import check_keys
from gateway.cli.check_result import Mark
from gateway.keys.ring import KeyRing
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import NewDoor
from gateway.store import sealing_up, views
from gateway.store.database import Store, StoreError
from gateway.store.key_watch import KeyWatch

SHARED = Path("/dev/shm")


def said(store, second=None):
    return {one.part: one for one in check_keys.parts(store, second)}


def test_keys_on_one_drive_are_warned_of_and_a_second_drive_is_well(store):
    KeyWatch(store, None).begin()
    found = said(store)
    assert found["keys"].mark is Mark.OK
    assert "3 keys" in found["keys"].text  # two doors', and the site's own
    assert found["key copy"].mark is Mark.WARN
    beside = store.path.parent / "second"
    KeyWatch(store, beside).begin()
    assert "same drive" in said(store, beside)["key copy"].text
    with tempfile.TemporaryDirectory(dir=SHARED) as drive:
        second = Path(drive) / "keys"
        assert "not in use yet" in said(store, second)["key copy"].text
        KeyWatch(store, second).begin()
        assert said(store, second)["key copy"].mark is Mark.OK
        assert len(list(second.glob("*.key"))) == 3
        shutil.move(second, Path(drive) / "away")
        assert said(store, second)["key copy"].mark is Mark.WARN
        store.keys.destroy(min(store.keys.key_ids()))
        owed = said(store, second)["key copy"]
        assert (owed.mark, owed.facts["owed"]) == (Mark.FAIL, 1)


def test_a_missing_folder_and_a_lost_key_fail(store):
    place = min(store.keys.folder.glob("*.key"))
    place.unlink()
    lost = said(store)["keys"]
    assert (lost.mark, lost.facts["lost"]) == (Mark.FAIL, 1)
    shutil.rmtree(store.keys.folder)
    assert said(store)["keys"].mark is Mark.FAIL


def test_a_folder_that_takes_no_key_is_said_in_a_sentence(store):
    shutil.rmtree(store.keys.folder)
    store.keys.folder.write_text("a file in its place")

    def take(connection):
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, None)
        enrolment.take(NewDoor("d9", "9-901", "g1"))
        return enrolment

    with pytest.raises(StoreError, match="takes no new key"):
        enrol(store, take)
    with store.reading() as connection:
        assert {row.door_id for row in views.doors(connection, 9)} == {"d1", "d2"}  # nothing of it


def test_a_site_put_back_without_keys_is_given_new_ones_at_its_start(store):
    shutil.rmtree(store.keys.folder)
    anew = Store(store.path)
    KeyWatch(anew, None).begin()
    assert len(KeyRing.beside(store.path).key_ids()) == 3
    anew.close()


def test_what_an_older_release_wrote_is_told_until_it_is_sealed(store):
    assert "sealed" not in said(store), "it was sealed as it came"
    with store.writing() as connection:
        connection.execute(text("DELETE FROM states"))
        connection.execute(text("UPDATE doors SET label = '3-201'"))
    assert "not begun" in said(store)["sealed"].text
    KeyWatch(store, None).begin()
    while sealing_up.step(store):
        pass
    assert "sealed" not in said(store)


def test_an_id_that_says_what_the_label_says_is_warned_of(store):
    assert "door ids" not in said(store)
    with store.writing() as connection:
        enrolment = Enrolment(connection, time.time_ns() // 1_000_000, None)
        enrolment.take(NewDoor("b3-0201", "3栋0201", "g1"))
        enrolment.write()
    told = said(store)["door ids"]
    assert (told.mark, told.facts) == (Mark.WARN, {"doors": 1})
    assert "b3-0201" in told.text
