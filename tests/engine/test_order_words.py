"""At T the seal is told that it is over, until it shows it; and before the next order, to watch."""

from gateway.core.actor import actor_of
from gateway.core.clock_events import ClockDoubted, ClockSure
from gateway.core.commissioning_events import WalkTestBegan
from gateway.core.doors.after_order import WAKES_MS
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.events import DeadlineCame, OrderPlaced, PermitAnnounced
from gateway.core.model import Order, Permit
from gateway.core.subject import SITE, of_door
from gateway.engine.engine import Engine
from gateway.engine.order_words import AGAIN_MS_MAX
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.seal_tables import seal_commands as commands_table
from sealwire import ccm, command, envelope, report
from sealwire.report import OPEN, SHUT, UNKNOWN
from tests.engine.small_site import HandSeal, Post, beating, enrol, rows, under_order
from tests.manual_clock import ManualClock

DOOR = of_door("door-0")


async def told(engine: Engine, post: Post, seal: HandSeal, said: report.Report) -> list[int]:
    """The seal says it; which commands come back, by their kind, before the receipt."""
    before = len(post.receipts())
    engine.receive(seal.topic, seal.sealed(said), 1)
    await engine.idle()
    kinds = []
    for _, payload in post.receipts()[before:]:
        cipher, raw_id = ccm.cipher(seal.key), bytes.fromhex(seal.seal_id)
        direction, epoch, counter, plain = envelope.open_up(cipher, raw_id, payload)
        assert (epoch, counter) == (seal.epoch, seal.counter), "it answers this transmission"
        if direction == envelope.ORDER:
            kinds.append(command.unpack(plain)[0])
        else:
            assert payload is post.receipts()[-1][1], "the receipt comes last"
    return kinds


async def test_it_is_said_with_the_answers_until_a_beat_shows_it_and_again_before_the_next(
    store: Store,
) -> None:
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    async with beating(store, clock=clock) as (engine, post):
        now_ms = clock.now_ms()
        later = Order("order-1", now_ms + 3 * DAY_MS, now_ms + 4 * DAY_MS)
        await engine.submit(DOOR, OrderPlaced(Order("order-0", 0, now_ms + HOUR_MS)))
        await engine.submit(DOOR, OrderPlaced(later))
        assert await told(engine, post, seal, seal.heartbeat()) == []
        clock.advance(HOUR_MS)
        assert await told(engine, post, seal, seal.edge(OPEN)) == [command.OVER]
        clock.advance(MINUTE_MS)  # it was lost
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == []
        clock.advance(later.from_ms - WAKES_MS - 1 - clock.now_ms())
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == []
        clock.advance(1)
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == [command.WATCH]
        assert await told(engine, post, seal, seal.heartbeat()) == []
        clock.advance(later.to_ms - clock.now_ms())
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
    assert rows(store, commands_table) == [], "and nothing of it stands anywhere"


async def test_a_kill_forgets_nothing(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock) as (engine, post):
        clock.advance(HOUR_MS)
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
    async with beating(store, clock=clock) as (engine, post):
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == []


async def test_one_that_does_not_take_it_is_told_ever_more_seldom(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock) as (engine, post):
        clock.advance(HOUR_MS)
        count = 0
        for _ in range(24 * 6):  # ten minutes apart
            count += len(await told(engine, post, seal, seal.heartbeat()))
            clock.advance(10 * MINUTE_MS)
        assert 20 <= count <= 8 + DAY_MS // AGAIN_MS_MAX


async def test_an_order_that_is_prolonged_ended_early_or_taken_back(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    async with beating(store, clock=clock) as (engine, post):
        now_ms = clock.now_ms()
        await engine.submit(DOOR, OrderPlaced(Order("order-0", 0, now_ms)))  # ended by a person
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
        await engine.submit(DOOR, OrderPlaced(Order("order-0", 0, now_ms + DAY_MS)))
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == [command.WATCH]
        assert await told(engine, post, seal, seal.heartbeat()) == []
        await engine.submit(DOOR, OrderPlaced(Order("order-0", now_ms, now_ms)))  # taken back
        assert await told(engine, post, seal, seal.heartbeat()) == []


async def test_a_doubted_clock_ends_no_order_and_wakes_for_both_readings(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    async with beating(store, clock=clock) as (engine, post):
        now_ms = clock.now_ms()
        await engine.submit(DOOR, OrderPlaced(Order("order-0", 0, now_ms + HOUR_MS)))
        await engine.submit(SITE, ClockDoubted(0, 2 * HOUR_MS))
        clock.advance(DAY_MS)
        assert await told(engine, post, seal, seal.heartbeat()) == []
        await engine.submit(SITE, ClockSure())
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]


async def test_who_works_at_a_seal_between_two_orders_finds_it_watching(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock, lasts_ms=0) as (engine, post):
        assert await told(engine, post, seal, seal.heartbeat()) == [command.OVER]
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == []
        ends_ms = clock.now_ms() + HOUR_MS
        test = WalkTestBegan("t1", seal.seal_id, actor_of("zhou"), ends_ms)
        await engine.submit(DOOR, test)
        assert await told(engine, post, seal, seal.heartbeat(UNKNOWN)) == [command.WATCH]


async def test_a_permit_s_row_ends_with_its_order(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    ends_ms = clock.now_ms() + HOUR_MS
    async with under_order(store, seal, clock) as (engine, _):
        daily = Permit("p", 0, ends_ms + DAY_MS, 2, MINUTE_MS, "~", "~", daily=((0, 1439),))
        await engine.submit(DOOR, PermitAnnounced(daily))
        clock.advance(HOUR_MS)
        await engine.submit(DOOR, DeadlineCame())
    assert [row["to_ms"] for row in rows(store, tables.permits)] == [ends_ms]


async def test_version_1_has_no_word_for_it(store: Store) -> None:
    seal, clock = HandSeal(), ManualClock()
    async with under_order(store, seal, clock, lasts_ms=0) as (engine, post):
        before = len(post.receipts())
        seal.counter += 1
        numbers = envelope.UP, seal.epoch, seal.counter
        cipher, raw_id = ccm.cipher(seal.key), bytes.fromhex(seal.seal_id)
        said = envelope.seal_up(cipher, raw_id, *numbers, report.pack(seal.heartbeat(SHUT)), 1)
        engine.receive(seal.topic, said, 1)
        await engine.idle()
        assert len(post.receipts()) == before + 1
