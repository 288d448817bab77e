"""Files of keys: each there or gone, and on the disk before a function returns; never half.

A new file is written beside its place under another name, synced, then renamed. What is destroyed
is overwritten first, for the block that a folder forgets can still be read; what a card or drive
keeps of a block that was overwritten, no program can say (SECURITY.md).
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.keys import whole_disk
from gateway.keys.sealed_text import KEY_BYTES

_MAGIC: Final = b"MSKEY1\n"
_DIGEST_BYTES: Final = 8
SIZE: Final = len(_MAGIC) + KEY_BYTES + _DIGEST_BYTES
MANY: Final = 16  # files from which on one sync of the whole file system is less than one of each
UNFINISHED: Final = ".new"  # how the name of a file ends that is being written
_MODE: Final = 0o600


def framed(key: bytes) -> bytes:
    """What a file of this key holds: a digest behind it tells a damaged one from a whole one."""
    return _MAGIC + key + _digest(key)


def key_in(content: bytes) -> bytes | None:
    """The key in a file's content; None if it is no whole one."""
    key = content[len(_MAGIC) : len(_MAGIC) + KEY_BYTES]
    return key if content == framed(key) and len(key) == KEY_BYTES else None


def read(place: str) -> bytes:
    """What a key's file holds; no more of a longer one than shows that it is none. OSError. A list
    reads thousands: what `Path` does around it takes longer than the file."""
    handle = os.open(place, os.O_RDONLY)
    try:
        return os.read(handle, SIZE + 1)
    finally:
        os.close(handle)


def is_there(place: str) -> bool:
    """Whether there is such a file. OSError where that cannot be told."""
    try:
        os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_DIGEST_BYTES, person=b"menshen key").digest()


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Make these files, or replace them, each whole; one sync of the folder for all, and of many
    files one for all of them too. OSError if one of them may not be on the disk; what could not be
    finished is taken away."""
    wanted, unfinished = list(files), list[tuple[Path, Path]]()
    sync_all = whole_disk.syncfs() if len(wanted) >= MANY else None
    try:
        with _opened(folder) as handle:
            for name, content in wanted:
                beside = folder / f".{name}.{os.getpid()}{UNFINISHED}"
                unfinished.append((beside, folder / name))
                _write_beside(beside, content, is_synced=sync_all is None)
            if sync_all is not None:
                sync_all(handle)
        for beside, place in unfinished:
            os.rename(beside, place)
    except OSError:
        for beside, _ in unfinished:
            with suppress(OSError):
                os.unlink(beside)
        raise
    if unfinished:
        sync(folder)


def _write_beside(beside: Path, content: bytes, *, is_synced: bool) -> None:
    handle = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _MODE)
    try:
        give_to_owner(handle, beside.parent)
        _write_all(handle, content)
        if is_synced:
            os.fsync(handle)
    finally:
        os.close(handle)


def take_away(folder: Path, names: Iterable[str]) -> None:
    """Take files away with which nothing was ever sealed: so nothing is overwritten, and one sync
    is enough for all. OSError if one may still be there after a power cut."""
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(folder / name)
    sync(folder)


def give_to_owner(handle: int | Path, folder: Path) -> None:
    """What root makes (`sudo menshen enrol`) is its folder's owner's, who is to read it."""
    if os.geteuid() == 0 and (owner := folder.stat()).st_uid != 0:
        os.chown(handle, owner.st_uid, owner.st_gid)


def destroy(folder: Path, name: str) -> None:
    """Overwrite a file and take it away; one that is not there is gone already. OSError if it may
    still be on the disk."""
    place = folder / name
    try:
        handle = os.open(place, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        _write_all(handle, os.urandom(max(SIZE, os.fstat(handle).st_size)))
        os.fsync(handle)
    finally:
        os.close(handle)
    os.unlink(place)
    sync(folder)


def sync(folder: Path) -> None:
    """What was done in a folder is on the disk."""
    with _opened(folder) as handle:
        os.fsync(handle)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
