"""A site in a real database, a few seals that speak the real wire, and a loop without a broker."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from gateway.core.actor import actor_of
from gateway.core.duration import HOUR_MS
from gateway.core.events import CaseAcknowledged, Event, OrderPlaced, SealBound
from gateway.core.model import Order
from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import Subject, of_door
from gateway.engine.clock import Clock
from gateway.engine.engine import Engine
from gateway.engine.pending import READ_EVERY_MS, PendingReader
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.notify.addressing import Addresses
from gateway.registry import load as registry
from gateway.store import pending, tables
from gateway.store.database import Store
from gateway.store.life import Life
from sealwire import advert, ccm, envelope, receipt, report, topics
from tests.door_rows import insert_doors
from tests.manual_clock import ManualClock
from tests.waiting import until

FOREVER_MS = 4_000_000_000_000

Around = Callable[[Connection], Iterator[None]]


def acknowledged(case_id: str, by: str) -> CaseAcknowledged:
    """Somebody takes a case, by an action of its own."""
    return CaseAcknowledged(case_id, actor_of(by), secrets.token_hex(8))


class HandSeal:
    """A seal whose every transmission is made by hand."""

    def __init__(self) -> None:
        self.seal_id = secrets.token_hex(8)
        self.key = secrets.token_bytes(32)
        self.epoch, self.counter = 1, 0
        self.seq = self.edges = 0

    @property
    def topic(self) -> str:
        return topics.report(self.seal_id)

    def edge(self, contact: int = report.OPEN, age_ms: int | None = 0) -> report.Report:
        """The next edge's report, not sent yet."""
        self.seq += 1
        self.edges += 1
        return report.Report(contact, report.EDGE, self.seq, self.edges, age_ms=age_ms)

    def tamper(self) -> report.Report:
        self.seq += 1
        return report.Report(report.SHUT, report.TAMPER, self.seq, self.edges, cover=True)

    def heartbeat(self, contact: int = report.SHUT) -> report.Report:
        return report.Report(contact, report.HEARTBEAT, 0, self.edges)

    def sealed(self, said: report.Report, key: bytes | None = None) -> bytes:
        """A fresh transmission of a report."""
        self.counter += 1
        cipher, raw_id = ccm.cipher(key or self.key), bytes.fromhex(self.seal_id)
        return envelope.seal_up(
            cipher, raw_id, envelope.UP, self.epoch, self.counter, report.pack(said)
        )

    def advertised(self, said: report.Report) -> bytes:
        """A fresh transmission of a report by air: its service data."""
        self.counter += 1
        cipher, raw_id = ccm.cipher(self.key), bytes.fromhex(self.seal_id)
        ids, numbers = advert.id_cipher(self.key), (self.epoch, self.counter)
        return advert.service_data(
            advert.seal_advert(cipher, ids, raw_id, *numbers, report.pack(said))
        )

    def receipted(self, topic: str, payload: bytes) -> int:
        """The number in a receipt that is ours."""
        return self.receipt_in(topic, payload).seq

    def receipt_in(self, topic: str, payload: bytes) -> receipt.Receipt:
        """A receipt that is ours."""
        assert topic == topics.receipt(self.seal_id)
        raw_id = bytes.fromhex(self.seal_id)
        direction, *_, plain = envelope.open_up(ccm.cipher(self.key), raw_id, payload)
        assert direction == envelope.DOWN
        return receipt.unpack(plain)


class Post:
    """What the loop sends out, in order: ("ack", token), ("receipt", topic, payload)."""

    def __init__(self) -> None:
        self.sent: list[tuple[object, ...]] = []

    def acknowledge(self, token: int) -> None:
        self.sent.append(("ack", token))

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append(("receipt", topic, payload))

    def tokens(self) -> list[object]:
        return [item[1] for item in self.sent if item[0] == "ack"]

    def receipts(self) -> list[tuple[str, bytes]]:
        return [(str(item[1]), item[2]) for item in self.sent if item[0] == "receipt"]  # type: ignore[misc]


