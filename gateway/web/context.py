"""What every route needs at hand: settings, store, engine, clock, language, drawing.

The console lives in the gateway's event loop. Reading and drawing are done on a thread, one at a
time, so that a big page never delays a warden's page.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode

import anyio
from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.engine.engine import Engine
from gateway.engine.ports import Answer
from gateway.language import negotiate
from gateway.language.catalogue import N_
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.drawing import Drawing
from gateway.web.security import prefix

READERS_MAX: Final = 1  # threads that read and draw; more would only take turns with the loop
SUBMIT_S: Final = 10.0  # how long a person waits for the commit before being told

T = TypeVar("T")
Before = Annotated[int | None, Query(ge=0, le=2**53)]  # ms; older than this is asked for

_NOT_STORED = N_("The gateway cannot store this now. It keeps trying; try again in a minute.")


class WebContext:
    """Handed to every route."""

    def __init__(self, settings: Settings, store: Store, engine: Engine) -> None:
        self.settings, self.store, self.engine = settings, store, engine
        self.rulebook, self.zone = settings.rulebook, settings.zone
        self.streams = 0
        self._limiter = anyio.CapacityLimiter(READERS_MAX)
        self.key = secrets.token_bytes(32)  # signs what a screen keeps, for this run
        self._submissions: set[asyncio.Task[Answer]] = set()
        self._drawing = Drawing(self.zone)

    def now_ms(self) -> int:
        """The gateway's time, in milliseconds of UTC."""
        return self.engine.clock.now_ms()

    def language(self, request: Request) -> str:
        """The language of this request."""
        return negotiate.chosen(request, self.settings.site.language)

    async def read(self, view: Callable[[Connection], T]) -> T:
        """What a function makes of one snapshot. StoreError if the store cannot be read."""

        def on_thread() -> T:
            with self.store.reading() as connection:
                return view(connection)

        return await anyio.to_thread.run_sync(on_thread, limiter=self._limiter)

    async def page(
        self,
        request: Request,
        template: str,
        gather: Callable[[Connection], dict[str, Any]],
    ) -> Response:
        """A page, or a part of one, from what `gather` reads."""
        values = self.setting(request)
        html = await self.read(lambda connection: self.draw(template, values, gather(connection)))
        return self.answer(request, html)

    def answer(self, request: Request, html: str, status: int = 200) -> Response:
        """HTML, remembering the language if one was asked for."""
        response = HTMLResponse(html, status)
        if asked := negotiate.asked_for(request):
            response.set_cookie(
                negotiate.COOKIE,
                asked,
                max_age=negotiate.COOKIE_S,
                path=prefix(request) or "/",
                httponly=True,
                samesite="lax",
            )
        return response

    def setting(self, request: Request) -> dict[str, Any]:
        """What every template may use, for this request."""
        before = prefix(request)
        return {
            "language": self.language(request),
            "site": self.settings.site.name,
            "in_language": lambda name: "?" + urlencode({**request.query_params, "lang": name}),
            "now_ms": self.now_ms(),
            "clock_doubted": self.engine.health().clock_told,
            # a fragment in a stream says where it belongs; in its page it stands
            # there
            "oob": False,
            "url": lambda *parts: before + "/" + "/".join(quote(part, safe="") for part in parts),
            "static": lambda name: f"{before}/static/{name}",
        }

    def draw(self, template: str, setting: dict[str, Any], values: dict[str, Any]) -> str:
        """HTML. For a thread: a wall of 500 doors takes a while."""
        return self._drawing.draw(setting["language"], template, setting | values)

    async def submit(self, subject: Subject, event: Event) -> bool:
        """As `act`: whether it changed something."""
        return (await self.action(subject, event)).changed

    async def action(self, subject: Subject, event: Event) -> Answer:
        """Put an action of a person into the loop. What came of it; HttpProblem if it waits.

        The action stays in the loop even if the person was told that it waits.
        """
        action = asyncio.ensure_future(self.engine.submit(subject, event))
        self._submissions.add(action)
        action.add_done_callback(self._submissions.discard)
        done, _ = await asyncio.wait({action}, timeout=SUBMIT_S)
        if not done:
            raise HttpProblem(503, _NOT_STORED)
        try:
            return action.result()
        except KeyError:
            raise HttpProblem(404, NOT_FOUND) from None
