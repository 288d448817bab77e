"""A power cut at any moment: what has a receipt is there, the file is whole, and no cut is taken
for a restore. Thousands of cuts of one recorded run, on a disk that ruins whatever it was writing.

MENSHEN_SEED=<number> repeats a run.
"""

import contextlib
import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway.store import database, life, marker
from gateway.store.database import Store
from gateway.store.life import Memory
from tests.store import power_cut_gateway, power_cuts
from tests.store.power_cuts import Cut

CUTS = 2_000
CUTS_OF_OTHERS = 200
LIVES = 25  # of the found folders a gateway begins to live in so many


@pytest.fixture
def chance() -> random.Random:
    """The choices of this run."""
    seed = os.environ.get("MENSHEN_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"MENSHEN_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - not a secret


def test_c6_no_power_cut_loses_what_has_a_receipt(tmp_path: Path, chance: random.Random) -> None:
    library = power_cuts.compiled(tmp_path)
    site, base, log = tmp_path / "site", tmp_path / "base", tmp_path / "log"
    site.mkdir()
    seed = chance.randrange(10**6)
    power_cut_gateway.found(site, seed)
    shutil.copytree(site, base)
    power_cuts.record(library, site, log, "tests.store.power_cut_gateway", str(site), str(seed))
    seals = [seal.seal_id for seal in power_cut_gateway.seals(seed)]
    all_cuts = power_cuts.cuts(log, base, site, tmp_path / "found", CUTS, chance)
    for number, cut in enumerate(all_cuts):
        assert_whole(cut, seals)
        if number % (CUTS // LIVES) == 0:
            assert_remembers(cut)
    assert len(cut.marks) > power_cut_gateway.ROUNDS * 2  # it was at work


def assert_whole(cut: Cut, seals: list[str]) -> None:
    """Every receipted report is in the journal, and the file is sound."""
    where = f"record {cut.at}, {cut.mode}"
    with contextlib.closing(sqlite3.connect(cut.folder / "menshen.db")) as found:
        found.execute("PRAGMA synchronous=OFF")  # nobody cuts the power now
        assert found.execute("PRAGMA quick_check").fetchone() == ("ok",), where
        ids, count = found.execute("SELECT max(journal_id), count(*) FROM journal").fetchone()
        assert (ids or 0) == count, where  # without a hole
        stored = set(found.execute("SELECT seal_id, seq FROM journal WHERE seq IS NOT NULL"))
    promised = {(seals[mark >> 32], mark & 0xFFFFFFFF) for mark in cut.marks}
    assert promised <= stored, where


def assert_remembers(cut: Cut) -> None:
    """The next start finds everything that its markers know of."""
    store = Store.open(cut.folder / "menshen.db")
    lives = life.begin(store, marker.places(store.path))
    assert lives.memory in (Memory.FIRST, Memory.WHOLE), f"record {cut.at}, {cut.mode}"
    lives.close()
    store.close()


# The recorder's own tests: it finds what is known to be wrong, and nothing where nothing is.

SETTINGS = {
    "ours": ("?psow=0", "FULL", False),
    "a sector is shared by two commits": ("", "FULL", True),
    "commits are not synced": ("?psow=0", "NORMAL", True),
    "nothing is synced": ("?psow=0", "OFF", True),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_c6_the_recorder_finds_what_wrong_settings_lose(
    tmp_path: Path, chance: random.Random, what: str
) -> None:
    query, synchronous, loses = SETTINGS[what]
    library = power_cuts.compiled(tmp_path)
    folder, base, log = tmp_path / "folder", tmp_path / "base", tmp_path / "log"
    folder.mkdir()
    base.mkdir()
    path = str(folder / "rows.db")
    program = "tests.store.power_cut_writer", path, query, synchronous
    power_cuts.record(library, folder, log, *program)
    found = power_cuts.cuts(log, base, folder, tmp_path / "found", CUTS_OF_OTHERS, chance)
    lost = sum(is_lost(cut) for cut in found)
    assert (lost > 0) is loses, lost


def is_lost(cut: Cut) -> bool:
    """Whether a row is missing that was promised."""
    if not cut.marks:
        return False
    try:
        with contextlib.closing(sqlite3.connect(cut.folder / "rows.db")) as found:
            newest, count = found.execute("SELECT max(number), count(*) FROM rows").fetchone()
    except sqlite3.DatabaseError:
        return True
    return count != newest or newest < cut.marks[-1]


def test_c6_every_connection_is_opened_for_disks_that_ruin_sectors(tmp_path: Path) -> None:
    """The one place where one is made."""
    path = tmp_path / "a ?psow=1 # 100%.db"  # whatever the name
    store = Store.open(path)
    with store.writing() as connection:
        (row,) = connection.exec_driver_sql("PRAGMA database_list").all()
        assert row[2] == str(path)
    store.close()
    sources = Path(database.__file__).parents[1].rglob("*.py")
    opening = {file.name for file in sources if "sqlite3.connect(" in file.read_text()}
    # A copy is made beside, and synced as a whole before it has its name.
    assert opening == {"database.py", "file_copy.py"}
