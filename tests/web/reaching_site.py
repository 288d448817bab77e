"""A site whose people are told by all kinds of channels, as the service wires them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from gateway.notify.connecting import connect
from gateway.settings import Settings
from gateway.settings.sections import Console, Push
from gateway.settings.sections import Store as StorePlace
from tests.channels.push_service import PushService
from tests.web.ringing_site import CONTACT
from tests.web.signed_in import Site, signed_in_site
from tests.web.web_site import SilentOutlet

PUBLIC_URL = "https://menshen.test"


@contextlib.asynccontextmanager
async def reaching_site(
    folder: Path, service: PushService, channels: tuple[str, ...], **more: Any
) -> AsyncIterator[Site]:
    """The site with its delivery workers. Wang is told by these channels."""
    push, console = Push(contact=CONTACT, services=[service.origin]), Console(public_url=PUBLIC_URL)
    async with signed_in_site(folder, channels, push=push, **more) as site:
        place = StorePlace(path=site.store.path)
        settings = Settings(store=place, push=push, console=console)
        workers = connect(site.engine, SilentOutlet(), site.store, settings)
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            service.public = (await site.asks("wang", "GET", "/api/v1/ringing")).json()["key"]
            yield site
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
