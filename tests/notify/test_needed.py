"""A page that waits is judged again before each try, and says when it happened (A3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.core.actor import actor_of
from gateway.core.events import CaseReported
from gateway.core.outcome import Outcome
from gateway.core.subject import of_door
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import acknowledged, rows
from tests.notify.at_work import entries, gateway, opens, refused, site_of
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until


@pytest.mark.parametrize("kind", ["webhook:http://127.0.0.1:{0}/x", "apprise:json://127.0.0.1:{0}"])
async def test_a3_a_page_whose_case_was_taken_meanwhile_is_not_needed_any_more(
    kind: str, store: Store, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    seals = site_of(store, 2, kind.format(port), "inbox")
    async with gateway(store) as engine:
        for seal in seals:
            opens(engine, seal)
        await until(lambda: refused(store), wait_s=30)
        case_id = f"{seals[0].seal_id}-1"
        await engine.submit(of_door("door-0"), acknowledged(case_id, "wang"))
        async with service.open(port):
            await until(
                lambda: all(row["done_ms"] or row["ended"] for row in entries(store)), wait_s=30
            )
    told = {row["case_id"]: row for row in entries(store) if row["channel"] != "inbox"}
    assert (told[case_id]["ended"], told[case_id]["done_ms"]) == ("taken", None)
    assert told[case_id]["gave_up"]
    other = told[f"{seals[1].seal_id}-1"]
    assert (bool(other["done_ms"]), other["ended"]) == (True, None)
    assert len(service.told) == 1


async def test_a3_a_page_whose_case_was_reported_meanwhile_is_not_needed_any_more(
    store: Store, free_port: Any
) -> None:
    port = free_port()
    (seal,) = site_of(store, 1, f"webhook:http://127.0.0.1:{port}/x")
    async with gateway(store) as engine:
        opens(engine, seal)
        await until(lambda: refused(store))
        case_id, wang = f"{seal.seal_id}-1", actor_of("wang")
        await engine.submit(of_door("door-0"), acknowledged(case_id, "wang"))
        report = CaseReported(case_id, wang, "a1", outcome=next(iter(Outcome)))
        await engine.submit(of_door("door-0"), report)
        await until(lambda: entries(store)[0]["ended"])
    assert entries(store)[0]["ended"] == "taken"


async def test_a3_who_has_left_the_staff_is_told_nothing(store: Store, free_port: Any) -> None:
    port = free_port()
    (seal,) = site_of(store, 1, f"webhook:http://127.0.0.1:{port}/x")
    async with gateway(store) as engine:
        opens(engine, seal)
        await until(lambda: refused(store))
    with store.writing() as connection:
        connection.execute(tables.wardens.delete())
    async with gateway(store):
        await until(lambda: entries(store)[0]["ended"])
    assert entries(store)[0]["ended"] == "left"


async def test_a3_every_text_says_when_it_happened(store: Store, free_port: Any) -> None:
    service, port = LoopbackService(), free_port()
    async with service.open(port) as url:
        kinds = f"webhook:{url}/hook", f"apprise:json://127.0.0.1:{port}/apprise"
        (seal,) = site_of(store, 1, kinds[0])
        async with gateway(store) as engine:
            opens(engine, seal)
            await until(lambda: service.told)
    (case,) = rows(store, tables.cases)
    at = datetime.fromtimestamp(case["since_ms"] / 1000, UTC)
    assert f"{at.month}月{at.day}日 {at:%H:%M}" in service.told[0].body.decode()
