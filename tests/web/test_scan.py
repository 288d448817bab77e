"""The door's code on a phone: seen by a real browser's camera, typed, or neither."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.core.duration import HOUR_MS
from gateway.core.model import Order
from gateway.core.proof import Proof
from gateway.engine.clock import MachineClock
from gateway.language.proofs import proof_line, told_line
from gateway.store import case_views
from tests.waiting import until
from tests.web.door_labels import camera_phone, code_of, film, gets_code, order_changes, other_film
from tests.web.handheld_phone import (
    WAIT_MS,
    complaints_of,
    holds,
    is_shown,
    kept,
    open_and_keep,
    reload,
)
from tests.web.test_in_a_browser import served
from tests.web.web_site import Console, console, first_case, new_store

CASE = first_case(0)
ITS, OTHERS, NEW = code_of(482_719_035), code_of(7), code_of(99_000_001)
SCAN, THERE = "Scan the door's code", "I am at the door"
READER_KEPT = """async () => (await caches.keys()).some((name) => name.startsWith("scan-"))
  && Boolean(await caches.match(document.getElementById("scan").dataset.wasm))"""
IS_OFF = "() => document.querySelector('#scan video').srcObject === null"
RUNS = "() => Boolean(document.querySelector('#scan video').srcObject?.active)"


async def opened(site: Console, *doors: int) -> None:
    """These doors opened, each with a label; wang has the case of the first."""
    for number in doors:
        await site.seal(number)
        gets_code(site.store, f"o{number}", f"d{number}", (ITS, OTHERS)[number])
        await site.opens(number)
    await site.act(CASE, "acknowledge")


def case_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/handheld/wang/cases/{CASE}"


def proof(site: Console) -> Proof | None:
    with site.store.reading() as connection:
        case = case_views.case(connection, CASE)
    assert case is not None
    return case.proof


async def proves(site: Console, what: Proof) -> None:
    await until(lambda: proof(site) is what, wait_s=WAIT_MS / 1_000)


async def at_case(page: Page, port: int) -> None:
    await page.goto(case_url(port))
    await expect(page.locator("body.is-live.is-ready")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize("is_dim", [False, True])
async def test_the_camera_reads_the_printed_label_also_in_a_dim_stairwell(
    is_dim: bool, chromium: str, port: int, tmp_path: Path
) -> None:
    seen = film(tmp_path, ITS, is_dim=is_dim)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0)
        async with camera_phone(chromium, tmp_path / "phone", seen) as context:
            page = await context.new_page()
            said = complaints_of(page)
            await at_case(page, port)
            await page.get_by_role("button", name=SCAN).first.click()
            await proves(site, Proof.PROVED)
            await is_shown(page, proof_line(Proof.PROVED, "en"))
            await expect(page.locator("#scan")).to_be_hidden()
            assert await page.evaluate(IS_OFF)
            assert said == []


async def test_in_the_cellar_the_scan_is_kept_and_judged_by_the_order_of_then(
    chromium: str, port: int, tmp_path: Path
) -> None:
    seen = film(tmp_path, ITS)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0)
        async with camera_phone(chromium, tmp_path / "phone", seen) as context:
            page = await context.new_page()
            await open_and_keep(page, port)
            await at_case(page, port)
            await holds(page, READER_KEPT)
            await context.set_offline(True)
            await reload(page)
            await is_shown(page, "Line cut")
            await page.get_by_role("button", name=SCAN).first.click()
            await is_shown(page, f"{THERE}: kept on this phone, not sent yet")
            assert proof(site) is None
            begins_ms = site.clock.now_ms() + 2_000  # a slow line dates what it brings later
            fresh = Order("new", begins_ms, begins_ms + HOUR_MS)
            await order_changes(site, "d0", fresh, NEW)  # above, while she is below
            await until(lambda: site.clock.now_ms() > begins_ms)
            await context.set_offline(False)
            await proves(site, Proof.PROVED)
            assert (await kept(page))["refused"] == 0


async def test_another_doors_label_notes_her_as_there_and_says_so_until_she_read_it(
    chromium: str, port: int, tmp_path: Path
) -> None:
    seen = film(tmp_path, OTHERS)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0, 1)
        async with camera_phone(chromium, tmp_path / "phone", seen, "zh-CN") as context:
            page = await context.new_page()
            await at_case(page, port)
            await page.locator("form[data-action=on_site] [data-scan]").click()
            await proves(site, Proof.OTHER_DOOR)
            told = page.locator("#refused .case")
            words = told_line(Proof.OTHER_DOOR, "zh")
            assert words is not None
            await expect(told).to_contain_text(words, timeout=WAIT_MS)
            assert "3-201" not in await told.inner_text()  # no door but her own is named
            await reload(page)
            await expect(told).to_contain_text(words, timeout=WAIT_MS)
            await told.get_by_role("button").click()
            await expect(told).to_have_count(0)
            await is_shown(page, proof_line(Proof.OTHER_DOOR, "zh"))


async def test_the_digits_are_typed_by_keyboard_alone_and_a_wrong_one_is_found_at_once(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0)
        async with camera_phone(chromium, tmp_path / "phone", None) as context:
            page = await context.new_page()
            await at_case(page, port)
            field = page.get_by_label("Or type the ten digits beside it").first
            await page.get_by_role("button", name=SCAN).first.focus()
            await page.keyboard.press("Enter")  # this phone has no camera
            await is_shown(page, "There is no camera here that can be used.")
            await expect(field).to_be_focused()
            await page.keyboard.type(f"{ITS[:9]}{(int(ITS[9]) + 1) % 10}")
            await page.keyboard.press("Enter")
            assert await field.evaluate("(one) => one.validity.customError")
            assert proof(site) is None
            await field.fill("")
            await page.keyboard.type(f"{ITS[:3]} {ITS[3:6]} {ITS[6:]}")
            await page.keyboard.press("Enter")
            await proves(site, Proof.PROVED)


async def test_without_the_code_she_is_there_unproved_and_proves_it_afterwards(
    chromium: str, port: int, tmp_path: Path
) -> None:
    seen = film(tmp_path, ITS)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0)
        async with camera_phone(chromium, tmp_path / "phone", seen, allowed=False) as context:
            page = await context.new_page()
            await at_case(page, port)
            await page.get_by_role("button", name=SCAN).first.click()
            await is_shown(page, "This page may not use the camera.")
            await page.get_by_role("button", name=THERE).click()
            await proves(site, Proof.UNPROVED)
            await is_shown(page, proof_line(Proof.UNPROVED, "en"))
            await context.grant_permissions(["camera"])
            await page.locator("form[data-action=prove] [data-scan]").click()
            await proves(site, Proof.PROVED)
            await expect(page.locator("form[data-action=prove]")).to_be_hidden(timeout=WAIT_MS)


async def test_the_camera_runs_only_while_she_looks(
    chromium: str, port: int, tmp_path: Path
) -> None:
    seen = other_film(tmp_path)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await opened(site, 0)
        async with camera_phone(chromium, tmp_path / "phone", seen) as context:
            page = await context.new_page()
            await at_case(page, port)
            await page.get_by_role("button", name=SCAN).first.click()
            await is_shown(page, "That is another code.")
            assert proof(site) is None
            await page.keyboard.press("Escape")
            for ends in ("press Escape", "type", "hide"):
                await page.get_by_role("button", name=SCAN).first.click()
                await holds(page, RUNS)
                if ends == "press Escape":
                    await page.keyboard.press("Escape")
                elif ends == "type":
                    await page.get_by_role("button", name="Type the digits instead").click()
                else:
                    await page.evaluate(
                        "Object.defineProperty(document, 'hidden', { value: true });"
                        "document.dispatchEvent(new Event('visibilitychange'))"
                    )
                await holds(page, IS_OFF)
                await expect(page.locator("#scan")).to_be_hidden()
