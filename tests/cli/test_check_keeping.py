"""What `menshen check` says of room and copies: for how long the disk is enough, and whether there
is a copy of late, and elsewhere."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from gateway.cli import check_keeping
from gateway.cli.check_result import Mark
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.settings import load
from gateway.store import archive_tables, archives, growth, tables
from gateway.store.database import Store
from gateway.store.growth import Daily
from gateway.store.retention import Limits

NOW = 1_900_000_000_000
GIB = 1024**3
SHARED = Path("/dev/shm")


@pytest.fixture
def settings(folder):
    (folder / "menshen.toml").write_text('[backup]\nfolder = "copies"\n')
    return load(folder / "menshen.toml")


@pytest.mark.parametrize(
    ("free_mib", "mark"), [(50, Mark.FAIL), (500, Mark.WARN), (5_000, Mark.OK)]
)
def test_a_full_disk_is_told(settings, monkeypatch, free_mib, mark):
    usage = SimpleNamespace(free=free_mib * check_keeping.MIB)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert check_keeping.disk(None, settings, NOW).mark is mark


def test_days_left_are_those_until_what_comes_is_more_than_the_room():
    limits, rate = Limits(), Daily(heartbeats=864_000, lasting=8_000)  # 1,000 doors
    week = growth.bytes_after(rate, limits, 7)
    assert 1.9e9 < week < 2.1e9
    year = growth.bytes_after(rate, limits, 400)
    assert year < 7 * GIB
    assert growth.bytes_after(rate, limits, 4_000) < 1.05 * year  # and there it stays
    assert growth.days_left(rate, limits, 0, 8 * GIB) is None
    for used, free in ((0, 3 * GIB), (0, GIB), (int(week), GIB)):
        left = growth.days_left(rate, limits, used, free)
        assert left is not None
        start = growth.bytes_after(rate, limits, 0) if used == 0 else used
        begun = 0 if used == 0 else 7
        assert growth.bytes_after(rate, limits, begun + left) <= start + free + week / 7
        assert growth.bytes_after(rate, limits, begun + left + 2) > start + free


def test_a_site_that_outgrows_its_disk_is_told_the_days(settings, monkeypatch):
    store = Store.open(settings.store.path)
    hour = [
        {
            "journal_id": n + 1,
            "at_ms": NOW - 2 * HOUR_MS + n * 7_200,
            "kind": "report",
            "body": b"{}",
        }
        for n in range(1_000)
    ]
    with store.writing() as connection:
        connection.execute(insert(tables.journal), hour)
        rate = growth.daily(connection)
    assert rate is not None
    assert 11_900 < rate.heartbeats < 12_100
    assert rate.lasting == 0
    for free, mark, words in (
        (2 * GIB, Mark.OK, "enough: what is old goes"),
        (int(20e6), Mark.FAIL, "full in 5 days"),
    ):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        found = check_keeping.disk(store, settings, NOW)
        assert (found.mark, words in found.text) == (mark, True), found.text
    store.close()


def test_a_copy_is_wanted_of_late_and_elsewhere(settings, folder, monkeypatch):
    assert check_keeping.copies(settings, NOW).mark is Mark.WARN
    (folder / "copies").mkdir()
    made = folder / "copies/menshen-20300317T174640Z.tar.age"  # NOW
    made.write_bytes(b"")
    (folder / "copies/menshen-journal.txt").write_text("none of ours")
    found = check_keeping.copies(settings, NOW + DAY_MS)
    assert (found.mark, "on the site's own disk" in found.text) == (Mark.WARN, True)


def test_a_copy_on_another_drive_is_well(settings, folder):
    if not SHARED.is_dir() or SHARED.stat().st_dev == folder.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=SHARED) as other:
        (Path(other) / "menshen-20300317T174640Z.tar").write_bytes(b"")
        (folder / "menshen.toml").write_text(f'[backup]\nfolder = "{other}"\n')
        there = load(folder / "menshen.toml")
        assert check_keeping.copies(there, NOW + DAY_MS).mark is Mark.OK
        assert check_keeping.copies(there, NOW + 3 * DAY_MS).mark is Mark.WARN


def test_a_month_of_the_journal_that_is_away_is_named(settings):
    store = Store.open(settings.store.path)
    assert list(check_keeping.months(store)) == []
    month = {"month": "2026-09", "from_id": 1, "to_id": 9, "rows": 9, "spans": 0, "made_ms": 1}
    with store.writing() as connection:
        connection.execute(insert(archive_tables.archives), month)
    (away,) = check_keeping.months(store)
    path = archives.file_of(store.path, "2026-09")
    assert (away.mark, str(path) in away.text) == (Mark.FAIL, True)
    path.parent.mkdir()
    path.write_bytes(b"there")
    assert [found.mark for found in check_keeping.months(store)] == [Mark.OK]
    store.close()
