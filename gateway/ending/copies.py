"""Copies of the site hold what was destroyed since they were made: unreadable, for its key is gone,
but there. So they go once a newer copy is there, and the copies of months that were made anew at
once; the next copy has those again. So do the databases that a restore set aside, and whatever a
kill left unfinished.
"""

import glob
import logging
import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from gateway.backup import restoring, rotation
from gateway.store import marker, tables
from gateway.store.database import Store, StoreError
from gateway.store.statements import upsert

log = logging.getLogger("menshen.ending")
_FINISHED: Final = "last-destroyed"  # in the place of a reader: until when copies have what is gone
_LOG: Final = re.compile(f"({'|'.join(restoring.LOGS)})$")
_c = tables.cursors.c


def note_finished(connection: Connection, now_ms: int) -> None:
    """The last rows of an order go in this transaction, which is the caller's. That may be long
    after its line in the record: a kill came between, and a copy that was made then has them."""
    place = {"reader": _FINISHED, "journal_id": now_ms}
    connection.execute(upsert(connection.dialect.name, tables.cursors), place)


def finished_ms(store: Store) -> int:
    """When the last rows of an order went for the last time; 0 for never. StoreError."""
    with store.reading() as connection:
        query = select(_c.journal_id).where(_c.reader == _FINISHED)
        found = connection.execute(query).scalar()
    return found if isinstance(found, int) else 0


def remove_months(folder: Path, months: Collection[str]) -> int:
    """Remove the copies of these months; how many that were. StoreError."""
    try:
        old = [path for its, path in rotation.months(folder).items() if its.month in months]
        return _remove(folder, old)
    except OSError as error:
        raise _error(folder, error) from error


def stale(folder: Path, destroyed_ms: int, now_ms: int) -> list[Path]:
    """The copies that may be older than what was destroyed last: by their names, or named by a
    clock that was ahead. OSError."""
    return [
        copy.path
        for copy in rotation.copies(folder)
        if copy.made.timestamp() * 1000 <= destroyed_ms or rotation.is_ahead(copy, now_ms)
    ]


def remove_stale(folder: Path, destroyed_ms: int, now_ms: int) -> int:
    """Remove the copies from before the latest destruction, if there is one from after it; how many
    that were. A site is never left without a copy. `now_ms`: the gateway's time. StoreError."""
    try:
        old = stale(folder, destroyed_ms, now_ms)
        if not old or len(old) == len(rotation.copies(folder)):
            return 0
        gone = _remove(folder, old)
    except OSError as error:
        raise _error(folder, error) from error
    log.info("copies from before what was destroyed: %d removed", gone)
    return gone


def remove_set_aside(database: Path, destroyed_ms: int) -> int:
    """Remove the databases that were set aside when copies were put back, where something was
    destroyed since; how many files that were. StoreError."""
    whole: defaultdict[str, list[Path]] = defaultdict(list)  # a database with its log
    gone = 0
    try:
        for path in database.parent.glob(f"{glob.escape(database.name + restoring.ASIDE)}*"):
            if path.is_file():
                whole[_LOG.sub("", path.name)].append(path)
        for paths in whole.values():
            if all(path.stat().st_mtime * 1000 <= destroyed_ms for path in paths):
                gone += _remove(database.parent, paths)
    except OSError as error:
        raise _error(database.parent, error) from error
    return gone


def _remove(folder: Path, paths: Collection[Path]) -> int:
    for path in paths:
        path.unlink(missing_ok=True)
    if paths:
        marker.sync(folder)
    return len(paths)


def _error(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"old copies in {folder} cannot be removed: {error.strerror}")
