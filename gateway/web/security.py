"""The security around the console: what every request must pass, and what every answer carries.

1. Nobody asks more often than a room full of screens does; who does waits, and is refused. Counted
   is by who it is, where that is known, else by the address (`whose.py`).
2. The host that the browser asked for must be ours (a strange name that points here is an attack).
3. Over a network in clear, nobody but the proxies that the settings name; they speak TLS for us.
4. The password, where one is set; without it only what a phone needs to trust us (`OPEN`), and a
   household's page, which has a code of its own. On a network there is one, or nobody comes in.
5. At a site with accounts, in its place: whose session it is, and that no program's token asks too
   often. What they may is `access.py`'s.
6. A POST must come from our own pages (Origin). Nothing that is sent may be longer than a form (a
   photo, on its one address), and that is counted as it comes.
7. Every answer says: no scripts or styles but our own files, no storing, no guessing of types.
   Over TLS also: by TLS only from now on, and every cookie likewise.

All of it comes before the first look into the database.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.patience import SLOW_S, WAIT_MAX_S
from gateway.accounts.sessions import OF_PROGRAMS
from gateway.accounts.site_password import TOKEN, TOKEN_S, USER, Answer, PasswordGate
from gateway.keys import unreadable
from gateway.language.catalogue import N_, say
from gateway.language.negotiate import chosen
from gateway.settings import Settings
from gateway.store.database import StoreError
from gateway.web import photo_limits
from gateway.web.answers import SIGN_IN_FIRST, problem_answer, wants_problem
from gateway.web.clients import Clients, Rate, is_own
from gateway.web.figures import ConsoleFigures
from gateway.web.said_address import host_of, parts_of
from gateway.web.seldom import Seldom
from gateway.web.visitors import Visitor, Visitors, visitor
from gateway.web.whose import WHOSE, Counted, Shares, Whose

BODY_MAX: Final = 16_384
WRONG_WAIT_S: Final = 0.5
RATE: Final = 60.0, 600.0  # requests a second from one address, and at once: fifty screens begin
OF_ONE_RATE: Final = RATE  # likewise of one account or household, wherever it comes from
TOKEN_RATE: Final = 20.0, 200.0  # of one program's token, wherever it comes from
TOKEN_WAIT_S: Final = 5
OWN_RATE: Final = 200.0, 2_000.0  # from this machine itself, where a proxy may stand
FAST_WAIT_S: Final = 1.0  # who asks too often waits so long to be told
HSTS: Final = "max-age=31536000"  # not for subdomains: what stands beside us is not ours to say
OPEN: Final = ("/trust", "/trust/ca.crt", "/static/menshen.css", "/static/mark.svg")
RESIDENT_STATIC: Final = "/static/resident/"
HANDHELD: Final = "/handheld/"
RESIDENT: Final = "/r"  # a household's page: its code lets in, and no account or password
SMS: Final = "/sms/in"  # what takes texts for the site signs what it hands over
COMMISSION: Final = "/commission"  # an installer scans there as a warden does
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",  # not no-referrer: with that, browsers send Origin: null
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",  # no page that opened ours reaches into it
    # The camera reads a door's code; nothing else of a phone is ours to use.
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
# Its pages read a door's QR code, where the browser does not, by WebAssembly of our own.
_WASM: Final = "script-src 'self' 'wasm-unsafe-eval'"
HANDHELD_HEADERS: Final = HEADERS | {
    "Content-Security-Policy": CSP.replace("script-src 'self'", _WASM)
}
_seldom = Seldom("menshen.console")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,4}")

_STRANGE_HOST = N_(
    "This console answers to 127.0.0.1 and localhost only; set a console password to open it "
    "under another name."
)
_UNGUARDED = N_(
    "Nobody is let in: others on the network can open this console, and the site has neither "
    "accounts nor a password."
)
_ASK = N_("The console asks for a name and a password; the name is menshen.")
_IN_CLEAR = N_(
    "The console speaks to its proxy only, for nothing is encrypted here; open the proxy's address."
)
_LOCKED = N_("Too many different passwords were tried from here; try again in a few seconds.")
_TOO_FAST = N_("Too many requests come from here; try again in a few seconds.")
_NO_ACCOUNTS = N_("The accounts of this site cannot be read now, so nobody is let in: {why}.")
_TWO_LENGTHS = N_("This request says its length twice, so it was not read.")
_STRANGE_ORIGIN = N_("This came from another site's page, so it was not done.")
_TOO_LONG = N_("That is more than any form here sends, so it was not read.")
_PHOTOS = N_("Many photos come at once; this one can come in a moment.")


def prefix(connection: HTTPConnection) -> str:
    """The path under which a proxy shows the console, for links; empty without one."""
    path = connection.headers.get("x-forwarded-prefix", "").rstrip("/")
    return (path if _PREFIX.fullmatch(path) else "") + str(connection.scope.get("root_path", ""))


class Refusal(Exception):
    """A request that goes no further: status, sentence, headers."""

    def __init__(
        self, status: int, sentence: str, headers: dict[str, str] | None = None, **facts: object
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers, self.facts = status, sentence, headers, facts


class SecurityMiddleware:
    """ASGI middleware around the whole console."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        figures: ConsoleFigures,
        visitors: Visitors,
        whose: Whose,
    ) -> None:
        self._app, self._figures, self._visitors, self._whose = app, figures, visitors, whose
        self._language = settings.site.language
        password = settings.console.password
        self._gate = PasswordGate(password) if password else None
        self._hosts = (*LOOPBACK, settings.console.host)
        self._is_local = settings.console.is_local
        self._is_in_clear = settings.console.pair is None and not settings.console.is_local
        self._clients = Clients(settings.console.proxies)
        self._rate, self._own_rate = Rate(*RATE), Rate(*OWN_RATE)
        self._token_rate, self._of_one_rate = Rate(*TOKEN_RATE), Rate(*OF_ONE_RATE)
        self._photos = Shares(photo_limits.OF_ONE_MAX)  # that come now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        connection = HTTPConnection(scope)
        unreadable.READER.set(chosen(connection, self._language))
        answering = _Answering(send, self._clients.is_https(connection), _path(connection))
        try:
            await self._check(connection, scope["method"], answering)
            if {"content-length", "transfer-encoding"} & set(connection.headers):
                async with self._coming(connection) as most:
                    receive = _again(await _whole(receive, most), receive)
        except Refusal as refusal:
            await self._refuse(refusal, connection, receive, answering)
        else:
            await self._app(scope, receive, answering)

    async def _check(
        self, connection: HTTPConnection, method: str, answering: "_Answering"
    ) -> None:
        source = self._clients.source(connection)
        await self._check_rate(source, self._whose.before(connection))
        if self._is_in_clear and not self._clients.is_near(connection):
            raise Refusal(421, _IN_CLEAR)
        has_accounts = await self._check_session(connection)
        WHOSE.set(self._whose.of(connection))
        if not has_accounts:
            self._check_host(connection.headers)
            if not _is_open(connection, method):
                await self._check_password(connection, source, answering)
        if method not in ("GET", "HEAD"):
            _check_origin(connection, answering.is_https)
        _check_length(connection.headers, body_max(connection))

    @asynccontextmanager
    async def _coming(self, connection: HTTPConnection) -> AsyncIterator[int]:
        """While a body comes: how long it may be. Refusal where as many photos come at once as
        may."""
        most = body_max(connection)
        if most == BODY_MAX:
            yield most
            return
        whose = WHOSE.get()
        if len(self._photos) >= photo_limits.COMING_MAX or not self._photos.has_room(whose):
            wait = {"Retry-After": str(photo_limits.WAIT_S), "Connection": "close"}
            raise Refusal(503, _PHOTOS, wait)
        self._photos.take(whose)
        try:
            yield most
        finally:
            self._photos.give(whose)

    async def _refuse(
        self, refusal: Refusal, connection: HTTPConnection, receive: Receive, send: Send
    ) -> None:
        sentence = say(refusal.sentence, chosen(connection, self._language))
        sentence = sentence.format(**refusal.facts) if refusal.facts else sentence
        if wants_problem(connection):
            answer: Response = problem_answer(refusal.status, sentence, refusal.headers)
        else:
            answer = PlainTextResponse(sentence + "\n", refusal.status, refusal.headers)
        await answer(connection.scope, receive, send)

    async def _check_rate(self, source: str, whose: Counted) -> None:
        """Whoever was known a moment ago is counted by themselves: who floods at the address that
        they share takes nothing from them."""
        rate = self._own_rate if is_own(source) else self._rate
        if whose.is_known:
            rate, source = self._of_one_rate, whose.by
        if rate.allows(source, time.monotonic()):
            return
        self._figures.requests_refused += 1
        _seldom.warn("somebody sends far more requests than screens do; they are refused")
        await asyncio.sleep(FAST_WAIT_S)
        raise Refusal(429, _TOO_FAST, {"Retry-After": "5", "Connection": "close"})

    async def _check_session(self, connection: HTTPConnection) -> bool:
        """Find out who asks, where people sign in; whether they do. Without the accounts of a site
        that had some nobody is let in."""
        try:
            if not self._visitors.is_used():
                return False
            await self._visitors.receive(connection)
        except StoreError as error:
            _seldom.warn("nobody is let in: %s", error)
            raise Refusal(503, _NO_ACCOUNTS, why=str(error).rstrip(".")) from error
        self._check_token_rate(visitor(connection))
        return True

    def _check_token_rate(self, who: Visitor | None) -> None:
        """A program that runs wild is told so, and keeps nobody else waiting."""
        if who is None or who.session.kind not in OF_PROGRAMS:
            return
        if not self._token_rate.allows(who.session.session_id, time.monotonic()):
            self._figures.requests_refused += 1
            _seldom.warn("a program asks far too often; it is refused: %s", who.account.account_id)
            raise Refusal(429, _TOO_FAST, {"Retry-After": str(TOKEN_WAIT_S)})

    def _check_host(self, headers: Headers) -> None:
        """Without a password, only this machine's own names: a rebound name finds nothing here.
        And on a network nobody at all, for the name that is asked for proves nothing there."""
        if self._gate is None and not self._is_local:
            raise Refusal(503, _UNGUARDED)
        if self._gate is None and host_of("//" + headers.get("host", "")) not in self._hosts:
            raise Refusal(421, _STRANGE_HOST)

    async def _check_password(
        self, connection: HTTPConnection, source: str, answering: "_Answering"
    ) -> None:
        if self._gate is None:
            return
        asked = connection.headers.get("authorization"), connection.cookies.get(TOKEN), source
        wait_s = self._gate.wait_s(*asked, time.monotonic())
        if wait_s is None:
            raise Refusal(429, _LOCKED, {"Retry-After": str(round(WAIT_MAX_S + SLOW_S))})
        await asyncio.sleep(wait_s)
        answer = self._gate.answer(*asked, time.monotonic())
        if answer is Answer.IN:
            if not self._gate.knows(asked[1]):
                answering.token = self._gate.new_token(), prefix(connection) or "/"
            return
        if answer is Answer.WRONG:
            await asyncio.sleep(WRONG_WAIT_S)
        realm = f'Basic realm="Menshen (name: {USER})", charset="UTF-8"'
        raise Refusal(401, _ASK, {"WWW-Authenticate": realm})


