"""MicroPython written by the real esptool onto chips that are simulated to their loader's words."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.provisioning import board_image
from gateway.provisioning.board_image import BoardImage, read_image
from gateway.provisioning.board_link import BoardError, BoardLink
from gateway.provisioning.image_writer import esptool_program, write_image
from tests.virtual_board.rom import CHIPS, Faults, Rom, image
from tests.virtual_board.virtual_board import BareBoard, VirtualBoard
from tests.waiting import block_until

Plugged = Callable[..., VirtualBoard]
SMALL = 400_000  # as much as makes a story; the whole of it is written in test_flash_to_heard.py

pytestmark = pytest.mark.usefixtures("esptool")


def an_image(chip: str, size: int = SMALL) -> BoardImage:
    return BoardImage(image(chip, size), chip, None)


@pytest.mark.parametrize("chip", CHIPS)
def test_each_chip_gets_its_image_and_starts_micropython(new_board: Plugged, chip: str) -> None:
    rom, percents = Rom(chip), list[int]()
    board, written = new_board(rom=rom), an_image(chip)
    write_image(board.port, written, esptool_program(), percents.append)
    assert bytes(rom.flash[:SMALL]) == written.content
    assert set(rom.flash[SMALL:]) == {0xFF}, "what was on it before is gone"
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert BoardLink(board.port).ask("answer(6 * 7)") == 42


def test_the_image_for_another_chip_is_refused_before_a_byte_is_written(new_board: Plugged) -> None:
    rom = Rom("esp32c6")
    board = new_board(rom=rom)
    with pytest.raises(BoardError, match=r"is an ESP32-C6, and the image is for ESP32-S3: take"):
        write_image(board.port, an_image("esp32s3"), esptool_program())
    assert (rom.written, rom.erased) == (0, 0)


def test_a_board_that_is_not_in_its_boot_mode_is_told_how_to_get_there(tmp_path: Path) -> None:
    board = BareBoard(tmp_path)
    try:
        with pytest.raises(BoardError, match=r"is silent\. Hold its BOOT button, tap RESET"):
            write_image(
                board.port,
                an_image("esp32c6"),
                esptool_program(),
                options=("--connect-attempts", "1"),
            )
    finally:
        board.unplug()


def test_a_port_that_another_program_holds_names_that_program(new_board: Plugged) -> None:
    board = new_board(rom=Rom("esp32c6"))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, board.port], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(
            BoardError, match=rf"cannot be opened; .* \(process {holder.pid}\) holds it"
        ):
            write_image(board.port, an_image("esp32c6"), esptool_program())
        with pytest.raises(BoardError, match=rf"cannot be opened; .*process {holder.pid}"):
            BoardLink(board.port, answer_s=5).ask("answer(1)")
    finally:
        holder.kill()
        holder.communicate()


HOLD = """
import fcntl, sys, time
port = open(sys.argv[1], "r+b", buffering=0)
fcntl.flock(port, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("after_bytes", [100, 60_000])
def test_a_cable_pulled_while_the_image_is_written(new_board: Plugged, after_bytes: int) -> None:
    board = new_board(rom=Rom("esp32c6"))
    board.pull_after(after_bytes)
    with pytest.raises(BoardError, match=r"is gone in the middle of the work\. Is the cable"):
        write_image(board.port, an_image("esp32c6"), esptool_program())
    assert block_until(lambda: not Path(board.port).exists())


def test_a_flash_with_one_bad_bit_is_found(new_board: Plugged) -> None:
    board = new_board(rom=Rom("esp32c6", faults=Faults(one_bit=True)))
    with pytest.raises(BoardError, match="reads back otherwise"):
        write_image(board.port, an_image("esp32c6"), esptool_program())


def test_an_image_larger_than_the_boards_flash_is_refused(new_board: Plugged) -> None:
    rom = Rom("esp32c6", flash_bytes=1 << 20)
    board = new_board(rom=rom)
    with pytest.raises(BoardError, match=r"is smaller than the image\. Take a board with 4 MB"):
        write_image(board.port, an_image("esp32c6", 1_700_000), esptool_program())
    assert rom.written == 0


def test_an_esptool_that_ends_well_and_verifies_nothing_is_not_believed(tmp_path: Path) -> None:
    liar = [sys.executable, "-c", "print('Wrote 400000 bytes')"]
    with pytest.raises(BoardError, match="did not say that it read back what it wrote"):
        write_image("/dev/null", an_image("esp32c6"), liar)


def test_a_known_release_needs_no_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = image("esp32c3")
    digest = hashlib.sha256(content).hexdigest()
    release = board_image.Release("1.28.0", "ESP32_GENERIC_C3")
    monkeypatch.setitem(board_image.RELEASES, digest, release)
    path = tmp_path / "firmware.bin"
    path.write_bytes(content)
    assert read_image(path).name == "MicroPython 1.28.0 for ESP32-C3"
