"""Five hundred wardens' phones live at one console, over HTTPS: what they hold, and who waits.

500 people with accounts, each with two doors under orders; 20 openings a second that page, each on
one of those phones. By turns nobody looks and all phones do, so that whatever else the machine does
falls on both alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.load import percentile
from bench.stage import SEALS, CannotMeasure, Stage, stage, until
from bench.walls import Doors, address, at_once
from gateway.accounts import persons, sessions
from gateway.accounts.file import AccountsFile
from gateway.accounts.roles import Role
from gateway.provisioning.certificates import CA_CRT, CONSOLE_CRT, CONSOLE_KEY
from tests.end_to_end import site as sites
from tests.web.site_certificate import certified

PHONES = 500
TURNS = 3  # of each, so that a median can be taken
CAME_S = 60.0
COOKIE = "__Host-menshen_session"
HTTPS = f'certificate = "{CONSOLE_CRT}"\nkey = "{CONSOLE_KEY}"\n'


async def measure(folder: Path, seconds: float) -> dict[str, float]:
    """phones_mb, page_p99_500_phones_ratio, phone_page_p99_ms_500_phones and the figures below."""
    tokens: list[str] = []

    def prepare(site: sites.Site) -> None:
        certified(site.folder, ())
        tokens.extend(signed_in(site, PHONES))

    async with stage(
        folder,
        ordered=True,
        doors_in_a_grid=SEALS // PHONES,
        console=HTTPS,
        prepare=prepare,
    ) as play:
        phones, doors = Phones(play, tokens), Doors(play)
        await phones.first()
        await doors.pages(seconds)  # what every process loads at its first page, and is no phone's
        held_mb, alone, beside = list[float](), list[list[float]](), list[list[float]]()
        for _ in range(TURNS):
            alone.append(await doors.pages(seconds))
            before_mb = play.rss_mb() + play.console_rss_mb()
            async with phones.live():
                looking = asyncio.ensure_future(phones.looks(seconds))
                beside.append(await doors.pages(seconds))
                await looking
                held_mb.append(play.rss_mb() + play.console_rss_mb() - before_mb)
    return {
        # What the first round takes stays with the process: later ones find it there.
        "phones_mb": max(held_mb),
        "page_p50_ms_no_phones": _middle(alone, 0.5),
        "page_p50_ms_500_phones": _middle(beside, 0.5),
        "page_p99_ms_no_phones": _middle(alone, 0.99),
        "page_p99_ms_500_phones": _middle(beside, 0.99),
        "page_p99_500_phones_ratio": statistics.median(
            percentile(b, 0.99) / percentile(a, 0.99) for a, b in zip(alone, beside, strict=True)
        ),
        "phone_page_p99_ms_500_phones": percentile(phones.took_ms, 0.99),
        "phones_told": float(phones.events),
    }


def _middle(turns: list[list[float]], part: float) -> float:
    return statistics.median(percentile(turn, part) for turn in turns)


def warden(number: int) -> str:
    """The id of the one whose grid has this number."""
    return f"warden-grid-{number:02d}"


def signed_in(site: sites.Site, count: int) -> list[str]:
    """Accounts for so many wardens, each signed in on a phone; the tokens of those sessions."""
    file, now_ms = (
        AccountsFile(site.folder / "menshen.db", site.folder),
        time.time_ns() // 1_000_000,
    )
    with file.create().writing() as connection:
        tokens = [
            sessions.begin(
                connection,
                persons.add(connection, f"w{number}", [Role.WARDEN], now_ms, warden(number)),
                sessions.Kind.PHONE,
                "Mi 9",
                now_ms,
            )
            for number in range(count)
        ]
    file.close()
    return tokens


class Phones:
    """All of them: `events` that came, and how long pages took that were opened, in ms."""

    def __init__(self, play: Stage, tokens: list[str]) -> None:
        self._where = address(play.site.console_url)
        self._tokens, self.events, self._open = tokens, 0, 0
        self._trusted = ssl.create_default_context(cafile=str(play.site.folder / CA_CRT))
        self.took_ms: list[float] = []

    async def first(self) -> None:
        """Open one's page, as soon as the console is there. CannotMeasure if it never is."""
        late = time.monotonic() + CAME_S
        while True:
            with contextlib.suppress(OSError):
                await self._page(0)
                return
            if time.monotonic() > late:
                raise CannotMeasure("the console does not open")
            await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def live(self) -> AsyncIterator[None]:
        """All phones hold their live stream open, and read it."""
        numbers = iter(range(PHONES))
        async with at_once(lambda: self._listen(next(numbers)), PHONES):
            await until(lambda: self._open == PHONES, "not every phone has its stream", CAME_S)
            yield

    async def looks(self, seconds: float) -> None:
        """One after another opens her page, ten a second."""
        ends, number = time.monotonic() + seconds, 0
        while (began := time.monotonic()) < ends:
            await self._page(number % PHONES)
            number += 1
            self.took_ms.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(max(0.0, 0.1 - (time.monotonic() - began)))

    async def _page(self, number: int) -> None:
        reader, writer = await self._asks(f"/handheld/{warden(number)}", number, "close")
        try:
            while await reader.read(1 << 16):
                pass
        finally:
            writer.transport.abort()

    async def _listen(self, number: int) -> None:
        path = f"/stream?topic=tasks:{warden(number)}::zh"
        reader, writer = await self._asks(path, number, "keep-alive")
        self._open += 1
        try:
            while part := await reader.read(1 << 16):
                self.events += part.count(b"event: fragment")
            raise CannotMeasure(f"the stream of phone {number} ended")
        finally:
            self._open -= 1
            writer.transport.abort()

    async def _asks(
        self, path: str, number: int, connection: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self._where, ssl=self._trusted)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._where[1]}\r\n"
        cookie = f"Cookie: {COOKIE}={self._tokens[number]}\r\n"
        writer.write(f"{head}{cookie}Connection: {connection}\r\n\r\n".encode())
        said = (await reader.readline()).decode().strip()
        if " 200 " not in f"{said} ":
            writer.transport.abort()
            raise CannotMeasure(f"phone {number} is answered {said}")
        return reader, writer
