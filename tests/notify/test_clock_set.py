"""Pages that wait while the gateway's clock is set: they wait no longer for it, and no shorter."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.model import SURE
from gateway.engine.clock import MachineClock, machine_ms
from gateway.engine.clock_watch import ClockWatch
from gateway.store.database import Store
from tests.notify.at_work import entries, gateway, opens, site_of
from tests.notify.loopback_service import LoopbackService, Say
from tests.waiting import until

HOUR, DAY = 3_600_000, 86_400_000


@pytest.mark.parametrize("by_ms", [-HOUR, -30 * DAY, 2 * DAY])
async def test_b1_a_page_that_is_tried_again_outlives_a_correction_of_the_clock(
    by_ms: int, store: Store, free_port: Any
) -> None:
    service, wrong_ms = LoopbackService(), [0]
    clock = MachineClock(
        0, SURE, machine=lambda: machine_ms() + wrong_ms[0], is_vouched=lambda: False
    )
    service.answers["/x"] = Say(503)
    async with service.open(free_port()) as url:
        (seal,) = site_of(store, 1, f"webhook:{url}/x")
        async with gateway(store, clock=clock) as engine:
            watch = ClockWatch(engine, clock)
            opens(engine, seal)
            await until(lambda: len(service.at("/x")) >= 2, wait_s=30)
            wrong_ms[0] = by_ms
            clock.trust(machine_ms() + by_ms)
            watch.look()
            assert abs(clock.now_ms() - machine_ms() - by_ms) < 1_000
            tried = len(service.at("/x"))
            await until(lambda: len(service.at("/x")) > tried, wait_s=30)
            service.answers["/x"] = Say()
            await until(lambda: all(row["done_ms"] for row in entries(store)), wait_s=30)
    (page, *_) = entries(store)
    assert not page["gave_up"]
    assert page["done_ms"] - page["made_ms"] < 60_000, "as long as it took, by one clock"
