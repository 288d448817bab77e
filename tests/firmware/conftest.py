"""Fixtures: the compiled firmware, a desk for either word size, a broker with TLS, a receiver."""

from collections.abc import Callable, Iterator
from pathlib import Path

import authority
import pytest
import workbench
from broker_site import SERVER_NAME, Site
from listening_gateway import Receiver
from workbench import Desk

from neighbours import Broker


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as it goes onto a board, compiled by mpy-cross."""
    return workbench.compiled(tmp_path_factory.mktemp("compiled"))


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
    conf = workbench.TLS_CONF.format(
        tls_port=tls_port, certificate=certificate.certificate, key=certificate.key
    )
    return Site(mosquitto(conf), tls_port, certificate)


@pytest.fixture
def receiver(site: Site) -> Iterator[Receiver]:
    """A gateway's stand-in on the site's broker, which answers every report."""
    made = Receiver(site.port, workbench.SEAL_ID, workbench.KEY)
    yield made
    made.stop()


def _desk(interpreter: str, compiled: Path, folder: Path) -> Iterator[Desk]:
    folder.mkdir()
    made = Desk(interpreter, compiled, folder)
    yield made
    made.tidy()
