"""Certificates of seals: what is signed, by which key, and whether a file is one.

A certificate is JSON. Its `certificate` says what was tested, when and with which results; it is
signed by the site's key (Ed25519) as its bytes are with sorted keys and no spaces. Beside it stand
the signature and the public key. No name of a person or an address is in it: the door stands there
by its id, and whoever tested it by theirs.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.core.commissioning import Check, TestOpening
from gateway.core.effects import SealCertified
from gateway.core.no_json import NO_JSON
from gateway.store.certificates import CertificateRow

KIND: Final = "menshen seal certificate"
VERSION: Final = 1
FILE_BYTES_MAX: Final = 64_000

T = TypeVar("T")
_encode = msgspec.json.Encoder(order="sorted").encode


class CertificateError(Exception):
    """It is no certificate that can be believed. The text is a sentence for people."""


class Certificate(msgspec.Struct, frozen=True):
    """What a certificate says. Times are UTC, in ISO 8601."""

    kind: str
    version: int
    site: str
    id: str
    seal: str
    door: str
    by: str
    issued: str
    ends: str
    checks: list[dict[str, str | int | None]]
    openings: list[dict[str, str | int | None]]


class CertificateFile(msgspec.Struct, frozen=True):
    """A certificate as a file. `signature` and `key` are base64 of the raw bytes."""

    certificate: dict[str, Any]
    signature: str
    key: str


class Certifier:
    """Signs for a site.

    Args:
        site_id: whose certificates they are.
        key: the site's own.
    """

    def __init__(self, site_id: str, key: Ed25519PrivateKey) -> None:
        self._site_id, self._key = site_id, key
        self.public_key = public_text(key)

    def row(self, door_id: str, certified: SealCertified) -> CertificateRow:
        """The certificate of a seal that passed its test at a door, signed."""
        of, body = certified.certificate, _encode(_said(self._site_id, door_id, certified))
        return CertificateRow(
            of.certificate_id,
            of.seal_id,
            door_id,
            of.issued_ms,
            of.ends_ms,
            body.decode(),
            base64.b64encode(self._key.sign(body)).decode(),
            self.public_key,
        )


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half of a key, in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def as_file(row: CertificateRow) -> bytes:
    """A certificate to hand out. CertificateError where what is kept cannot be read."""
    said = _read(row, dict[str, Any])
    file = CertificateFile(said, row.signature, row.public_key)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def said_in(row: CertificateRow) -> Certificate:
    """What a kept certificate says. CertificateError where it cannot be read."""
    return _read(row, Certificate)


def _read(row: CertificateRow, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(row.body, type=kind)
    except NO_JSON as error:
        raise CertificateError(f"the certificate {row.certificate_id} cannot be read") from error


def check_of(said: dict[str, str | int | None]) -> Check:
    """A check as a certificate has it. msgspec.ValidationError where it is none."""
    fields = {"name": said.get("check"), "mark": said.get("result"), "value": said.get("value")}
    return msgspec.convert(fields | {"margin_db": said.get("margin_db")}, Check)


def opening_ms(said: dict[str, str | int | None]) -> tuple[int, int | None]:
    """When a certificate's opening began and ended, in ms of UTC; None where it did not."""
    return _ms(str(said["opened"])), None if said["shut"] is None else _ms(str(said["shut"]))


def verified(content: bytes, keys: set[str]) -> Certificate:
    """What a file says, once its signature is found to be true.

    Args:
        content: the file.
        keys: public keys that are believed, in base64.

    Raises:
        CertificateError: it is none, somebody changed it, or another site signed it.
    """
    try:
        file = msgspec.json.decode(content, type=CertificateFile)
        said = msgspec.convert(file.certificate, Certificate)
        signature = base64.b64decode(file.signature, validate=True)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(file.key, validate=True))
    except (*NO_JSON, binascii.Error, ValueError):
        raise CertificateError("this file is no certificate of a seal") from None
    if said.kind != KIND or said.version != VERSION:
        raise CertificateError("this file is no certificate of a seal that this release knows")
    try:
        public.verify(signature, _encode(file.certificate))
    except InvalidSignature:
        raise CertificateError(
            "its signature is false: somebody changed it, or it is not whole; believe nothing in it"
        ) from None
    if file.key not in keys:
        raise CertificateError(
            "it is whole, and signed by another site's key; give that site's public key with --key "
            "if you have it from that site itself"
        )
    return said


def _said(site_id: str, door_id: str, certified: SealCertified) -> Certificate:
    of = certified.certificate
    return Certificate(
        KIND,
        VERSION,
        site_id,
        of.certificate_id,
        of.seal_id,
        door_id,
        certified.by.actor_id,
        _iso(of.issued_ms),
        _iso(of.ends_ms),
        [_check(check) for check in certified.checks],
        [_opening(opening) for opening in certified.openings],
    )


def _check(check: Check) -> dict[str, str | int | None]:
    said: dict[str, str | int | None] = {"check": check.name.value, "result": check.mark.value}
    if check.value is not None:
        said["value"] = check.value
    if check.margin_db is not None:
        said["margin_db"] = check.margin_db
    return said


def _opening(opening: TestOpening) -> dict[str, str | int | None]:
    return {
        "opened": _iso(opening.opened_ms),
        "shut": None if opening.shut_ms is None else _iso(opening.shut_ms),
        "delay_ms": opening.delay_ms,
        "bounces": opening.bounces,
    }


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def _iso(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
