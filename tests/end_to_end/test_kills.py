"""The gateway or the broker dies at random moments under load: nothing vouched for is ever lost.

Every run prints its seed; MENSHEN_SEED=<that> repeats its choices: who opens when, and how long
each life lasts. `make faults` has more of it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests import neighbours
from tests.end_to_end import house as houses
from tests.end_to_end.house import House

REPORTS_PER_S = 200
DOORS = 800  # each turns every 4 s, so that no two openings of one door become one
GATEWAY_KILLS = 12  # `make faults` has many more
BROKER_KILLS = 10
LIFE_S = 0.6  # at most, from the first receipt of a life to its end
START_S = 0.6  # at most, of a life that ends before its first receipt
DIES_STARTING = 0.2  # this share of all lives


@pytest.fixture
def chance() -> random.Random:
    """The choices of this run."""
    seed = os.environ.get("MENSHEN_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"MENSHEN_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - not a secret


async def test_what_has_a_receipt_survives_kills_of_the_gateway(
    tmp_path: Path, mosquitto: Callable[[], neighbours.Broker], chance: random.Random
) -> None:
    await lives_through(kill_gateway(chance), GATEWAY_KILLS, tmp_path, mosquitto(), chance)


async def test_what_has_a_receipt_survives_kills_of_mosquitto(
    tmp_path: Path, mosquitto: Callable[[], neighbours.Broker], chance: random.Random
) -> None:
    await lives_through(kill_broker(chance), BROKER_KILLS, tmp_path, mosquitto(), chance)


async def test_what_has_a_receipt_survives_kills_of_nats(
    tmp_path: Path, nats: Callable[[], neighbours.Broker], chance: random.Random
) -> None:
    await lives_through(kill_broker(chance), BROKER_KILLS, tmp_path, nats(), chance)


def kill_gateway(chance: random.Random) -> Callable[[House], Awaitable[None]]:
    """Kill the gateway at a random moment, of its start too, and start it again."""

    async def kill(house: House) -> None:
        if chance.random() < DIES_STARTING:
            await asyncio.sleep(chance.uniform(0, START_S))
        else:
            await house.answered()
            await asyncio.sleep(chance.uniform(0, LIFE_S))
        house.gateway.kill()
        await asyncio.to_thread(house.gateway.start)  # doors go on opening meanwhile

    return kill


def kill_broker(chance: random.Random) -> Callable[[House], Awaitable[None]]:
    """Kill the broker at a random moment; the next kill comes after it has delivered again."""

    async def kill(house: House) -> None:
        await house.answered()
        await asyncio.sleep(chance.uniform(0, LIFE_S))
        house.broker.kill()
        await asyncio.to_thread(house.broker.start)

    return kill


async def lives_through(
    kill: Callable[[House], Awaitable[None]],
    times: int,
    folder: Path,
    broker: neighbours.Broker,
    chance: random.Random,
) -> None:
    """Kill so often under load, let everything settle, and compare what each side knows."""
    async with houses.built(folder, broker, chance, doors=DOORS) as house:
        try:
            async with houses.load(house.fleet, REPORTS_PER_S):
                await house.answered()
                for _ in range(times):
                    await kill(house)
            openings = await house.settled()
        except (AssertionError, TimeoutError) as error:
            error.add_note(house.gateway.last_words())
            raise
    tries = house.paged()
    print(
        f"{times} kills, {len(house.fleet.told)} reports, {len(openings)} openings, "
        f"{sum(tries.values()) - len(tries)} pages told twice"
    )
    assert not house.fleet.wrong
    assert tries.keys() == openings  # and under no other id
    assert houses.journaled_reports(house.site) == houses.said_by_seals(house.fleet.told)
    after = houses.aftermath(house)
    assert after.lost == after.doubled == after.misdated == []
    houses.assert_lived_as_journaled(house.site)
