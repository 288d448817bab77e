"""A door is commissioned from end to end: `menshen commission` on one side, the real firmware on a
board of air at the other, a broker and the gateway between. Timed: a door has three minutes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from gateway.core.doors.certificates import Standing, standing
from gateway.core.events import OrderPlaced, SealBound
from gateway.core.model import Order
from gateway.store import tables, views
from gateway.virtual_seal.board import AirBoard
from sealnode.hardware import COVER
from sealnode.seal import Seal
from sealnode.settings import Settings
from tests import neighbours
from tests.end_to_end import site as sites
from tests.end_to_end.site import Enrolled, Site, pending_row
from tests.waiting import until

DOOR_S = 180.0  # what a whole door may take
POLL_MS = 50
HAND_MS = 600


class AirSeal:
    """A seal of air at a door, and the hands of whoever tests it."""

    def __init__(self, seal: Enrolled, flash: Path, broker_port: int) -> None:
        flash.mkdir()
        self.board = AirBoard(f"{flash}/", random.Random(7))  # noqa: S311 - bounces
        self._seal = Seal(self.board, Settings(settings_of(seal, broker_port)))

    def live(self, is_over: threading.Event) -> None:
        """In a thread of its own, until it is over."""
        while not is_over.is_set():
            wait_ms = min(self._seal.poll(self.board.now_ms()), POLL_MS)
            if not self._seal.wait(wait_ms):
                is_over.wait(wait_ms / 1000)
        self._seal.close()

    async def hang(self) -> None:
        """Off its plate, and on it."""
        self.board.touch(COVER, 1)
        await self._hold()
        self.board.touch(COVER, 0)

    async def walk(self) -> None:
        """Open and shut, three times."""
        for level in (1, 0) * 3:
            self.board.move(level)
            await self._hold()

    async def _hold(self) -> None:
        """As long as a hand does, by the seal's clock."""
        ends_ms = self.board.now_ms() + HAND_MS
        await until(lambda: self.board.now_ms() >= ends_ms)


def settings_of(seal: Enrolled, broker_port: int) -> dict[str, Any]:
    return {
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
        "mains": True,
    }


@contextlib.asynccontextmanager
async def at_a_door(folder: Path, broker: neighbours.Broker) -> AsyncIterator[tuple[Site, AirSeal]]:
    """A site with one door under an order, its gateway at work, and its seal awake."""
    chance = random.Random(3)  # noqa: S311 - ids for a test
    ports = {"broker_port": broker.port, "webhook": ""}
    site = sites.found(folder / "site", chance, doors=1, ordered=1, **ports)  # type: ignore[arg-type]
    seal = site.seals[0]
    with contextlib.closing(site.store()) as store, store.writing() as connection:
        bound = SealBound(seal.seal_id, 100_000, must_certify=True)
        pending = tables.pending_events
        row = connection.execute(tables.orders.select()).one()
        placed = OrderPlaced(Order(row.order_id, row.from_ms, row.to_ms))
        connection.execute(pending.delete())
        for event in (bound, placed):
            connection.execute(pending.insert(), pending_row(seal.door_id, event))
    gateway = sites.gateway(site)
    gateway.start()
    air = AirSeal(seal, folder / "flash", broker.port)
    is_over = threading.Event()
    life = asyncio.create_task(asyncio.to_thread(air.live, is_over))
    try:
        yield site, air
    finally:
        is_over.set()
        await life
        gateway.stop()


def door_of(site: Site) -> views.DoorRow:
    with contextlib.closing(site.store()) as store, store.reading() as connection:
        return views.doors_of(connection, [site.seals[0].door_id])[0]


async def test_a_whole_door_is_tested_and_certified_within_three_minutes(
    mosquitto: Callable[[], neighbours.Broker], tmp_path: Path
) -> None:
    async with at_a_door(tmp_path, mosquitto()) as (site, air):
        seal_id = site.seals[0].seal_id
        await until(lambda: door_of(site).state.heard_ms is not None)
        began_s = time.monotonic()
        test = asyncio.create_task(
            sites.command(site, "commission", f"menshen:seal:{seal_id}", "--json")
        )
        await until(lambda: door_of(site).state.walk_test is not None)
        await air.hang()
        await air.walk()
        (said,) = json.loads(await test)
        took_s = time.monotonic() - began_s
        print(f"a door took {took_s:.1f} s, of which the test {said['took_s']} s")
        assert took_s < DOOR_S
        assert said["certificate_id"]

        door = door_of(site).state
        assert standing(door, int(time.time() * 1000)) is Standing.CERTIFIED
        file = tmp_path / "certificate.json"
        await sites.command(site, "certificate", "show", door.door_id, "--out", str(file))
        assert f"seal {seal_id} passed" in await sites.command(
            site, "certificate", "verify", str(file)
        )
        key = (await sites.command(site, "certificate", "key")).strip()
        assert key in file.read_text()
    with contextlib.closing(site.store()) as store, store.reading() as connection:
        assert connection.execute(tables.outbox.select()).all() == []  # nobody was paged
