"""Minutes of the site as points: made of the journal as it is read, above a durable place in it.

The place is the last row of the last minute that is written. What each door had said by then is
looked up at the start, so the same minutes come out of the same journal wherever it is begun. A
door counts to the grid, building and batch in which it is now. What was dated by a clock that was
corrected counts as said when it was.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, bindparam, or_, select

from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.events import (
    REPORT,
    ClockCorrected,
    DoorEnded,
    MemoryEnded,
    ReportCame,
    SealBound,
    SealUnbound,
)
from gateway.core.no_json import NO_JSON
from gateway.core.subject import SITE, SubjectKind
from gateway.feeds.cursor import Cursor, Unwritten
from gateway.feeds.influx_line import NS_PER_MS, LineMaker
from gateway.feeds.influx_schema import SITE_1M
from gateway.feeds.minutes import Minute, Minutes, Place
from gateway.feeds.stream import Batch, Line
from gateway.store.database import Store
from gateway.store.place_names import BATCH, BUILDING, GRID, PlaceNames
from gateway.store.tables import doors, journal, seals

READER: Final = "influx-minutes"
ROWS_AT_ONCE: Final = 5_000  # of the journal
GRACE_MS: Final = 5 * SECOND_MS  # so long after its end a minute waits for a commit under way
PLACES_KEPT_S: Final = 60.0
SEEDS: Final = 3  # of a door: the latest report may be one that another has overtaken
CORRECTIONS_MAX: Final = 100  # the latest, of which a start knows
_ENDED_BY: Final = (SealBound, SealUnbound, DoorEnded, MemoryEnded)
_ENDS: Final = tuple(str(one.__struct_config__.tag) for one in _ENDED_BY)
_CORRECTED: Final = str(ClockCorrected.__struct_config__.tag)
_decode = msgspec.json.Decoder(ReportCame).decode
_decode_correction = msgspec.json.Decoder(ClockCorrected).decode


_Row = Row[Any, Any, Any, Any, Any]


class MinuteStream:
    """Reads and makes the lines.

    Args:
        store: has the journal.
        site_id: the site's random id.
        names: of grids, buildings and batches.
        clock: seconds that never go back.
    """

    reader = READER

    def __init__(
        self,
        store: Store,
        site_id: str,
        names: PlaceNames,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._names, self._clock = store, names, clock
        self._maker = LineMaker(SITE_1M, site_id)
        self._cursor = Cursor(store, READER, clock)
        self._minutes = Minutes({})
        self._place = -1  # where the memory began, or has got to
        self._read = 0  # the last row that is in it
        self._rows: deque[_Row] = deque()  # that are read, and not in it yet
        self._said: dict[str, int] = {}  # door_id -> the row of its last word
        self._closed = 0  # the last row of the minutes that have ended
        self._waiting: deque[Line] = deque()  # of minutes that have ended
        self._places_s = float("-inf")

    @property
    def standing(self) -> dict[str, int]:
        """The doors of the whole site at the end of its last minute: `doors`, `heard`,
        `open_now`."""
        return self._minutes.now

    def take(self, size: int, now_ms: int) -> Batch:
        """As `Stream.take`; the lines are those of minutes that have ended."""
        with self._store.reading() as connection:
            place = self._cursor.place(connection)
            if place != self._place:
                self._begin(connection, place)
            self._know_places(connection)
            is_whole = self._work(connection, size, now_ms - GRACE_MS)
        lines = [self._waiting[at] for at in range(min(size, len(self._waiting)))]
        is_last = len(lines) == len(self._waiting)
        return Batch(lines, [], self._closed if is_last else place, not is_whole)

    def settle(self, batch: Batch, never: list[Unwritten]) -> None:
        """As `Stream.settle`."""
        for _ in batch.lines:
            self._waiting.popleft()
        self._place = batch.place
        self._cursor.advance(batch.place, never, batch.is_more)

    def _begin(self, connection: Connection, place: int) -> None:
        """Look up what each door had said by this row of the journal."""
        self._know_places(connection, is_new=True)
        self._place = self._read = self._closed = place
        self._minutes, self._waiting = Minutes(self._minutes.places), deque()
        self._rows.clear()
        read_ms = connection.execute(_WHEN, {"place": place}).scalar()
        if read_ms is None:
            return
        self._said.clear()
        read = map(_correction, connection.execute(_CORRECTIONS, {"place": place}).scalars())
        corrections = [one for one in read if one is not None]
        for door_id in self._minutes.places:
            rows = connection.execute(_LAST, {"place": place, "door": door_id}).all()
            self._seed(door_id, rows, corrections)
        self._minutes.begin(read_ms + MINUTE_MS)  # its own minute has been written

    def _seed(
        self, door_id: str, latest: Sequence[_Row], corrections: Sequence[ClockCorrected]
    ) -> None:
        """What a door said last; the newest comes first."""
        for row in reversed(latest):
            report = _report(row.body) if row.kind == REPORT else None
            if row.kind != REPORT:
                self._minutes.forget(door_id)
            elif report is not None:
                moved_ms = sum(one.by_ms for one in corrections if _is_of(one, row.journal_id))
                self._minutes.seed(door_id, row.at_ms + moved_ms, report)
                self._said[door_id] = row.journal_id

    def _know_places(self, connection: Connection, is_new: bool = False) -> None:
        now_s = self._clock()
        if not is_new and now_s - self._places_s < PLACES_KEPT_S:
            return
        self._places_s = now_s
        name = self._names.name
        self._minutes.places = {
            door_id: Place(
                (name(GRID, grid_id), name(BUILDING, building), name(BATCH, batch)), *promised
            )
            for door_id, grid_id, building, batch, *promised in connection.execute(_PLACES)
        }

    def _work(self, connection: Connection, size: int, until_ms: int) -> bool:
        """Make `size` lines or more, of what is there. True if that was all of it."""
        is_end = False
        while len(self._waiting) < size:
            if not self._rows and not is_end:
                self._rows.extend(connection.execute(_AFTER, {"place": self._read}).all())
                is_end = len(self._rows) < ROWS_AT_ONCE
            if self._rows and not isinstance(self._rows[0][1], int):
                self._rows.popleft()  # spoilt: the stream of reports names it
            elif self._rows and self._rows[0][2] == _CORRECTED:
                self._correct(self._rows.popleft())
            elif self._rows:
                if not self._close(self._rows[0][1]):
                    self._step(self._rows.popleft())
            elif not self._close(until_ms):
                return True
        return False

    def _step(self, row: _Row) -> None:
        """One row of the journal."""
        journal_id, at_ms, kind, door_id, body = row
        if self._minutes.from_ms is None:
            self._minutes.begin(at_ms)
        self._read = journal_id
        if kind != REPORT:
            self._minutes.forget(door_id)
            return
        report = _report(body)
        if report is not None:  # what cannot be read is named by the stream of reports
            self._minutes.report(door_id, at_ms, report)
            self._said[door_id] = journal_id

    def _correct(self, row: _Row) -> None:
        """The clock was corrected."""
        self._read = row.journal_id
        correction = _correction(row.body)
        if correction is not None:
            said = self._said.items()
            falsely = [door_id for door_id, number in said if _is_of(correction, number)]
            self._minutes.moved(correction.by_ms, row.at_ms, falsely)

    def _close(self, at_ms: int) -> bool:
        """End a minute that is over by then; False if none is."""
        ended = self._minutes.close_one(at_ms)
        if ended is None:
            return False
        self._waiting.extend(self._line(minute) for minute in ended)
        self._closed = self._read
        return True

    def _line(self, minute: Minute) -> Line:
        grid, building, batch = minute.group
        tags = {"grid": grid, "building": building, "batch": batch}
        text = self._maker.line(tags, minute.figures, minute.from_ms * NS_PER_MS)
        return Line(minute.from_ms // MINUTE_MS, minute.from_ms, text)


def _report(body: bytes) -> ReportCame | None:
    try:
        return _decode(body)
    except (*NO_JSON, TypeError):  # or no bytes at all
        return None


def _correction(body: bytes) -> ClockCorrected | None:
    try:
        return _decode_correction(body)
    except (*NO_JSON, TypeError):
        return None


def _is_of(correction: ClockCorrected, journal_id: int) -> bool:
    """Whether a row was dated by the clock that was false."""
    return correction.from_id <= journal_id <= correction.to_id


_j, _d, _s = journal.c, doors.c, seals.c
_ROWS = select(_j.journal_id, _j.at_ms, _j.kind, _j.subject_id, _j.body)
_OF_DOORS = _j.kind.in_((REPORT, *_ENDS)) & _j.subject_id.is_not(None)
# Whose a row is says its kind already. Asked for by its subject's kind, the database would look
# through the rows of all doors, and sort them, for every few that are new.
_AFTER = (
    _ROWS.where(_j.journal_id > bindparam("place"), or_(_OF_DOORS, _j.kind == _CORRECTED))
    .order_by(_j.journal_id)
    .limit(ROWS_AT_ONCE)
)
_CORRECTIONS = (
    select(_j.body)
    .where(
        _j.subject_kind == SITE.kind,
        _j.subject_id == SITE.id,
        _j.kind == _CORRECTED,
        _j.journal_id <= bindparam("place"),
    )
    .order_by(_j.journal_id.desc())
    .limit(CORRECTIONS_MAX)
)
_LAST = (
    _ROWS.where(
        _OF_DOORS,
        _j.subject_kind == SubjectKind.DOOR,
        _j.subject_id == bindparam("door"),
        _j.journal_id <= bindparam("place"),
    )
    .order_by(_j.journal_id.desc())
    .limit(SEEDS)
)
_WHEN = select(_j.at_ms).where(_j.journal_id == bindparam("place"))
_PLACES = (
    select(_d.door_id, _d.grid_id, _d.building, _s.batch, _s.heartbeat_ms, _s.make)
    .join(seals, _s.door_id == _d.door_id)
    .where(_d.ended_ms.is_(None), _s.ended_ms.is_(None))
)