def enrol(store: Store, seals: list[HandSeal], webhook: str = "", bound: bool = True) -> None:
    """Doors door-0, door-1 … in one grid with one warden, each sealed and under order."""
    channels = f'["webhook:{webhook}", "inbox"]' if webhook else '["inbox"]'
    doors = [{"door_id": f"door-{n}", "label": f"1-{n}", "grid_id": "g"} for n in range(len(seals))]
    pending_events: list[tuple[Subject, Event]] = []
    for n, seal in enumerate(seals if bound else []):
        order = Order(f"order-{n}", 0, FOREVER_MS)
        for event in (SealBound(seal.seal_id), OrderPlaced(order)):
            pending_events.append((of_door(f"door-{n}"), event))
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "Grid"})
        warden = {"warden_id": "wang", "name": "Wang", "grid_id": "g", "channels": channels}
        connection.execute(insert(tables.wardens), warden)
        if doors:
            insert_doors(connection, doors)
        for n, seal in enumerate(seals):
            row = {"seal_id": seal.seal_id, "key": seal.key, "enrolled_ms": 0}
            row["door_id"] = f"door-{n}" if bound else None
            connection.execute(insert(tables.seals), row)
        pending.leave(connection, pending_events)


def quiet(
    store: Store,
    rules: Rules | None = None,
    clock: Clock | None = None,
    life: Life | None = None,
) -> tuple[Engine, Post]:
    """An engine on the store that does not run yet; by a clock that stands still, if none is
    given."""
    with store.reading() as connection:
        known = registry.load(connection)
    site = CommittedSite(known, Rulebook(rules or Rules()))
    addresses = Addresses(known, "", "en")
    engine = Engine(store, site, Authenticator(), addresses, clock or ManualClock(), life)
    post = Post()
    engine.connect(post, [])
    return engine, post


@contextlib.asynccontextmanager
async def beating(
    store: Store,
    rules: Rules | None = None,
    clock: Clock | None = None,
    life: Life | None = None,
) -> AsyncIterator[tuple[Engine, Post]]:
    """An engine at work on the store, its pending events read. At the end it is cancelled in the
    middle of whatever it does."""
    engine, post = quiet(store, rules, clock, life)
    reader = PendingReader(store, engine)
    async with asyncio.TaskGroup() as group:  # an engine that dies takes its test with it
        tasks = [group.create_task(part) for part in (engine.run(), reader.run())]
        await until(lambda: not waiting_pending_events(store))
        await engine.idle()
        yield engine, post
        for task in tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def beating_at(
    store: Store, clock: Clock, rules: Rules | None = None
) -> AsyncIterator[Engine]:
    """As `beating`, by our clock, where nobody asks what goes out."""
    async with beating(store, rules, clock) as (engine, _):
        yield engine


@contextlib.asynccontextmanager
async def under_order(
    store: Store, seal: HandSeal, clock: ManualClock, lasts_ms: int = HOUR_MS
) -> AsyncIterator[tuple[Engine, Post]]:
    """As `beating`, with this one seal at door-0, whose order-0 ends so much later."""
    enrol(store, [seal])
    async with beating(store, clock=clock) as (engine, post):
        order = Order("order-0", 0, clock.now_ms() + lasts_ms)
        await engine.submit(of_door("door-0"), OrderPlaced(order))
        yield engine, post


async def reader_looks(engine: Engine) -> None:
    """The reader of pending events looks again, once it sleeps: time that passes while it still
    looks would not wake it."""
    assert isinstance(engine.clock, ManualClock)
    await engine.clock.until_asleep()
    engine.clock.advance(READ_EVERY_MS)


def waiting_pending_events(store: Store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(tables.pending_events.c.pending_id)).all())


def rows(store: Store, table: object) -> list[dict[str, Any]]:
    """Every row of a table, as dictionaries."""
    with store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]  # type: ignore[call-overload]


def new_store(folder: Path) -> Store:
    return Store.open(folder / "menshen.db")


def around_each_commit(store: Store) -> Callable[[Around], None]:
    """Decorates what happens around each commit of the gateway's writer: bad weather to order."""

    def put(around: Around) -> None:
        real = store.committing

        @contextlib.contextmanager
        def committing(connection: Connection) -> Iterator[None]:
            with contextlib.contextmanager(around)(connection), real(connection):
                yield

        store.committing = committing  # type: ignore[method-assign]

    return put
