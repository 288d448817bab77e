"""What fits the screen in a real browser: walls of many doors, and what a thumb can press."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from gateway.engine.clock import MachineClock
from tests.web.test_in_a_browser import PHONE, browsing, served
from tests.web.test_wall import many_doors
from tests.web.web_site import console, first_case

# Words and numbers of the wall that are broken in two.
BROKEN = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.parentElement.closest(".tally, .tile .word, .tag, .block h3")) continue;
    for (const word of text.data.matchAll(/[A-Za-z0-9]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]);
    }
  }
  return found;
}"""
# What can be pressed and is lower than a thumb; a link within a sentence is its line's height.
TOO_LOW = """() => [...document.querySelectorAll("a[href], button, summary, select, input")]
  .filter((one) => one.checkVisibility() && one.type !== "hidden" && !one.closest(".hidden, .skip"))
  .filter((one) => one.matches(".cell, .tile, input, select, button, summary")
    || one.parentElement.textContent.trim().length - one.textContent.trim().length < 4)
  .map((one) => [(one.closest("label") || one).getBoundingClientRect().height, one.outerHTML])
  .filter(([height]) => height < 44)"""
OVERFLOWING = """[...document.querySelectorAll(".tile, .tile .label, .block, .case, .case .label")]
  .filter((part) => {
    const own = part.getBoundingClientRect();
    const around = (part.closest("li") || part.parentElement).getBoundingClientRect();
    return own.width > 1 && (own.right > around.right + 1.5 || own.left < around.left - 1.5);
  }).map((part) => part.textContent)"""


@pytest.mark.parametrize(
    ("count", "language"), [(40, "zh-CN"), (300, "en"), (1_000, "zh-CN"), (3_000, "en")]
)
async def test_g1_g2_a_wall_of_real_labels_fits_every_screen_and_says_what_needs_me_first(
    chromium: str, port: int, tmp_path: Path, count: int, language: str
) -> None:
    is_busy = count == 300
    store = many_doors(tmp_path, count, bare=12 if is_busy else 0)
    async with console(store, MachineClock(0)) as site, served(site, port):
        for number in range(100, 120) if is_busy else [7]:
            await site.opens(number)
        async with browsing(chromium, language, **PHONE) as page:
            for width, height in ((360, 740), (1024, 768), (1920, 1080)):
                await page.set_viewport_size({"width": width, "height": height})
                await page.goto(f"http://127.0.0.1:{port}/")
                assert await page.evaluate("document.documentElement.scrollWidth") == width
                assert await page.evaluate(OVERFLOWING) == []
                assert await page.evaluate(BROKEN) == [], width
                case = page.locator(".case").first
                box = await case.bounding_box()
                assert box, "the first screen shows what needs me"
                assert box["y"] + box["height"] <= height
                await page.keyboard.press("Tab")  # the way past everything
                await page.keyboard.press("Enter")
                await page.keyboard.press("Tab")
                assert await case.evaluate("one => one === document.activeElement")
            if await page.locator(".dots i").count():
                await opens_the_building_of_a_dot(page)


async def opens_the_building_of_a_dot(page: Page) -> None:
    """A dot is too small for a thumb, and a thousand of them too many for Tab: what is pressed is
    the building around them, anywhere."""
    block = page.locator(".block.dots").nth(1)
    name = await block.locator("h3 a").inner_text()
    box = await block.locator("i").last.bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.wait_for_url(re.compile("block="))
    await expect(page.locator(".cell").first).to_be_visible()
    await expect(page.locator("body")).to_contain_text(name)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_g10_no_page_has_what_a_screen_reader_or_a_keyboard_stumbles_over(
    chromium: str, port: int, tmp_path: Path, language: str
) -> None:
    """By axe's rules of WCAG 2.2 AA and its best practices: headings, names, contrast, focus."""
    store = many_doors(tmp_path, 60)
    async with console(store, MachineClock(0)) as site, served(site, port):
        await site.opens(0)
        await site.opens(1)
        await site.opens(2)
        await site.on_duty("wang", "li")
        await site.act(first_case(1), "acknowledge")
        await site.reported(first_case(2))
        paths = ("", "cases", f"cases/{first_case(0)}", "doors/d0", "doors/d5", "wardens", "health")
        paths += ("inbox/wang", "?stand=open", "?q=1栋")
        paths += ("handheld/wang", *(f"handheld/wang/cases/{first_case(n)}" for n in (0, 1, 2)))
        async with browsing(chromium, language, **PHONE) as page:
            await page.emulate_media(reduced_motion="reduce")  # nothing is half faded in
            for path in paths:
                await page.goto(f"http://127.0.0.1:{port}/{path}")
                await page.evaluate(
                    "for (const one of document.querySelectorAll('details')) one.open = true"
                )
                results = await Axe().run(page)
                found = [
                    (rule["id"], [node["html"][:160] for node in rule["nodes"][:3]])
                    for rule in results.response["violations"]
                ]
                assert found == [], path
                assert await page.evaluate(TOO_LOW) == [], path
