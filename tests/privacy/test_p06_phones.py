"""P6: what a phone keeps, in a real Chromium with a profile of its own: a warden's app and the page
of a household. Nothing of it lies readable in the profile's files, whoever looks there and when;
the app itself reads all of it while the order runs, and nothing after its end, with a line or
without."""

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from gateway.registry import resident_codes
from tests.ending.ended_site import NOTE, STAY, TELEPHONE, WHO, WHY
from tests.privacy.byte_search import found_in
from tests.privacy.lived_in import ASKED, CONTESTED, LABEL, House, lived_in
from tests.web.handheld_phone import has_kept, holds, is_ready, is_shown, phone
from tests.web.households import new_code
from tests.web.test_in_a_browser import served

CANARIES = (LABEL, TELEPHONE, WHO, WHY, NOTE, CONTESTED, ASKED)
# All that the app itself can read of what it keeps, and all that lies beside it unsealed.
ALL_OF_IT = """async () => {
  const t = await Kept.begin(["out", "pages", "refused", "about"]);
  const all = (name) => Kept.request(t.objectStore(name).getAll());
  const rows = (await Promise.all(["out", "pages", "refused"].map(all))).flat();
  const told = await Promise.all(rows.map((row) => Kept.unseal(row).catch(() => null)));
  const cached = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) {
      cached.push(asked.url, await (await cache.match(asked)).text());
    }
  }
  const beside = [{ ...localStorage }, { ...sessionStorage }, document.cookie];
  return JSON.stringify([told, cached, beside]);
}"""

LATER = """async (ms) => {
  const t = await Kept.begin(["about"], "readwrite");
  const about = t.objectStore("about");
  const session = await Kept.request(about.get("session"));
  about.put({ ...session, ahead: session.ahead + ms });
  await Kept.done(t);
}"""
# All that she did was a day ago.
A_DAY_LATER = """async () => {
  for (const one of await Outbox.refused()) {
    await Kept.write("refused", { id: one.id }, { ...one, at: one.at - 25 * 3600 * 1000 });
  }
}"""
NO_LOCKS = shutil.ignore_patterns("Singleton*")


async def reads(page: Page) -> set[str]:
    """The canaries that the app can read."""
    told = await page.evaluate(ALL_OF_IT)
    return {word for word in CANARIES if word in told}


async def in_the_cellar(context: BrowserContext, house: House, port: int) -> Page:
    """Her list is opened with a line, and her case worked on without one."""
    page = await context.new_page()
    home = f"http://127.0.0.1:{port}/handheld/wang"
    await page.goto(home)
    await is_ready(page)
    case = f"/handheld/wang/cases/{house.ids['case_id']}"
    for path in ("/handheld/wang", case):
        await has_kept(page, path)
    await context.set_offline(True)
    await page.goto(f"http://127.0.0.1:{port}{case}")
    await page.get_by_role("button", name="Acknowledge").click()
    await page.get_by_text("Spoke with the household").click()
    await page.locator("[name=note]").first.fill(NOTE)
    await page.get_by_role("button", name="Report how it ended").click()
    await holds(page, "async () => (await Outbox.waiting()).length === 2")
    return page


async def at_home(context: BrowserContext, house: House, port: int) -> Page:
    """The household looks at its own page, and leaves it open."""
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{port}/r")
    code = new_code(house.site.store, house.household_id, house.site.clock.now_ms())
    await page.locator("#code").fill(resident_codes.grouped(code))
    await page.locator("form#enter button").click()
    await page.wait_for_url("**/r/home")
    await page.goto(f"http://127.0.0.1:{port}/r/ask")
    assert ASKED in await page.content()
    return page


async def test_p06_a_phone_s_profile_never_holds_a_word_readable_and_its_app_forgets_all(
    chromium: str, free_port: Callable[[], int], tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    port, profile = free_port(), tmp_path / "phone"
    async with lived_in(tmp_path / "site", is_reported=False) as house, served(house, port):
        case = f"http://127.0.0.1:{port}/handheld/wang/cases/{house.ids['case_id']}"
        async with phone(chromium, profile) as context:
            own = await at_home(context, house, port)
            page = await in_the_cellar(context, house, port)
            assert await reads(page) >= {LABEL, TELEPHONE, NOTE}
            while_it_runs = tmp_path / "copied"  # by whoever found the phone lying there
            shutil.copytree(profile, while_it_runs, ignore=NO_LOCKS)
            # Without a line, and by its own clock, the page of its case is gone with the order.
            await page.evaluate(LATER, STAY)
            await page.goto(case, wait_until="domcontentloaded")
            await is_shown(page, "This page is not on this phone")
            await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
            await page.evaluate(LATER, -STAY)
            await house.ends()
            # With a line: what she did is not of use any more, and she reads that for a day.
            await context.set_offline(False)
            await page.reload()
            await holds(page, "async () => (await Outbox.waiting()).length === 0")
            await page.evaluate(A_DAY_LATER)
            await page.reload()
            await holds(page, "async () => (await Outbox.refused()).length === 0")
            await holds(page, f"async () => !(await ({ALL_OF_IT})()).includes('{LABEL}')")
            assert await reads(page) == set()
            await own.goto(f"http://127.0.0.1:{port}/r/ask")
            told = await own.content()
            assert not [word for word in CANARIES if word in told]
        assert found_in(while_it_runs, CANARIES) == found_in(profile, CANARIES) == {}
        # The search sees what a browser writes: addresses stand there, and so they name nobody.
        assert found_in(profile, ("handheld/wang/cases",))
