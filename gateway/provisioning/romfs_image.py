"""The firmware as one image for a board's `romfs` partition, whose modules are used where they lie.

A program in files is read into the heap at each wake; one in ROMFS is not, which spares a third,
and, by the charge ledger, decides whether the cells last (`menshen power`). MicroPython mounts the
partition at /rom and looks for modules there. `mpremote` makes the image, in a process of its own.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gateway.provisioning.firmware_bundle import BoardFile, FirmwareError

PARTITION_BYTES = 0x20000  # of MicroPython's own table with one, partitions-4MiB-romfs.csv
_BUILD_S_MAX = 60


def romfs_image(files: Sequence[BoardFile]) -> bytes:
    """The image with the compiled modules among `files`; the others stay in the file system.

    Raises FirmwareError if mpremote cannot make it, or the partition is too small for it.
    """
    modules = [file for file in files if file.path.endswith(".mpy")]
    with tempfile.TemporaryDirectory(prefix="menshen-") as room:
        folder, image = Path(room) / "rom", Path(room) / "romfs.img"
        for file in modules:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        done = subprocess.run(  # noqa: S603 - our own interpreter and files
            [sys.executable, "-m", "mpremote", "romfs", "-o", str(image), "build", str(folder)],
            capture_output=True,
            text=True,
            timeout=_BUILD_S_MAX,
            check=False,
        )
        if done.returncode != 0 or not image.exists():
            words = (done.stderr or done.stdout).strip() or "it gave no reason"
            raise FirmwareError(f"mpremote cannot make a ROMFS image: {words}")
        content = image.read_bytes()
    if len(content) > PARTITION_BYTES:
        raise FirmwareError(
            f"the ROMFS image has {len(content)} bytes, and its partition {PARTITION_BYTES}"
        )
    return content
