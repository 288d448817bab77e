"""The journal's old months are files of their own: each that has rows of an order is made anew
without them, beside its place, and exchanged when it is whole and on the disk.

A kill leaves the old file or the new one. That a month was destroyed for its age meanwhile is seen
afterwards, and then it goes all the same.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import select, update

from gateway.core.subject import SubjectKind
from gateway.ending.erasing import Known, decoded, note
from gateway.ending.names import Names
from gateway.store import archives
from gateway.store.archive_tables import archives as rows_of_archives
from gateway.store.database import Store, as_store_error
from gateway.store.file_copy import thinned

Found = tuple[Counter[str], int, int]  # rows by order; rows and spans that are left
_WORD: Final = "archives"  # as the record calls them
_GONE: Final = """CREATE TEMP TABLE gone (
    kind TEXT, id TEXT, before_ms INTEGER, order_id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"""
_ROWS: Final = """SELECT journal_id, gone.order_id FROM journal
    JOIN gone ON gone.kind = subject_kind AND gone.id = subject_id
    WHERE gone.before_ms IS NULL OR at_ms < gone.before_ms"""
_SPANS: Final = """SELECT door_id, from_id, gone.order_id FROM heartbeat_spans
    JOIN gone ON gone.kind = 'door' AND gone.id = door_id
    WHERE gone.before_ms IS NULL OR from_ms + len_ms < gone.before_ms"""
_OTHERS: Final = """SELECT journal_id, at_ms, seal_id, body FROM journal
    WHERE subject_kind = 'site' OR subject_kind IS NULL OR EXISTS (
        SELECT 1 FROM gone WHERE kind = subject_kind AND id = subject_id
        AND at_ms >= gone.before_ms)"""


def rewrite(
    store: Store, all_names: Sequence[Names], begins: Callable[[list[str]], None]
) -> list[str]:
    """Take the rows of these orders out of all months; which were made anew.

    Args:
        store: the site's.
        all_names: of the orders.
        begins: is told which month is made anew, before it is.

    Raises:
        StoreError: one could not be; it is as it was.
    """
    made = []
    with store.archiving:  # a month that is being made has the rows that were in the database
        with store.reading() as connection:
            months = [archive.month for archive in archives.known(connection)]
        for month in months:
            path = archives.file_of(store.path, month)
            if path.is_file() and _has_any(path, all_names):
                begins([month])
                _rewrite_one(store, month, path, all_names)
                made.append(month)
    return made


def _rewrite_one(store: Store, month: str, path: Path, all_names: Sequence[Names]) -> None:
    found, rows, spans = thinned(path, lambda copy: _take_out(copy, all_names))
    a = rows_of_archives.c
    with store.writing() as connection:
        for order_id, count in found.items():
            note(connection, order_id, {_WORD: count})
        its = update(rows_of_archives).where(a.month == month)
        connection.execute(its.values(rows=rows, spans=spans))
        is_over = connection.execute(select(a.ended_ms).where(a.month == month)).scalar()
    if is_over is not None:  # its time came while it was made anew
        path.unlink(missing_ok=True)


def _has_any(path: Path, all_names: Sequence[Names]) -> bool:
    with (
        as_store_error(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        _name(connection, all_names)
        return bool(_found(connection, all_names))


def _take_out(copy: sqlite3.Connection, all_names: Sequence[Names]) -> Found:
    _name(copy, all_names)
    found = _found(copy, all_names)
    for sql in (
        f"DELETE FROM heartbeat_spans WHERE (door_id, from_id) IN "  # noqa: S608 - all of it is ours
        f"(SELECT door_id, from_id FROM ({_SPANS}))",
        f"DELETE FROM journal WHERE journal_id IN (SELECT journal_id FROM ({_ROWS}))",  # noqa: S608
    ):
        copy.execute(sql)
    others = [(journal_id,) for journal_id, _ in _others(copy, all_names)]
    copy.executemany("DELETE FROM journal WHERE journal_id = ?", others)
    copy.execute("DROP TABLE gone")
    rows = copy.execute("SELECT count(*) FROM journal").fetchone()[0]
    spans = copy.execute("SELECT count(*) FROM heartbeat_spans").fetchone()[0]
    return found, rows, spans


def _name(connection: sqlite3.Connection, all_names: Sequence[Names]) -> None:
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(_GONE)
    rows = [
        (kind, one, names.before_ms, names.order_id)
        for names in all_names
        for kind, ids in (
            (SubjectKind.DOOR, names.doors),
            (SubjectKind.HOUSEHOLD, (names.household_id,)),
        )
        for one in ids
    ]
    connection.executemany("INSERT OR IGNORE INTO gone VALUES (?, ?, ?, ?)", rows)


def _found(connection: sqlite3.Connection, all_names: Sequence[Names]) -> Counter[str]:
    """How many rows and spans are to go, by order."""
    found = Counter[str](row[-1] for sql in (_ROWS, _SPANS) for row in connection.execute(sql))
    found.update(order_id for _, order_id in _others(connection, all_names))
    return found


def _others(connection: sqlite3.Connection, all_names: Sequence[Names]) -> list[tuple[int, str]]:
    known, found = Known(all_names), []
    for journal_id, at_ms, seal_id, body in connection.execute(_OTHERS):
        names = known.whose([seal_id, decoded(body)], at_ms)
        if names is not None:
            found.append((journal_id, names.order_id))
    return found
