"""The nightly rotation at a broker with logins and rights, as `menshen broker-config` writes it:
real seals over TLS, under the filter of system calls of its unit."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import update

from gateway.installation.site import UNIT_TEMPLATES
from gateway.provisioning.broker_config import Login, write_broker_config
from gateway.registry.credentials import fresh_password, hash_password
from gateway.store import tables
from tests import neighbours
from tests.end_to_end.air_site import DOORS, WAIT_S, AirSite, until
from tests.firmware import seal_bench
from tests.installation import system_calls
from tests.provisioning.site_broker import Client, Site, new_site

HOUR_MS = 3_600_000
BROKER = """\
[broker]
tls = true
ca = "{folder}/ca.crt"
folder = "{folder}"
pid_file = "{pid_file}"
user = "gateway"
"""
NIGHT_S = 15  # that the unit waits for seals; here they beat each second


class Night(NamedTuple):
    """A site, its broker, and the seals' passwords before the night."""

    air: AirSite
    broker: Site
    passwords: list[str]

    def lets_in(self, number: int) -> str:
        """What the broker answers to a seal's login of before the night."""
        user = self.air.site.seals[number].seal_id
        with Client(self.broker, user, self.passwords[number]) as client:
            return client.connect()

    def logins(self) -> set[str]:
        lines = (self.broker.directory / "passwd").read_text().splitlines()
        return {line.partition(":")[0] for line in lines} - {"gateway"}


@pytest.fixture
async def night(
    tmp_path: Path,
    micropython: str,
    free_port: Callable[[], int],
    keep: Callable[[neighbours.Neighbour], None],
) -> AsyncIterator[Night]:
    mosquitto = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    broker = new_site(mosquitto, tmp_path, free_port(), seals=0)
    (tmp_path / "networks").write_text("old")
    air = AirSite(tmp_path, broker.port, random.Random(11))  # noqa: S311 - nothing hangs on it
    passwords = [fresh_password() for _ in air.site.seals]
    enrolled_before_the_order(air, passwords)
    words = zip(air.site.seals, passwords, strict=True)
    logins = [Login(seal.seal_id, hash_password(word)) for seal, word in words]
    write_broker_config(broker.directory, broker.plan, logins, datetime.now(UTC))
    keep(broker.broker)
    pid_file = tmp_path / "broker.pid"
    pid_file.write_text(str(broker.broker.pid))
    named = BROKER.format(folder=broker.directory, pid_file=pid_file)
    air.site.settings.write_text(air.site.settings.read_text().replace("[broker]\n", named))
    air.gateway.start()
    try:
        for number, password in enumerate(passwords):
            room = tmp_path / f"seal-{number}"
            secure = {"ca": "ca.der", "server_name": "localhost", "password": password}
            authority = str(broker.directory / "ca.der")
            compiled = seal_bench.compiled(tmp_path / f"compiled-{number}")
            air.add(micropython, compiled, room, broker.port, **secure, authority=authority)
        await air.are_able()
        yield Night(air, broker, passwords)
    finally:
        for bench in air.benches:
            bench.tidy()
        air.gateway.kill()


def enrolled_before_the_order(air: AirSite, passwords: list[str]) -> None:
    store, s = air.site.store(), tables.seals.c
    before_ms = time.time_ns() // 1_000_000 - 2 * HOUR_MS
    with store.writing() as connection:
        for seal, password in zip(air.site.seals, passwords, strict=True):
            row = {"broker_hash": hash_password(password), "enrolled_ms": before_ms}
            known = update(tables.seals).where(s.seal_id == seal.seal_id)
            connection.execute(known.values(row))
    store.close()


async def rotate(night: Night) -> str:
    """As the unit runs it."""
    folder = night.air.site.folder
    rules = system_calls.of_unit(UNIT_TEMPLATES / "menshen-rotate.service")
    under = system_calls.command(rules, folder / "rotate.rules")
    process = await asyncio.create_subprocess_exec(
        *under,
        *(sys.executable, "-m", "gateway", "rotate", "--wait", str(NIGHT_S)),
        *("--config", str(night.air.site.settings)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": f"{seal_bench.ROOT}:{seal_bench.FIRMWARE}"},
    )
    said, _ = await asyncio.wait_for(process.communicate(), WAIT_S)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_by_morning_a_seal_is_another_and_the_old_login_is_gone_at_the_broker(
    night: Night,
) -> None:
    air, (first, late) = night.air, (seal.seal_id for seal in night.air.site.seals)
    assert await asyncio.to_thread(night.lets_in, 0) == "Success"
    await until(lambda: air.door(0)["contact"] == "shut")  # its session was taken over: it is back
    air.processes[1].kill()  # no power at the second door tonight
    air.processes[1].wait()

    said = await rotate(night)
    assert f"{DOORS} seals asked to take a fresh identity." in said
    assert "Those not heard yet keep both logins" in said
    assert "1 old login left the broker, which lets none of them in any more." in said
    fresh = air.door(0)["seal_id"]
    assert fresh != first
    assert await asyncio.to_thread(night.lets_in, 0) == "Not authorized"
    assert await asyncio.to_thread(night.lets_in, 1) == "Success"
    assert {fresh, late} < night.logins()
    assert (len(night.logins()), first in night.logins()) == (3, False)  # the late one has two
    (air.benches[0].folder / "open").touch()
    await until(lambda: air.door(0)["contact"] == "open")  # heard under its new name

    air.restart(1)
    await until(lambda: air.door(1)["seal_id"] != late)
    said = await rotate(night)
    assert "No seal is due" in said
    assert "1 old login left the broker" in said
    assert night.logins() == {air.door(n)["seal_id"] for n in range(DOORS)}
    assert await asyncio.to_thread(night.lets_in, 1) == "Not authorized"
