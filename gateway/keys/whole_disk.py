"""One sync for many new files: the whole file system of a folder, as syncfs(2) does it.

A thousand keys made one after another are a thousand syncs, minutes on a slow card. syncfs says
what went wrong since Linux 5.8; where it is not that, each file is synced by itself.
"""

import ctypes
import os
import platform
import re
from collections.abc import Callable
from functools import cache
from typing import Final

TELLS_SINCE: Final = (5, 8)  # before, it answered that all was well whatever happened


@cache
def syncfs() -> Callable[[int], None] | None:
    """What brings all that was written to the file system of an open folder onto the disk, or
    raises OSError; None where nothing here does that and tells. The folder must have been opened
    before the first write that it is to answer for."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if platform.system() != "Linux" or release is None:
        return None
    if (int(release[1]), int(release[2])) < TELLS_SINCE:
        return None
    try:
        call = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None

    def sync(handle: int) -> None:
        if call(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return sync
