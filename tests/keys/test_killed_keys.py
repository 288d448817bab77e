"""A process that dies at any call to the disk: each key is there or not, and never half."""

import os
import time
from pathlib import Path

import pytest

from gateway.keys import key_file
from gateway.keys.keeping import keep
from gateway.keys.ring import KeyRing
from gateway.keys.unreadable import KeyState
from tests.keys.dying_disk import DyingDisk, Killed

LABEL = "1栋1单元501"


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.mark.parametrize("with_copy", [False, True])
def test_killed_at_any_call_to_the_disk_a_new_key_is_there_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_copy: bool
) -> None:
    def act(keys: KeyRing) -> None:
        keys.make()

    def check(keys: KeyRing, before: set[str]) -> None:
        for key_id in keys.key_ids():
            assert keys.state(key_id) is KeyState.HERE
            assert keys.reveal(keys.seal(key_id, LABEL)) == LABEL
        assert before <= keys.key_ids()

    _die_at_every_call(tmp_path, monkeypatch, with_copy, act, check)


@pytest.mark.parametrize("with_copy", [False, True])
def test_killed_at_any_call_to_the_disk_of_many_keys_each_is_there_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_copy: bool
) -> None:
    """Many are synced at once: none stands under its name before all are on the disk."""
    monkeypatch.setattr(key_file, "MANY", 2)

    def act(keys: KeyRing) -> None:
        with keys.spares(2):
            used.add(keys.make())  # and the others go, unused

    def check(keys: KeyRing, before: set[str]) -> None:
        for key_id in keys.key_ids():
            assert keys.state(key_id) is KeyState.HERE
            assert keys.reveal(keys.seal(key_id, LABEL)) == LABEL
        assert before | used <= keys.key_ids(), "whoever has a key has it on the disk"
        used.clear()

    used: set[str] = set()
    _die_at_every_call(tmp_path, monkeypatch, with_copy, act, check)


def test_many_keys_are_a_few_syncs(keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made and taken away unused; where nothing syncs them at once, each is synced by itself."""
    disk = DyingDisk(None)
    monkeypatch.setattr(key_file, "os", disk)
    monkeypatch.setattr(key_file.whole_disk, "syncfs", disk.syncfs)
    with keys.spares(200):
        assert len(keys.key_ids()) == 200
    assert disk.syncs <= 5  # two of them of the folders, which are new
    assert keys.key_ids() == set()
    disk.syncs = 0
    monkeypatch.setattr(key_file.whole_disk, "syncfs", lambda: None)
    made = keys.make_many(20)
    assert disk.syncs > 20
    assert keys.key_ids() == set(made)


@pytest.mark.parametrize("with_copy", [False, True])
def test_killed_at_any_call_to_the_disk_a_key_is_here_or_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_copy: bool
) -> None:
    def act(keys: KeyRing) -> None:
        keys.destroy(min(keys.key_ids()))

    def check(keys: KeyRing, before: set[str]) -> None:
        doomed = min(before)
        assert keys.state(doomed) in (KeyState.HERE, KeyState.DESTROYED)
        assert all(keys.state(other) is KeyState.HERE for other in before - {doomed})
        keep(keys, time.time())
        keys.destroy(doomed)
        assert keys.state(doomed) is KeyState.DESTROYED
        assert not keys.owed_ids()
        assert not list(tmp_path.rglob(f"{doomed}*.key"))

    _die_at_every_call(tmp_path, monkeypatch, with_copy, act, check)


def _die_at_every_call(tmp_path, monkeypatch, with_copy, act, check):  # type: ignore[no-untyped-def]
    dies_at = 0
    while True:
        keys = KeyRing(tmp_path / str(dies_at) / "keys")
        if with_copy:
            keys.use_copy(tmp_path / str(dies_at) / "second")
        before = {keys.make(), keys.make()}
        disk = DyingDisk(dies_at)
        monkeypatch.setattr(key_file, "os", disk)
        monkeypatch.setattr(key_file.whole_disk, "syncfs", disk.syncfs)
        is_dead = False
        try:
            act(keys)
        except Killed:
            is_dead = True
        monkeypatch.setattr(key_file, "os", os)
        check(KeyRing(keys.folder), before)
        if not is_dead:
            assert dies_at >= 6  # it was no empty round
            return
        dies_at += 1
