"""The warden's webhook: takes POSTs on loopback and notes when each arrived, and what it says."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, cast

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_DOWN = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A small HTTP server. `arrivals` holds (monotonic ns, body) of every POST it took."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self.arrivals: list[tuple[int, bytes]] = []
        self.healthy = True  # while False, it answers 503 and notes nothing
        self.url = ""
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Transport] = set()

    async def start(self) -> None:
        """Listen on a free port; again on the same one after a `stop`."""
        make = asyncio.get_running_loop().create_server
        self._server = await make(lambda: _Request(self, self._open), self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{self._host}:{self._port}/pages"

    async def stop(self) -> None:
        """Stop listening, and break what is open."""
        if self._server is not None:
            self._server.close()
            for transport in list(self._open):
                transport.abort()
            await self._server.wait_closed()

    def pages(self) -> list[tuple[int, dict[str, Any]]]:
        """(monotonic ns, page) of every page that came, repetitions included."""
        return [(at, json.loads(body)) for at, body in self.arrivals]


class _Request(asyncio.Protocol):
    """Just enough of HTTP/1.1: POSTs with a Content-Length, one after the other."""

    def __init__(self, receiver: Receiver, connections: set[asyncio.Transport]) -> None:
        self._receiver, self._open, self._rest = receiver, connections, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        arrived = time.monotonic_ns()
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n") + 4) > 3:
            head = self._rest[:end].lower()
            size = int(head.split(b"\r\ncontent-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._rest) < end + size:
                return
            body, self._rest = self._rest[end : end + size], self._rest[end + size :]
            self._answer(arrived, body)
            if b"\r\nconnection: close" in head:
                self._transport.close()

    def _answer(self, arrived: int, body: bytes) -> None:
        if not self._receiver.healthy:
            self._transport.write(_DOWN)
            return
        self._receiver.arrivals.append((arrived, body))
        self._transport.write(_OK)
