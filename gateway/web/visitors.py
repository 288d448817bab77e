"""Who visits: the session behind a request, at a site that has accounts.

At a site without accounts there are no visitors, and all is as the one password has it. The gateway
never waits for any of this: it is the console's process alone that reads and writes the accounts.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from gateway.accounts import persons, sessions
from gateway.accounts.audit import Note
from gateway.accounts.audit_writer import AuditWriter
from gateway.accounts.file import AccountsFile, key
from gateway.accounts.looks import Looks
from gateway.accounts.passkey_sign_in import PasskeySignIn
from gateway.accounts.persons import Account
from gateway.accounts.provider import Provider
from gateway.accounts.roles import Right, Whose, reach
from gateway.accounts.sessions import OF_PROGRAMS, Kind, Rights, Session
from gateway.accounts.sign_in import SignIn
from gateway.core.actor import Acting
from gateway.settings import Settings
from gateway.store import register_views, views
from gateway.store.database import Store
from gateway.web.answers import is_api
from gateway.web.clients import Clients
from gateway.web.hops import Hops

COOKIE: Final = "menshen_session"
KNOWN: Final = "menshen_account"  # a browser that came in before, by which account
KNOWN_S: Final = 400 * 24 * 3_600
LIVE_EVERY_S: Final = 5.0  # how soon an open page ends after its session did
LATELY_MAX: Final = 4_096  # sessions that are remembered by their tokens' digests
_SCOPE: Final = "menshen.visitor"  # where a request's visitor stands; absent without accounts


class Visitor(Struct, frozen=True):
    """Somebody who is signed in. `grids`: all that are theirs, the registry's among them."""

    session: Session
    grids: frozenset[str]

    @property
    def account(self) -> Account:
        """Who it is."""
        return self.session.account

    @property
    def acting(self) -> Acting:
        """Who acts, and whether for the centre."""
        return self.session.account.acting

    @property
    def is_halfway(self) -> bool:
        """Whether the one-time code is still asked for."""
        return self.session.kind is Kind.CODE

    def reach(self, right: Right) -> Whose:
        """How far a right of theirs reaches; nothing before the one-time code was right."""
        if self.is_halfway:
            return Whose.NOBODYS
        return reach(self.account.roles, right)

    def scope(self, right: Right) -> frozenset[str] | None:
        """The grids to which a list is cut; None where it is whole."""
        return None if self.reach(right) is Whose.ALL else self.grids


def signs_in(scope: Scope) -> bool:
    """Whether people sign in at the site that this request came to."""
    return _SCOPE in scope


def visitor(connection: HTTPConnection) -> Visitor | None:
    """Who is signed in; None for nobody, and at a site without accounts."""
    found: Visitor | None = connection.scope.get(_SCOPE)
    return found


def may(connection: HTTPConnection, right: Right) -> bool:
    """Whether whoever asks has a right at all, if only in some grids; at a site without accounts
    everybody has each."""
    who = visitor(connection)
    return who is None or who.reach(right) is not Whose.NOBODYS


