"""A database from before pages were given back is written anew once, at a start, where there is
room and time for it; else its free pages stay, overwritten, and new rows fill them.

SQLite knows no smaller step: it is one statement, which a kill undoes. Nobody is told of any door
meanwhile, so it is done before the gateway is up, and only as long as a start may last.
"""

import logging
import shutil
from pathlib import Path
from typing import Final

from gateway.store import file_copy

log = logging.getLogger("menshen.store")

BYTES_MAX: Final = 2_000_000_000  # some 7 minutes of a slow card, of the 15 that a start may last
BYTES_A_SECOND: Final = 10_000_000  # of an SD card; the file is written twice, to the log and back
ROOM: Final = 2.2  # times its size: the copy that SQLite makes, and the log


def wants(path: Path) -> bool:
    """Whether a database is from before, and is to be written anew. StoreError."""
    return not file_copy.gives_back(path)


def hindrance(path: Path) -> str:
    """Why it cannot be written anew now, as a sentence's end; empty where it can. OSError."""
    size = path.stat().st_size
    if size > BYTES_MAX:
        return f"it has more than {BYTES_MAX // 1_000_000} MB"
    wanted = int(ROOM * size)
    if shutil.disk_usage(path.parent).free < wanted:
        return f"it wants {wanted // 1_000_000 + 1} MB of room beside it"
    return ""


def lasts_s(path: Path) -> int:
    """How long it lasts at most on a slow card, in seconds. OSError."""
    return 2 * path.stat().st_size // BYTES_A_SECOND + 1


def once(path: Path) -> bool:
    """Write it anew if that is wanted and possible; whether it was done. To be called while nobody
    else writes. StoreError, OSError."""
    if not wants(path):
        return False
    why = hindrance(path)
    if why:
        log.warning("%s cannot give free pages back: %s; they stay, overwritten", path, why)
        return False
    log.info("%s is written anew, so that free pages are given back from now on", path)
    file_copy.write_anew(path)
    return True
