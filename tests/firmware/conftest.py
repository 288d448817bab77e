"""Fixtures: the compiled firmware, a bench for either word size, a broker with TLS, a receiver."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.provisioning.firmware_bundle import modules
from gateway.provisioning.romfs_image import romfs_image
from tests.firmware import authority, seal_bench
from tests.firmware.broker_site import SERVER_NAME, Site
from tests.firmware.listening_gateway import Receiver
from tests.firmware.seal_bench import Bench
from tests.neighbours import Broker


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as it goes onto a board, compiled by mpy-cross."""
    return seal_bench.compiled(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def bench(micropython: str, compiled: Path, tmp_path: Path) -> Iterator[Bench]:
    """A bench with this machine's words."""
    yield from _bench(micropython, compiled, tmp_path / "bench")


@pytest.fixture(scope="session")
def rom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as a ROMFS image."""
    path = tmp_path_factory.mktemp("rom") / "romfs.img"
    path.write_bytes(romfs_image(modules()))
    return path


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a bench adds to the firmware, compiled, and nothing of the firmware itself."""
    return seal_bench.tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def bench_i386(micropython_i386: str, rom: Path, tools: Path, tmp_path: Path) -> Iterator[Bench]:
    """A bench with an ESP32's words, and the firmware in ROMFS as on a seal's board."""
    before = f"import from_rom; from_rom.main({str(rom)!r}); "
    yield from _bench(micropython_i386, tools, tmp_path / "bench-i386", before)


@pytest.fixture
def bench_i386_files(micropython_i386: str, compiled: Path, tmp_path: Path) -> Iterator[Bench]:
    """The same with the firmware in files."""
    yield from _bench(micropython_i386, compiled, tmp_path / "bench-i386-files")


@pytest.fixture
def site(mosquitto: Callable[..., Broker], free_port: Callable[[], int], tmp_path: Path) -> Site:
    """A broker with a private authority."""
    certificate = authority.make(tmp_path / "authority", SERVER_NAME)
    tls_port = free_port()
    conf = seal_bench.TLS_CONF.format(
        tls_port=tls_port, certificate=certificate.certificate, key=certificate.key
    )
    return Site(mosquitto(conf), tls_port, certificate)


@pytest.fixture
def receiver(site: Site) -> Iterator[Receiver]:
    """A gateway's stand-in on the site's broker, which answers every report."""
    made = Receiver(site.port, seal_bench.SEAL_ID, seal_bench.KEY)
    yield made
    made.stop()


def _bench(interpreter: str, compiled: Path, folder: Path, before: str = "") -> Iterator[Bench]:
    folder.mkdir()
    made = Bench(interpreter, compiled, folder, before)
    yield made
    made.tidy()
