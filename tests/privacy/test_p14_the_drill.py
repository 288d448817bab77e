"""The drill: everything of a deployment is destroyed, and killed anywhere it goes on to zero.

The seed of the kills is printed; MENSHEN_SEED lives through them again. `KILLS` says how many."""

import os
import random
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.accounts import file as accounts
from gateway.accounts.file import AccountsFile
from gateway.backup.site import Site
from gateway.ending import records, site_ending
from gateway.ending.site_ending import Plan, SiteEndingError
from gateway.keys.ring import KeyRing
from gateway.photos.folder import PhotoFolder
from gateway.registry import site_key
from gateway.settings import load
from gateway.store import archives
from gateway.store.database import Store

CANARY = "canary-of-the-drill"
NOW_MS = 1_790_000_000_000
KILLS = int(os.environ.get("KILLS", "20"))


class Killed(BaseException):
    """The machine is off, in the middle of something."""


def site_at(folder: Path) -> Plan:
    """A site with something in each place, and its plan."""
    folder.mkdir()
    config = folder / "menshen.toml"
    config.write_text('[site]\nname = "Drill"\n')
    (folder / "environment").write_text(f"MENSHEN_BROKER_PASSWORD={CANARY}")
    settings = load(config)
    database = settings.store.path
    with_store = Store.open(database, folder)
    with with_store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO grids VALUES ('g', ?, NULL)", (CANARY,))
    with_store.close()
    people = AccountsFile(database, folder)
    people.create()
    people.close()
    ring = KeyRing.beside(database)
    for _ in range(3):
        ring.make()
    month = archives.file_of(database, "2026-08")
    month.parent.mkdir()
    month.write_text(CANARY)
    PhotoFolder(database).path.mkdir()
    (PhotoFolder(database).path / "a.jpg").write_text(CANARY)
    said = records.Said("a" * 32, "rule", 0, {})
    records.append(records.place(database), NOW_MS, [said])
    (folder / "backups").mkdir()
    (folder / "backups" / "menshen-20260801T000000Z.tar").write_text(CANARY)
    # What a restore set aside, and what a kill left unfinished.
    for aside in (database, accounts.file_of(database)):
        for log in ("", "-wal"):
            (folder / f"{aside.name}.before-restore{log}").write_text(CANARY)
    for place in (folder, month.parent, PhotoFolder(database).path, folder / "backups"):
        (place / ".menshen.db.4711.new").write_text(CANARY)
    (folder / ".menshen-copy-x").mkdir()
    (folder / ".menshen-copy-x" / "menshen.db").write_text(CANARY)
    broker = settings.broker.folder
    broker.mkdir(parents=True, exist_ok=True)
    (broker / "passwords").write_text(CANARY)
    site_key.load_or_make(site_key.place(database))
    return Plan(Site(config, settings), folder.parent / f"{folder.name}-report.json", lambda: None)


