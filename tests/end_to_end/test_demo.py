"""The demo as a visitor meets it: doors are clicked in a real browser, the phone is read."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.end_to_end.demo_process import Demo, demo

WAIT_MS = 60_000  # two busy cores, and a seal that tries again after 1, 3, 7 and 15 seconds
SCREEN = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Demo]:
    """One demo for all of these tests; each opens doors of its own."""
    with demo(tmp_path_factory.mktemp("demo")) as found:
        found.wait_until_ready()
        yield found


@contextlib.asynccontextmanager
async def visiting(
    chromium: str, running: Demo, language: str = "en", size: dict[str, int] = SCREEN
) -> AsyncIterator[Page]:
    """The demo's page in a browser that speaks a language, with everything of it loaded."""
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(viewport=size, locale=language)  # type: ignore[arg-type]
        page = await context.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        await page.goto(running.url)
        await expect(page.locator("#engine")).to_have_attribute("data-phase", "up")
        await expect(page.frame_locator("#phone").locator("body.is-live")).to_be_visible()
        yield page
        await browser.close()
        assert failed == []


async def click(page: Page, door: str) -> None:
    """Open or shut a door."""
    await page.locator(f"#door-{door} .doorway").click()


async def is_open(page: Page, door: str) -> bool:
    return "is-open" in (await page.locator(f"#door-{door}").get_attribute("class") or "")


def happening(page: Page, door: str):  # type: ignore[no-untyped-def] # a locator
    """What the gateway wrote down about a door, the newest."""
    label = page.locator(".label", has_text=door)
    return page.locator("#happenings li").filter(has=label).first


async def test_a_clicked_door_opens_and_its_page_is_on_the_phone_with_the_time_it_took(
    chromium: str, running: Demo
) -> None:
    async with visiting(chromium, running) as page:
        await click(page, "1-103")
        await expect(page.locator("#door-1-103")).to_have_class(re.compile("is-open"))
        card = page.frame_locator("#phone").locator("article", has_text="1-103")
        await expect(card).to_contain_text("The door opened, and nobody had announced it.")
        await expect(page.locator("#door-1-103")).to_have_class(re.compile("tone-breach"))
        written = happening(page, "1-103")
        await expect(written).to_contain_text("Warden Wang")
        await expect(written).to_contain_text(re.compile(r"bounced [2-6] times: one opening"))
        await expect(written.locator(".took")).to_have_text(
            re.compile(r"page after \d+(\.\d)? m?s")
        )
        await expect(page.locator("#figure")).to_have_text(re.compile(r"\d"))


async def test_the_warden_takes_the_case_on_the_phone_and_reports_how_it_ended(
    chromium: str, running: Demo
) -> None:
    async with visiting(chromium, running) as page:
        await click(page, "1-104")
        card = page.frame_locator("#phone").locator("article", has_text="1-104")
        await card.get_by_role("button").first.click()
        await expect(card).to_have_attribute("data-state", "acknowledged")
        await expect(page.locator("#door-1-104")).to_have_class(re.compile("tone-in_hand"))
        await page.locator("#plate-1-104").click()  # its plate will do
        await expect(page.locator("#door-1-104")).not_to_have_class(re.compile("is-open"))
        await card.get_by_text("Spoke with the household").click()
        await card.get_by_role("button", name="Report how it ended").click()
        await expect(card).to_have_attribute("data-state", re.compile("signed_off|closed"))
        await expect(page.locator("#door-1-104")).not_to_have_class(re.compile("tone-in_hand"))


async def test_an_announced_opening_bothers_nobody_and_the_page_says_who_announced_it_and_why(
    chromium: str, running: Demo
) -> None:
    async with visiting(chromium, running) as page:
        await click(page, "1-102")
        written = happening(page, "1-102")
        await expect(written).to_contain_text(
            "Announced by the community kitchen: noon meal. Nobody was disturbed."
        )
        await expect(written.locator(".took")).to_have_text("nobody disturbed")
        await expect(page.locator("#door-1-102")).to_have_class(re.compile("tone-announced"))
        phone = page.frame_locator("#phone")
        await expect(phone.locator("#inbox")).to_be_visible()
        await expect(phone.locator("article", has_text="1-102")).to_have_count(0)


async def test_a_door_without_an_order_is_only_recorded(chromium: str, running: Demo) -> None:
    async with visiting(chromium, running, "zh-CN") as page:
        await click(page, "1-301")
        await expect(happening(page, "1-301")).to_contain_text("此门没有隔离令，仅作记录。")
        phone = page.frame_locator("#phone")
        await expect(phone.locator("article", has_text="1-301")).to_have_count(0)


async def test_an_opening_while_the_gateway_is_dead_is_not_lost_and_the_page_shows_it(
    chromium: str, running: Demo
) -> None:
    async with visiting(chromium, running) as page:
        process = await page.locator("#pid").inner_text()
        await page.locator("#kill").click()
        await expect(page.locator("#engine")).to_have_attribute("data-phase", "killed")
        told = page.locator("#steps")
        await expect(told.locator(".turn-kept")).to_be_visible()
        await expect(told.locator("li")).to_have_count(6)
        turns = await told.locator("li").evaluate_all("all => all.map(e => e.className)")
        assert [turn.split()[0] for turn in turns] == [
            f"turn-{turn}" for turn in ("killed", "opened", "kept", "back", "stored", "shown")
        ]
        opened = await told.locator(".turn-opened span").inner_text()
        door = re.findall(r"1-\d{3}", opened)[0]
        phone = page.frame_locator("#phone")
        await expect(phone.locator("article", has_text=door)).to_be_visible()
        await expect(page.locator("#verdict")).to_contain_text("Nothing was lost.")
        await expect(page.locator("#pid")).not_to_have_text(process)
        await expect(page.locator("#kill")).to_be_enabled()


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "网格员的手机"), ("en-GB", "The warden's phone")]
)
async def test_it_speaks_the_browsers_language_and_fits_a_phone(
    chromium: str, running: Demo, language: str, title: str
) -> None:
    async with visiting(chromium, running, language, PHONE) as page:
        await expect(page.locator("#phone-title")).to_have_text(title)
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.goto(running.url + "?lang=" + ("en" if language == "zh-CN" else "zh"))
        await expect(page.locator("#phone-title")).not_to_have_text(title)
