"""Whoever has set larger letters on their telephone or screen, or looks at 200 %, reads every page
too: nothing runs out at the side, no word is broken."""

from pathlib import Path

from gateway.accounts.sessions import Kind
from gateway.web.visitors import COOKIE
from tests.web.page_measures import measured_at
from tests.web.signed_in import signed_in_site
from tests.web.test_every_page import lives
from tests.web.test_in_a_browser import browsing, served
from tests.web.web_site import first_case

LETTERS = 21  # pixels, of 16: 130 %
WIDTHS = (320, 360, 640, 960)  # 640: 1,280 at 200 %; 960: 1,920
BUSIEST = (
    "/",
    "/cases",
    f"/cases/{first_case(0)}",
    "/requests",
    "/doors/d0",
    "/handheld/wang",
    "/health",
    "/accounts",
)


async def test_the_busiest_pages_are_read_with_letters_a_third_larger(
    chromium: str, port: int, tmp_path: Path
) -> None:
    here, wrong = f"http://127.0.0.1:{port}", []
    async with (
        signed_in_site(tmp_path, ("inbox",)) as site,
        served(site.console, port),
        browsing(chromium, "en", letters=LETTERS, width=360, height=740) as page,
    ):
        await lives(site)
        cookie = {"name": COOKIE, "value": site.token("wang", Kind.DESK), "url": here}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]
        for path in BUSIEST:
            await page.goto(here + path)
            assert await page.evaluate("getComputedStyle(document.body).fontSize") == "21px"
            wrong += [(path, fault) for fault in await measured_at(page, WIDTHS)]
    assert wrong == []
