"""Forged, repeated and far too many messages (faults, rows I6 and I9): counted, told once, and
nobody else's report waits for them."""

import asyncio
import time

from gateway.core.reasons import Reason
from gateway.engine.guard import FORGERY_AT, OVER_MS, SEAL_BURST, Rates
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, beating, enrol, rows
from tests.manual_clock import ManualClock
from tests.waiting import until

WRONG_KEY = bytes(32)


def _cases(store: Store, reason: Reason) -> list[dict[str, object]]:
    return [case for case in rows(store, tables.cases) if case["reason"] == reason]


async def test_i6_junk_at_one_door_never_hides_a_burst_at_another(store: Store) -> None:
    seals = [HandSeal(), HandSeal()]
    enrol(store, seals)
    async with beating(store) as (engine, post):
        for seal, count in ((seals[0], 60), (seals[1], 25)):
            for _ in range(count):
                payload = seal.sealed(seal.heartbeat(), WRONG_KEY)
                engine.receive(seal.topic, payload, 1)
        await until(lambda: len(post.tokens()) == 85)
        await engine.idle()
    assert {case["door_id"] for case in _cases(store, Reason.REFUSALS)} == {"door-0", "door-1"}
    assert sum(row["count"] for row in rows(store, tables.refusals)) == 85


async def test_i6_forgeries_over_a_whole_site_are_one_case_of_the_site(store: Store) -> None:
    seals = [HandSeal() for _ in range(60)]
    enrol(store, seals)
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        sent = 0
        for _ in range(5):  # too few at each door for a case there
            for seal in seals:
                engine.receive(seal.topic, seal.sealed(seal.heartbeat(), WRONG_KEY), 1)
                sent += 1
        await until(lambda: len(post.tokens()) == sent)
        await engine.idle()
        (case,) = _cases(store, Reason.FORGERY)
        assert case["door_id"] is None
        assert _cases(store, Reason.REFUSALS) == []
        clock.advance(OVER_MS + 1)
        engine.look()
        await engine.idle()
        (case,) = _cases(store, Reason.FORGERY)
        assert case["cleared_ms"] is not None
    journaled = [row for row in rows(store, tables.journal) if row["kind"] == "refused"]
    assert len(journaled) < sent
    assert sum(row["count"] for row in rows(store, tables.refusals)) == sent > FORGERY_AT


async def test_i6_what_a_broker_repeats_after_a_break_is_no_forgery(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        payload = seal.sealed(seal.heartbeat())
        for _ in range(FORGERY_AT + 50):
            engine.receive(seal.topic, payload, 1, live=False)
        await until(lambda: len(post.tokens()) == FORGERY_AT + 50)
        await engine.idle()
    assert _cases(store, Reason.FORGERY) == _cases(store, Reason.REFUSALS) == []


async def test_i9_one_seal_that_sends_far_too_much_is_one_case_and_nobody_waits(
    store: Store,
) -> None:
    thief, *honest = (HandSeal() for _ in range(21))
    enrol(store, [thief, *honest])
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        flood = [thief.sealed(thief.heartbeat()) for _ in range(20_000)]
        waited_ms = []
        for start in range(0, len(flood), 1_000):
            for payload in flood[start : start + 1_000]:
                assert engine.receive(thief.topic, payload, 7)
            seal = honest[start // 1_000]
            began, before = time.perf_counter(), len(post.receipts())
            engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
            await until(lambda: any(seal.seal_id in sent[0] for sent in post.receipts()[before:]))  # noqa: B023
            waited_ms.append((time.perf_counter() - began) * 1000)
            clock.advance(50)
        engine.look()
        await engine.idle()
        assert engine.health().turned_away > 17_000
    assert len(rows(store, tables.openings)) == 20
    (case,) = _cases(store, Reason.FLOOD)
    assert case["about"] == thief.seal_id
    beats = [row for row in rows(store, tables.journal) if row["seal_id"] == thief.seal_id]
    assert len(beats) <= SEAL_BURST + 50
    assert sorted(waited_ms)[len(waited_ms) // 2] < 250  # the first batch has SEAL_BURST of them
    (counted,) = [row for row in rows(store, tables.refusals) if row["reason"] == Reason.FLOOD]
    assert counted["count"] > 19_000


async def test_i9_old_numbers_are_looked_up_once_a_batch(store: Store, monkeypatch: object) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        said = [seal.edge(contact=n % 2) for n in range(200)]
        for one in said:
            engine.receive(seal.topic, seal.sealed(one), 1)
        await until(lambda: len(post.receipts()) == 200)
        looks = 0
        real = store.reading

        def reading() -> object:
            nonlocal looks
            looks += 1
            return real()

        store.reading = reading  # type: ignore[method-assign, assignment]
        for one in said[:100]:  # far below what the window remembers
            engine.receive(seal.topic, seal.sealed(one), 1)
        await until(lambda: len(post.receipts()) == 300)
        store.reading = real  # type: ignore[method-assign]
    assert looks <= 2
    reports = [row for row in rows(store, tables.journal) if row["kind"] == "report"]
    assert len(reports) == 200


async def test_i9_whoever_forges_a_seal_does_not_use_up_its_own_rate(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    async with beating(store) as (engine, post):
        for _ in range(SEAL_BURST + 100):
            engine.receive(seal.topic, seal.sealed(seal.heartbeat(), WRONG_KEY), 1)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 2)
        await until(lambda: len(post.receipts()) == 1)
    assert {entry["door_id"] for entry in rows(store, tables.outbox)} >= {"door-0"}


def test_i9_a_seal_that_empties_its_memory_is_no_flood() -> None:
    rates = Rates()
    assert all(rates.allows("a" * 16, 0) for _ in range(SEAL_BURST))
    assert not rates.allows("a" * 16, 0)
    assert rates.allows("b" * 16, 0)
    assert rates.allows("a" * 16, 1_000)
    assert rates.floods(1_000) == {}


async def test_i9_what_was_turned_away_is_taken_when_its_seal_repeats_it(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        for _ in range(SEAL_BURST):
            engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 1)
        await until(lambda: len(post.receipts()) == SEAL_BURST)
        said = seal.edge(report.OPEN)
        engine.receive(seal.topic, seal.sealed(said), 2)
        await engine.idle()
        assert len(post.receipts()) == SEAL_BURST
        clock.advance(1_000)
        engine.receive(seal.topic, seal.sealed(said), 3)
        await until(lambda: len(post.receipts()) == SEAL_BURST + 1)
        await asyncio.sleep(0)
    assert {entry["door_id"] for entry in rows(store, tables.outbox)} == {"door-0"}
