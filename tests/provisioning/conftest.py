"""Real neighbours for flashing: a mosquitto with our configuration, and virtual boards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.provisioning.firmware_bundle import BoardFile, bundle
from gateway.store.database import Store
from tests import neighbours
from tests.provisioning.flash_room import CA_DER
from tests.provisioning.flash_site import FlashSite, esptool_on_path, new_flash_site
from tests.provisioning.site_broker import Site, new_site
from tests.virtual_board.virtual_board import VirtualBoard

PROOF_NEEDS = ("__init__", "ccm", "topics", "wrong", "settings", "main", "ca")


@pytest.fixture
def site(
    tmp_path: Path, free_port: Callable[[], int], keep: Callable[[neighbours.Neighbour], None]
) -> Site:
    """A running broker that knows two seals."""
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    made = new_site(program, tmp_path, free_port())
    keep(made.broker)
    return made


@pytest.fixture(scope="session")
def firmware() -> list[BoardFile]:
    """The whole firmware, compiled."""
    return bundle(CA_DER)


@pytest.fixture(scope="session")
def little(firmware: list[BoardFile]) -> list[BoardFile]:
    """As much firmware as the proof needs; the rest of it only takes time to copy."""
    return [file for file in firmware if Path(file.path).stem in PROOF_NEEDS]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh database."""
    opened = Store.open(tmp_path / "menshen.db")
    yield opened
    opened.close()


@pytest.fixture
def new_board(micropython: str, tmp_path: Path) -> Iterator[Callable[..., VirtualBoard]]:
    """A function that plugs in a fresh board."""
    boards: list[VirtualBoard] = []

    def make(**features: object) -> VirtualBoard:
        room = tmp_path / f"board-{len(boards)}"
        room.mkdir()
        board = VirtualBoard(micropython, room, **features)  # type: ignore[arg-type]
        boards.append(board)
        board.plug()
        return board

    yield make
    for board in boards:
        board.pull()


@pytest.fixture
def esptool(monkeypatch: pytest.MonkeyPatch) -> str:
    """The real esptool, on the PATH."""
    return esptool_on_path(monkeypatch)


@pytest.fixture
def flash_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Callable[[neighbours.Neighbour], None]
) -> FlashSite:
    """A site with three doors whose broker runs; its gateway is started by whoever needs it."""
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.chdir(folder)
    site = new_flash_site(program, folder, doors=3)
    keep(site.broker)
    site.note_pid()
    return site
