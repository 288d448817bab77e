"""The one file that knows the database engine: open, migrate, read, write.

SQLite in WAL mode with `synchronous=FULL`: a commit that returned has reached the disk, if the disk
is honest. And with `psow=0`: a power cut may ruin the whole sector that was being written, as those
of SD cards do, and so no two commits share one. Readers never wait for the writer. The running
gateway writes through `writer.py`; other programs write through `writing()` and take their turn.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text

from gateway.keys.ring import KeyRing
from gateway.store import marker, sealed_columns, whole_schema
from gateway.store.sealed_columns import RING
from gateway.store.store_error import BUSY_MS, StoreError, as_store_error, sentence

RELEASE = metadata.version("menshen")
MIGRATIONS = Path(__file__).parent / "migrations"
CACHE_KIB = 8_192
LOG_PAGES = 8_000  # of the write-ahead log, 32 MB; a commit that finds more moves them itself
HEAD = "0023_asked"  # the newest migration; a test compares it with the folder
STORED_FORMAT = 1  # of events and states as JSON; raised when older bytes mean something else


class Chain(NamedTuple):
    """The migrations of one kind of file, and how whoever lacks the file comes by it."""

    folder: Path
    head: str  # the newest
    made_by: str  # the command that makes a new file
    begins_with: tuple[str, ...] = ()  # statements that a new file begins with


_SEALED = """INSERT INTO states (name, state)
VALUES ('sealed', CAST('{"rows":true,"is_done":true}' AS BLOB))"""
SITE = Chain(MIGRATIONS, HEAD, "menshen enrol", (_SEALED,))  # `sealing_up.Progress`


class Store:
    """An open database file, at whatever migration it is; `open` brings it to the newest.

    Any thread may read and write; each connection is its thread's. Connections reveal by `keys`,
    the ring of the site, which lies beside the file.

    Args:
        path: The file. Its write-ahead log lies beside it.
        chain: Which kind of file it is.
    """

    def __init__(self, path: Path, chain: Chain = SITE) -> None:
        self.path, self._chain = path, chain
        self.keys = KeyRing.beside(path)
        # Who makes a file of an old month: else one would bring back what another took out of it.
        self.archiving = threading.Lock()
        self._writers = _engine(path, self.keys, writes=True)
        self._readers = _engine(path, self.keys, writes=False)

    @classmethod
    def open(
        cls,
        path: Path,
        settings_folder: Path | None = None,
        create: bool = True,
        chain: Chain = SITE,
    ) -> "Store":
        """The database at `path`, at the newest migration.

        Args:
            path: The file.
            settings_folder: Where the settings lie that name it. A marker there, or beside the
                file, says that one was here already.
            create: Whether one is made where there was none, readable by its owner only.
            chain: Which kind of file it is.

        Raises:
            StoreError: There is none, or one was here and is not any more; it cannot be used, or a
                newer release wrote it.
        """
        _need_file(path, create, marker.places(path, settings_folder), chain)
        store = cls(path, chain)
        try:
            with as_store_error(path):
                store.migrate()
                if chain is SITE:
                    store._check_format()
        except BaseException:
            store.close()
            raise
        return store

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection on one snapshot, for any thread.

        Raises:
            StoreError: The database cannot be read now.
        """
        with as_store_error(self.path), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, begun at once (BEGIN IMMEDIATE), committed at the end or not at all.

        Raises:
            StoreError: Another program writes for longer than BUSY_MS, or nothing can be stored.
        """
        with as_store_error(self.path), self._writers.begin() as connection:
            yield connection

    def connection(self) -> Connection:
        """A connection that writes, for the gateway's single writer."""
        return self._writers.connect()

    @contextmanager
    def committing(self, connection: Connection) -> Iterator[None]:
        """One transaction of that writer, on the driver's own connection.

        What SQLAlchemy does around a transaction takes a fifth of the gateway's time at work.
        """
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - PostgreSQL begins by itself
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            raw.rollback()
            raise
        raw.commit()

    def settle(self) -> None:
        """Move what the write-ahead log holds into the file, while others read and write.

        Raises:
            StoreError: The disk does not let it.
        """
        self._pragma("wal_checkpoint(PASSIVE)")

    def cut_log(self) -> bool:
        """Move what the write-ahead log holds into the file, and cut the log to nothing; whether
        it was possible now, for who reads an older state holds it. StoreError."""
        return self._pragma("wal_checkpoint(TRUNCATE)")[0] == 0

    def give_back(self, pages: int) -> bool:
        """Give so many free pages back to the file system; whether there may be more. Nothing at a
        file from before this was possible: there they stay, overwritten. StoreError."""
        self._pragma(f"incremental_vacuum({pages})")
        can = self._pragma("auto_vacuum")[0] != 0
        return can and self._pragma("freelist_count")[0] > 0

    def _fold(self) -> None:
        """All of it stands in the file from now on, for that alone gets the name; a close would do
        so as well, but says nothing where the disk is full. sqlite3.Error, StoreError."""
        connection = self._writers.raw_connection()
        try:
            row = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        if row is None or row[0] != 0:
            raise StoreError(f"{self.path} cannot be made: somebody reads what is being made")

    def _pragma(self, words: str) -> tuple[int, ...]:
        connection = self._writers.raw_connection()
        try:
            rows = connection.cursor().execute(f"PRAGMA {words}").fetchall()
            return rows[0] if rows else (0,)
        except sqlite3.Error as error:
            raise StoreError(sentence(self.path, str(error))) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Let go of the file."""
        self._writers.dispose()
        self._readers.dispose()

    def migrate(self) -> None:
        """Bring it to the newest migration. StoreError if a newer release has been here."""
        version, folder, head = self._version(), self._chain.folder, self._chain.head
        if version == head:
            return
        if version is not None and not self._is_known(version):
            raise StoreError(self._too_new(f"its tables are those of migration {version}"))
        # Alembic takes a third of a second to import; a start that has nothing to migrate skips it.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(folder))
        with self._writers.connect() as connection, _unhindered(connection):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def lay(self) -> bool:
        """Make all tables of an empty file at once; whether that was possible."""
        whole = whole_schema.of(self._chain.folder, self._chain.head)
        if whole is not None:
            with self._writers.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - as in `committing`
                whole_schema.lay(raw, whole)
        return whole is not None

    def behind(self) -> list[tuple[str, str]]:
        """The migrations that `migrate` would make: each one's name, and what it says it does. None
        at a file that a newer release has written, or that is none of ours."""
        version, folder, head = self._version(), self._chain.folder, self._chain.head
        if version is None or version == head or not self._is_known(version):
            return []
        from alembic.script import ScriptDirectory

        steps = ScriptDirectory(str(folder)).iterate_revisions(head, version)
        return [(step.revision, (step.doc or "").split("\n")[0]) for step in steps][::-1]

    def _is_known(self, version: str) -> bool:
        return any((self._chain.folder / "versions").glob(f"{version}*.py"))

    def _check_format(self) -> None:
        """StoreError for events and states that only a newer release can read."""
        with self._readers.connect() as connection:
            written = connection.execute(text("SELECT stored_format FROM site")).scalar()
        if isinstance(written, int) and written > STORED_FORMAT:
            raise StoreError(self._too_new(f"its format is {written}"))

    def _too_new(self, why: str) -> str:
        """A sentence about a file that only a newer release can read, and which that is."""
        with self._readers.connect() as connection:
            columns = connection.execute(text("SELECT name FROM pragma_table_info('site')")).all()
            known = ("release",) in columns
            query = "SELECT release FROM site" if known else "SELECT NULL"
            newer = connection.execute(text(query)).scalar()
        which = f"by release {newer} of Menshen" if newer else "by a newer release of Menshen"
        return (
            f"{self.path} was written {which}, which is newer than this one ({RELEASE}): {why}, "
            f"and this one knows up to {self._chain.head} and {STORED_FORMAT}; install that "
            "release again, or put back a copy of the database that was made before it"
        )

    def _version(self) -> str | None:
        with self._writers.connect() as connection:
            known = connection.execute(
                text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
            ).scalar()
            if not known:
                return None
            version: str | None = connection.execute(
                text("SELECT version_num FROM alembic_version")
            ).scalar()
            return version


def _need_file(path: Path, create: bool, markers: list[Path], chain: Chain) -> None:
    """There is a file at `path` that may be a database of ours; else StoreError, or one is made."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        _need_none_before(path, markers)
        if not create:
            words = f"there is no database at {path}; `{chain.made_by}` makes one"
            raise StoreError(words) from None
        _make(path, chain)
    except OSError as error:
        raise StoreError(f"the database {path} cannot be opened: {error.strerror}") from error
    else:
        if size == 0:
            raise StoreError(
                f"{path} is empty (0 bytes): what was in it is lost, or it was never made. Put a "
                "copy of the database back; or, if a new site is meant, delete it"
            )


