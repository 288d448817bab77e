"""How far a part of the history has got, and the lines that will never be written."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.store.database import Store
from gateway.store.feed_tables import unwritten
from gateway.store.statements import upsert
from gateway.store.tables import cursors

UNWRITTEN_MAX = 100_000  # the newest are kept
STORED_EVERY_S = 1.0  # while there is more: each costs a commit, and a crash writes so much again


class Unwritten(NamedTuple):
    """A line that will not be in InfluxDB, and why, in InfluxDB's words. `journal_id`: its number
    among those of its reader."""

    journal_id: int
    at_ms: int
    line: str
    error: str


class Cursor:
    """A durable place in the journal, or in what else has numbers that grow.

    While there is much to write it runs ahead of what is stored, at most by STORED_EVERY_S. Every
    method blocks on the disk: use a thread.

    Args:
        store: where it is.
        reader: its name there.
        clock: seconds that never go back.
    """

    def __init__(
        self, store: Store, reader: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self.reader, self._clock = store, reader, clock
        self._stored = self._ahead = -1
        self._stored_s = float("-inf")

    def place(self, connection: Connection) -> int:
        """The number that it has got to; the beginning where what stands there is no number: every
        line is then written once more, onto itself."""
        found = connection.execute(_PLACE, {"of": self.reader}).scalar()
        stored = found if isinstance(found, int) else 0
        if stored != self._stored:  # the first look, or somebody put it back
            self._stored = self._ahead = stored
        return self._ahead

    def advance(self, place: int, never: list[Unwritten], is_more: bool = False) -> None:
        """Move it, in one transaction with what will never be written.

        Args:
            place: where to.
            never: the lines that are given up.
            is_more: it will be moved again at once, so that it need not be stored each time.
        """
        now_s = self._clock()
        is_early = is_more and now_s - self._stored_s < STORED_EVERY_S
        if not never and (is_early or place == self._stored):
            self._ahead = place
            return
        with self._store.writing() as connection:
            dialect = connection.dialect.name
            row = {"reader": self.reader, "journal_id": place}
            connection.execute(upsert(dialect, cursors), row)
            if never:
                kept = upsert(dialect, unwritten, ["at_ms", "line", "error"])
                rows = [{"reader": self.reader, **_storable(row)} for row in never]
                connection.execute(kept, rows)
                connection.execute(_FORGET, {"of": self.reader})
        self._stored = self._ahead = place
        self._stored_s = now_s


def _storable(row: Unwritten) -> dict[str, Any]:
    """The columns of a row whose time may be what somebody spoilt."""
    is_time = isinstance(row.at_ms, int)
    return row._replace(at_ms=row.at_ms if is_time else 0)._asdict()


def unwritten_count(connection: Connection) -> int:
    """How many lines were given up, of all that are kept."""
    return connection.execute(select(func.count()).select_from(unwritten)).scalar_one()


_PLACE = select(cursors.c.journal_id).where(cursors.c.reader == bindparam("of"))
_OLDEST_KEPT = (
    select(unwritten.c.journal_id)
    .where(unwritten.c.reader == bindparam("of"))
    .order_by(unwritten.c.journal_id.desc())
    .offset(UNWRITTEN_MAX)
    .limit(1)
    .scalar_subquery()
)
_FORGET = delete(unwritten).where(
    unwritten.c.reader == bindparam("of"), unwritten.c.journal_id <= _OLDEST_KEPT
)
