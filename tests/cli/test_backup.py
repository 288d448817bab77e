"""`menshen backup` and `menshen restore`: a copy beside a running gateway, tried, kept in turn, put
back; and after that one case, and nothing believed that somebody recorded."""

import asyncio
import sqlite3
import time
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from gateway.accounts import audit, persons
from gateway.accounts.audit_status import DONE
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Role
from gateway.backup import rotation, tape
from gateway.backup.passing import work_folder
from gateway.backup.rotation import Copy
from gateway.core.reasons import Reason
from gateway.ending.copies import remove_stale
from gateway.photos.folder import PhotoFolder
from gateway.settings import load
from gateway.store import file_copy, marker, tables
from gateway.store.database import Store
from gateway.store.life import Memory
from gateway.store.one_gateway import alone
from gateway.web.audit_words import WORDS
from tests.engine.test_life import DOORS, Site, replay

SETTINGS = """
[site]
zone = "Asia/Shanghai"
[backup]
folder = "copies"
"""


@pytest.fixture
def site(folder: Path) -> Site:
    """A site with all that belongs to one."""
    (folder / "menshen.toml").write_text(SETTINGS)
    (folder / "environment").write_text("MENSHEN_BROKER_PASSWORD=secret\n")
    (folder / "broker").mkdir()
    (folder / "broker/passwd").write_text("seal:hash\n")
    (folder / "broker/spare-logins.json").write_text("{}")
    (folder / "menshen.db.site-key").write_text("key")
    made = Site(folder)
    PhotoFolder(made.path).put("case", "photo", b"jpeg")
    accounts = AccountsFile(made.path)
    accounts.create()
    accounts.close()
    return made


def copies(folder: Path) -> list[Path]:
    return [copy.path for copy in rotation.copies(folder / "copies")]


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["readable", "encrypted"])
async def test_a_copy_beside_a_running_gateway_comes_back_as_one_case(
    menshen, folder, site, is_encrypted
):
    words: list[object] = []
    if is_encrypted:
        answer = menshen("backup", "key", "key.txt")
        assert (answer.code, (folder / "key.txt").stat().st_mode & 0o777) == (0, 0o600)
        (folder / "menshen.toml").write_text(SETTINGS + answer.out.split("[backup]\n")[1])
        words = ["--identity", "key.txt"]
    async with site.alive() as (lives, engine, _):
        await site.hear(engine, *((seal, seal.heartbeat()) for seal in site.seals))
        answer = await asyncio.to_thread(menshen, "backup")  # it asks a gateway for its time
        assert answer.code == 0, answer.err
        site.recorded.clear()
        await site.days_work(engine)
        marker.write(marker.places(site.path), lives.marker())
        menshen_runs = menshen_refused_while(menshen, site, copies(folder)[0])
    assert "a gateway is running" in menshen_runs
    (copy,) = copies(folder)
    content = copy.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert content.startswith(tape.AGE) == is_encrypted
    assert (site.seals[0].key in content) != is_encrypted
    assert not list(folder.glob(".menshen-copy-*"))
    if is_encrypted:
        assert "is encrypted: name the file" in menshen("backup", "verify").err
    answer = menshen("backup", "verify", *words)
    assert (answer.code, f"{DOORS} doors, {DOORS} seals" in answer.out) == (0, True), answer.err

    for path in (site.path, folder / "menshen.db.site-key", folder / "broker/passwd"):
        path.unlink()
    PhotoFolder(site.path).destroy([path.name for path in PhotoFolder(site.path).path.iterdir()])
    (folder / "environment").write_text("CHANGED=1\n")
    answer = menshen("restore", copy, *words)
    assert answer.code == 0, answer.err
    assert f"{folder / 'environment'} differs" in answer.out
    assert (folder / "broker/passwd").read_text() == "seal:hash\n"
    assert (folder / "menshen.db.site-key").read_text() == "key"
    assert len(list(PhotoFolder(site.path).path.iterdir())) == 1
    async with site.alive() as (lives, engine, post):
        assert lives.memory is Memory.OLDER_COPY
        await site.hear(engine, *((seal, seal.heartbeat()) for seal in site.seals))
        assert len(post.receipts()) == DOORS
        assert site.cases() == [Reason.MEMORY_ENDS]  # and not one a door
        site.recorded[-DOORS:] = []
        assert await replay(site, engine, post) == 0


