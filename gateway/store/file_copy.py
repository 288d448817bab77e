"""Copies of a database while others read and write it, each whole and on the disk before it has its
name. With `database` the only file that knows what the engine's files are like.

The engine's own online copy begins anew at each foreign commit, and so never ends beside a busy
writer; inside one reading transaction it sees a single snapshot and takes one pass. Meanwhile the
write-ahead log only grows, so what is large is copied seldom: old months of the journal have files
of their own, and those never change.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.store import marker
from gateway.store.database import StoreError, as_store_error
from gateway.store.store_error import BUSY_MS

T = TypeVar("T")
PAGES: Final = 1_000  # 4 MB of a copy before others get a turn at the disk
REST_S: Final = 0.005
_MODE: Final = 0o600
UNFINISHED_S: Final = 3_600.0  # what nobody has written for so long nobody writes any more
_UNFINISHED: Final = re.compile(r"\..+\.\d+\.new(-journal|-wal|-shm)?")


def whole(database: Path, to: Path) -> None:
    """Copy a database as it is now. StoreError where that is not possible; then there is none."""
    with unfinished(to) as fresh, as_store_error(database), closing(_reading(database)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # one snapshot from here on
        with closing(sqlite3.connect(fresh)) as copy:
            source.backup(copy, pages=PAGES, sleep=REST_S)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def fold(path: Path) -> None:
    """Make a database that nobody has open one file, without a log beside it. StoreError."""
    with as_store_error(path), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def gives_back(path: Path) -> bool:
    """Whether a database can give free pages back to the file system a few at a time: those from
    before 0.1.0 cannot until they are written anew. StoreError."""
    with as_store_error(path), closing(_reading(path)) as connection:
        return bool(connection.execute("PRAGMA auto_vacuum").fetchone()[0])


def write_anew(path: Path) -> None:
    """Write a database anew in its place, so that it can give free pages back from now on. Nobody
    else may write meanwhile; a kill leaves the old one. StoreError where the disk does not let
    it."""
    address = f"{path.absolute().as_uri()}?psow=0"
    with as_store_error(path), closing(sqlite3.connect(address, uri=True)) as connection:
        connection.isolation_level = None
        for words in (
            f"busy_timeout={BUSY_MS}",
            "synchronous=FULL",
            "secure_delete=ON",
            "auto_vacuum=INCREMENTAL",
        ):
            connection.execute(f"PRAGMA {words}")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def part(database: Path, to: Path, tables: Sequence[tuple[Table, str]]) -> list[int]:
    """Copy some rows of some tables into a file of their own.

    Args:
        database: the file that has them.
        to: the file that is made, or made anew.
        tables: each as it is to be there, and the SQL condition of its rows.

    Returns:
        How many rows of each were copied, and found in the copy.

    Raises:
        StoreError: it was not possible, or the copy is not sound. There is none then.
    """
    counts = []
    with unfinished(to) as fresh, as_store_error(database):
        with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # synced as a whole, before it has its name
            copy.execute("ATTACH DATABASE ? AS live", (str(database),))
            copy.execute("BEGIN")
            for table, condition in tables:
                copy.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                copy.execute(  # all of it is ours
                    f'INSERT INTO main."{table.name}" ({names}) SELECT {names} '  # noqa: S608
                    f'FROM live."{table.name}" WHERE {condition}'
                )
                counts.append(copy.execute("SELECT changes()").fetchone()[0])
                for index in table.indexes:
                    copy.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
            copy.execute("COMMIT")
        need_sound(fresh)
    return counts


def thinned(path: Path, take_out: Callable[[sqlite3.Connection], T]) -> T:
    """Make a database that nobody writes anew without some of its rows; whoever reads it meanwhile
    reads the old one to its end.

    Args:
        path: the file; it is exchanged only when the new one is whole and on the disk.
        take_out: takes the rows out of a copy, and says what it found.

    Raises:
        StoreError: it was not possible. The file is as it was then.
    """
    with unfinished(path) as fresh, as_store_error(path):
        with closing(_reading(path)) as source, closing(sqlite3.connect(fresh)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=OFF")  # nobody knows this file yet
            copy.execute("PRAGMA secure_delete=ON")
            found = take_out(copy)
            copy.commit()
            copy.execute("VACUUM")
        need_sound(fresh)
    return found


def need_sound(path: Path) -> None:
    """StoreError if a database is damaged, as far as the engine's quick check can tell."""
    with as_store_error(path), closing(_reading(path)) as connection:
        words = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if words != "ok":
        raise StoreError(f"{path} is damaged ({words})")


@contextmanager
def unfinished(to: Path) -> Iterator[Path]:
    """A path beside `to` for what is being made: on the disk and under its name at the end, gone if
    anything went wrong. StoreError for what the disk says."""
    fresh = to.with_name(f".{to.name}.{os.getpid()}.new")
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, _MODE))
        yield fresh
        marker.sync(fresh)
        fresh.replace(to)
        marker.sync(to.parent)
    except OSError as error:
        raise StoreError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        for name in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                fresh.with_name(fresh.name + name).unlink()


def left_unfinished(folder: Path) -> Iterator[Path]:
    """What `unfinished` is making in a folder, or was when it was killed. OSError."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if _UNFINISHED.fullmatch(path.name):
            yield path


def sweep(folder: Path, now_s: float, older_s: float = UNFINISHED_S) -> int:
    """Remove what a kill left unfinished in a folder; how many files that were. There may be in one
    what was destroyed since. StoreError.

    Args:
        folder: where.
        now_s: the machine's time, in seconds of UTC.
        older_s: only what nobody has written for so long; of whoever knows that nobody else makes
            any there now, less than nothing: all of it.
    """
    count = 0
    try:
        for path in left_unfinished(folder):
            with suppress(FileNotFoundError):  # it is finished now
                if now_s - path.stat().st_mtime > older_s:
                    path.unlink()
                    count += 1
    except OSError as error:
        raise StoreError(f"{folder} cannot be looked through: {error.strerror}") from error
    return count


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.isolation_level = None
    return connection
