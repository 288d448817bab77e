"""How long the gateway has listened is known through all its lives, and what hangs on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.events import SealBound
from gateway.core.model import Path
from gateway.core.subject import of_door
from gateway.engine.attendance import FIRST_SAVED_MS, KEPT_HOURS, LOOK_EVERY_MS, Attendance
from gateway.engine.path_watch import NETWORK_BEAT_MS
from gateway.store import states
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, beating
from tests.engine.test_two_paths import House, seal  # noqa: F401
from tests.manual_clock import ManualClock

BEAT_MS = 10 * MINUTE_MS
LIFE_MS = 20 * MINUTE_MS


def hear(attendance: Attendance, clock: ManualClock, ms: int) -> None:
    """So long somebody listens."""
    for _ in range(ms // LOOK_EVERY_MS):
        clock.advance(LOOK_EVERY_MS)
        attendance.look()


def listening(store: Store, clock: ManualClock) -> Attendance:
    made = Attendance(store, clock)
    made.listens[Path.NETWORK] = lambda: True
    return made


async def test_a_life_that_ends_at_any_moment_has_stored_half_of_itself(
    store: Store,
) -> None:
    clock = ManualClock()
    clock.advance(-(clock.now_ms() % HOUR_MS))
    running = asyncio.create_task(listening(store, clock).run())
    for passed_ms in range(0, LIFE_MS, LOOK_EVERY_MS):
        await clock.until_asleep()
        if passed_ms >= FIRST_SAVED_MS:
            with store.reading() as connection:
                kept = states.listened(connection).hours
            assert sum(kept[Path.NETWORK].values()) >= (passed_ms - LOOK_EVERY_MS) // 2
        clock.advance(LOOK_EVERY_MS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    with store.reading() as connection:  # one that is stopped has stored all of it
        kept = states.listened(connection).hours
    assert sum(kept[Path.NETWORK].values()) >= LIFE_MS - LOOK_EVERY_MS


def test_what_was_listened_is_added_up_by_whole_hours(store: Store) -> None:
    clock = ManualClock()
    clock.advance(-(clock.now_ms() % HOUR_MS))
    made, began_ms = listening(store, clock), clock.now_ms()
    hear(made, clock, 90 * MINUTE_MS)
    assert made.listened_ms(Path.NETWORK, began_ms - 1) == 90 * MINUTE_MS
    assert made.listened_ms(Path.NETWORK, began_ms) == 30 * MINUTE_MS
    assert made.listened_ms(Path.AIR, 0) == 0  # nobody says that somebody listens there
    clock.advance(5 * HOUR_MS)
    made.moved(5 * HOUR_MS)
    assert made.listened_ms(Path.NETWORK, began_ms + 5 * HOUR_MS) == 30 * MINUTE_MS
    clock.advance(DAY_MS)  # suspended: nobody listened
    made.look()
    assert made.listened_ms(Path.NETWORK, 0) <= 90 * MINUTE_MS + 2 * LOOK_EVERY_MS
    clock.advance(KEPT_HOURS * HOUR_MS)
    made.look()
    assert made.listened_ms(Path.NETWORK, 0) <= 2 * LOOK_EVERY_MS


@asynccontextmanager
async def life(
    store: Store,
    seal: HandSeal,  # noqa: F811
    clock: ManualClock,
) -> AsyncIterator[tuple[House, Attendance]]:
    """One life, which ends by a power cut a minute after it last stored how long it listened."""
    attendance = listening(store, clock)
    async with beating(store, None, clock) as (engine, post):
        one = House(engine, post, store, seal, attendance)
        yield one, attendance


async def lives(
    store: Store,
    seal: HandSeal,  # noqa: F811
    clock: ManualClock,
    hears_network: bool,
) -> tuple[int, list[tuple[Path, bool]]]:
    """Lives of an hour, until something is told of a way, or a day is over: after how long, and
    what."""
    began_ms = clock.now_ms()
    while clock.now_ms() < began_ms + DAY_MS:
        async with life(store, seal, clock) as (one, attendance):
            if clock.now_ms() == began_ms:
                one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
            for _ in range(HOUR_MS // BEAT_MS):
                beat = seal.heartbeat()
                beat.battery_mv = 2_900
                assert one.air(seal.advertised(beat))
                if hears_network:
                    one.network(seal.sealed(beat))
                await one.idle()
                hear(attendance, clock, BEAT_MS)
                one.watch.look()
                await one.idle()
            attendance.save()
            if one.silent():
                return clock.now_ms() - began_ms, one.silent()
            clock.advance(MINUTE_MS)
    return DAY_MS, []


async def test_a_seal_whose_network_is_dead_is_told_however_often_the_power_goes(
    store: Store,
    seal: HandSeal,  # noqa: F811
) -> None:
    """On batteries it speaks there once in three hours, and no life is as long as two of them. It
    has never been heard there, so no hearing is stored either."""
    after_ms, silent = await lives(store, seal, ManualClock(), hears_network=False)
    assert silent == [(Path.NETWORK, False)]
    assert 2 * NETWORK_BEAT_MS < after_ms < 2 * NETWORK_BEAT_MS + 3 * HOUR_MS


async def test_and_of_one_that_is_heard_there_nothing_is_told(
    store: Store,
    seal: HandSeal,  # noqa: F811
) -> None:
    assert await lives(store, seal, ManualClock(), hears_network=True) == (DAY_MS, [])
