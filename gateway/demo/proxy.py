"""Shows the gateway's console under /gateway/ of the demo's own address, streams included.

One origin lets the page read the phone and measure when a page has appeared there.
"""

from collections.abc import AsyncIterator

import aiohttp
from fastapi import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from yarl import URL

PREFIX = "/gateway"
BODY_MAX = 65_536
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=60)
_HOP_BY_HOP = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Forwarded(StreamingResponse):
    """Lets go of the console's answer as soon as the browser has let go of ours."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        super().__init__(_chunks(answer), answer.status)
        self.raw_headers = [
            (name.lower(), value)
            for name, value in answer.raw_headers
            if name.decode("latin-1").lower() not in _HOP_BY_HOP
        ]
        self._answer = answer

    async def __call__(self, *args: object) -> None:
        """Send it on."""
        try:
            await super().__call__(*args)  # type: ignore[arg-type] # ASGI's three
        finally:
            self._answer.close()


async def forward(http: aiohttp.ClientSession, console_url: str, request: Request) -> Response:
    """The console's answer to a request under PREFIX, or that nobody is there to answer."""
    path = request.scope["raw_path"].decode("latin-1").removeprefix(PREFIX) or "/"
    query = f"?{request.url.query}" if request.url.query else ""
    headers = [(k, v) for k, v in request.headers.items() if k not in _HOP_BY_HOP]
    headers.append(("X-Forwarded-Prefix", PREFIX))
    body = await request.body()
    if len(body) > BODY_MAX:
        return Response(status_code=413)
    try:
        answer = await http.request(
            request.method,
            URL(console_url + path + query, encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
            timeout=_PATIENCE,
        )
    except (aiohttp.ClientError, TimeoutError, OSError):
        return HTMLResponse(_NOBODY, 503, {"Retry-After": "1", "Cache-Control": "no-store"})
    return Forwarded(answer)


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError):
        return  # the gateway was killed meanwhile: the stream ends as if the line were cut


_NOBODY = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>Menshen</title>
<meta http-equiv="refresh" content="1"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/static/console/menshen.css">
<main class="main"><h1>网关此刻不在</h1>
<p>门仍在被看着：封条把上报留在闪存里，网关一回来就送到。</p>
<h1>The gateway is away</h1><p>The doors are still watched: their seals keep every report in flash,
and deliver when the gateway is back.</p></main></html>"""
