"""`make pictures ALL=1`: every screen, in both languages, at 360 and 1920 pixels, to be looked at.

They go to build/pictures/, and are not kept: docs/pictures.py takes those that documents show. The
site has accounts and is the tests' own; each screen is seen by somebody who may see it.
"""

import asyncio
import socket
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy import update

from docs.pictures import LOCALES, ROOT, chromium
from gateway.accounts import invitations
from gateway.store import tables
from gateway.web.visitors import COOKIE
from tests.web.households import new_code
from tests.web.signed_in import STAFF, Site, signed_in_site
from tests.web.test_in_a_browser import served
from tests.web.test_role_matrix import furnished
from tests.web.test_token_scopes import robots
from tests.web.web_site import first_case

FOLDER = ROOT / "build" / "pictures"
SIZES = ((360, 740), (1920, 1080))
LABELS = {"d0": "1栋1单元501", "d1": "1栋1单元502", "d2": "12栋3单元1204", "d3": "12栋3单元1205"}
WAIT_MS = 20_000
SETTLES_MS = 500  # a page that lives shows by then what its line brought


class Screen(NamedTuple):
    """One page, and who looks at it; nobody is signed in where that is empty."""

    who: str
    path: str
    opens: str = ""  # what is folded away, and is opened for the picture
    status: int = 200

    @property
    def name(self) -> str:
        """What its files are called."""
        where = self.path.split("?")[0].strip("/").replace("/", "_") or "wall"
        return f"{self.who or 'stranger'}-{where}"


CASE = first_case(0)
HOUSEHOLD = "household"  # that of the first door, which is no account: it has a code on paper
SCREENS = (
    Screen("", "/sign-in"),
    Screen("", "/trust"),
    Screen("", "/r"),
    Screen("", "/r/notice"),
    Screen(HOUSEHOLD, "/r/home"),
    Screen(HOUSEHOLD, "/r/announce"),
    Screen(HOUSEHOLD, "/r/openings"),
    Screen(HOUSEHOLD, "/r/looks"),
    Screen(HOUSEHOLD, "/r/ask"),
    Screen(HOUSEHOLD, "/r/well"),
    Screen(HOUSEHOLD, "/r/quiet"),
    Screen("desk", "/"),
    Screen("desk", "/doors/d0"),
    Screen("desk", "/cases"),
    Screen("desk", f"/cases/{CASE}"),
    Screen("desk", "/requests"),
    Screen("desk", "/doors/d0/household"),
    Screen("desk", "/wardens"),
    Screen("desk", "/wardens/wang"),
    Screen("desk", "/health"),
    Screen("desk", "/nowhere", status=404),
    Screen("eng", "/health"),
    Screen("eng", "/updates"),
    Screen("inst", "/commission"),
    Screen("inst", "/doors/d0/walk-test"),
    Screen("adm", "/accounts"),
    Screen("adm", "/account"),
    Screen("adm", "/account/password"),
    Screen("adm", "/account/code"),
    Screen("adm", "/tokens"),
    Screen("aud", "/audit"),
    Screen("aud", "/audit/anchors"),
    Screen("wang", "/account"),
    Screen("wang", "/inbox/wang"),
    Screen("wang", "/handheld/wang", "#phone"),
    Screen("wang", f"/handheld/wang/cases/{CASE}"),
    Screen("wang", "/handheld/wang/requests"),
    Screen("wang", "/handheld/offline"),
)


async def main() -> None:
    """Take all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    push = {"contact": "mailto:it@liangxi.example.org"}
    with tempfile.TemporaryDirectory(prefix="menshen-screens-") as folder:
        async with (
            signed_in_site(Path(folder), ("inbox", "push"), push=push) as site,
            served(site.console, port),
            async_playwright() as playwright,
        ):
            await furnished(site)
            _label(site)
            robots(site)
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            for language in LOCALES:
                for size in SIZES:
                    await _all(browser, site, f"http://127.0.0.1:{port}", language, size)
            await browser.close()


def _label(site: Site) -> None:
    doors = tables.doors
    with site.store.writing() as connection:
        for door_id, label in LABELS.items():
            connection.execute(update(doors).where(doors.c.door_id == door_id).values(label=label))


async def _all(
    browser: Browser, site: Site, address: str, language: str, size: tuple[int, int]
) -> None:
    width, height = size
    for who in dict.fromkeys(screen.who for screen in SCREENS):
        context = await browser.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": height}
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        if who:
            await _sign_in(page, site, address, who)
            name = f"{who}-signed-in-{width}-{language}.png"
            await page.screenshot(path=FOLDER / name, full_page=True)
        for screen in SCREENS:
            if screen.who == who:
                answer = await page.goto(address + screen.path)
                if answer is None or answer.status != screen.status:
                    raise SystemExit(f"{screen.name} does not open: {answer and answer.status}")
                if screen.opens:
                    await page.locator(screen.opens).evaluate("(one) => (one.open = true)")
                await page.evaluate("document.fonts.ready")
                await page.wait_for_timeout(SETTLES_MS)
                file = FOLDER / f"{screen.name}-{width}-{language}.png"
                await page.screenshot(path=file, full_page=True, animations="disabled")
                print(file.relative_to(ROOT))
        await context.close()


async def _sign_in(page: Page, site: Site, address: str, who: str) -> None:
    """By an invitation, as a phone is; the staff at a desk, where they have just proved it; a
    household by its code."""
    if who == HOUSEHOLD:
        await page.goto(f"{address}/r")
        await page.locator("#code").fill(new_code(site.store, "d0"))
        await page.locator("form#enter button").click()
        await page.wait_for_url("**/r/home")
        return
    if who in STAFF:
        cookie = {"name": COOKIE, "value": site.token(who), "url": address}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]
        await page.goto(f"{address}/account")
        return
    with site.accounts.writing() as connection:
        token = invitations.make(connection, site.account(who), "adm", site.clock.now_ms())
    await page.goto(f"{address}/invitation/{token}")
    await page.locator("main button").first.click()
    await page.wait_for_url(lambda url: "/invitation/" not in url)


if __name__ == "__main__":
    asyncio.run(main())
