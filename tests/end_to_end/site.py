"""A whole site in a folder: settings, a registry of sealed doors, and the gateway for them."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import select

from gateway.core.events import Event, OrderPlaced, SealBound
from gateway.core.model import Order
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.order_keys import OrderKeys
from sealwire import ccm
from tests import neighbours

HOUR_MS = 3_600_000
DOORS_IN_A_GRID = 50  # the small end of what a warden sees to
PLACES = os.pathsep.join([str(neighbours.ROOT), str(neighbours.ROOT / "firmware")])
# A few seals stand for a city: each opens more often than any door, and chatter is not the matter.
_SETTINGS = """\
[site]
name = "Test"
[broker]
host = "{broker_host}"
port = {broker_port}
echo_s = 1.0
[console]
port = {console_port}
{console}[webhook]
url = "{webhook_url}"
[rules]
off_delay_ms = 200
chatter_openings = 20
chatter_window_ms = 1000
chatter_joined = 1000
"""


@dataclass(frozen=True)
class Enrolled:
    """One seal as its installer left it: its door, and the key that it shares with the gateway."""

    seal_id: str
    key: bytes
    door_id: str


@dataclass(frozen=True)
class Site:
    """A founded site. `ordered` of its doors stand under a quarantine order, the others do not."""

    folder: Path
    console_url: str
    seals: Sequence[Enrolled]

    @property
    def settings(self) -> Path:
        """The TOML file that the gateway is started with."""
        return self.folder / "menshen.toml"

    def is_enrolled(self) -> bool:
        """Whether the gateway has taken every pending event that the enrolment left for it."""
        store = self.store()
        with store.reading() as connection:
            left = connection.execute(select(tables.pending_events.c.pending_id).limit(1)).first()
        store.close()
        return left is None

    def store(self) -> Store:
        """The database, for reading what the gateway wrote."""
        return Store.open(self.folder / "menshen.db", create=False)

    def page_ids(self) -> dict[str, str]:
        """The id under which each page left the house -> its id inside."""
        path = self.folder / "menshen.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return dict(connection.execute("SELECT sent_id, page_id FROM outbox"))


def found(
    folder: Path,
    chance: random.Random,
    *,
    doors: int,
    ordered: int,
    broker_port: int,
    webhook: str,
    broker_host: str = "127.0.0.1",
    console: str = "",
    doors_in_a_grid: int = DOORS_IN_A_GRID,
) -> Site:
    """Make a site of so many doors in `folder`; the first `ordered` of them are under an order.
    `console`: more lines of its settings."""
    folder.mkdir(parents=True, exist_ok=True)
    console_port = neighbours.unused_port()
    text = _SETTINGS.format(
        broker_host=broker_host,
        broker_port=broker_port,
        console_port=console_port,
        webhook_url=webhook,
        console=console,
    )
    (folder / "menshen.toml").write_text(text)
    seals = [
        Enrolled(chance.randbytes(8).hex(), chance.randbytes(ccm.KEY_BYTES), f"door-{n:04d}")
        for n in range(doors)
    ]
    _enrol(folder / "menshen.db", seals, ordered, doors_in_a_grid)
    scheme = "https" if "certificate" in console else "http"
    return Site(folder, f"{scheme}://127.0.0.1:{console_port}", seals)


def gateway(site: Site, before: Sequence[str] = (), **environment: str) -> neighbours.Neighbour:
    """The real gateway on this site, not yet started, with so much more in its environment, by the
    words of a command before its own. It counts as ready once it is spawned."""
    command = [sys.executable, "-m", "gateway", "run", "--config", str(site.settings)]
    # A gateway that may not keep its compiled modules starts three times as slowly as a user's.
    found = [*before, "/usr/bin/env", "-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPATH={PLACES}"]
    found += [f"{name}={value}" for name, value in environment.items()]
    return neighbours.Neighbour("gateway", found + command, site.folder, lambda: True)


async def command(site: Site, *words: str, typed: str = "") -> str:
    """Run `menshen` with these words on this site; what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *words, "--config", str(site.settings)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": PLACES},
    )
    said, complained = await process.communicate(typed.encode())
    assert process.returncode == 0, (words, complained.decode())
    return said.decode()


def _enrol(path: Path, seals: Sequence[Enrolled], ordered: int, in_a_grid: int) -> None:
    now_ms = time.time_ns() // 1_000_000
    grids = sorted({_grid(n, in_a_grid) for n in range(len(seals))})
    orders = [
        (s.door_id, Order(f"order-{s.door_id}", now_ms - HOUR_MS, now_ms + 336 * HOUR_MS))
        for s in seals[:ordered]
    ]
    pending_events = [pending_row(s.door_id, SealBound(s.seal_id)) for s in seals]
    pending_events += [pending_row(door_id, OrderPlaced(order)) for door_id, order in orders]
    order_rows = [
        {"household_id": door_id, "order_id": o.order_id, "from_ms": o.from_ms, "to_ms": o.to_ms}
        for door_id, o in orders
    ]
    store = Store.open(path)
    with store.writing() as connection:
        for table, rows in (
            (tables.grids, [{"grid_id": g, "name": g} for g in grids]),
            (tables.wardens, [_warden(g) for g in grids]),
            (tables.households, [{"household_id": s.door_id, "made_ms": now_ms} for s in seals]),
            (tables.doors, [_door(s, _grid(n, in_a_grid)) for n, s in enumerate(seals)]),
            (tables.seals, [_seal(s, now_ms) for s in seals]),
            (tables.orders, order_rows),
            (tables.pending_events, pending_events),
        ):
            if rows:
                connection.execute(table.insert(), rows)
        keys, homes = OrderKeys(connection, now_ms), [s.door_id for s in seals]
        keys.provide(homes)
        keys.look_up(homes)
        for door_id, order in orders:
            keys.place(door_id, order.order_id)
        keys.reseal_doors(homes)
    store.close()


def _grid(number: int, in_a_grid: int) -> str:
    return f"grid-{number // in_a_grid:02d}"


def _warden(grid_id: str) -> dict[str, object]:
    return {"warden_id": f"warden-{grid_id}", "name": "Warden", "grid_id": grid_id}


def _door(seal: Enrolled, grid_id: str) -> dict[str, object]:
    own = {"door_id": seal.door_id, "household_id": seal.door_id}
    return {**own, "label": seal.door_id, "grid_id": grid_id}


def _seal(seal: Enrolled, now_ms: int) -> dict[str, object]:
    return {
        "seal_id": seal.seal_id,
        "door_id": seal.door_id,
        "key": seal.key,
        "broker_hash": "",
        "enrolled_ms": now_ms,
    }


def pending_row(door_id: str, event: Event) -> dict[str, object]:
    """A row that other programs leave: an event of a door, for the gateway to take."""
    whose = {"subject_kind": "door", "subject_id": door_id}
    return {**whose, "body": msgspec.json.encode(event)}
