"""A household's page in a real browser: an old phone of 360 pixels, with script and without."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Request, async_playwright, expect

from gateway.core.events import OrderPlaced
from gateway.core.model import Order
from gateway.core.subject import of_door
from gateway.ending import holds
from gateway.registry import resident_codes
from gateway.store import household_views
from tests.web.households import new_code
from tests.web.test_in_a_browser import WAIT_MS, served
from tests.web.web_site import HOUR_MS, Console, acting_as, console, new_store

PAGES = (
    *("/r", "/r/home", "/r/announce", "/r/openings", "/r/looks", "/r/notice"),
    *("/r/ask", "/r/well", "/r/quiet"),
)
FIRST_LOAD_MAX = 60 * 1024
LETTERS_MIN_PX = 18.0
AAA = 7.0
# What the script of this test works out: each text's own letters, and their contrast.
LETTERS = """() => {
  const light = (rgb) => rgb.map((v) => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const colour = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (node) => { for (; node; node = node.parentElement) {
    const found = colour(getComputedStyle(node).backgroundColor);
    if (found.length === 3 || found[3] > 0) return found.slice(0, 3); } return [255, 255, 255]; };
  return [...document.querySelectorAll("body *")]
    .filter((node) => !node.matches(".hidden, .skip, script")
      && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
    .map((node) => { const style = getComputedStyle(node);
      const one = light(colour(style.color).slice(0, 3)), other = light(behind(node));
      return [node.textContent.trim().slice(0, 30), parseFloat(style.fontSize),
        (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]; });
}"""


@contextlib.asynccontextmanager
async def cheap_phone(
    chromium: str, language: str = "zh-CN", *, script: bool = False
) -> AsyncIterator[Page]:
    """A browser of 360 pixels. Whatever it complains of fails."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(
            viewport={"width": 360, "height": 740}, locale=language, java_script_enabled=script
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    assert complaints == []


@contextlib.asynccontextmanager
async def household(tmp_path: Path, port: int) -> AsyncIterator[Console]:
    """A console on a port, with one sealed household under an order."""
    async with console(new_store(tmp_path, 1)) as site, served(site, port):
        await site.seal(0)
        yield site


async def enters(page: Page, port: int, code: str) -> None:
    await page.goto(f"http://127.0.0.1:{port}/r")
    await types(page, code)
    await page.wait_for_url("**/r/home")


async def types(page: Page, code: str) -> None:
    """The code as it stands on the sheet, into the field that is open."""
    await page.locator("#code").fill(resident_codes.grouped(code))
    await page.locator("form#enter button").click()


class Words(NamedTuple):
    """What the story presses and reads."""

    now: str
    announced: str
    openings: str
    you_announced: str
    need: str
    rubbish: str
    steps: tuple[str, ...]  # how far the request is
    back: str
    wrong: str
    contest: str
    corrected: str
    closed: str
    over: str
    listed: str  # the heading of what is announced
    dead: str  # what a code says that a newer sheet has replaced
    held: str


WORDS = {
    "zh-CN": Words(
        *("现在，十分钟", "报备好了。", "我家的开门记录", "您报备过。"),
        *("送菜、收垃圾、送药、请医生", "收垃圾", ("有人在办", "已办完"), "回到首页"),
        *("记错了", "提出异议", "记录有误，已更正", "页面已关闭。", "您家的隔离已经结束。"),
        *("已报备", "没有这个码，或者已经换了新的一张。", "由曹敏负责：法院调取"),
    ),
    "en": Words(
        *("Now, for ten minutes", "It is announced.", "My openings", "You announced it."),
        *("Food, rubbish, medicine, a doctor", "Rubbish", ("Somebody sees to it", "Done")),
        *("Back to the first page", "This is wrong", "Contest it"),
        *("The record was wrong, and is corrected", "The page was closed."),
        "Your order has ended.",
        *("Announced", "No home has this code, or a newer sheet has taken its place."),
        "曹敏 answers for that: 法院调取",
    ),
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_without_script_a_household_walks_through_its_whole_order(
    chromium: str, port: int, tmp_path: Path, language: str
) -> None:
    words = WORDS[language]
    async with household(tmp_path, port) as site, cheap_phone(chromium, language) as page:
        code = new_code(site.store, "d0")
        await enters(page, port, code)
        await page.get_by_role("button", name=words.now).click()
        await expect(page.get_by_text(words.announced)).to_be_visible()
        announced = page.get_by_role("heading", name=words.listed, exact=True)
        await expect(announced).to_be_visible()
        for _ in range(2):  # the bag out, and back in: then it is spent
            await site.opens(0)
            await site.shuts(0)
            site.clock.advance(HOUR_MS // 60)  # type: ignore[attr-defined] # a manual one
            await site.engine.idle()
        await page.reload()
        await expect(announced).to_have_count(0)
        site.clock.advance(HOUR_MS // 60)  # type: ignore[attr-defined] # a manual one
        await site.engine.idle()
        await page.get_by_role("link", name=words.openings).click()
        await expect(page.get_by_text(words.you_announced).first).to_be_visible()
        await _asks_for_rubbish(site, page, words)
        await _contests(site, page, words)
        newer = new_code(site.store, "d0")
        await page.reload()
        await expect(page.get_by_text(words.closed)).to_be_visible()
        await types(page, code)
        await expect(page.get_by_text(words.dead)).to_be_visible()
        await enters(page, port, newer)
        until = site.clock.now_ms() + 24 * HOUR_MS
        with site.store.writing() as connection:
            holds.hold(connection, "o0", "曹敏", "法院调取", until, site.clock.now_ms())
        await page.reload()
        await expect(page.get_by_text(words.held)).to_be_visible()
        over = OrderPlaced(Order("o0", 0, site.clock.now_ms()))
        await site.engine.submit(of_door("d0"), over)
        await page.reload()
        await expect(page.get_by_text(words.over)).to_be_visible()
        await expect(page.get_by_text(words.held)).to_be_visible()
        assert await page.get_by_role("link", name=words.openings).count() == 0


async def _asks_for_rubbish(site: Console, page: Page, words: Words) -> None:
    """Asked for, taken and done by somebody, and seen by the household."""
    await page.get_by_role("link", name=words.back).click()
    await page.get_by_role("link", name=words.need).click()
    await page.get_by_role("button", name=words.rubbish).click()
    with site.store.reading() as connection:
        (request,) = household_views.requests_of(connection, "d0", 10)
    for deed, shown in zip(("take", "done"), words.steps, strict=True):
        done = await site.client.post(
            f"/api/v1/requests/{request.request_id}/{deed}", json={}, headers=acting_as("wang")
        )
        assert done.status_code == 200, done.text
        await page.goto(page.url.partition("?")[0])
        await expect(page.get_by_text(shown).first).to_be_visible()


async def _contests(site: Console, page: Page, words: Words) -> None:
    """A record is contested, and somebody who had no part in it finds it wrong."""
    for _ in range(2):  # until what came is taken in, and the page is not forgotten
        site.clock.advance(HOUR_MS * 16 // 60)  # type: ignore[attr-defined]
        await page.reload()
    await site.opens(0)
    await site.shuts(0)
    await page.reload()
    await page.get_by_role("link", name=words.openings).click()
    await page.get_by_role("link", name=words.wrong).first.click()
    await page.get_by_role("button", name=words.contest).click()
    with site.store.reading() as connection:
        (dispute,) = household_views.disputes_of(connection, "d0", 10)
    for deed, body in (("assign", {}), ("answer", {"is_upheld": True, "words": "风"})):
        done = await site.client.post(
            f"/api/v1/disputes/{dispute.dispute_id}/{deed}", json=body, headers=acting_as("li")
        )
        assert done.status_code == 200, done.text
    await page.get_by_role("link", name=words.openings).click()
    await expect(page.get_by_text(words.corrected)).to_be_visible()


async def test_a_scanned_link_types_its_own_code_and_keeps_it_out_of_the_address(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with household(tmp_path, port) as site, cheap_phone(chromium, script=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        code = new_code(site.store, "d0")
        await page.goto(f"http://127.0.0.1:{port}/r#{code}")
        await page.wait_for_url("**/r/home")
        await expect(page.get_by_text("封条正常。")).to_be_visible()
        assert not any(code in url for url in asked)
        await page.go_back()
        assert code not in page.url
        new_code(site.store, "d0")  # another sheet: this one is dead at once
        await page.goto(f"http://127.0.0.1:{port}/r/home")
        await expect(page.get_by_text("页面已关闭。")).to_be_visible()


async def test_old_eyes_cheap_phones_and_screen_readers(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with household(tmp_path, port) as site, cheap_phone(chromium, "en", script=True) as page:
        await site.permit(0)
        await site.opens(0)
        await site.shuts(0)
        came: list[Request] = []
        page.on("requestfinished", lambda one: came.append(one))
        await enters(page, port, new_code(site.store, "d0"))
        sizes = [await one.sizes() for one in came]
        total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
        assert total > 10_000, "it was counted"
        assert total <= FIRST_LOAD_MAX, total
        for path in PAGES:
            await page.goto(f"http://127.0.0.1:{port}{path}")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, (path, width)
            for text, size, contrast in await page.evaluate(LETTERS):
                assert size >= LETTERS_MIN_PX, (path, text, size)
                assert contrast >= AAA, (path, text, contrast)


def test_the_page_asks_for_nothing_but_its_own_small_files() -> None:
    folder = Path(__file__).parents[2] / "gateway" / "web" / "resident"
    css = (folder / "static" / "resident.css").read_text()
    assert "url(" not in css
    assert "@import" not in css
    for template in sorted((folder / "templates").glob("*.html")):
        text = template.read_text()
        assert not re.search(r"https?://|<iframe|onclick|style=", text), template
    sizes: Callable[[str], int] = lambda name: (folder / "static" / name).stat().st_size  # noqa: E731
    assert sizes("resident.css") + sizes("resident.js") < 8_192
