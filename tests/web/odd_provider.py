"""An OpenID provider that says whatever a test wants it to say, right or wrong, on this machine."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

SECRET = "what both know, and nobody else"
CLIENT = "menshen"


class OddProvider:
    """One provider. What it answers is in its attributes; a test changes them."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1"})
        self.described: dict[str, Any] = {}  # in place of what is true
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.token: dict[str, Any] | None = None
        self.pause: asyncio.Event | None = None
        self.answer: web.Response | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.signs_by: Any = self.key

    def code(self, address: str) -> str:
        """A code for somebody who was sent to this address and signed in."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer as the attributes have it."""
        self.asked.append(request.path)
        if self.pause is not None:
            await self.pause.wait()
        if self.answer is not None:
            return web.Response(
                body=self.answer.body, status=self.answer.status, headers=self.answer.headers
            )
        if request.path.endswith("openid-configuration"):
            return web.json_response(self._description() | self.described)
        if request.path == "/jwks":
            return web.json_response({"keys": [self.key.as_dict(private=False)]})
        return await self._token(request)

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "verify": False,  # what would steer a careless client
            "follow_redirects": True,
        }

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form["code"]), None)
        if asked is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        assert form["code_verifier"]
        assert asked["code_challenge_method"] == "S256"
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "chen",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
        }
        header = {"alg": "RS256", "kid": "1"} | self.header
        said = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = jwt.encode(header, said, self.signs_by, algorithms=[header["alg"]])
        whole = {"access_token": "a", "token_type": "Bearer", "id_token": signed}
        return web.json_response(whole if self.token is None else self.token)


def shared_key() -> Any:
    """The secret that both know, as a key: nothing that it signs is taken."""
    return OctKey.import_key(SECRET)


@contextlib.asynccontextmanager
async def odd_provider(port: int) -> AsyncIterator[OddProvider]:
    """It, while the block lasts."""
    provider = OddProvider(port)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield provider
    finally:
        if provider.pause is not None:
            provider.pause.set()
        await runner.cleanup()
