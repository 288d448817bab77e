"""What a seal's flash has room for, by its table of partitions: said before a release goes out.

A seal refuses by itself what it has no room for (`sealnode.updates`), but each would have to say so
first. The least of tables is `firmware/partitions-4MiB.csv`; a site whose boards have another names
that.
"""

from pathlib import Path
from typing import Final

from gateway.provisioning.firmware_bundle import COPIES, firmware_folder
from sealwire.release import IMAGE, Manifest

TABLE: Final = "partitions-4MiB.csv"
ROOM_FOR_STATE_BYTES: Final = 32 << 10  # spool, settings and the line of the slots
_BLOCK_BYTES: Final = 4096
_IMAGE_PLACE, _FILES_PLACE = "ota_0", "vfs"
_CELLS: Final = 5  # name, type, subtype, offset, size; perhaps flags behind them


class PlacesError(Exception):
    """A release is too large, or the table cannot be used. The text is a sentence."""


def read_places(table: Path | None = None) -> dict[str, int]:
    """The bytes of each partition of a table as ESP-IDF has it, by its name. PlacesError."""
    path = table or firmware_folder() / TABLE
    try:
        lines = path.read_text("utf-8").splitlines()
        rows = [line.split(",") for line in lines if line.strip() and not line.startswith("#")]
        found = {row[0].strip(): int(row[_CELLS - 1].strip(), 0) for row in rows}
    except OSError as error:
        raise PlacesError(f"the table {path} cannot be read: {error.strerror}") from error
    except (ValueError, IndexError) as error:
        raise PlacesError(
            f"{path} is no table of partitions: a line of it has no name, type, subtype, offset "
            "and size, with commas between"
        ) from error
    missing = {_IMAGE_PLACE, _FILES_PLACE} - found.keys()
    if missing:
        raise PlacesError(f"{path} has no partition {', '.join(sorted(missing))}")
    return found


def need_room(manifest: Manifest, places: dict[str, int]) -> None:
    """PlacesError if no seal has room for a release.

    An image has a place of its own. A program lies three times in the files while it is updated:
    the one before, what came, and the new one.
    """
    if manifest.kind == IMAGE:
        needed, room = manifest.size(), places[_IMAGE_PLACE]
    else:
        blocks = sum(-(-size // _BLOCK_BYTES) for _, size, _ in manifest.files)
        needed = COPIES * blocks * _BLOCK_BYTES + ROOM_FOR_STATE_BYTES
        room = places[_FILES_PLACE]
    if needed > room:
        raise PlacesError(
            f"the release is too large: it needs {-(-needed // 1024)} KB on a seal, where "
            f"{room // 1024} KB are; for boards with more, name their table: --partitions FILE"
        )
