"""A push service of our own, and phones behind it: it checks who asks (RFC 8292) and what is asked
(RFC 8030), and a phone opens what it was sent (RFC 8291), all by other means than the gateway's."""

import asyncio
import base64
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BODY_MAX = 4_096
CURVE = ec.SECP256R1()


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Phone:
    """A browser's side of a subscription."""

    def __init__(self, name: str, endpoint: str) -> None:
        self.name, self.endpoint, self.status = name, endpoint, 201
        self.retry_after = ""
        self._key, self._secret = ec.generate_private_key(CURVE), os.urandom(16)
        self._point = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.headers: list[dict[str, str]] = []

    def subscription(self) -> dict[str, Any]:
        """What the browser gives to a page."""
        keys = {"p256dh": text(self._point), "auth": text(self._secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> bytes:
        """RFC 8291 and RFC 8188, step by step."""
        salt, record, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        point, sealed = body[21 : 21 + length], body[21 + length :]
        assert record >= len(sealed), "more than one record"
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        shared = self._key.exchange(ec.ECDH(), theirs)
        about = b"WebPush: info\0" + self._point + point
        mixed = _derived(shared, self._secret, about, 32)
        key = _derived(mixed, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(mixed, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        message, mark, filling = padded.rpartition(b"\2")
        assert mark == b"\2"
        assert not filling.strip(b"\0")
        return message


def _derived(secret: bytes, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(secret)


@dataclass
class PushService:
    """Takes messages for its phones at one port."""

    origin: str
    public: str = ""  # the site's key, once a browser was given it
    phones: dict[str, Phone] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)  # what was wrong with a request

    def phone(self, name: str) -> Phone:
        """A browser that subscribes here."""
        self.phones[name] = Phone(name, f"{self.origin}/push/{name}")
        return self.phones[name]

    @contextlib.asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[None]:
        app = web.Application()
        self.routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield
        finally:
            await runner.cleanup()
        assert self.refused == []

    def routes(self, app: web.Application) -> None:
        """What it answers."""
        app.router.add_post("/push/{name}", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        phone, body = self.phones[request.match_info["name"]], await request.read()
        if phone.status != 201:
            headers = {"Retry-After": phone.retry_after} if phone.retry_after else {}
            return web.Response(status=phone.status, headers=headers)
        try:
            self.check(request.headers, body)
            message = phone.opened(body)
        except Exception as error:  # noqa: BLE001 - a test reads it
            self.refused.append(f"{type(error).__name__}: {error}")
            return web.Response(status=403)
        phone.headers.append(dict(request.headers))
        phone.messages.put_nowait(json.loads(message))
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/1"})

    def check(self, headers: Any, body: bytes) -> None:
        """That it is the site's own request. Raises AssertionError or InvalidSignature."""
        scheme, _, value = headers["Authorization"].partition(" ")
        fields = dict(part.strip().split("=", 1) for part in value.split(","))
        head, claims, signature = fields["t"].split(".")
        said, signed = json.loads(raw(claims)), raw(signature)
        assert (scheme, fields["k"]) == ("vapid", self.public), "another key"
        assert json.loads(raw(head))["alg"] == "ES256"
        assert len(signed) == 64
        r, s = int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:], "big")
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw(self.public))
        ours = f"{head}.{claims}".encode()
        key.verify(encode_dss_signature(r, s), ours, ec.ECDSA(hashes.SHA256()))
        assert said["aud"] == self.origin
        assert said["sub"].startswith("mailto:")
        assert 0 < said["exp"] - time.time() <= 24 * 3_600
        assert int(headers["TTL"]) > 0
        assert headers["Urgency"] in ("normal", "high")
        assert len(headers["Topic"]) <= 32
        assert headers["Content-Encoding"] == "aes128gcm"
        assert len(body) <= BODY_MAX
