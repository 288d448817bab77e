"""`menshen flash` with the real mpremote, on a board that runs the real MicroPython on littlefs."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from gateway.provisioning.board_link import BoardLink, Port, list_ports, read_ports
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import STATE_FILES, flash_seal
from gateway.provisioning.flash_screen import Job, flash_on_screen
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
    job = Job(little, SETTINGS, registry(store), port=board.port, labels=tmp_path / "labels")
    seal_id = flash_on_screen(job, console).seal_id
    key, _ = enrolled(store)[seal_id]
    told = console.export_text() + "\n".join(arguments) + board.console.decode(errors="replace")
    labels = list((tmp_path / "labels").iterdir())
    told += "".join(path.read_bytes().decode(errors="replace") for path in labels)
    for secret in (key.hex(), str(key), repr(key), "a secret of the house", 'password":'):
        assert secret not in told
    assert sorted(path.suffix for path in labels) == [".png", ".svg"]
    assert list(tmp_path.glob("menshen-*")) == [], "temporary files stay behind"


def test_only_a_port_with_usb_behind_it_can_be_a_board() -> None:
    assert read_ports(
        "/dev/ttyACM0 24:0a:c4:00:01:10 303a:1001 Espressif USB JTAG/serial debug unit\n"
        "/dev/ttyS0 None 0000:0000 None None\n"
        "/dev/ttyUSB1 None 1a86:7523 None USB Serial\n"
    ) == [
        Port("/dev/ttyACM0", "Espressif USB JTAG/serial debug unit"),
        Port("/dev/ttyUSB1", "USB Serial"),
    ]
    assert isinstance(list_ports(), list), "whatever this machine has, its list can be read"


def test_flashing_knows_the_files_that_a_seal_writes() -> None:
    trials = {settings.TRIAL, f"{settings.TRIAL}.new"}  # trial.py writes beside, and renames
    assert set(STATE_FILES) == {*spool.FILES, *trials}
