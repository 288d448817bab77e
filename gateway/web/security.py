"""The security around the console: what every request must pass, and what every answer carries.

1. The host that the browser asked for must be ours (a strange name that points here is an attack).
2. The password, where one is set.
3. A POST must come from our own pages (Origin), and be short.
4. Every answer says: no scripts or styles but our own files, no storing, no guessing of types.
"""

import asyncio
import re
import time
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.site_password import LOCKED_S, Answer, PasswordGate
from gateway.language.catalogue import N_, say
from gateway.language.negotiate import chosen
from gateway.settings import Settings
from gateway.web.answers import is_api, problem_answer

BODY_MAX: Final = 16_384
WRONG_WAIT_S: Final = 0.5
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",  # not no-referrer: with that, browsers send Origin: null
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,4}")

_STRANGE_HOST = N_(
    "This console answers to 127.0.0.1 and localhost only; set a console password to open it "
    "under another name."
)
_ASK = N_("The console asks for a name and a password.")
_LOCKED = N_("Too many wrong passwords; try again in five minutes.")
_STRANGE_ORIGIN = N_("This came from another site's page, so it was not done.")
_TOO_LONG = N_("That is more than any form here sends, so it was not read.")


def prefix(connection: HTTPConnection) -> str:
    """The path under which a proxy shows the console, for links; empty without one."""
    path = connection.headers.get("x-forwarded-prefix", "").rstrip("/")
    return (path if _PREFIX.fullmatch(path) else "") + str(connection.scope.get("root_path", ""))


class Refusal(Exception):
    """A request that goes no further: status, sentence, headers."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


class SecurityMiddleware:
    """ASGI middleware around the whole console."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._language = settings.site.language
        password = settings.console.password
        self._gate = PasswordGate(password) if password else None
        self._hosts = (*LOOPBACK, settings.console.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        connection = HTTPConnection(scope)
        try:
            self._check_host(connection.headers)
            await self._check_password(connection)
            if scope["method"] not in ("GET", "HEAD"):
                _check_origin(connection)
                _check_length(connection.headers)
        except Refusal as refusal:
            sentence = say(refusal.sentence, chosen(connection, self._language))
            if is_api(connection):
                answer: Response = problem_answer(refusal.status, sentence, refusal.headers)
            else:
                answer = PlainTextResponse(sentence + "\n", refusal.status, refusal.headers)
            await answer(scope, receive, dressed)
        else:
            await self._app(scope, receive, dressed)

    def _check_host(self, headers: Headers) -> None:
        """Without a password, only this machine's own names: a rebound name finds nothing here."""
        if self._gate is None and _name(headers.get("host", "")) not in self._hosts:
            raise Refusal(421, _STRANGE_HOST)

    async def _check_password(self, connection: HTTPConnection) -> None:
        if self._gate is None:
            return
        address = connection.client.host if connection.client else ""
        authorization = connection.headers.get("authorization")
        answer = self._gate.answer(authorization, address, time.monotonic())
        if answer is Answer.IN:
            return
        if answer is Answer.LOCKED:
            raise Refusal(429, _LOCKED, {"Retry-After": str(LOCKED_S)})
        if answer is Answer.WRONG:
            await asyncio.sleep(WRONG_WAIT_S)
        raise Refusal(401, _ASK, {"WWW-Authenticate": 'Basic realm="Menshen", charset="UTF-8"'})


def _check_origin(connection: HTTPConnection) -> None:
    """A browser names the page that posts; programs that are no browser name none."""
    headers = connection.headers
    origin = headers.get("origin")
    if origin is None:
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise Refusal(403, _STRANGE_ORIGIN)
        return
    ours = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    if urlsplit(origin).netloc not in ours:
        raise Refusal(403, _STRANGE_ORIGIN)


def _check_length(headers: Headers) -> None:
    length = headers.get("content-length", "")
    if not length.isdecimal() or len(length) > 9 or int(length) > BODY_MAX:
        raise Refusal(413, _TOO_LONG)


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
