"""The fuse box: builds every part, wires them, runs them in one task group. Nothing clever here.

The console is a process of its own (`link`), so that no page that anybody looks at can slow one
that somebody must get; the gateway goes on without it.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Coroutine
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.accounts.audit_ending import AuditEnding
from gateway.accounts.file import AccountsFile
from gateway.core.cases import troubles
from gateway.core.model import Path as Way
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.ending import household_ending
from gateway.engine.attendance import Attendance
from gateway.engine.clock import MachineClock
from gateway.engine.clock_watch import ClockWatch
from gateway.engine.engine import Engine
from gateway.engine.marker_keeper import MarkerKeeper
from gateway.engine.path_watch import PathWatch, nobody_by_air
from gateway.engine.pending import PendingReader
from gateway.engine.self_watch import self_watch_of
from gateway.engine.state import CommittedSite
from gateway.feeds import history_ending
from gateway.feeds.event_feed import EventFeed
from gateway.feeds.ping import Pinger
from gateway.ingest import twin
from gateway.ingest.advert_ids import AdvertIds
from gateway.ingest.authenticate import Authenticator
from gateway.ingest.contact_broker import contacts_of, hear
from gateway.ingest.contacts import Contacts
from gateway.ingest.mqtt import Broker
from gateway.language.catalogue import LANGUAGE_NAMES, translations
from gateway.link.console_process import ConsoleProcess
from gateway.link.server import LinkServer
from gateway.link.service_manager import STOPS, UP, ServiceManager
from gateway.notify.addressing import Addresses
from gateway.notify.connecting import connect, watch_addresses
from gateway.photos.ending import PhotoEnding
from gateway.photos.folder import PhotoFolder
from gateway.registry import load as registry
from gateway.registry import site_key
from gateway.registry.certificates import Certifier
from gateway.settings import Settings
from gateway.store import giving_back, journal, life, marker, seal_paths, views
from gateway.store.database import Store, StoreError, need_none_before
from gateway.store.key_watch import KeyWatch
from gateway.store.one_gateway import alone
from gateway.store.retention import Limits, Retention
from gateway.updates.server import UpdateServer

log = logging.getLogger("menshen")

# A thread that loads a registry or sends by a library gives way so soon (Python's own is 5 ms). A
# page to a warden takes some thirty turns: every system call hands the turn on.
TURN_S = 0.00002
LABELS_MAX = 1_000_000  # doors
GARBAGE_AT = 10_000  # new objects, between two looks of the collector


async def serve(settings: Settings, config: Path) -> None:
    """Run the gateway until SIGTERM or SIGINT. StoreError and AlreadyRunningError before that.

    Args:
        settings: what holds here.
        config: the file in which they stand, for the console to read.
    """
    sys.setswitchinterval(TURN_S)
    manager = ServiceManager.of(os.environ)
    place = settings.store.place
    need_none_before(*place)
    with alone(settings.store.path):
        store = Store.open(*place)
        try:
            _compact(settings.store.path)
            markers = marker.places(*place)
            with closing(life.begin(store, markers)) as alive:
                if alive.is_copy:
                    log.warning("an older copy of the database was put back; its memory ends there")
                keys = KeyWatch(store, settings.keys.second)
                keys.begin()
                keeper = MarkerKeeper(alive, markers)
                await _run_parts(settings, config, store, alive, keeper, manager, keys)
                keeper.write(is_stopped=True)
        finally:
            store.close()


def _compact(database: Path) -> None:
    """A database of an older release is written anew once. What hinders it hinders no start."""
    try:
        giving_back.once(database)
    except (StoreError, OSError) as error:
        log.warning("free pages of the database stay as they are: %s", error)


async def _run_parts(
    settings: Settings,
    config: Path,
    store: Store,
    alive: life.Life,
    keeper: MarkerKeeper,
    manager: ServiceManager,
    keys: KeyWatch,
) -> None:
    gateway_id = alive.site_id
    with store.reading() as connection:
        known = registry.load(connection)
        clock = MachineClock(journal.newest(connection)[1], known.doubt)
    has_texts = bool(settings.household.sms_url)
    addresses = Addresses(known, settings.webhook.url, settings.site.language, has_texts)
    certifier = Certifier(gateway_id, _site_key(settings))
    site = CommittedSite(known, settings.rulebook, certifier)
    engine = Engine(store, site, Authenticator(), addresses, clock, life=alive)
    name = twin.Name(alive.began_ms, alive.life)
    twins = troubles.present(site.troubles, Reason.TWIN)
    watch_twin = twin.TwinWatch(name, partial(engine.trouble, Reason.TWIN), twins)
    broker = Broker(settings.broker, gateway_id, engine.receive, engine.metrics, watch_twin)
    broker.on_connecting = engine.connecting
    workers = connect(engine, broker, store, settings)
    watch_addresses(engine, addresses)
    contacts = contacts_of(engine, settings.contacts, watch_twin)
    attendance = _attendance(store, engine)
    by_air = _by_air(engine, store, settings, watch_twin, contacts, attendance)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    pending = PendingReader(store, engine)
    watch = ClockWatch(engine, clock)
    watch.look()
    while await pending.take():
        pass
    self_watch = self_watch_of(engine, settings)
    parts = [engine.run(), broker.run(), pending.run(), watch.run()]
    parts += [worker.run() for worker in workers]
    parts += [self_watch.run(), keeper.run(engine.clock), manager.watch(engine)]
    parts += [beside_pages(part, "nothing is heard by Bluetooth") for part in by_air]
    if settings.contacts.host:
        heard = hear(engine, settings.contacts, contacts, gateway_id)
        parts.append(beside_pages(heard, "no contact of another maker is heard"))
    parts += _destroys(settings, store, engine, keys)
    updates = _updates(engine, broker, store, attendance)
    beside = [
        (updates.run(), "no seal takes an update"),
        (attendance.run(), "how long was listened is forgotten"),
        (_keep_console(engine, settings, config), "nobody sees any page"),
        (_retain(settings, store, engine), "the database grows"),
    ]
    parts += [beside_pages(*part) for part in beside]
    parts += _feeds(settings, store, engine, gateway_id)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        log.info("the gateway of %s is up", settings.site.name)
        manager.tell(UP)
        await _settle_memory()
        await stopped.wait()
        log.info("stopping")
        manager.tell(STOPS)
        for task in tasks:
            task.cancel()


def _destroys(
    settings: Settings, store: Store, engine: Engine, keys: KeyWatch
) -> list[Coroutine[Any, Any, None]]:
    """What sees to it that everything ends on time."""
    now_ms = engine.clock.now_ms
    folder = PhotoFolder(store.path)
    photos_ended = PhotoEnding(store, folder, engine.submit, now_ms)
    points = history_ending.seals_points(settings.influx)
    ended = household_ending.of_site(settings, store, engine.submit, now_ms, points)
    return [
        beside_pages(photos_ended.run(), "no more photos and telephones are destroyed"),
        beside_pages(keys.run(), "keys owed to destruction stay"),
        beside_pages(ended.run(), "nothing that is over is destroyed"),
    ]


def _site_key(settings: Settings) -> Ed25519PrivateKey:
    """The key by which this site signs. StoreError where it cannot be had."""
    path = site_key.place(settings.store.path)
    try:
        return site_key.load_or_make(path)
    except site_key.SiteKeyError as error:
        raise StoreError(str(error)) from error
    except OSError as error:
        raise StoreError(f"the site's key {path} cannot be had: {error.strerror}") from error


def _attendance(store: Store, engine: Engine) -> Attendance:
    """How long the gateway listens, on the way that every site has."""
    attendance = Attendance(store, engine.clock)
    attendance.listens[Way.NETWORK] = lambda: engine.metrics.broker_connected
    engine.on_clock_set.append(attendance.moved)
    return attendance


def _updates(engine: Engine, broker: Broker, store: Store, attendance: Attendance) -> UpdateServer:
    """What gives seals their updates, at the broker's topic for them."""

    def key_of(seal_id: str) -> bytes | None:
        row = engine.state.registry.seals.get(seal_id)
        return None if row is None else row.key

    def mark_of(seal_id: str) -> tuple[int, int]:
        window = engine.state.windows.get(seal_id, ReplayWindow())
        return window.epoch, window.counter

    listened_ms = partial(attendance.listened_ms, Way.NETWORK)
    now_ms = engine.clock.now_ms
    server = UpdateServer(store, key_of, mark_of, broker.publish, now_ms, listened_ms)
    broker.on_update = server.receive
    engine.on_clock_set.append(server.moved)
    return server


