"""From the outbox to a real HTTP server: at least once, under one page id, done only afterwards."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from gateway.channels import kinds
from gateway.core.cases.number import case_number
from gateway.core.rules import Rulebook
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.notify import destination
from gateway.notify.addressing import Addresses
from gateway.notify.delivery import DeliveryWorker
from gateway.registry import load as registry
from gateway.settings import Settings
from gateway.settings.sections import Webhook
from gateway.store import tables
from gateway.store.database import Store
from tests.engine.small_site import HandSeal, Post, beating_at, enrol, rows
from tests.manual_clock import ManualClock
from tests.waiting import until

SECRET = "not-for-others"


class Receiver:
    """A warden's webhook that can be told how to answer."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []  # then 200

    async def post(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.append(await request.json())
        return web.Response(status=status)

    @contextlib.asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/hook", self.post)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://127.0.0.1:{port}/hook"
        finally:
            await runner.cleanup()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination, "PROBES_MS", ((10**9, 50),))
    monkeypatch.setattr(destination, "PERMANENT_MS", 50)


@contextlib.asynccontextmanager
async def gateway(store: Store, site_url: str = "") -> AsyncIterator[Engine]:
    """A loop with its delivery workers, no broker."""
    with store.reading() as connection:
        known = registry.load(connection)
    addresses = Addresses(known, site_url, "en")
    settings = Settings(webhook=Webhook(url=site_url, token=SECRET))
    engine = Engine(store, CommittedSite(known, Rulebook()), Authenticator(), addresses)
    workers = [
        DeliveryWorker(
            kind, channel, store, engine.attempted, engine.metrics, engine.clock, engine.ended
        )
        for kind, channel in kinds.opened(settings)
    ]
    engine.connect(Post(), [worker.offer for worker in workers])
    async with asyncio.TaskGroup() as group:
        pending = PendingReader(store, engine)
        parts = [engine.run(), pending.run(), *(worker.run() for worker in workers)]
        tasks = [group.create_task(part) for part in parts]
        yield engine
        for task in tasks:
            task.cancel()


def webhook_rows(store: Store) -> list[dict[str, Any]]:
    return [row for row in rows(store, tables.outbox) if row["channel"] == "webhook"]


def is_done(store: Store) -> bool:
    entries = webhook_rows(store)
    return bool(entries) and all(row["done_ms"] for row in entries)


async def open_door(engine: Engine, store: Store, seal: HandSeal) -> None:
    await until(lambda: not rows(store, tables.pending_events))
    engine.receive(seal.topic, seal.sealed(seal.edge()), 1)


async def test_a_page_goes_out_and_is_done_only_then(store: Store, free_port: Any) -> None:
    seal, receiver = HandSeal(), Receiver()
    async with receiver.open(free_port()) as url:
        enrol(store, [seal], webhook=url)
        async with gateway(store) as engine:
            await open_door(engine, store, seal)
            await until(lambda: is_done(store))
    (page,) = receiver.taken
    assert page["page_id"] == webhook_rows(store)[0]["sent_id"]
    assert (page["reason"], page["try"]) == ("no_permit", 1)
    assert receiver.headers[0]["Idempotency-Key"] == page["page_id"]
    assert "Authorization" not in receiver.headers[0]  # the token is for the site's own address


async def test_a_page_goes_out_at_once_though_the_machine_was_set_back_by_an_hour(
    store: Store, free_port: Any
) -> None:
    seal, receiver = HandSeal(), Receiver()
    async with receiver.open(free_port()) as url:
        enrol(store, [seal], webhook=url)
        ahead_ms = time.time_ns() // 1_000_000 + 3_600_000
        async with beating_at(store, ManualClock(ahead_ms)):
            pass  # it took its pending events, and wrote when that was
        async with gateway(store) as engine:
            engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
            await until(lambda: is_done(store))
    assert len(receiver.taken) == 1
    (case,) = rows(store, tables.cases)
    assert case["since_ms"] >= ahead_ms, "what was written is before what comes after"