class _Answering:
    """Sends an answer on, with what every answer carries."""

    def __init__(self, send: Send, is_https: bool, path: str) -> None:
        self._send, self.is_https = send, is_https
        self._headers = (
            HANDHELD_HEADERS if path.startswith(HANDHELD) or path == COMMISSION else HEADERS
        )
        self.token: tuple[str, str] | None = None  # for a browser that came in, and its path

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():  # a photo says that it runs nothing at all
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if self.token is not None:
                value, path = self.token
                headers.append(
                    "Set-Cookie",
                    f"{TOKEN}={value}; Max-Age={TOKEN_S}; Path={path}; HttpOnly; SameSite=Lax",
                )
            if self.is_https:
                headers["Strict-Transport-Security"] = HSTS
                _make_cookies_secure(headers)
        await self._send(message)


def _make_cookies_secure(headers: MutableHeaders) -> None:
    """No cookie that was set over TLS ever goes out in clear."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        is_secure = any(part.strip().lower() == "secure" for part in cookie.split(";")[1:])
        headers.append("Set-Cookie", cookie if is_secure else f"{cookie}; Secure")


def body_max(connection: HTTPConnection) -> int:
    """How long the body of a request may be: a form, or a photo of who may report on cases.
    Refusal of a photo whose sender must sign in first: it is kept on the phone until then."""
    if not photo_limits.is_photo(connection.scope):
        return BODY_MAX
    if photo_limits.is_strangers(connection):
        headers = {"WWW-Authenticate": "Bearer", "Connection": "close"}
        raise Refusal(401, SIGN_IN_FIRST, headers)
    return photo_limits.BODY_MAX if photo_limits.is_allowed(connection) else BODY_MAX


def _is_open(connection: HTTPConnection, method: str) -> bool:
    """Whether it is for everybody: a phone must trust us before it can sign in, and a household has
    a code of its own."""
    path = _path(connection)
    if is_household(connection) or (method == "POST" and path == SMS):
        return True
    is_file = path in OPEN or path.startswith(RESIDENT_STATIC)
    return method in ("GET", "HEAD") and is_file


def is_household(connection: HTTPConnection) -> bool:
    """Whether it is a household's page that is asked for."""
    path = _path(connection)
    return path == RESIDENT or path.startswith(RESIDENT + "/")


