"""A photo with a report, from a phone's camera in the cellar to the centre: a real Chromium."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, async_playwright, expect

from gateway.engine.clock import MachineClock
from gateway.photos.folder import PhotoFolder
from gateway.photos.picture import BYTES_MAX
from gateway.store import photos
from gateway.store.photos import PhotoRow
from tests.photos.made_photo import is_bare, made_photo
from tests.waiting import until
from tests.web.handheld_phone import (
    KEPT,
    PHONE,
    WAIT_MS,
    at_hand,
    complaints_of,
    holds,
    is_shown,
    kept,
    launch,
    open_and_keep,
    phone,
    reload,
)
from tests.web.test_handheld_offline import A_DAY_LATER, LYING, address
from tests.web.test_in_a_browser import served
from tests.web.web_site import Console, console, first_case, new_store

CASE = first_case(0)
CAMERA = {"name": "IMG_20260301.jpg", "mimeType": "image/jpeg"}
ALL_SEEN = """() => {
  const seen = Array.from(document.querySelectorAll(".photos img"));
  return seen.length === 2 && seen.every((one) => one.naturalWidth);
}"""
NOTHING_WAITS = f"() => ({KEPT})().then((kept) => kept.out === 0)"


async def takes(page: Page, photo: bytes, place: str = "#task") -> None:
    camera: Any = {**CAMERA, "buffer": photo}
    photos_of_place = page.locator(f"{place} [data-photos]")
    await expect(photos_of_place).to_be_visible(timeout=WAIT_MS)  # before it nobody can press it
    await photos_of_place.locator("input").set_input_files(camera)


async def reports(page: Page) -> None:
    await page.get_by_text("Spoke with the household").click()
    await page.get_by_role("button", name="Report how it ended").click()


def known(site: Console) -> list[PhotoRow]:
    with site.store.reading() as connection:
        return photos.of_case(connection, CASE, 99)


async def at_the_door(site: Console) -> None:
    await site.seal(0)
    await site.opens(0)
    await site.act(CASE, "acknowledge", "wang")


async def test_photos_taken_in_the_cellar_follow_their_report_small_and_bare(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "acknowledge", "wang")
        said = complaints_of(page)
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port, CASE))
        taken = page.locator("#task [data-photos] li")
        await takes(page, made_photo((4000, 3000)))
        await expect(taken).to_have_count(1, timeout=WAIT_MS)
        await takes(page, made_photo((640, 480)))
        await expect(taken).to_have_count(2, timeout=WAIT_MS)
        await takes(page, made_photo((1400, 1000), is_noise=True, quality=95))
        await expect(taken).to_have_count(3, timeout=WAIT_MS)
        await expect(page.get_by_label("Add a photo")).to_be_hidden()
        await expect(page.get_by_role("img", name="Photo 3")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.get_by_role("button", name="Take it away · Photo 2").click()
        await expect(taken).to_have_count(2)
        await reports(page)
        await is_shown(page, "Photo 2: kept on this phone, not sent yet")
        await is_shown(page, "3 things that you did are only on this phone")
        lying = await page.evaluate(LYING)
        for words in ("JFIF", "photo", CASE):
            assert words not in lying["text"].replace("[object Object]", ""), words
        await reload(page)
        await is_shown(page, "Photo 1: kept on this phone, not sent yet")
        await page.context.set_offline(False)
        await holds(page, NOTHING_WAITS)
        assert (await kept(page))["refused"] == 0
        rows = known(site)
        folder = PhotoFolder(site.store.path)
        files = [folder.get(CASE, row.photo_id) for row in rows]
        assert all(file and is_bare(file) and len(file) <= BYTES_MAX for file in files)
        assert [row.photo_id.rpartition(".")[2] for row in rows] == ["1", "2"]
        assert {row.by for row in rows} == {"wang"}
        await expect(page.get_by_role("link", name="Photo 2")).to_be_visible(timeout=WAIT_MS)
        await page.goto(f"http://127.0.0.1:{port}/cases/{CASE}")
        shown = page.get_by_role("img", name="Photo 1, taken by Wang Fang")
        await shown.scroll_into_view_if_needed()
        await page.wait_for_function(ALL_SEEN)
        turned = "document.querySelector('.photos img').naturalHeight"
        assert await page.evaluate(turned) == 1280, "upright, and no larger than it must be"
        assert said == []


async def test_a_phone_that_dies_with_photos_unsent_tells_the_report_once_and_each_photo_once(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """Killed after the report was told, while its answer to the photo is lost."""
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await at_the_door(site)
        async with async_playwright() as playwright:
            context = await launch(playwright, chromium, tmp_path / "phone")
            page = await context.new_page()
            await open_and_keep(page, port)
            came: list[str] = []

            async def lost(route: Route) -> None:
                await route.fetch()
                came.append(route.request.url)
                await route.abort()

            await context.route("**/api/v1/cases/*/photos?*", lost)
            await page.goto(address(port, CASE))
            for number in (1, 2):
                await takes(page, made_photo((640, 480)))
                await expect(page.locator("#task [data-photos] li")).to_have_count(number)
            await reports(page)
            await until(lambda: bool(came))
            await is_shown(page, "Wang Fang reported how it ended")
            await context.close()  # and nobody told it that the photo came
            context = await launch(playwright, chromium, tmp_path / "phone")
            page = await context.new_page()
            await page.goto(address(port, CASE))
            await holds(page, NOTHING_WAITS)
            assert (await kept(page))["refused"] == 0
            await context.close()
        assert len(known(site)) == 2
        assert len(list(PhotoFolder(site.store.path).files())) == 2
        actions = await site.client.get("/api/v1/cases")
        assert actions.json()["in_review"][0]["outcome"] == "explained"


async def test_what_she_does_meanwhile_goes_before_a_photo_and_a_photo_that_cannot_go_stops_nothing(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path, doors=2) as (site, page):
        await site.act(CASE, "acknowledge", "wang")
        await open_and_keep(page, port)
        asked: list[str] = []

        async def hangs(route: Route) -> None:
            asked.append(route.request.url)  # by a line that brings nothing through

        await page.context.route("**/api/v1/cases/*/photos?*", hangs)
        await page.goto(address(port, CASE))
        await takes(page, made_photo((640, 480)))
        await expect(page.locator("#task [data-photos] li")).to_have_count(1)
        await reports(page)
        await until(lambda: bool(asked))
        await page.goto(address(port, first_case(1)))
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "Wang Fang acknowledged it")
        assert (await kept(page))["out"] == 1, "the photo waits"

        async def full(route: Route) -> None:
            await route.fulfill(status=503, content_type="application/problem+json", body="{}")

        await page.context.route("**/api/v1/cases/*/photos?*", full)  # asked before the other
        await page.get_by_role("button", name="I am on my way").click()
        await is_shown(page, "Wang Fang is on the way")
        assert (await kept(page))["out"] == 1
        await page.context.unroute("**/api/v1/cases/*/photos?*")
        await page.evaluate("send()")
        await holds(page, NOTHING_WAITS)
        assert len(known(site)) == 1


async def test_a_photo_whose_report_did_not_count_says_so_and_a_day_later_all_is_gone(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await at_the_door(site)
        async with phone(chromium, tmp_path / "phone") as context:
            page = await context.new_page()
            await open_and_keep(page, port)
            await context.set_offline(True)
            await page.goto(address(port, CASE))
            await takes(page, b"\x00\x00\x00\x18ftypheic not for this browser")
            await is_shown(page, "This picture cannot be read here.")
            await takes(page, made_photo((640, 480)))
            await expect(page.locator("#task [data-photos] li")).to_have_count(1)
            await reports(page)
            await is_shown(page, "Photo 1: kept on this phone, not sent yet")
            await site.act(CASE, "report", "li", outcome="lawful")  # meanwhile
            await context.set_offline(False)
            told = page.locator("#refused .case")
            await expect(told).to_have_count(2, timeout=WAIT_MS)
            await expect(told.nth(1)).to_contain_text("No report of yours about this case")
            assert known(site) == []
        async with phone(chromium, tmp_path / "another") as context:
            page = await context.new_page()
            await site.act(CASE, "take_back", "li")
            await open_and_keep(page, port)
            await context.set_offline(True)
            await page.goto(address(port, CASE))
            await takes(page, made_photo((640, 480)))
            await expect(page.locator("#task [data-photos] li")).to_have_count(1)
            await reports(page)
            await is_shown(page, "Photo 1: kept on this phone, not sent yet")
            await page.evaluate(A_DAY_LATER)
            await page.goto(address(port, CASE), wait_until="domcontentloaded")
            await is_shown(page, "This page is not on this phone")
            await context.set_offline(False)
            await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
            await is_shown(page, "2 things that you did could not be sent within 24 hours")
            assert (await kept(page))["out"] == 0


async def test_a_photo_goes_from_her_page_in_the_console_too(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "acknowledge", "wang")
        said = complaints_of(page)
        await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
        await is_shown(page, "Live")
        await page.get_by_role("button", name="I am at the door").click()
        card = page.locator(".case").first
        await expect(card).to_have_attribute("data-state", "on_site", timeout=WAIT_MS)
        await takes(page, made_photo(), ".case")
        await expect(page.locator("[data-photos] li")).to_have_count(1, timeout=WAIT_MS)
        await site.seal(1)
        await site.opens(1)  # another case changes the page below her hands
        await is_shown(page, "3-201")
        await expect(page.locator("[data-photos] li")).to_have_count(1)
        await reports(page)
        await expect(page.locator("#notice")).to_contain_text(
            "The photo was sent.", timeout=WAIT_MS
        )
        [row] = known(site)
        assert row.photo_id.endswith(".report.1")
        assert said == []


async def test_a_photo_goes_though_the_live_page_is_quicker_than_the_answer_to_its_report(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "acknowledge", "wang")

        async def slow(route: Route) -> None:
            answer = await route.fetch()
            await expect(page.locator(".case").first).to_contain_text("Reported")
            await route.fulfill(response=answer)

        await page.goto(f"http://127.0.0.1:{port}/inbox/wang")
        await is_shown(page, "Live")
        await page.get_by_role("button", name="I am at the door").click()
        await takes(page, made_photo(), ".case")
        await expect(page.locator("[data-photos] li")).to_have_count(1, timeout=WAIT_MS)
        await page.context.route("**/report", slow)
        await reports(page)
        await is_shown(page, "The photo was sent.")
        assert [row.photo_id.rpartition(".")[2] for row in known(site)] == ["1"]


async def test_a_photo_is_not_lost_though_her_page_changes_while_the_camera_is_open(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (site, page):
        await site.act(CASE, "acknowledge", "wang")
        await open_and_keep(page, port)
        await page.goto(address(port, CASE))
        await is_shown(page, "Live")
        async with page.expect_file_chooser() as camera:
            await page.locator("#task [data-photos] label").click()
        await site.act(CASE, "on_site", "wang")
        task = page.locator("#task")
        await expect(task).to_have_attribute("data-state", "on_site", timeout=WAIT_MS)
        photo: Any = {**CAMERA, "buffer": made_photo((640, 480))}
        await (await camera.value).set_files(photo)
        await expect(page.locator("#task [data-photos] li")).to_have_count(1, timeout=WAIT_MS)
