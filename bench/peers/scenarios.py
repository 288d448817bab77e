"""What is done to each system, and what is noted of it. All of it in one life, in this order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bench.peers.load import Run
from bench.peers.rig import Rig, Shares

FAULT_RATE = 50  # events a second
KILLED_S = 2.0  # between a kill and the next start
FIRST, MOST = 300, 9_600  # events a second, where the highest that is held is looked for
QUICK_MS = 500.0  # median of the last quarter: beyond it a backlog grows
PACE = 0.97

Figures = dict[str, Any]


@dataclass(frozen=True)
class Lengths:
    """How long everything lasts, in seconds."""

    rates: tuple[tuple[int, float], ...]
    lead: float  # of even load before a fault,
    down: float  # with the webhook away,
    long_down: float  # in which the system is killed as well,
    tail: float  # and afterwards
    hold: float
    halvings: int
    quiet: float  # so long nothing came: nothing comes any more


LONG = Lengths(((1, 40.0), (10, 20.0), (100, 20.0), (300, 20.0)), 5, 10, 20, 15, 10.0, 3, 15.0)
QUICK = Lengths(((1, 6.0), (10, 6.0), (100, 5.0), (300, 4.0)), 1.5, 2.5, 5, 4, 2.0, 1, 2.5)


async def whole(rig: Rig, lengths: Lengths) -> Figures:
    """Everything, as one round of one system."""
    figures: Figures = {"start_s": round(rig.start_s, 2), "rates": {}, "lost": {}, "doubled": {}}
    for rate, seconds in lengths.rates:
        figures["rates"][str(rate)] = await steady(rig, rate, seconds, lengths.quiet)
    figures["rss_mb"] = round(rig.system.rss_mb(), 1)
    for name, fault in (("kill", _kill), ("hookdown", _hookdown), ("killdown", _killdown)):
        outcome = await fault(rig, lengths)
        figures["lost"][name], figures["doubled"][name] = outcome["lost"], outcome["doubled"]
        if name == "hookdown":
            figures["last_page_after_outage_s"] = outcome["last_page_s"]
    figures["max_held"] = await most_held(rig, lengths)
    return figures


async def steady(rig: Rig, rate: int, seconds: float, quiet_s: float) -> Figures:
    """So many events a second, and how late their pages were."""
    shares = Shares(rig.system)
    run = await rig.load.run(rate, seconds)
    came = await rig.drain(run, quiet_s)
    used_s, other_cores = shares.so_far()
    return {
        "p50_ms": came.at(0.5),
        "p99_ms": came.at(0.99),
        "max_ms": came.at(1.0),
        "cpu_s_per_1000": round(used_s / run.events * 1_000, 3),
        "openings": len(run.sent),
        "lost": came.lost,
        "doubled": came.doubled,
        "worst_lag_ms": round(run.worst_lag_s * 1_000, 1),
        "other_cores": round(other_cores, 2),
    }


async def most_held(rig: Rig, lengths: Lengths) -> int:
    """The highest rate that is held: nothing lost, the pace kept, and no backlog that grew."""

    async def holds(rate: float) -> bool:
        run = await rig.load.run(rate, lengths.hold)
        came = await rig.drain(run, lengths.quiet)
        last = sorted(came.late_ms[-(len(came.late_ms) // 4) :])
        is_quick = bool(last) and last[len(last) // 2] < QUICK_MS
        return is_quick and not came.lost and run.took_s < lengths.hold / PACE

    good, bad = 0.0, float(FIRST)
    while bad <= MOST and await holds(bad):
        good, bad = bad, bad * 2
    for _ in range(lengths.halvings if bad <= MOST else 0):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if await holds(middle) else (good, middle)
    return round(good)


async def _under_load(
    rig: Rig, lengths: Lengths, lasts: float, fault: Callable[[], Awaitable[None]]
) -> tuple[Run, int]:
    """Even load, a fault in the midst of it; what was sent, and when the fault was over, in ns."""
    run = Run()
    seconds = lengths.lead + lasts + lengths.tail
    load = asyncio.create_task(rig.load.run(FAULT_RATE, seconds, run))
    await asyncio.sleep(lengths.lead)
    await fault()
    over_ns = time.monotonic_ns()
    await load
    return run, over_ns


def _outcome(rig: Rig, run: Run, over_ns: int) -> Figures:
    """Lost, doubled, and when the last page of what was sent before the fault's end came, in
    seconds after it; None where such a page never came."""
    came = rig.came(run)
    before = Run({key: at_ns for key, at_ns in run.sent.items() if at_ns < over_ns})
    waited = rig.came(before)
    last_s = None if waited.lost else round(max(0, waited.last_ns - over_ns) / 1e9, 3)
    return {"lost": came.lost, "doubled": came.doubled, "last_page_s": last_s}


async def _kill(rig: Rig, lengths: Lengths) -> Figures:
    """SIGKILL, a moment of nothing, and a new start."""

    async def fault() -> None:
        await asyncio.to_thread(rig.kill)
        await asyncio.sleep(KILLED_S)
        await asyncio.to_thread(rig.start)

    run, over_ns = await _under_load(rig, lengths, KILLED_S, fault)
    await rig.drain(run, lengths.quiet, over_ns)
    return _outcome(rig, run, over_ns)


async def _hookdown(rig: Rig, lengths: Lengths) -> Figures:
    """The webhook refuses connections for a while."""

    async def fault() -> None:
        await rig.receiver.stop()
        await asyncio.sleep(lengths.down)
        await rig.receiver.start()

    run, over_ns = await _under_load(rig, lengths, lengths.down, fault)
    await rig.drain(run, lengths.quiet)
    return _outcome(rig, run, over_ns)


async def _killdown(rig: Rig, lengths: Lengths) -> Figures:
    """The webhook is away, and the system is killed and started anew meanwhile."""

    async def fault() -> None:
        await rig.receiver.stop()
        await asyncio.sleep(lengths.long_down / 4)
        await asyncio.to_thread(rig.kill)
        await asyncio.to_thread(rig.start)
        await asyncio.sleep(lengths.long_down * 3 / 4)
        await rig.receiver.start()

    run, over_ns = await _under_load(rig, lengths, lengths.long_down, fault)
    await rig.drain(run, lengths.quiet, over_ns)
    return _outcome(rig, run, over_ns)
