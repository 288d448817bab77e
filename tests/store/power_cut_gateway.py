"""A gateway at work for the recorder: python -m tests.store.power_cut_gateway FOLDER SEED FULL.

The third word is how SQLite is to sync; anything but FULL is there to be found out.

Each receipt that goes out is marked in the recording: from then on its report may never be missing.
"""

import asyncio
import contextlib
import ctypes
import random
import sqlite3
import sys
from pathlib import Path

from sqlalchemy import Connection

from gateway.engine.pending import PendingReader
from gateway.store import life, marker
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, Post, enrol, quiet
from tests.manual_clock import NOON_MS, ManualClock

SEALS = 6
ROUNDS = 60
ROUND_MS = 60_000
PRODUCT = "FULL"  # as gateway/store/database.py syncs
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


def date_ms(seq: int) -> int:
    """When a seal's report of this number was: each tells of an edge, one a round."""
    return NOON_MS + (seq - 1) * ROUND_MS


def _weaken(store: Store, synchronous: str) -> None:
    """The writer syncs otherwise than the product does."""
    real = store.connection

    def connection() -> Connection:
        made = real()
        raw = made.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute(f"PRAGMA synchronous={synchronous}")
        return made

    store.connection = connection  # type: ignore[method-assign]


async def work(folder: Path, seed: int, synchronous: str) -> None:
    """A life: reports of all seals, receipted as they are stored; markers now and then."""
    ours, clock = seals(seed), ManualClock()
    store = Store.open(folder / "menshen.db")
    if synchronous != PRODUCT:
        _weaken(store, synchronous)
    places = marker.places(store.path)
    lives = life.begin(store, places)
    engine, _ = quiet(store, clock=clock, life=lives)
    engine.connect(Marking(ours), [])
    task = asyncio.create_task(engine.run())
    reader = PendingReader(store, engine)
    while await reader.take():  # the doors have their seals and stand under orders
        pass
    await engine.idle()
    for turn in range(ROUNDS):
        for seal in ours:
            contact = report.OPEN if seal.edges % 2 == 0 else report.SHUT
            engine.receive(seal.topic, seal.sealed(seal.edge(contact)), turn + 1)
        await engine.idle()
        clock.advance(ROUND_MS)
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
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
