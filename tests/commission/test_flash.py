"""`menshen flash` with the real mpremote, on a board that runs the real MicroPython on littlefs."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from gateway.commission.board_link import BoardError, BoardLink, Port, list_ports, read_ports
from gateway.commission.credentials import Identity, password_matches
from gateway.commission.enrol import EnrolError, enrol_seal
from gateway.commission.firmware_bundle import BoardFile, bundle
from gateway.commission.flash import _STATE_FILES, Registry, SealSettings, flash_seal
from gateway.commission.workbench import Job, flash_on_screen
from gateway.store import tables
from gateway.store.engine import Store
from sealnode import spool
from sealwire import ccm, envelope
from sealwire import report as wire
from virtual_board.virtual_board import BareBoard, VirtualBoard, plugged

CA_DER = b"the authority's certificate, as far as flashing cares"
LATER = [
    f"sealnode/{name}.mpy" for name in ("seal", "node", "link", "packets", "contact", "stream")
]
SETTINGS = SealSettings(
    broker="192.168.1.20",
    server_name="pi.local",
    wifi_ssid="grid 5",
    wifi_password="a secret of the house",
)


@pytest.fixture(scope="module")
def firmware() -> list[BoardFile]:
    return bundle(CA_DER)


@pytest.fixture(scope="module")
def little(firmware: list[BoardFile]) -> list[BoardFile]:
    """As much firmware as the proof needs; the rest of it only takes time to copy."""
    return [f for f in firmware if f.path not in LATER]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
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


def registry(store: Store, door_id: str | None = None) -> Registry:
    """The real enrolment, as the command line wires it."""

    def enrol(identity: Identity) -> None:
        enrol_seal(
            store,
            seal_id=identity.seal_id,
            key=identity.key,
            door_id=door_id,
            broker_password=identity.broker_password,
            at_ms=1,
        )

    return Registry(is_enrolled=lambda seal_id: seal_id in enrolled(store), enrol=enrol)


def enrolled(store: Store) -> dict[str, tuple[bytes, str]]:
    """Key and password hash of every seal that the database knows."""
    columns = tables.seals.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.seal_id, columns.key, columns.broker_hash))
        return {row.seal_id: (row.key, row.broker_hash) for row in rows}


def on_board(board: VirtualBoard, script: str) -> object:
    """What `script` answers, run on the board after a soft reset."""
    return BoardLink(board.port).ask(script)


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

    found = on_board(board, FILES_AND_HASHES)
    assert isinstance(found, dict)
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
    frame = on_board(board, SEAL_A_REPORT)
    assert isinstance(frame, str)
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
        return start(command, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(subprocess, "Popen", watched)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
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
    kept = [path for path in tmp_path.glob("menshen-*")]
    assert kept == []


def test_each_attempt_makes_a_key_of_its_own(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    """Enrolment fails at first: the board is nobody again, and the next key is another."""
    board, tried = new_board(), []

    def refuse(identity: Identity) -> None:
        tried.append(identity)
        raise EnrolError("door", "17", "there is no such door")

    with pytest.raises(EnrolError):
        flash_seal(BoardLink(board.port), little, SETTINGS, Registry(lambda _: False, refuse))
    assert "seal.json" not in on_board(board, FILES_AND_HASHES)  # type: ignore[operator]
    flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    ((seal_id, (key, _)),) = enrolled(store).items()
    assert seal_id != tried[0].seal_id
    assert key != tried[0].key


@pytest.mark.parametrize("after_bytes", [40, 20_000])
def test_a_cable_pulled_midway_enrols_nothing_and_the_next_try_succeeds(
    little: list[BoardFile],
    store: Store,
    new_board: Callable[..., VirtualBoard],
    after_bytes: int,
) -> None:
    board = new_board()
    board.pull_after(after_bytes)
    with pytest.raises(BoardError, match="is gone in the middle"):
        flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    assert enrolled(store) == {}
    board.pull()
    with plugged(board):
        flashed = flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
        assert list(enrolled(store)) == [flashed.seal_id]


def test_a_seal_at_work_is_replaced_only_on_request(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    board = new_board()
    first = flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    with pytest.raises(BoardError, match=f"is seal {first.seal_id}, which is enrolled"):
        flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    second = flash_seal(BoardLink(board.port), little, SETTINGS, registry(store), erase=True)
    assert second.replaced == first.seal_id
    assert set(enrolled(store)) == {first.seal_id, second.seal_id}


def test_what_somebody_else_keeps_on_a_board_is_not_removed_unasked(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    board = new_board()
    on_board(board, 'import os\nos.mkdir("/art")\nopen("/art/poem.txt", "w").close()\nanswer(1)')
    with pytest.raises(BoardError, match=r"holds other files \(art/poem.txt\)"):
        flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    flash_seal(BoardLink(board.port), little, SETTINGS, registry(store), erase=True)
    assert "art/poem.txt" not in on_board(board, FILES_AND_HASHES)  # type: ignore[operator]


def test_a_board_too_old_or_too_small_is_refused_before_it_gets_a_key(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    for features, sentence in (
        ({"version": "1.22.2"}, r"has MicroPython 1\.22\.2; it must be 1\.25 or newer"),
        ({"flash_bytes": 64 * 1024}, r"The board is full: \d+ of 64 KB are free"),
    ):
        board = new_board(**features)
        with pytest.raises(BoardError, match=sentence):
            flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    assert enrolled(store) == {}


def test_a_board_without_micropython_is_told_what_to_do(tmp_path: Path) -> None:
    board = BareBoard(tmp_path)
    try:
        with pytest.raises(BoardError, match=r"does not answer as MicroPython.*esptool"):
            BoardLink(board.port, answer_s=2).ask("answer(1)")
    finally:
        board.unplug()


@pytest.mark.parametrize(
    ("wanted", "there", "sentence"),
    [
        (None, [], "No board was found. Plug it in"),
        (None, ["/dev/ttyACM0", "/dev/ttyUSB1"], "choose one with --port. .*ACM0 ESP32-C3; .*USB1"),
        ("/dev/ttyNONE", ["/dev/ttyACM0"], "There is no /dev/ttyNONE. Found: /dev/ttyACM0"),
    ],
)
def test_no_board_or_several_end_in_a_sentence(
    store: Store, wanted: str | None, there: list[str], sentence: str
) -> None:
    job = Job(
        [],
        SETTINGS,
        registry(store),
        port=wanted,
        ports=lambda: [Port(device, "ESP32-C3") for device in there],
    )
    with pytest.raises(BoardError, match=sentence):
        flash_on_screen(job, Console(quiet=True))


def test_a_file_that_did_not_arrive_whole_is_found_before_the_board_gets_a_key(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    class Liar(BoardLink):
        def put(self, files, told):  # type: ignore[no-untyped-def]
            super().put([*files[:-1], BoardFile(files[-1].path, b"print(1)")], told)

    board = new_board()
    with pytest.raises(BoardError, match=r"main\.py did not arrive whole"):
        flash_seal(Liar(board.port), little, SETTINGS, registry(store))
    assert enrolled(store) == {}
    assert "seal.json" not in on_board(board, FILES_AND_HASHES)  # type: ignore[operator]


def test_flashing_knows_the_files_that_a_seal_writes() -> None:
    assert set(_STATE_FILES) == set(spool.FILES)


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


FILES_AND_HASHES = """
import os, hashlib
from binascii import hexlify
def walk(folder):
    found = {}
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            found.update(walk(path))
        else:
            with open(path, "rb") as file:
                content = file.read()
            text = content.decode() if path == "/seal.json" else ""
            found[path[1:]] = (hexlify(hashlib.sha256(content).digest()).decode(), text)
    return found
answer(walk(""))
"""

SEAL_A_REPORT = """
import sealnode.node, sealnode.spool, sealnode.link
from sealnode import settings
from sealwire import ccm, envelope, report
own = settings.read("/")
text = report.pack(report.Report(report.OPEN, report.EDGE, 7, 13, age_ms=250, battery_mv=3010))
cipher = ccm.cipher(own.key)
answer(envelope.seal_up(cipher, bytes.fromhex(own.seal_id), envelope.UP, 3, 4, text).hex())
"""