def test_two_who_copy_at_once_take_nothing_from_each_other(menshen, folder, site):
    """A second copy is refused with a sentence, trying one goes beside it, and the drill waits."""
    killed = folder / ".menshen-copy-make-killed"
    killed.mkdir()
    (killed / "menshen.db").write_bytes(b"left by a kill")
    assert menshen("backup").code == 0
    assert not killed.exists()
    (copy,) = copies(folder)
    report = folder.parent / "drill.json"
    with work_folder(site.path, 0, is_making=True) as work:
        (work / "menshen.db").write_bytes(b"half of it")
        refused = menshen("backup")
        assert (refused.code, refused.out) == (1, "")
        assert refused.err == (
            "menshen: a copy of this site is being made right now; wait until it is done\n"
        )
        assert menshen("backup", "verify").code == 0
        name = load(folder / "menshen.toml").site.name
        drill = menshen("destroy-site", "--report", report, "--name", name)
        assert (drill.code, "is being made right now" in drill.err) == (1, True)
        assert (work / "menshen.db").read_bytes() == b"half of it"
    assert copies(folder) == [copy]
    assert not list(folder.glob(".menshen-copy-*"))
    assert menshen("backup").code == 0


def menshen_refused_while(menshen, site, copy) -> str:
    """What `menshen restore` says while a gateway has the database."""
    with alone(site.path):
        answer = menshen("restore", copy)
    assert answer.code == 1
    return answer.err


def test_a_new_machine_gets_everything_from_the_copy(menshen, folder, site):
    assert menshen("backup").code == 0
    (copy,) = copies(folder)
    with tape.reading(copy, None) as stream:
        names = {file.name for file in tape.unpack(stream, folder / "unpacked").files}
    assert names == {
        "menshen.db",
        "accounts.db",
        "site-key",
        "settings/menshen.toml",
        "settings/environment",
        "broker/passwd",
        f"photos/{next(PhotoFolder(site.path).path.iterdir()).name}",
    }
    answer = menshen("restore", copy, "--config", folder / "new/menshen.toml")
    assert answer.code == 0, answer.err
    for name in ("menshen.toml", "environment", "menshen.db", "menshen-accounts.db"):
        assert (folder / "new" / name).stat().st_mode & 0o777 == 0o600
    answer = menshen("backup", "list", "--json", "--config", folder / "new/menshen.toml")
    assert answer.json == []


def test_what_was_there_is_never_destroyed_by_another_restore_or_by_a_kill_in_one(
    menshen, folder, site, monkeypatch
):
    """The second one overwrote what the first had set aside: the only whole database there was."""
    assert menshen("backup").code == 0
    (copy,) = copies(folder)
    with closing(Store.open(site.path)) as store, store.writing() as connection:
        connection.execute(update(tables.doors).values(label="since the copy"))
    as_ever = file_copy.unfinished

    def killed(to: Path) -> AbstractContextManager[Path]:
        if to == site.path:
            raise KeyboardInterrupt  # when the one that was there is set aside
        return as_ever(to)

    with monkeypatch.context() as patch:
        patch.setattr(file_copy, "unfinished", killed)
        assert menshen("restore", copy).code == 130
    assert not site.path.exists()
    for aside in ("menshen-accounts.db.before-restore-2 is", "menshen.db.before-restore-2 is"):
        answer = menshen("restore", copy)
        assert (answer.code, aside in answer.out) == (0, True), answer.err
    with closing(sqlite3.connect(folder / "menshen.db.before-restore")) as first:
        assert {row[0] for row in first.execute("SELECT label FROM doors")} == {"since the copy"}
    assert len(list(folder.glob("menshen-accounts.db.before-restore*"))) == 3
    for number in range(3, 10):
        (folder / f"menshen.db.before-restore-{number}").touch()
    answer = menshen("restore", copy)
    assert (answer.code, "take away those that nobody needs" in answer.err) == (1, True)
    assert site.path.is_file()


def test_a_copy_and_its_return_stand_in_the_audit(menshen, folder, site):
    with closing(AccountsFile(site.path)) as accounts, accounts.store().writing() as connection:
        persons.add(connection, "chen", [Role.ADMINISTRATOR], 0)
    assert menshen("backup").code == 0
    (copy,) = copies(folder)
    assert menshen("restore", copy, "--why", "a broken card").code == 0
    with closing(AccountsFile(site.path)) as accounts, accounts.store().reading() as connection:
        notes = [entry.note for entry in audit.read(connection, 100)]
    restored = ("menshen restore", f"file {copy.name}", "a broken card", DONE)
    assert [(one.what, one.about, one.why, one.status) for one in notes] == [restored]
    assert set(WORDS) >= {"menshen backup", "menshen restore"}


