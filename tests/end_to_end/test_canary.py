"""The canary from end to end: a real seal's code, a real broker, the gateway, and a robot phone."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, update

from gateway.core.events import DoorClassed
from gateway.core.rules import CANARY
from gateway.store import tables
from tests import neighbours
from tests.end_to_end import site as sites
from tests.end_to_end.site import Site, pending_row

PATIENCE_S = 40.0
WARDEN = "warden-grid-00"


async def test_a_canary_opens_and_its_phone_signs_for_it(
    mosquitto: Callable[[], neighbours.Broker], tmp_path: Path
) -> None:
    site, broker_port = _founded(tmp_path, mosquitto())
    gateway = sites.gateway(site)
    gateway.start()
    try:
        said = await _listen(site, broker_port)
    finally:
        gateway.stop()
    assert any("the canary opens" in line for line in said)
    _is_signed_for(site)


async def test_at_a_site_with_accounts_its_phone_shows_a_token(
    mosquitto: Callable[[], neighbours.Broker], tmp_path: Path
) -> None:
    site, broker_port = _founded(tmp_path, mosquitto())
    await sites.command(site, "account", "add", "canary", "--program", "--warden", WARDEN)
    token = (await sites.command(site, "account", "token", "canary")).splitlines()[0]
    gateway = sites.gateway(site)
    gateway.start()
    try:
        await _listen(site, broker_port, MENSHEN_CONSOLE_TOKEN=token)
    finally:
        gateway.stop()
    _is_signed_for(site)


def _founded(folder: Path, broker: neighbours.Broker) -> tuple[Site, int]:
    chance = random.Random(1)  # noqa: S311 - ids for a test
    site = sites.found(
        folder / "site",
        chance,
        doors=1,
        ordered=0,
        broker_port=broker.port,
        webhook="",
    )
    _make_canary(site)
    return site, broker.port


def _is_signed_for(site: Site) -> None:
    store = site.store()
    with store.reading() as connection:
        pages = connection.execute(
            select(tables.outbox.c.reason, tables.outbox.c.received_ms)
        ).all()
        cases = connection.execute(select(tables.cases.c.case_id)).all()
    store.close()
    assert pages
    assert pages[0].reason == "canary"
    assert pages[0].received_ms is not None
    assert cases == []


def _make_canary(site: Site) -> None:
    """The site's one door is a canary's; its seal's settings lie beside it."""
    store = site.store()
    with store.writing() as connection:
        connection.execute(update(tables.doors).values(door_class=CANARY))
        pending_event = pending_row(site.seals[0].door_id, DoorClassed(CANARY))
        connection.execute(tables.pending_events.insert(), pending_event)
    store.close()


async def _listen(site: Site, broker_port: int, **environment: str) -> list[str]:
    """Run `menshen canary` until its phone has signed once; what it printed."""
    seal = site.seals[0]
    settings = {
        "id": seal.seal_id,
        "key": seal.key.hex(),
        "broker": "127.0.0.1",
        "port": broker_port,
        "ca": None,
        "server_name": "127.0.0.1",
        "user": seal.seal_id,
        "password": "not asked for here",
        "wifi": None,
        "heartbeat_s": 100,
        "mains": False,
    }
    path = site.folder / "canary.json"
    path.write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "canary", str(path)),
        *("--console", site.console_url, "--warden", WARDEN, "--every", "10"),
        cwd=neighbours.ROOT,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (said and "and signed" in said[-1]):
                line = await process.stdout.readline()
                assert line, f"it ended: {said}"
                said.append(line.decode())
    finally:
        process.terminate()
        await process.wait()
    return said
