"""F3: the power is cut, on a disk that has lied about what it wrote.

A real gateway's engine is at work and everything that it writes is recorded, call by call; then the
power is cut at random moments of that recording, thousands of times, each with another fate for
what was not synced yet: dropped, cut off after any write, reordered, torn, or with the whole sector
ruined that was being written. Which fates there are, and what is taken for granted (names count at
once), stands in `tests/store/power_cuts.py`. A lie about the sync itself (a disk that says "synced"
and was not) loses what no program can keep: that is what the experiment finds when it is broken.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

from bench.faults.trial import NO_COMPILER, NotRunHereError, Trial
from gateway.store import life, marker
from gateway.store.database import Store
from gateway.store.life import Memory
from tests.store import power_cut_gateway, power_cuts
from tests.store.power_cuts import Cut

CUTS_A_RECORDING = 1_000
BEGINS_EACH = 40  # of so many found folders a gateway begins to live in one


async def power_cuts_as_it_is(trial: Trial) -> None:
    """F3, of the product as it is."""
    await cut_power(trial)


async def cut_power(trial: Trial, synchronous: str = power_cut_gateway.PRODUCT) -> None:
    """Cut, as often as the trial says, some thousand times a recording.

    Args:
        trial: to be filled.
        synchronous: SQLite's setting in what is recorded; anything but the product's own is there
            to show that the experiment finds it.
    """
    try:
        library = power_cuts.compiled(trial.folder)
    except power_cuts.NoCompilerError:
        raise NotRunHereError(NO_COMPILER) from None
    left = trial.n
    while left > 0 and not trial.failed:
        await asyncio.to_thread(
            _one_recording, trial, library, min(left, CUTS_A_RECORDING), synchronous
        )
        left -= CUTS_A_RECORDING


def _one_recording(trial: Trial, library: Path, count: int, synchronous: str) -> None:
    site, base, log = (trial.folder / name for name in ("site", "base", "log"))
    for folder in (site, base):
        shutil.rmtree(folder, ignore_errors=True)
    log.unlink(missing_ok=True)
    site.mkdir()
    seed = trial.chance.randrange(10**6)
    power_cut_gateway.found(site, seed)
    shutil.copytree(site, base)
    program = "tests.store.power_cut_gateway", str(site), str(seed), synchronous
    power_cuts.record(library, site, log, *program)
    seals = [seal.seal_id for seal in power_cut_gateway.seals(seed)]
    found = trial.folder / "found"
    for cut in power_cuts.cuts(log, base, site, found, count, trial.chance):
        trial.injections += 1
        began_s = time.perf_counter()
        judge(cut, seals, trial)
        if trial.injections % BEGINS_EACH == 0:
            _begins(cut, trial)
        trial.times_s.append(time.perf_counter() - began_s)
    trial.expect(len(cut.marks) > power_cut_gateway.ROUNDS * 2, "the recorded one was not at work")


def judge(cut: Cut, seals: list[str], trial: Trial) -> None:
    """Every receipted report is in the journal once and rightly dated; the file is sound."""
    where = f"{cut.mode}, cut after record {cut.at}"
    try:
        with contextlib.closing(sqlite3.connect(cut.folder / "menshen.db")) as found:
            found.execute("PRAGMA synchronous=OFF")  # nobody cuts the power now
            sound = found.execute("PRAGMA quick_check").fetchone() == ("ok",)
            trial.expect(sound, f"{where}: the file is not sound")
            newest, count = found.execute(
                "SELECT coalesce(max(journal_id), 0), count(*) FROM journal"
            ).fetchone()
            trial.expect(newest == count, f"{where}: the journal has a hole")
            query = "SELECT seal_id, seq, at_ms FROM journal WHERE kind = 'report'"
            dates = found.execute(query).fetchall()
            opened = dict(found.execute("SELECT opening_id, opened_ms FROM openings"))
    except sqlite3.DatabaseError as error:
        trial.lost.append(f"{where}: {error}")
        return
    stored = {(seal_id, seq) for seal_id, seq, _ in dates}
    promised = {(seals[mark >> 32], mark & 0xFFFFFFFF) for mark in cut.marks}
    openings = {f"{seal_id}-{seq}": seq for seal_id, seq in promised if seq % 2}  # else it shut
    trial.lost += [f"{where}: {one} had a receipt" for one in promised - stored]
    trial.lost += [f"{where}: opening {one} is gone" for one in openings.keys() - opened.keys()]
    if len(stored) != len(dates):
        trial.doubled.append(f"{where}: {len(dates) - len(stored)} reports are there twice")
    expected = power_cut_gateway.date_ms
    false = [f"{seal_id}-{seq}" for seal_id, seq, at_ms in dates if at_ms != expected(seq)]
    false += [one for one, seq in openings.items() if opened.get(one) not in (None, expected(seq))]
    trial.misdated += [f"{where}: {one}" for one in false]


def _begins(cut: Cut, trial: Trial) -> None:
    """The next start finds everything that its markers know of."""
    store = Store.open(cut.folder / "menshen.db")
    lives = life.begin(store, marker.places(store.path))
    is_known = lives.memory in (Memory.FIRST, Memory.WHOLE)
    trial.expect(is_known, f"{cut.mode}, record {cut.at}: taken for an older copy")
    lives.close()
    store.close()
