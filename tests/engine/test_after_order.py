"""P5, first part: at the end of its order a door is left alone, from that moment on."""

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.events import OrderPlaced
from gateway.core.model import Contact, Order
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, Post, beating, enrol, rows, under_order
from tests.manual_clock import ManualClock
from tests.waiting import until

DOOR = of_door("door-0")


async def heard(engine: Engine, post: Post, seal: HandSeal, said: report.Report) -> None:
    """The seal says it, and has its receipt."""
    before = len(post.tokens())
    engine.receive(seal.topic, seal.sealed(said), before + 1)
    await until(lambda: len(post.tokens()) == before + 1)
    await engine.idle()


async def test_p5_what_a_door_does_after_its_order_stands_nowhere(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock) as (engine, post):
        await heard(engine, post, seal, seal.edge())
        await heard(engine, post, seal, seal.edge(report.SHUT))
        clock.advance(HOUR_MS)
        await engine.idle()
        before = rows(store, tables.journal)
        for contact in (report.OPEN, report.SHUT, report.OPEN, report.SHUT):
            clock.advance(MINUTE_MS)
            await heard(engine, post, seal, seal.edge(contact))
        await heard(engine, post, seal, seal.tamper())
        after = rows(store, tables.journal)[len(before) :]
        assert {row["kind"] for row in after} <= {"memory_ended", "copy", "deadline"}
        assert len(rows(store, tables.openings)) == 1
        door = engine.state.doors["door-0"]
        assert (door.contact, door.edges, door.cover) == (Contact.UNKNOWN, None, False)
    counted = {row["reason"]: row["count"] for row in rows(store, tables.refusals)}
    assert counted[Reason.ORDER_OVER] == 5


async def test_p5_what_waited_in_the_seal_since_before_the_end_counts_as_ever(
    store: Store,
) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock) as (engine, post):
        clock.advance(HOUR_MS + MINUTE_MS)
        await heard(engine, post, seal, seal.edge(age_ms=2 * MINUTE_MS))
    assert len(rows(store, tables.openings)) == 1


async def test_p5_under_its_next_order_the_door_begins_anew_and_accuses_nobody(
    store: Store,
) -> None:
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    async with beating(store, clock=clock) as (engine, post):
        now_ms = clock.now_ms()
        await engine.submit(DOOR, OrderPlaced(Order("order-0", 0, now_ms + HOUR_MS)))
        later = Order("order-1", now_ms + DAY_MS, now_ms + 2 * DAY_MS)
        await engine.submit(DOOR, OrderPlaced(later))
        await heard(engine, post, seal, seal.heartbeat())
        clock.advance(2 * HOUR_MS)
        for contact in (report.OPEN, report.SHUT) * 3:  # between the orders: its own business
            await heard(engine, post, seal, seal.edge(contact))
        clock.advance(DAY_MS)
        await heard(engine, post, seal, seal.heartbeat())
        assert rows(store, tables.openings) == rows(store, tables.cases) == []
        await heard(engine, post, seal, seal.edge())
        assert engine.state.doors["door-0"].case is not None  # and it is watched
    assert len(rows(store, tables.openings)) == 1