def test_what_is_damaged_foreign_or_newer_touches_nothing(menshen, folder, site):
    assert menshen("backup").code == 0
    (copy,) = copies(folder)
    whole, before = copy.read_bytes(), site.path.read_bytes()
    for n, broken in enumerate(
        (whole[: len(whole) // 2], whole[:-12_000], b"", b"\x00" * 5000, flipped(whole, site))
    ):
        bad = folder / f"bad-{n}.tar"
        bad.write_bytes(broken)
        answer = menshen("restore", bad)
        assert (answer.code, "cannot be restored" in answer.err) == (1, True), (n, answer)
    for names in (["photos/" + "n" * 120 + "\0"], ["photos/twice", "photos/twice"]):
        with (folder / "bad.tar").open("wb") as file:
            writer = tape.TapeWriter(file)
            for name in names:
                writer.add(name, folder / "environment")
            writer.finish(tape.Manifest(tape.FORMAT, "0.1.0", "s", 1, 1, 1))
        answer = menshen("restore", folder / "bad.tar")
        assert (answer.code, "no copy of ours has" in answer.err) == (1, True), answer.err
    other = Store.open(site.path)
    with other.writing() as connection:
        connection.execute(update(tables.site).values(site_id="another"))
    other.close()
    if rows_of_site(site):
        assert "the copy is of site" in menshen("restore", copy).err
    assert not list(folder.glob("*.before-restore"))
    assert site.path.read_bytes()[:100] == before[:100]


def flipped(whole: bytes, site: Site) -> bytes:
    """One bit of a key, somewhere in the database."""
    at = whole.index(site.seals[3].key)
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def rows_of_site(site: Site) -> list[dict[str, object]]:
    return site.rows(tables.site)


def test_a_disk_that_is_full_leaves_no_half_of_a_copy(menshen, folder, site, monkeypatch):
    assert menshen("backup").code == 0
    (first,) = copies(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tape.TapeWriter, "finish", full)
    answer = menshen("backup")
    assert (answer.code, "No space left" in answer.err) == (1, True)
    assert list((folder / "copies").iterdir()) == [first]


def test_a_copy_leaves_the_gateway_room_to_work(menshen, folder, site, monkeypatch):
    assert menshen("backup").code == 0
    (copy,) = copies(folder)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=260 * 1024 * 1024))
    site.path.write_bytes(site.path.read_bytes() + bytes(8 * 1024 * 1024))
    for words in (["backup"], ["restore", copy]):
        if words[0] == "restore":
            monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10_000))
        answer = menshen(*words)
        assert (answer.code, "Make room first" in answer.err) == (1, True)
    assert copies(folder) == [copy]


def test_of_each_day_and_of_each_week_one_is_kept():
    start = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)
    there: set[Copy] = set()
    for day in range(400):
        for hour in (0, 6):
            made = start + timedelta(days=day, hours=hour)
            there.add(Copy(made, Path(f"{made:%s}")))
            now_ms = int(made.timestamp()) * 1000
            there -= set(rotation.to_remove(there, daily=7, weekly=5, now_ms=now_ms))
    ages = sorted((made - copy.made).days for copy in there)
    assert ages[:7] == list(range(7))
    assert len({f"{copy.made:%G-%V}" for copy in there}) == 5
    assert len(there) <= 7 + 5
    assert rotation.to_remove(there, 7, 5, now_ms) == []


def test_what_a_clock_named_that_was_ahead_takes_no_true_copys_place(menshen, folder, site):
    """Nor does it hide that nobody has made one for long, nor outlive what was destroyed."""
    there = folder / "copies"
    assert menshen("backup", "--json").code == 0
    (made,) = copies(folder)
    ahead, old = there / "menshen-20990101T000000Z.tar", there / "menshen-20200101T000000Z.tar"
    for path in (ahead, old):
        path.write_bytes(made.read_bytes())
    now_ms = time.time_ns() // 1_000_000
    assert rotation.to_remove(rotation.copies(there), 1, 1, now_ms) == [
        Copy(datetime(2020, 1, 1, tzinfo=UTC), old)
    ]
    (line,) = [one for one in menshen("check", "--json").json if one["part"] == "copies"]
    assert (line["mark"], line["facts"]["newest"]) == ("warn", str(made))
    assert "2099" in line["text"]
    assert remove_stale(there, now_ms - 3_600_000, now_ms) == 2
    assert list(there.glob("*.tar")) == [made]
    ahead.write_bytes(made.read_bytes())
    assert remove_stale(there, now_ms + 1, now_ms + 1) == 0, "none is known to be newer"
