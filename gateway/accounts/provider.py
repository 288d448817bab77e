"""The site's OpenID provider: where it sends somebody, and what it then says of them.

`authlib` speaks the protocol (state, nonce, PKCE S256, the ID token's signature and claims); here
stands what we let a provider say. Only its subject is taken, and by which methods it asked: names
and roles are ours. Nothing is awaited longer than ALL_S or read beyond ANSWER_MAX; no redirect is
followed; another host than the issuer's is asked over HTTPS alone, and not in a private network.
The library is read at the first use, for most sites have no provider.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from gateway.accounts.identities import SUBJECT_MAX
from gateway.language.error_words import why_not
from gateway.settings.oidc import Oidc
from gateway.settings.values import is_loopback

ALL_S: Final = 10.0  # for all that one step asks the provider
ASK_S: Final = 5.0  # for one of its answers
ANSWER_MAX: Final = 256 * 1024  # bytes; a large set of keys has some 20 kB
DESCRIBED_S: Final = 3_600.0  # then it is asked anew where its addresses are
ASKED_AT_ONCE_MAX: Final = 8  # people for whom it is asked; who comes then is told to come again
METHODS_MAX: Final = 16
LEEWAY_S: Final = 60  # between its clock and ours
# Signed by a key that only the provider has; never by the secret that we share, never unsigned.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
# What is taken of its description: the rest would steer our client.
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
T = TypeVar("T")
_WELL_KNOWN: Final = "/.well-known/openid-configuration"


class AwayError(Exception):
    """The provider does not answer, or not as one; the text is for the log and `menshen check`."""


class DoubtfulError(Exception):
    """What the provider says of somebody does not hold; the text is a word for the audit."""


class Leave(NamedTuple):
    """Where somebody is sent, and what must come back."""

    url: str
    state: str
    nonce: str
    verifier: str


class Told(NamedTuple):
    """What the provider says of somebody who came back."""

    subject: str
    methods: frozenset[str]  # amr and acr
    since_ms: int | None  # when they signed in there, if it says so


class Provider:
    """One provider.

    Args:
        oidc: the settings; with an issuer.
        steady_s: A clock that only ever goes forward.
    """

    def __init__(self, oidc: Oidc, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._oidc, self._steady_s = oidc, steady_s
        self.issuer, self.name = oidc.issuer, oidc.name
        self._client: Any = None
        self._described_s = float("-inf")
        self._asked = 0

    async def leave(self, back: str, fresh: bool = False) -> Leave:
        """Where to send somebody.

        Args:
            back: our own address for the way back, as the provider knows it.
            fresh: whether it is to ask them anew who they are.

        Raises:
            AwayError: the provider does not describe itself.
        """
        more = {"prompt": "login", "max_age": "0"} if fresh else {}

        async def ask(client: Any) -> Leave:
            made = await client.create_authorization_url(back, **more)
            return Leave(made["url"], made["state"], made["nonce"], made["code_verifier"])

        return await self._within(ask)

    async def told(self, back: str, code: str, nonce: str, verifier: str) -> Told:
        """What it says for a code that somebody brought back.

        Args:
            back: the address of the way back, as it was in `leave`.
            code: what they brought.
            nonce: what `leave` gave.
            verifier: likewise.

        Raises:
            AwayError: it does not answer.
            DoubtfulError: its answer does not hold.
        """

        async def ask(client: Any) -> Told:
            token = await client.fetch_access_token(
                redirect_uri=back, code=code, code_verifier=verifier
            )
            if "id_token" not in token:
                raise DoubtfulError("no ID token")
            claims = await client.parse_id_token(token, nonce=nonce, leeway=LEEWAY_S)
            return _told(claims)

        return await self._within(ask)

    def counts_as_code(self, told: Told) -> bool:
        """Whether it asked for a second factor, as the settings count one."""
        return bool(told.methods & frozenset(self._oidc.second_factor))

    async def described(self) -> list[str]:
        """The hosts of its addresses. AwayError if it does not describe itself as one."""

        async def ask(client: Any) -> list[str]:
            addresses = [str(client.server_metadata[name]) for name in _ADDRESSES]
            return sorted({urlsplit(address).hostname or "" for address in addresses})

        return await self._within(ask)

    async def _within(self, ask: Callable[[Any], Awaitable[T]]) -> T:
        """What comes of asking, in time. Theirs that goes wrong is an AwayError where nothing
        usable came, else a DoubtfulError."""
        if self._asked >= ASKED_AT_ONCE_MAX:
            raise AwayError("too many are asked for already")
        self._asked += 1
        from authlib.common.errors import AuthlibBaseError
        from httpx2 import HTTPError, InvalidURL
        from joserfc.errors import JoseError

        try:
            async with asyncio.timeout(ALL_S):
                return await ask(await self._known())
        except (HTTPError, InvalidURL, OSError, TimeoutError) as error:
            raise AwayError(why_not(error) or type(error).__name__) from error
        except AuthlibBaseError as error:
            raise DoubtfulError(str(error.error or "refused")[:60]) from error
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DoubtfulError(type(error).__name__) from error
        finally:
            self._asked -= 1

    async def _known(self) -> Any:
        """A client that knows where the provider's addresses are."""
        now_s = self._steady_s()
        if self._client is None or now_s - self._described_s > DESCRIBED_S:
            self._client = await self._described()
            self._described_s = now_s
        return self._client

    async def _described(self) -> Any:
        """Ask the provider where it is asked. AwayError unless it says so, of itself."""
        from authlib.integrations.starlette_client import StarletteOAuth2App
        from httpx2 import AsyncClient

        wire = _wire(self._oidc.issuer)
        limits = {"transport": wire, "timeout": ASK_S, "trust_env": False}
        async with AsyncClient(**limits) as http:
            answer = await http.get(self._oidc.issuer.rstrip("/") + _WELL_KNOWN)
        answer.raise_for_status()
        try:
            said = answer.json()
            described = {name: str(said[name]) for name in ("issuer", *_ADDRESSES)}
            signed = said.get("id_token_signing_alg_values_supported", ["RS256"])
            asks = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            method = next(m for m in ("client_secret_basic", "client_secret_post") if m in asks)
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
            raise AwayError("what it says of itself is not whole") from error
        if described["issuer"] != self._oidc.issuer:
            raise AwayError(f"it calls itself {described['issuer'][:200]!r}, not as in oidc.issuer")
        algorithms = [one for one in ALGORITHMS if one in signed]
        if not algorithms:
            raise AwayError("it signs in no way that is taken here")
        return StarletteOAuth2App(
            None,
            name="oidc",
            client_id=self._oidc.client_id,
            client_secret=self._oidc.client_secret,
            client_kwargs={
                **limits,
                "transport": _wire(self._oidc.issuer),
                "scope": "openid",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": method,
            },
            id_token_signing_alg_values_supported=algorithms,
            **described,
        )