def _by_air(
    engine: Engine,
    store: Store,
    settings: Settings,
    other: twin.TwinWatch,
    contacts: Contacts,
    attendance: Attendance,
) -> list[Coroutine[Any, Any, None]]:
    """The second path, and the watch over both. Nothing where no seal ever spoke by air and nobody
    is to listen; without a receiver, seals that did are told to beat over the network."""
    with store.reading() as connection:
        heard = seal_paths.heard(connection)
    if not settings.ble.enabled:
        if heard:
            return [PathWatch(engine, heard, False, attendance).run()]
        nobody_by_air(engine)
        return []
    ids = AdvertIds()
    watch = PathWatch(engine, heard, attendance=attendance)

    def received(topic: str, payload: bytes, signal_dbm: int | None) -> bool:
        # Where another gateway has our id, it is the other's, as what the broker brings is.
        return not other.gives_way and engine.receive(
            topic, payload, 0, by_air=True, signal_dbm=signal_dbm
        )

    async def listen() -> None:
        receiver = await asyncio.to_thread(_import_receiver)  # read only where it is wanted
        known, windows = engine.state.registry.seals, dict(engine.state.windows)
        await asyncio.to_thread(ids.know, known, windows)  # seconds, where there are thousands
        engine.on_known.append(lambda news: ids.know(news.seals, engine.state.windows))
        engine.on_heard.append(lambda risen, _: ids.rose(risen))
        ids.know(engine.state.registry.seals, engine.state.windows)
        ids.rose(engine.state.windows)
        watch.stretch = ids.stretch
        others = contacts.heard_by_air if contacts.is_on_air else None
        await receiver(settings.ble, ids, received, watch.receiver, others=others).run()

    return [watch.run(), listen()]


