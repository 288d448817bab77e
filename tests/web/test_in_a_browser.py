"""The pages in a real browser: they change by themselves, obey buttons, and outlive a cut line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, Route, async_playwright, expect

from gateway.engine.clock import MachineClock
from gateway.web import live_stream
from tests.waiting import until
from tests.web.web_site import Console, console, first_case, new_store

PHONE = {"width": 360, "height": 740}
WALL = {"width": 1920, "height": 1080}
WAIT_MS = 20_000
SAYS_SO_MS = 5_000


@contextlib.asynccontextmanager
async def served(site: Console, port: int) -> AsyncIterator[None]:
    """The console on a port; at the end every connection is cut, as by a kill."""
    config = uvicorn.Config(site.app, port=port, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await serving


@contextlib.asynccontextmanager
async def browsing(
    chromium: str, language: str, *, letters: int = 16, **size: int
) -> AsyncIterator[Page]:
    """A page in a browser that speaks a language, and whose letters are so many pixels high by its
    own settings. Whatever the browser complains of fails."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", f"--blink-settings=defaultFontSize={letters}"],
        )
        context = await browser.new_context(viewport=size, locale=language)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_ours(said) else None)
        yield page
        await browser.close()
    assert complaints == []


def _is_ours(said: object) -> bool:
    """An error that comes neither from the line that a test cut nor from an act refused."""
    kind, text = getattr(said, "type", ""), getattr(said, "text", "")
    of_the_cut = ("ERR_", "503", "htmx:sseError", "htmx:sendError", "htmx:afterRequest")
    of_the_refused = ("409", "htmx:responseError", "Response Status Error Code 409")
    return kind == "error" and not any(word in text for word in of_the_cut + of_the_refused)


async def is_shown(page: Page, words: str) -> None:
    await expect(page.get_by_text(words).first).to_be_visible(timeout=WAIT_MS)


