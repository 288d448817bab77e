"""Until when a command to a seal is of use, by a clock that is set, or in doubt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.duration import HOUR_MS
from gateway.core.events import ClockDoubted, ClockSure
from gateway.core.subject import SITE
from gateway.engine.engine import Engine
from gateway.store.database import Store
from gateway.store.seal_commands import CommandKind
from gateway.store.seal_tables import seal_commands as commands_table
from sealwire import envelope
from tests.engine.small_site import beating, enrol, new_store, rows
from tests.engine.test_seal_commands import DAY_MS, WIFI, Seal2, ask, say, state, taken_over
from tests.manual_clock import ManualClock


@pytest.fixture
def seal() -> Seal2:
    return Seal2()


@pytest.fixture
def store(tmp_path: Path, seal: Seal2) -> Iterator[Store]:
    made = new_store(tmp_path)
    enrol(made, [seal])
    yield made
    made.close()


@pytest.mark.parametrize("starts", [False, True])
async def test_a_clock_that_is_ahead_for_a_minute_ends_no_command(
    store: Store, seal: Seal2, starts: bool
) -> None:
    """Somebody's word sets it two days ahead, and a minute later right again. What is asked waits
    as long as it was to, by the clock that is right."""
    clock = ManualClock()
    made_ms = clock.now_ms()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, made_ms)
        await taken_over(engine, clock)
        await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        for by_ms in (2 * DAY_MS, -2 * DAY_MS):
            clock.advance(by_ms)
            engine.clock_set(by_ms)
            await engine.idle()
            engine.look()
            await taken_over(engine, clock, 60_000)
            assert state(store) == ("sent", True)
        (row,) = rows(store, commands_table)
        assert (row["made_ms"], row["ends_ms"]) == (made_ms, made_ms + DAY_MS)
        if not starts:
            await ends_by_its_time(store, engine, clock, made_ms + DAY_MS)
    if starts:
        async with beating(store, clock=clock) as (engine, _):
            await ends_by_its_time(store, engine, clock, made_ms + DAY_MS)


async def ends_by_its_time(store: Store, engine: Engine, clock: ManualClock, ends_ms: int) -> None:
    for left_ms, of in ((2_000, ("sent", True)), (-600, ("expired", False))):
        await taken_over(engine, clock, ends_ms - left_ms - clock.now_ms())
        engine.look()  # a manual clock that was set back wakes nobody whom it had put to sleep
        await engine.idle()
        assert state(store) == of


async def test_a_clock_in_doubt_ends_no_command_that_may_still_be_of_use(
    store: Store, seal: Seal2
) -> None:
    """The machine was off for some hours, or its clock is ahead by so much: nobody knows yet."""
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, post):
        ask(store, seal, CommandKind.WIFI, WIFI, clock.now_ms())
        await taken_over(engine, clock)
        engine.note(SITE, ClockDoubted(ahead_ms=5 * HOUR_MS))
        await taken_over(engine, clock, DAY_MS + HOUR_MS)
        assert state(store) == ("waiting", True)
        answers = await say(engine, post, seal, seal.sealed(seal.heartbeat()))
        assert [direction for direction, _ in answers] == [envelope.ORDER, envelope.DOWN]
        engine.note(SITE, ClockSure())
        await taken_over(engine, clock)
        await taken_over(engine, clock)
        assert state(store) == ("expired", False)
