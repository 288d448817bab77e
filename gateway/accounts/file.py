"""The accounts' own file, beside the site's database: where it lies, whether it is in use.

It is a file of its own so that a sign-in never waits for the gateway's writer, nor a page for a
sign-in. The console's process and `menshen account` write it; the gateway reads which phones ring,
and writes only that a push service knows one no more. Its marker
says that a site has accounts: without the file such a console refuses everybody, rather than go
back to one password or to none.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Connection, select

from gateway.accounts import tables
from gateway.store import marker
from gateway.store.database import RELEASE, Chain, Store, StoreError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
CHAIN: Final = Chain(MIGRATIONS, "0007_days", "menshen account add")
LOOK_EVERY_S: Final = 1.0  # while there is none


def file_of(database: Path) -> Path:
    """Where the accounts of the site with this database lie."""
    return database.with_name(f"{database.stem}-accounts{database.suffix}")


class AccountsFile:
    """The file of a site, opened when there is one. Any thread may use it.

    Args:
        database: The site's database.
        settings_folder: Where the settings lie; a second marker stands there.
        steady_s: A clock that only ever goes forward.
    """

    def __init__(
        self,
        database: Path,
        settings_folder: Path | None = None,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path, self._folder, self._steady_s = file_of(database), settings_folder, steady_s
        self._store: Store | None = None
        self._is_used = False
        self._looked_s = float("-inf")
        self._lock = Lock()

    def is_used(self) -> bool:
        """Whether this site has accounts, so that everybody signs in.

        Raises:
            StoreError: It had some, and the file is gone or cannot be read.
        """
        if self._is_used:
            return True
        with self._lock:
            now_s = self._steady_s()
            if now_s - self._looked_s >= LOOK_EVERY_S:
                self._is_used = self._has_accounts()
                self._looked_s = now_s
        return self._is_used

    def store(self) -> Store:
        """The open file. StoreError where there is none."""
        if self._store is None:
            self._store = Store.open(self.path, self._folder, create=False, chain=CHAIN)
        return self._store

    def create(self) -> Store:
        """The open file, made if there is none, with its marker."""
        self._store = Store.open(self.path, self._folder, create=True, chain=CHAIN)
        places = marker.places(self.path, self._folder)
        if marker.expected_at(places) is None:
            now_ms = time.time_ns() // 1_000_000
            made = marker.Marker("accounts", secrets.token_hex(8), 0, 0, RELEASE, now_ms, "", True)
            try:
                marker.write(places, made)
            except OSError as error:
                words = f"{places[0]} cannot be written: {error.strerror}"
                raise StoreError(words) from error
        return self._store

    def close(self) -> None:
        """Let go of it."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _has_accounts(self) -> bool:
        if not self.path.exists() and marker.expected_at(self._places()) is None:
            return False
        with self.store().reading() as connection:
            return connection.execute(select(tables.accounts.c.name).limit(1)).first() is not None

    def _places(self) -> list[Path]:
        return marker.places(self.path, self._folder)


def key(store: Store, name: str) -> bytes:
    """A random key of this site for one purpose, made at its first use."""
    with store.reading() as connection:
        known = _key(connection, name)
    if known is not None:
        return known
    with store.writing() as connection:
        known = _key(connection, name)
        if known is None:
            known = secrets.token_bytes(32)
            connection.execute(tables.keys.insert(), {"name": name, "key": known})
        return known


def _key(connection: Connection, name: str) -> bytes | None:
    k = tables.keys.c
    known: bytes | None = connection.execute(select(k.key).where(k.name == name)).scalar()
    return known
