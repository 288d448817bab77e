"""A power cut at any moment: what has a receipt is there, the file is whole, and no cut is taken
for a restore. Thousands of cuts of one recorded run, on a disk that ruins whatever it was writing.

MENSHEN_SEED=<number> repeats a run; `make faults ONLY=F3` makes more of them.
"""

import contextlib
import os
import random
import sqlite3
from pathlib import Path

import pytest

from bench.faults import lying_disk
from bench.faults.trial import Trial
from gateway.store import database
from gateway.store.database import Store
from tests import neighbours
from tests.store import power_cuts
from tests.store.power_cuts import Cut

CUTS = 2_000
CUTS_OF_OTHERS = 200


@pytest.fixture
def seed() -> int:
    """The choices of this run."""
    chosen = os.environ.get("MENSHEN_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"MENSHEN_SEED={chosen}")
    return int(chosen)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The recorder."""
    neighbours.or_skip(neighbours.find("gcc"), "gcc", "`make neighbours` installs {0}")
    return power_cuts.compiled(tmp_path)


@pytest.mark.usefixtures("library")
async def test_c6_no_power_cut_loses_what_has_a_receipt(tmp_path: Path, seed: int) -> None:
    trial = Trial(tmp_path, seed, CUTS)
    await lying_disk.power_cuts_as_it_is(trial)
    assert (trial.lost, trial.doubled, trial.misdated, trial.wrong) == ([], [], [], [])
    assert trial.injections == CUTS


# The recorder's own tests: it finds what is known to be wrong, and nothing where nothing is.

SETTINGS = {
    "ours": ("?psow=0", "FULL", False),
    "a sector is shared by two commits": ("", "FULL", True),
    "commits are not synced": ("?psow=0", "NORMAL", True),
    "nothing is synced": ("?psow=0", "OFF", True),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_c6_the_recorder_finds_what_wrong_settings_lose(
    tmp_path: Path, library: Path, seed: int, what: str
) -> None:
    query, synchronous, loses = SETTINGS[what]
    folder, base, log = tmp_path / "folder", tmp_path / "base", tmp_path / "log"
    folder.mkdir()
    base.mkdir()
    path = str(folder / "rows.db")
    program = "tests.store.power_cut_writer", path, query, synchronous
    power_cuts.record(library, folder, log, *program)
    chance = random.Random(seed)  # noqa: S311 - not a secret
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
    # A copy is made beside, and synced as a whole before it has its name; a month is read first.
    assert opening == {"database.py", "file_copy.py", "months.py", "sealing_up.py"}
