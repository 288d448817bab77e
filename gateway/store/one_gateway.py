"""One gateway has a database: a lock file beside it says so, and goes with its holder."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gateway.store.database import StoreError


class AlreadyRunningError(Exception):
    """Another gateway has this database. The text is a sentence for the person in charge."""


def is_running(path: Path) -> bool:
    """Whether a gateway has this database."""
    lock = path.with_name(path.name + ".lock")
    try:
        with lock.open("r") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # nobody ever held it
        return False
    return False


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the database's lock file, for a second gateway would corrupt what it believes."""
    lock = path.with_name(path.name + ".lock")
    handle: IO[str]
    try:
        handle = lock.open("w")
    except FileNotFoundError:
        raise StoreError(
            f"there is no folder {path.parent} for the database: is its drive mounted? Make the "
            "folder if a new site is meant"
        ) from None
    except OSError as error:
        raise StoreError(f"cannot make {lock}: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(
                f"a gateway is running with {path} already; stop it first, or give this one "
                "a store.path of its own"
            ) from None
        yield
