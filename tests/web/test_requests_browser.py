"""A request on the warden's phone, taken and brought where there is no line."""

from pathlib import Path

from playwright.async_api import expect

from gateway.engine.clock import MachineClock
from tests.web.handheld_phone import WAIT_MS, complaints_of, holds, is_shown, open_and_keep, phone
from tests.web.test_handheld_acts import ALL_TOLD, press
from tests.web.test_in_a_browser import served
from tests.web.test_requests import asks, request_of
from tests.web.web_site import console, new_store


async def test_a_request_is_taken_in_the_cellar_and_told_with_the_line(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with (
        console(new_store(tmp_path), MachineClock(0)) as site,
        served(site, port),
        phone(chromium, tmp_path / "phone", "zh-CN") as context,
    ):
        await site.seal(0)
        request_id = await asks(site, words="两袋米")
        page = await context.new_page()
        said = complaints_of(page)
        await open_and_keep(page, port)
        hers = f"http://127.0.0.1:{port}/handheld/wang/requests"
        await holds(
            page,
            "async () => (await Kept.page('/handheld/wang/requests')) !== undefined",
        )
        await context.set_offline(True)
        await page.goto(hers)
        await is_shown(page, "两袋米")
        await press(page, "我来办")
        await expect(page.get_by_role("button", name="我来办", exact=True)).to_be_hidden()
        await press(page, "我在路上")
        await is_shown(page, "我在路上")
        assert request_of(site, request_id).state == "asked", "nobody can know yet"
        await context.set_offline(False)
        await holds(page, ALL_TOLD)
        row = request_of(site, request_id)
        assert (row.state, row.taken_by) == ("on_the_way", "wang")
        await expect(page.get_by_text("在路上").first).to_be_visible(timeout=WAIT_MS)
        assert said == []