def _import_receiver():  # type: ignore[no-untyped-def]
    from gateway.ingest.ble import Receiver

    return Receiver


async def _tell_home_assistant(
    settings: Settings, store: Store, engine: Engine, site_id: str
) -> None:
    """What another system of the site may know of its doors."""
    from gateway.feeds.discovery import Topics
    from gateway.feeds.home_assistant import HomeAssistantFeed

    def labels() -> dict[str, str]:
        with store.reading() as connection:
            return {row.door_id: row.label for row in views.doors(connection, LABELS_MAX)}

    secret = await asyncio.to_thread(lambda: _site_key(settings).private_bytes_raw())
    await HomeAssistantFeed(
        settings.home_assistant,
        Topics(settings.home_assistant.prefix, site_id),
        secret,
        lambda: engine.state.doors,
        lambda: engine.state.rulebook,
        engine.broadcast,
        engine.clock.now_ms,
        labels,
    ).run()


async def _retain(settings: Settings, store: Store, engine: Engine) -> None:
    """What is old leaves the database."""
    kept, now_ms = settings.retention, engine.clock.now_ms
    accounts = AccountsFile(*settings.store.place)
    async with asyncio.TaskGroup() as group:
        group.create_task(Retention(store, _limits(settings), now_ms).run())
        group.create_task(AuditEnding(accounts, store, kept.audit_months, now_ms).run())


def _limits(settings: Settings) -> Limits:
    """How long what is kept in the database."""
    return Limits(**settings.retention.model_dump(exclude={"audit_months"}))


async def _settle_memory() -> None:
    """Nobody's page waits for its language to be read. What the site is made of stays to the end:
    the collector need not look at it again, and what a report leaves is mostly freed without it."""
    for language in LANGUAGE_NAMES:
        await asyncio.to_thread(translations, language)
    gc.freeze()
    gc.set_threshold(GARBAGE_AT)


async def beside_pages(work: Awaitable[object], lost: str) -> None:
    """Do what no page hangs on. A bug in it is told loudly, and never stops a page.

    Args:
        work: what is to be done until it is cancelled.
        lost: what nobody has after a bug in it, for the log.
    """
    try:
        await work
    except Exception:
        log.exception("%s until the next start; pages to people go on", lost)


async def _keep_console(engine: Engine, settings: Settings, config: Path) -> None:
    """The console, and the link to it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(LinkServer(engine, settings.store.path).run())
        group.create_task(ConsoleProcess(config).run())


def _feeds(
    settings: Settings, store: Store, engine: Engine, gateway_id: str
) -> list[Coroutine[Any, Any, None]]:
    """What tells other programs: of cases, that all is well, the history, and the doors."""
    feed = EventFeed(settings, store, gateway_id, engine.clock.now_ms)
    parts = [beside_pages(feed.run(), "no more events are posted")]
    if settings.ping.url:
        pinger = Pinger(settings.ping, engine)
        parts.append(beside_pages(pinger.run(), "nobody is told any more that all is well"))
    if settings.influx.url:
        history = _write_history(settings, store, engine, gateway_id)
        parts.append(beside_pages(history, "no more history is written"))
    if settings.home_assistant.host:
        told = _tell_home_assistant(settings, store, engine, gateway_id)
        parts.append(beside_pages(told, "Home Assistant is told nothing more"))
    return parts


async def _write_history(settings: Settings, store: Store, engine: Engine, gateway_id: str) -> None:
    """History for charts."""
    history = await asyncio.to_thread(_import_history)
    of_site = settings.influx, store, engine.health, gateway_id
    await history(*of_site, limits=_limits(settings)).run()


def _import_history():  # type: ignore[no-untyped-def]
    from gateway.feeds.influx_history import History

    return History
