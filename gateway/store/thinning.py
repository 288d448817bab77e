"""Heartbeats that stand in a span leave the journal when they are old; nothing is lost by it, for
the span gives each of them back (core.heartbeat_spans).

It goes through the journal once, a few rows at a time: the cursor says how far. What is not in a
span that can be read stays, and so does the newest row, by which a start knows where it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, func, select

from gateway.core.duration import DAY_MS
from gateway.core.events import REPORT
from gateway.core.subject import SubjectKind
from gateway.store import archives, heartbeat_spans
from gateway.store.database import Store
from gateway.store.statements import upsert
from gateway.store.tables import cursors, journal

READER: Final = "thinning"
# Whose place in `cursors` is a row of the journal that they have read, heartbeats and all.
JOURNAL_READERS: Final = ("influx", "influx-minutes")
STEP_ROWS: Final = 500  # some 10 ms of the writer's turn on a good disk
HOLD_MS: Final = 30 * DAY_MS  # so long a reader that fell behind is waited for
_c = journal.c


class Step(NamedTuple):
    """What one step did: up to which row it has looked, and how many it took out. `is_last`: there
    is no more to do now."""

    journal_id: int
    gone: int
    is_last: bool


def step(store: Store, before_ms: int, now_ms: int) -> Step:
    """Look at the next rows.

    Args:
        store: the site's database.
        before_ms: what came from then on stays, in ms of UTC.
        now_ms: the gateway's time.

    Raises:
        StoreError: it cannot be read or written now. Nothing has changed then.
    """
    with store.reading() as connection:
        cursor = reached(connection)
        rows = list(_next(connection, cursor, before_ms, now_ms))
        ids = _in_spans(connection, rows)
    if not rows:
        return Step(cursor, 0, True)
    last_id: int = rows[-1][0]
    with store.writing() as connection:
        if ids:
            connection.execute(delete(journal).where(_c.journal_id.in_(ids)))
        place = {"reader": READER, "journal_id": last_id}
        connection.execute(upsert(connection.dialect.name, cursors), place)
    return Step(last_id, len(ids), len(rows) < STEP_ROWS)


def reached(connection: Connection) -> int:
    """The last row that was looked at; what was archived counts as such."""
    place = connection.execute(
        select(cursors.c.journal_id).where(cursors.c.reader == READER)
    ).scalar()
    return max(place if isinstance(place, int) else 0, archives.moved_to(connection))


def read_by_all(connection: Connection) -> int | None:
    """The last row that every reader of the journal has read; None where there is none."""
    others = select(func.min(cursors.c.journal_id)).where(cursors.c.reader.in_(JOURNAL_READERS))
    lowest = connection.execute(others).scalar()
    return lowest if isinstance(lowest, int) else None


Looked = tuple[int, str | None]  # the row, and whose heartbeat it is; None for anything else


def _next(connection: Connection, cursor: int, before_ms: int, now_ms: int) -> Iterator[Looked]:
    """The rows above the cursor that are old enough and that nobody waits for."""
    newest = connection.execute(select(func.max(_c.journal_id))).scalar() or 0
    read_id = read_by_all(connection)
    query = (
        select(_c.journal_id, _c.at_ms, _c.kind, _c.seq, _c.subject_kind, _c.subject_id)
        .where(_c.journal_id > cursor, _c.journal_id < newest)
        .order_by(_c.journal_id)
        .limit(STEP_ROWS)
    )
    for journal_id, at_ms, kind, seq, whose, subject_id in connection.execute(query):
        if not isinstance(at_ms, int):  # no time of ours: it stays
            yield journal_id, None
            continue
        is_waited_for = read_id is not None and journal_id > read_id and at_ms > now_ms - HOLD_MS
        if at_ms >= before_ms or is_waited_for:
            return
        is_beat = kind == REPORT and seq is None and whose == SubjectKind.DOOR
        yield journal_id, subject_id if is_beat else None


def _in_spans(connection: Connection, rows: Iterable[Looked]) -> list[int]:
    """Those of the rows that a span gives back."""
    of_door: defaultdict[str, list[int]] = defaultdict(list)
    for journal_id, door_id in rows:
        if door_id is not None:
            of_door[door_id].append(journal_id)
    found: list[int] = []
    for door_id, ids in of_door.items():
        inside = heartbeat_spans.ids_between(connection, door_id, ids[0], ids[-1])
        found += [journal_id for journal_id in ids if journal_id in inside]
    return found
