"""A gateway's loop with its delivery workers, as the service wires them; no broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import insert, update

from gateway.core.rules import Rulebook
from gateway.engine.clock import Clock
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.notify.addressing import Addresses
from gateway.notify.connecting import connect
from gateway.registry import load as registry
from gateway.settings import Settings
from gateway.settings.household import Household
from gateway.settings.sections import Console, Webhook
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, Post, enrol, rows
from tests.waiting import until

TOKEN = "not-for-others"


@contextlib.asynccontextmanager
async def gateway(
    store: Store,
    site_url: str = "",
    clock: Clock | None = None,
    public_url: str = "",
    household: Household | None = None,
) -> AsyncIterator[Engine]:
    """A loop with its delivery workers, no broker. `household`: with texts to households."""
    with store.reading() as connection:
        known = registry.load(connection)
    webhook, home = Webhook(url=site_url, token=TOKEN), household or Household()
    settings = Settings(webhook=webhook, console=Console(public_url=public_url), household=home)
    addresses = Addresses(known, site_url, "en", bool(home.sms_url))
    engine = Engine(store, CommittedSite(known, Rulebook()), Authenticator(), addresses, clock)
    workers = connect(engine, Post(), store, settings)
    async with asyncio.TaskGroup() as group:
        pending = PendingReader(store, engine)
        parts = [engine.run(), pending.run(), *(worker.run() for worker in workers)]
        tasks = [group.create_task(part) for part in parts]
        await until(lambda: not rows(store, tables.pending_events))
        yield engine
        for task in tasks:
            task.cancel()


def site_of(store: Store, doors: int, *channels: str) -> list[HandSeal]:
    """So many sealed doors under orders, and Wang, who is told by these channels."""
    seals = [HandSeal() for _ in range(doors)]
    enrol(store, seals)
    tell(store, "wang", *channels)
    return seals


def tell(store: Store, warden_id: str, *channels: str) -> None:
    """Let this person of the grid be told by these channels."""
    encoded = json.dumps(channels)
    with store.writing() as connection:
        w = tables.wardens
        known = update(w).where(w.c.warden_id == warden_id).values(channels=encoded)
        if not connection.execute(known).rowcount:
            person = {"warden_id": warden_id, "name": "Li", "grid_id": "g", "channels": encoded}
            connection.execute(insert(w), person)


def opens(engine: Engine, seal: HandSeal) -> None:
    """The door of this seal opens, unannounced."""
    engine.receive(seal.topic, seal.sealed(seal.edge()), 1)


def entries(store: Store, channel: str | None = None) -> list[dict[str, Any]]:
    """What stands in the outbox, by the id."""
    found = sorted(rows(store, tables.outbox), key=lambda row: row["entry_id"])
    return [row for row in found if channel in (None, row["channel"])]


def taken(store: Store, channel: str) -> bool:
    """Whether everything by a channel has gone out, or is needed no more."""
    found = entries(store, channel)
    return bool(found) and all(row["done_ms"] or row["ended"] for row in found)


def refused(store: Store) -> bool:
    """Whether a try has failed."""
    return any(row["error"] for row in entries(store))
