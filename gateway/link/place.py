"""Where the gateway's socket lies: beside the database, for its owner only.

A socket's path may have 107 bytes; a database may lie deeper. So the folder is opened, and the
socket named within it, through Linux's own list of open files. Elsewhere the plain path must do.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PATH_BYTES_MAX: Final = 107
_OPEN_FILES: Final = Path("/proc/self/fd")


def socket_path(database: Path) -> Path:
    """The socket of the gateway that has this database."""
    return database.with_name(database.name + ".link")


def listening(database: Path) -> socket.socket:
    """A new socket of ours in place of an earlier life's: whoever holds the database's lock calls
    this. OSError if it cannot be made."""
    path = socket_path(database)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        mask = os.umask(0o177)
        try:
            with _short(path) as address:
                listener.bind(address)
        finally:
            os.umask(mask)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def connected(database: Path) -> socket.socket:
    """A connection to the gateway. OSError if nobody is there."""
    line = socket.socket(socket.AF_UNIX)
    try:
        with _short(socket_path(database)) as address:
            line.connect(address)
        line.setblocking(False)
    except BaseException:
        line.close()
        raise
    return line


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for the path that is short enough for a socket."""
    if len(os.fsencode(path)) <= PATH_BYTES_MAX or not _OPEN_FILES.is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(_OPEN_FILES / str(folder) / path.name)
    finally:
        os.close(folder)
