"""A warden's phone with the app on it: a real Chromium, and what is kept in it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import (
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    async_playwright,
    expect,
)

from gateway.engine.clock import MachineClock
from tests.waiting import until
from tests.web.test_in_a_browser import served
from tests.web.web_site import Console, console, new_store

PHONE: ViewportSize = {"width": 360, "height": 740}
WAIT_MS = 20_000
ARGS = ["--no-sandbox", "--disable-gpu"]

KEPT = """async () => {
  const t = await Kept.begin(["out", "refused", "pages", "key"]);
  const count = (name) => Kept.request(t.objectStore(name).count());
  const names = ["out", "refused", "pages", "key"];
  const counts = await Promise.all(names.map(count));
  return Object.fromEntries(names.map((name, n) => [name, counts[n]]));
}"""


async def launch(
    playwright: Playwright, chromium: str, folder: Path, language: str = "en"
) -> BrowserContext:
    """A browser that keeps what it has in a folder, as a phone does from day to day."""
    context = await playwright.chromium.launch_persistent_context(
        folder, executable_path=chromium, args=ARGS, viewport=PHONE, locale=language
    )
    context.set_default_timeout(WAIT_MS)
    return context


@contextlib.asynccontextmanager
async def phone(chromium: str, folder: Path, language: str = "en") -> AsyncIterator[BrowserContext]:
    """Such a browser, closed at the end."""
    async with async_playwright() as playwright:
        context = await launch(playwright, chromium, folder, language)
        yield context
        await context.close()


@contextlib.asynccontextmanager
async def at_hand(
    chromium: str, port: int, folder: Path, doors: int = 1, language: str = "en", **sections: Any
) -> AsyncIterator[tuple[Console, Page]]:
    """A site in which so many doors were sealed and opened, and a warden's phone that has its
    address and has opened nothing yet."""
    async with (
        console(new_store(folder), MachineClock(0), **sections) as site,
        served(site, port),
        phone(chromium, folder / "phone", language) as context,
    ):
        for number in range(doors):
            await site.seal(number)
        for number in range(doors):
            await site.opens(number)
        yield site, await context.new_page()


async def holds(page: Page, script: str, arg: object = None) -> None:
    """Wait until an async function answers with something true. (The browser's own waiting takes
    its promise for that.)"""
    await until(lambda: page.evaluate(script, arg), wait_s=WAIT_MS / 1_000)


async def is_ready(page: Page) -> None:
    """The app is installed in this browser, and its worker works."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")


async def has_kept(page: Page, path: str) -> None:
    """That page can be opened without a line."""
    await holds(page, "async (path) => (await Kept.page(path)) !== undefined", path)


async def open_and_keep(page: Page, port: int) -> None:
    """Her list is opened once with a line, and all that it leads to is kept."""
    await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
    await expect(page.locator("body.is-live")).to_be_visible(timeout=WAIT_MS)
    await is_ready(page)
    script = "Array.from(document.querySelectorAll('[data-path]'), (one) => one.dataset.path)"
    for path in ["/handheld/wang", *await page.evaluate(script)]:
        await has_kept(page, path)


async def kept(page: Page) -> dict[str, int]:
    """How much of each kind the phone keeps."""
    counts: dict[str, int] = await page.evaluate(KEPT)
    return counts


async def is_shown(page: Page, words: str) -> None:
    await expect(page.get_by_text(words).first).to_be_visible(timeout=WAIT_MS)


def complaints_of(page: Page) -> list[str]:
    """What the page's own scripts complain of from now on."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def reload(page: Page, **how: Any) -> None:
    await page.reload(wait_until="domcontentloaded", **how)
