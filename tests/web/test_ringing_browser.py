"""From the door to a real worker's notification and back: the gateway's sealed message is opened by
a push service of our own, and handed to the browser by its debugging protocol."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page

from gateway.core.evidence import Evidence
from gateway.engine.clock import MachineClock
from tests.channels.push_service import Phone, PushService
from tests.waiting import until
from tests.web.handheld_phone import holds, is_shown, kept, phone
from tests.web.ringing_site import ringing_site, tried
from tests.web.signed_in import Site
from tests.web.test_handheld_accounts import revoked, scans
from tests.web.test_in_a_browser import served
from tests.web.test_ringing import told
from tests.web.web_site import first_case

CASE = first_case(0)
HOME = "/handheld/wang"
# The browser without a window refuses to subscribe; all that comes after it is real.
SUBSCRIBES = """{
  const given = %s;
  const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const raw = (text) => Uint8Array.from(plain(text), (c) => c.charCodeAt(0)).buffer;
  const getKey = (name) => raw(given.keys[name]);
  const unsubscribe = async () => !delete localStorage.subscribed || true;
  const made = { endpoint: given.endpoint, getKey, toJSON: () => given, unsubscribe };
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly) throw new TypeError("not visible");
    if (options.applicationServerKey.length !== 65) throw new TypeError("no key");
    localStorage.subscribed = "yes";
    return made;
  };
  PushManager.prototype.getSubscription = async () => (localStorage.subscribed ? made : null);
}"""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map((one) => {
    const { title, body, tag, silent, vibrate, requireInteraction, data } = one;
    return { title, body, tag, silent, vibrate: [...(vibrate || [])], requireInteraction, ...data };
  });
}"""


# The page beside may have no scripts of the app.
KEEPS = """async (path) => {
  if (!window.Kept) {
    const script = document.createElement("script");
    script.src = "/static/handheld/kept.js";
    const ready = new Promise((ok) => (script.onload = ok));
    document.head.append(script);
    await ready;
  }
  return Boolean(await Kept.page(path));
}"""