def _told(claims: Any) -> Told:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
        raise DoubtfulError("no subject")
    said = claims.get("amr")
    methods = said[:METHODS_MAX] if isinstance(said, list) else []
    since = claims.get("auth_time")
    is_time = isinstance(since, int | float) and not isinstance(since, bool)
    return Told(
        subject,
        frozenset(one for one in (*methods, claims.get("acr")) if isinstance(one, str)),
        int(since * 1_000) if is_time else None,
    )


def _wire(issuer: str) -> Any:
    """What carries our requests to the provider, within its limits."""
    from httpx2 import AsyncBaseTransport, AsyncHTTPTransport, Request, Response, TransportError

    own = urlsplit(issuer)

    class Wire(AsyncBaseTransport):
        def __init__(self) -> None:
            self._inner = AsyncHTTPTransport()

        async def handle_async_request(self, request: Request) -> Response:
            host = request.url.host
            is_own = host == own.hostname
            if request.url.scheme != "https" and not (is_own and is_loopback(host)):
                raise TransportError(f"{host} would be asked in clear")
            if not is_own and not await _is_public(host, request.url.port or 443):
                raise TransportError(f"{host} lies in a private network, and is not the issuer's")
            answer = await self._inner.handle_async_request(request)
            body = b""
            try:
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > ANSWER_MAX:
                        raise TransportError(f"{host} says more than {ANSWER_MAX} bytes")
            finally:
                await answer.aclose()
            return Response(
                answer.status_code, headers=answer.headers, content=body, request=request
            )

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Wire()


async def _is_public(host: str, port: int) -> bool:
    """Whether all addresses of a host are the open network's."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return _are_public([str(address[4][0]) for address in found])


def _are_public(addresses: Sequence[str]) -> bool:
    return bool(addresses) and all(
        ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses
    )
