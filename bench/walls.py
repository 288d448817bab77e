"""Fifty walls at one console, a warden's phone, and strangers who storm it: who waits for whom?

1,000 doors under orders, 20 openings a second that page; 50 screens watch the wall live. A phone
asks for its page and takes a case, ten times a second. Then the same once more, without the phone's
figures, while strangers ask for pages as fast as they are let.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bench.load import Sealer, paced, percentile
from bench.pages import first_page, health, late_ms
from bench.stage import SEALS, Stage, stage

WALLS = 50
RATE = 20
OPEN_FOR = 5 * RATE  # openings later, thus 5 s
PRESSES_PER_S = 10
STRANGERS = 32  # connections that ask again as soon as they are answered


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """phone_page_p99_ms_50_walls, ack_p99_ms_50_walls, page_p99_ms_50_walls, page_p99_ms_storm."""
    async with stage(folder, ordered=True) as play:
        url, doors = play.site.console_url, Doors(play)
        async with aiohttp.ClientSession() as http:
            await first_page(http, url)
            quiet = await doors.pages(seconds)
            async with _walls(url):
                await asyncio.sleep(2)
                pressing = asyncio.ensure_future(_phone(http, play, seconds))
                walled = await doors.pages(seconds)
                seen_ms, taken_ms = await pressing
                rss = play.rss_mb(), play.console_rss_mb()
                async with _storm(url) as asked:
                    stormed = await doors.pages(seconds)
            await health(url)
    return {
        "phone_page_p50_ms_50_walls": percentile(seen_ms, 0.5),
        "phone_page_p99_ms_50_walls": percentile(seen_ms, 0.99),
        "ack_p99_ms_50_walls": percentile(taken_ms, 0.99),
        "page_p50_ms_alone": percentile(quiet, 0.5),
        "page_p99_ms_alone": percentile(quiet, 0.99),
        "page_p50_ms_50_walls": percentile(walled, 0.5),
        "page_p99_ms_50_walls": percentile(walled, 0.99),
        "page_p50_ms_storm": percentile(stormed, 0.5),
        "page_p99_ms_storm": percentile(stormed, 0.99),
        "storm_requests_per_s": asked[0] / seconds,
        "gateway_rss_mb_50_walls": rss[0],
        "console_rss_mb_50_walls": rss[1],
    }


class Doors:
    """All doors in turn: each opens once in a long while, so that each opening pages by itself."""

    def __init__(self, play: Stage) -> None:
        self._play = play
        self._first = 0  # the door whose turn it is

    async def pages(self, seconds: float) -> list[float]:
        """Openings that page; how late each page came, in ms. Each door shuts after 5 s."""
        play, sent, count = self._play, dict[str, int](), int(RATE * seconds)

        def send(number: int) -> None:
            turn, closes = divmod(number, 2)
            if not closes:
                sealer = self._door(turn)
                packet = sealer.turn()
                sent[f"{sealer.seal_id}-{sealer.seq}"] = time.monotonic_ns()
                play.line.write(packet)
            elif turn >= OPEN_FOR:
                play.line.write(self._door(turn - OPEN_FOR).turn())

        await paced(2 * RATE, 2 * count, send)
        for turn in range(max(0, count - OPEN_FOR), count):
            play.line.write(self._door(turn).turn())
        self._first += count
        return await late_ms(sent, play)

    def _door(self, turn: int) -> Sealer:
        return self._play.sealers[(self._first + turn) % SEALS]


async def _phone(
    http: aiohttp.ClientSession, play: Stage, seconds: float
) -> tuple[list[float], list[float]]:
    """How long a warden's own page takes, and an acknowledgement, in ms."""
    url, seen, taken = play.site.console_url, list[float](), list[float]()
    ends = time.monotonic() + seconds
    known: set[str] = set()
    while time.monotonic() < ends:
        began = time.monotonic()
        async with http.get(f"{url}/inbox/warden-grid-00") as page:
            await page.read()
            page.raise_for_status()
        seen.append((time.monotonic() - began) * 1000)
        async with http.get(f"{url}/api/v1/cases") as answer:
            waiting = [case["case_id"] for case in (await answer.json())["open"]]
        fresh = next((case_id for case_id in waiting if case_id not in known), None)
        if fresh is not None:
            known.add(fresh)
            began = time.monotonic()
            where = f"{url}/api/v1/cases/{fresh}/acknowledge"
            async with http.post(where, headers={"Menshen-Actor": "centre"}, json={}) as answer:
                await answer.read()
            taken.append((time.monotonic() - began) * 1000)
        await asyncio.sleep(max(0.0, 1 / PRESSES_PER_S - (time.monotonic() - began)))
    return seen, taken or [0.0]


@contextlib.asynccontextmanager
async def _walls(url: str) -> AsyncIterator[None]:
    """Fifty screens: each holds the wall's live stream open, and reads it."""

    async def watch() -> None:
        reader, writer = await asyncio.open_connection(*address(url))
        writer.write(b"GET /stream?view=wallboard HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            while await reader.read(1 << 16):
                pass
        finally:
            writer.transport.abort()

    async with at_once(watch, WALLS):
        yield


@contextlib.asynccontextmanager
async def _storm(url: str) -> AsyncIterator[list[int]]:
    """Strangers who ask for the wall, again and again; how often they asked, as it grows."""
    asked = [0]

    async def ask() -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(*address(url))
                try:
                    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    asked[0] += 1
                    await reader.read()
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0)

    async with at_once(ask, STRANGERS):
        yield asked


@contextlib.asynccontextmanager
async def at_once(
    what: Callable[[], Coroutine[None, None, None]], count: int
) -> AsyncIterator[None]:
    """So many of it at work."""
    tasks = [asyncio.ensure_future(what()) for _ in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def address(url: str) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)
