"""The reports of seals as points: from the journal, above a durable place in it."""

import time
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from gateway.core.events import REPORT
from gateway.feeds import influx_points
from gateway.feeds.cursor import Cursor, Unwritten
from gateway.feeds.influx_points import Release, Row
from gateway.feeds.stream import Batch, Line
from gateway.store.database import Store
from gateway.store.seal_tables import seal_readings
from gateway.store.tables import journal

READER: Final = "influx"
RELEASES_KEPT_S: Final = 60.0  # so long what the seals said of themselves is not read anew


class ReportStream:
    """Rows that name people are not even read.

    Args:
        store: has the journal.
        site_id: the site's random id.
    """

    reader = READER

    def __init__(self, store: Store, site_id: str) -> None:
        self._store, self._tags = store, influx_points.tags(site_id)
        self._cursor = Cursor(store, READER)
        self._releases: dict[str, Release] = {}
        self._releases_s = float("-inf")

    def take(self, size: int, now_ms: int) -> Batch:
        """As `Stream.take`. All journal rows up to its place are done with it."""
        with self._store.reading() as connection:
            place, newest = self._cursor.place(connection), _newest(connection)
            if newest <= place:
                return Batch([], [], place, False)
            found = connection.execute(_REPORTS, {"place": place, "size": size}).all()
            self._read_releases(connection)
        rows = [Row(number, at_ms, door is not None, body) for number, at_ms, door, body in found]
        is_more = len(rows) == size
        batch = Batch([], [], rows[-1].journal_id if is_more else newest, is_more)
        for row in rows:
            try:
                text = influx_points.event_line(self._tags, row, self._releases)
            except Exception as error:  # noqa: BLE001 - whatever a spoilt row makes of it
                batch.unreadable.append(Unwritten(row.journal_id, row.at_ms, "", str(error)))
            else:
                batch.lines.append(Line(row.journal_id, row.at_ms, text))
        return batch

    def settle(self, batch: Batch, never: list[Unwritten]) -> None:
        """As `Stream.settle`."""
        self._cursor.advance(batch.place, never, batch.is_more)

    def behind(self, connection: Connection) -> tuple[int, int | None]:
        """How many rows of the journal are above its place, and when the first of them was."""
        place = self._cursor.place(connection)
        lag = max(0, _newest(connection) - place)
        first_ms = connection.execute(_NEXT, {"place": place}).scalar() if lag else None
        return lag, first_ms if isinstance(first_ms, int) else None  # spoilt: nothing is said

    def _read_releases(self, connection: Connection) -> None:
        now_s = time.monotonic()
        if now_s - self._releases_s < RELEASES_KEPT_S:
            return
        self._releases_s = now_s
        self._releases = {
            seal_id: Release(firmware, booted_ms)
            for seal_id, firmware, booted_ms in connection.execute(_RELEASES)
        }


def _newest(connection: Connection) -> int:
    return connection.execute(_NEWEST).scalar() or 0


_j, _r = journal.c, seal_readings.c
_NEWEST = select(func.max(_j.journal_id))
_NEXT = select(_j.at_ms).where(_j.journal_id > bindparam("place")).order_by(_j.journal_id).limit(1)
_REPORTS = (
    select(_j.journal_id, _j.at_ms, _j.subject_id, _j.body)
    .where(_j.journal_id > bindparam("place"), _j.kind == REPORT)
    .order_by(_j.journal_id)
    .limit(bindparam("size"))
)
_RELEASES = select(_r.seal_id, _r.firmware, _r.booted_ms).where(
    _r.firmware.is_not(None), _r.booted_ms.is_not(None)
)
