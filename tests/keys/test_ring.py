"""Keys: here, destroyed or lost, and never half; and what they sealed."""

import contextlib
import os
import random
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keys import at_hand, key_file, key_folder, ring, unreadable
from gateway.keys.keeping import keep
from gateway.keys.ring import KeyRing, KeyRingError
from gateway.keys.sealed_text import OrderKey, TamperedError, key_of
from gateway.keys.unreadable import KeyState

LABEL = "1栋1单元501"
KEY = OrderKey("0123456789abcdef", bytes(range(64)))


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def test_what_is_sealed_is_revealed_and_says_nothing(keys: KeyRing) -> None:
    key_id = keys.make()
    sealed = keys.seal(key_id, LABEL)
    assert key_of(sealed) == key_id
    assert LABEL not in sealed
    assert sealed.isascii()
    assert keys.reveal(sealed) == LABEL
    assert KeyRing(keys.folder).reveal(sealed) == LABEL  # another process


def test_the_same_said_twice_is_one_and_under_another_key_it_is_not(keys: KeyRing) -> None:
    one, other = keys.make(), keys.make()
    assert keys.seal(one, LABEL) == keys.seal(one, LABEL)
    assert keys.seal(one, LABEL).rpartition(".")[2] != keys.seal(other, LABEL).rpartition(".")[2]


@given(st.text(st.characters(codec=None)))
def test_any_text_comes_back(text: str) -> None:
    sealed = KEY.seal(text)
    assert (KEY.reveal(sealed) if sealed else "") == text


@given(st.text(min_size=1), st.randoms(use_true_random=False))
def test_changed_text_raises(text: str, random: random.Random) -> None:
    sealed = KEY.seal(text)
    head, _, body = sealed.rpartition(".")
    at = random.randrange(len(body) - 1)  # the last sign has bits that stand for nothing
    other = random.choice([sign for sign in "ABCxyz019-_" if sign != body[at]])
    with pytest.raises(TamperedError):
        KEY.reveal(f"{head}.{body[:at]}{other}{body[at + 1 :]}")