def need_none_before(path: Path, settings_folder: Path | None) -> None:
    """StoreError if there is no database at `path`, and a marker says that there was one."""
    if not path.exists():
        _need_none_before(path, marker.places(path, settings_folder))


def _need_none_before(path: Path, markers: list[Path]) -> None:
    expected = marker.expected_at(markers)
    if expected is not None:
        raise StoreError(
            f"there is no database at {path}, and there was one{_last_seen(expected)}: is its "
            "drive mounted? Put a copy of it back; or, if a new site is meant, delete "
            f"{expected.path}"
        )


def _last_seen(expected: marker.Expected) -> str:
    """When a marker was written, as people read it; nothing if it does not say."""
    if expected.marker is None:
        return ""
    at = datetime.fromtimestamp(expected.marker.written_ms / 1000, UTC)
    return f" until {at:%Y-%m-%d %H:%M} UTC"


def _make(path: Path, chain: Chain) -> None:
    """An empty database, whole from its first moment on: made beside its place, then moved there,
    readable by its owner only, for there are keys in it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        store = Store(unfinished, chain)
        try:
            with as_store_error(path):
                if not store.lay():
                    store.migrate()
                for statement in chain.begins_with:
                    with store.writing() as connection:
                        connection.exec_driver_sql(statement)
                store._fold()
        finally:
            store.close()
        marker.sync(unfinished)
        unfinished.rename(path)
        marker.sync(path.parent)
    except OSError as error:
        raise StoreError(f"cannot make a database at {path}: {error.strerror}") from error
    finally:
        for name in ("", "-wal", "-shm"):
            with suppress(OSError):
                unfinished.with_name(unfinished.name + name).unlink()


def _engine(path: Path, keys: KeyRing, writes: bool) -> Engine:
    address = f"{path.absolute().as_uri()}?psow=0"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False)

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        hide_parameters=True,  # of an error: else they stand in the log, names and all
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, record: Any) -> None:
        record.info[RING] = keys
        try:
            _prepare(raw, writes)
            for name, function in sealed_columns.functions_of(keys).items():
                raw.create_function(name, 1, function)
        except sqlite3.Error:
            raw.close()  # the pool has not taken it over yet
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        keys.look()  # for all that this transaction reveals
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _unhindered(connection: Connection) -> Iterator[None]:
    """While tables are made anew: SQLite refuses to drop one that others name, though its successor
    has the same rows, and can be told so outside of a transaction only. `migrations/env.py` looks
    before it commits whether each row still has what it names."""
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _prepare(raw: sqlite3.Connection, writes: bool) -> None:
    raw.isolation_level = None  # we begin transactions ourselves
    raw.text_factory = _text  # one cell of bytes that are no text must not cost the whole query
    raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    raw.execute("PRAGMA foreign_keys=ON")
    raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    if writes:
        if raw.execute("PRAGMA page_count").fetchone() == (0,):  # later it would be written anew
            raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA secure_delete=ON")
        raw.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
    else:
        raw.execute("PRAGMA query_only=ON")


def _text(stored: bytes) -> str:
    return stored.decode(errors="replace")


__all__ = ["HEAD", "SITE", "Chain", "Store", "StoreError", "as_store_error"]
