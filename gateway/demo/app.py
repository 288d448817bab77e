"""The demo's page, its live stream, its actions, and the console behind it. Loopback only."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import jinja2
import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.demo import proxy, words
from gateway.demo.gateway_process import GatewayProcess
from gateway.demo.house import DOORS_A_FLOOR, WARDEN
from gateway.demo.view_model import ViewModel
from gateway.language import negotiate as languages
from gateway.language.catalogue import LOCALES
from gateway.settings.zone import place
from gateway.web import app as console

HERE: Final = Path(__file__).parent
DEFAULT: Final = "zh"  # where a browser says nothing
PING_S: Final = 15.0
TOGETHER_S: Final = 0.01  # what happens so close together is shown together
_OWN_NAMES: Final = ("127.0.0.1", "localhost", "::1")
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Move(BaseModel):
    """A door's leaf, as it is wanted."""

    door_id: str
    open: bool


class Shown(BaseModel):
    """A page that stands on the phone since `at_ms`."""

    page_id: str
    at_ms: float


class Guard:
    """This machine's own names only, and actions only from our own page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or _is_ours(HTTPConnection(scope), scope["method"]):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("This page answers to this machine only.\n", 403)
        await refusal(scope, receive, send)


def _is_ours(asked: HTTPConnection, method: str) -> bool:
    host = asked.headers.get("host", "")
    try:
        if urlsplit(f"//{host}").hostname not in _OWN_NAMES:
            return False
        origin = asked.headers.get("origin")
        return method in ("GET", "HEAD") or origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False


class DemoActions:
    """What a visitor may do. The supervisor hands it in."""

    def __init__(self, move: Callable[[str, bool], None], kill: Callable[[], None]) -> None:
        self.move, self.kill = move, kill


def build(
    view_model: ViewModel,
    gateway_process: GatewayProcess,
    actions: DemoActions,
    http: aiohttp.ClientSession,
) -> FastAPI:
    """The whole application."""
    app = FastAPI(title="Menshen demo", docs_url=None, redoc_url=None, openapi_url=None)

    @app.api_route(proxy.PREFIX + "/{path:path}", methods=["GET", "HEAD", "POST"])
    async def gateway(request: Request) -> Response:
        return await proxy.forward(http, gateway_process.url, request)

    app.include_router(_shown(view_model))
    app.include_router(_done(view_model, actions))
    app.mount("/static/console", console.Static(directory=console.STATIC))
    app.mount("/static", console.Static(directory=HERE / "static"))
    app.add_middleware(Guard)
    return app


def _shown(view_model: ViewModel) -> APIRouter:
    """The page, and what it listens to."""
    router = APIRouter()
    environments = {name: _environment(name) for name in LOCALES}

    @router.get("/")
    async def page(request: Request) -> Response:
        language = languages.chosen(request, DEFAULT)
        template = environments[language].get_template("demo.html")
        floors = _floors(list(view_model.leaves))
        zone = getattr(place(""), "key", None) or ""  # the demo's settings name none
        html = template.render(language=language, floors=floors, warden=WARDEN, zone=zone)
        return HTMLResponse(html, headers=_HEADERS)

    @router.get("/live")
    async def live(request: Request) -> Response:
        stream = _live(view_model, languages.chosen(request, DEFAULT))
        return StreamingResponse(stream, media_type="text/event-stream")

    @router.get("/clock")
    async def clock() -> Response:
        now = msgspec.json.encode({"now_ms": time.time_ns() / 1_000_000})
        return Response(now, media_type="application/json")

    return router


def _done(view_model: ViewModel, actions: DemoActions) -> APIRouter:
    """What the page sends: a visitor's actions, and what it saw on the phone."""
    router = APIRouter(prefix="/act", default_response_class=Response)

    @router.post("/move", status_code=204)
    async def move(wanted: Move) -> None:
        if wanted.door_id in view_model.leaves:
            actions.move(wanted.door_id, wanted.open)

    @router.post("/kill", status_code=204)
    async def kill() -> None:
        actions.kill()

    @router.post("/shown", status_code=204)
    async def shown(sight: Shown) -> None:
        view_model.page_shown(sight.page_id, sight.at_ms)

    return router


async def _live(view_model: ViewModel, language: str) -> AsyncIterator[bytes]:
    """The view at once, and again whenever it has changed."""
    while True:
        turn = view_model.turn
        yield b"data: " + msgspec.json.encode(view_model.told_in(language)) + b"\n\n"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PING_S):
                await view_model.changed(turn)
        await asyncio.sleep(TOGETHER_S)


def _floors(door_ids: list[str]) -> list[list[str]]:
    """From the top floor down, as one sees a house."""
    starts = range(0, len(door_ids), DOORS_A_FLOOR)
    return [door_ids[start : start + DOORS_A_FLOOR] for start in starts][::-1]


def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = lambda message: words.say(message, language)
    return environment
