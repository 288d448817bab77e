"""Delivery workers whose gateway dies at any moment: before a try, in it, after it went out and
before anybody noted that. Phones come and go meanwhile, are busy, or hang.

By the real outbox and engine, a clock that is moved by hand, and a channel that is the test's. In
each life of a printed seed (MENSHEN_SEED repeats one, MENSHEN_LIVES says how many) it must hold:

- every page goes out in the end, or is needed no more; none is given up, however long the gateway
  was off, while its phone comes back;
- what went out comes again once for each death at most, under the same id;
- whoever asked to be left alone for a while is, in whichever life, once that is noted.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.channels.channel import DeliveryError
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.evidence import Evidence
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.notify.delivery import DeliveryWorker
from gateway.notify.destination import GIVE_UP_MS
from gateway.store import outbox, tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from tests.engine.small_site import Post, quiet, rows
from tests.manual_clock import ManualClock
from tests.notify.at_work import entries, opens, site_of, tell
from tests.waiting import until

SEED = os.environ.get("MENSHEN_SEED")
LIVES = int(os.environ.get("MENSHEN_LIVES", "3"))
DOORS, ACTS, DEATH_ONE_IN = 6, 60, 8
TURNS = 20  # of the loop, in which whatever is not waited for happens
ADDRESSES = "http://a/", "http://b/", "http://c/"
MOODS = "up", "up", "up", "away", "hangs", "late", f"busy{10 * SECOND_MS}", f"busy{20 * MINUTE_MS}"
OFF_MS = 0, 0, 5 * SECOND_MS, 30 * MINUTE_MS, 8 * HOUR_MS, 30 * HOUR_MS
UNKNOWN = DeliveryError("no such host")


class Phones:
    """The other ends, and what became of each try. `mood`: of each address; up by default."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.mood: dict[str, str] = {}
        self.tries = 0
        self.taken: Counter[tuple[str, str]] = Counter()  # by address and sent_id
        # Before when it asked not to be tried, by address and entry.
        self.free_ms: dict[tuple[str, int], int] = {}
        self.early: list[tuple[int, int]] = []

    async def send(self, entry: Entry) -> Evidence:
        self.tries += 1
        now_ms, mood = self.clock.now_ms(), self.mood.get(entry.address, "up")
        if now_ms < self.free_ms.get((entry.address, entry.entry_id), 0):
            self.early.append((entry.entry_id, now_ms))
        if mood == "hangs":
            await asyncio.Event().wait()
        if mood == "away":
            raise UNKNOWN
        if mood.startswith("busy"):
            wait_ms = int(mood.removeprefix("busy"))
            self.free_ms[entry.address, entry.entry_id] = now_ms + wait_ms
            raise DeliveryError("busy", wait_ms=wait_ms)
        self.taken[entry.address, entry.sent_id] += 1
        self.forget(lambda address, _: address == entry.address)  # it takes pages again
        if mood == "late":  # it has the page, and its answer never comes
            await asyncio.Event().wait()
        return Evidence.ACCEPTED

    def forget(self, is_over: Callable[[str, int], bool]) -> None:
        """What was asked for no longer holds there."""
        asked = self.free_ms.items()
        self.free_ms = {key: at_ms for key, at_ms in asked if not is_over(*key)}

    async def close(self) -> None:
        """Nothing is open."""


