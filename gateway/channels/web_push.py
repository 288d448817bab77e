"""Web Push itself: our signature (VAPID, RFC 8292), the sealing of a message (RFC 8291), and the
headers (RFC 8030). Pure but for the clock of the signature and the message's own random key.

The site's key is made of 32 random bytes that are drawn once and kept with the accounts: with
another, every phone would have to be asked again.
"""

import base64
import hmac
import os
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.settings.web_address import WebAddress

KEY_NAME: Final = "push"  # of the site's key, among the accounts' keys
POINT_BYTES: Final = 65  # an uncompressed point on P-256
SECRET_BYTES: Final = 16
SIGNED_S: Final = 12 * 3_600  # how long a signature holds; services allow 24 h
SIGN_AGAIN_S: Final = 3_600  # before that, so that no clock that is late spoils it
TOPIC_BYTES: Final = 18  # 24 characters of base64url; 32 are allowed
PADDED_BYTES: Final = 128  # every message has this length: its length tells nothing
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4_096  # the size that is said of a record; ours are shorter
_CURVE: Final = ec.SECP256R1()
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class SiteKey:
    """The key by which push services know this site.

    Args:
        drawn: 32 random bytes, always the same ones.
        contact: `mailto:` or `https:`, whom a push service can ask about us.
        clock: the machine's time, in seconds since 1970.
    """

    def __init__(self, drawn: bytes, contact: str, clock: Callable[[], float] = time.time) -> None:
        number = int.from_bytes(drawn, "big") % (_ORDER - 1) + 1
        self._private = ec.derive_private_key(number, _CURVE)
        self._drawn, self._contact, self._clock = drawn, contact, clock
        self._signed: dict[str, tuple[float, str]] = {}  # origin -> until when, and what

    @property
    def public(self) -> str:
        """What a browser is given to subscribe with: the point, base64url."""
        return _text(_point(self._private))

    def authorization(self, target: WebAddress) -> str:
        """The header that proves to a push service who asks."""
        origin, now_s = f"{target.scheme}://{target.host_and_port}", self._clock()
        known = self._signed.get(origin)
        # One that a clock signed which was ahead is refused, for it would hold too long.
        if known is None or not now_s <= known[0] <= now_s + SIGNED_S:
            claims = {"aud": origin, "sub": self._contact, "exp": int(now_s + SIGNED_S)}
            known = now_s + SIGNED_S - SIGN_AGAIN_S, _signature(self._private, claims)
            self._signed[origin] = known
        return known[1]

    def topic(self, about: str) -> str:
        """A name for what messages are about, by which a newer replaces one that still waits. It
        tells nobody what it is about."""
        return _text(hmac.digest(self._drawn, about.encode(), sha256)[:TOPIC_BYTES])


def sealed(message: bytes, point: bytes, secret: bytes) -> bytes:
    """A message that only the phone can open, as the body of a request.

    Args:
        message: up to PADDED_BYTES.
        point: the browser's public key.
        secret: what it shares with us.

    Raises:
        ValueError: the point is none, or the message too long.
    """
    if len(message) > PADDED_BYTES:
        raise ValueError(f"the message is longer than {PADDED_BYTES} bytes")
    once, salt = ec.generate_private_key(_CURVE), os.urandom(SALT_BYTES)
    return record(
        message.ljust(PADDED_BYTES), point, secret, once, salt
    )  # JSON may end with spaces


def record(
    message: bytes, point: bytes, secret: bytes, once: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """RFC 8291 with the key and the salt given, which may never be used twice: one record of RFC
    8188, behind its head. The names are the RFC's."""
    ua_public, as_public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point), _point(once)
    about = b"WebPush: info\0" + point + as_public
    ikm = _derived(once.exchange(ec.ECDH(), ua_public), secret, about, 32)
    key = _derived(ikm, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(ikm, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(as_public)]) + as_public
    return head + AESGCM(key).encrypt(nonce, message + b"\2", None)


def _derived(secret: bytes, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(secret)


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def check_point(point: bytes) -> None:
    """ValueError for what is no point on the curve."""
    if len(point) != POINT_BYTES:
        raise ValueError("its length is wrong")
    ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def octets(text: str) -> bytes:
    """What base64url stands for, with or without its filling. ValueError for other text."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(private: ec.EllipticCurvePrivateKey, claims: dict[str, Any]) -> str:
    from py_vapid import Vapid02

    header: str = Vapid02(private).sign(claims)["Authorization"]
    return header
