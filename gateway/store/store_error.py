"""What the engine raises for bad weather, as a sentence for the person in charge."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DatabaseError, OperationalError

from gateway.keys.ring import KeyRingError

BUSY_MS: Final = 5_000  # how long a writer waits for its turn
ROOM_LEAST_BYTES: Final = 64 * 1024  # with less no page can be added to a database in use


class StoreError(Exception):
    """The database cannot be used now. The text is a sentence for the person in charge."""


@contextmanager
def as_store_error(path: Path) -> Iterator[None]:
    """Turn what the engine raises for bad weather into a sentence, and what the folder of keys says
    of it; bugs pass through."""
    try:
        yield
    except KeyRingError as error:
        raise StoreError(str(error)) from error
    except OperationalError as error:
        raise StoreError(sentence(path, str(error.orig))) from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise  # ours
        raise StoreError(sentence(path, str(error.orig))) from error
    except sqlite3.DatabaseError as error:  # of a statement on the driver's own cursor
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise  # ours
        raise StoreError(sentence(path, str(error))) from error
    except OSError as error:
        raise StoreError(f"the database {path} cannot be opened: {error.strerror}") from error


def _is_full(path: Path) -> bool:
    """Whether no room is left there. What lies beside a database in use (`-shm`) cannot grow then,
    and the engine calls that an error of the disk."""
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < ROOM_LEAST_BYTES


def sentence(path: Path, words: str) -> str:
    """What the engine's words mean, and what to do."""
    if "disk I/O error" in words and _is_full(path):
        words = "disk is full"
    for mark, sentence in {
        "disk is full": f"the disk is full; nothing can be stored in {path} until there is room",
        "disk I/O error": f"the disk under {path} reports errors; check the card or drive",
        "readonly": f"{path} cannot be written: check its owner and the mount",
        "unable to open": f"{path} cannot be opened: check the folder, its owner and the mount",
        "locked": f"{path} is held by another program for longer than {BUSY_MS // 1000} s",
        "malformed": f"{path} is damaged; `menshen restore` puts a copy in its place",
        "not a database": f"{path} is not a database of ours",
    }.items():
        if mark in words:
            return sentence
    return f"the database {path} says: {words}"
