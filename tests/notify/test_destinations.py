"""Each address for itself: what hangs, refuses or is away delays nobody else (A7, A8, J7, I4)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.notify.destination import HELD_MAX
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import rows
from tests.notify.at_work import entries, gateway, opens, refused, site_of, taken, tell
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until

HEALTHY_S = 2.0


@pytest.mark.parametrize("slow", ["webhook:{0}/slow", "apprise:json://127.0.0.1:{1}/slow"])
async def test_a7_a_receiver_that_hangs_delays_no_other(
    slow: str, store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    service.answers["/slow"] = Say(hangs=True)
    async with service.open(port) as url:
        seals = site_of(store, 80, slow.format(url, port))
        tell(store, "li", f"webhook:{url}/healthy")
        async with gateway(store) as engine:
            began = time.monotonic()
            for seal in seals[:40]:
                opens(engine, seal)
            await until(lambda: len(service.at("/slow")) >= 4, wait_s=30)
            late = time.monotonic()
            for seal in seals[40:]:
                opens(engine, seal)
            await until(lambda: service.at("/healthy"), wait_s=30)
            await engine.idle()
            pages = [row for row in entries(store, "webhook") if row["warden_id"] == "li"]
            await until(lambda: len(service.at("/healthy")) >= len(pages), wait_s=30)
    told_s = [told.at_s for told in service.at("/healthy")]
    assert min(told_s) - began < HEALTHY_S
    assert max(told_s) - late < HEALTHY_S


async def test_a7_fresh_pages_go_before_repeats_and_one_page_at_fault_holds_up_no_other(
    store: Store, free_port: Any
) -> None:
    """The receiver chokes on the first page, whatever happens, and takes all the others."""
    first: list[bytes] = []

    def answer(told: Any) -> Say:
        key = told.headers["Idempotency-Key"]
        first.append(key) if not first else None
        return Say(500) if key == first[0] else Say()

    service = LoopbackService(answer)
    async with service.open(free_port()) as url:
        seals = site_of(store, 9, f"webhook:{url}/x")
        async with gateway(store) as engine:
            for seal in seals:
                opens(engine, seal)
                await asyncio.wait_for(engine.idle(), 10)
            await until(lambda: sum(bool(row["done_ms"]) for row in entries(store)) == 8)
    at_fault = next(row for row in entries(store) if not row["done_ms"])
    assert at_fault["sent_id"] == first[0]


@pytest.mark.parametrize("kind", ["webhook:{0}/x", "apprise:json://127.0.0.1:{1}/x"])
async def test_a8_retry_after_is_waited_for_and_only_at_that_address(
    kind: str, store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    service.answers["/x"] = Say(429, headers={"Retry-After": "60"})
    async with service.open(port) as url:
        seals = site_of(store, 8, kind.format(url, port))
        tell(store, "li", f"webhook:{url}/other")
        async with gateway(store) as engine:
            opens(engine, seals[0])
            await until(lambda: refused(store), wait_s=30)
            for seal in seals[1:]:
                opens(engine, seal)
            await until(lambda: len(service.at("/other")) >= 8)
    assert len(service.at("/x")) == 1
    waits = next(row for row in entries(store) if row["error"])
    assert 55_000 < waits["next_ms"] - waits["made_ms"] < 90_000


async def test_j7_the_first_success_releases_everything_the_oldest_first(
    store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    seals = site_of(store, 60, f"webhook:http://127.0.0.1:{port}/x")
    async with gateway(store) as engine:
        for seal in seals:
            opens(engine, seal)
        await until(lambda: refused(store))
        await until(lambda: any(row["tries"] >= 4 for row in entries(store)), wait_s=30)
        async with service.open(port):
            back_s = time.monotonic()
            await until(lambda: taken(store, "webhook"))
    told_s = [told.at_s - back_s for told in service.told]
    sent = [row for row in entries(store) if row["done_ms"]]
    assert len(told_s) == len(sent) >= 10, "each once"
    assert max(told_s) < 5, "one probe's pace, and the backlog at once; how fast: make bench"


async def test_j7_while_a_receiver_is_away_it_is_asked_once_a_second(
    store: Store, free_port: Any
) -> None:
    service = LoopbackService(Say(503))
    async with service.open(free_port()) as url:
        seals = site_of(store, 30, f"webhook:{url}/x")
        async with gateway(store) as engine:
            for seal in seals:
                opens(engine, seal)
            await until(lambda: refused(store))
            began, before = time.monotonic(), len(service.told)
            await until(lambda: time.monotonic() > began + 3, wait_s=10)
            asked = len(service.told) - before
    assert 2 <= asked <= 5


async def test_i4_slow_services_keep_no_thread_of_the_gateway(store: Store, free_port: Any) -> None:
    """Four at one address, and none of asyncio's own, in which the journal is looked up."""
    service, port = LoopbackService(Say(hangs=True)), free_port()
    async with service.open(port):
        seals = site_of(store, 20, f"apprise:json://127.0.0.1:{port}/x")
        tell(store, "li", f"apprise:json://127.0.0.1:{port}/y")
        async with gateway(store) as engine:
            for seal in seals:
                opens(engine, seal)
            await until(lambda: len(service.told) >= 8, wait_s=30)
            began = time.monotonic()
            await asyncio.to_thread(lambda: None)
            assert time.monotonic() - began < 1
    assert len(service.at("/x")) == len(service.at("/y")) == 4


