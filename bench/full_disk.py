"""A disk of its own that is 99 % full: a file with a file system in it. Needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE_GIB = 4  # sparse: it takes what is written, and no more
FREE_SHARE = 0.01


@contextlib.contextmanager
def nearly_full(folder: Path) -> Iterator[Path | None]:
    """A folder on a disk of which one hundredth is free; None where this machine makes none."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        yield None
        return
    image, mount = folder / "disk.img", folder / "disk"
    mount.mkdir()
    try:
        with image.open("wb") as file:
            file.truncate(SIZE_GIB << 30)
        # root keeps no blocks for itself, or "99 % full" would be true for others only
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        _run("mount", "-o", "loop", str(image), str(mount))
    except subprocess.CalledProcessError:
        yield None
        return
    try:
        usage = shutil.disk_usage(mount)
        filler = usage.free - int(usage.total * FREE_SHARE)
        with (mount / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, filler)
        yield mount
    finally:
        _run("umount", "-l", str(mount))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
