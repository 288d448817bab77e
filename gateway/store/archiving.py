"""A month of the journal goes into a file of its own once it is old, and the file is destroyed once
nobody may need it any more.

In this order, so that it may end anywhere: the copy is made, synced, checked and named; the
database says which rows are in it (`archives`); only then they are deleted, a few at a time. What
broke off is done again, or goes on.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Index, MetaData, Table, delete, func, insert, select
from sqlalchemy import update as update_of

from gateway.core.duration import DAY_MS
from gateway.store import archives, thinning
from gateway.store.archive_tables import archives as rows_of_archives
from gateway.store.database import Store, StoreError
from gateway.store.file_copy import part
from gateway.store.span_tables import heartbeat_spans
from gateway.store.tables import journal

log = logging.getLogger("menshen.store")

STEP_ROWS: Final = 500
LIVE_MONTHS_MIN: Final = 1  # whole ones, beside the running one: nothing younger ever moves
_a = rows_of_archives.c
_own = MetaData()


def _alike(table: Table, *indexes: Index) -> Table:
    """A table as it stands in an archive: its columns, without what hangs on other tables."""
    columns = [
        Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in table.c
    ]
    has_rowid = table.dialect_options["sqlite"]["with_rowid"]
    return Table(table.name, _own, *columns, *indexes, sqlite_with_rowid=has_rowid)


JOURNAL: Final = _alike(
    journal,
    Index("ix_journal_subject", "subject_kind", "subject_id", "journal_id"),
    Index("ix_journal_seal_seq", "seal_id", "seq"),
)
SPANS: Final = _alike(heartbeat_spans)


def month_of(at_ms: int) -> str:
    """The month of UTC in which a time lies, such as 2026-11."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m}"


def begins_ms(month: str, later: int = 0) -> int:
    """When a month begins, or the one so many months later, in ms of UTC."""
    year, number = map(int, month.split("-"))
    months = year * 12 + number - 1 + later
    begins = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return int(begins.timestamp()) * 1000


def make(store: Store, now_ms: int, live_months: int) -> str | None:
    """Make the next archive, if there is a month that is to move; which it was.

    Args:
        store: the site's database.
        now_ms: the gateway's time.
        live_months: how many whole months stay in the database, beside the running one.

    Raises:
        StoreError: it cannot be made now. The journal is whole all the same.
    """
    with store.archiving:
        return _make(store, now_ms, live_months)


def _make(store: Store, now_ms: int, live_months: int) -> str | None:
    with store.reading() as connection:
        wanted = _next(connection, now_ms, max(live_months, LIVE_MONTHS_MIN))
    if wanted is None:
        return None
    between = f"BETWEEN {wanted.from_id} AND {wanted.to_id}"
    path = archives.file_of(store.path, wanted.month)
    rows, spans = part(
        store.path, path, [(JOURNAL, f"journal_id {between}"), (SPANS, f"from_id {between}")]
    )
    with store.writing() as connection:
        row = {**wanted._asdict(), "rows": rows, "spans": spans, "made_ms": now_ms}
        connection.execute(insert(rows_of_archives), row)
    log.info("the journal of %s is in %s now: %d rows, %d spans", wanted.month, path, rows, spans)
    return wanted.month


def move(store: Store, now_ms: int) -> bool:
    """Delete some of what an archive has; whether there may be more. StoreError as above."""
    with store.reading() as connection:
        query = select(_a.month, _a.to_id).where(_a.moved_ms.is_(None)).order_by(_a.from_id)
        unmoved = connection.execute(query.limit(1)).first()
        if unmoved is None:
            return False
        month, to_id = unmoved
        if not archives.file_of(store.path, month).is_file():
            return False  # never delete what stands nowhere else
        rows = connection.execute(
            select(journal.c.journal_id)
            .where(journal.c.journal_id <= to_id)
            .order_by(journal.c.journal_id)
            .limit(STEP_ROWS)
        ).all()
        s = heartbeat_spans.c
        door_id = connection.execute(select(s.door_id).where(s.from_id <= to_id).limit(1)).scalar()
    with store.writing() as connection:
        if rows:
            connection.execute(delete(journal).where(journal.c.journal_id <= rows[-1][0]))
        elif door_id is not None:
            connection.execute(
                delete(heartbeat_spans).where(s.door_id == door_id, s.from_id <= to_id)
            )
        else:
            its = update_of(rows_of_archives).where(_a.month == month)
            connection.execute(its.values(moved_ms=now_ms))
    return True


def end(store: Store, now_ms: int, months: int) -> list[str]:
    """Destroy the archives of months that ended more than so many months ago; which they were.

    The database says so first: a file that could not be removed is removed the next time.
    """
    limit_ms = begins_ms(month_of(now_ms), -months)
    with store.reading() as connection:
        query = select(_a.month).where(_a.ended_ms.is_(None), _a.moved_ms.is_not(None))
        over = [m for m in connection.execute(query).scalars() if begins_ms(m, 1) <= limit_ms]
        ended = connection.execute(select(_a.month).where(_a.ended_ms.is_not(None))).scalars().all()
    if over:
        with store.writing() as connection:
            its = update_of(rows_of_archives).where(_a.month.in_(over))
            connection.execute(its.values(ended_ms=now_ms))
    for month in [*ended, *over]:
        _destroy(archives.file_of(store.path, month))
    return over


def _destroy(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} is over and cannot be removed: {error.strerror}") from error


def _next(connection: Connection, now_ms: int, live_months: int) -> archives.Archive | None:
    """The oldest month that is to move; None while there is none."""
    after_id = archives.moved_to(connection)
    first = _row_from(connection, after_id + 1)
    newest = connection.execute(select(func.max(journal.c.journal_id))).scalar()
    if first is None or newest is None:
        return None
    month = month_of(first[1])
    if begins_ms(month, 1 + live_months) > now_ms:
        return None
    to_id = _last_before(connection, first[0], newest, begins_ms(month, 1))
    rest_id = _last_before(connection, first[0], newest, begins_ms(month, 1) + DAY_MS)
    read_id = thinning.read_by_all(connection)
    is_read = read_id is None or read_id >= to_id or _is_given_up(connection, to_id, now_ms)
    if to_id >= newest or thinning.reached(connection) < rest_id or not is_read:
        return None  # a start needs the newest row; and no heartbeat of its spans may stay behind
    known = connection.execute(select(_a.month).where(_a.month == month)).first()
    if known is not None:  # a clock went back over the turn of a month: it is the next one's
        month = month_of(begins_ms(month, 1))
        if connection.execute(select(_a.month).where(_a.month == month)).first() is not None:
            return None
    return archives.Archive(month, first[0], to_id)


def _is_given_up(connection: Connection, journal_id: int, now_ms: int) -> bool:
    row = _row_from(connection, journal_id)
    return row is not None and row[1] < now_ms - thinning.HOLD_MS


def _last_before(connection: Connection, first_id: int, newest_id: int, at_ms: int) -> int:
    """The last row of those that come before a time. Its time goes up with its number, so the
    journal needs no index for it."""
    low, high = first_id, newest_id + 1
    while high - low > 1:
        middle = (low + high) // 2
        row = _row_from(connection, middle)
        if row is not None and row[1] < at_ms:
            low = max(middle, row[0])
        else:
            high = middle
    return low


def _row_from(connection: Connection, journal_id: int) -> tuple[int, int] | None:
    """The first row from a number on: its number and time."""
    c = journal.c
    query = select(c.journal_id, c.at_ms).where(c.journal_id >= journal_id)
    row = connection.execute(query.order_by(c.journal_id).limit(1)).first()
    return None if row is None else (row[0], row[1])
