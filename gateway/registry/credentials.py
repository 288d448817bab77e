"""What makes a seal itself: a random id, a key, and a password at the broker. All fresh, once.

Nothing is derived from anything: ten thousand seals have ten thousand unrelated keys, and a key
taken out of one stolen seal opens that seal only. The gateway keeps the key; of the password it
keeps the hash alone, in the form that mosquitto reads.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from sealwire import ccm, topics

# PBKDF2 is there to slow down guessing. A password of 256 random bits cannot be guessed at any
# speed, while a broker that computes long hashes keeps every seal waiting after an outage. So we
# take mosquitto's own default, and never hash a password that a person has chosen.
_ITERATIONS = 101
_SALT_BYTES = 12
_HASH_BYTES = 64
_PASSWORD_BYTES = 32
# What documents and `menshen enrol --example` show, and have shown. No seal ever has them.
SAMPLE_KEYS = frozenset(bytes.fromhex(byte * ccm.KEY_BYTES) for byte in ("00", "ff"))
_HASH_FORM = re.compile(r"\$7\$[1-9][0-9]{0,8}\$[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{86}==")


@dataclass(frozen=True)
class Identity:
    """One seal's id (16 hex), key (32 bytes) and broker password. Prints its id and no more."""

    seal_id: str
    key: bytes = field(repr=False)
    broker_password: str = field(repr=False)


def fresh_identity() -> Identity:
    """An identity that no seal has had before, from the operating system's randomness."""
    return Identity(
        seal_id=fresh_seal_id(),
        key=secrets.token_bytes(ccm.KEY_BYTES),
        broker_password=fresh_password(),
    )


def fresh_seal_id() -> str:
    """An id that nothing ever hung under, and that says nothing of what does."""
    return secrets.token_hex(topics.ID_CHARACTERS // 2)


def is_secret(key: bytes) -> bool:
    """Whether a key can be one: that of the sample rows, and the empty one, everybody knows."""
    return key not in SAMPLE_KEYS and any(key)


def fresh_password() -> str:
    """256 random bits as 43 printable characters."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """`password` as mosquitto's password file holds it: PBKDF2 with SHA-512, form `$7$`.

    Meant for random passwords only. `salt` is random unless a test gives it.
    """
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    return _render(password, salt, _ITERATIONS)


def password_matches(password: str, password_hash: str) -> bool:
    """Whether `password_hash` (form `$7$`) was made from `password`."""
    if not is_password_hash(password_hash):
        return False
    _, _, iterations, salt, _ = password_hash.split("$")
    again = _render(password, base64.b64decode(salt), int(iterations))
    return hmac.compare_digest(again, password_hash)


def is_password_hash(text: str) -> bool:
    """Whether `text` has the form `$7$iterations$salt$hash` and so fits into a password file."""
    return _HASH_FORM.fullmatch(text) is not None


def _render(password: str, salt: bytes, iterations: int) -> str:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, _HASH_BYTES)
    salt_text, digest_text = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${iterations}${salt_text}${digest_text}"
