"""The program's copy in a board's ROMFS partition, by the real mpremote on the real VfsRom."""

from collections.abc import Callable
from pathlib import Path

import pytest

import slot_file
from gateway.provisioning.board_link import BoardError, BoardLink
from gateway.provisioning.firmware_bundle import BoardFile, slot_of
from gateway.provisioning.flash import flash_seal
from gateway.provisioning.romfs_image import PARTITION_BYTES, romfs_image
from gateway.store.database import Store
from tests.provisioning.flash_room import SETTINGS, enrolled, files_of, registry
from tests.virtual_board.virtual_board import VirtualBoard

Plugged = Callable[..., VirtualBoard]


def romfs_of(tmp_path: Path) -> bytes:
    """What lies in the first board's partition."""
    return (tmp_path / "board-0" / "romfs.img").read_bytes()


def line_on(link: BoardLink, tmp_path: Path) -> list[object]:
    """The line in `slot`, as the board's own chooser reads it."""
    text = link.ask("answer(open('/slot').read())")
    (tmp_path / "slot").write_text(text)
    line: list[object] = slot_file.read(f"{tmp_path}/")
    return line


def test_the_program_lies_in_romfs_and_starts_there_and_its_files_stay(
    little: list[BoardFile], store: Store, new_board: Plugged, tmp_path: Path
) -> None:
    board = new_board(romfs_bytes=PARTITION_BYTES)
    link = BoardLink(board.port)
    assert flash_seal(link, little, SETTINGS, registry(store)).in_rom
    image = romfs_image(slot_of(little))
    assert romfs_of(tmp_path)[: len(image)] == image
    line = line_on(link, tmp_path)
    assert line == ["a", "good", 0, 0, 0, 0, "", "", "", "rom"]
    assert {file.path for file in little} < set(files_of(board))
    second = flash_seal(link, little[1:], SETTINGS, registry(store), erase=True)
    assert second.in_rom  # over what lay there
    image = romfs_image(slot_of(little[1:]))
    assert romfs_of(tmp_path)[: len(image)] == image


def test_without_room_the_files_are_used(
    little: list[BoardFile], store: Store, new_board: Plugged, tmp_path: Path
) -> None:
    board = new_board(romfs_bytes=4096)
    assert not flash_seal(BoardLink(board.port), little, SETTINGS, registry(store)).in_rom
    assert set(romfs_of(tmp_path)) == {0xFF}
    assert "slot" not in files_of(board)


def test_what_reads_back_otherwise_is_no_seal(
    little: list[BoardFile], store: Store, new_board: Plugged
) -> None:
    class Weak(BoardLink):
        def lay_rom(self, image: bytes) -> None:
            super().lay_rom(image[:700] + bytes([image[700] ^ 1]) + image[701:])

    board = new_board(romfs_bytes=PARTITION_BYTES)
    with pytest.raises(BoardError, match="did not arrive whole in the board's ROMFS"):
        flash_seal(Weak(board.port), little, SETTINGS, registry(store))
    assert enrolled(store) == {}
    assert not {"seal.json", "slot"} & set(files_of(board))
