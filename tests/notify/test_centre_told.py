"""What ends the watch reaches the centre's own channel at any hour: each trouble of the gateway by
the real Apprise to a receiver on loopback, at half past ten at night, with no page open."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gateway.core.events import SealBound
from gateway.core.subject import of_door
from gateway.engine.clock_watch import ClockWatch
from gateway.engine.engine import Engine
from gateway.engine.self_watch import BROKER_AWAY_MS, BrokerPlace, Disk, SelfWatch
from gateway.provisioning.certificates import ensure_certificates
from gateway.store import pending, tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, around_each_commit, rows
from tests.engine.test_self_watch import NIGHT_MS
from tests.manual_clock import ManualClock
from tests.notify.at_work import gateway, site_of
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until

DOORS, HEARTBEAT_MS = 6, 100_000
ROOM = Disk(10**12, 10**11)
NOWHERE = BrokerPlace("127.0.0.1", 1)


class Night:
    """A gateway at work at night, and what befalls it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.clock = store, folder, ManualClock(NIGHT_MS)
        self.is_full = False
        self.seals: list[HandSeal] = []

    async def disk_low(self, engine: Engine) -> None:
        """It fills up."""
        await SelfWatch(engine, NOWHERE, self.store.path, lambda _: Disk(10**12, 10**8)).look()

    async def watch_lost(self, engine: Engine) -> None:
        """The broker is away for a minute."""
        engine.metrics.broker(connected=True)
        watch = SelfWatch(engine, NOWHERE, self.store.path, lambda _: ROOM)
        engine.metrics.broker(connected=False)
        self.clock.advance(BROKER_AWAY_MS)
        await watch.look()

    async def certificate_ends(self, engine: Engine) -> None:
        """The broker's authority ends tomorrow."""
        made = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC) - timedelta(days=364)
        ensure_certificates(self.folder, ["localhost"], 1, made)
        place = BrokerPlace("127.0.0.1", 1, ca=self.folder / "server.crt")
        await SelfWatch(engine, place, self.store.path, lambda _: ROOM).look()

    async def store_failing(self, engine: Engine) -> None:
        """A door opens, and nothing can be stored."""
        self.is_full = True
        seal = self.seals[0]
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)

    async def most_silent(self, engine: Engine) -> None:
        """Each seal is heard once, and then none."""
        for n, seal in enumerate(self.seals):
            engine.receive(seal.topic, seal.sealed(seal.heartbeat()), n + 1)
        await engine.idle()

    async def clock_doubted(self, engine: Engine) -> None:
        """The machine says that it is 1970."""
        ClockWatch(engine, machine_in_1970()).look()

    async def passes_until(self, is_so: Callable[[], object]) -> None:
        """Time goes on, a little at a time."""
        async with asyncio.timeout(30):
            while not is_so():
                self.clock.advance(HEARTBEAT_MS // 4)
                with suppress(TimeoutError):
                    await until(is_so, wait_s=0.2)


def told_all(store: Store) -> bool:
    """Whether the centre has a page of the case itself, and all of its pages went out."""
    pages = [row for row in rows(store, tables.outbox) if row["channel"] == "apprise"]
    return bool(pages) and all(row["done_ms"] for row in pages)


def machine_in_1970() -> Any:
    """A machine's clock as the watch asks it, which has lost its time."""
    from gateway.core.model import Doubt
    from gateway.engine.clock_states import ClockState

    class Lost:
        doubt, state = Doubt(0, 10**12), ClockState.DOUBTED

        def look(self) -> tuple[int, bool]:
            return 0, True

    return Lost()


@pytest.mark.parametrize(
    ("befalls", "told"),
    [
        (Night.disk_low, "disk"),
        (Night.watch_lost, "broker"),
        (Night.certificate_ends, "certificate"),
        (Night.store_failing, "stored"),
        (Night.most_silent, "offline"),
        (Night.clock_doubted, "clock"),
    ],
)
async def test_at_night_the_centre_hears_of_it_by_its_own_channel(
    store: Store,
    free_port: Callable[[], int],
    tmp_path: Path,
    befalls: Callable[[Night, Engine], Awaitable[None]],
    told: str,
) -> None:
    night, service = Night(store, tmp_path), LoopbackService()

    @around_each_commit(store)
    def weather(_: Connection) -> Iterator[None]:
        if night.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        yield

    async with service.open(free_port()) as url:
        night.seals = site_of(store, DOORS)
        with store.writing() as connection:
            address = "apprise:" + url.replace("http://", "json://") + "/centre"
            centre = {"warden_id": "centre", "name": "C", "role": "centre", "grid_id": "g"}
            centre |= {"language": "en"}
            connection.execute(
                insert(tables.wardens), {**centre, "channels": json.dumps([address])}
            )
            bound = [
                (of_door(f"door-{n}"), SealBound(seal.seal_id, HEARTBEAT_MS))
                for n, seal in enumerate(night.seals)
            ]
            pending.leave(connection, bound)
        async with gateway(store, clock=night.clock) as engine:
            await befalls(night, engine)
            await night.passes_until(lambda: service.at("/centre"))
            night.is_full = False
            await night.passes_until(lambda: told_all(store))
    said = json.loads(service.at("/centre")[0].body)
    assert told in f"{said['title']} {said['message']}".lower()
    assert any(row["warden_id"] == "centre" for row in rows(store, tables.outbox))
