"""`menshen flash` when something is wrong: nothing half enrolled, no key twice, a sentence each."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.provisioning.board_link import BoardError, BoardLink, choose_ports
from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.flash import Registry, flash_seal, steps_of
from gateway.provisioning.usb_ports import Port
from gateway.registry.credentials import Identity
from gateway.registry.enrolment import EnrolError
from gateway.store.database import Store
from tests.provisioning.flash_room import SETTINGS, enrolled, files_of, registry
from tests.virtual_board.virtual_board import BareBoard, VirtualBoard, plugged

PULLS = int(os.environ.get("MENSHEN_PULLS", "3"))
SEED = 14


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
    assert "seal.json" not in files_of(board)
    flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    ((seal_id, (key, _)),) = enrolled(store).items()
    assert seal_id != tried[0].seal_id
    assert key != tried[0].key


@pytest.mark.parametrize("after_bytes", [40, 8_000])
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


@pytest.mark.parametrize("number", range(PULLS))
def test_a_cable_pulled_at_any_step_leaves_a_whole_seal_or_none(
    number: int,
    little: list[BoardFile],
    store: Store,
    new_board: Callable[..., VirtualBoard],
) -> None:
    """So many moments of the flashing, each in a step of its own, some bytes behind its beginning.
    All of them: `make flashing`."""
    chance, steps = random.Random(SEED + number), steps_of(little)  # noqa: S311
    step = steps * (2 * number + 1) // (2 * PULLS)
    behind = chance.choice((0, chance.randrange(1, 60), chance.randrange(60, 900)))
    print(f"seed {SEED + number}: pulled at step {step} of {steps}, {behind} bytes behind")
    board, said = new_board(), ""

    def told(_what: str, done: int, _of: int) -> None:
        if done == step:
            board.pull_after(behind)

    flashed = None
    try:
        flashed = flash_seal(BoardLink(board.port), little, SETTINGS, registry(store), told=told)
    except BoardError as error:
        said = str(error)
    first = list(enrolled(store))
    assert first == ([] if flashed is None else [flashed.seal_id])
    assert flashed is not None or (len(said.splitlines()) == 1 and "is gone" in said), said
    board.pull()
    with plugged(board):
        link = BoardLink(board.port)
        again = flash_seal(link, little, SETTINGS, registry(store), erase=True)
    assert again.replaced == (first[0] if first else None)
    assert set(enrolled(store)) == {again.seal_id, *first}


def test_a_cable_pulled_after_enrolment_leaves_a_seal_that_works(
    little: list[BoardFile], store: Store, new_board: Callable[..., VirtualBoard]
) -> None:
    board, real = new_board(), registry(store)

    def enrol_and_stumble(identity: Identity) -> None:
        real.enrol(identity)
        board.pull()

    slow = Registry(real.is_enrolled, enrol_and_stumble)
    flashed = flash_seal(BoardLink(board.port), little, SETTINGS, slow)
    assert not flashed.started
    assert list(enrolled(store)) == [flashed.seal_id]
    with plugged(board):
        found = files_of(board)
    assert flashed.seal_id in found["seal.json"][1]
    assert {file.path for file in little} <= set(found)


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
    BoardLink(board.port).ask(
        'import os\nos.mkdir("/art")\nopen("/art/poem.txt", "w").close()\nanswer(1)'
    )
    with pytest.raises(BoardError, match=r"holds other files \(art/poem.txt\)"):
        flash_seal(BoardLink(board.port), little, SETTINGS, registry(store))
    flash_seal(BoardLink(board.port), little, SETTINGS, registry(store), erase=True)
    assert "art/poem.txt" not in files_of(board)


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
        with pytest.raises(BoardError, match=r"does not answer as MicroPython.*say --image"):
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
    wanted: str | None, there: list[str], sentence: str
) -> None:
    ports = [Port(device, "ESP32-C3") for device in there]
    with pytest.raises(BoardError, match=sentence):
        choose_ports([wanted] if wanted else [], ports, most=1)


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
    assert "seal.json" not in files_of(board)