def left(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def public_key(plan: Plan) -> str:
    key = site_key.load(site_key.place(plan.site.database))
    return site_ending.base64.b64encode(key.public_key().public_bytes_raw()).decode()


def test_p14_nothing_is_left_and_anybody_can_verify_the_report(tmp_path: Path) -> None:
    plan = site_at(tmp_path / "site")
    known = public_key(plan)
    assert sum(content.count(CANARY.encode()) for content in left(tmp_path / "site").values()) >= 6
    report = site_ending.destroy(plan, lambda: NOW_MS)
    assert left(tmp_path / "site") == {}
    assert report.counts.keys() >= {"keys", "database", "archives", "photos", "backups", "broker"}
    assert (report.keys, report.rows["grids"], report.left) == (3, 1, 0)
    assert site_ending.verify(plan.report, known) == report
    assert CANARY.encode() not in plan.report.read_bytes()


def test_p14_keys_on_a_drive_that_is_not_there_are_no_keys_that_are_destroyed(
    tmp_path: Path,
) -> None:
    plan, drive = site_at(tmp_path / "site"), tmp_path / "drive"
    drive.mkdir()
    config = plan.site.config
    config.write_text(f'[site]\nname = "Drill"\n[keys]\nsecond_folder = "{drive}"\n')
    plan = Plan(Site(config, load(config)), plan.report, plan.forget)
    ring = KeyRing.beside(plan.site.database)
    ring.use_copy(drive)
    (key_id,) = [ring.make()]
    (drive / "holiday.jpg").write_text("a stranger's")
    drive.rename(tmp_path / "in a pocket")
    before = left(tmp_path / "site")
    with pytest.raises(SiteEndingError, match="put its drive in"):
        site_ending.destroy(plan, lambda: NOW_MS)
    assert before.items() <= left(tmp_path / "site").items(), "nothing went"
    (tmp_path / "in a pocket").rename(drive)
    assert (drive / f"{key_id}.key").exists()
    site_ending.destroy(plan, lambda: NOW_MS)
    assert left(tmp_path / "site") == {}
    assert left(drive) == {"holiday.jpg": b"a stranger's"}


def test_p14_what_is_damaged_is_destroyed_too(tmp_path: Path) -> None:
    plan = site_at(tmp_path / "site")
    plan.site.database.write_bytes(b"SQLite format 3\0" + CANARY.encode() * 1_000)
    records.place(plan.site.database).write_text('{"number":1}\n')
    report = site_ending.destroy(plan, lambda: NOW_MS)
    assert left(tmp_path / "site") == {}
    assert report.rows == {}
    assert "line 1 cannot be read" in report.last_record


def test_p14_a_report_that_was_touched_is_no_report(tmp_path: Path) -> None:
    plan = site_at(tmp_path / "site")
    site_ending.destroy(plan, lambda: NOW_MS)
    whole = plan.report.read_bytes()
    with pytest.raises(SiteEndingError, match="another key"):
        site_ending.verify(plan.report, "x" * 44)
    for at in range(2, len(whole), 37):
        changed = bytes([whole[at] ^ 1])
        plan.report.write_bytes(whole[:at] + changed + whole[at + 1 :])
        with pytest.raises(SiteEndingError):
            site_ending.verify(plan.report)


def test_p14_another_sites_report_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    other, plan = site_at(tmp_path / "other"), site_at(tmp_path / "site")
    site_ending.destroy(other, lambda: NOW_MS)
    before = left(tmp_path / "site")
    with pytest.raises(SiteEndingError, match="name another"):
        site_ending.destroy(Plan(plan.site, other.report), lambda: NOW_MS)
    assert left(tmp_path / "site") == before


def test_p14_cut_off_in_the_middle_of_its_own_key_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = site_at(tmp_path / "site")
    known, place = public_key(plan), site_key.place(plan.site.database)

    def cut_off(path: Path) -> None:
        if path == place:
            path.write_bytes(b"")  # overwritten and cut, and not taken away yet
            raise Killed
        shred(path)

    shred = site_ending.shred
    with monkeypatch.context() as patch:
        patch.setattr(site_ending, "shred", cut_off)
        with pytest.raises(Killed):
            site_ending.destroy(plan, lambda: NOW_MS)
    report = site_ending.destroy(plan, lambda: NOW_MS)
    assert left(tmp_path / "site") == {}
    assert site_ending.verify(plan.report, known) == report


CALLS = ("unlink", "fsync", "pwrite", "ftruncate", "rename", "replace")


def killing(monkeypatch: pytest.MonkeyPatch, at: int) -> Callable[[], int]:
    """The machine goes off before the call of this number that reaches the disk. How many there
    were so far."""
    count = 0
    for name in CALLS:
        real = getattr(os, name)

        def counted(*args: object, real: Callable[..., object] = real, **more: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                raise Killed
            return real(*args, **more)

        monkeypatch.setattr(os, name, counted)
    return lambda: count


def test_p14_killed_anywhere_it_goes_on_to_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = os.environ.get("MENSHEN_SEED") or secrets.token_hex(4)
    print(f"MENSHEN_SEED={seed}")
    chance = random.Random(seed)  # noqa: S311 - it repeats
    whole = site_at(tmp_path / "whole")
    with monkeypatch.context() as patch:
        calls = killing(patch, 0)
        site_ending.destroy(whole, lambda: NOW_MS)
        number_of_calls = calls()
    assert number_of_calls > 50
    for n in range(KILLS):
        plan = site_at(tmp_path / f"site-{n}")
        known, kills = public_key(plan), 0
        while True:
            with monkeypatch.context() as patch:
                killing(patch, chance.randint(1, number_of_calls))
                try:
                    report = site_ending.destroy(plan, lambda: NOW_MS)
                except Killed:
                    kills += 1
                    if not plan.site.config.exists():  # the last of all went: nothing is left to do
                        report = site_ending.verify(plan.report)
                        break
                    continue
            break
        assert left(tmp_path / f"site-{n}") == {}, (seed, n)
        assert site_ending.verify(plan.report, known) == report
        assert (report.counts["photos"], report.keys) == (2, 3)
