"""A certificate is signed by the site's key: what is changed in it, or another's, is told."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.core.actor import actor_of
from gateway.core.commissioning import Certificate, Check, CheckMark, CheckName, TestOpening
from gateway.core.effects import SealCertified
from gateway.registry import site_key
from gateway.registry.certificates import CertificateError, Certifier, as_file, verified
from gateway.registry.site_key import SiteKeyError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
AT_MS = 1_590_033_600_000


def certifier(key: Ed25519PrivateKey = KEY) -> Certifier:
    return Certifier("00ff00ff00ff00ff", key)


def file(key: Ed25519PrivateKey = KEY) -> bytes:
    certificate = Certificate("t1", "00112233aabbccdd", AT_MS, AT_MS + 1_000)
    checks = Check(CheckName.RADIO, CheckMark.GOOD, 120, 30), Check(CheckName.COVER, CheckMark.GOOD)
    openings = (TestOpening(AT_MS - 9_000, 80, AT_MS - 8_000, 3),)
    said = SealCertified(certificate, actor_of("zhou"), checks, openings)
    return as_file(certifier(key).row("d1", said))


def test_a_certificate_says_what_was_seen_and_is_true() -> None:
    said = verified(file(), {certifier().public_key})
    assert (said.seal, said.door, said.by) == ("00112233aabbccdd", "d1", "zhou")
    assert said.issued == "2020-05-21T04:00:00.000Z"
    assert said.checks[0] == {"check": "radio", "result": "good", "value": 120, "margin_db": 30}
    assert said.openings[0]["bounces"] == 3


def test_whatever_is_changed_in_it_is_found() -> None:
    keys, whole = {certifier().public_key}, json.loads(file())
    for name, value in whole["certificate"].items():
        changed = {**whole, "certificate": {**whole["certificate"], name: _other(value)}}
        with pytest.raises(CertificateError, match=r"somebody changed it|no certificate"):
            verified(json.dumps(changed).encode(), keys)
    more = {**whole, "certificate": {**whole["certificate"], "also": "this"}}
    with pytest.raises(CertificateError, match="somebody changed it"):
        verified(json.dumps(more).encode(), keys)


def _other(value: object) -> object:
    if isinstance(value, str):
        return value[:-1] + "x"
    return value + 1 if isinstance(value, int) else []


def test_how_it_is_written_makes_no_difference() -> None:
    shuffled = dict(reversed(json.loads(file()).items()))
    assert verified(json.dumps(shuffled, indent=7).encode(), {certifier().public_key})


def test_one_of_another_site_is_told() -> None:
    with pytest.raises(CertificateError, match="another site's key"):
        verified(file(OTHER), {certifier().public_key})


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"no", b"\xff\xfe", b"[" * 5_000, file()[:-40], file() + b"x"]
)
def test_what_is_no_certificate_is_told(content: bytes) -> None:
    with pytest.raises(CertificateError):
        verified(content, {certifier().public_key})


def test_a_site_makes_its_key_once_for_its_owner_only(tmp_path: Path) -> None:
    path = site_key.place(tmp_path / "menshen.db")
    first, again = site_key.load_or_make(path), site_key.load_or_make(path)
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_never_written_over(tmp_path: Path, content: bytes) -> None:
    path = site_key.place(tmp_path / "menshen.db")
    path.write_bytes(content)
    with pytest.raises(SiteKeyError, match="holds no Ed25519 key"):
        site_key.load_or_make(path)
    assert path.read_bytes() == content
