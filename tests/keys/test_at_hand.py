"""What was revealed stays in memory within limits; with a key goes what is its own, and no more."""

import time
from pathlib import Path

import pytest

from gateway.keys import at_hand, ring
from gateway.keys.at_hand import AtHand
from gateway.keys.ring import KeyRing
from gateway.keys.sealed_text import OrderKey

ONE, OTHER = (OrderKey(sign * 16, bytes([number] * 64)) for number, sign in enumerate("ab"))


def test_a_key_that_is_destroyed_takes_its_own_along_and_nothing_else(tmp_path: Path) -> None:
    """At a large site an order is destroyed every few seconds: if all went each time, every list
    would read every key from its file again."""
    keys = KeyRing(tmp_path / "keys")
    console, ids = KeyRing(keys.folder), [keys.make() for _ in range(3)]
    sealed = [keys.seal(key_id, f"3-20{number}") for number, key_id in enumerate(ids)]
    for one in (keys, console):
        assert [one.reveal(text) for text in sealed] == ["3-200", "3-201", "3-202"]
    keys.destroy(ids[1])
    assert keys.at_hand.keys() == {sealed[0], sealed[2], sealed[0].encode(), sealed[2].encode()}
    deadline = time.monotonic() + 5 * ring.LOOK_S
    while sealed[1] in console.at_hand:  # another process
        console.look()
        assert time.monotonic() < deadline
    assert console.at_hand.keys() == keys.at_hand.keys()
    assert [console.reveal(text) for text in sealed] == ["3-200", "(destroyed)", "3-202"]


def test_nothing_is_kept_of_a_key_that_went_meanwhile() -> None:
    kept = AtHand()
    for key in (ONE, OTHER):
        kept.keep_key(key)
    kept.drop([ONE.key_id])
    kept.keep(ONE, ONE.seal("3-201"), "3-201")
    kept.keep(OTHER, sealed := OTHER.seal("3-201"), "3-201")
    kept.keep_key(again := OrderKey(OTHER.key_id, bytes(64)))
    kept.keep(OTHER, "~1.", "another that is no more")
    assert kept.texts == {sealed: "3-201", sealed.encode(): "3-201"}
    assert (kept.key(ONE.key_id), kept.key(OTHER.key_id)) == (None, again)
    kept.drop_all()
    assert (kept.texts, kept.key(OTHER.key_id)) == ({}, None)


def test_where_there_is_no_room_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "TEXTS_MAX", 8)
    monkeypatch.setattr(at_hand, "KEYS_MAX", 4)
    kept = AtHand()
    keys = [OrderKey(f"{number:016x}", bytes(64)) for number in range(50)]
    for number, key in enumerate(keys):
        kept.keep_key(key)
        kept.keep(key, key.seal(f"3-{number}"), f"3-{number}")
        assert len(kept.texts) <= 16
        assert f"3-{number}" in kept.texts.values()
    at_hand_now = [key for key in keys if kept.key(key.key_id) is not None]
    assert 1 <= len(at_hand_now) <= 4
    assert keys[-1] in at_hand_now
