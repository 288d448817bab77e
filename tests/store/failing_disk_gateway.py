"""A gateway at work whose disk refuses now and then: python -m tests.store.failing_disk_gateway
FOLDER SEED FAULTS. Under `recorder.c`, by which it makes its own calls fail.

Says one line of JSON for each fault: what failed, how many receipts went out meanwhile, after how
many seconds people were told of it, after how many everything was receipted again. The clock is
moved by hand, so these are seconds of the gateway, not of whoever waits.
"""

import asyncio
import ctypes
import errno
import json
import random
import sys
from pathlib import Path

from sqlalchemy import insert

from gateway.core.reasons import Reason
from gateway.store import life, marker, tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from sealwire import report
from tests.engine.small_site import HandSeal, beating, enrol
from tests.manual_clock import ManualClock
from tests.store import power_cut_gateway

WRITES, SYNCS = 1, 2
FAULTS = {
    "full": (WRITES, errno.ENOSPC),
    "broken": (WRITES, errno.EIO),
    "broken sync": (SYNCS, errno.EIO),
    "read-only": (WRITES, errno.EROFS),
}
HOOK = "webhook:http://127.0.0.1:1/"
SLEEPERS = 2  # who looks for pending events, and the commit that waits to be tried again
STEP_S = 4  # between two looks; a failed commit is tried every five seconds at most
FAILS_FOR = 4, 10  # steps: longer than people may go untold
PATIENCE = 50  # steps
BETWEEN_MS = 700_000  # so that no limit of pages a person has to do with it


class House:
    """The engine, its seals, and who is told."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not a secret
        self.clock, self.seals = ManualClock(), power_cut_gateway.seals(seed)
        self.told: list[Entry] = []
        self.sent: set[tuple[str, int]] = set()
        self._fail = ctypes.CDLL(None).recorder_fail

    def moves(self, engine: object, seal: HandSeal) -> None:
        """A door opens, or shuts if it was open."""
        contact = report.OPEN if seal.edges % 2 == 0 else report.SHUT
        said = seal.edge(contact)
        self.sent.add((seal.seal_id, said.seq))
        engine.receive(seal.topic, seal.sealed(said), len(self.sent))  # type: ignore[attr-defined]

    async def suffers(self, what: str, engine: object, post: object) -> dict[str, object]:
        """One fault, in which doors move, and its end."""
        self.told.clear()
        before = len(post.receipts())  # type: ignore[attr-defined]
        moving = self.chance.sample(self.seals, self.chance.randint(1, len(self.seals)))
        self._fail(*FAULTS[what])
        for seal in moving[: len(moving) // 2 + 1]:
            self.moves(engine, seal)
        told_s: int | None = None
        steps = self.chance.randint(*FAILS_FOR)
        for step in range(1, steps + 1):
            await self.clock.until_asleep(SLEEPERS)
            self.clock.advance(STEP_S * 1_000)
            if step == steps // 2:
                for seal in moving[len(moving) // 2 + 1 :]:  # behind those that cannot be stored
                    self.moves(engine, seal)
            if told_s is None and any(e.reason == Reason.STORE_FAILING for e in self.told):
                told_s = step * STEP_S
        receipts = len(post.receipts()) - before  # type: ignore[attr-defined]
        self._fail(0, 0)
        again = 0
        while len(post.receipts()) - before < len(moving) and again < PATIENCE:  # type: ignore[attr-defined]
            await self.clock.until_asleep(1)
            self.clock.advance(STEP_S * 1_000)
            again += 1
            await engine.idle()  # type: ignore[attr-defined]
        self.clock.advance(BETWEEN_MS)
        await engine.idle()  # type: ignore[attr-defined]
        return {"what": what, "receipts": receipts, "told_s": told_s, "again_s": again * STEP_S}


async def work(folder: Path, seed: int, faults: int) -> None:
    """Suffer so many faults, of each kind in turn."""
    house, store = House(seed), Store.open(folder / "menshen.db")
    enrol(store, house.seals)
    with store.writing() as connection:
        for role in ("captain", "centre"):
            row = {"warden_id": role, "name": role, "role": role, "grid_id": "g"}
            row["channels"] = json.dumps([HOOK])
            connection.execute(insert(tables.wardens), row)
    lives = life.begin(store, marker.places(store.path))
    async with beating(store, clock=house.clock, life=lives) as (engine, post):
        engine.connect(post, [house.told.extend])
        for number in range(faults):
            what = list(FAULTS)[number % len(FAULTS)]
            print(json.dumps(await house.suffers(what, engine, post)), flush=True)
    print(json.dumps({"sent": sorted(house.sent)}))
    lives.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
