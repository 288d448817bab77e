"""The line between console and gateway breaks in the middle of a press: was it done, what is said
of it, and does a second press harm?"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gateway.core.actor import actor_of
from gateway.core.events import CaseAcknowledged
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.engine.gateway import GatewayAwayError
from gateway.link.client import GatewayLink
from gateway.link.server import LinkServer
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, around_each_commit, beating_at, enrol, new_store, rows
from tests.manual_clock import ManualClock
from tests.waiting import until


class Power:
    """Fails before or after a commit, if it is to."""

    def __init__(self, store: Store) -> None:
        self.fails = ""
        self.has_failed = False

        @around_each_commit(store)
        def around(_: Connection) -> Iterator[None]:
            self._fail("before")
            yield
            self._fail("after")

    def _fail(self, when: str) -> None:
        if self.fails == when:
            self.has_failed = True
            raise sqlite3.OperationalError("the power is gone")


@contextlib.asynccontextmanager
async def served(engine: Engine, database: Path) -> AsyncIterator[None]:
    """The gateway's end, until it is gone."""
    end = asyncio.ensure_future(LinkServer(engine, database).run())
    try:
        yield
    finally:
        end.cancel()
        await asyncio.gather(end, return_exceptions=True)


@contextlib.asynccontextmanager
async def linked(database: Path) -> AsyncIterator[GatewayLink]:
    """A console's end, whichever gateway is there."""
    link = GatewayLink(database)
    end = asyncio.ensure_future(link.run())
    try:
        yield link
    finally:
        end.cancel()
        await asyncio.gather(end, return_exceptions=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path)
    yield made
    made.close()


def taken(store: Store) -> list[str | None]:
    """How often the journal has that somebody took it, and why that was refused."""
    return [row["reason"] for row in rows(store, tables.journal) if row["kind"] == "acknowledged"]


@pytest.mark.parametrize("fails", ["before", "after"])
async def test_a_gateway_that_dies_at_a_press_says_nothing_of_it_and_the_next_press_counts_once(
    store: Store, tmp_path: Path, fails: str
) -> None:
    seal, database, clock = HandSeal(), tmp_path / "menshen.db", ManualClock()
    enrol(store, [seal])
    power = Power(store)
    press = of_door("door-0"), CaseAcknowledged(f"{seal.seal_id}-1", actor_of("wang"), "press")
    async with linked(database) as link:
        async with beating_at(store, clock) as engine, served(engine, database):
            await until(link.is_heard)
            engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
            await engine.idle()
            power.fails = fails
            pressed = asyncio.ensure_future(link.submit(*press))
            await until(lambda: power.has_failed)
            assert not pressed.done()
        with pytest.raises(GatewayAwayError) as lost:
            await pressed
        assert lost.value.was_sent  # so the page says that nobody knows, and to look
        power.fails = ""
        assert taken(store) == ([None] if fails == "after" else [])
        async with beating_at(store, clock) as engine, served(engine, database):
            await until(link.is_heard)
            answer = await link.submit(*press)
            assert (answer.refusal, answer.result is not None) == (None, True)
            assert taken(store)[:1] == [None]
            assert set(taken(store)[1:]) <= {"repeated"}


async def test_a_console_that_is_gone_at_once_after_a_press_has_done_it_and_its_next_is_told_so(
    store: Store, tmp_path: Path
) -> None:
    seal, database = HandSeal(), tmp_path / "menshen.db"
    enrol(store, [seal])
    press = of_door("door-0"), CaseAcknowledged(f"{seal.seal_id}-1", actor_of("wang"), "press")
    async with beating_at(store, ManualClock()) as engine, served(engine, database):
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await engine.idle()
        async with linked(database) as link:
            await until(link.is_heard)
            pressed = asyncio.ensure_future(link.submit(*press))
            await asyncio.sleep(0)  # it is written, and the process is gone
        with pytest.raises(GatewayAwayError) as lost:
            await pressed
        assert lost.value.was_sent
        await until(lambda: taken(store) == [None])
        async with linked(database) as again:
            await until(again.is_heard)
            answer = await again.submit(*press)
            assert answer.refusal is None
            await engine.idle()
            assert taken(store)[0] is None
            assert set(taken(store)[1:]) <= {"repeated"}
