"""What every route needs at hand: settings, store, gateway, clock, language, drawing.

Reading and drawing are done on threads, a lane for each kind of page, so that a wall of a thousand
doors never keeps a warden waiting. A page that looks the same for everybody is drawn once for all
who ask for it in the same moment.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Hashable
from enum import Enum, auto
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode

import anyio
from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.accounts.roles import Right
from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.engine.gateway import Gateway, GatewayAwayError
from gateway.engine.ports import Answer
from gateway.language import negotiate, times
from gateway.language.catalogue import N_
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.drawing import Drawing
from gateway.web.figures import ConsoleFigures
from gateway.web.happened import Happened
from gateway.web.held_acts import HeldActs
from gateway.web.once import Once
from gateway.web.security import prefix
from gateway.web.shown_once import ShownOnce
from gateway.web.unnoted import Unnoted
from gateway.web.visitors import Visitors, may, signs_in, visitor
from gateway.web.whose import WHOSE, Turns

SUBMIT_S: Final = 10.0  # how long a person waits for the commit before being told

T = TypeVar("T")
Before = Annotated[int | None, Query(ge=0, le=2**53)]  # ms; older than this is asked for

AWAY = N_("The gateway does not answer, so nothing can be done here now. What stands here is old.")
_NOT_STORED = N_("The gateway cannot store this now. It keeps trying; try again in a minute.")
_NOT_KNOWN = N_(
    "The gateway stopped answering while it did this. Look whether it was done, or do it again."
)


class Lane(Enum):
    """Whose reading it is. Each lane has threads of its own."""

    ACTS = auto()  # what people press, and what one person asks for
    PAGES = auto()  # what is drawn once for all
    SITE = auto()  # likewise, and looks at every door: of a large site that takes a while
    PHONES = auto()  # what changes on open phones
    WALLS = auto()  # what changes on all other open pages


_THREADS: Final = {Lane.ACTS: 2, Lane.PAGES: 1, Lane.SITE: 1, Lane.PHONES: 1, Lane.WALLS: 1}
AT_ONCE_OF_ONE: Final = 2  # readings of one person in the lane of acts; their others wait apart


class WebContext:
    """Handed to every route."""

    def __init__(self, settings: Settings, store: Store, gateway: Gateway) -> None:
        self.settings, self.store, self.gateway = settings, store, gateway
        self.rulebook, self.zone = settings.rulebook, settings.zone
        self.figures = ConsoleFigures()
        self.visitors = Visitors(settings, store, self.now_ms)
        self._limiters = {lane: anyio.CapacityLimiter(most) for lane, most in _THREADS.items()}
        self.key = secrets.token_bytes(32)  # signs what a screen keeps, for this run
        self.happened = Happened(self.key, self.now_ms, self.visitors.source)
        self.held, self.shown_once, self.unnoted = HeldActs(), ShownOnce(), Unnoted()
        self._submissions: set[asyncio.Task[Answer]] = set()
        self._drawing = Drawing(self.zone)
        self._once, self._turns = Once(), Turns(AT_ONCE_OF_ONE)

    def now_ms(self) -> int:
        """The gateway's time, in milliseconds of UTC."""
        return self.gateway.clock.now_ms()

    def language(self, request: Request) -> str:
        """The language of this request."""
        return negotiate.chosen(request, self.settings.site.language)

    def stamp(self, at_ms: int, now_ms: int, language: str) -> str:
        """A time as people say it, by the site's clock."""
        return times.stamp(at_ms, now_ms, language, self.zone)

    async def read(self, view: Callable[[Connection], T], lane: Lane = Lane.ACTS) -> T:
        """What a function makes of one snapshot. StoreError if the store cannot be read."""

        def on_thread() -> T:
            with self.store.reading() as connection:
                return view(connection)

        if lane is not Lane.ACTS:  # drawn for all who ask
            return await anyio.to_thread.run_sync(on_thread, limiter=self._limiters[lane])
        async with self._turns.of(WHOSE.get()):
            return await anyio.to_thread.run_sync(on_thread, limiter=self._limiters[lane])

    async def page(
        self,
        request: Request,
        template: str,
        gather: Callable[[Connection], dict[str, Any]],
        lane: Lane = Lane.ACTS,
    ) -> Response:
        """A page, or a part of one, from what `gather` reads."""
        values = self.setting(request)
        html = await self.read(
            lambda connection: self.draw(template, values, gather(connection)), lane
        )
        return self.answer(request, html)

    async def page_for_all(
        self,
        request: Request,
        template: str,
        gather: Callable[[Connection], dict[str, Any]],
        lane: Lane = Lane.PAGES,
    ) -> Response:
        """As `page`, drawn once for all who ask for the same address in the same language at the
        same moment. So nothing in it may be one person's own: no form, no actor."""
        values = self.setting(request)
        key = template, request.url.path, request.url.query, values["language"], prefix(request)
        seen = values["away"], values["clock_doubted"], values["happened"]
        html = await self.once(
            (*key, _sight(request), *seen),
            lambda: self.read(
                lambda connection: self.draw(template, values, gather(connection)), lane
            ),
        )
        return self.answer(request, html)

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes, once for all who ask under this key while it is being made."""
        return await self._once.get(key, make)

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
        before, who = prefix(request), visitor(request)
        return {
            "signs_in": signs_in(request.scope),
            "is_stranger": signs_in(request.scope) and (who is None or who.is_halfway),
            "can": lambda right: may(request, Right(right)),
            "first_page": "" if may(request, Right.DOORS) else "account",
            "own_inbox": who.account.warden_id if who is not None else None,
            "language": self.language(request),
            "happened": self.happened.sentence(request, self.language(request)),
            "site": self.settings.site.name,
            "in_language": lambda name: "?" + urlencode({**request.query_params, "lang": name}),
            "now_ms": self.now_ms(),
            "away": not self.gateway.is_heard(),
            "clock_doubted": self._is_clock_doubted(),
            # a fragment in a stream says where it belongs; in its page it stands
            # there
            "oob": False,
            "url": lambda *parts: before + "/" + "/".join(quote(part, safe="") for part in parts),
            "static": lambda name: f"{before}/static/{name}",
        }

    def _is_clock_doubted(self) -> bool:
        try:
            return bool(self.gateway.health().clock_told)
        except GatewayAwayError:
            return False

    def draw(self, template: str, setting: dict[str, Any], values: dict[str, Any]) -> str:
        """HTML. For a thread: a wall of 500 doors takes a while."""
        return self._drawing.draw(setting["language"], template, setting | values)

    def scope(self, request: Request, right: Right) -> frozenset[str] | None:
        """The grids to which a list is cut for whoever asks; None where it is whole."""
        who = visitor(request)
        return None if who is None else who.scope(right)

    async def submit(self, subject: Subject, event: Event) -> bool:
        """As `act`: whether it changed something."""
        return (await self.action(subject, event)).changed

    async def action(self, subject: Subject, event: Event) -> Answer:
        """Put an action of a person into the loop. What came of it; HttpProblem if it waits.

        The action stays in the loop even if the person was told that it waits.
        """
        action = asyncio.ensure_future(self.gateway.submit(subject, event))
        self._submissions.add(action)
        action.add_done_callback(self._submissions.discard)
        done, _ = await asyncio.wait({action}, timeout=SUBMIT_S)
        if not done:
            raise HttpProblem(503, _NOT_STORED)
        try:
            return action.result()
        except KeyError:
            raise HttpProblem(404, NOT_FOUND) from None
        except GatewayAwayError as error:
            raise HttpProblem(503, _NOT_KNOWN if error.was_sent else AWAY) from None


def _sight(request: Request) -> Hashable:
    """What decides what somebody sees of a page that is drawn for all."""
    who = visitor(request)
    if who is None:
        return signs_in(request.scope)
    return who.account.roles, who.grids, who.account.warden_id is None
