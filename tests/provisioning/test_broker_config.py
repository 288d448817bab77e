"""The real mosquitto, configured by `menshen broker-config`: who is let in, and to what."""

import os
import shutil
import signal
import socket
import ssl
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.provisioning.broker_config import Login, write_broker_config, write_passwords
from gateway.registry.credentials import fresh_identity, hash_password
from sealwire import topics
from tests.provisioning.site_broker import PATIENCE_S, Client, Site


def test_a_seal_reports_and_hears_its_receipt(site: Site) -> None:
    own = site.seals[0].seal_id
    with site.gateway() as gateway, site.seal(0) as seal:
        assert gateway.connect() == seal.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        seal.subscribe(topics.receipt(own))
        seal.publish(topics.report(own), b"a report")
        assert gateway.next_message() == (topics.report(own), b"a report")
        gateway.publish(topics.receipt(own), b"a receipt")
        assert seal.next_message() == (topics.receipt(own), b"a receipt")


def test_the_gateway_hears_its_own_echo(site: Site) -> None:
    with site.gateway() as gateway:
        assert gateway.connect() == "Success"
        gateway.subscribe(topics.echo("00" * 8))
        gateway.publish(topics.echo("00" * 8), b"am I heard?")
        assert gateway.next_message() == (topics.echo("00" * 8), b"am I heard?")


def test_strangers_are_refused(site: Site) -> None:
    known, stranger = site.seals[0], fresh_identity()
    for user, password in (
        (None, None),
        (known.seal_id, None),
        (known.seal_id, stranger.broker_password),
        (known.seal_id, site.seals[1].broker_password),
        (known.seal_id, hash_password(known.broker_password)),
        (stranger.seal_id, stranger.broker_password),
        ("gateway", known.broker_password),
    ):
        with Client(site, user, password) as client:
            assert client.connect() == "Not authorized", user


def test_a_seal_cannot_report_under_anothers_name(site: Site) -> None:
    own, other = (seal.seal_id for seal in site.seals)
    with site.gateway() as gateway, site.seal(0) as seal, site.seal(1) as neighbour:
        assert gateway.connect() == seal.connect() == neighbour.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        gateway.subscribe("gateways/+/echo")
        for forbidden in (topics.report(other), topics.echo("00" * 8), topics.receipt(own)):
            seal.paho.publish(forbidden, b"forged", 1)
        neighbour.publish(topics.report(other), b"true")
        assert gateway.next_message() == (topics.report(other), b"true")
        assert gateway.came.empty()


def test_a_seal_cannot_read_anothers_receipts(site: Site) -> None:
    own, other = (seal.seal_id for seal in site.seals)
    with site.gateway() as gateway, site.seal(0) as seal:
        assert gateway.connect() == seal.connect() == "Success"
        for wanted in (topics.receipt(other), "seals/+/receipt", "#", topics.receipt(own)):
            seal.subscribe(wanted)
        gateway.publish(topics.receipt(other), b"not for you")
        gateway.publish(topics.receipt(own), b"for you")
        assert seal.next_message() == (topics.receipt(own), b"for you")
        while not seal.came.empty():  # its own again, once for every pattern that it asked for
            assert seal.came.get() == (topics.receipt(own), b"for you")


def test_a_seal_cannot_take_anothers_connection_by_its_client_id(site: Site) -> None:
    own, other = (seal.seal_id for seal in site.seals)
    thief = site.seal(1)
    thief.client_id = own
    with site.gateway() as gateway, site.seal(0) as seal, thief:
        assert gateway.connect() == seal.connect() == thief.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        seal.publish(topics.report(own), b"still here")
        thief.publish(topics.report(other), b"under my own name")
        assert gateway.next_message() == (topics.report(own), b"still here")
        assert seal.answers.empty(), "the seal had to connect again"


def test_a_client_in_plain_text_gets_no_answer(site: Site) -> None:
    seal = site.seals[0]
    fields = (b"MQTT", b"\x04\xc2\x00\x3c", b"id", seal.seal_id.encode())
    body = _text(fields[0]) + fields[1] + _text(fields[2]) + _text(fields[3])
    body += _text(seal.broker_password.encode())
    with socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as stream:
        stream.sendall(bytes((0x10, len(body))) + body)
        try:
            answer = stream.recv(64)
        except ConnectionResetError:
            answer = b""
    assert answer[:1] != b"\x20", "a CONNACK in plain text"


