"""What ends while the gateway runs: the gateway hears of it, and its history stays readable."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.engine.engine import Engine
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import Ending
from gateway.store import case_views, tables, views
from gateway.store.database import Store
from tests.engine.small_site import (
    HandSeal,
    beating,
    enrol,
    new_store,
    reader_looks,
    rows,
    waiting_pending_events,
)
from tests.waiting import until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


async def end(store: Store, engine: Engine, table: str, own_id: str) -> None:
    """As another program does it, and taken by the gateway."""
    before = engine.state.registry.enrolment
    with store.writing() as connection:
        enrolment = Enrolment(connection, engine.clock.now_ms(), UTC)
        enrolment.take(Ending(table, own_id))
        enrolment.write()
    await reader_looks(engine)
    await until(lambda: engine.state.registry.enrolment != before)
    await until(lambda: not waiting_pending_events(store))
    await engine.idle()


async def test_e8_a_door_out_of_use_is_watched_no_more_and_its_neighbour_is(store: Store) -> None:
    gone, stays = HandSeal(), HandSeal()
    enrol(store, [gone, stays])
    async with beating(store) as (engine, post):
        engine.receive(gone.topic, gone.sealed(gone.edge()), 1)
        await until(lambda: len(rows(store, tables.outbox)) == 1)
        await end(store, engine, "doors", "door-0")
        for token, seal in ((2, gone), (3, stays)):
            engine.receive(seal.topic, seal.sealed(seal.edge()), token)
        await until(lambda: len(post.receipts()) == 3)
        await engine.idle()
        assert engine.state.doors["door-0"].case is None
        assert engine.state.doors["door-1"].case is not None
    pages = rows(store, tables.outbox)
    told = [(page["door_id"], page["reason"]) for page in pages]
    over = ("door-0", Reason.ORDER_ENDED)  # its order ended with it, which is good to know
    assert [one for one in told if one != over] == [
        ("door-0", Reason.NO_PERMIT),
        ("door-1", Reason.NO_PERMIT),
    ]
    assert [row["reason"] for row in rows(store, tables.refusals)] == [Reason.NO_DOOR]
    with store.reading() as connection:
        assert [row.door_id for row in views.doors(connection, 9)] == ["door-1"]
        assert len(views.openings(connection, "door-0", 9)) == 1
        (case,) = case_views.cases_at(connection, "door-0", 9)
    assert (case.state, case.outcome) == (CaseState.CLOSED, Reason.ORDER_OVER)


async def test_e8_a_seal_out_of_use_is_refused(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        await end(store, engine, "seals", seal.seal_id)
        assert engine.state.doors["door-0"].seal_id is None
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(lambda: post.tokens() == [1])
    assert post.receipts() == []
    assert [row["reason"] for row in rows(store, tables.refusals)] == [Reason.UNKNOWN_SEAL]
    assert rows(store, tables.outbox) == []


async def test_e8_a_warden_who_has_left_is_told_of_nothing(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        await end(store, engine, "wardens", "wang")
        assert "wang" not in engine.state.router.staff.members
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(lambda: len(post.receipts()) == 1)
        await engine.idle()
    assert [page["warden_id"] for page in rows(store, tables.outbox)] in ([], [None])
