"""A test page, from the desk's button to a phone in a pocket and back, live on the desk's page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from gateway.accounts.sessions import Kind
from gateway.engine.clock import MachineClock
from gateway.web.visitors import COOKIE
from tests.channels.push_service import PushService
from tests.notify.loopback_service import LoopbackService
from tests.waiting import until
from tests.web.handheld_phone import is_shown, phone
from tests.web.reaching_site import reaching_site
from tests.web.signed_in import Site
from tests.web.test_in_a_browser import browsing, served
from tests.web.test_ringing_browser import HOME, Browser, lets_it_ring, message_to, opened

SPAN = re.compile(r"\d+ ms|\d+ sec")


async def signs_in(page: Page, site: Site, port: int, name: str, kind: Kind = Kind.DESK) -> None:
    """Somebody is signed in there."""
    cookie: Any = {
        "name": COOKIE,
        "value": site.token(name, kind),
        "url": f"http://127.0.0.1:{port}",
    }
    await page.context.add_cookies([cookie])


async def has_span(page: Page, channel: int, what: int) -> None:
    """The desk's page says how long it took, by itself."""
    place = page.locator("#tested .tested > li").nth(channel).locator("dd").nth(what)
    await expect(place).to_have_text(SPAN, timeout=20_000)


async def test_the_desk_sees_live_how_a_test_page_reaches_a_sleeping_phone(
    chromium: str,
    port: int,
    service: PushService,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    chat_port = free_port()
    channels = ("push", f"apprise:json://127.0.0.1:{chat_port}/chat")
    async with (
        LoopbackService().open(chat_port),
        reaching_site(tmp_path, service, channels, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
        browsing(chromium, "en", width=1280, height=800) as desk,
    ):
        mine = service.phone("wang")
        browser = await opened(context, site, port, mine)
        await lets_it_ring(browser)
        await browser.page.goto(f"http://127.0.0.1:{port}/handheld/signed_out")  # in her pocket
        await browser.sleeps()

        await signs_in(desk, site, port, "desk")
        await desk.goto(f"http://127.0.0.1:{port}/wardens?q=wang")
        await desk.get_by_role("link", name="Wang Fang").focus()
        await desk.keyboard.press("Enter")  # nothing here needs a mouse
        await desk.get_by_role("button", name="Send a test page").focus()
        await desk.keyboard.press("Enter")
        await expect(desk.locator("body.is-live")).to_be_visible()
        await has_span(desk, 0, 0)
        message = await message_to(mine)
        await browser.pushed(message)
        await has_span(desk, 0, 1)  # the phone has signed, and the desk sees it
        shown = await _notification(browser, message["page"])
        assert shown["silent"] is False
        assert shown["body"].endswith("press “Got it”.")

        await browser.page.goto(f"http://127.0.0.1:{port}{shown['path']}")
        await browser.page.get_by_role("button", name="Got it").click()
        await expect(desk.locator("#tested")).to_contain_text("“Got it” after")
        await has_span(desk, 0, 2)
        await expect(browser.page).to_have_url(f"http://127.0.0.1:{port}{HOME}")


async def _notification(browser: Browser, page_id: str) -> dict[str, Any]:
    async def has_words() -> bool:
        return any(one["tag"] == page_id and one["body"] for one in await browser.shown())

    await until(has_words)
    return next(one for one in await browser.shown() if one["tag"] == page_id)


async def test_the_open_app_rings_for_a_test_page_and_she_presses_got_it(
    chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    """And from her own page she sends herself one."""
    async with (
        reaching_site(tmp_path, service, ("inbox",), clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        page = await _rings(context, site, port)
        await site.asks("desk", "POST", "/wardens/wang/test")
        await is_shown(page, "This is a test; nothing has happened.")
        await until(lambda: page.evaluate("rangs === 1"))
        await page.get_by_role("button", name="Got it").click()
        await expect(page.locator("#asked .case")).to_have_count(0)
        answer = (await site.asks("desk", "GET", "/api/v1/wardens/wang/test")).json()
        assert answer["ways"][0]["pressed_ms"] is not None

        await page.evaluate("document.getElementById('phone').open = true")
        await page.get_by_role("button", name="Send me a test page").click()
        await is_shown(page, "This is a test; nothing has happened.")


async def _rings(context: BrowserContext, site: Site, port: int) -> Page:
    await context.add_init_script(
        "window.rangs = 0; document.addEventListener('rang', (one) => (rangs += one.detail));"
    )
    page = await context.new_page()
    await signs_in(page, site, port, "wang", Kind.PHONE)
    await page.goto(f"http://127.0.0.1:{port}{HOME}")
    await expect(page.locator("body.is-live")).to_be_visible()
    return page


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_wardens_pages_fit_and_are_read_by_keyboard_and_screen_reader(
    width: int, language: str, chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    async with (
        reaching_site(tmp_path, service, ("inbox",), clock=MachineClock(0)) as site,
        served(site.console, port),
        browsing(chromium, language, width=width, height=800) as page,
    ):
        await signs_in(page, site, port, "adm")
        await site.asks("desk", "POST", "/wardens/wang/test")
        for path in ("/wardens", "/wardens/wang"):
            await page.goto(f"http://127.0.0.1:{port}{path}")
            over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(over) <= 0, path
            nameless = await page.evaluate(
                "[...document.querySelectorAll('button, a, input, select')].filter((one) => "
                "!one.hidden && one.type !== 'hidden' && "
                "!(one.innerText || one.ariaLabel || one.labels?.length)).length"
            )
            assert nameless == 0, path
