"""Where the journal stands: its old months in files of their own, all else in the database.

Whoever reads the journal reads them in their order (`files`). A row that still stands in both
counts once, for the database is read only from the last archived row on. A file that should be
there and is not is named in the log; nothing is claimed from it.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.store.archive_tables import archives
from gateway.store.database import Store

log = logging.getLogger("menshen.store")

SUFFIX: Final = ".db"


class Archive(NamedTuple):
    """A month that is kept in a file, with its first and last row of the journal."""

    month: str
    from_id: int
    to_id: int


def folder_of(database: Path) -> Path:
    """Where the archives of a site with this database lie."""
    return database.with_name(f"{database.stem}-journal")


def file_of(database: Path, month: str) -> Path:
    """The file of a month."""
    return folder_of(database) / f"{month}{SUFFIX}"


def known(connection: Connection) -> list[Archive]:
    """Those that the database names and whose time is not over, the oldest first."""
    c = archives.c
    query = select(c.month, c.from_id, c.to_id).where(c.ended_ms.is_(None)).order_by(c.from_id)
    return [Archive(*row) for row in connection.execute(query)]


def moved_to(connection: Connection) -> int:
    """The last row that went into an archive, be it there still or not; 0 for none."""
    return connection.execute(select(func.max(archives.c.to_id))).scalar() or 0


def files(connection: Connection) -> Iterator[tuple[Connection, int]]:
    """All that the journal consists of, in its order: where to read, and above which row.

    Args:
        connection: a reading one, of the database. What it sees is fixed by this, so that no month
            moves away meanwhile.
    """
    after_id, its = moved_to(connection), known(connection)
    for archive in its:
        path = file_of(_path_of(connection), archive.month)
        if not path.is_file():
            log.error("%s is not there: nothing is known of that month's journal", path)
            continue
        with closing(Store(path)) as store, store.reading() as own:
            yield own, archive.from_id - 1
    yield connection, after_id


def _path_of(connection: Connection) -> Path:
    """The file that a connection reads."""
    row = connection.exec_driver_sql("PRAGMA database_list").first()
    assert row is not None  # noqa: S101 - it is open
    return Path(row[2])
