"""Files of keys: each there or gone, and on the disk before a function returns; never half.

A new file is written beside its place under another name, synced, then renamed. What is destroyed
is overwritten first, for the block that a folder forgets can still be read; what a card or drive
keeps of a block that was overwritten, no program can say (SECURITY.md).
"""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.keys.sealed_text import KEY_BYTES

_MAGIC: Final = b"MSKEY1\n"
_DIGEST_BYTES: Final = 8
SIZE: Final = len(_MAGIC) + KEY_BYTES + _DIGEST_BYTES
UNFINISHED: Final = ".new"  # how the name of a file ends that is being written
SYNCS_AT_ONCE: Final = 16  # a file system brings them to the disk together: a twentieth of the time
_MODE: Final = 0o600


def framed(key: bytes) -> bytes:
    """What a file of this key holds: a digest behind it tells a damaged one from a whole one."""
    return _MAGIC + key + _digest(key)


def key_in(content: bytes) -> bytes | None:
    """The key in a file's content; None if it is no whole one."""
    key = content[len(_MAGIC) : len(_MAGIC) + KEY_BYTES]
    return key if content == framed(key) and len(key) == KEY_BYTES else None


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_DIGEST_BYTES, person=b"menshen key").digest()


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Make these files, or replace them, each whole; one sync of the folder for all. OSError if one
    of them may not be on the disk; what could not be finished is taken away."""
    contents = dict(files)
    beside = {name: folder / f".{name}.{os.getpid()}{UNFINISHED}" for name in contents}
    try:
        _write_all_beside([(beside[name], content) for name, content in contents.items()])
        for name, place in beside.items():
            os.rename(place, folder / name)
    except OSError:
        for place in beside.values():
            with suppress(OSError):
                os.unlink(place)
        raise
    if contents:
        sync(folder)


def _write_all_beside(files: list[tuple[Path, bytes]]) -> None:
    """All of them, on the disk on return or OSError."""
    if len(files) == 1:
        _write_beside(*files[0])
        return
    with ThreadPoolExecutor(SYNCS_AT_ONCE, "key file") as pool:
        for written in [pool.submit(_write_beside, *file) for file in files]:
            written.result()


def _write_beside(beside: Path, content: bytes) -> None:
    handle = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _MODE)
    try:
        give_to_owner(handle, beside.parent)
        _write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


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
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
