"""The files of photos: one for each, beside the database, readable by their owner only.

A name tells nothing: it is a digest of the case and the photo; its bytes neither, for they are
sealed with the key of the order (`gateway/keys`). A file is whole from its first
moment on, and on the disk before `put` returns.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from gateway.keys.ring import KeyRing, KeyRingError
from gateway.keys.sealed_text import TamperedError
from gateway.store import marker
from gateway.store.database import StoreError

FREE_BYTES_MIN: Final = 268_435_456  # that photos leave to the journal, which comes first
_SUFFIX: Final = ".jpg"


class PhotoFolder:
    """The photos of the site with this database. Any thread of any process may use it."""

    def __init__(self, database: Path, keys: KeyRing | None = None) -> None:
        self.path = database.with_name(f"{database.stem}-photos")
        self._keys = keys or KeyRing.beside(database)

    def put(self, case_id: str, photo_id: str, photo: bytes, key_id: str | None = None) -> None:
        """Keep a photo, sealed with the key of its order; the same again is one. StoreError, with a
        sentence, if there is no room, no such key, or the disk does not take it."""
        place = self.path / name_of(case_id, photo_id)
        if key_id is not None:
            try:
                photo = self._keys.seal_bytes(key_id, photo, place.name)
            except KeyRingError as error:
                raise StoreError(str(error)) from error
        unfinished = place.with_name(f".{place.name}.{os.getpid()}.new")
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            self._need_room(len(photo))
            handle = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(photo)
            marker.sync(unfinished)
            unfinished.rename(place)
            marker.sync(self.path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise StoreError(_sentence(self.path, error)) from error

    def _need_room(self, size: int) -> None:
        """OSError, as of a full disk, where the journal would be left too little."""
        if shutil.disk_usage(self.path).free - size < FREE_BYTES_MIN:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def get(self, case_id: str, photo_id: str) -> bytes | None:
        """A photo; None if it is not there, or its key is not. StoreError if the disk does not give
        it, or gives another than was put there."""
        name = name_of(case_id, photo_id)
        try:
            return self._keys.reveal_bytes((self.path / name).read_bytes(), name)
        except FileNotFoundError:
            return None
        except TamperedError as error:
            raise StoreError(f"a photo in {self.path} is damaged: {error}") from error
        except OSError as error:
            raise StoreError(_sentence(self.path, error)) from error

    def files(self) -> Iterator[tuple[str, int]]:
        """The name of each file, and when it was written in ms of UTC. StoreError if the disk does
        not tell."""
        try:
            for file in os.scandir(self.path) if self.path.is_dir() else ():
                yield file.name, file.stat().st_mtime_ns // 1_000_000
        except OSError as error:
            raise StoreError(_sentence(self.path, error)) from error

    def destroy(self, names: list[str]) -> None:
        """Destroy these files; those that are not there are gone already. StoreError if one stays.

        What a card or drive keeps of a file that it was told to forget, no program can say."""
        try:
            for name in names:
                (self.path / name).unlink(missing_ok=True)
            if names and self.path.is_dir():
                marker.sync(self.path)
        except OSError as error:
            raise StoreError(_sentence(self.path, error)) from error


def name_of(case_id: str, photo_id: str) -> str:
    """The name of a photo's file."""
    digest = blake2b(photo_id.encode(), digest_size=16, salt=b"photo", key=_short(case_id))
    return digest.hexdigest() + _SUFFIX


def _short(case_id: str) -> bytes:
    return blake2b(case_id.encode(), digest_size=32).digest()


def _sentence(folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk is full; no photo can be stored in {folder} until there is room"
    return f"photos in {folder} cannot be read or written: {error.strerror}"
