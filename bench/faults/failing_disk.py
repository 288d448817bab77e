"""F4: the disk is full, broken or read-only: no receipt, people are told, it goes on by itself.

A real engine on a real SQLite, whose calls to the system fail as they do then (`recorder.c`); the
clock is moved by hand, so that a fault of two minutes takes a moment. What is told from memory
while nothing can be stored is that nothing can be stored (DECISIONS, 69); the openings meanwhile
have no receipt, stay in their seals, and are told as soon as a commit works.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing

from bench import ROOT
from bench.faults.trial import NO_COMPILER, NotRunHereError, Trial
from tests.store import power_cuts

TOLD_WITHIN_S = 90
AGAIN_WITHIN_S = 60
PROGRAM = "tests.store.failing_disk_gateway"


async def disk_refuses(trial: Trial) -> None:
    """F4."""
    try:
        library = power_cuts.compiled(trial.folder)
    except power_cuts.NoCompilerError:
        raise NotRunHereError(NO_COMPILER) from None
    site = trial.folder / "site"
    site.mkdir()
    seed = trial.chance.randrange(10**6)
    environment = power_cuts.environment(library, site, None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", PROGRAM, str(site), str(seed), str(trial.n)),
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()[-2_000:]
    *faults, last = [json.loads(line) for line in said.splitlines()]
    for fault in faults:
        trial.injections += 1
        what, told_s, again_s = fault["what"], fault["told_s"], fault["again_s"]
        trial.expect(fault["receipts"] == 0, f"{what}: {fault['receipts']} receipts for nothing")
        is_told = told_s is not None and told_s <= TOLD_WITHIN_S
        trial.expect(is_told, f"{what}: nobody was told within {TOLD_WITHIN_S} s, but {told_s}")
        trial.expect(again_s <= AGAIN_WITHIN_S, f"{what}: it goes on after {again_s} s")
        trial.times_s.append(float(told_s or 0))
    longest_s = max(fault["again_s"] for fault in faults)
    trial.notes.append(f"after a fault everything was receipted within {longest_s} s")
    _compare(trial, {(seal_id, seq) for seal_id, seq in last["sent"]})


def _compare(trial: Trial, sent: set[tuple[str, int]]) -> None:
    """All of it has a receipt by now: it is in the journal, once."""
    with closing(sqlite3.connect(trial.folder / "site" / "menshen.db")) as found:
        trial.expect(found.execute("PRAGMA quick_check").fetchone() == ("ok",), "not sound")
        query = "SELECT seal_id, seq FROM journal WHERE kind = 'report'"
        stored = Counter(found.execute(query).fetchall())
    trial.lost += [f"{one} had a receipt" for one in sent - stored.keys()]
    trial.doubled += [f"{one} is there {count} times" for one, count in stored.items() if count > 1]
