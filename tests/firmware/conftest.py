"""Fixtures: the compiled firmware, a desk for either word size, a broker with TLS, a receiver."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import authority
import pytest
from authority import Certificate
from receiver import Receiver

import bench
from bench import Desk
from neighbours import Broker

SERVER_NAME = "broker.test"


@dataclass
class Site:
    """A real mosquitto with a plain and a TLS listener, and the certificate of the latter."""

    broker: Broker
    tls_port: int
    certificate: Certificate

    @property
    def port(self) -> int:
        return self.broker.port


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as it goes onto a board, compiled by mpy-cross."""
    return bench.compiled(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def desk(micropython: str, compiled: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk with this machine's words."""
    yield from _desk(micropython, compiled, tmp_path / "desk")


@pytest.fixture
def desk_i386(micropython_i386: str, compiled: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk with an ESP32's words."""
    yield from _desk(micropython_i386, compiled, tmp_path / "desk-i386")


@pytest.fixture
def site(mosquitto: Callable[..., Broker], free_port: Callable[[], int], tmp_path: Path) -> Site:
    """A broker with a private authority."""
    certificate = authority.make(tmp_path / "authority", SERVER_NAME)
    tls_port = free_port()
    conf = bench.TLS_CONF.format(
        tls_port=tls_port, certificate=certificate.certificate, key=certificate.key
    )
    return Site(mosquitto(conf), tls_port, certificate)


@pytest.fixture
def receiver(site: Site) -> Iterator[Receiver]:
    """A gateway's stand-in on the site's broker, which answers every report."""
    made = Receiver(site.port, bench.SEAL_ID, bench.KEY)
    yield made
    made.stop()


def _desk(interpreter: str, compiled: Path, folder: Path) -> Iterator[Desk]:
    folder.mkdir()
    made = Desk(interpreter, compiled, folder)
    yield made
    made.tidy()
