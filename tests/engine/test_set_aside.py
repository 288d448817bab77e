"""Nothing that is stored, and nothing that comes, ends the house (faults, row I1)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import literal, update

from gateway.core.events import DoorClassed, OrderPlaced, PersonDue, SealBound
from gateway.core.model import Door, Order, Policy
from gateway.core.reasons import Reason
from gateway.core.subject import SITE, of_door
from gateway.engine.engine import Engine
from gateway.store import pending, poisoned, states, tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, Post, beating, enrol, reader_looks, rows
from tests.waiting import until


@contextlib.asynccontextmanager
async def _house(store: Store) -> AsyncIterator[tuple[Engine, Post, list[HandSeal]]]:
    """Three doors under orders, watched."""
    seals = [HandSeal() for _ in range(3)]
    enrol(store, seals)
    async with beating(store) as (engine, post):
        yield engine, post, seals


def _spoil(store: Store, table: Any, values: dict[str, Any], *where: Any) -> None:
    with store.writing() as connection:
        connection.execute(
            update(table)
            .where(*where)
            .values({name: literal(value) for name, value in values.items()})
        )


def _found(store: Store) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(row.source, row.row_key) for row in poisoned.kept(connection, 100)]


def _troubles(store: Store) -> list[str]:
    cases = rows(store, tables.cases)
    return [case["about"] for case in cases if case["reason"] == Reason.POISONED]


async def _taken(engine: Engine, store: Store) -> None:
    """All that other programs left is taken."""
    await reader_looks(engine)
    await until(lambda: not rows(store, tables.pending_events))
    await engine.idle()


async def _opens(engine: Engine, seal: HandSeal) -> None:
    engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
    await engine.idle()


def _paged(store: Store) -> set[str]:
    return {entry["door_id"] for entry in rows(store, tables.outbox) if entry["door_id"]}


async def test_i1_a_pending_event_without_sense_is_struck_off_and_told(store: Store) -> None:
    async with _house(store) as (engine, _, seals):
        with store.writing() as connection:
            row = {"subject_kind": "door", "subject_id": "door-0"}
            bodies = (b"\xff\x00", b'{"type":"order"}', b"[]")
            connection.execute(
                tables.pending_events.insert(), [{**row, "body": body} for body in bodies]
            )
            bad_kind = {**row, "subject_kind": "gate", "body": b"{}"}
            connection.execute(tables.pending_events.insert(), bad_kind)
            pending.leave(connection, [(of_door("door-1"), DoorClassed("ward"))])
        await _taken(engine, store)
        assert engine.state.doors["door-1"].door_class == "ward"
        await _opens(engine, seals[0])
        assert _paged(store) == {"door-0"}
    assert [source for source, _ in _found(store)] == ["pending_events"] * 4
    assert _troubles(store) == ["pending_events"]


async def test_i1_a_pending_event_that_no_step_or_no_table_takes_is_set_aside(store: Store) -> None:
    async with _house(store) as (engine, _, seals):
        order = Order("o-strange", 0, 1, Policy())
        with store.writing() as connection:
            events = [
                (of_door("nowhere"), SealBound("00" * 8)),
                (of_door("door-0"), OrderPlaced(order)),
                (of_door("door-0"), OrderPlaced(Order("o" * 3, 0, 2**70, Policy()))),
                (of_door("door-1"), DoorClassed("ward")),
            ]
            pending.leave(connection, events)
        await _taken(engine, store)
        assert engine.state.doors["door-1"].door_class == "ward"
        await _opens(engine, seals[1])
        assert "door-1" in _paged(store)
    assert [source for source, _ in _found(store)] == ["pending_events"] * 2
    assert "o-strange" in {row["order_id"] for row in rows(store, tables.orders)}


async def test_i1_a_door_whose_state_is_garbage_is_made_anew_from_its_journal(store: Store) -> None:
    seals = [HandSeal() for _ in range(3)]
    enrol(store, seals)
    async with beating(store) as (engine, _):
        await _opens(engine, seals[0])
        before = engine.state.doors["door-0"]
    _spoil(store, tables.doors, {"state": b"\x00garbage"}, tables.doors.c.door_id == "door-0")
    async with beating(store) as (engine, _):
        assert engine.state.doors["door-0"] == before
        await _opens(engine, seals[1])
        assert "door-1" in _paged(store)
    assert _found(store) == [("doors", "door-0")]
    assert _troubles(store) == ["doors"]
    (row,) = [row for row in rows(store, tables.doors) if row["door_id"] == "door-0"]
    assert states.door("door-0", row["state"]) == engine.state.doors["door-0"]


async def test_i1_a_state_that_reads_well_and_makes_no_sense_is_made_anew(store: Store) -> None:
    async with _house(store) as (engine, _, seals):
        engine.state.doors["door-0"] = Door("door-0", orders=("no order",))  # type: ignore[arg-type]
        await _opens(engine, seals[0])
        await engine.idle()
        assert engine.state.doors["door-0"].seal_id == seals[0].seal_id
    assert _paged(store) == {"door-0"}
    assert ("doors", "door-0") in _found(store)


async def test_i1_a_report_that_no_step_takes_is_kept_receipted_and_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _house(store) as (engine, post, seals):
        real = engine.state.rulebook.of

        def of(door_class: str) -> Any:
            if door_class == "cursed":
                raise ArithmeticError("no such day")
            return real(door_class)

        with store.writing() as connection:
            pending.leave(connection, [(of_door("door-0"), DoorClassed("cursed"))])
        await _taken(engine, store)
        monkeypatch.setattr(type(engine.state.rulebook), "of", lambda _, name: of(name))
        said = seals[0].edge()
        engine.receive(seals[0].topic, seals[0].sealed(said), 5)
        engine.receive(seals[1].topic, seals[1].sealed(seals[1].edge()), 6)
        await until(lambda: {5, 6} <= set(post.tokens()))
        await engine.idle()
    assert _paged(store) == {"door-1"}
    kept = [row for row in rows(store, tables.journal) if row["reason"] == Reason.POISONED]
    assert [(row["seq"], row["subject_id"]) for row in kept] == [(1, None)]
    assert [seals[0].receipted(*sent) for sent in post.receipts()[:1]] == [1]
    assert "reports" in _troubles(store)


async def test_i1_an_action_that_raises_is_answered_and_the_engine_lives(store: Store) -> None:
    async with _house(store) as (engine, _, seals):
        with pytest.raises(KeyError):
            await engine.submit(SITE, PersonDue("nobody"))
        await _opens(engine, seals[2])
        assert _paged(store) == {"door-2"}


async def test_i1_rows_that_the_store_does_not_take_cost_nobody_else_theirs(store: Store) -> None:
    async with _house(store) as (engine, post, seals):
        door = engine.state.doors["door-0"]
        engine.state.doors["door-0"] = Door("door-0", orders=door.orders, seal_id="\ud800")
        for number, seal in enumerate(seals):
            engine.receive(seal.topic, seal.sealed(seal.edge()), number + 1)
        await until(lambda: len(post.tokens()) >= 3)
        await engine.idle()
    assert {"door-1", "door-2"} <= _paged(store)


async def test_i1_a_person_whose_state_is_garbage_is_told_all_the_same(store: Store) -> None:
    seals = [HandSeal() for _ in range(3)]
    enrol(store, seals)
    async with beating(store):
        pass
    _spoil(store, tables.people, {"state": b"{"})
    _spoil(store, tables.states, {"state": "text"}, tables.states.c.name == states.STAFF)
    async with beating(store) as (engine, _):
        await _opens(engine, seals[0])
    assert _paged(store) == {"door-0"}
    assert set(_found(store)) == {("people", "wang"), ("states", "staff")}


async def test_i1_what_is_broken_is_told_again_at_each_start_and_once(store: Store) -> None:
    seals = [HandSeal() for _ in range(2)]
    enrol(store, seals)
    for _ in range(2):
        _spoil(store, tables.seals, {"key": b"short"}, tables.seals.c.seal_id == seals[0].seal_id)
        async with beating(store) as (engine, _):
            await _opens(engine, seals[1])
            await asyncio.sleep(0)
    assert _troubles(store) == ["seals"]
    assert _paged(store) == {"door-1"}
