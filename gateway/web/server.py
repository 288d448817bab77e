"""Serves the console's pages in the gateway's own event loop."""

import asyncio
import contextlib
import gc
from collections.abc import Iterator

import uvicorn

from gateway.engine.engine import Engine
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.web.app import build

STOP_WITHIN_S = 2  # live streams are cut after that


class _Guest(uvicorn.Server):
    """A server in somebody else's house: it leaves the signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_console(settings: Settings, store: Store, engine: Engine) -> None:
    """Serve until cancelled."""
    app = await asyncio.to_thread(build, settings, store, engine)
    # What has been imported and built stays to the end. The collector checks it once, now, and
    # not again in the middle of a page: on a Pi that would take half a second.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,
        host=settings.console.host,
        port=settings.console.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        lifespan="off",
    )
    server = _Guest(config)
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True  # closes the socket, and streams after STOP_WITHIN_S
        await serving
        raise
