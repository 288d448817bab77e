"""A real gateway with its console beside it, doors that open, and strangers at the console."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import psutil

from sealwire import topics
from tests import neighbours, waiting
from tests.end_to_end import site as sites
from tests.end_to_end.fleet import LoadSeal
from tests.end_to_end.line import Line, open_line
from tests.end_to_end.receiver import Receiver

SEED = 9
START_S = 60.0


class Play:
    """Gateway, console, doors and webhook."""

    def __init__(
        self, site: sites.Site, gateway: neighbours.Neighbour, line: Line, receiver: Receiver
    ) -> None:
        self.site, self.gateway, self.line, self.receiver = site, gateway, line, receiver
        self._seals = [LoadSeal(enrolled) for enrolled in site.seals]
        self._packets = 0
        address = urlsplit(site.console_url)
        self.address = str(address.hostname), int(address.port or 0)

    def console_pid(self) -> int:
        """The console's process."""
        [console] = psutil.Process(self.gateway.pid).children()
        return console.pid

    def opens(self, number: int) -> str:
        """A door opens; the id of its page."""
        told = self._seals[number].turn(time.monotonic())
        self._packets += 1
        frame = self._seals[number].transmission(time.monotonic())
        topic = topics.report(self._seals[number].seal_id)
        self.line.write_report(topic, frame, self._packets)
        assert told.opening_id is not None
        return told.opening_id

    async def told(self, page_id: str, within_s: float) -> float:
        """Wait for the page at the webhook; when it came, in seconds of the monotonic clock."""

        def arrivals() -> list[int]:
            pages = self.receiver.pages()
            known = self.site.page_ids() if pages else {}  # a page bears another id outside
            return [at for at, page in pages if known.get(page["page_id"]) == page_id]

        await waiting.until(arrivals, wait_s=within_s)
        return arrivals()[0] / 1e9

    async def page_s(self, number: int, within_s: float = 5.0) -> float:
        """How long it takes from an opening to its page, in seconds."""
        began_s = time.monotonic()
        return await self.told(self.opens(number), within_s) - began_s

    async def is_up(self, wait_s: float = START_S) -> None:
        """Wait until the console answers for a gateway that has its broker."""
        async with aiohttp.ClientSession() as http:
            await waiting.until(lambda: self.health(http), wait_s=wait_s)

    async def health(self, http: aiohttp.ClientSession) -> dict[str, object] | None:
        """What the console says of it; None if it says nothing."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            patience = aiohttp.ClientTimeout(total=3)
            async with http.get(
                f"{self.site.console_url}/api/v1/health", timeout=patience
            ) as answer:
                said = await answer.json()
                if answer.ok and said["health"]["broker_connected"]:
                    return dict(said)
        return None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The gateway stands still until the end of the block."""
        os.kill(self.gateway.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.gateway.pid, signal.SIGCONT)


@contextlib.asynccontextmanager
async def playing(folder: Path, broker: neighbours.Broker, doors: int = 40) -> AsyncIterator[Play]:
    """A site of sealed doors under orders, at work."""
    receiver = Receiver()
    await receiver.start()
    site = sites.found(
        folder / "site",
        random.Random(SEED),  # noqa: S311 - not a secret
        doors=doors,
        ordered=doors,
        broker_port=broker.port,
        webhook=receiver.url,
    )
    line = await open_line(broker.port, lambda *_: None, ["seals/+/receipt"], client_id="doors")
    gateway = sites.gateway(site)
    gateway.start()
    play = Play(site, gateway, line, receiver)
    try:
        await play.is_up()
        await waiting.until(site.is_enrolled, wait_s=START_S)
        yield play
    finally:
        line.cut()
        gateway.stop()
        await receiver.stop()


async def stranger(address: tuple[str, int], said: bytes = b"") -> asyncio.StreamReader:
    """A connection that says something, or nothing, and stays."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(said)
    _OPEN.append(writer)
    return reader


_OPEN: list[asyncio.StreamWriter] = []


async def all_leave() -> None:
    """Every stranger goes."""
    for writer in _OPEN:
        writer.transport.abort()
    for writer in _OPEN:
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    _OPEN.clear()


def get(path: str) -> bytes:
    """A request without a browser."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n\r\n".encode()
