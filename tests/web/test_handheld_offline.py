"""The handheld in a dead stairwell: what is done without a line is kept, sent, and told of."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from gateway.engine.clock import MachineClock
from tests.web.handheld_phone import (
    PHONE,
    WAIT_MS,
    complaints_of,
    has_kept,
    is_ready,
    is_shown,
    kept,
    phone,
    reload,
)
from tests.web.test_in_a_browser import served
from tests.web.web_site import console, first_case, new_store

CASE = first_case(0)


@pytest.fixture
def port(free_port: Callable[[], int]) -> int:
    return free_port()


async def test_what_is_done_in_the_cellar_is_told_when_there_is_a_line(
    chromium: str, port: int, tmp_path: Path
) -> None:
    home = f"http://127.0.0.1:{port}/handheld/wang"
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.opens(0)
        async with phone(chromium, tmp_path / "phone") as context:
            page = await context.new_page()
            said = complaints_of(page)
            await page.goto(home)
            await is_shown(page, "Live")
            await is_ready(page)
            await has_kept(page, f"/handheld/wang/cases/{CASE}")
            await context.set_offline(True)
            await page.goto(f"{home}/cases/{CASE}")
            await is_shown(page, "Line cut")
            await page.get_by_role("button", name="I have it").click()
            await is_shown(page, "I have it: kept on this phone, not sent yet")
            await page.get_by_role("button", name="I am at the door").click()
            await page.get_by_text("Spoke with the household").click()
            await page.get_by_role("button", name="Report how it ended").click()
            await is_shown(page, "3 things that you did are only on this phone")
            await reload(page)
            await is_shown(page, "3 things that you did are only on this phone")
            assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            await context.set_offline(False)
            task = page.locator("#task")
            await expect(task).to_have_attribute("data-state", "reported", timeout=WAIT_MS)
            await is_shown(page, "Wang Fang reported how it ended")
            assert (await kept(page))["out"] == 0
            assert said == []