async def test_nothing_identifying_leaves_the_house(store: Store, free_port: Any) -> None:
    seal, receiver = HandSeal(), Receiver()
    async with receiver.open(free_port()) as url:
        enrol(store, [seal])
        async with gateway(store, site_url=url) as engine:
            await open_door(engine, store, seal)
            await until(lambda: is_done(store))
    assert receiver.headers[0]["Authorization"] == f"Bearer {SECRET}"
    said = str(receiver.taken[0]).replace(case_number(rows(store, tables.cases)[0]["case_id"]), "")
    for identity in ("1-0", "door-0", "Wang", "wang", "Grid", seal.seal_id, seal.seal_id[-4:]):
        assert identity not in said


@pytest.mark.parametrize("status", [500, 503, 429, 404, 302])
async def test_a_refused_page_is_tried_again_under_the_same_id(
    status: int, store: Store, free_port: Any
) -> None:
    seal, receiver = HandSeal(), Receiver()
    receiver.answers = [status, status]
    async with receiver.open(free_port()) as url:
        enrol(store, [seal], webhook=url)
        async with gateway(store) as engine:
            await open_door(engine, store, seal)
            await until(lambda: is_done(store))
    assert len({headers["Idempotency-Key"] for headers in receiver.headers}) == 1
    assert [page["try"] for page in receiver.taken] == [3]
    assert webhook_rows(store)[0]["tries"] == 3


async def test_what_an_earlier_life_could_not_deliver_goes_out_after_the_restart(
    store: Store, free_port: Any, caplog: pytest.LogCaptureFixture
) -> None:
    seals, port = [HandSeal() for _ in range(5)], free_port()
    enrol(store, seals, webhook=f"http://127.0.0.1:{port}/hook?key={SECRET}")
    async with gateway(store) as engine:
        for seal in seals:
            await open_door(engine, store, seal)
        await until(lambda: [bool(row["tries"]) for row in webhook_rows(store)] == [True] * 5)
        assert engine.health().outbox_due == 5
    receiver = Receiver()
    async with receiver.open(port), gateway(store) as engine:
        await until(lambda: is_done(store))
        assert engine.health().outbox_due == 0
    sent_ids = {row["page_id"]: row["sent_id"] for row in webhook_rows(store)}
    assert sent_ids.keys() == {f"{seal.seal_id}-1" for seal in seals}
    assert {page["page_id"] for page in receiver.taken} == set(sent_ids.values())
    assert SECRET not in caplog.text  # addresses may hold secrets; the log names the host alone
    assert "127.0.0.1 cannot be reached" in caplog.text


async def test_a_channel_that_hangs_does_not_delay_another(store: Store, free_port: Any) -> None:
    """A task a channel: an address that Apprise does not know never stops the webhook."""
    seals, receiver = [HandSeal() for _ in range(3)], Receiver()
    async with receiver.open(free_port()) as url:
        enrol(store, seals, webhook=url)
        with store.writing() as connection:
            other = {"warden_id": "li", "name": "Li", "grid_id": "g"}
            other["channels"] = '["apprise:nonsense"]'
            connection.execute(tables.wardens.insert(), other)
        async with gateway(store) as engine:
            for seal in seals:
                await open_door(engine, store, seal)
            await until(lambda: is_done(store))
            await until(lambda: any(row["error"] for row in rows(store, tables.outbox)), wait_s=30)
    failed = [row for row in rows(store, tables.outbox) if row["channel"] == "apprise"]
    assert {row["done_ms"] for row in failed} == {None}
    assert "no address that Apprise knows" in str([row["error"] for row in failed])


async def test_a_page_goes_through_apprise(store: Store, free_port: Any) -> None:
    seal, receiver = HandSeal(), Receiver()
    async with receiver.open(free_port()) as url:
        enrol(store, [seal])
        address = "apprise:" + url.replace("http://", "json://")
        with store.writing() as connection:
            connection.execute(tables.wardens.update().values(channels=f'["{address}"]'))
        async with gateway(store) as engine:
            await open_door(engine, store, seal)
            await until(lambda: receiver.taken != [], wait_s=30)
            await until(lambda: rows(store, tables.outbox)[0]["done_ms"])
    said = receiver.taken[0]
    assert said["title"]
    assert said["message"]
    text = str(said).replace(case_number(rows(store, tables.cases)[0]["case_id"]), "")
    for identity in ("1-0", "door-0", "Wang", "wang", "Grid"):
        assert identity not in text
