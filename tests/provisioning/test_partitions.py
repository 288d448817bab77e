"""The table of partitions that a seal's own MicroPython is built with: its sums, and its room."""

import itertools
from pathlib import Path

import pytest

from gateway.provisioning import firmware_bundle
from gateway.provisioning.firmware_bundle import BoardFile, slot_of
from gateway.provisioning.flash_places import PlacesError, need_room, read_places
from gateway.provisioning.romfs_image import PARTITION_BYTES, romfs_image
from sealwire.release import APP, IMAGE, IMAGE_PATH, Manifest

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


def test_what_no_seal_has_room_for_is_known_beforehand(firmware: list[BoardFile]) -> None:
    places = read_places()
    place, files = places["ota_0"], places["vfs"] - STATE_BYTES

    def why(kind: str, *sizes: int) -> str:
        path = IMAGE_PATH if kind == IMAGE else "m%d.mpy"
        listed = [(path.replace("%d", str(n)), size, bytes(32)) for n, size in enumerate(sizes)]
        manifest = Manifest(kind, 7, "1.4.0", 1, 6, ("esp32c6",), (1,), listed)
        try:
            need_room(manifest, places)
        except PlacesError as error:
            return str(error)
        return ""

    assert why(IMAGE, place) == ""
    assert why(IMAGE, place + 1).startswith(
        "the release is too large: it needs 1537 KB on a seal, where 1536 KB are"
    )
    most = files // firmware_bundle.COPIES // BLOCK_BYTES
    assert why(APP, most * BLOCK_BYTES) == why(APP, *[1] * most) == ""
    assert "--partitions" in why(APP, most * BLOCK_BYTES + 1)
    assert "--partitions" in why(APP, *[1] * (most + 1))
    assert why(APP, *[len(file.content) for file in slot_of(firmware)]) == ""


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    for text, words in (("ota_0, app", "is no table"), ("nvs, data, nvs, 0, 0x1000", "ota_0, vfs")):
        table.write_text(text)
        with pytest.raises(PlacesError, match=words):
            read_places(table)
    with pytest.raises(PlacesError, match="cannot be read"):
        read_places(tmp_path / "nothing")
