"""Files written whole or not at all, and secrets that nobody else could read even for a moment.

A file is written beside its place and then takes it. Killed before that, it lies there under a
hidden name; the next who writes the same file takes that away.
"""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
from pathlib import Path

TRIES = 3  # to begin a file that another takes for one that was left
_PRIVATE, _GROUP, _PUBLIC, _ASKED = 0o600, 0o640, 0o644, 0o666


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` with `content`, readable by its owner only, from its first byte on."""
    _write(path, content, _PRIVATE, None)


def write_first(path: Path, content: bytes) -> None:
    """Write `path` as `write_private` does, unless another program was quicker: theirs it is."""
    remove_unfinished(path)
    handle, fresh = _begun(path, _PRIVATE)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def write_for_group(path: Path, content: bytes, group_id: int | None) -> None:
    """Replace `path` with `content`, readable by its owner and one group (None: owner only)."""
    _write(path, content, _PRIVATE, group_id)


def write_public(path: Path, content: bytes) -> None:
    """Replace `path` with `content`, readable by all."""
    _write(path, content, _PUBLIC, None)


def write_result(path: Path, content: bytes) -> None:
    """Replace the file that a person named with what a command made, under the rights that their
    umask gives; a device or a pipe takes it as it is, and a link leads to what is replaced."""
    if _is_device(path):
        path.write_bytes(content)
    else:
        _write(path.resolve() if path.is_symlink() else path, content, None, None)


def remove_unfinished(path: Path) -> None:
    """Take away what a kill left of an earlier writing of the same file: half a key, or all."""
    name = re.compile(rf"{re.escape(_hidden(path))}\.[0-9a-f]{{8}}")
    try:
        beside = [one for one in os.listdir(path.parent) if name.fullmatch(one)]
    except OSError:
        return  # it is told as it is written
    for one in beside:
        _remove_unlocked(path.with_name(one))


def share_with_group(path: Path, group_id: int | None) -> None:
    """Let one group read `path`, and nobody else but its owner.

    Where there is no such group, or it is not ours to give, the file stays its owner's alone.
    """
    status = path.stat()
    if group_id == status.st_gid and stat.S_IMODE(status.st_mode) == _GROUP:
        return
    path.chmod(_PRIVATE)
    if group_id is None:
        return
    try:
        os.chown(path, -1, group_id)
    except PermissionError:
        return
    path.chmod(_GROUP)


def _is_so(path: Path, content: bytes, mode: int, group_id: int | None) -> bool:
    """Whether the file is so already. It is then left alone, for whoever watches it."""
    try:
        status = path.lstat()
        is_shared = group_id is not None and status.st_gid == group_id
        wanted = _GROUP if is_shared else mode
        if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) != wanted:
            return False
        return (group_id is None or is_shared) and path.read_bytes() == content
    except OSError:
        return False


def _need_file(path: Path) -> None:
    """OSError where something stands there that is no file: root would put one in the place of
    /dev/stdout, for every program of the machine."""
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if _is_device(path):
        raise OSError(errno.EINVAL, "that is a device or a pipe, and no file", str(path))


def _is_device(path: Path) -> bool:
    try:
        there = path.stat().st_mode
    except OSError:
        return False  # nothing, or what a new file may replace; or it is told as it is written
    return not stat.S_ISREG(there) and not stat.S_ISDIR(there)


def _write(path: Path, content: bytes, mode: int | None, group_id: int | None) -> None:
    if mode is not None and _is_so(path, content, mode, group_id):
        return
    _need_file(path)
    remove_unfinished(path)
    handle, fresh = _begun(path, _ASKED if mode is None else _PRIVATE)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
            if group_id is not None:
                share_with_group(fresh, group_id)
            os.replace(fresh, path)  # while it is locked still: see `_begun`
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _begun(path: Path, rights: int) -> tuple[int, Path]:
    """A file beside `path` that will take its place, open and locked for as long as its writer
    lives: whoever finds one without a lock knows that nobody will finish it."""
    for _ in range(TRIES):
        fresh = path.with_name(f"{_hidden(path)}.{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights)
        with contextlib.suppress(OSError):  # where no file can be locked, nobody sweeps either
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # else it was swept before it was locked
            return handle, fresh
        os.close(handle)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))


def _hidden(path: Path) -> str:
    return f".{path.name.removeprefix('.')}"


def _remove_unlocked(left: Path) -> None:
    with contextlib.suppress(OSError):  # gone, or not ours to take away
        handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
        finally:
            os.close(handle)
