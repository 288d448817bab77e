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
from fastapi import FastAPI

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
from gateway.web.entrance import Entrance
from gateway.web.limits import connections_max
from gateway.web.seldom import Seldom
from gateway.web.tls import Certificate, small_read_buffers

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
    """Serve until `stopped`; then nothing is left open after STOP_S. CertificateError if the
    settings name a certificate that cannot be used."""
    certificate = Certificate(*settings.console.pair) if settings.console.pair else None
    app = build(settings, store, gateway)
    # What has been imported and built stays to the end; the collector need not look at it again.
    gc.collect()
    gc.freeze()
    connections = Connections(
        app.state.figures, Clients(settings.console.proxies), connections_max()
    )
    config = _config(app, connections)
    server = _Guest(config)
    serving = asyncio.ensure_future(server.serve([] if certificate else [listener]))
    beside: list[asyncio.Future[None]] = []
    if certificate is not None:
        beside = _with_tls(certificate, server, listener, connections)
    ending = asyncio.ensure_future(stopped.wait())
    all_of_it: list[asyncio.Future[Any]] = [serving, ending, *beside]
    await asyncio.wait(all_of_it, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    for part in beside:
        part.cancel()
    server.should_exit = True  # closes the socket and what is idle
    app.state.topics.close()
    done, _ = await asyncio.wait({serving}, timeout=STOP_S)
    if not done:
        server.force_exit = True
        for connection in list(server.server_state.connections):
            connection.transport.abort()
    await serving
    for part in beside:
        with contextlib.suppress(asyncio.CancelledError):
            await part  # what failed there is ours, and ends the console loudly


def _with_tls(
    certificate: Certificate,
    server: uvicorn.Server,
    listener: socket.socket,
    connections: Connections,
) -> list[asyncio.Future[None]]:
    """What runs beside a server that speaks HTTPS: who takes in, and who renews."""
    small_read_buffers()
    make = _protocol(connections)
    entrance = Entrance(
        listener,
        certificate.context,
        connections,
        lambda: make(config=server.config, server_state=server.server_state, app_state={}),
    )
    return [asyncio.ensure_future(part) for part in (entrance.run(BACKLOG), certificate.watch())]


def _config(app: FastAPI, connections: Connections) -> uvicorn.Config:
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
    config.load()
    return config


def _protocol(connections: Connections) -> Any:
    def make(**uvicorn_own: Any) -> Connection:
        return Connection(connections, **uvicorn_own)

    return make


def _quiet_log(loop: asyncio.AbstractEventLoop) -> None:
    """Let no stranger fill the log."""
    logging.getLogger("uvicorn.error").addFilter(Seldom())
    logging.getLogger("asyncio").addFilter(Seldom())
