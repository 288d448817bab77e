"""The sign-in in a real browser: at 360 px, in both languages, with and without script."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from gateway.accounts import invitations
from tests.accounts.people_file import GOOD
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.test_in_a_browser import PHONE, WAIT_MS, is_shown, served
from tests.web.web_site import first_case

WORDS = {
    "zh-CN": {"in": "登录", "six": "六位数字", "me": "我登录的手机和屏幕", "sign": "登录这部手机"},
    "en": {"in": "Sign in", "six": "Six digits", "me": "My phones", "sign": "Sign this phone in"},
}


@contextlib.asynccontextmanager
async def phone(chromium: str, language: str, has_script: bool) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            locale=language,
            java_script_enabled=has_script,
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page
        await browser.close()


async def is_fit(page: Page, has_script: bool) -> None:
    """Nothing runs out at the side, and a screen reader stumbles over nothing."""
    if not has_script:
        return
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await page.evaluate(wide), page.url
    found = (await Axe().run(page)).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], page.url


def invited(site: Site, name: str) -> str:
    with site.accounts.writing() as connection:
        return invitations.make(connection, site.account(name), "adm", site.clock.now_ms())


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("has_script", [True, False])
async def test_a_desk_and_a_phone_sign_in_at_360_pixels(
    language: str, has_script: bool, chromium: str, port: int, tmp_path: Path
) -> None:
    words, here = WORDS[language], f"http://127.0.0.1:{port}"
    async with signed_in_site(tmp_path) as site, served(site.console, port):
        await site.console.seal(0)
        await site.console.opens(0)
        async with phone(chromium, language, has_script) as page:
            await page.goto(f"{here}/cases/{first_case(0)}")
            await is_fit(page, has_script)
            await page.locator("[name=name]").fill("desk")
            await page.locator("[name=password]").fill(GOOD)
            await page.get_by_role("button", name=words["in"]).click()
            await is_shown(page, words["six"])
            await is_fit(page, has_script)
            await page.locator("[name=code]").fill(code())
            await page.get_by_role("button", name=words["in"]).click()
            await page.wait_for_url(f"{here}/cases/{first_case(0)}")
            await page.goto(f"{here}/account")
            await is_shown(page, words["me"])
            await is_fit(page, has_script)
        async with phone(chromium, language, has_script) as page:
            await page.goto(f"{here}/invitation/{invited(site, 'wang')}")
            await is_fit(page, has_script)
            await page.get_by_role("button", name=words["sign"]).click()
            await page.wait_for_url(f"{here}/handheld/wang")
            await is_shown(page, "3-101")
