"""The engineers' page of a site with more to tell than a page shows: what its tables name and what
they count, and how they stand on a phone."""

import re
from pathlib import Path

from playwright.async_api import expect
from sqlalchemy import insert

from gateway.core.events import ReportCame, SealBound
from gateway.core.model import Contact
from gateway.core.subject import of_door
from gateway.store import tables
from gateway.web.pages.health import SEALS_MAX
from tests.web.test_in_a_browser import browsing, served
from tests.web.web_site import Console, console, new_store, now_ms, seal_id

DOORS = SEALS_MAX + 5
HEARTBEAT_MS = 60_000
HEADINGS = {
    "Refused, or told nothing, in the last 24 hours": 2,
    "Doors that do not count as sealed, or not for long": SEALS_MAX,
    "Seals that want an engineer": SEALS_MAX,
}


async def with_much_to_tell(site: Console) -> None:
    """Every door has a seal without a certificate that has fallen silent, one with its battery
    low; and messages were refused for two reasons."""
    for number in range(DOORS):
        door = of_door(f"d{number}")
        bound = SealBound(seal_id(number), HEARTBEAT_MS, must_certify=True)
        await site.engine.submit(door, bound)
        battery_mv = 2_100 if number == 0 else 2_900
        report = ReportCame(seal_id(number), 1, Contact.SHUT, 0, False, battery_mv=battery_mv)
        await site.engine.submit(door, report)
    site.clock.advance(10 * HEARTBEAT_MS)  # type: ignore[attr-defined]
    await site.engine.idle()
    hour_ms = now_ms() - now_ms() % 3_600_000
    refused = (("unknown_seal", 7), ("unknown_version", 1_000))
    with site.store.writing() as connection:
        for reason, count in refused:
            row = {"hour_ms": hour_ms, "reason": reason, "count": count, "latest_ms": now_ms()}
            connection.execute(insert(tables.refusals), [row])


def sections(page: str) -> dict[str, str]:
    """What stands below each heading."""
    parts = page.split("<h2>")[1:]
    return {part.partition("</h2>")[0]: part.partition("</section>")[0] for part in parts}


async def test_each_table_names_the_first_and_counts_the_others(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, DOORS)) as site:
        await with_much_to_tell(site)
        told = sections(await site.text("/health"))
        refused, unsealed, seals = (told[heading] for heading in HEADINGS)
        for table, rows in zip((refused, unsealed, seals), HEADINGS.values(), strict=True):
            assert table.count('<tr role="row"><td') == rows
        assert re.findall(r'class="number soft">(\w+)<', refused) == [
            "unknown_version",
            "unknown_seal",
        ], "the most frequent first"
        assert '<a href="/commission">and 5 more</a>' in unsealed
        assert f"The first {SEALS_MAX} of {DOORS}." in seals
        later = sections(await site.text(f"/health?begin={SEALS_MAX}"))[list(HEADINGS)[2]]
        assert later.count('<tr role="row"><td') == 5
        assert f"A further part, of {DOORS} in all." in later
        assert "Battery low" in seals
        assert "2.10&nbsp;V" in seals
        assert seals.count("Offline") == SEALS_MAX
        asked = (await site.client.get("/api/v1/health")).json()
        assert [row["count"] for row in asked["refusals"]] == [1_000, 7]
        assert len(asked["seals"]) == len(asked["unsealed"]) == SEALS_MAX
        assert (asked["more"], asked["unsealed_more"]) == (5, 5)


async def test_where_nothing_is_wrong_each_table_is_a_sentence(tmp_path: Path) -> None:
    async with console(new_store(tmp_path, 0)) as site:
        page = await site.text("/health")
        assert "<table" not in page
        assert "Every message was genuine and new." in page
        assert "Every seal is online, with battery enough." in page


async def test_on_a_phone_each_row_is_a_sheet_whose_cells_say_what_they_are(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with (
        console(new_store(tmp_path, DOORS)) as site,
        served(site, port),
        browsing(chromium, "en", width=360, height=900) as page,
    ):
        await with_much_to_tell(site)
        await page.goto(f"http://127.0.0.1:{port}/health")
        cell = page.locator('td[data-label="Last heard"]').first
        cells = page.locator("table").last.locator("td")
        for width, is_phone in ((360, True), (1920, False)):
            await page.set_viewport_size({"width": width, "height": 900})
            await expect(cell).to_be_visible()
            wide = "document.documentElement.scrollWidth - innerWidth"
            assert await page.evaluate(wide) <= 0, "nobody scrolls sideways"
            said = await cell.evaluate("cell => getComputedStyle(cell, '::before').content")
            assert said == ('"Last heard"' if is_phone else "none")
            boxes = [await cells.nth(number).bounding_box() for number in (0, 1)]
            door, seal = (box for box in boxes if box is not None)
            assert (seal["y"] > door["y"] + 8) is is_phone, "side by side where there is room"
