"""Real seals on the real MicroPython, a real broker, a real gateway and its commands: another Wi-Fi
and a fresh identity with no cable, whoever is killed on the way."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.provisioning import asking, rotation
from tests import neighbours
from tests.end_to_end.air_site import DOORS, WAIT_S, AirSite, until
from tests.firmware import seal_bench

PASSWORD = "wifi-9b1c7e55"
LIFE_S = (0.2, 2.5)  # until the next kill
KILLS = 4
MOVES_EVERY_S = 4.0
SILENT_S = 6.0  # more than the four heartbeats of a second after which a seal was lost
_PLACES = f"{seal_bench.ROOT}:{seal_bench.FIRMWARE}"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as it goes onto a board, and the programs that run it."""
    return seal_bench.compiled(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
async def air(
    tmp_path: Path,
    compiled: Path,
    micropython: str,
    mosquitto: Callable[..., neighbours.Broker],
) -> AsyncIterator[AirSite]:
    seed = int(os.environ.get("MENSHEN_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    broker = mosquitto()
    (tmp_path / "networks").write_text("old new")
    made = AirSite(tmp_path, broker.port, random.Random(seed))  # noqa: S311
    made.gateway.start()
    try:
        for number in range(DOORS):
            made.add(micropython, compiled, tmp_path / f"seal-{number}", broker.port)
        await made.are_able()
        yield made
    finally:
        for bench in made.benches:
            bench.tidy()
        made.gateway.kill()


async def menshen(air: AirSite, *words: str) -> tuple[int, str]:
    """A command on this site, with the password where it belongs; exit code and all it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *words, "--config", str(air.site.settings)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": _PLACES, "MENSHEN_WIFI_PASSWORD": PASSWORD},
    )
    said, _ = await asyncio.wait_for(process.communicate(), WAIT_S)
    return process.returncode or 0, said.decode()


async def test_a_whole_site_changes_its_wifi_with_no_cable(air: AirSite, tmp_path: Path) -> None:
    began_s = time.monotonic()
    code, said = await menshen(air, "wifi", "change", "new")
    print(f"Wi-Fi of {DOORS} seals: {time.monotonic() - began_s:.1f} s")
    assert code == 0, said
    assert f"{DOORS} of {DOORS} seals on new." in said
    (tmp_path / "networks").write_text("new")  # the old one is switched off
    heard = air.asked("SELECT max(journal_id) FROM journal")
    await until(lambda: air.asked("SELECT max(journal_id) FROM journal") > heard)
    assert {seal["wifi"] for seal in air.ended()} == {"new"}
    assert PASSWORD not in said
    assert PASSWORD not in air.gateway.log.read_text()
    assert air.asked("SELECT count(*) FROM seal_commands WHERE plain IS NOT NULL") == [(0,)]
    bodies = air.asked("SELECT body FROM journal UNION ALL SELECT body FROM poisoned")
    assert not [body for (body,) in bodies if PASSWORD.encode() in bytes(body)]


async def test_a_network_that_is_not_there_costs_one_seal_a_while_and_no_other_anything(
    air: AirSite, tmp_path: Path
) -> None:
    (tmp_path / "networks").write_text("old")
    code, said = await menshen(air, "wifi", "change", "typo")
    assert code == 1
    assert "did not get onto typo (1 fell back)" in said
    assert air.asked("SELECT count(*) FROM seal_commands") == [(1,)]
    assert [air.door(n)["contact"] for n in range(DOORS)] == ["shut"] * DOORS
    assert {seal["wifi"] for seal in air.ended()} == {"old"}


async def test_seals_take_a_fresh_identity_and_their_doors_go_on(air: AirSite) -> None:
    before = [air.door(n) for n in range(DOORS)]
    assert len(await rotated(air)) == DOORS
    sql = "SELECT count(*) FROM seals WHERE ended_ms IS NOT NULL AND door_id IS NULL"
    await until(lambda: air.asked(sql) == [(DOORS,)])
    for n in range(DOORS):
        after = air.door(n)
        assert after["seal_id"] != before[n]["seal_id"]
        assert (after["contact"], after.get("edges")) == ("shut", before[n].get("edges"))
    (air.benches[0].folder / "open").touch()
    await until(lambda: air.door(0)["contact"] == "open")
    assert air.door(0)["case"]["reason"] == "no_permit"
    assert {seal["id"] for seal in air.ended()} == {air.door(n)["seal_id"] for n in range(DOORS)}


async def test_whoever_is_killed_on_the_way_seals_and_gateway_end_on_the_same_side(
    air: AirSite,
) -> None:
    chance = random.Random(int(os.environ.get("MENSHEN_SEED", "0")) or None)  # noqa: S311
    await rotated(air)
    for kill in range(KILLS):
        await asyncio.sleep(chance.uniform(*LIFE_S))
        if kill % 2:
            air.restart(chance.randrange(DOORS))
        else:
            air.gateway.kill()
            air.gateway.start()
    sql = "SELECT count(*) FROM seal_commands WHERE plain IS NOT NULL"
    await until(lambda: air.asked(sql) == [(0,)])
    (air.benches[0].folder / "open").touch()
    await until(lambda: air.door(0)["contact"] == "open")
    in_use = "SELECT seal_id FROM seals WHERE ended_ms IS NULL AND follows IS NULL"
    left = {seal_id for (seal_id,) in air.asked(in_use)}
    assert left == {air.door(n)["seal_id"] for n in range(DOORS)}
    assert {seal["id"] for seal in air.ended()} == left


async def rotated(air: AirSite) -> list[int]:
    """Ask every seal to take a fresh identity; this broker lets in everybody."""

    def ask() -> list[int]:
        with closing(air.site.store()) as store:
            now_ms = time.time_ns() // 1_000_000
            turns = rotation.mint(store, asking.able(store), now_ms)
            return rotation.ask(store, turns, now_ms, 1)

    return await asyncio.to_thread(ask)


async def test_a_slower_heartbeat_is_taken_and_no_seal_is_missed_for_it(air: AirSite) -> None:
    """From a second to four minutes: held to its own, a seal is not silent; held to the old one it
    would be lost within five seconds."""
    code, said = await menshen(air, "heartbeat", "240", "--all", "--wait", "60")
    assert code == 0, said
    assert f"{DOORS} worked." in said
    for n in range(DOORS):
        assert air.door(n)["heartbeat_ms"] == 240_000
    beats = air.asked("SELECT max(journal_id) FROM journal")
    ends_s = time.monotonic() + SILENT_S
    await until(lambda: time.monotonic() >= ends_s)
    ((after,),), ((before,),) = air.asked("SELECT max(journal_id) FROM journal"), beats
    assert after - before <= 2 * DOORS  # one beat of each, and its note, may have been on its way
    assert [air.door(n).get("silence") for n in range(DOORS)] == [None] * DOORS
    code, said = await menshen(air, "heartbeat", "10", "--door", air.site.seals[0].door_id)
    door, next_s = air.benches[0].folder / "open", time.monotonic()

    def is_taken() -> bool:
        """It is asked when it speaks, once the gateway knows of the wish: so its door moves."""
        nonlocal next_s
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + MOVES_EVERY_S
            door.unlink() if door.exists() else door.touch()
        return bool(air.door(0)["heartbeat_ms"] == 10_000)

    await until(is_taken)
    assert air.door(1)["heartbeat_ms"] == 240_000
    assert [air.door(n).get("silence") for n in range(DOORS)] == [None] * DOORS
