"""A warden's phone with the app on it: a real Chromium, and what is kept in it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright, expect

PHONE = {"width": 360, "height": 740}
WAIT_MS = 20_000
ARGS = ["--no-sandbox", "--disable-gpu"]

KEPT = """async () => {
  const t = await Kept.begin(["out", "refused", "pages", "key"]);
  const count = (name) => Kept.request(t.objectStore(name).count());
  const names = ["out", "refused", "pages", "key"];
  const counts = await Promise.all(names.map(count));
  return Object.fromEntries(names.map((name, n) => [name, counts[n]]));
}"""


@contextlib.asynccontextmanager
async def phone(
    chromium: str, folder: Path, language: str = "en", args: tuple[str, ...] = ()
) -> AsyncIterator[BrowserContext]:
    """A browser that keeps what it has in a folder, as a phone does from day to day."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=chromium,
            args=[*ARGS, *args],
            viewport=PHONE,  # type: ignore[arg-type]
            locale=language,
        )
        context.set_default_timeout(WAIT_MS)
        yield context
        await context.close()


async def is_ready(page: Page) -> None:
    """The app is installed in this browser, and has kept her pages."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(
        "async () => { const t = await Kept.begin(['pages']);"
        " return (await Kept.request(t.objectStore('pages').count())) > 0; }"
    )


async def has_kept(page: Page, path: str) -> None:
    """That page can be opened without a line."""
    await page.wait_for_function("async (path) => (await Kept.page(path)) !== undefined", arg=path)


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
