"""A large enrolment is taken in while doors are guarded: what a report is judged by comes first."""

import asyncio

import pytest
from sqlalchemy import insert

from gateway.core.events import DoorClassed
from gateway.core.subject import of_door
from gateway.engine.pending import PendingReader
from gateway.engine.queue import WAITING_ALONE
from gateway.registry import load as registry
from gateway.store import pending, tables
from gateway.store.database import Store
from tests.door_rows import insert_doors
from tests.engine.small_site import HandSeal, beating, enrol, quiet, rows, waiting_pending_events
from tests.waiting import until

DOORS = 2 * WAITING_ALONE


async def test_j3_a_door_is_guarded_while_thousands_wait_to_be_taken_in(store: Store) -> None:
    seals = [HandSeal() for _ in range(DOORS)]
    enrol(store, seals)
    engine, post = quiet(store)
    reader = PendingReader(store, engine)
    while await reader.take():
        pass
    last = seals[-1]
    engine.receive(last.topic, last.sealed(last.edge()), 1)
    task = asyncio.create_task(engine.run())
    await until(post.receipts, 60)
    assert waiting_pending_events(store) > DOORS  # others wait still
    (page,) = rows(store, tables.outbox)  # and this one was judged by its order
    assert page["reason"] == "no_permit"
    await engine.idle()
    task.cancel()
    assert waiting_pending_events(store) == 0
    (of_last,) = [row for row in rows(store, tables.journal) if row["kind"] == "report"]
    before = [
        row["kind"]
        for row in rows(store, tables.journal)
        if row["subject_id"] == of_last["subject_id"] and row["journal_id"] < of_last["journal_id"]
    ]
    assert before == ["door_placed", "seal_bound", "order"]


async def test_j3_the_registry_is_read_once_for_an_enrolment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(store, [HandSeal()])
    reads: list[int] = []
    monkeypatch.setattr("gateway.store.pending.PENDING_AT_ONCE", 100)
    async with beating(store) as (engine, _):
        reader = PendingReader(store, engine)
        real = registry.load
        monkeypatch.setattr(registry, "load", lambda c: [reads.append(1), real(c)][1])
        with store.writing() as connection:
            doors = [{"door_id": f"n{n}", "label": "N", "grid_id": "g"} for n in range(1_000)]
            insert_doors(connection, doors)
            connection.execute(insert(tables.enrolments), {"at_ms": 1})
            classed = ((of_door(door["door_id"]), DoorClassed("heavy")) for door in doors)
            pending.leave(connection, classed)
        while await reader.take():
            pass
        await engine.idle()
        assert len(engine.state.doors) == 1 + 1_000
    assert len(reads) == 1
