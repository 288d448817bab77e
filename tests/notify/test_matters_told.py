"""What a household asks for is told by every channel, until somebody has it."""

from __future__ import annotations

import json
from typing import Any

from gateway.core.actor import actor_of
from gateway.core.households.events import RequestAsked, RequestTaken
from gateway.core.households.model import RequestKind
from gateway.core.subject import of_household
from gateway.store.database import Store
from tests.manual_clock import ManualClock
from tests.notify.at_work import entries, gateway, refused, site_of
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until

HOME = of_household("door-0")


async def test_a_request_goes_out_and_one_that_was_taken_meanwhile_does_not(
    store: Store, free_port: Any
) -> None:
    pager, port, clock = LoopbackService(), free_port(), ManualClock()
    site_of(store, 1, f"webhook:http://127.0.0.1:{port}/x", "inbox")

    def over() -> bool:
        clock.advance(50)
        return all(row["done_ms"] or row["ended"] for row in entries(store))

    async with gateway(store, clock=clock) as engine:
        for name in ("request-a", "request-b"):
            asked = RequestAsked(action_id=name, request_id=name, kind=RequestKind.FOOD)
            await engine.submit(HOME, asked)
        await until(lambda: bool(clock.advance(50) or refused(store)), wait_s=30)
        taken = RequestTaken(action_id="t", actor=actor_of("wang"), request_id="request-a")
        await engine.submit(HOME, taken)
        async with pager.open(port):
            await until(over, wait_s=30)
    ended = {row["case_id"]: row["ended"] for row in entries(store) if row["channel"] != "inbox"}
    assert ended == {"request-a": "taken", "request-b": None}
    assert [json.loads(told.body)["reason"] for told in pager.told] == ["request_asked"]
