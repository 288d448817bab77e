"""F10: a thousand doors open within ten seconds, as after an access point's restart, and one seal
among them is being broken open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack

from bench import stage
from bench.faults.kills import judge
from bench.faults.trial import NotRunHereError, Trial
from gateway.store import tables
from tests.end_to_end import house as houses
from tests.end_to_end.house import House

DOORS, OVER_S = 1_000, 10.0
TAMPER_WITHIN_S, DRAINED_WITHIN_S = 10.0, 60.0
RINGS_MOST = 10  # for one person in ten minutes


async def thousand_doors(trial: Trial) -> None:
    """F10, each on a new site: who has been paged ten times is not asked again."""
    for number in range(trial.n):
        folder = trial.folder / str(number)
        try:
            broker = stage.mosquitto(folder / "broker")
        except stage.CannotMeasure as error:
            raise NotRunHereError(str(error)) from None
        async with AsyncExitStack() as stack:
            stack.enter_context(stage.running(broker))
            house = await stack.enter_async_context(
                houses.built(folder, broker, trial.chance, doors=DOORS)
            )
            await _one(trial, house)
            trial.injections += 1
        judge(trial, house)


async def _one(trial: Trial, house: House) -> None:
    fleet, chance = house.fleet, trial.chance
    doors = [seal.seal_id for seal in house.site.seals]
    chance.shuffle(doors)
    broken, *opening = doors
    await fleet.start()
    await asyncio.sleep(0.5)
    began_s, at, tampered_s = time.monotonic(), 0, chance.uniform(0, OVER_S)
    while at < len(opening) or tampered_s >= 0:
        passed_s = time.monotonic() - began_s
        if 0 <= tampered_s <= passed_s:
            fleet.tamper(broken)
            broken_s, tampered_s = time.monotonic(), -1.0
        while at < min(len(opening), passed_s / OVER_S * len(opening)):
            fleet.turn(opening[at])
            at += 1
        await asyncio.sleep(0.01)
    ended_s = time.monotonic()
    await house.settled()
    drained_s = time.monotonic() - ended_s
    trial.expect(drained_s <= DRAINED_WITHIN_S, f"drained after {drained_s:.1f} s")
    trial.notes.append(f"drained within {drained_s:.0f} s of the last opening")
    told = [at for at, page in house.receiver.pages() if "tamper" in str(page["reason"])]
    trial.expect(told, "nobody was told of the seal that is broken open")
    if told:
        late_s = min(told) / 1e9 - broken_s
        trial.expect(late_s <= TAMPER_WITHIN_S, f"tampering was told after {late_s:.1f} s")
        trial.notes.append(f"the tampering was told after {late_s:.1f} s")
    store, c = house.site.store(), tables.outbox.c
    with store.reading() as connection:
        query = tables.outbox.select().where(c.reason != "grouped", c.warden_id.is_not(None))
        rings = Counter((row.warden_id, row.page_id) for row in connection.execute(query))
    store.close()
    most = max(Counter(warden for warden, _ in rings).values(), default=0)
    trial.expect(most <= RINGS_MOST + 1, f"one person's telephone rang {most} times")
