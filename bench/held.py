"""How many pages a second are held, how quick a quiet one is, and how late the last one is after
the receiver was away.

Openings and closings by turns, every opening at a door of its own, so that each pages by itself. A
rate is held if the load kept its pace, no page is missing, and the last quarter of the pages was
quick: no backlog grew. The rate is doubled until one is not held, then the gap is halved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bench.load import paced, percentile
from bench.pages import late_ms
from bench.stage import CannotMeasure, Stage, stage

DOORS = 20_000
QUIET = 10  # reports a second
HOLD_S = 2.0
FIRST, MOST = 600, 4_800  # reports a second
HALVINGS = 2
QUICK_MS = 100.0  # the median of the last quarter, where no backlog grows
PACE = 0.95
SHUT_AFTER_S = 1.0
OUTAGE_S, OUTAGE_RATE = 20.0, 50


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """page_p50_ms_10, pages_held_per_s and last_page_after_outage_s."""
    async with stage(folder, ordered=True, seals=DOORS) as play:
        load = _Load(play)
        quiet = await late_ms(await load.openings(QUIET, seconds), play)
        after_s = await _outage(play, load)
        held = await _most_held(play, load)
    return {
        "page_p50_ms_10": percentile(quiet, 0.5),
        "pages_held_per_s": held / 2,
        "last_page_after_outage_s": after_s,
    }


@dataclass
class _Load:
    """Sends openings, each at a door that has not opened yet."""

    play: Stage
    first: int = 0  # the next such door
    took_s: float = 0.0

    async def openings(self, rate: float, seconds: float) -> dict[str, int]:
        """When the report of each opening was published, by page id."""
        sent: dict[str, int] = {}
        sealers, line = self.play.sealers, self.play.line
        base, open_for = self.first, int(SHUT_AFTER_S * rate / 2)

        def send(number: int) -> None:
            turn, closes = divmod(number, 2)
            if closes:
                sealer = sealers[base + turn - open_for] if turn >= open_for else sealers[base]
                line.write(sealer.turn() if turn >= open_for else sealer.heartbeat())
                return
            sealer = sealers[base + turn]
            packet = sealer.turn()
            sent[f"{sealer.seal_id}-{sealer.seq}"] = time.monotonic_ns()
            line.write(packet)

        count = int(rate * seconds)
        self.first += count // 2 + 1
        if self.first > len(sealers):
            raise CannotMeasure("every door has opened: raise DOORS")
        began = time.monotonic()
        await paced(rate, count, send)
        self.took_s = time.monotonic() - began
        return sent


async def _most_held(play: Stage, load: _Load) -> float:
    """The highest rate of reports that is held."""

    async def holds(rate: float) -> bool:
        sent = await load.openings(rate, HOLD_S)
        last = (await late_ms(sent, play))[-len(sent) // 4 :]
        return percentile(last, 0.5) < QUICK_MS and load.took_s < HOLD_S / PACE

    good, bad = 0.0, float(FIRST)
    while bad <= MOST and await holds(bad):
        good, bad = bad, bad * 2
    for _ in range(HALVINGS if bad <= MOST else 0):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if await holds(middle) else (good, middle)
    return good


async def _outage(play: Stage, load: _Load) -> float:
    """The receiver is away, and comes back: how long until the last page of that time is there."""
    await play.receiver.stop()
    sent = await load.openings(OUTAGE_RATE, OUTAGE_S)
    await play.receiver.start()
    back_ns = time.monotonic_ns()
    late = await late_ms(sent, play)
    came_ns = max(at + ms * 1e6 for at, ms in zip(sent.values(), late, strict=True))
    return (came_ns - back_ns) / 1e9