def test_a_client_that_trusts_another_authority_turns_away(site: Site, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_broker_config(elsewhere, site.plan, [], datetime.now(UTC))
    context = ssl.create_default_context(cafile=str(elsewhere / "ca.crt"))
    with (
        socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


def test_the_certificate_is_for_the_given_names_only(site: Site) -> None:
    context = ssl.create_default_context(cafile=str(site.ca))
    for name, good in (("menshen.example", True), ("127.0.0.1", True), ("other.example", False)):
        with socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as plain:
            if good:
                context.wrap_socket(plain, server_hostname=name).close()
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(plain, server_hostname=name)


@pytest.mark.parametrize(
    ("oldest", "newest", "ciphers", "good"),
    [
        ("TLSv1_2", "TLSv1_2", "ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("TLSv1_2", "TLSv1_2", "ECDHE-ECDSA-AES128-SHA256", False),
        ("TLSv1_3", "TLSv1_3", "DEFAULT", True),
    ],
)
def test_tls_is_new_and_its_encryption_authenticated(
    site: Site, oldest: str, newest: str, ciphers: str, good: bool
) -> None:
    context = ssl.create_default_context(cafile=str(site.ca))
    context.minimum_version = ssl.TLSVersion[oldest]
    context.maximum_version = ssl.TLSVersion[newest]
    context.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as plain:
        if good:
            context.wrap_socket(plain, server_hostname="localhost").close()
        else:
            with pytest.raises(ssl.SSLError, match="handshake failure"):
                context.wrap_socket(plain, server_hostname="localhost")


def test_tls_1_1_is_refused(site: Site) -> None:
    """A ClientHello of TLS 1.1, by hand: new OpenSSL no longer sends one."""
    hello = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x04\xc0\x09\xc0\x0a" + b"\x01\x00"
    handshake = b"\x01" + len(hello).to_bytes(3, "big") + hello
    with socket.create_connection(("127.0.0.1", site.port), PATIENCE_S) as plain:
        plain.sendall(b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake)
        answer = plain.recv(64)
    alert, protocol_version = 0x15, 70
    assert answer[0] == alert
    assert answer[6] == protocol_version


def test_a_reload_lets_in_the_new_and_drops_the_retired_and_keeps_the_rest(site: Site) -> None:
    fresh, (_, staying) = fresh_identity(), site.seals
    with site.gateway() as gateway, site.seal(0) as retired, site.seal(1) as seal:
        assert gateway.connect() == retired.connect() == seal.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        site.seals[:] = [staying, fresh]
        assert write_passwords(site.directory, site.plan, site.logins()) == 2
        os.kill(site.broker.pid, signal.SIGHUP)
        assert retired.answers.get(timeout=PATIENCE_S) == "Not authorized"  # paho tried again
        with Client(site, fresh.seal_id, fresh.broker_password) as newcomer:
            assert newcomer.connect() == "Success"
            newcomer.publish(topics.report(fresh.seal_id), b"hello")
        assert gateway.next_message() == (topics.report(fresh.seal_id), b"hello")
        assert gateway.answers.empty(), "the gateway had to connect again"
        assert seal.answers.empty(), "a seal had to connect again"


def test_an_oversized_packet_ends_its_sender_and_nothing_else(site: Site) -> None:
    own, other = (seal.seal_id for seal in site.seals)
    with site.gateway() as gateway, site.seal(0) as seal, site.seal(1) as neighbour:
        assert gateway.connect() == seal.connect() == neighbour.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
        seal.paho.publish(topics.report(own), bytes(2000), 0)
        assert seal.answers.get(timeout=PATIENCE_S) == "published"  # as far as paho knows
        assert seal.answers.get(timeout=PATIENCE_S) == "Success"  # it was dropped, and came again
        neighbour.publish(topics.report(other), b"a report")
        assert gateway.next_message() == (topics.report(other), b"a report")


def test_what_waits_for_the_gateway_outlives_a_restart_of_the_broker(site: Site) -> None:
    own = site.seals[0].seal_id
    with site.gateway(clean=False) as gateway:
        assert gateway.connect() == "Success"
        gateway.subscribe(topics.EVERY_REPORT)
    with site.seal(0) as seal:
        assert seal.connect() == "Success"
        seal.publish(topics.report(own), b"while you were out")
    site.broker.stop()
    site.broker.start()
    with site.gateway(clean=False) as gateway:
        assert gateway.connect() == "Success"
        assert gateway.next_message() == (topics.report(own), b"while you were out")


def test_i11_the_shipped_service_may_open_a_file_for_every_connection(site: Site) -> None:
    """systemd gives 1,024; `bench/hostile.py` holds ten thousand open for real."""

    def number(file: str, name: str, mark: str) -> int:
        lines = (site.directory / file).read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).partition(mark)[2])

    connections = number("mosquitto.conf", "max_connections", " ")
    assert connections >= 10_000
    assert number("service.conf", "LimitNOFILE", "=") > connections + 1_000
    assert f"-c {site.directory}/mosquitto.conf" in (site.directory / "service.conf").read_text()


def test_ten_thousand_seals_fit_into_the_password_file(tmp_path: Path, site: Site) -> None:
    one = hash_password(fresh_identity().broker_password)
    many = [Login(f"{n:016x}", one) for n in range(10_000)]
    shutil.copytree(site.directory, tmp_path / "many")
    assert write_passwords(tmp_path / "many", site.plan, many) == 10_000


def _text(part: bytes) -> bytes:
    return struct.pack(">H", len(part)) + part
