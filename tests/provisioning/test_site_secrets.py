"""Passwords, certificates and the rendered files: right in themselves, private, and kept."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.provisioning.broker_config import (
    BrokerConfigError,
    BrokerPlan,
    Login,
    gateway_password,
    write_broker_config,
    write_passwords,
)
from gateway.provisioning.certificates import ensure_certificates
from gateway.registry.credentials import (
    fresh_identity,
    hash_password,
    is_password_hash,
    password_matches,
)
from tests import neighbours

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = BrokerPlan(names=["pi.local", "192.168.1.20"])


def test_a_hash_is_the_one_that_mosquitto_makes(tmp_path: Path) -> None:
    program = neighbours.or_skip(
        neighbours.find("mosquitto_passwd"), "mosquitto_passwd", "it comes with mosquitto"
    )
    file = tmp_path / "passwd"
    subprocess.run([program, "-c", "-b", str(file), "someone", "hello"], check=True)
    theirs = file.read_text().strip().split(":")[1]
    assert is_password_hash(theirs)
    assert password_matches("hello", theirs)
    assert not password_matches("hallo", theirs)


def test_a_hash_never_fits_another_password_nor_a_broken_hash() -> None:
    ours = hash_password("hello", salt=bytes(12))
    assert password_matches("hello", ours)
    for broken in ("", "hello", ours[:-1], ours.replace("$7$", "$6$"), ours + "\nroot:x"):
        assert not password_matches("hello", broken)


def test_ten_thousand_seals_have_ten_thousand_keys() -> None:
    seals = [fresh_identity() for _ in range(10_000)]
    for what in ("seal_id", "key", "broker_password"):
        assert len({getattr(seal, what) for seal in seals}) == len(seals)


def test_an_identity_prints_its_id_only() -> None:
    seal = fresh_identity()
    assert repr(seal) == f"Identity(seal_id={seal.seal_id!r})"


def test_certificates_are_good_by_the_year_1970_and_end_as_told(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, PLAN.names, 5, NOW)
    server = x509.load_pem_x509_certificate((tmp_path / "server.crt").read_bytes())
    authority = x509.load_der_x509_certificate((tmp_path / "ca.der").read_bytes())
    assert authority == x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    assert server.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert server.not_valid_after_utc == NOW + timedelta(days=5 * 365)
    assert authority.not_valid_after_utc == NOW + timedelta(days=10 * 365)
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == [
        "pi.local",
        "192.168.1.20",
        "localhost",
        "127.0.0.1",
    ]


def test_the_authority_stays_and_the_server_is_renewed_in_time(tmp_path: Path) -> None:
    assert ensure_certificates(tmp_path, ["pi.local"], 2, NOW)
    authority, server = ((tmp_path / name).read_bytes() for name in ("ca.crt", "server.crt"))
    assert not ensure_certificates(tmp_path, ["pi.local"], 2, NOW + timedelta(days=600))
    assert (tmp_path / "server.crt").read_bytes() == server
    assert ensure_certificates(tmp_path, ["pi.local"], 2, NOW + timedelta(days=700))
    assert ensure_certificates(tmp_path, ["pi2.local"], 2, NOW + timedelta(days=700))
    assert (tmp_path / "ca.crt").read_bytes() == authority


def test_the_authoritys_key_may_be_kept_elsewhere_until_it_is_needed(tmp_path: Path) -> None:
    """As the page for operators asks: all else goes on, and a renewal says what is missing."""
    seal = fresh_identity()
    logins = [Login(seal.seal_id, hash_password(seal.broker_password))]
    write_broker_config(tmp_path, PLAN, [], NOW)
    (tmp_path / "ca.key").unlink()
    write_broker_config(tmp_path, PLAN, logins, NOW)
    assert seal.seal_id in (tmp_path / "passwd").read_text()
    with pytest.raises(BrokerConfigError, match=r"ca\.key is missing"):
        write_broker_config(tmp_path, BrokerPlan(names=["other.local"]), logins, NOW)


def test_secrets_are_private_and_passwords_only_as_hashes(tmp_path: Path) -> None:
    seal = fresh_identity()
    login = Login(seal.seal_id, hash_password(seal.broker_password))
    said = write_broker_config(tmp_path, PLAN, [login], NOW)
    for name in ("ca.key", "gateway.password"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    for name in ("server.key", "passwd"):
        assert not (tmp_path / name).stat().st_mode & stat.S_IRWXO
    secrets = (seal.broker_password, gateway_password(tmp_path))
    for path in set(tmp_path.iterdir()) - {tmp_path / "gateway.password"}:
        content = path.read_bytes().decode(errors="replace")
        assert not any(secret in content for secret in secrets), path.name
    assert not any(secret in " ".join(said) for secret in secrets)


def test_the_gateways_password_stays_when_the_rest_is_made_anew(tmp_path: Path) -> None:
    write_broker_config(tmp_path, PLAN, [], NOW)
    before = gateway_password(tmp_path)
    write_broker_config(tmp_path, PLAN, [], NOW)
    assert gateway_password(tmp_path) == before


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (BrokerPlan(names=[]), "no name was given"),
        (BrokerPlan(names=["pi local"]), "neither a host name nor an IP address"),
        (BrokerPlan(names=["a"], port=0), "port is 0; allowed are 1 to 65535"),
        (BrokerPlan(names=["a"], years=0), "a certificate lasts 1 to 30 years"),
        (BrokerPlan(names=["a"], address="pi.local"), "'pi.local' is not an IP address"),
        (BrokerPlan(names=["a"], installed_at=Path("here")), "must be an absolute path"),
        (BrokerPlan(names=["a"], gateway_user="0" * 16), "is not a user's name"),
        (BrokerPlan(names=["a"], user="x\nallow_anonymous true"), "is not a user's name"),
    ],
)
def test_a_plan_that_cannot_be_made_gets_a_sentence(
    tmp_path: Path, plan: BrokerPlan, sentence: str
) -> None:
    with pytest.raises(BrokerConfigError, match=sentence):
        write_broker_config(tmp_path / "out", plan, [], NOW)


@pytest.mark.parametrize("user", ["gateway", "", "ab:cd", "0" * 15 + "\n"])
def test_nobody_but_a_seal_comes_into_the_password_file(tmp_path: Path, user: str) -> None:
    good = hash_password("x")
    with pytest.raises(BrokerConfigError, match="is no seal's id"):
        write_passwords(tmp_path, PLAN, [Login(user, good)])
    with pytest.raises(BrokerConfigError, match="is there twice"):
        write_passwords(tmp_path, PLAN, [Login("0" * 16, good)] * 2)
    with pytest.raises(BrokerConfigError, match="not of form"):
        write_passwords(tmp_path, PLAN, [Login("0" * 16, "hello")])
    assert not (tmp_path / "passwd").exists()
