"""A day's work without a line, and the phone dies at many random (seeded) moments of it:
the server ends with each action once, in order, and dated right."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import psutil
from playwright.async_api import BrowserContext, Error, Page, async_playwright, expect
from sqlalchemy import select

from gateway.engine.clock import MachineClock
from gateway.store import tables
from tests.waiting import until
from tests.web.handheld_phone import (
    KEPT,
    WAIT_MS,
    holds,
    launch,
    open_and_keep,
)
from tests.web.test_in_a_browser import served
from tests.web.web_site import Console, console, first_case, new_store

DOORS = 18
KILLS = int(os.environ.get("PHONE_KILLS", "20"))  # a test run has time for so many
SEED = 20_261_129
AFTER_MS = 0, 60  # a press, the phone dies; a strict commit takes some ten
DATED_MS = 15_000  # by so much may a busy machine be late; a wrong day is minutes off
KINDS = ("on_the_way", "on_site", "report")
FEW = 12  # doors, of a shorter day
DEATHS_SENDING = 4
WHILE_SENDING_MS = 0, 120  # an action takes some fifteen
PASS = "(ms) => new Promise((ok) => setTimeout(ok, ms))"
PRESS = """async ([action, ms]) => {
  const form = document.querySelector(`#task form[data-action="${action}"]:not([hidden])`);
  if (!form) return false;
  const outcome = form.querySelector("[value=explained]");
  if (outcome) outcome.checked = true;
  form.querySelector("button").click();
  await new Promise((ok) => setTimeout(ok, ms));
  return true;
}"""
WAITING = "() => Outbox.waiting()"


class Handset:
    """A phone whose tab, renderer or whole browser may die; it is switched on again each time."""

    def __init__(self, playwright: Any, chromium: str, folder: Path) -> None:
        self._playwright, self._chromium, self._folder = playwright, chromium, folder
        self.context: BrowserContext | None = None
        self.page: Page | None = None

    async def on(self, address: str) -> Page:
        """A page of it, whatever died before."""
        if self.context is None:
            for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
                (self._folder / name).unlink(missing_ok=True)
            self.context = await launch(self._playwright, self._chromium, self._folder)
        if self.page is None:
            self.page = await self.context.new_page()
        if self.page.url != address:
            await self.page.goto(address, wait_until="load")
        await expect(self.page.locator("body.is-ready")).to_be_attached(timeout=WAIT_MS)
        return self.page

    async def dies(self, how: str) -> None:
        """Without a word of warning."""
        assert self.page is not None
        if how == "tab":
            await self.page.close()
        elif how == "renderer":
            session = await self.page.context.new_cdp_session(self.page)
            async with self.page.expect_event("crash"):
                crashing = asyncio.ensure_future(session.send("Page.crash"))  # never answered
            crashing.cancel()
            await self.page.close()
        else:
            await self._browser_dies()
        self.page = None

    async def _browser_dies(self) -> None:
        own = psutil.Process(os.getpid()).children(recursive=True)
        started = [one for one in own if str(self._folder) in " ".join(_command(one))]
        for process in started:
            with contextlib.suppress(psutil.Error):
                process.kill()
        await until(lambda: not any(_lives(one) for one in started))
        with contextlib.suppress(Error):
            assert self.context is not None
            await self.context.close()
        self.context = None


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        command: list[str] = process.cmdline()
        return command
    return []


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


@contextlib.asynccontextmanager
async def handset(chromium: str, folder: Path) -> AsyncIterator[Handset]:
    async with async_playwright() as playwright:
        one = Handset(playwright, chromium, folder)
        yield one
        if one.context is not None:
            await one.context.close()


async def work(
    one: Handset, port: int, chance: Random, doors: int = DOORS, kills: int = KILLS
) -> list[dict[str, Any]]:
    """She is on her way to each case, then there, and reports it; the phone dies within some of
    these presses, and who finds one not kept presses again. What waits on the phone in the end."""
    steps = [(number, action) for number in range(doors) for action in KINDS]
    deaths = set(chance.sample(range(len(steps)), kills))
    waiting: list[dict[str, Any]] = []
    for step, (number, action) in enumerate(steps):
        address = f"http://127.0.0.1:{port}/handheld/wang/cases/{first_case(number)}"
        if step in deaths:
            page = await one.on(address)
            await page.evaluate(PRESS, [action, chance.uniform(*AFTER_MS)])
            await one.dies(chance.choice(("tab", "renderer", "browser")))
        page = await one.on(address)
        found = await page.evaluate(WAITING)
        assert found[: len(waiting)] == waiting, "what was kept stays, in its order"
        if len(found) == len(waiting):
            assert await page.evaluate(PRESS, [action, 0])
            await holds(page, f"async () => (await ({WAITING})()).length > {len(waiting)}")
            found = await page.evaluate(WAITING)
        assert [(a["case_id"], a["action"]) for a in found[len(waiting) :]] == [
            (first_case(number), action)
        ]
        waiting = found
    return waiting


async def test_deaths_of_a_phone_lose_nothing_double_nothing_and_misdate_nothing(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path, doors=DOORS)
    async with handset(chromium, tmp_path / "phone") as one:
        async with console(store, MachineClock(0)) as site, served(site, port):
            for number in range(DOORS):
                await site.seal(number)
                await site.opens(number)
            page = await one.on(f"http://127.0.0.1:{port}/handheld/wang")
            await open_and_keep(page, port)
        waiting = await work(one, port, Random(SEED))  # noqa: S311 - repeatable on purpose
        assert len(waiting) == DOORS * len(KINDS)
        async with console(store, MachineClock(0)) as site, served(site, port):
            page = await one.on(f"http://127.0.0.1:{port}/handheld/wang")
            await holds(page, f"() => ({KEPT})().then((kept) => kept.out === 0)")
            assert await page.evaluate("() => Outbox.refused()") == []
            await check(site, waiting)


async def test_a_phone_that_dies_again_and_again_while_it_sends_tells_each_thing_once(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """What it sent and could not strike off is sent again, and is the same action."""
    store, chance = new_store(tmp_path, doors=FEW), Random(SEED)  # noqa: S311 - repeatable
    home = f"http://127.0.0.1:{port}/handheld/wang"
    async with handset(chromium, tmp_path / "phone") as one:
        async with console(store, MachineClock(0)) as site, served(site, port):
            for number in range(FEW):
                await site.seal(number)
                await site.opens(number)
            await open_and_keep(await one.on(home), port)
        waiting = await work(one, port, chance, FEW, 0)
        async with console(store, MachineClock(0)) as site, served(site, port):
            for _ in range(DEATHS_SENDING):
                page = await one.on(home)
                await page.evaluate(PASS, chance.uniform(*WHILE_SENDING_MS))
                await one.dies(chance.choice(("tab", "renderer", "browser")))
            page = await one.on(home)
            await holds(page, f"() => ({KEPT})().then((kept) => kept.out === 0)")
            assert await page.evaluate("() => Outbox.refused()") == []
            await check(site, waiting)


async def check(site: Console, waiting: list[dict[str, Any]]) -> None:
    """What the server has of it."""
    with site.store.reading() as connection:
        query = select(tables.journal.c.body).order_by(tables.journal.c.journal_id)
        events = [json.loads(body) for (body,) in connection.execute(query)]
        cases = {
            case["case_id"]: case
            for case in (await site.client.get("/api/v1/cases?limit=100")).json()["in_review"]
        }
    ids = [event["action_id"] for event in events if "action_id" in event]
    # What was sent again is journaled again, and did nothing: it is the same action.
    assert list(dict.fromkeys(ids)) == [action["id"] for action in waiting]
    done = dict(zip(KINDS, ("on_the_way", "on_site", "reported"), strict=True))
    for action in waiting:
        case = cases[action["case_id"]]
        assert abs(case[f"{done[action['action']]}_ms"] - action["at"]) < DATED_MS
        assert case["outcome"] == "explained"
