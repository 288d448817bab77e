"""A start takes as long on a journal of years as on one of a day: as many steps of the database."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from gateway.store import journal, life, marker, outbox
from gateway.store.case_views import cases_at
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, enrol, quiet

SHORT, LONG = 500, 20_000
STEPS = 100  # of SQLite's machine, between two counts

FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO {into} FROM n
"""
PAST = (
    "journal (at_ms, kind, subject_kind, subject_id, body)"
    " SELECT i, 'report', 'door', 'door-0', '{}'",
    "outbox (page_id, case_id, door_id, channel, reason, since_ms, made_ms, next_ms, done_ms)"
    " SELECT 'p' || i, 'c' || i, 'door-0', 'webhook', 'no_permit', i, i, i, i",
    "cases (case_id, subject_kind, subject_id, door_id, grid_id, state, reason, raised_ms,"
    " since_ms, openings, moved_ms) SELECT 'c' || i, 'door', 'door-0', 'door-' || (i % 2), 'g',"
    " 'closed', 'no_permit', i, i, 1, i",
)


def steps_of_a_start(folder: Path, rows: int) -> int:
    """How many steps SQLite takes for a start on so many rows of the past, to within STEPS."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with contextlib.closing(Store.open(folder / f"{rows}.db")) as store:
        enrol(store, [HandSeal(), HandSeal()])
        with store.writing() as connection:
            for into in PAST:
                connection.execute(text(FILL.format(into=into, rows=rows)))
        for _ in watched(store, step):
            life.begin(store, marker.places(store.path)).close()
            quiet(store)
            with store.reading() as connection:
                assert journal.newest(connection) == (rows, rows)
                assert outbox.undelivered(connection, "webhook", 0) == []
                assert cases_at(connection, "door-1", 10)
    return count


def watched(store: Store, step: object) -> Iterator[None]:
    """Every connection that the store has taken so far counts its steps."""
    with store.reading() as reader, store.writing() as writer:
        for connection in (reader, writer):
            raw = connection.connection.dbapi_connection
            raw.set_progress_handler(step, STEPS)  # type: ignore[union-attr]
    yield


def test_j1_a_start_takes_the_same_steps_whatever_the_journals_length(tmp_path: Path) -> None:
    short, long = (steps_of_a_start(tmp_path, rows) for rows in (SHORT, LONG))
    assert 0 < long <= short + 2, (short, long)
