"""Folders beside a database for what is only passing through: each is its maker's as long as that
one lives, which a lock on the folder itself says, and nobody's after a kill.

So a copy that is tried beside one that is made loses nothing to it, and what a kill left goes with
the next. Of those who *make* a copy there is one at a time: two would remove each other's as old.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.photos.folder import FREE_BYTES_MIN
from gateway.store.database import StoreError

MIB: Final = 1024 * 1024
WORK: Final = ".menshen-copy-"  # folders beside the database, gone when a copy is made
_MAKING: Final = f"{WORK}make-"


@contextmanager
def work_folder(database: Path, size: int, is_making: bool = False) -> Iterator[Path]:
    """A folder beside a database, readable by us alone. What earlier runs left there, as they were
    killed, goes as well.

    Args:
        database: beside which it is made.
        size: bytes that will pass through at once.
        is_making: a copy of the site is made in it.

    Raises:
        StoreError: nothing can be written there; so many bytes more would leave the gateway too
            little room to work; or a copy is being made already.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(database.parent):
            _sweep(database)
            if is_making:
                _need_no_maker(database)
            _need_room(database, size)
            prefix = _MAKING if is_making else WORK
            work = Path(tempfile.mkdtemp(prefix=prefix, dir=database.parent))
            handle = _locked(work)
    except OSError as error:
        raise StoreError(f"nothing can be written beside {database}: {error.strerror}") from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if handle is not None:
            os.close(handle)


@contextmanager
def nobody_copies(database: Path) -> Iterator[None]:
    """No copy of a site is made meanwhile. StoreError while one is being made; OSError."""
    if not database.parent.is_dir():
        yield
        return
    with _held(database.parent):
        _need_no_maker(database)
        yield


def _need_no_maker(database: Path) -> None:
    for work in database.parent.glob(f"{_MAKING}*"):
        handle = _locked(work)
        if handle is None and work.is_dir():
            raise StoreError("a copy of this site is being made right now; wait until it is done")
        if handle is not None:
            os.close(handle)


def _sweep(database: Path) -> None:
    """Remove folders that nobody has any more."""
    for left in database.parent.glob(f"{WORK}*"):
        handle = _locked(left)
        if handle is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(handle)


def _need_room(database: Path, size: int) -> None:
    free = shutil.disk_usage(database.parent).free
    if free - size < FREE_BYTES_MIN:
        raise StoreError(
            f"{free // MIB} MiB are free beside {database}, and {size // MIB} pass through: "
            f"the gateway needs {FREE_BYTES_MIN // MIB} of them. Make room first"
        )


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Of several who look what was left there, one at a time."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _locked(folder: Path) -> int | None:
    """A handle that keeps a folder ours until it is closed; None if another has it, or it is gone.

    The lock goes with its process, however that ends."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
