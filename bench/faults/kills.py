"""F1: the gateway killed in a storm. F2: the broker killed between its PUBACK and our commit.

Real programs, real SIGKILL. For F2 the gateway is stopped (SIGSTOP) while doors open, so that what
the broker acknowledges meanwhile cannot be committed yet: then the broker is killed, and the
gateway goes on, or is killed with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import stage
from bench.faults.trial import NO_COMPILER, NotRunHereError, Trial, carried
from tests.end_to_end import house as houses
from tests.end_to_end.false_clock import FalseClock, NoCompilerError
from tests.end_to_end.house import House

DOORS, REPORTS_PER_S = 600, 100
LIFE_S = 0.6  # at most, from the first receipt of a life to its end
DIES_STARTING = 0.2  # this share of all lives ends before its first receipt
FIRST_RETRY_S = 3.0  # as patient as a real seal: F2 counts how often it must repeat itself
TOGETHER = 5  # so many reports the broker has acknowledged, and nobody has committed
RETRIES_MOST = 2
DIE_TOGETHER = 0.3  # this share of the brokers takes the gateway with it


async def gateway_in_a_storm(trial: Trial) -> None:
    """F1. The machine's clock is vouched for, as where a time service answers."""
    chance, rate = trial.chance, carried(REPORTS_PER_S)
    trial.notes.append(f"{rate:.0f} reports a second")
    async with _house(trial, DOORS) as house:
        async with houses.load(house.fleet, rate):
            await house.answered()
            for _ in range(trial.n):
                if chance.random() >= DIES_STARTING:
                    await house.answered()
                await asyncio.sleep(chance.uniform(0, LIFE_S))
                house.gateway.kill()
                trial.injections += 1
                await asyncio.to_thread(house.gateway.start)
        await house.settled()
    judge(trial, house)


async def broker_before_commit(trial: Trial) -> None:
    """F2. A report that the broker took and lost may be repeated twice, not oftener, once both are
    back: before that there is nobody to hear it."""
    async with _house(trial, DOORS, FIRST_RETRY_S) as house:
        fleet, doors = house.fleet, [seal.seal_id for seal in house.site.seals]
        trial.chance.shuffle(doors)
        await fleet.start()
        fleet.turn(doors[0])
        await house.answered()
        for number in range(trial.n):
            first = 1 + number * TOGETHER
            turning = [doors[(first + n) % len(doors)] for n in range(TOGETHER)]
            before = _connections(house)
            await _between(house, turning, trial)
            await houses.until(lambda: _connections(house) > before, "no gateway comes back")  # noqa: B023
            told = fleet.told[-TOGETHER:]
            tries = [len(one.sent) for one in told]
            await houses.until(lambda: not fleet.waiting(), "reports stay without a receipt")
            retries = max(len(one.sent) - n for one, n in zip(told, tries, strict=True))
            trial.expect(retries <= RETRIES_MOST, f"a report was repeated {retries} times")
        await house.settled()
    judge(trial, house)


def _connections(house: House) -> int:
    """How often the gateway has said that it reached the broker."""
    return house.gateway.log.read_bytes().count(b"connected to the broker at")


async def _between(house: House, turning: list[str], trial: Trial) -> None:
    """Doors turn, the broker says PUBACK, and dies before anything of it can be committed."""
    fleet, gateway, broker = house.fleet, house.gateway, house.broker
    before = fleet.acknowledged()
    os.kill(gateway.pid, signal.SIGSTOP)
    for seal_id in turning:
        fleet.turn(seal_id)
    wanted = before + len(turning)
    await houses.until(lambda: fleet.acknowledged() >= wanted, "the broker says no PUBACK")
    broker.kill()
    trial.injections += 1
    if trial.chance.random() < DIE_TOGETHER:
        gateway.kill()
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(gateway.start)
    else:
        os.kill(gateway.pid, signal.SIGCONT)
        await asyncio.to_thread(broker.start)


@asynccontextmanager
async def _house(trial: Trial, doors: int, first_retry_s: float = 0.4) -> AsyncIterator[House]:
    """A house whose machine has a time service that answers."""
    try:
        broker, clock = stage.mosquitto(trial.folder / "broker"), FalseClock(trial.folder)
    except stage.CannotMeasure as error:
        raise NotRunHereError(str(error)) from None
    except NoCompilerError as error:
        raise NotRunHereError(NO_COMPILER) from error
    clock.says(0, is_vouched=True)
    with stage.running(broker):
        async with houses.built(
            trial.folder,
            broker,
            trial.chance,
            doors=doors,
            first_retry_s=first_retry_s,
            environment=clock.environment(),
        ) as house:
            yield house


def judge(trial: Trial, house: House, within_ms: int = houses.DATED_WITHIN_MS) -> None:
    """Compare what everybody knows in the end; a date may be wrong by so much."""
    after = houses.aftermath(house, within_ms)
    trial.lost += after.lost
    trial.doubled += after.doubled
    trial.misdated += after.misdated
    trial.times_s += after.delays_s
    trial.wrong += house.fleet.wrong
    houses.assert_lived_as_journaled(house.site)
