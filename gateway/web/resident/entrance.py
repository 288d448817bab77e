"""The way in: from a code to a short session, and on every request whether that still holds.

A dead code closes its sessions at once, for what a session is of is compared with the database on
each request. Nothing of another household can be asked for: no address here names one.
"""

import time
from typing import Annotated, Any, Final

from fastapi import Form, Request, Response
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse

from gateway.language.catalogue import N_
from gateway.registry import resident_codes
from gateway.registry.resident_codes import Holder
from gateway.web.answers import HttpProblem
from gateway.web.clients import Rate
from gateway.web.context import WebContext
from gateway.web.happened import OVER
from gateway.web.resident.sessions import ResidentSession, Sessions
from gateway.web.resident.tries import CodeTries
from gateway.web.security import RESIDENT, prefix

HOME: Final = RESIDENT
COOKIE: Final = "menshen_household"
KNOWN: Final = "menshen_home"  # a browser that came in before; it names no household
KNOWN_S: Final = 60 * 24 * 3_600
FORMS: Final = 1 / 60, 60.0  # a second from one household, and at once: each is kept for good
_SLOW = N_("Many wrong codes were tried. Please wait a minute, then try again.")
_WRONG = N_("No home has this code, or a newer sheet has taken its place. Look at the last sheet.")
_SLIP = N_("There is a slip in it: the code has twenty digits. Please compare with the sheet.")
_TOO_MUCH = N_(
    "A lot was sent from your home just now. Wait a few minutes, or ring your grid worker. In an "
    "emergency ring 120."
)
_STALE = N_("This page was open for too long. Go back, load it again, then press once more.")


class Here(Struct, frozen=True):
    """Whose page is open on whoever asks. `offered`: the id that the form which came was given, so
    that the same pressed twice is one; empty of a page."""

    session: ResidentSession
    holder: Holder
    offered: str = ""

    @property
    def household_id(self) -> str:
        """Whose page it is."""
        return self.session.household_id


class ElsewhereError(Exception):
    """Nothing is shown here; the answer leads on."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.headers.get("location", ""))
        self.answer = answer


class Entrance:
    """Lets in who has a code.

    Args:
        context: of the console.
    """

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self.sessions, self.tries = Sessions(), CodeTries()
        self._forms = Rate(*FORMS)

    async def enter(self, request: Request, typed: str) -> Response:
        """To the page of whoever has this code. HttpProblem where nobody has it, or somebody
        guesses."""
        context = self._context
        try:
            code = resident_codes.read(typed)
        except ValueError:
            raise HttpProblem(422, _SLIP) from None
        known = request.cookies.get(self._name(request, KNOWN))
        one = self.tries.made(code, known, context.visitors.source(request))
        if not await self.tries.turn(one):
            raise HttpProblem(429, _SLOW)
        holder = await context.read(lambda rows: resident_codes.holder_of(rows, code))
        if holder is None:
            self.tries.wrong(one)
            raise HttpProblem(403, _WRONG)
        token = self.sessions.begin(holder, context.now_ms())
        answer = RedirectResponse(f"{prefix(request)}{HOME}/home", 303)
        self._set(request, answer, COOKIE, token, None)
        self._set(request, answer, KNOWN, self.tries.new_known(), KNOWN_S)
        return answer

    def whose(self, connection: HTTPConnection) -> str | None:
        """Whose page was open on whoever asks, if that is remembered."""
        return self.sessions.whose(connection.cookies.get(self._name(connection, COOKIE), ""))

    async def page(self, request: Request) -> Here:
        """Whose page is open. ElsewhereError with the way to the code where none is."""
        token = request.cookies.get(self._name(request, COOKIE), "")
        session = self.sessions.of(token, self._context.now_ms())
        if session is None:
            raise ElsewhereError(self._asked_again(request, token))
        household_id = session.household_id
        holder = await self._context.read(lambda rows: resident_codes.holder(rows, household_id))
        if holder is None or holder.code_id != session.code_id:
            raise ElsewhereError(self._asked_again(request, token))
        return Here(session, holder)

    async def form(
        self,
        request: Request,
        key: Annotated[str, Form(max_length=64)] = "",
        offered: Annotated[str, Form(max_length=16)] = "",
    ) -> Here:
        """Who sent a form: as `page`, and the form must be of this session. HttpProblem for one of
        another, and for one too many of a household; ElsewhereError with the page that says so once
        the order is over."""
        here = await self.page(request)
        if not here.session.is_sent(key):
            raise HttpProblem(403, _STALE)
        if here.holder.is_over(self._context.now_ms()):
            raise ElsewhereError(RedirectResponse(f"{prefix(request)}{HOME}/home", 303))
        if not self._forms.allows(here.household_id, time.monotonic()):
            raise HttpProblem(429, _TOO_MUCH)
        return replace(here, offered=offered)

    def leave(self, request: Request) -> Response:
        """The session is over, and the browser forgets it."""
        token = request.cookies.get(self._name(request, COOKIE), "")
        self.sessions.end(token)
        answer = RedirectResponse(f"{prefix(request)}{HOME}", 303)
        if token:
            self._set(request, answer, COOKIE, "", 0)
        # Nothing of storage: on a warden's phone that holds acts and photos not sent yet.
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    def _asked_again(self, request: Request, token: str) -> Response:
        self.sessions.end(token)
        where = f"{prefix(request)}{HOME}"
        if token:
            where = self._context.happened.saying(request, where, OVER, is_left=True)
        answer = RedirectResponse(where, 303)
        if token:
            self._set(request, answer, COOKIE, "", 0)
        return answer

    def _set(
        self, request: Request, answer: Response, name: str, value: str, age_s: int | None
    ) -> None:
        settings: dict[str, Any] = {"httponly": True, "samesite": "lax", "max_age": age_s}
        settings["secure"] = self._context.visitors.is_secure(request)
        answer.set_cookie(
            self._name(request, name), value, path=f"{prefix(request)}{HOME}", **settings
        )

    def _name(self, connection: HTTPConnection, name: str) -> str:
        """A cookie's name; by TLS one that no plain page can set."""
        return f"__Secure-{name}" if self._context.visitors.is_secure(connection) else name
