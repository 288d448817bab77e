"""How far the history has got in the journal, and the lines that will never be written."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.core.events import REPORT
from gateway.feeds.influx_points import Row
from gateway.store.database import Store
from gateway.store.statements import upsert
from gateway.store.tables import cursors, journal, refusals, unwritten

READER = "influx"
UNWRITTEN_MAX = 100_000  # the newest are kept


class Unwritten(NamedTuple):
    """A report that will not be in InfluxDB, and why, in InfluxDB's words."""

    journal_id: int
    at_ms: int
    line: str
    error: str


class Page(NamedTuple):
    """Some reports above the cursor. All journal rows up to `newest` are done with them."""

    cursor: int
    newest: int
    rows: list[Row]
    more: bool


class Counts(NamedTuple):
    """Figures that only the database knows."""

    lag: int  # journal rows above the cursor
    unwritten: int
    refusals: dict[str, int]  # by reason


class Cursor:
    """A durable place in the journal. Every method blocks on the disk: use a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, size: int) -> Page:
        """At most `size` reports above the cursor. Rows that name people are not even read."""
        with self._store.reading() as connection:
            cursor, newest = _place(connection), _newest(connection)
            found = connection.execute(_REPORTS.limit(size), {"cursor": cursor})
            rows = [
                Row(number, at_ms, door is not None, body) for number, at_ms, door, body in found
            ]
        more = len(rows) == size
        return Page(cursor, rows[-1].journal_id if more else max(cursor, newest), rows, more)

    def advance(self, journal_id: int, never: list[Unwritten]) -> None:
        """Move the cursor, in one transaction with what will never be written."""
        with self._store.writing() as connection:
            dialect = connection.dialect.name
            connection.execute(
                upsert(dialect, cursors), {"reader": READER, "journal_id": journal_id}
            )
            if never:
                kept = upsert(dialect, unwritten, ["line", "error"])
                connection.execute(kept, [row._asdict() for row in never])
                connection.execute(_FORGET)

    def counts(self) -> Counts:
        """How far behind the history is, and what was refused so far."""
        with self._store.reading() as connection:
            lag = max(0, _newest(connection) - _place(connection))
            kept = connection.execute(select(func.count()).select_from(unwritten)).scalar_one()
            by_reason = connection.execute(_REFUSALS)
            return Counts(lag, kept, {reason: int(count) for reason, count in by_reason})


def _place(connection: Connection) -> int:
    """The journal row that it has got to; the beginning where what stands there is no number: every
    line is then written once more, onto itself."""
    place = connection.execute(_CURSOR).scalar()
    return place if isinstance(place, int) else 0


def _newest(connection: Connection) -> int:
    return connection.execute(_NEWEST).scalar() or 0


_CURSOR = select(cursors.c.journal_id).where(cursors.c.reader == READER)
_NEWEST = select(func.max(journal.c.journal_id))
_REPORTS = (
    select(journal.c.journal_id, journal.c.at_ms, journal.c.subject_id, journal.c.body)
    .where(
        journal.c.journal_id > bindparam("cursor"),
        journal.c.kind == REPORT,
    )
    .order_by(journal.c.journal_id)
)
_OLDEST_KEPT = (
    select(unwritten.c.journal_id)
    .order_by(unwritten.c.journal_id.desc())
    .offset(UNWRITTEN_MAX)
    .limit(1)
    .scalar_subquery()
)
_FORGET = delete(unwritten).where(unwritten.c.journal_id <= _OLDEST_KEPT)
_REFUSALS = select(refusals.c.reason, func.sum(refusals.c.count)).group_by(refusals.c.reason)
