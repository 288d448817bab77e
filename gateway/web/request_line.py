"""What the first line of a request may be beside the usual: HEAD, and an address with its host.

HEAD is GET whose answer is its head (RFC 9110, 9.3.2): whoever watches whether the console is up
asks so. An address with its host is what a client sends that takes us for its proxy (RFC 9112,
3.2.2); its host counts then. Both are settled before anything else looks at the request.
"""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.said_address import parts_of


class RequestLineMiddleware:
    """ASGI middleware around the whole console."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the usual one that it stands for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith("/"):
            scope = _usual(scope)
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        head = _HeadOnly(receive, send)
        await self._app({**scope, "method": "GET"}, head.receive, head.send)


def _usual(scope: Scope) -> dict[str, Any]:
    """An address with its host as a path, and its host in the head; unchanged if it is none."""
    parts = parts_of(scope["path"])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return dict(scope)
    host = parts.netloc.encode("ascii", "replace")
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    path = scope["path"].partition("://")[2].removeprefix(parts.netloc) or "/"
    return {**scope, "path": path, "headers": [(b"host", host), *headers]}


class _HeadOnly:
    """Sends an answer's head, and ends what would go on."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._has_begun = asyncio.Event()

    async def receive(self) -> Message:
        """What comes; once the head is out, that they are gone: a live page ends there."""
        if not self._has_begun.is_set():
            coming = asyncio.ensure_future(self._receive())
            begun = asyncio.ensure_future(self._has_begun.wait())
            try:
                await asyncio.wait({coming, begun}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    return coming.result()
            finally:
                begun.cancel()
                coming.cancel()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """The head, and an empty body behind it."""
        if message["type"] == "http.response.start":
            await self._send(message)
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._has_begun.set()