class Browser:
    """Her phone's browser, and its debugging protocol."""

    def __init__(self, context: BrowserContext, page: Page, cdp: CDPSession, port: int) -> None:
        self.context, self.page, self._cdp = context, page, cdp
        self._origin = f"http://127.0.0.1:{port}"
        self._worker: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def begin(self) -> None:
        def found(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                if not self._worker.done():
                    self._worker.set_result(one["registrationId"])

        self._cdp.on("ServiceWorker.workerRegistrationUpdated", found)
        await self._cdp.send("ServiceWorker.enable")

    async def pushed(self, message: Any) -> None:
        """Its push service brings it a message."""
        said = {"origin": f"{self._origin}/", "registrationId": await self._worker}
        data = message if isinstance(message, str) else json.dumps(message)
        await self._cdp.send("ServiceWorker.deliverPushMessage", {**said, "data": data})

    async def sleeps(self) -> None:
        """Its worker is stopped, as a phone's is in a pocket."""
        await self._cdp.send("ServiceWorker.stopAllWorkers")

    async def shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.page.evaluate(SHOWN)
        return found


async def opened(
    context: BrowserContext, site: Site, port: int, mine: Phone, may: bool = True
) -> Browser:
    """Her phone, on which she signed in and pressed that it shall ring."""
    if may:
        await context.grant_permissions(["notifications"], origin=f"http://127.0.0.1:{port}")
    await context.add_init_script(SUBSCRIBES % json.dumps(mine.subscription()))
    page = await context.new_page()
    browser = Browser(context, page, await context.new_cdp_session(page), port)
    await browser.begin()
    await scans(page, site, port, "wang")
    return browser


async def lets_it_ring(browser: Browser) -> None:
    page = browser.page
    await page.get_by_text("See what to press").click()
    await page.get_by_role("button", name="Let this phone ring").click()
    await is_shown(page, "The gateway knows how to ring this phone.")


async def _waits(page: Page, count: int) -> bool:
    return (await kept(page))["out"] == count


async def message_to(mine: Phone) -> dict[str, Any]:
    return await asyncio.wait_for(mine.messages.get(), 20)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_page_rings_a_locked_phone_and_is_signed_for(
    language: str, chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    async with (
        ringing_site(tmp_path, service, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        mine = service.phone("wang")
        browser = await opened(context, site, port, mine)
        await lets_it_ring(browser)
        page = browser.page
        await is_shown(page, "Nobody knows yet: no page has rung it so far.")
        if language != "en":
            await page.goto(f"http://127.0.0.1:{port}{HOME}?lang=zh")
        await page.goto(f"http://127.0.0.1:{port}/handheld/signed_out")  # the app is closed
        await browser.sleeps()
        await site.console.seal(0)
        await site.console.opens(0)
        message = await message_to(mine)
        assert (await tried(site))["evidence"] == Evidence.ACCEPTED
        await browser.pushed(message)

        async def is_signed() -> bool:
            await site.engine.idle()
            return all(row["evidence"] == Evidence.RECEIVED for row in told(site).values())

        await until(is_signed)
        door = (await site.asks("wang", "GET", "/api/v1/cases")).json()["open"]
        assert [case["state"] for case in door] == ["paged"]

        async def has_its_words() -> bool:
            return any(one["body"] for one in await browser.shown())

        await until(has_its_words)
        (shown,) = await browser.shown()  # the plain words gave way
        assert shown["tag"] == message["page"]
        assert shown["path"] == f"{HOME}/cases/{CASE}"
        assert shown["silent"] is False
        assert shown["requireInteraction"] is True
        assert len(shown["vibrate"]) > 1
        why = "nobody had announced it" if language == "en" else "没有人报备"
        assert why in shown["body"]
        assert "3-101" not in shown["title"] + shown["body"]

        await page.goto(f"http://127.0.0.1:{port}{HOME}?lang={language[:2]}")
        await page.evaluate("document.getElementById('phone').open = true")
        words = "Yes: a page rang it lately." if language == "en" else "最近有通知让它响过"
        await is_shown(page, words)


async def test_what_rang_opens_in_a_cellar(
    chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    """The worker brings the case's page with the ring: who presses it later needs no line."""
    async with (
        ringing_site(tmp_path, service, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        mine = service.phone("wang")
        browser = await opened(context, site, port, mine)
        await lets_it_ring(browser)
        page = browser.page
        await page.goto(f"http://127.0.0.1:{port}/handheld/offline")  # the app is closed
        await browser.sleeps()
        await site.console.seal(0)
        await site.console.opens(0)
        await browser.pushed(await message_to(mine))
        path = f"{HOME}/cases/{CASE}"
        await holds(page, KEEPS, path)
        await context.set_offline(True)
        await page.goto(f"http://127.0.0.1:{port}{path}")
        await is_shown(page, "3-101")
        await page.get_by_role("button", name="Acknowledge", exact=True).first.click()
        await until(lambda: _waits(page, 1))
        await context.set_offline(False)
        await until(lambda: _waits(page, 0))
        (case,) = (await site.asks("wang", "GET", "/api/v1/cases")).json()["open"]
        assert case["state"] == "acknowledged"


async def test_whatever_comes_shows_something_and_what_is_taken_makes_no_sound(
    chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    """A browser takes the subscription from an app that shows nothing."""
    async with (
        ringing_site(tmp_path, service, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        mine = service.phone("wang")
        browser = await opened(context, site, port, mine)
        await lets_it_ring(browser)

        async def shows(count: int) -> bool:
            return len(await browser.shown()) == count

        async def is_shown_whatever_it_is() -> bool:  # the same stands for the same
            await browser.pushed("no JSON at all")
            return await shows(1)

        await until(is_shown_whatever_it_is)
        assert (await browser.shown())[0]["title"] == "A page for you. Open the app."

        await site.console.seal(0)
        await site.console.opens(0)
        message = await message_to(mine)
        answer = await site.asks("wang", "POST", f"/api/v1/cases/{CASE}/acknowledge")
        assert answer.json() == {"changed": True}
        await browser.pushed(message)

        async def is_quiet() -> bool:
            of_page = [one for one in await browser.shown() if one["tag"] == message["page"]]
            return bool(of_page) and of_page[0]["silent"] and "has it" in of_page[0]["body"]

        await until(is_quiet)

        revoked(site, "wang")  # her session is over: the phone still says that something came
        await browser.pushed({"page": "0" * 16, "urgency": "normal"})
        await until(lambda: shows(3))


async def test_the_app_rings_for_what_waits_when_it_is_opened(
    chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    async with (
        ringing_site(tmp_path, service, ("inbox",), clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        await context.add_init_script(
            "window.rangs = 0; document.addEventListener('rang', (one) => (rangs += one.detail));"
        )
        browser = await opened(context, site, port, service.phone("wang"))
        for number in (0, 1):
            await site.console.seal(number)
            await site.console.opens(number)
        await browser.page.goto(f"http://127.0.0.1:{port}{HOME}")
        await until(lambda: browser.page.evaluate("rangs === 2"))


async def test_a_phone_that_cannot_be_rung_says_what_to_press(
    chromium: str, port: int, service: PushService, tmp_path: Path
) -> None:
    """Permission refused; then a channel that her office has not written; then 410."""
    async with (
        ringing_site(tmp_path, service, ("inbox",), clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        browser = await opened(context, site, port, service.phone("wang"), may=False)
        page = browser.page
        await is_shown(page, "This phone will not wake you.")
        await page.get_by_text("See what to press").click()
        await is_shown(page, "ask your centre to write push among your channels")
        await page.get_by_text("What to press on your phone").click()
        await is_shown(page, "Huawei, Honor")
        await context.grant_permissions(["notifications"], origin=f"http://127.0.0.1:{port}")
        await page.get_by_role("button", name="Let this phone ring").click()
        await is_shown(page, "The gateway knows how to ring this phone.")
        await page.get_by_role("button", name="Let it ring no more").click()
        await is_shown(page, "The gateway does not know yet how to ring this phone.")
