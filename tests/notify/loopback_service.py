"""A service on loopback that answers as it is told to: a receiver's, a provider's, a portal's."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HANG_S = 60.0


@dataclass
class Told:
    """A request that came: when (monotonic s), where, with which headers and body."""

    at_s: float
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Say:
    """An answer. `hangs`: none comes."""

    status: int = 200
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


OK = Say(body="{}")


class LoopbackService:
    """Answers by path what `answers` says, else `otherwise`; notes everything."""

    def __init__(self, otherwise: Say | Callable[[Told], Say] = OK) -> None:
        self.told: list[Told] = []
        self.answers: dict[str, Say] = {}
        self.otherwise = otherwise
        self.url = ""

    def at(self, path: str) -> list[Told]:
        """What came at a path."""
        return [told for told in self.told if told.path == path]

    @contextlib.asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[str]:
        """Listen; its address without a path."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self.url
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        headers: dict[str, Any] = dict(request.headers)
        told = Told(time.monotonic(), request.path, headers, await request.read())
        self.told.append(told)
        say = self.answers.get(request.path)
        if say is None:
            say = self.otherwise(told) if callable(self.otherwise) else self.otherwise
        if say.hangs:
            await asyncio.Event().wait()
        return web.Response(
            status=say.status, text=say.body, content_type=say.content_type, headers=say.headers
        )
