"""The link against brokers that do not behave: each wait has an end, on both Pythons."""

import datetime
import itertools
import socket
import sys
import threading
from pathlib import Path

import pytest

from tests.firmware import authority, hostile_brokers, seal_bench
from tests.firmware.broker_site import SERVER_NAME, Site
from tests.firmware.seal_bench import Bench
from tests.waiting import block_until

sys.path.insert(0, str(seal_bench.PROGRAMS))
import link_alone

STEPS = 6000

WRONG = [
    ("never answers", hostile_brokers.never_answers, "no session in time"),
    ("stalls after one byte", hostile_brokers.stalls_after_one_byte, "no session in time"),
    ("stalls before the suback", hostile_brokers.stalls_before_suback, "no session in time"),
    ("falls silent", hostile_brokers.welcomes_and_falls_silent, "no answer to a ping"),
    ("hangs up", hostile_brokers.hangs_up, "the broker has closed the connection"),
    ("refuses", hostile_brokers.says(b"\x20\x02\x00\x05"), "the broker refuses this seal, code 5"),
    (
        "refuses the topic",
        hostile_brokers.says(hostile_brokers.CONNACK + b"\x90\x03\x00\x01\x80"),
        "the broker refuses",
    ),
    (
        "speaks HTTP",
        hostile_brokers.says(b"HTTP/1.1 400 Bad Request\r\n" + bytes(99)),
        "not a word of MQTT",
    ),
    ("skips the connack", hostile_brokers.says(hostile_brokers.SUBACK), "before the CONNACK"),
    (
        "sends a client's packet",
        hostile_brokers.says(hostile_brokers.CONNACK + b"\x82\x00"),
        "which no client is sent",
    ),
    (
        "sends nonsense lengths",
        hostile_brokers.says(b"\x20\xff\xff\xff\xff\xff"),
        "not a word of MQTT",
    ),
    (
        "publishes nonsense",
        hostile_brokers.says(hostile_brokers.CONNACK + b"\x30\x01\x00"),
        "not a word of MQTT",
    ),
    (
        "answers twice",
        hostile_brokers.says(hostile_brokers.CONNACK + 2 * hostile_brokers.SUBACK),
        "what was not asked",
    ),
]
NAMES = [name for name, _, _ in WRONG]


@pytest.mark.parametrize(("_name", "manners", "why"), WRONG, ids=NAMES)
def test_a_broker_that_does_not_behave_ends_the_link_with_a_reason(
    _name: str, manners: hostile_brokers.Manners, why: str
) -> None:
    with hostile_brokers.broker(manners) as port:
        assert why in link_alone.ends(port, step_ms=500)


@pytest.mark.parametrize(("_name", "manners", "why"), WRONG, ids=NAMES)
def test_and_so_it_does_on_micropython(
    bench: Bench, _name: str, manners: hostile_brokers.Manners, why: str
) -> None:
    with hostile_brokers.broker(manners) as port:
        assert why in ends(bench, f"{port}, step_ms=500")


def ends(bench: Bench, arguments: str) -> str:
    """What link_alone.ends says on MicroPython."""
    process = bench.run(f"import link_alone; link_alone.ends({arguments})")
    said, _ = process.communicate(timeout=seal_bench.PATIENCE_S)
    assert process.returncode == 0, said
    return said


def test_a_session_that_comes_byte_by_byte_is_a_session(bench: Bench) -> None:
    with hostile_brokers.broker(hostile_brokers.byte_by_byte) as port:
        link = link_alone.opened(port)
        now_ms = itertools.count()

        def has_come() -> bool:
            link.poll(next(now_ms))
            return bool(link.inbox)

        block_until(has_come)
        assert link.inbox == [("a", b"b")]
        assert ends(bench, f"{port}, steps=100").split() == ["10000"]
        link.close()


def test_a_port_where_nobody_listens_is_told(bench: Bench, free_port) -> None:  # type: ignore[no-untyped-def]
    port = free_port()
    assert "nobody answers" in link_alone.ends(port)
    assert "nobody answers" in ends(bench, str(port))


def test_a_name_that_nobody_knows_is_told(bench: Bench) -> None:
    assert "cannot reach" in link_alone.ends(1883, host="nobody.invalid")
    assert "cannot reach" in ends(bench, "1883, host='nobody.invalid'")


@pytest.fixture
def both(bench: Bench, site: Site):  # type: ignore[no-untyped-def]
    """ends(...) over TLS on CPython and on MicroPython, as one text."""

    def run(ca: Path, name: str = SERVER_NAME) -> list[str]:
        return [
            link_alone.ends(site.tls_port, str(ca), name, 10, 100),
            ends(bench, f"{site.tls_port}, {str(ca)!r}, {name!r}, 10, 100"),
        ]

    return run


def test_the_right_authority_and_name_are_let_through(site: Site, both) -> None:  # type: ignore[no-untyped-def]
    on_cpython, on_micropython = both(site.certificate.ca_der)
    assert on_cpython == ""
    assert on_micropython.split() == ["1000"]


def test_another_authority_is_refused(both, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    other = authority.make(tmp_path / "other", SERVER_NAME)
    on_cpython, on_micropython = both(other.ca_der)
    assert "CERTIFICATE_VERIFY_FAILED" in on_cpython
    assert "not correctly signed" in on_micropython


def test_another_name_is_refused(site: Site, both) -> None:  # type: ignore[no-untyped-def]
    on_cpython, on_micropython = both(site.certificate.ca_der, "other.test")
    assert "CERTIFICATE_VERIFY_FAILED" in on_cpython
    assert "does not match" in on_micropython


def test_a_certificate_that_begins_tomorrow_is_refused(
    bench: Bench,
    mosquitto,
    free_port,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    late = authority.make(tmp_path / "late", SERVER_NAME, tomorrow)
    tls_port = free_port()
    conf = seal_bench.TLS_CONF.format(tls_port=tls_port, certificate=late.certificate, key=late.key)
    mosquitto(conf)
    assert "in the future" in ends(bench, f"{tls_port}, {str(late.ca_der)!r}")


def test_a_plain_listener_is_no_tls(bench: Bench, site: Site) -> None:
    ca = str(site.certificate.ca_der)
    assert link_alone.ends(site.port, ca, SERVER_NAME, 500)
    assert ends(bench, f"{site.port}, {ca!r}, {SERVER_NAME!r}, 500").split()[1:]


def test_tls_that_stalls_in_the_handshake_ends_in_time(bench: Bench, site: Site) -> None:
    ca = str(site.certificate.ca_der)
    with hostile_brokers.broker(hostile_brokers.never_answers) as port:
        assert link_alone.ends(port, ca, SERVER_NAME, 500) == "no session in time"
        assert "no session in time" in ends(bench, f"{port}, {ca!r}, {SERVER_NAME!r}, 500")


def test_a_broker_that_takes_nothing_more_ends_the_link(bench: Bench) -> None:
    is_over = threading.Event()

    def takes_nothing_more(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(hostile_brokers.CONNACK + hostile_brokers.SUBACK)
        is_over.wait(seal_bench.PATIENCE_S)

    with hostile_brokers.broker(takes_nothing_more) as port:
        link = link_alone.opened(port)
        now_ms = 0
        while link.state != link_alone.UP and not link.why:
            link.poll(now_ms)
        while link.publish("a", bytes(20_000), now_ms):
            pass
        for now_ms in range(0, 20_000, 500):
            link.poll(now_ms)
        is_over.set()
        assert link.why == "the broker takes nothing more"
