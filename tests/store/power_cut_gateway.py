"""A gateway at work for the recorder: python -m tests.store.power_cut_gateway FOLDER SEED.

Each receipt that goes out is marked in the recording: from then on its report may never be missing.
"""

import asyncio
import contextlib
import ctypes
import random
import sys
from pathlib import Path

from gateway.store import life, marker
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, Post, enrol, quiet
from tests.manual_clock import ManualClock

SEALS = 6
ROUNDS = 60
SETTLE_EVERY = 12  # rounds, so that the log is moved into the file within the recording


class Marking(Post):
    """Marks the reports that are receipted: the seal's number above the report's."""

    def __init__(self, seals: list[HandSeal]) -> None:
        super().__init__()
        self._seals = seals
        self._mark = ctypes.CDLL(None).recorder_mark
        self._mark.argtypes = [ctypes.c_uint64]

    def publish(self, topic: str, payload: bytes) -> None:
        number = next(n for n, seal in enumerate(self._seals) if seal.seal_id in topic)
        self._mark(number << 32 | self._seals[number].receipted(topic, payload))


def seals(seed: int) -> list[HandSeal]:
    """The same ones in each process."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    made = [HandSeal() for _ in range(SEALS)]
    for seal in made:
        seal.seal_id, seal.key = chance.randbytes(8).hex(), chance.randbytes(32)
    return made


def found(folder: Path, seed: int) -> None:
    """A site to begin with."""
    store = Store.open(folder / "menshen.db")
    enrol(store, seals(seed))
    store.close()


async def work(folder: Path, seed: int) -> None:
    """A life: reports of all seals, receipted as they are stored; markers now and then."""
    ours, clock = seals(seed), ManualClock()
    store = Store.open(folder / "menshen.db")
    places = marker.places(store.path)
    lives = life.begin(store, places)
    engine, _ = quiet(store, clock=clock, life=lives)
    engine.connect(Marking(ours), [])
    task = asyncio.create_task(engine.run())
    for turn in range(ROUNDS):
        for seal in ours:
            contact = report.OPEN if seal.edges % 2 == 0 else report.SHUT
            engine.receive(seal.topic, seal.sealed(seal.edge(contact)), turn + 1)
        await engine.idle()
        clock.advance(60_000)
        if turn % SETTLE_EVERY == SETTLE_EVERY - 1:
            store.settle()
            lives.settle()
            marker.write(places, lives.marker())
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    lives.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