class Visitors:
    """The accounts as the console's process has them.

    Args:
        settings: The site's.
        store: The site's database, for who is enrolled.
        now_ms: The gateway's time.
    """

    def __init__(self, settings: Settings, store: Store, now_ms: Callable[[], int]) -> None:
        self.file = AccountsFile(store.path, settings.store.place[1])
        self.looks = Looks()
        self._clients = Clients(settings.console.proxies)
        self._needs_code = settings.accounts.second_factor
        self._site, self._now_ms = store, now_ms
        self._sign_in: SignIn | None = None
        self._passkeys: PasskeySignIn | None = None
        self._hops: Hops | None = None
        self.provider = Provider(settings.oidc) if settings.oidc.issuer else None
        self._audit = AuditWriter(self.file.store, store)
        self._live: dict[str, Rights] = {}
        self._grids: dict[str, str] = {}  # of each person of the registry
        self._live_s, self._looking = float("-inf"), asyncio.Lock()
        self._live_ms = 0  # when that was known, by the gateway's clock
        self._lately: OrderedDict[str, str] = OrderedDict()  # whose token, of those that came

    def is_used(self) -> bool:
        """Whether this site has accounts. StoreError if it had, and they cannot be read."""
        return self.file.is_used()

    async def receive(self, connection: HTTPConnection) -> None:
        """Find out who asks, for `visitor`. StoreError if the accounts cannot be read."""
        token, is_shown = self._token(connection)
        found = await asyncio.to_thread(self._of_token, token) if token else None
        self._remember(token, found)
        if found is not None and found.session.kind in OF_PROGRAMS and not is_shown:
            found = None  # a program's token is for the API, and no browser's
        connection.scope[_SCOPE] = found

    def lately(self, connection: HTTPConnection) -> str | None:
        """Whose session it was when it came last, by account; None where that is not remembered. It
        says who is counted, and never who may."""
        token, _ = self._token(connection)
        return self._lately.get(sessions.digest(token)) if token else None

    async def sign_in(self) -> SignIn:
        """What signs people in."""
        if self._sign_in is None:
            store, needs_code = self.file.store(), self._needs_code
            made = await asyncio.to_thread(SignIn, store, needs_code)
            self._sign_in = self._sign_in or made
        return self._sign_in

    async def passkeys(self) -> PasskeySignIn:
        """What signs people in by passkeys."""
        if self._passkeys is None:
            self._passkeys = PasskeySignIn(self.file.store(), (await self.sign_in()).tries)
        return self._passkeys

    async def hops(self) -> Hops:
        """Who is at the provider."""
        if self._hops is None:
            self._hops = Hops(await asyncio.to_thread(key, self.file.store(), "hops"))
        return self._hops

    async def read(self, view: Callable[[Connection], Any]) -> Any:
        """What a function makes of one snapshot of the accounts."""

        def on_thread() -> Any:
            with self.file.store().reading() as connection:
                return view(connection)

        return await asyncio.to_thread(on_thread)

    async def write(self, change: Callable[[Connection], Any]) -> Any:
        """What a function makes of the accounts, in one transaction."""

        def on_thread() -> Any:
            with self.file.store().writing() as connection:
                return change(connection)

        done = await asyncio.to_thread(on_thread)
        self._live_s = float("-inf")  # a session may have ended
        return done

    async def note(
        self,
        who: Account | str,
        what: str,
        about: str = "",
        why: str = "",
        status: int = 0,
    ) -> None:
        """Remember for good who did what. StoreError if it cannot be."""
        name = who if isinstance(who, str) else who.name
        await self._audit.add(Note(self._now_ms(), name, what, about, why, status))

    async def is_live(self, who: Visitor) -> bool:
        """Whether somebody's session is not over, and what they may is what it was when they came;
        known to some seconds, so that many can ask often; who signed in since then, at once."""
        async with self._looking:  # who comes while one looks would be judged by half of it
            if self._is_news(who):
                await self._look()
        rights = self._live.get(who.session.session_id)
        if rights is None or rights.roles != who.account.roles:
            return False
        if rights.warden_id is None:
            return rights.grids == who.grids
        own = self._grids.get(rights.warden_id)
        return own is not None and rights.grids | {own} == who.grids

    def _is_news(self, who: Visitor) -> bool:
        """Whether what is known of them is too old, or from before they came."""
        is_new = who.session.session_id not in self._live and who.session.made_ms >= self._live_ms
        return is_new or asyncio.get_running_loop().time() - self._live_s > LIVE_EVERY_S

    async def _look(self) -> None:
        """Who is signed in now, and whose grids are which."""
        self._live_s, self._live_ms = asyncio.get_running_loop().time(), self._now_ms()
        now_ms = self._live_ms
        self._live = await self.read(lambda rows: sessions.live(rows, now_ms))
        self._grids = await asyncio.to_thread(self._of_registry)

    def is_secure(self, connection: HTTPConnection) -> bool:
        """Whether the browser speaks TLS, with us or with a proxy of ours."""
        return self._clients.is_https(connection)

    def source(self, connection: HTTPConnection) -> str:
        """From whom it comes, as tries are counted."""
        return self._clients.source(connection)

    def origin(self, connection: HTTPConnection) -> str:
        """Scheme, host and port as the browser opened the console; a proxy's word about that is
        believed from proxies of ours."""
        scheme = "https" if self.is_secure(connection) else "http"
        said = connection.headers.get("x-forwarded-host")
        peer = connection.client.host if connection.client else ""
        host = said if said and self._clients.is_proxy(peer) else connection.headers.get("host", "")
        return f"{scheme}://{host.lower()}"

    def keep(self, connection: HTTPConnection, response: Response, token: str, name: str) -> None:
        """Give the browser its session, and what it is known by when that is over."""
        self._set(connection, response, COOKIE, token, None)
        if name and self._sign_in is not None:
            self._set(connection, response, KNOWN, self._sign_in.tries.new_known(name), KNOWN_S)

    def forget(self, connection: HTTPConnection, response: Response) -> None:
        """Take its session from the browser, and what it keeps of ours; its language may stay."""
        self._set(connection, response, COOKIE, "", 0)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def known(self, connection: HTTPConnection) -> str | None:
        """What the browser is known by, if it says so."""
        return connection.cookies.get(self._name(connection, KNOWN))

    def _set(
        self, at: HTTPConnection, response: Response, name: str, value: str, age_s: int | None
    ) -> None:
        response.set_cookie(
            self._name(at, name),
            value,
            max_age=age_s,
            path="/",
            secure=self.is_secure(at),
            httponly=True,
            samesite="lax",
        )

    def _name(self, connection: HTTPConnection, name: str) -> str:
        """A cookie's name; by TLS one that no other host and no plain page can set."""
        return f"__Host-{name}" if self.is_secure(connection) else name

    def _token(self, connection: HTTPConnection) -> tuple[str, bool]:
        """A program's in the header, to the API alone; else the browser's in its cookie. And
        whether it was the header's."""
        scheme, _, value = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and is_api(connection):
            return value.strip()[: sessions.TOKEN_MAX + 1], True
        return connection.cookies.get(self._name(connection, COOKIE), ""), False

    def _remember(self, token: str, found: Visitor | None) -> None:
        if found is None:
            self._lately.pop(sessions.digest(token), None)
            return
        digest = sessions.digest(token)
        self._lately[digest] = found.account.account_id
        self._lately.move_to_end(digest)
        if len(self._lately) > LATELY_MAX:
            self._lately.popitem(last=False)

    def _of_registry(self) -> dict[str, str]:
        with self._site.reading() as connection:
            return register_views.grids_of_wardens(connection)

    def _of_token(self, token: str) -> Visitor | None:
        """Who has this token, while the session lasts and the registry knows the person."""
        now_ms = self._now_ms()
        with self.file.store().reading() as connection:
            session = sessions.of_token(connection, token, now_ms)
        if session is None:
            return None
        grids, warden_id = session.account.grids, session.account.warden_id
        if warden_id is not None:
            with self._site.reading() as connection:
                known = views.warden(connection, warden_id)
            if known is None:
                return None  # they have left
            grids = grids | {known.grid_id}
        if not sessions.is_seen_lately(session, now_ms):
            with self.file.store().writing() as connection:
                sessions.see(connection, session, now_ms)
        return Visitor(session, grids)


def account_named(connection: Connection, name: str) -> Account | None:
    """An account that has not ended, by name."""
    found = persons.named(connection, name)
    return None if found is None or found.ended_ms is not None else found