class Site:
    """A gateway with its worker, in one life after the other."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.chance = store, random.Random(seed)  # noqa: S311 - a story, no secret
        self.clock = ManualClock()
        self.phones = Phones(self.clock)
        self.seals = site_of(store, DOORS, "webhook:http://a/", "webhook:http://b/", "inbox")
        tell(store, "li", "webhook:http://c/")
        self.deaths = 0

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Engine]:
        engine, _ = quiet(self.store, clock=self.clock)
        told = engine.attempted, engine.metrics, self.clock, engine.ended
        self.worker = worker = DeliveryWorker("webhook", self.phones, self.store, *told)
        engine.connect(Post(), [worker.offer])
        parts = engine.run(), PendingReader(self.store, engine).run(), worker.run()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
            await until(lambda: not rows(self.store, tables.pending_events))
            await engine.idle()
            yield engine
            for task in tasks:
                task.cancel()

    async def passes(self, engine: Engine, ms: int) -> None:
        """Time, in a few steps; whatever the loop comes to meanwhile happens."""
        for _ in range(4):
            self.clock.advance(max(ms // 4, 1))
            for _ in range(TURNS):
                await asyncio.sleep(0)
            await engine.idle()

    async def happens(self, engine: Engine) -> None:
        """A door opens, or a phone's mood changes; and some time passes."""
        if self.chance.random() < 0.5:
            opens(engine, self.chance.choice(self.seals))
        else:
            address = self.chance.choice(ADDRESSES)
            self.phones.mood[address] = self.chance.choice(MOODS)
        scale_ms = self.chance.choice([SECOND_MS, 20 * SECOND_MS, 6 * MINUTE_MS, HOUR_MS])
        await self.passes(engine, int(scale_ms * (0.1 + self.chance.random())))

    async def dies(self, stack: AsyncExitStack) -> Engine:
        """With whatever is under way; and nobody has a network when the power comes back. Then all
        phones are up for a while, so that none is away for longer than a page is tried."""
        await stack.aclose()
        self.deaths += 1
        waits_ms = {row["entry_id"]: row["next_ms"] for row in self.pages()}
        asked_ms = self.phones.free_ms  # but for what the gateway died before noting
        self.phones.forget(lambda where, number: waits_ms.get(number, 0) < asked_ms[where, number])
        self.phones.mood = dict.fromkeys(ADDRESSES, "away")
        self.clock.advance(self.chance.choice(OFF_MS))
        engine = await stack.enter_async_context(self.life())
        await self.passes(engine, 20 * SECOND_MS)
        self.phones.mood = {}
        return engine

    async def all_go_out(self) -> None:
        """Every phone is up, and nothing more happens but that time passes. Nobody answers, so new
        pages come for as long as it does: these are not waited for."""
        self.phones.mood.clear()
        latest = max(row["entry_id"] for row in self.pages())

        def is_over() -> bool:
            self.clock.advance(MINUTE_MS)
            waited = [row for row in self.pages() if row["entry_id"] <= latest]
            return all(row["done_ms"] or row["ended"] or row["gave_up"] for row in waited)

        await until(is_over)

    def is_tried(self, tries: int) -> bool:
        """Whether there was a try since so many, or there is nothing to try."""
        is_over = all(row["ended"] or row["gave_up"] for row in self.pages())
        return self.phones.tries > tries or is_over

    def pages(self) -> list[dict[str, Any]]:
        return entries(self.store, "webhook")


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
async def test_what_is_told_goes_out_whenever_the_gateway_dies(store: Store, number: int) -> None:
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    site = Site(store, seed)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(site.life())
        for _ in range(ACTS):
            if site.chance.random() < 1 / DEATH_ONE_IN:
                engine = await site.dies(stack)
            await site.happens(engine)
        engine = await site.dies(stack)  # else what hangs hangs for as long as it is let
        await site.all_go_out()
    pages = site.pages()
    assert pages
    assert [row for row in pages if row["gave_up"] and not row["ended"]] == []
    out = Counter((row["address"], row["sent_id"]) for row in pages if row["done_ms"])
    assert not out - site.phones.taken  # what is noted as out went out
    assert max(site.phones.taken.values()) <= 1 + site.deaths
    assert site.phones.early == []


async def test_a_page_of_before_a_long_power_cut_is_not_given_up_at_the_first_failing_try(
    store: Store,
) -> None:
    """The router takes longer to come back than the gateway."""
    site = Site(store, 1)
    async with site.life() as engine:
        site.phones.mood = dict.fromkeys(ADDRESSES, "away")
        opens(engine, site.seals[0])
        await site.passes(engine, 20 * SECOND_MS)
    site.clock.advance(GIVE_UP_MS + HOUR_MS)
    async with site.life() as engine:
        await site.passes(engine, MINUTE_MS)
        await site.all_go_out()
    assert [row["gave_up"] for row in site.pages()] == [False] * len(site.pages())
    assert len(site.phones.taken) >= 2


async def test_what_nobody_could_be_told_for_a_day_is_history_in_one_life_and_in_many(
    store: Store,
) -> None:
    site = Site(store, 2)
    site.phones.mood = dict.fromkeys(ADDRESSES, "away")
    async with site.life() as engine:
        opens(engine, site.seals[0])
        await site.passes(engine, GIVE_UP_MS - HOUR_MS)
        assert not any(row["gave_up"] for row in site.pages())
        await site.passes(engine, 3 * HOUR_MS)
        first = [row["entry_id"] for row in site.pages() if row["gave_up"]]
        assert first
        opens(engine, site.seals[1])
        await site.passes(engine, MINUTE_MS)
    old_ms = site.clock.now_ms()
    for _ in range(9):  # lives of ten minutes: none tries for as long as it should
        site.clock.advance(DAY_MS)
        tries = site.phones.tries
        async with site.life() as engine:
            await until(partial(site.is_tried, tries))
            await site.passes(engine, 10 * MINUTE_MS)
    assert [row for row in site.pages() if not (row["gave_up"] or row["made_ms"] > old_ms)] == []


async def test_who_is_told_again_on_a_later_step_is_told_whichever_life_comes_to_it(
    store: Store,
) -> None:
    """The outbox has a page once for each address. While it waits there, a later step tells the
    same person of it again; and the gateway dies before either has gone out."""
    site = Site(store, 3)
    site.phones.mood = dict.fromkeys(ADDRESSES, "away")
    async with site.life() as engine:
        opens(engine, site.seals[0])
        await site.passes(engine, 20 * SECOND_MS)
        first = [row["entry_id"] for row in site.pages()]
        with store.reading() as connection:
            waiting = outbox.undelivered(connection, "webhook", 0)
        again = [
            replace(entry, entry_id=entry.entry_id + 1_000, made_ms=site.clock.now_ms(), tries=0)
            for entry in waiting
            if isinstance(entry, Entry)
        ]
        assert again
        site.worker.offer(again)
        await site.passes(engine, MINUTE_MS)
    async with site.life() as engine:
        await site.all_go_out()
    assert [row["done_ms"] is not None for row in site.pages() if row["entry_id"] in first] == (
        [True] * len(first)
    )
