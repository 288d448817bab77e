"""Passkeys in a real Chromium, whose authenticator is the browser's own virtual one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import CDPSession, Page, async_playwright

from gateway.accounts.sessions import PROVED_MS
from gateway.web.visitors import COOKIE
from tests.web.page_measures import measured
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_in_a_browser import PHONE, WAIT_MS, is_shown, served

OWN_LOCK = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
WORDS = {
    "zh-CN": {
        "make": "创建通行密钥",
        "in": "用通行密钥登录",
        "prove": "用通行密钥证明",
        "do": "确定",
        "out": "退出",
        "remove": "删除",
        "nothing": "没有成功",
        "none": "还没有。",
    },
    "en": {
        "make": "Make a passkey",
        "in": "Sign in with a passkey",
        "prove": "Prove it with a passkey",
        "do": "Do it",
        "out": "Sign out",
        "remove": "Remove",
        "nothing": "Nothing came of it",
        "none": "You have none.",
    },
}


class Device:
    """A browser with an authenticator of its own."""

    def __init__(self, page: Page, line: CDPSession, authenticator: str) -> None:
        self.page, self._line, self._own = page, line, {"authenticatorId": authenticator}

    async def tells(self, command: str, **more: Any) -> Any:
        """Command its authenticator."""
        return await self._line.send(f"WebAuthn.{command}", self._own | more)

    async def fits(self) -> None:
        """Nothing runs out at the side, and a screen reader stumbles over nothing."""
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await self.page.evaluate(wide), self.page.url
        found = (await Axe().run(self.page)).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], self.page.url


@contextlib.asynccontextmanager
async def device(chromium: str, language: str) -> AsyncIterator[Device]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(viewport=PHONE, locale=language)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        line = await context.new_cdp_session(page)
        await line.send("WebAuthn.enable")
        made = await line.send("WebAuthn.addVirtualAuthenticator", {"options": OWN_LOCK})
        yield Device(page, line, made["authenticatorId"])
        await browser.close()


async def comes_in(page: Page, site: Site, here: str) -> None:
    cookie = {"name": COOKIE, "value": site.token("adm"), "url": here}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_passkey_is_made_shown_held_to_its_rules_and_removed(
    language: str, chromium: str, port: int, tmp_path: Path
) -> None:
    words, here = WORDS[language], f"http://localhost:{port}"
    async with (
        signed_in_site(tmp_path) as site,
        served(site.console, port),
        device(chromium, language) as phone,
    ):
        page = phone.page
        await comes_in(page, site, here)
        await page.goto(f"{here}/account/passkeys/new")
        await phone.fits()
        assert await measured(page) == [], "which test_every_page cannot open"
        await page.get_by_role("button", name=words["make"]).click()
        await page.wait_for_url(f"{here}/account#passkeys")
        await phone.fits()
        [credential] = (await phone.tells("getCredentials"))["credentials"]
        assert credential["rpId"] == "localhost"

        # Signed out, and in by the device's own lock alone.
        await page.get_by_role("button", name=words["out"]).first.click()
        await page.wait_for_url(f"{here}/sign-in")
        await phone.fits()
        await phone.tells("setUserVerified", isUserVerified=False)
        await page.get_by_role("button", name=words["in"]).click()
        await is_shown(page, words["nothing"])
        await phone.tells("setUserVerified", isUserVerified=True)
        await page.get_by_role("button", name=words["in"]).click()
        await page.wait_for_url(f"{here}/accounts")

        # A dangerous act that comes too late is proved by it, and shown once more.
        site.clock.advance(PROVED_MS)
        await page.locator("form[action$='/wang/invite'] button").click()
        await page.get_by_role("button", name=words["prove"]).click()
        await page.get_by_role("button", name=words["do"]).wait_for()
        await phone.fits()
        await page.get_by_role("button", name=words["do"]).click()
        await page.locator("svg.qr").wait_for()

        # Removed, the device still has it, and it opens nothing.
        await page.goto(f"{here}/account")
        await page.get_by_role("button", name=words["remove"]).click()
        await is_shown(page, words["none"])
        await page.goto(f"{here}/sign-in")
        assert await page.get_by_role("button", name=words["in"]).count() == 0


async def test_a_copy_with_an_older_counter_is_refused_and_told_to_the_audit(
    chromium: str, port: int, tmp_path: Path
) -> None:
    words, here = WORDS["en"], f"http://localhost:{port}"
    async with (
        signed_in_site(tmp_path) as site,
        served(site.console, port),
        device(chromium, "en") as phone,
    ):
        page = phone.page
        await comes_in(page, site, here)
        await page.goto(f"{here}/account/passkeys/new")
        await page.get_by_role("button", name=words["make"]).click()
        await page.wait_for_url(f"{here}/account#passkeys")
        [copy] = (await phone.tells("getCredentials"))["credentials"]
        await page.context.clear_cookies()
        await page.goto(f"{here}/sign-in")
        await page.get_by_role("button", name=words["in"]).click()
        await page.wait_for_url(f"{here}/accounts")
        await phone.tells("clearCredentials")
        await phone.tells("addCredential", credential=copy | {"signCount": 0})
        await page.context.clear_cookies()
        await page.goto(f"{here}/sign-in")
        await page.get_by_role("button", name=words["in"]).click()
        await is_shown(page, "opens nothing here")
        assert "counter went back" in site.noted("passkey refused")[-1][3]
