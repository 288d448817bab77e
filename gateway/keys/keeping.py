"""Brings both folders of keys to the same, and finishes what a kill or a missing drive left.

At a start, and every KEEP_EVERY_S: a key that was destroyed in one folder is destroyed in both; one
that is in one only, because the other was away or is new, is copied; half-written files go.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gateway.keys import key_file
from gateway.keys.key_folder import GONE
from gateway.keys.ring import COPY, MARK, SUFFIX, KeyRing, KeyRingError
from gateway.keys.sealed_text import KEY_ID

KEEP_EVERY_S: Final = 60.0
UNFINISHED_S: Final = 3_600.0  # a file that is being written for so long is nobody's any more


class Kept(msgspec.Struct, frozen=True):
    """How it went: `owed` keys were destroyed and may still lie in the second folder; so many were
    copied; so many destroyed now."""

    owed: int = 0
    copied: int = 0
    destroyed: int = 0


def keep(ring: KeyRing, now_s: float) -> Kept:
    """Do it once.

    Args:
        ring: whose folders.
        now_s: the machine's time, in seconds of UTC, by which files are dated.

    Raises:
        KeyRingError: the first folder cannot be read or written.
    """
    gone, owed = ring.destroyed_ids(), ring.owed_ids()
    copy, folders = ring.copy, _folders(ring)
    undone = [key_id for key_id in sorted(gone) if not _is_done(folders, key_id)]
    for key_id in {*undone, *(owed if len(folders) > 1 or copy is None else ())}:
        ring.destroy(key_id)
    copied = 0
    for source in folders:
        for target in folders:
            copied += _copy_missing(source, target, gone) if source != target else 0
    for folder in folders:
        _sweep(folder, now_s)
        _sweep(folder / GONE, now_s)
    return Kept(len(ring.owed_ids()), copied, len(undone))


def files(ring: KeyRing) -> list[Path]:
    """Every file of a ring, in both folders: keys, marks, and what a kill left half written; that
    which names the second folder last. Whatever else lies in a second folder is none of ours."""
    found = []
    for folder in _folders(ring)[::-1]:
        for path in sorted((*folder.glob("*"), *folder.glob(".*"), *(folder / GONE).glob("*"))):
            is_ours = KEY_ID.fullmatch(path.name.removesuffix(SUFFIX)) or path.name == MARK
            if path.is_file() and (is_ours or path.name.endswith(key_file.UNFINISHED)):
                found.append(path)
    naming = ring.folder / COPY
    return [*found, naming] if naming.is_file() else found


def _folders(ring: KeyRing) -> list[Path]:
    copy = ring.copy if ring.is_copy_here else None
    return [ring.folder] if copy is None else [ring.folder, copy]


def _is_done(folders: list[Path], key_id: str) -> bool:
    is_left = any((folder / (key_id + SUFFIX)).exists() for folder in folders)
    return not is_left and all((folder / GONE / key_id).exists() for folder in folders)


def _copy_missing(source: Path, target: Path, gone: set[str]) -> int:
    """Copy each whole key that the target has not, or has damaged."""
    files = []
    for place in sorted(source.glob(f"*{SUFFIX}")) if source.is_dir() else ():
        there = target / place.name
        if place.stem in gone:
            continue
        try:
            if there.exists() and key_file.key_in(there.read_bytes()) is not None:
                continue
            content = place.read_bytes()
        except OSError as error:
            raise KeyRingError(f"{place} cannot be read: {error.strerror}") from error
        if key_file.key_in(content) is not None:
            files.append((place.name, content))
    try:
        key_file.write(target, files)
    except OSError as error:
        raise KeyRingError(f"{target} takes no key: {error.strerror}") from error
    return len(files)


def _sweep(folder: Path, now_s: float) -> None:
    """Destroy what a kill left half written; there may be a key in it."""
    for place in folder.glob(f".*{key_file.UNFINISHED}"):
        with suppress(OSError):
            if now_s - os.stat(place).st_mtime > UNFINISHED_S:
                key_file.destroy(folder, place.name)
