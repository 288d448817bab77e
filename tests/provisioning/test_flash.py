"""`menshen flash` with the real mpremote, on a board that runs the real MicroPython on littlefs."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from gateway.provisioning.board_link import BoardLink
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import STATE_FILES, flash_seal
from gateway.provisioning.flash_batch import Work
from gateway.provisioning.flash_screen import Labels, flash_on_screen
from gateway.provisioning.usb_ports import Port, list_ports, read_ports, without_driver
from gateway.registry.credentials import password_matches
from gateway.store.database import Store
from sealnode import settings, spool
from sealwire import ccm, envelope
from sealwire import report as wire
from tests.provisioning.flash_room import SEAL_A_REPORT, SETTINGS, enrolled, files_of, registry
from tests.virtual_board.virtual_board import VirtualBoard


def test_a_bare_board_becomes_a_seal_that_the_gateway_can_read(
    firmware: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    board = new_board()
    heard: list[str] = []
    flashed = flash_seal(
        BoardLink(board.port),
        firmware,
        SETTINGS,
        registry(store),
        told=lambda what, done, of: heard.append(what),
    )
    ((seal_id, (key, password_hash)),) = enrolled(store).items()
    assert flashed.seal_id == seal_id
    assert flashed.started
    assert [line for line in heard if line.startswith("copying")] == [
        f"copying {file.path}" for file in firmware
    ]

    found = files_of(board)
    settings = found.pop("seal.json")[1]
    own = json.loads(settings)
    assert (own["id"], own["user"], own["key"]) == (seal_id, seal_id, key.hex())
    assert password_matches(own["password"], password_hash)
    assert own["wifi"] == {"ssid": "grid 5", "password": "a secret of the house"}
    for state_file in spool.FILES:  # the seal has started already and counts its epochs
        found.pop(state_file, None)
    assert {path: digest for path, (digest, _) in found.items()} == {
        file.path: file.sha256 for file in firmware
    }

    report = wire.Report(wire.OPEN, wire.EDGE, seq=7, edges=13, age_ms=250, battery_mv=3010)
    frame = BoardLink(board.port).ask(SEAL_A_REPORT)
    opened = envelope.open_up(ccm.cipher(key), bytes.fromhex(seal_id), bytes.fromhex(frame))
    assert opened[:3] == (envelope.UP, 3, 4)
    assert wire.unpack(opened[3]) == report


def test_a_seals_secrets_never_leave_the_line(
    little: list[BoardFile],
    store: Store,
    new_board: Callable[..., VirtualBoard],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Not in a process's arguments, nor on the screen, nor in what the board prints, nor a file."""
    arguments: list[str] = []
    start = subprocess.Popen

    def watched(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
        arguments.extend(map(str, command))
        files = [path for path in tmp_path.glob("menshen-*/*") if path.is_file()]
        arguments.extend(path.read_bytes().decode(errors="replace") for path in files)
        return start(command, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(subprocess, "Popen", watched)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    board = new_board()
    console = Console(record=True, width=100)
    work = Work(little, SETTINGS, lambda _: registry(store))
    labels = Labels(tmp_path / "labels")
    (outcome,) = flash_on_screen(work, [(Port(board.port, ""), None)], labels, console)
    seal_id = outcome.flashed.seal_id if outcome.flashed is not None else ""
    key, _ = enrolled(store)[seal_id]
    told = console.export_text() + "\n".join(arguments) + board.console.decode(errors="replace")
    files = list((tmp_path / "labels").iterdir())
    told += "".join(path.read_bytes().decode(errors="replace") for path in files)
    for secret in (key.hex(), str(key), repr(key), "a secret of the house", 'password":'):
        assert secret not in told
    assert sorted(path.suffix for path in files) == [".pdf", ".png", ".svg"]
    assert list(tmp_path.glob("menshen-*")) == [], "temporary files stay behind"


def test_only_a_port_with_usb_behind_it_can_be_a_board() -> None:
    assert read_ports(
        "/dev/ttyACM0 24:0a:c4:00:01:10 303a:1001 Espressif USB JTAG/serial debug unit\n"
        "/dev/ttyS0 None 0000:0000 None None\n"
        "/dev/ttyUSB1 None 1a86:7523 None USB Serial\n"
    ) == [
        Port(
            "/dev/ttyACM0",
            "Espressif USB JTAG/serial debug unit",
            "24:0a:c4:00:01:10",
            "303a:1001",
        ),
        Port("/dev/ttyUSB1", "USB Serial", "", "1a86:7523"),
    ]
    assert isinstance(list_ports(), list), "whatever this machine has, its list can be read"


def test_a_board_is_known_by_its_number_and_shown_by_its_last_four_digits() -> None:
    numbered = Port("/dev/ttyACM0", "", "24:0a:c4:00:01:10", "303a:1001")
    assert (numbered.key, numbered.short, numbered.is_known) == ("24:0a:c4:00:01:10", "0110", True)
    bridge = Port("/dev/ttyUSB1", "USB Serial", "", "1a86:7523")
    assert (bridge.key, bridge.short, bridge.is_known) == ("/dev/ttyUSB1", "ttyUSB1", True)
    assert not Port("/dev/ttyUSB2", "a modem", "867", "12d1:1001").is_known


def test_a_board_without_a_port_is_told_from_no_board_at_all(tmp_path: Path) -> None:
    """As Linux lists USB devices: with a folder tty… below them where there is a driver."""

    def plug(name: str, vendor: str, product: str, tty: str = "") -> None:
        device = tmp_path / name
        (device / f"{name}:1.0" / tty).mkdir(parents=True)
        (device / "idVendor").write_text(vendor + "\n")
        (device / "idProduct").write_text(product + "\n")

    plug("1-1", "303a", "1001", "tty/ttyACM0")
    plug("1-2", "046d", "c52b")
    assert without_driver(tmp_path) == ""
    plug("1-3", "1a86", "7523")
    said = without_driver(tmp_path)
    assert "a CH340 bridge on USB, but this machine made no serial port of it" in said
    assert "modprobe ch341" in said
    assert "apt remove brltty" in said


def test_flashing_knows_the_files_that_a_seal_writes() -> None:
    trials = {settings.TRIAL, f"{settings.TRIAL}.new"}  # trial.py writes beside, and renames
    assert set(STATE_FILES) == {*spool.FILES, *trials, settings.OVER}