async def test_a_page_comes_to_the_phone_by_itself_and_is_taken_and_reported(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        async with browsing(chromium, "zh-CN", **PHONE) as page:
            await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
            await is_shown(page, "没有等您处置的事件")
            await is_shown(page, "实时")
            await site.opens(0)
            card = page.locator(f'[data-case-id="{first_case(0)}"]')
            await expect(card).to_have_attribute("data-state", "raised", timeout=WAIT_MS)
            await expect(card).to_contain_text("门开了，没有人报备。")
            await expect(page).to_have_title("(1) Wang Fang · Liangxi")
            for button in await card.get_by_role("button").all():
                box = await button.bounding_box()
                assert box
                assert box["height"] >= 48  # a thumb hits it
            assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            await card.get_by_role("button").first.click()
            await expect(card).to_have_attribute("data-state", "acknowledged", timeout=WAIT_MS)
            await card.get_by_text("已和住户沟通").click()
            await card.get_by_role("button", name="上报处置结果").click()
            await expect(card).to_have_attribute("data-state", "reported", timeout=WAIT_MS)


async def test_a_phone_catches_up_after_the_gateway_was_killed(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with browsing(chromium, "en", **PHONE) as page:
        async with console(store, MachineClock(0)) as site, served(site, port):
            await site.seal(0)
            await site.seal(1)
            await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
            await is_shown(page, "Live")
        await is_shown(page, "Line cut: what stands here may be old")
        async with console(store, MachineClock(0)) as site:
            await site.opens(0)  # before anybody can listen
            async with served(site, port):
                await is_shown(page, "The door opened, and nobody had announced it.")
                await is_shown(page, "Live")
                await site.opens(1)  # and the line carries on
                await expect(page.locator("[data-case-id]")).to_have_count(2, timeout=WAIT_MS)


async def test_a_press_that_reaches_nobody_is_told_so(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with browsing(chromium, "en", **PHONE) as page:
        async with console(store, MachineClock(0)) as site, served(site, port):
            await site.seal(0)
            await site.opens(0)
            await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
            await is_shown(page, "Acknowledge")
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "The gateway did not answer. Nothing was changed; try again.")


async def test_why_a_press_did_not_count_is_read_though_its_button_is_gone_by_then(
    chromium: str, port: int, tmp_path: Path
) -> None:
    case_id = first_case(0)
    async with (
        browsing(chromium, "en", **PHONE) as page,
        console(new_store(tmp_path), MachineClock(0)) as site,
        served(site, port),
    ):

        async def late(route: Route) -> None:
            await site.act(case_id, "report", "wang", outcome="lawful")  # from another phone
            await expect(page.locator(".case").first).to_contain_text("Reported")
            await route.fulfill(response=await route.fetch())

        await site.seal(0)
        await site.opens(0)
        await site.act(case_id, "acknowledge", "wang")
        await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
        await is_shown(page, "Live")
        await page.route("**/on_the_way", late)
        await page.get_by_role("button", name="I am on my way").click()
        await expect(page.locator("#notice")).not_to_be_empty(timeout=WAIT_MS)


async def test_the_wall_shows_an_opening_by_itself(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path, doors=12)
    async with console(store, MachineClock(0)) as site, served(site, port):
        for number in range(12):
            await site.seal(number)
        async with browsing(chromium, "en", **WALL) as page:
            await page.goto(f"http://127.0.0.1:{port}/")
            await is_shown(page, "Live")
            tile = page.locator("#door-d7")
            await expect(tile).to_have_attribute("data-tone", "shut")
            await site.opens(7)
            await expect(tile).to_have_attribute("data-tone", "breach", timeout=WAIT_MS)
            await expect(page.locator("#side")).to_contain_text("3-801")
            await expect(page.locator("#tally")).to_contain_text("1 case unacknowledged")
            alarm = await tile.locator(".tile").evaluate("e => getComputedStyle(e).backgroundColor")
            quiet = page.locator("#door-d6 .tile")
            assert alarm != await quiet.evaluate("e => getComputedStyle(e).backgroundColor")


async def test_a_case_goes_round_the_whole_loop_on_its_page(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.opens(0)
        async with browsing(chromium, "en", **WALL) as page:
            await page.goto(f"http://127.0.0.1:{port}/cases/{first_case(0)}")
            await is_shown(page, "Live")
            empty = page.locator(".sheet:visible:not(:has(*))")
            assert await empty.count() == 0, "what has nothing to show is no empty frame"
            await page.get_by_role("button", name="Acknowledge").click()
            await is_shown(page, "The centre acknowledged it")
            await is_shown(page, "The case is taken on.")
            await page.get_by_text("Lawful, only not announced").click()
            await page.get_by_role("button", name="Report how it ended").click()
            await is_shown(page, "The centre reported how it ended")
            await is_shown(page, "The report is written down.")
            assert await page.get_by_text("The case is taken on.").count() == 0, "the latest alone"
            await is_shown(page, "Whoever reported a case neither assesses it nor signs it off")
            await page.get_by_label("Who works at this screen").select_option("Wang Fang")
            await page.get_by_role("button", name="Change").click()
            await page.get_by_role("button", name="Assess", exact=True).click()
            await is_shown(page, "Wang Fang assessed it")
            await page.get_by_role("button", name="Sign off").click()
            await is_shown(page, "Signed off. It closes by itself")
            await site.shuts(0)
            await expect(page.locator(".title .tag")).to_have_text("Closed", timeout=WAIT_MS)


async def test_what_was_chosen_stays_when_the_case_changes_beneath(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.opens(0, age_ms=60_000)
        async with browsing(chromium, "en", **WALL) as page:
            await page.goto(f"http://127.0.0.1:{port}/cases/{first_case(0)}")
            await is_shown(page, "Live")
            await page.get_by_text("Put aside for a while").click()
            why = page.get_by_label("Why")
            await why.fill("the door is being painted")
            await page.get_by_label("For how long").select_option("4")
            await site.shuts(0, age_ms=30_000)
            await site.opens(0)
            await is_shown(page, "2 times in all")
            await expect(why).to_be_visible()
            await expect(why).to_have_value("the door is being painted")
            await page.get_by_role("button", name="Put aside").click()
            await is_shown(page, "by The centre: the door is being painted")


async def test_the_phone_signs_by_itself_for_every_page_that_reaches_it(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.seal(1)
        await site.opens(0)
        async with browsing(chromium, "en", **PHONE) as page:
            await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
            await is_shown(page, "Live")
            await site.opens(1)
            await expect(page.locator("[data-case-id]")).to_have_count(2, timeout=WAIT_MS)
            url = "/api/v1/wardens/wang/unsigned"

            async def is_signed() -> bool:
                return not (await site.client.get(url)).json()["pages"]

            await until(is_signed, wait_s=20)
            cases = (await site.client.get("/api/v1/cases")).json()["open"]
            assert {case["state"] for case in cases} == {"paged"}


async def test_g7_a_page_says_so_when_the_browser_is_offline_or_its_gateway_away(
    chromium: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(tmp_path)
    async with (
        console(store, MachineClock(0)) as site,
        served(site, port),
        browsing(chromium, "en", **WALL) as page,
    ):
        await page.goto(f"http://127.0.0.1:{port}/wardens")
        await is_shown(page, "Live")
        await page.context.set_offline(True)
        await expect(page.locator("body.is-cut")).to_be_visible(timeout=SAYS_SO_MS)
        await page.context.set_offline(False)
        await is_shown(page, "Live")
        monkeypatch.setattr(site.engine, "is_heard", lambda: False)
        await expect(page.locator("body.is-away")).to_be_visible(timeout=SAYS_SO_MS)
        await is_shown(page, "The gateway does not answer: what stands here may be old")
        monkeypatch.undo()
        await is_shown(page, "Live")


async def test_g11_nine_tabs_hold_one_live_connection_and_a_press_gets_through(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with (
        console(store, MachineClock(0)) as site,
        served(site, port),
        browsing(chromium, "en", **WALL) as page,
    ):
        await site.seal(0)
        tabs = [page, *[await page.context.new_page() for _ in range(8)]]
        for tab in tabs:
            await tab.goto(f"http://127.0.0.1:{port}/", timeout=WAIT_MS)
        await site.opens(0)
        for tab in tabs:
            tile = tab.locator("#door-d0")
            await expect(tile).to_have_attribute("data-tone", "breach", timeout=WAIT_MS)
        assert site.app.state.figures.streams == 1
        last = tabs[-1]
        await last.goto(f"http://127.0.0.1:{port}/cases/{first_case(0)}", timeout=WAIT_MS)
        await is_shown(last, "Live")
        await last.get_by_role("button", name="Acknowledge").click()
        await is_shown(last, "The centre acknowledged it")


async def test_g11_a_browser_without_locks_is_live_too(
    chromium: str, port: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    async with (
        console(store, MachineClock(0)) as site,
        served(site, port),
        browsing(chromium, "en", **PHONE) as page,
    ):
        await page.context.add_init_script(NO_LOCKS)
        await site.seal(0)
        await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
        await is_shown(page, "Live")
        await site.opens(0)
        await is_shown(page, "Acknowledge")


async def test_a5_a_page_that_finds_no_place_is_told_why(
    chromium: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "STREAMS_MAX", 1)
    monkeypatch.setattr(live_stream, "KEPT_FOR_PHONES", 1)
    store = new_store(tmp_path)
    async with (
        console(store, MachineClock(0)) as site,
        served(site, port),
        browsing(chromium, "en", **WALL) as page,
    ):
        await page.goto(f"http://127.0.0.1:{port}/")
        await is_shown(page, "As many pages are open as this machine bears")
        await page.goto(f"http://127.0.0.1:{port}/inbox/wang")  # a phone finds its place
        await is_shown(page, "Live")
        assert site.app.state.figures.streams_refused > 0


NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined })"
