"""F5: the machine's clock is wrong: by an hour either way, as when summer time is set by hand; by a
second, as a leap second is; 1970; thirty days or five years ahead for half a second. While it runs,
and at a start, where nobody vouches for the clock.

Only the gateway's own process believes the lie (`tests/end_to_end/false_clock.c`); its waiting goes
by the steady clock, which nobody sets. A start that is an hour ahead cannot be told from an hour
without power, and is dated so, in doubt: it is left to `tests/engine/test_clock_in_doubt.py`, as
are the ladder of a case and orders by two readings.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from bench import stage
from bench.faults.kills import judge
from bench.faults.trial import NO_COMPILER, NotRunHereError, Trial, carried
from gateway.engine.clock_states import NEAR_MS
from tests.end_to_end import house as houses
from tests.end_to_end.false_clock import DAY_NS, FalseClock, NoCompilerError
from tests.end_to_end.house import House

DOORS, REPORTS_PER_S = 400, 50
SECOND_NS, HOUR_NS = 10**9, 3_600 * 10**9
JUMP_S = 0.5, 1.5
# Where it is sure the gateway's time is right to NEAR_MS: a start whose clock nobody can believe
# goes on from what is written, and makes good by slewing what the start took.
DATED_WITHIN_MS = houses.DATED_WITHIN_MS + NEAR_MS
AFTER_MOST = 20  # receipts under a lie, and after it
STARTS_UNDER = 0.15  # this share of the lies is there when the gateway starts
LIES = {
    "an hour ahead": HOUR_NS,
    "an hour behind": -HOUR_NS,
    "a leap second": -SECOND_NS,
    "a leap second the other way": SECOND_NS,
    "30 days ahead": 30 * DAY_NS,
    "5 years ahead": 5 * 365 * DAY_NS,
    "1970": 0,  # filled in when it is told
}
UNBELIEVABLE = ("an hour behind", "30 days ahead", "5 years ahead", "1970")  # at a start


async def clocks_lie(trial: Trial) -> None:
    """F5."""
    try:
        broker, clock = stage.mosquitto(trial.folder / "broker"), FalseClock(trial.folder)
    except NoCompilerError:
        raise NotRunHereError(NO_COMPILER) from None
    except stage.CannotMeasure as error:
        raise NotRunHereError(str(error)) from None
    rate = carried(REPORTS_PER_S)
    trial.notes.append(f"{rate:.0f} reports a second")
    async with AsyncExitStack() as stack:
        stack.enter_context(stage.running(broker))
        built = houses.built(
            trial.folder,
            broker,
            trial.chance,
            doors=DOORS,
            environment=clock.environment(),
        )
        house = await stack.enter_async_context(built)
        async with houses.load(house.fleet, rate):
            await house.answered()
            for number in range(trial.n):
                await _lie(trial, house, clock, list(LIES)[number % len(LIES)])
        await house.settled()
    judge(trial, house, DATED_WITHIN_MS)


async def _lie(trial: Trial, house: House, clock: FalseClock, what: str) -> None:
    chance = trial.chance
    starts = what in UNBELIEVABLE and chance.random() < STARTS_UNDER
    if starts:
        house.gateway.kill()
    clock.says(LIES[what] or -time.time_ns() + DAY_NS)
    trial.injections += 1
    if starts:
        await asyncio.to_thread(house.gateway.start)
    await house.answered(chance.randint(1, AFTER_MOST))
    await asyncio.sleep(chance.uniform(*JUMP_S))
    clock.says(0)
    await house.answered(chance.randint(1, AFTER_MOST))
