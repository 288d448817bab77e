"""Sealed text: `~1.<key id>.<base64url>`, AES-SIV (RFC 5297) with the key's id beside the text.

The same text under the same key makes the same bytes: whoever says a thing twice has said it once,
and no nonce has to be kept. Two texts of one key that are the same can be seen to be the same, and
how long a text is; nothing else. Sealed bytes (photos) have a nonce, and begin with their key's id.
"""

import base64
import binascii
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 64  # AES-256-SIV: one half authenticates, the other encrypts
KEY_ID: Final = re.compile("[0-9a-f]{16}")
PREFIX: Final = "~1."
_SEALED: Final = re.compile(r"~1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{22,})")
_BYTES_PREFIX: Final = b"~1."
_ID_END: Final = len(_BYTES_PREFIX) + 16
_NONCE_BYTES: Final = 12
_TEXT, _BYTES = b"menshen text 1", b"menshen bytes 1"


class TamperedError(Exception):
    """Sealed text or bytes that its key did not make: somebody changed it, or a disk did."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"what was sealed with the key {key_id} has been changed since")
        self.key_id = key_id


def key_of(text: str) -> str | None:
    """The id of the key that sealed it; None for what is not sealed."""
    if not text.startswith(PREFIX):  # nearly always: the expression costs five times as much
        return None
    found = _SEALED.fullmatch(text)
    return None if found is None else found[1]


def key_of_bytes(data: bytes) -> str | None:
    """The id of the key that sealed these bytes; None for what is not sealed."""
    if not data.startswith(_BYTES_PREFIX):
        return None
    key_id = data[len(_BYTES_PREFIX) : _ID_END].decode("ascii", errors="replace")
    return key_id if KEY_ID.fullmatch(key_id) else None


class OrderKey:
    """One key at work.

    Args:
        key_id: 16 hex digits.
        key: KEY_BYTES of them.
    """

    __slots__ = ("_key", "key_id")  # a cipher that stands ready takes 5 us to make, and 4 kB

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id, self._key = key_id, key

    def seal(self, text: str) -> str:
        """The text, sealed. Nothing (an empty text) stays nothing."""
        if not text:
            return text
        # a lone surrogate, as bad input can hold, comes back as it was
        plain = text.encode("utf-8", "surrogatepass")
        sealed = AESSIV(self._key).encrypt(plain, self._beside())
        encoded = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
        return f"{PREFIX}{self.key_id}.{encoded}"

    def reveal(self, sealed: str) -> str:
        """What `seal` was given. TamperedError for anything else."""
        encoded = sealed[len(PREFIX) + 17 :]
        try:
            data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            plain = AESSIV(self._key).decrypt(data, self._beside())
            return plain.decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError, binascii.Error):
            raise TamperedError(self.key_id) from None

    def seal_bytes(self, data: bytes, name: str) -> bytes:
        """The bytes, sealed, for just this place (`name`)."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _BYTES_PREFIX + self.key_id.encode()
        return head + nonce + self._of_bytes().encrypt(nonce, data, head + name.encode())

    def reveal_bytes(self, sealed: bytes, name: str) -> bytes:
        """What `seal_bytes` was given. TamperedError for anything else, and in another place."""
        head, rest = sealed[:_ID_END], sealed[_ID_END:]
        try:
            return self._of_bytes().decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + name.encode()
            )
        except (InvalidTag, ValueError):
            raise TamperedError(self.key_id) from None

    def _beside(self) -> list[bytes]:
        return [_TEXT, self.key_id.encode()]

    def _of_bytes(self) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt=None, info=_BYTES).derive(self._key))
