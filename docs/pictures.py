"""`make pictures`: the pictures of README and docs/, taken from the running demo in real Chromium.

The demo is started as a user starts it, doors are opened on its page, and the warden takes one
case. What the pictures show has happened; nothing of it is drawn.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
BYTES_MAX = 180_000  # of one picture: they are cloned with everything else
START_S = 120
WAIT_MS = 60_000
VISITOR_MS = 3_000  # between two clicks: pages that are drawn at once take turns
LOCALES = {"en": "en", "zh": "zh-CN"}
WALL = {"viewport": {"width": 1920, "height": 1080}, "device_scale_factor": 2 / 3}
SCREEN = {"viewport": {"width": 1280, "height": 760}}
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2}

TAKEN, ANNOUNCED, WAITING = "1-103", "1-102", "1-201"  # the doors that are opened, in this order


@dataclass(frozen=True)
class Picture:
    """One page, as it is seen on one screen, in the languages in which a document shows it."""

    name: str
    path: str  # from the demo's address; "case" stands for the case that waits, "inbox" for Wang's
    screen: dict[str, object]
    languages: tuple[str, ...] = ("en", "zh")

    def file(self, language: str) -> str:
        """The file's name in docs/pictures/."""
        return f"{self.name}-{language}.png"


PICTURES = (
    Picture("demo", "", WALL),
    Picture("wallboard", "gateway/", WALL),
    Picture("inbox", "inbox", PHONE),
    Picture("case-phone", "case", PHONE),
    Picture("case", "case", SCREEN),
    Picture("door-phone", f"gateway/doors/{WAITING}", PHONE),
    Picture("health", "gateway/health", SCREEN, ("en",)),
)


@contextlib.asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """A running demo of this checkout; its address. It is ended as Ctrl-C ends it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    places = os.pathsep.join([str(ROOT), str(ROOT / "firmware")])
    with tempfile.TemporaryDirectory(prefix="menshen-pictures-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "demo", "--port", str(port)),
            cwd=folder,
            env=os.environ | {"PYTHONPATH": places},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(START_S):
                yield await _address(process)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    said = ""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        said += line.decode(errors="replace")
        if found := re.search(r"http://127\.0\.0\.1:\d+/", said):
            return found[0]
    raise SystemExit(f"the demo has ended:\n{said}")


@contextlib.asynccontextmanager
async def browsing(
    browser: Browser, language: str, screen: dict[str, object]
) -> AsyncIterator[Page]:
    """A page of a browser that speaks a language, on a screen."""
    context = await browser.new_context(locale=LOCALES[language], **screen)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    await context.close()


async def open_doors(page: Page, address: str) -> None:
    """One opening that the warden takes, one that is announced, and one that waits."""
    await page.goto(address)
    phone = page.frame_locator("#phone")
    await expect(phone.locator("body.is-live")).to_be_visible()
    await page.wait_for_timeout(VISITOR_MS)
    await page.locator(f"#door-{TAKEN} .doorway").click()
    card = phone.locator("article", has_text=TAKEN)
    await card.get_by_role("button").first.click()
    await expect(card).to_have_attribute("data-state", "acknowledged")
    for door in (ANNOUNCED, WAITING):
        await page.wait_for_timeout(VISITOR_MS)
        await page.locator(f"#door-{door} .doorway").click()
        await expect(page.locator("#happenings")).to_contain_text(door)
    await expect(phone.locator("article")).to_have_count(2)


async def addresses(page: Page, address: str) -> dict[str, str]:
    """Where the pages are whose addresses nobody can know beforehand."""
    inbox = await page.locator("#phone").get_attribute("src")
    assert inbox is not None
    await page.goto(address + "gateway/cases")
    waits = page.locator("a[href*='/cases/']", has_text=WAITING).first
    case = await waits.get_attribute("href")
    assert case is not None
    return {"inbox": inbox.partition("?")[0], "case": case.removeprefix("/")}


async def take(page: Page, url: str, file: Path) -> None:
    """Take one picture, when the page is live and its fonts are loaded."""
    await page.goto(url)
    if await page.locator(".line").count():
        await expect(page.locator("body.is-live")).to_be_visible()
    if await page.locator("#phone").count():
        await expect(page.frame_locator("#phone").locator("body.is-live")).to_be_visible()
        await expect(page.frame_locator("#phone").locator("article").first).to_be_visible()
    await page.evaluate("document.fonts.ready")
    drawn = await page.screenshot(path=file, animations="disabled")
    print(f"{file.relative_to(ROOT)}  {len(drawn) / 1000:.0f} kB")
    if len(drawn) > BYTES_MAX:
        raise SystemExit(f"{file.name} is larger than {BYTES_MAX / 1000:.0f} kB")


def chromium() -> str:
    """The browser's program."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / ".neighbours" / "bin")])
    found = shutil.which("chromium", path=path) or shutil.which("chromium-browser", path=path)
    if found is None:
        raise SystemExit("there is no Chromium on the PATH; make neighbours gets one")
    return found


async def main() -> None:
    """Take all pictures anew."""
    expect.set_options(timeout=WAIT_MS)
    FOLDER.mkdir(exist_ok=True)
    async with demo() as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        async with browsing(browser, "en", SCREEN) as page:
            await open_doors(page, address)
            found = await addresses(page, address)
        for picture in PICTURES:
            for language in picture.languages:
                async with browsing(browser, language, picture.screen) as page:
                    url = address + found.get(picture.path, picture.path)
                    await take(page, url, FOLDER / picture.file(language))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
