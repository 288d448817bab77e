"""Report at the broker → page at the warden's webhook, with the durable commit between them.

1,000 doors under orders, 100 reports a second, half of them openings that page. Everything is on
as a user runs it: receipts, console, and one screen that watches the wall live. Publish and
arrival times come from one process and one clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sized
from pathlib import Path

import aiohttp

from bench.load import paced, percentile
from bench.stage import SEALS, START_S, CannotMeasure, Stage, stage

RATE = 100
OPEN_FOR = 250  # openings later, thus 5 s: longer than the off-delay, so each pages by itself
SETTLE_S = 20.0
PAUSE_S = 0.5


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """page_p50_ms, page_p99_ms, page_max_ms, cpu_s_per_1000, memory and commits."""
    async with stage(folder, ordered=True) as play, _screen(play.site.console_url):
        before = play.cpu_s()
        sent = await _open_doors(play, seconds)
        used = [after - b for after, b in zip(play.cpu_s(), before, strict=True)]
        rss_mb, console_rss_mb = play.rss_mb(), play.console_rss_mb()
        said = await health(play.site.console_url)
    late = await late_ms(sent, play)
    return {
        "page_p50_ms": percentile(late, 0.5),
        "page_p99_ms": percentile(late, 0.99),
        "page_max_ms": max(late),
        "cpu_s_per_1000": used[0] / (RATE * seconds) * 1_000,
        "rss_mb": rss_mb,
        "console_rss_mb": console_rss_mb,
        "commit_ms_p50": said["commit_ms_p50"],
        "commit_ms_max": said["commit_ms_max"],
    }


async def health(url: str) -> dict[str, float]:
    """What the gateway says of itself: how long its latest commits took, full sync included."""
    async with aiohttp.ClientSession() as session, session.get(url + "/api/v1/health") as answer:
        said: dict[str, dict[str, float]] = await answer.json()
        return said.get("health", said)  # type: ignore[arg-type]


async def _open_doors(play: Stage, seconds: float) -> dict[str, int]:
    """Openings and closings by turns; when each opening's report was published, by page id."""
    sent: dict[str, int] = {}

    def send(number: int) -> None:
        turn, closes = divmod(number, 2)
        # no door is due to shut yet: one that sends heartbeats fills in
        if closes and turn < OPEN_FOR:
            play.line.write(play.sealers[(turn + SEALS // 2) % SEALS].heartbeat())
            return
        sealer = play.sealers[(turn - OPEN_FOR * closes) % SEALS]
        packet = sealer.turn()
        if not closes:
            sent[f"{sealer.seal_id}-{sealer.seq}"] = time.monotonic_ns()
        play.line.write(packet)

    await paced(RATE, int(RATE * seconds), send)
    return sent


async def late_ms(sent: dict[str, int], play: Stage) -> list[float]:
    """How long each opening's page took, in ms, once all have come. CannotMeasure if one does not.

    Others come as well, such as the reminders of what nobody has taken: to count is not enough.
    """
    late = time.monotonic() + SETTLE_S
    while True:
        await _pause(play.receiver.arrivals)
        arrived = _arrived(play)
        lost = sent.keys() - arrived.keys()
        if not lost:
            return [(arrived[page_id] - at) / 1e6 for page_id, at in sent.items()]
        if time.monotonic() > late:
            raise CannotMeasure(f"{len(lost)} openings were never paged, such as {min(lost)}")


async def _pause(arrivals: Sized) -> None:
    """Wait until nothing has come for a moment: a look would slow what comes meanwhile."""
    count = -1
    while len(arrivals) != count:
        count = len(arrivals)
        await asyncio.sleep(PAUSE_S)


def _arrived(play: Stage) -> dict[str, int]:
    """When each page first came, in ns of the monotonic clock, by its id inside the house."""
    arrived: dict[str, int] = {}
    known = play.site.page_ids()  # a page bears another id outside the house
    for at, page in play.receiver.pages():
        arrived.setdefault(known[page["page_id"]], at)
    return arrived


@contextlib.asynccontextmanager
async def _screen(url: str) -> AsyncIterator[None]:
    """A wall screen: it opens the first page, and reads the live stream as long as it hangs."""

    async def watch(session: aiohttp.ClientSession) -> None:
        async with session.get(url + "/stream?view=wallboard") as stream:
            async for _ in stream.content.iter_any():
                pass

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        await first_page(session, url)
        watching = asyncio.create_task(watch(session))
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiohttp.ClientError):
                await watching


async def first_page(session: aiohttp.ClientSession, url: str) -> None:
    """Open the wall. The gateway takes reports before its console is up, so this may take a while.

    CannotMeasure if it never opens.
    """
    late = time.monotonic() + START_S
    while True:
        try:
            async with session.get(url + "/") as page:
                page.raise_for_status()
                await page.read()
                return
        except aiohttp.ClientError as error:
            if time.monotonic() > late:
                raise CannotMeasure(f"the console does not open: {error}") from error
            await asyncio.sleep(0.1)
