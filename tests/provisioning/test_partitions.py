"""The table of partitions that a seal's own MicroPython is built with: its sums, and its room."""

import itertools
from pathlib import Path

from gateway.provisioning import firmware_bundle
from gateway.provisioning.firmware_bundle import BoardFile, slot_of
from gateway.provisioning.romfs_image import PARTITION_BYTES, romfs_image

TABLE = Path(__file__).resolve().parents[2] / "firmware" / "partitions-4MiB.csv"
FLASH_BYTES, BLOCK_BYTES, STATE_BYTES = 4 << 20, 4096, 32 << 10
APP_STEP = 0x10000  # where an image may begin, as ESP-IDF has it


def rows() -> list[tuple[str, str, str, int, int]]:
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    cells = [[cell.strip() for cell in line.split(",")] for line in lines]
    return [(name, kind, sub, int(at, 16), int(size, 16)) for name, kind, sub, at, size in cells]


def test_they_follow_each_other_and_fill_four_megabytes() -> None:
    table = rows()
    for (*_, at, size), (_, kind, _, following, _) in itertools.pairwise(table):
        assert at + size == following
        assert following % (APP_STEP if kind == "app" else BLOCK_BYTES) == 0
    assert table[-1][3] + table[-1][4] == FLASH_BYTES
    sizes = {name: size for name, *_, size in table}
    assert sizes["ota_0"] == sizes["ota_1"]


def test_there_is_room_for_both_slots_a_release_and_the_copy(firmware: list[BoardFile]) -> None:
    sizes = {name: size for name, *_, size in rows()}
    assert sizes["romfs"] == PARTITION_BYTES
    image = romfs_image(slot_of(firmware))
    print(f"ROMFS image: {len(image)} of {PARTITION_BYTES} bytes")
    assert len(image) < 0.8 * PARTITION_BYTES
    one = sum(-(-len(file.content) // BLOCK_BYTES) * BLOCK_BYTES for file in firmware)
    assert firmware_bundle.COPIES * one + STATE_BYTES < sizes["vfs"]