async def test_a6_an_address_that_only_a_person_can_mend_is_a_case_until_it_works(
    store: Store, free_port: Any
) -> None:
    service = LoopbackService(Say(404))
    async with service.open(free_port()) as url:
        seals = site_of(store, 2, f"webhook:{url}/secret-key", "inbox")
        async with gateway(store) as engine:
            opens(engine, seals[0])
            await until(lambda: trouble(store) is not None)
            case = trouble(store)
            assert case is not None
            assert "secret-key" not in str(case), "a code, and nothing of the address"
            service.otherwise = Say()
            opens(engine, seals[1])  # what is fresh does not wait for five minutes
            await until(lambda: taken(store, "webhook"))
            await until(lambda: (trouble(store) or {}).get("cleared_ms") or closed(store))


async def test_a6_an_address_that_another_life_found_failing_is_over_as_soon_as_it_works(
    store: Store, free_port: Any
) -> None:
    """That nothing failed in this life, it works at once, is what ends the case."""
    service = LoopbackService(Say(404))
    async with service.open(free_port()) as url:
        seals = site_of(store, 2, f"webhook:{url}", "inbox")
        async with gateway(store) as engine:
            opens(engine, seals[0])
            await until(lambda: trouble(store) is not None)
        service.otherwise = Say()
        async with gateway(store) as engine:
            opens(engine, seals[1])
            await until(lambda: (trouble(store) or {}).get("cleared_ms") or closed(store))


def trouble(store: Store) -> dict[str, Any] | None:
    found = [row for row in rows(store, tables.cases) if row["reason"] == "channel_failing"]
    return found[0] if found else None


def closed(store: Store) -> bool:
    case = trouble(store)
    return case is not None and case["state"] == "closed"


async def test_j7_more_than_memory_holds_goes_out_as_well_each_once(
    store: Store, free_port: Any
) -> None:
    """An outage of a day on a large site: what finds no room waits in the outbox, in order."""
    service, port = LoopbackService(), free_port()
    address, many = f"http://127.0.0.1:{port}/x", 2 * HELD_MAX + 300
    site_of(store, 1, f"webhook:{address}")
    now_ms = time.time_ns() // 1_000_000
    page = {"case_id": "", "door_id": "", "warden_id": "wang", "channel": "webhook"}
    page |= {"address": address, "reason": "canary", "since_ms": 0, "made_ms": now_ms}
    with store.writing() as connection:
        waiting = [
            page | {"page_id": f"p{n}", "sent_id": f"{n:016x}", "next_ms": 0} for n in range(many)
        ]
        connection.execute(insert(tables.outbox), waiting)
    async with gateway(store) as engine:
        await until(lambda: engine.health().outbox_due == HELD_MAX)
        async with service.open(port):
            await until(lambda: len(service.told) >= many, wait_s=60)
    ids = [told.headers["Idempotency-Key"] for told in service.told]
    assert len(ids) == len(set(ids)) == many
