"""The keys of a site: one file for each, in a folder beside the database, readable by its owner.

    keys/<key id>.key            a key
    keys/destroyed/<key id>      says that there was one, and that it was destroyed
    keys/unnamed/<key id>        since when no row of the database names it (`unnamed`)
    keys/copy                    names the second folder, if the site has one on another drive

The second folder holds the same. A key that was destroyed in one of them is destroyed: an old copy
of a card that is put back does not bring keys back that the other drive knows to be gone. Where the
second folder cannot be reached, what is to be done there stays owed, and `Keeping` does it later.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.keys import key_file, key_folder
from gateway.keys.at_hand import AtHand
from gateway.keys.key_folder import GONE
from gateway.keys.sealed_text import (
    KEY_BYTES,
    KEY_ID,
    PREFIX,
    OrderKey,
    TamperedError,
    key_of,
    key_of_bytes,
)
from gateway.keys.unreadable import KeyState, word

FOLDER: Final = "keys"  # beside the database
SUFFIX: Final = ".key"
COPY: Final = "copy"  # in it: the file that names the second folder
MARK: Final = "menshen-keys"  # in the second folder: it is one, and its drive is there
OWED: Final = b"owed\n"  # in a mark: not all of the key may be destroyed yet
LOOK_S: Final = 0.2  # after so long, each process knows of a key that another one destroyed
YOUNG_S: Final = 2.0  # a folder's date is coarse: one so young may hide a second change

log = logging.getLogger("menshen.keys")


class KeyRingError(Exception):
    """A key that should be here cannot be had or made. The text is a sentence for people."""


class KeyRing:
    """The keys of one site. Any thread of any process may use it.

    Nothing is made on the disk before the first key. What it has revealed it keeps at hand, within
    limits, and drops as soon as a key is destroyed, here or by another process (LOOK_S).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._kept = AtHand()
        self.at_hand = self._kept.texts
        self._spare: list[str] = []
        self._looked_s, self._gone_ns, self._gone = 0.0, -1, set[str]()
        self._read_in: list[Path] = []  # the folders as they were at the last look
        self._told: set[str] = set()  # keys of which the log has said that text was changed

    @classmethod
    def beside(cls, database: Path) -> "KeyRing":
        """The ring of the site with this database."""
        return cls(database.parent / FOLDER)

    # -- keys

    def make(self) -> str:
        """A new key, on the disk before its id is answered. KeyRingError if it cannot be made."""
        return self.make_many(1)[0]

    def make_many(self, count: int) -> list[str]:
        """So many new keys, as `make`: from the spares, and else at once."""
        with self._lock:
            taken, self._spare = self._spare[:count], self._spare[count:]
        return taken + (self._made(count - len(taken)) if count > len(taken) else [])

    @contextmanager
    def spares(self, count: int) -> Iterator[None]:
        """So many keys are made now, so that `make` within need not wait for the disk: who holds
        the database meanwhile holds up a report. Those that nobody took are taken away after."""
        made = self._made(count) if count else []
        with self._lock:
            self._spare += made
        try:
            yield
        finally:
            with self._lock:
                left = [key_id for key_id in made if key_id in self._spare]
                self._spare = [key_id for key_id in self._spare if key_id not in left]
            for folder in self._folders() if left else ():  # no mark: they never sealed anything
                with suppress(OSError):
                    key_file.take_away(folder, [key_id + SUFFIX for key_id in left])

    def state(self, key_id: str) -> KeyState:
        """Whether it is here, was destroyed, or is lost. A damaged file is no key."""
        _need_id(key_id)
        if self._is_gone(key_id):
            return KeyState.DESTROYED
        return KeyState.LOST if self._read(key_id, self._folders()) is None else KeyState.HERE

    def key_ids(self) -> set[str]:
        """All keys that are here, by either folder. KeyRingError if the folder cannot be read."""
        try:
            found = {
                key_id
                for folder in self._folders()
                for key_id in key_folder.key_ids(folder, SUFFIX)
            }
        except OSError as error:
            raise self._error("cannot be read", error) from error
        return found - self.destroyed_ids()

    def destroyed_ids(self) -> set[str]:
        """All keys of which either folder says that they were destroyed. KeyRingError if one of
        them cannot be read."""
        try:
            return {
                key_id
                for folder in self._folders()
                for key_id in key_folder.key_ids(folder / GONE, "")
            }
        except OSError as error:
            raise self._error("cannot be read", error) from error

    def owed_ids(self) -> set[str]:
        """The destroyed keys of which something may be left: the second folder was away, or a kill
        came between. KeyRingError if the folder cannot be read."""
        gone = self.folder / GONE
        try:
            files = [file for file in os.scandir(gone) if KEY_ID.fullmatch(file.name)]
            return {file.name for file in files if file.stat().st_size}
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise self._error("cannot be read", error) from error

    def destroy(self, key_id: str) -> bool:
        """Destroy a key, in both folders; a lost or a destroyed one too. First the mark that says
        so, from which moment on nobody reveals anything; so a kill anywhere leaves it destroyed,
        and the same again finishes it.

        Returns:
            Whether nothing is left of it. False: the second folder cannot be reached, and it is
            owed there (`Keeping`).

        Raises:
            KeyRingError: it may still be in the first folder.
        """
        _need_id(key_id)
        try:
            folders, is_owed = self._folders(), self.copy is not None and not self.is_copy_here
            key_folder.mark_gone(self.folder, key_id, OWED)
            self._kept.drop([key_id])
            for folder in folders[::-1]:
                if folder != self.folder:
                    key_folder.mark_gone(folder, key_id, b"")
                key_file.destroy(folder, key_id + SUFFIX)
            if not is_owed:
                key_folder.mark_gone(self.folder, key_id, b"")
        except OSError as error:
            raise self._error("keeps a key that was to be destroyed", error) from error
        finally:
            self._kept.drop([key_id])
        return not is_owed

    # -- text and bytes

    def seal(self, key_id: str, text: str) -> str:
        """A text under a key. What looks sealed is sealed like any other text: whoever types it
        gets it back as typed. KeyRingError if the key is not here."""
        return text and self._need(key_id).seal(text)

    def reveal(self, text: str) -> str:
        """What was sealed; what is not sealed as it is; and in the place of what nobody can read, a
        word that says why. TamperedError where its key is here and did not make it."""
        if not text.startswith(PREFIX):
            return text
        self.look()
        known = self.at_hand.get(text)
        if known is not None:
            return known
        key_id = key_of(text)
        if key_id is None:
            return text
        key = self._key(key_id)
        if key is None:
            return word(self.state(key_id))
        revealed = key.reveal(text)
        self._kept.keep(key, text, revealed)
        return revealed

    def shown(self, text: str) -> str:
        """As `reveal`, for a list that neither one changed text nor a folder that we may not read
        must cost: it says so in its place, and the log says it once."""
        try:
            return self.reveal(text)
        except TamperedError as error:
            self._tell(error.key_id, str(error))
            return word(None)
        except KeyRingError as error:
            self._tell("", str(error))
            return word(KeyState.LOST)

    def _tell(self, what: str, words: str) -> None:
        if what not in self._told:
            self._told.add(what)
            log.error("%s", words)

    def look(self) -> None:
        """See whether another process has destroyed a key, unless it was seen just now (LOOK_S)."""
        if time.monotonic() - self._looked_s > LOOK_S:
            self._look()

    def seal_bytes(self, key_id: str, data: bytes, name: str) -> bytes:
        """Bytes under a key, for just one place, its `name`. KeyRingError if it is not here."""
        return self._need(key_id).seal_bytes(data, name)

    def reveal_bytes(self, data: bytes, name: str) -> bytes | None:
        """What was sealed; what is not sealed as it is; None for what nobody can read any more.
        TamperedError where its key is here and did not make it for this place."""
        self._look()
        key_id = key_of_bytes(data)
        if key_id is None:
            return data
        key = self._key(key_id)
        return None if key is None else key.reveal_bytes(data, name)

    # -- the second folder

    @property
    def copy(self) -> Path | None:
        """The second folder, if the site has one; whether its drive is there is another thing."""
        try:
            named = (self.folder / COPY).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return Path(named) if named else None

    @property
    def is_copy_here(self) -> bool:
        """Whether there is a second folder, and its drive is there."""
        copy = self.copy
        return copy is not None and (copy / MARK).is_file()

    def use_copy(self, folder: Path | None) -> None:
        """This is the second folder from now on; None: there is none. Once it has been one, it is
        not made anew: an empty folder in its place is a drive that is not there.

        Raises:
            KeyRingError: it cannot be made.
        """
        before = self.copy
        if folder == before:
            return
        if before is not None:
            log.warning("keys of this site lie in %s still: destroy them there", before)
        try:
            if folder is not None:
                key_folder.make(folder)
                key_folder.make(folder / GONE)
                key_file.write(folder, [(MARK, b"")])
            self._make_folder()
            named = b"" if folder is None else str(folder.absolute()).encode()
            key_file.write(self.folder, [(COPY, named)])
        except OSError as error:
            raise self._error("cannot have a second folder", error) from error

    # -- inside

    def _made(self, count: int) -> list[str]:
        made = [secrets.token_hex(8) for _ in range(count)]
        files = [(key_id + SUFFIX, key_file.framed(os.urandom(KEY_BYTES))) for key_id in made]
        try:
            self._make_folder()
            key_file.write(self.folder, files)
        except OSError as error:
            raise self._error("takes no new key", error) from error
        if self.is_copy_here:
            copy = self.copy
            try:
                key_file.write(copy or self.folder, files)
            except OSError as error:  # `Keeping` copies it later
                log.warning("%s takes no new key: %s", copy, error.strerror)
        return made

    def _make_folder(self) -> None:
        key_folder.make(self.folder)
        key_folder.make(self.folder / GONE)

    def _folders(self) -> list[Path]:
        copy = self.copy if self.is_copy_here else None
        return [self.folder] if copy is None else [self.folder, copy]

    def _is_gone(self, key_id: str, folders: list[Path] | None = None) -> bool:
        try:
            return any(
                key_file.is_there(f"{folder}/{GONE}/{key_id}")
                for folder in (folders or self._folders())
            )
        except OSError as error:
            raise self._error("cannot be read", error) from error

    def _need(self, key_id: str) -> OrderKey:
        self._look()
        key = self._key(key_id)
        if key is None:
            raise KeyRingError(f"the key {key_id} is not in {self.folder}: {self.state(key_id)}")
        return key

    def _key(self, key_id: str) -> OrderKey | None:
        """A key that is here and not destroyed, as of the last look at where the folders are."""
        known = self._kept.key(key_id)
        if known is not None:
            return known
        folders = self._read_in or self._folders()
        content = None if self._is_gone(key_id, folders) else self._read(key_id, folders)
        if content is None:
            return None
        key = OrderKey(key_id, content)
        self._kept.keep_key(key)
        if self._is_gone(key_id, folders):  # destroyed while we read it
            self._kept.drop([key_id])
            return None
        return key

    def _read(self, key_id: str, folders: list[Path]) -> bytes | None:
        for folder in folders:
            place = f"{folder}/{key_id}{SUFFIX}"
            try:
                key = key_file.key_in(key_file.read(place))
            except FileNotFoundError:
                continue
            except OSError as error:  # it is there, and not lost
                self._tell(key_id, f"{place} cannot be read: {error.strerror}; check its owner")
                continue
            if key is not None:
                return key
        return None

    def _look(self) -> None:
        """Whether a key was destroyed since the last look, by anybody."""
        self._looked_s, self._read_in = time.monotonic(), self._folders()
        try:
            gone_ns = (self.folder / GONE).stat().st_mtime_ns
        except OSError:
            gone_ns = 0
        is_young = abs(time.time() - gone_ns / 1e9) < YOUNG_S
        if gone_ns != self._gone_ns or is_young:
            self._drop_gone()
        self._gone_ns = gone_ns

    def _drop_gone(self) -> None:
        try:
            gone = set(key_folder.key_ids(self.folder / GONE, ""))
        except OSError:
            self._kept.drop_all()
            return
        if news := gone - self._gone:
            self._kept.drop(news)
        self._gone = gone

    def _error(self, what: str, error: OSError) -> KeyRingError:
        return KeyRingError(f"the folder of keys {self.folder} {what}: {error.strerror or error}")


def _need_id(key_id: str) -> None:
    if not KEY_ID.fullmatch(key_id):
        raise KeyRingError(f"{key_id!r} is no key's id")
