"""Reports a second, each committed with full sync and answered with its receipt, for as long as
it lasts.

1,000 seals turn their doors as fast as they are answered: each has one report on the way, like a
real seal, so what is measured is what the gateway sustains, and no backlog can grow. The doors are
under no order: openings are journaled and recorded, and nobody is paged two thousand times a
second. The packets are sealed before the clock starts.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from sqlalchemy import func, select

from bench.stage import SEALS, CannotMeasure, Stage, stage, until
from gateway.store import tables

WARM_S = 2.0
FASTEST = 15_000  # reports a second for which packets are made
_TICK_S = 0.001


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """reports_per_s, and how much of a core the gateway and the broker took for it."""
    async with stage(folder, ordered=False) as play:
        packets = _packets(play, int(FASTEST * (seconds + WARM_S)))
        before = len(play.receipts)
        began = time.monotonic()
        used_before = play.cpu_s()
        sent = await _keep_busy(play, packets, began + WARM_S + seconds)
        used = tuple(after - b for after, b in zip(play.cpu_s(), used_before, strict=True))
        lasted_s = time.monotonic() - began
        await until(lambda: len(play.receipts) >= before + sent, "receipts are missing")
        play.gateway.stop()
        _check_journal(play, sent)
    warm_ns, end_ns = (int((began + s) * 1e9) for s in (WARM_S, WARM_S + seconds))
    answered = sum(warm_ns <= at < end_ns for at in play.receipts)
    return {
        "reports_per_s": answered / seconds,
        "gateway_cores": used[0] / lasted_s,
        "broker_cores": used[1] / lasted_s,
    }


def _packets(play: Stage, count: int) -> list[bytes]:
    """Round after round, every seal's next edge."""
    return [play.sealers[number % SEALS].turn() for number in range(count)]


async def _keep_busy(play: Stage, packets: list[bytes], end: float) -> int:
    """Send the next packet whenever one is answered; how many were sent until `end`."""
    before, sent = len(play.receipts), 0
    while time.monotonic() < end:
        free = len(play.receipts) - before + SEALS - sent
        if free > 0:
            if sent + free > len(packets):
                raise CannotMeasure(f"it is faster than {FASTEST} a second: raise FASTEST")
            play.line.write(b"".join(packets[sent : sent + free]))
            sent += free
        await asyncio.sleep(_TICK_S)
    return sent


def _check_journal(play: Stage, sent: int) -> None:
    """What was answered must be there."""
    store = play.site.store()
    with store.reading() as connection:
        edges = tables.journal.c.seq.is_not(None)
        count = connection.execute(
            select(func.count()).select_from(tables.journal).where(edges)
        ).scalar()
    store.close()
    if count != sent:
        raise CannotMeasure(f"{sent} reports were answered, but {count} are in the journal")