def _path(connection: HTTPConnection) -> str:
    """Which page it asks for, whatever stands before that at the proxy."""
    root = str(connection.scope.get("root_path", ""))
    return connection.url.path.removeprefix(root)


async def _whole(receive: Receive, most: int) -> bytes:
    """All that a request brings, up to so many bytes: counted as it comes, whatever its head says
    of it. Refusal if more comes."""
    body, is_more = bytearray(), True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
        if len(body) > most:
            raise Refusal(413, _TOO_LONG, {"Connection": "close"})
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """What came already, then whatever comes."""
    came: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return came.pop() if came else await receive()

    return receive_again


def _check_origin(connection: HTTPConnection, is_https: bool) -> None:
    """A browser names the page that posts; programs that are no browser name none."""
    headers = connection.headers
    origin = headers.get("origin")
    if origin is None:
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise Refusal(403, _STRANGE_ORIGIN)
        return
    ours = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    said = parts_of(origin)
    # A page in clear under our own name may be anybody's, where we speak TLS.
    if said.netloc not in ours or (is_https and said.scheme != "https"):
        raise Refusal(403, _STRANGE_ORIGIN)


def _check_length(headers: Headers, most: int) -> None:
    lengths = headers.getlist("content-length")
    if len(lengths) + len(headers.getlist("transfer-encoding")) > 1:
        raise Refusal(400, _TWO_LENGTHS, {"Connection": "close"})
    for length in lengths:
        if not length.isdecimal() or len(length) > 9 or int(length) > most:
            raise Refusal(413, _TOO_LONG, {"Connection": "close"})
