"""F8: replayed, forged, cloned. Ours is the air and the broker's password; the keys are not.

A capture of everything that seals have sent is played again to a gateway that started anew; frames
with random codes, with another seal's key, under another seal's name; and a clone, which has the
key and an old count. Whatever changes a door or gets a receipt was accepted.
"""

from __future__ import annotations

import asyncio
import time

from bench.faults.trial import Trial
from gateway.core.reasons import Reason
from gateway.engine.engine import Engine
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, Post, beating, enrol, new_store, rows
from tests.manual_clock import ManualClock

SEALS = 40
EDGES = 6  # of each, that are captured
BURST = 200  # messages between two moments at which the gateway catches up
CODE_BYTES = 8  # of a frame, that nobody without the key can make
ALARM_WITHIN_MS = 60_000
KINDS = ("replayed", "random code", "wrong key", "another's name", "cut short", "clone")


async def replay_and_forge(trial: Trial) -> None:
    """F8."""
    store, clock = new_store(trial.folder), ManualClock()
    seals = [HandSeal() for _ in range(SEALS)]
    enrol(store, seals)
    captured: list[tuple[str, bytes]] = []
    async with beating(store, clock=clock) as (engine, post):
        for _ in range(EDGES):
            for seal in seals:
                captured.append((seal.topic, seal.sealed(seal.edge(seal.edges % 2 ^ 1))))
                engine.receive(*captured[-1], 1)
            await engine.idle()
            clock.advance(60_000)
    trial.expect(len(post.receipts()) == len(captured), "the honest ones have no receipt")
    before = _state(store)
    async with beating(store, clock=clock) as (engine, post):  # after a restart
        answered = len(post.receipts())
        left = trial.n
        while left > 0:
            await _burst(trial, engine, seals, captured, min(left, BURST))
            left -= BURST
            clock.advance(1_000)
            if left + BURST == trial.n:
                trial.times_s.append(await _alarmed(store, engine, clock))
        await engine.idle()
        receipts = len(post.receipts()) - answered
        await _honest(trial, store, engine, post, seals[0])
    after = _state(store)
    trial.expect(after[0] == before[0] + 1, "a report of somebody else is in the journal")
    trial.expect(after[1] == before[1] + 1, "an opening of somebody else is recorded")
    repeats = sum(1 for topic, _ in captured if topic)  # a repeat of the newest is answered anew
    trial.notes.append(f"{receipts} receipts, all for what had one already ({repeats} captured)")
    store.close()


def _state(store: Store) -> tuple[int, int]:
    """How many reports are in the journal, and how many openings are known."""
    reports = [row for row in rows(store, tables.journal) if row["kind"] == "report"]
    return len(reports), len(rows(store, tables.openings))


async def _burst(
    trial: Trial, engine: Engine, seals: list[HandSeal], captured: list[tuple[str, bytes]], n: int
) -> None:
    chance = trial.chance
    for _ in range(n):
        seal = chance.choice(seals)
        topic, frame = chance.choice(captured)
        kind = chance.choice(KINDS)
        if kind == "random code":
            frame = frame[:-CODE_BYTES] + chance.randbytes(CODE_BYTES)
        elif kind == "wrong key":
            topic, frame = seal.topic, _apart(seal, chance.randbytes(32))
        elif kind == "another's name":
            topic = chance.choice([one for one in seals if one.topic != topic]).topic
        elif kind == "cut short":
            frame = frame[: chance.randrange(len(frame))]
        elif kind == "clone":
            topic, frame = seal.topic, _apart(seal, seal.key, behind=chance.randint(1, EDGES))
        engine.receive(topic, frame, 1)
        trial.injections += 1
    await engine.idle()


def _apart(seal: HandSeal, key: bytes, behind: int = 0) -> bytes:
    """What somebody sends in a seal's name; the seal itself does not know of it."""
    kept = seal.counter, seal.seq, seal.edges
    seal.counter = max(0, seal.counter - behind)
    said = report.Report(report.OPEN, report.EDGE, seal.seq + 1, seal.edges + 1)
    frame = seal.sealed(said, key)
    seal.counter, seal.seq, seal.edges = kept
    return frame


async def _alarmed(store: Store, engine: Engine, clock: ManualClock) -> float:
    """After how many seconds a case tells of it; far too many if none does."""
    began_ms = clock.now_ms()
    alarms = {Reason.FORGERY, Reason.REFUSALS}
    while clock.now_ms() - began_ms <= ALARM_WITHIN_MS:
        engine.look()
        await engine.idle()
        if any(case["reason"] in alarms for case in rows(store, tables.cases)):
            break
        clock.advance(1_000)
    return (clock.now_ms() - began_ms) / 1_000 + 1


async def _honest(trial: Trial, store: Store, engine: Engine, post: Post, seal: HandSeal) -> None:
    """In the midst of it an honest door opens: it is receipted."""
    before, began_s = len(post.receipts()), time.monotonic()
    seal.counter += EDGES
    said = seal.edge(report.OPEN)
    engine.receive(seal.topic, seal.sealed(said), 1)
    await engine.idle()
    await asyncio.sleep(0)
    trial.expect(len(post.receipts()) == before + 1, "an honest report has no receipt")
    trial.notes.append(f"an honest report is answered in {time.monotonic() - began_s:.2f} s")
