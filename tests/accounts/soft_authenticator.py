"""An authenticator made of software, which does what a test wants of it: right, or wrong."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey for one account of one name of the console.

    Args:
        origin: where its browser stands.
        counts: whether it counts its uses.
    """

    def __init__(self, origin: str = "https://menshen.test", counts: bool = True) -> None:
        self.origin, self.host = origin, origin.split("//")[1].split(":")[0]
        self.counts, self.uses, self.user = counts, 0, ""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.is_verified = True

    def made(self, options: dict[str, Any]) -> str:
        """A new passkey, as a browser says it."""
        self.user = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        own = self.credential_id
        attested = bytes(16) + len(own).to_bytes(2) + own + encode_cbor(cose)
        data = self._data(ATTESTED) + attested
        said = self._said("webauthn.create", options["challenge"])
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._credential(clientDataJSON=said, attestationObject=encode_cbor(statement))

    def shown(self, options: dict[str, Any], user: str | None = None) -> str:
        """The passkey, for a challenge; `user`: whose it claims to be."""
        self.uses += self.counts
        data, said = self._data(), self._said("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(said).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = base64url_to_bytes(self.user if user is None else user)
        return self._credential(
            clientDataJSON=said, authenticatorData=data, signature=signature, userHandle=handle
        )

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4)

    def _said(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _credential(self, **response: bytes) -> str:
        own = bytes_to_base64url(self.credential_id)
        said = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": said})
