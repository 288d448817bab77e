"""The address that InfluxDB 1.8 and later have, in front of the real 1.6; and bad weather to order.

It does what the newer servers do themselves: `/api/v2/write` becomes `/write`, and the token is
checked. Everything else, the answers above all, is the real server's. `weather` makes one answer
or more come from the storm instead.
"""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests import neighbours
from tests.waiting import block_until, until

TOKEN = "a-secret"
START_S = 20.0

Weather = Callable[[Request], Awaitable[Response | None]]


async def fine(_: Request) -> Response | None:
    """No weather: the real server answers."""
    return None


HANGS_S = 60.0  # longer than anybody waits


def answering(status: int, body: str = "", **headers: str) -> Weather:
    """Every request gets this answer, and the real server hears of none."""

    async def weather(_: Request) -> Response | None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(body, status, named)

    return weather


async def hanging(request: Request) -> Response | None:
    """No answer until the one who asked has gone."""
    await until(request.is_disconnected, HANGS_S)
    return Response(status_code=504)


class Front:
    """A server on loopback in a thread of its own, in front of `upstream`."""

    def __init__(self, upstream: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.weather: Weather = fine
        self.asked = 0  # requests so far
        self.taken = 0  # requests that the real server took
        self._upstream = upstream
        routes = [
            Route("/api/v2/write", self._write, methods=["POST"]),
            Route("/query", self._query, methods=["POST"]),
        ]
        app = Starlette(routes=routes, lifespan=self._open)
        config = uvicorn.Config(app, port=port, log_level="error", ws="none", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._port = port
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        """Return once it answers."""
        self._thread.start()
        is_up = block_until(lambda: neighbours.answers(self._port), START_S)
        assert is_up, "the front did not start"

    def stop(self) -> None:
        """Stop it and wait for its thread."""
        self._server.should_exit = True
        self._thread.join(START_S)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=30) as self._client:
            yield

    async def _query(self, request: Request) -> Response:
        self.asked += 1
        storm = await self.weather(request)
        if storm is not None:
            return storm
        if request.headers.get("authorization") != f"Token {TOKEN}":
            return Response('{"error":"unauthorized access"}', 401)
        answer = await self._client.post(
            self._upstream + "/query", params=dict(request.query_params)
        )
        return Response(answer.content, answer.status_code)

    async def _write(self, request: Request) -> Response:
        self.asked += 1
        body = await request.body()
        storm = await self.weather(request)
        if storm is not None:
            return storm
        if request.headers.get("authorization") != f"Token {TOKEN}":
            return Response('{"code":"unauthorized","message":"unauthorized access"}', 401)
        bucket, _, policy = request.query_params["bucket"].partition("/")
        params = {"db": bucket, "precision": request.query_params.get("precision", "ns")}
        if policy:
            params["rp"] = policy
        passed = {k: v for k, v in request.headers.items() if k.startswith("content-")}
        passed.pop("content-length", None)
        try:
            answer = await self._client.post(
                self._upstream + "/write", params=params, content=body, headers=passed
            )
        except httpx.TransportError:
            return Response("the server is away", 502)
        self.taken += answer.is_success
        kind = answer.headers.get("content-type", "text/plain")
        return Response(answer.content, answer.status_code, {"content-type": kind})
