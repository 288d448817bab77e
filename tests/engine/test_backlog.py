"""What waits in the broker through several lives of the gateway is dated truthfully."""

import json

from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, beating_at, enrol, rows
from tests.manual_clock import NOON_MS, ManualClock


async def test_what_waited_through_two_lives_is_as_old_as_the_last_moment_of_the_first(
    store: Store,
) -> None:
    """The second life dies before it has caught up; the third still knows."""
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    reports = [(0, seal.heartbeat(), True), (60, seal.edge(), False), (120, seal.edge(0), False)]
    for token, (at_s, sent, live) in enumerate(reports):
        clock.advance(NOON_MS + at_s * 1000 - clock.now_ms())
        async with beating_at(store, clock) as engine:
            engine.receive(seal.topic, seal.sealed(sent), token, live)
            await engine.idle()
    (opening,) = rows(store, tables.openings)
    assert (opening["opened_ms"], opening["latest_ms"]) == (NOON_MS, NOON_MS + 60_000)
    clock.advance(60_000)
    async with beating_at(store, clock) as engine:
        engine.receive(seal.topic, seal.sealed(seal.edge()), 8, False)
        await engine.idle()
        engine.receive(seal.topic, seal.sealed(seal.heartbeat(report.OPEN)), 9, True)
        await engine.idle()
    assert journaled_waits(store) == [0, 60_000, 120_000, 180_000, 0]


def journaled_waits(store: Store) -> list[int]:
    """How long each report may have waited, as it is journaled."""
    bodies = [row["body"] for row in rows(store, tables.journal) if row["kind"] == "report"]
    return [json.loads(body).get("waited_ms", 0) for body in bodies]
