"""A warden's day, from her invitation to the closed case, on one phone with a real browser: what
each part proves by itself holds in one go. Only her push service hands the message over by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from gateway.core.evidence import Evidence
from gateway.core.proof import Proof
from gateway.engine.clock import MachineClock
from gateway.store import case_views, photos
from gateway.store.case_views import CaseRow
from tests.channels.push_service import PushService
from tests.photos.made_photo import made_photo
from tests.waiting import until
from tests.web.door_labels import camera_phone, code_of, film, gets_code
from tests.web.handheld_phone import WAIT_MS, holds, is_ready, is_shown, kept
from tests.web.ringing_site import ringing_site
from tests.web.signed_in import Site
from tests.web.test_in_a_browser import served
from tests.web.test_ringing import told
from tests.web.test_ringing_browser import KEEPS, lets_it_ring, message_to, opened
from tests.web.test_scan import READER_KEPT
from tests.web.web_site import first_case

CASE, HOME, CODE = first_case(0), "/handheld/wang", code_of(482_719_035)


def case_of(site: Site) -> CaseRow:
    with site.store.reading() as connection:
        case = case_views.case(connection, CASE)
    assert case is not None
    return case


async def visits_in_the_cellar(page: Page) -> None:
    """No line: the code is scanned, the report made with a photo, and all of it waits."""
    await page.get_by_role("button", name="Scan the door's code").first.click()
    await is_shown(page, "I am at the door: kept on this phone, not sent yet")
    camera: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": made_photo((1400, 1000))}
    await page.locator("#task [data-photos] input").set_input_files(camera)
    await expect(page.locator("#task [data-photos] li")).to_have_count(1)
    await page.get_by_text("Spoke with the household").click()
    await page.get_by_role("button", name="Report how it ended").click()
    await is_shown(page, "Photo 1: kept on this phone, not sent yet")


async def signs_off(site: Site) -> None:
    """Another at the desk; whoever reported it may not."""
    for who, status in (("wang", 403), ("desk", 200)):
        for act in ("assess", "sign_off"):
            answer = await site.asks(who, "POST", f"/api/v1/cases/{CASE}/{act}")
            assert answer.status_code == status, (who, act, answer.text)


async def test_from_the_invitation_to_the_closed_case(
    chromium: str, free_port: Callable[[], int], service: PushService, tmp_path: Path
) -> None:
    port, seen = free_port(), film(tmp_path, CODE)
    async with (
        ringing_site(tmp_path, service, clock=MachineClock(0)) as site,
        served(site.console, port),
        camera_phone(chromium, tmp_path / "phone", seen) as context,
    ):
        here, mine = f"http://127.0.0.1:{port}", service.phone("wang")
        browser = await opened(context, site, port, mine)  # by her invitation
        await context.grant_permissions(["notifications", "camera"], origin=here)
        await lets_it_ring(browser)
        page = browser.page
        await is_ready(page)
        await holds(page, READER_KEPT)
        await page.goto(f"{here}/handheld/offline")  # the phone is in a pocket
        await browser.sleeps()
        await site.console.seal(0)
        gets_code(site.store, "o0", "d0", CODE)
        await site.console.opens(0)
        await browser.pushed(await message_to(mine))

        async def is_received() -> bool:
            await site.engine.idle()
            return all(row["evidence"] == Evidence.RECEIVED for row in told(site).values())

        await until(is_received)
        await holds(page, KEEPS, f"{HOME}/cases/{CASE}")
        await page.goto(f"{here}{HOME}/cases/{CASE}")
        await page.get_by_role("button", name="Acknowledge", exact=True).first.click()
        await until(lambda: case_of(site).acknowledged_by == "wang", wait_s=WAIT_MS / 1_000)
        await site.console.shuts(0)
        await context.set_offline(True)
        await page.reload()
        await visits_in_the_cellar(page)
        await context.set_offline(False)

        async def is_told() -> bool:
            return (await kept(page))["out"] == 0

        await until(is_told, wait_s=WAIT_MS / 1_000)
        assert (await kept(page))["refused"] == 0
        case = case_of(site)
        assert (case.reported_by, case.proof) == ("wang", Proof.PROVED)
        with site.store.reading() as connection:
            assert len(photos.of_case(connection, CASE, 9)) == 1
        await signs_off(site)
        await until(lambda: case_of(site).closed_ms is not None, wait_s=WAIT_MS / 1_000)
