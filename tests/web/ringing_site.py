"""A site whose phones ring: people who sign in, the worker that rings them, and a push service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from gateway.channels.push import PUSH
from gateway.core.reasons import Reason
from gateway.notify.delivery import DeliveryWorker
from gateway.settings import Settings
from gateway.settings.sections import Push
from gateway.settings.sections import Store as StorePlace
from gateway.store import tables
from tests.channels.push_service import Phone, PushService
from tests.engine.small_site import rows
from tests.waiting import until
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import SilentOutlet

CONTACT = "mailto:it@liangxi.example.org"


@contextlib.asynccontextmanager
async def ringing_site(
    folder: Path, service: PushService, channels: tuple[str, ...] = ("inbox", "push"), **more: Any
) -> AsyncIterator[Site]:
    """The site, whose phones are rung by this push service. Wang is told by these channels."""
    push = Push(contact=CONTACT, services=[service.origin])
    async with signed_in_site(folder, channels=channels, push=push, **more) as site:
        settings = Settings(store=StorePlace(path=site.store.path), push=push)
        assert PUSH.open is not None
        engine, channel = site.engine, PUSH.open(settings)
        worker = DeliveryWorker(
            PUSH.name,
            channel,
            site.store,
            engine.attempted,
            engine.metrics,
            engine.clock,
            engine.ended,
            trouble=partial(engine.trouble, Reason.CHANNEL_FAILING),
        )
        engine.connect(SilentOutlet(), [worker.offer])
        task = asyncio.create_task(worker.run())
        try:
            service.public = (await site.asks("wang", "GET", "/api/v1/ringing")).json()["key"]
            yield site
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def subscribed(site: Site, phone: Phone, token: str) -> dict[str, Any]:
    """The phone of a session asks to ring; how it then stands."""
    async with site.browser(token=token) as client:
        answer = await client.post("/api/v1/ringing", json=phone.subscription())
    assert answer.status_code == 200, answer.text
    stands: dict[str, Any] = answer.json()
    return stands


async def tried(site: Site) -> dict[str, Any]:
    """The first page to a ringing phone, once it was taken or refused."""

    async def was_tried() -> bool:
        await site.engine.idle()  # how a try went is noted when nothing else is to be done
        return any(row["done_ms"] or row["error"] for row in _pushed(site))

    await until(was_tried)
    return next(row for row in _pushed(site) if row["done_ms"] or row["error"])


def _pushed(site: Site) -> list[dict[str, Any]]:
    found = [row for row in rows(site.store, tables.outbox) if row["channel"] == PUSH.name]
    return sorted(found, key=lambda row: row["entry_id"])