def test_a_changed_text_raises_and_costs_a_list_only_its_own_cell(
    keys: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = keys.seal(keys.make(), LABEL)
    changed = sealed[:25] + ("A" if sealed[25] != "A" else "B") + sealed[26:]
    with pytest.raises(TamperedError):
        keys.reveal(changed)
    assert [keys.shown(changed), keys.shown(changed)] == ["(damaged)"] * 2
    assert len(caplog.records) == 1
    assert LABEL not in caplog.text


def test_what_is_not_sealed_passes(keys: KeyRing) -> None:
    for text in ("", LABEL, "~1.", "~1.not a key.AAAA", "~1.0123456789abcdef.short"):
        assert keys.reveal(text) == text


def test_who_types_what_looks_sealed_gets_it_back_as_typed(keys: KeyRing) -> None:
    neighbour = keys.seal(keys.make(), LABEL)
    assert keys.reveal(keys.seal(keys.make(), neighbour)) == neighbour


def test_destroyed_is_told_from_lost_in_the_language_of_who_reads(keys: KeyRing) -> None:
    gone, lost = keys.make(), keys.make()
    texts = [keys.seal(gone, LABEL), keys.seal(lost, LABEL)]
    assert keys.destroy(gone)
    (keys.folder / f"{lost}.key").unlink()
    again = KeyRing(keys.folder)
    assert [again.state(gone), again.state(lost)] == [KeyState.DESTROYED, KeyState.LOST]
    assert [again.reveal(text) for text in texts] == ["(destroyed)", "(its key is not here)"]
    token = unreadable.READER.set("zh")
    try:
        assert [again.reveal(text) for text in texts] == ["（已销毁）", "（密钥不在这里）"]
    finally:
        unreadable.READER.reset(token)
    with pytest.raises(KeyRingError):
        again.seal(gone, LABEL)


def test_another_process_forgets_what_is_destroyed(keys: KeyRing) -> None:
    key_id = keys.make()
    sealed = keys.seal(key_id, LABEL)
    console = KeyRing(keys.folder)
    assert console.reveal(sealed) == LABEL
    keys.destroy(key_id)
    deadline = time.monotonic() + 5 * ring.LOOK_S
    while console.reveal(sealed) == LABEL:
        assert time.monotonic() < deadline
    assert console.reveal(sealed) == "(destroyed)"


def test_nothing_stays_at_hand_of_a_key_destroyed_while_it_is_read(keys: KeyRing) -> None:
    sealed = [keys.seal(keys.make(), LABEL) for _ in range(12)]
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            for text in sealed:
                keys.reveal(text)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for text in sealed:
        keys.destroy(key_of(text) or "")
        assert keys.reveal(text) == "(destroyed)"
    stop.set()
    for reader in readers:
        reader.join()
    assert {keys.reveal(text) for text in sealed} == {"(destroyed)"}


def test_only_its_owner_reads_a_key(keys: KeyRing) -> None:
    key_id = keys.make()
    assert stat.S_IMODE((keys.folder / f"{key_id}.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_a_damaged_key_is_lost_and_no_other_one(keys: KeyRing) -> None:
    key_id = keys.make()
    sealed = keys.seal(key_id, LABEL)
    file = keys.folder / f"{key_id}.key"
    content = bytearray(file.read_bytes())
    content[20] ^= 1
    file.write_bytes(content)
    assert KeyRing(keys.folder).reveal(sealed) == "(its key is not here)"


def test_spares_that_nobody_took_are_gone(keys: KeyRing) -> None:
    with keys.spares(5):
        taken = [keys.make(), keys.make()]
    assert keys.key_ids() == set(taken)
    assert keys.destroyed_ids() == set()  # nothing was sealed with the others


def test_photos_are_sealed_for_their_place(keys: KeyRing) -> None:
    key_id = keys.make()
    sealed = keys.seal_bytes(key_id, b"\xff\xd8photo", "a.jpg")
    assert b"photo" not in sealed
    assert keys.reveal_bytes(sealed, "a.jpg") == b"\xff\xd8photo"
    assert keys.reveal_bytes(b"\xff\xd8old", "a.jpg") == b"\xff\xd8old"
    with pytest.raises(TamperedError):
        keys.reveal_bytes(sealed, "b.jpg")
    keys.destroy(key_id)
    assert keys.reveal_bytes(sealed, "a.jpg") is None


def test_the_second_folder_has_them_all_and_gives_them_back(tmp_path: Path) -> None:
    keys, second = KeyRing(tmp_path / "keys"), tmp_path / "usb" / "menshen"
    before = keys.make()
    keys.use_copy(second)
    after = keys.make()
    assert keep(keys, time.time()).copied == 1
    assert {place.stem for place in second.glob("*.key")} == {before, after}
    sealed = keys.seal(before, LABEL)
    (keys.folder / f"{before}.key").unlink()
    assert KeyRing(keys.folder).reveal(sealed) == LABEL
    assert keep(keys, time.time()).copied == 1
    assert (keys.folder / f"{before}.key").exists()


def test_what_is_destroyed_while_the_second_folder_is_away_stays_owed(tmp_path: Path) -> None:
    keys, second, shelf = KeyRing(tmp_path / "keys"), tmp_path / "usb", tmp_path / "shelf"
    keys.use_copy(second)
    key_id = keys.make()
    sealed = keys.seal(key_id, LABEL)
    second.rename(shelf)
    assert not keys.destroy(key_id)
    assert keys.reveal(sealed) == "(destroyed)"
    assert keep(keys, time.time()).owed == 1
    assert keys.owed_ids() == {key_id}
    second.mkdir()  # a mount point without its drive is no second folder
    assert keep(keys, time.time()).owed == 1
    assert not list(second.iterdir())
    second.rmdir()
    shelf.rename(second)
    assert keep(keys, time.time()).owed == 0
    assert not list(tmp_path.rglob(f"{key_id}.key"))
    assert KeyRing(keys.folder).state(key_id) is KeyState.DESTROYED


def test_an_old_card_put_back_brings_no_destroyed_key_back(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path / "keys")
    keys.use_copy(tmp_path / "usb")
    key_id = keys.make()
    old = (keys.folder / f"{key_id}.key").read_bytes()
    keys.destroy(key_id)
    (keys.folder / key_folder.GONE / key_id).unlink()
    (keys.folder / f"{key_id}.key").write_bytes(old)
    assert KeyRing(keys.folder).state(key_id) is KeyState.DESTROYED
    keep(keys, time.time())
    assert not list(tmp_path.rglob(f"{key_id}.key"))


def test_a_half_written_key_is_swept(keys: KeyRing) -> None:
    keys.make()
    half = keys.folder / f".0123456789abcdef.key.77{key_file.UNFINISHED}"
    half.write_bytes(b"MSKEY1\nabc")
    keep(keys, time.time())
    assert half.exists()  # somebody may be writing it
    keep(keys, time.time() + 7_200)
    assert not half.exists()


def test_a_folder_that_takes_nothing_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file in its place")
    with pytest.raises(KeyRingError, match="takes no new key"):
        KeyRing(tmp_path / "keys").make()


def test_no_name_from_outside_leads_out_of_the_folder(keys: KeyRing) -> None:
    for name in ("../menshen", "", "0123456789ABCDEF", "x" * 16):
        with pytest.raises(KeyRingError):
            keys.destroy(name)


def test_what_is_kept_at_hand_has_a_limit(keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "TEXTS_MAX", 10)
    monkeypatch.setattr(at_hand, "KEYS_MAX", 3)
    sealed = [keys.seal(keys.make(), f"3-{number}") for number in range(40)]
    for _ in range(2):
        assert [keys.reveal(text) for text in sealed] == [f"3-{number}" for number in range(40)]
    assert len(keys.at_hand) <= 2 * 10
    assert len(vars(vars(keys)["_kept"])["_keys"]) <= 3


def test_a_second_folder_that_is_given_up_is_named_for_its_keys_lie_there(
    keys: KeyRing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys.use_copy(tmp_path / "drive")
    keys.make()
    keys.use_copy(tmp_path / "drive")
    assert caplog.text == ""
    keys.use_copy(None)
    assert f"keys of this site lie in {tmp_path / 'drive'} still" in caplog.text


@pytest.mark.parametrize("spoilt", ["a file", "a link to nowhere", "no folder of marks"])
def test_a_folder_that_is_none_is_said_in_a_sentence_and_costs_no_list(
    keys: KeyRing, spoilt: str, tmp_path: Path
) -> None:
    sealed = keys.seal(keys.make(), LABEL)
    if spoilt == "no folder of marks":
        (keys.folder / key_folder.GONE).rmdir()
        (keys.folder / key_folder.GONE).write_text("no folder")
    else:
        keys.folder.rename(tmp_path / "elsewhere")
    if spoilt == "a file":
        keys.folder.write_text("no folder")
    if spoilt == "a link to nowhere":
        keys.folder.symlink_to(tmp_path / "nowhere")
    fresh = KeyRing(keys.folder)
    assert fresh.shown(sealed) in (LABEL, "(its key is not here)")
    for asked in (fresh.key_ids, fresh.destroyed_ids, fresh.owed_ids):
        with contextlib.suppress(KeyRingError):
            asked()
    with pytest.raises(KeyRingError, match=str(keys.folder)):
        fresh.make()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_keys_of_another_owner_are_told_so_and_not_as_lost(
    keys: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    """As somebody who may see the folder and not the files, then not the folder either."""
    key_id = keys.make()
    sealed = keys.seal(key_id, LABEL)
    readers = [keys.folder, *keys.folder.parents]
    modes = [(folder, stat.S_IMODE(folder.stat().st_mode)) for folder in readers]
    for folder, mode in modes:
        folder.chmod(mode | 0o055)
    (keys.folder / key_folder.GONE).chmod(0o755)
    os.seteuid(65_534)
    try:
        assert KeyRing(keys.folder).shown(sealed) == "(its key is not here)"
        assert f"{key_id}.key cannot be read: Permission denied; check its owner" in caplog.text
        os.seteuid(0)
        keys.folder.chmod(0o700)
        os.seteuid(65_534)
        fresh = KeyRing(keys.folder)
        assert fresh.shown(sealed) == "(its key is not here)"
        assert f"the folder of keys {keys.folder} cannot be read" in caplog.text
        for asked in (fresh.key_ids, fresh.destroyed_ids, fresh.owed_ids):
            with pytest.raises(KeyRingError, match="cannot be read"):
                asked()
        with pytest.raises(KeyRingError, match="cannot be read"):
            fresh.state(key_id)
    finally:
        os.seteuid(0)
        for folder, mode in modes:
            folder.chmod(mode)
