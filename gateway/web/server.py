"""Serves the console's pages, in a process of its own: `menshen console`.

What a stranger can do to it ends here: a limit on descriptors, on connections and on what each may
keep waiting; less of the processor than the gateway has; and a log that no flood fills.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from gateway.link.client import GatewayLink
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.web.app import build
from gateway.web.clients import Clients
from gateway.web.connections import (
    HEAD_BYTES_MAX,
    REQUEST_S,
    Connection,
    Connections,
)
from gateway.web.limits import connections_max
from gateway.web.seldom import Seldom

BACKLOG: Final = 512
STOP_S: Final = 0.5  # for answers that are on their way; live pages end at once


class _Guest(uvicorn.Server):
    """A server in somebody else's house: it leaves the signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_console(settings: Settings, listener: socket.socket) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    _quiet_log(loop)
    store, gateway = Store(settings.store.path), GatewayLink(settings.store.path)
    following = asyncio.ensure_future(gateway.run())
    try:
        await serve(settings, store, gateway, listener, stopped)
    finally:
        following.cancel()
        store.close()


async def serve(
    settings: Settings,
    store: Store,
    gateway: GatewayLink,
    listener: socket.socket,
    stopped: asyncio.Event,
) -> None:
    """Serve until `stopped`; then nothing is left open after STOP_S."""
    app = build(settings, store, gateway)
    # What has been imported and built stays to the end; the collector need not look at it again.
    gc.collect()
    gc.freeze()
    connections = Connections(
        app.state.figures, Clients(settings.console.proxies), connections_max()
    )
    config = uvicorn.Config(
        app,
        http=_protocol(connections),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whose word is believed about whom stands in `clients`
        timeout_keep_alive=int(REQUEST_S),
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        backlog=BACKLOG,
        lifespan="off",
    )
    server = _Guest(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    ending = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    server.should_exit = True  # closes the socket and what is idle
    app.state.topics.close()
    done, _ = await asyncio.wait({serving}, timeout=STOP_S)
    if not done:
        server.force_exit = True
        for connection in list(server.server_state.connections):
            connection.transport.abort()
    await serving


def _protocol(connections: Connections) -> Any:
    def make(**uvicorn_own: Any) -> Connection:
        return Connection(connections, **uvicorn_own)

    return make


def _quiet_log(loop: asyncio.AbstractEventLoop) -> None:
    """Let no stranger fill the log."""
    logging.getLogger("uvicorn.error").addFilter(Seldom())
    logging.getLogger("asyncio").addFilter(Seldom())
