"""The fuse box: builds every part, wires them, runs them in one task group. Nothing clever here.

The console is imported last and in a thread, so that after a crash the gateway takes reports and
pages people before anybody can open a page.
"""

import asyncio
import contextlib
import fcntl
import logging
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from sqlalchemy import insert

from gateway.channels import kinds
from gateway.core.reasons import Reason
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.ingest.mqtt import Broker
from gateway.notify.addressing import Addresses
from gateway.notify.delivery import DeliveryWorker
from gateway.registry import load as registry
from gateway.settings import Settings
from gateway.store import states, tables
from gateway.store.database import STORED_FORMAT, Store, StoreError

log = logging.getLogger("menshen")

# A thread that draws a page gives way so soon (Python's own is 5 ms). A page to a warden takes some
# thirty turns: every system call hands the turn on.
TURN_S = 0.00002


class AlreadyRunningError(Exception):
    """Another gateway has this database. The text is a sentence for the person in charge."""


async def serve(settings: Settings) -> None:
    """Run the gateway until SIGTERM or SIGINT. StoreError and AlreadyRunningError before that."""
    sys.setswitchinterval(TURN_S)
    with alone(settings.store.path):
        store = Store.open(settings.store.path)
        try:
            await _run_parts(settings, store)
        finally:
            store.close()


async def _run_parts(settings: Settings, store: Store) -> None:
    gateway_id = own_id(store)
    with store.reading() as connection:
        known = registry.load(connection)
    addresses = Addresses(known, settings.webhook.url, settings.site.language)
    engine = Engine(store, CommittedSite(known, settings.rulebook), Authenticator(), addresses)
    broker = Broker(settings.broker, gateway_id, engine.receive, engine.metrics)
    workers = [
        DeliveryWorker(
            kind,
            channel,
            store,
            engine.attempted,
            engine.metrics,
            engine.clock,
            engine.ended,
            partial(engine.trouble, Reason.CHANNEL_FAILING),
        )
        for kind, channel in kinds.opened(settings)
    ]
    engine.connect(broker, [worker.offer for worker in workers])
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    pending = PendingReader(store, engine)
    while await pending.take():
        pass
    parts = [engine.run(), broker.run(), pending.run(), *(worker.run() for worker in workers)]
    parts.append(_serve_console(settings, store, engine))
    if settings.influx.url:
        parts.append(_write_history(settings, store, engine, gateway_id))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        log.info("the gateway of %s is up", settings.site.name)
        await stopped.wait()
        log.info("stopping")
        for task in tasks:
            task.cancel()


async def _serve_console(settings: Settings, store: Store, engine: Engine) -> None:
    serve_console = await asyncio.to_thread(_import_console)
    await serve_console(settings, store, engine)


def _import_console():  # type: ignore[no-untyped-def]
    from gateway.web.server import serve_console

    return serve_console


async def _write_history(settings: Settings, store: Store, engine: Engine, gateway_id: str) -> None:
    """History for charts. A bug in it is told loudly, but never stops a page."""
    history = await asyncio.to_thread(_import_history)
    try:
        await history(settings.influx, store, engine.health, gateway_id).run()
    except Exception:
        log.exception("no more history is written until the next start; pages go on")


def _import_history():  # type: ignore[no-untyped-def]
    from gateway.feeds.influx_history import History

    return History


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the database's lock file, for a second gateway would corrupt what it believes."""
    lock = path.with_name(path.name + ".lock")
    handle: IO[str]
    try:
        handle = lock.open("w")
    except OSError as error:
        raise StoreError(f"cannot make {lock}: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(
                f"a gateway is running with {path} already; stop it first, or give this one "
                "a store.path of its own"
            ) from None
        yield


def own_id(store: Store) -> str:
    """The random id of this gateway, made at its first start."""
    with store.reading() as connection:
        known = states.site_id(connection)
    if known is None:
        known = secrets.token_hex(8)
        with store.writing() as connection:
            connection.execute(
                insert(tables.site),
                {
                    "site_id": known,
                    "made_ms": time.time_ns() // 1_000_000,
                    "stored_format": STORED_FORMAT,
                },
            )
    return known
