"""The handheld in a dead stairwell: what is done without a line is kept, sent, and told of."""

from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from gateway.core.cases.refusal import Refusal
from gateway.engine.clock import MachineClock
from gateway.language.catalogue import say
from gateway.language.refusals import refusal_line
from gateway.web.handheld import shell
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
    open_and_keep,
    phone,
    reload,
)
from tests.web.test_in_a_browser import served
from tests.web.web_site import console, first_case, new_store

CASE = first_case(0)
HAVE_IT = say("I have it", "zh")
LYING = """async () => {
  const t = await Kept.begin(["out", "pages", "refused", "about", "key"]);
  const all = (name) => Kept.request(t.objectStore(name).getAll());
  const rows = (await Promise.all(["out", "pages", "refused", "about"].map(all))).flat();
  const [own] = await all("key");
  let bytes = 0, text = "";
  for (const row of rows) for (const value of Object.values(row)) {
    const isBytes = value instanceof ArrayBuffer;
    bytes += isBytes ? value.byteLength : 0;
    text += " " + (isBytes ? new TextDecoder("latin1").decode(value) : String(value));
  }
  return { bytes, text, extractable: own.key.extractable };
}"""
NOTHING_STAYS = """async () =>
  (await indexedDB.databases()).length + (await caches.keys()).length === 0"""
CACHED = """async () => {
  const names = await caches.keys();  // the app's own, and what reads a door's code
  const cache = await caches.open(names.find((name) => name.startsWith("handheld-")));
  return (await cache.keys()).map((request) => new URL(request.url).pathname);
}"""
ONLY_THE_NEW = """async () => (await caches.keys())
  .filter((name) => name.startsWith("handheld-")).join() === "handheld-fedcba98\""""
A_DAY_LATER = """async () => {
  const t = await Kept.begin(["about"], "readwrite");
  const about = t.objectStore("about");
  const session = await Kept.request(about.get("session"));
  about.put({ ...session, at: session.at - 25 * 3600 * 1000 });
  await Kept.done(t);
}"""


def address(port: int, case_id: str) -> str:
    return f"http://127.0.0.1:{port}/handheld/wang/cases/{case_id}"


async def test_what_is_done_in_the_cellar_is_told_when_there_is_a_line(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (_, page):
        said = complaints_of(page)
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port, CASE))
        await is_shown(page, "Line cut")
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "Acknowledge: kept on this phone, not sent yet")
        await page.get_by_role("button", name="I am at the door").click()
        await page.get_by_text("Spoke with the household").click()
        await page.get_by_role("button", name="Report how it ended").click()
        await is_shown(page, "3 things that you did are only on this phone")
        await reload(page)
        await is_shown(page, "3 things that you did are only on this phone")
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.context.set_offline(False)
        task = page.locator("#task")
        await expect(task).to_have_attribute("data-state", "reported", timeout=WAIT_MS)
        await is_shown(page, "Wang Fang reported how it ended")
        assert (await kept(page))["out"] == 0
        assert said == []


async def test_a_refusal_is_shown_with_its_reason_and_stays_until_it_is_read(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path, doors=2, language="zh-CN") as (site, page):
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port, CASE))
        await page.get_by_role("button", name=HAVE_IT).click()
        await is_shown(page, f"{HAVE_IT}：已存在手机里，还没发出")
        await page.goto(address(port, first_case(1)))
        await page.get_by_role("button", name=HAVE_IT).click()
        await is_shown(page, "有 2 个操作还只在这部手机里")
        await site.act(CASE, "acknowledge", by="li")  # meanwhile
        await page.context.set_offline(False)
        told = page.locator("#refused .case")
        await expect(told).to_contain_text("3-101", timeout=WAIT_MS)
        await expect(told).to_contain_text(refusal_line(Refusal.TAKEN_ALREADY, "zh"))
        await expect(page.locator("#task")).to_have_attribute("data-state", "acknowledged")
        assert (await site.client.get("/api/v1/cases")).json()["open"][0]["acknowledged_by"]
        await reload(page)
        await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
        await expect(told).to_have_count(1)
        await told.get_by_role("button", name="知道了").click()
        await expect(told).to_have_count(0)
        await reload(page)
        await is_shown(page, "实时")
        await expect(told).to_have_count(0)


async def test_a_server_that_is_restarted_loses_and_doubles_nothing(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """Its answer is lost on the way, the gateway is started anew, and is told the same again."""
    store = new_store(tmp_path)
    async with phone(chromium, tmp_path / "phone") as context:
        page = await context.new_page()
        async with console(store, MachineClock(0)) as site, served(site, port):
            await site.seal(0)
            await site.opens(0)
            await open_and_keep(page, port)

            async def lost(route: Route) -> None:
                await route.fetch()
                await route.abort()

            await context.route("**/api/v1/cases/**", lost)
            await page.goto(address(port, CASE))
            await page.get_by_role("button", name="Acknowledge").click()
            await is_shown(page, "Wang Fang acknowledged it")  # by the line
            assert (await kept(page))["out"] == 1, "nobody said that it came"
            await context.unroute("**/api/v1/cases/**")
        async with console(store, MachineClock(0)) as site, served(site, port):
            await holds(page, f"() => ({KEPT})().then((kept) => kept.out === 0)")
            await is_shown(page, "Live")
            assert (await kept(page))["refused"] == 0
            steps = page.locator("#workflow .what", has_text="Wang Fang acknowledged it")
            await expect(steps).to_have_count(1)


async def test_what_is_no_answer_of_the_gateway_s_takes_nothing_from_the_queue(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """A hotel's page for whatever is asked; a proxy whose gateway is away; who is signed out."""
    async with at_hand(chromium, port, tmp_path) as (_, page):
        await open_and_keep(page, port)
        await page.goto(address(port, CASE))
        answers = [
            {"status": 200, "content_type": "text/html", "body": "<h1>Hotel</h1>"},
            {"status": 200, "content_type": "application/json", "body": "{}"},
            {"status": 404, "content_type": "text/html", "body": "not here"},
            {"status": 502, "body": "bad gateway"},
            {"status": 429, "body": "slowly"},
            {"status": 401, "body": "who is it"},
        ]
        asked = []

        async def no_answer(route: Route) -> None:
            asked.append(route.request.post_data_json)
            await route.fulfill(**answers[min(len(asked), len(answers)) - 1])  # type: ignore[arg-type]

        await page.context.route("**/api/v1/cases/**", no_answer)
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "Acknowledge: kept on this phone, not sent yet")
        while len(asked) < len(answers):
            await page.evaluate("send()")
        await is_shown(page, "You are signed out. What you did is kept on this phone.")
        assert (await kept(page)) | {"pages": 2} == {
            "out": 1,
            "refused": 0,
            "pages": 2,
            "key": 1,
        }
        assert len({said["action_id"] for said in asked}) == 1
        ages = [said["age_ms"] for said in asked]
        assert ages == sorted(ages)
        await page.context.unroute("**/api/v1/cases/**")
        await page.evaluate("send()")
        await is_shown(page, "Wang Fang acknowledged it")


async def test_what_lies_on_the_phone_is_sealed_and_gone_at_sign_out(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (_, page):
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port, CASE))
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "Acknowledge: kept on this phone")
        lying = await page.evaluate(LYING)
        assert lying["bytes"] > 5_000
        for words in ("3-101", "Wang", "acknowledge", CASE, "opened"):
            assert words not in lying["text"], words
        assert lying["extractable"] is False
        cached = await page.evaluate(CACHED)
        assert not [path for path in cached if "wang" in path], cached
        await page.context.set_offline(False)
        await is_shown(page, "Wang Fang acknowledged it")
        # Else she is asked first: what the line shows may not be answered on the phone yet.
        await holds(page, f"() => ({KEPT})().then((kept) => kept.out === 0)")
        await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
        # A slow phone, whose browser says nothing of its stores while it clears them.
        tools = await page.context.new_cdp_session(page)
        await tools.send("Emulation.setCPUThrottlingRate", {"rate": 20})
        await page.get_by_text("This phone", exact=True).click()
        await page.get_by_role("button", name="Sign out").click()
        await is_shown(page, "Nothing of yours is left on this phone.")
        stays = "async () => (await indexedDB.databases()).length + (await caches.keys()).length"
        await page.wait_for_function(f"async () => (await ({stays})()) === 0")


async def test_a_day_without_the_gateway_s_word_clears_the_phone_and_says_what_was_lost(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with at_hand(chromium, port, tmp_path) as (_, page):
        await open_and_keep(page, port)
        await page.context.set_offline(True)
        await page.goto(address(port, CASE))
        await page.get_by_role("button", name="Acknowledge").click()
        await is_shown(page, "Acknowledge: kept on this phone")
        await page.evaluate(A_DAY_LATER)
        await page.goto(address(port, CASE), wait_until="domcontentloaded")
        await is_shown(page, "This page is not on this phone")
        await page.context.set_offline(False)
        await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
        await is_shown(page, "One thing that you did could not be sent within 24 hours")
        await page.locator("#lost").get_by_role("button").click()
        await expect(page.locator("#lost")).to_be_hidden()
        assert (await kept(page))["out"] == 0


async def test_a_new_version_waits_until_somebody_presses(
    chromium: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_hand(chromium, port, tmp_path, doors=0) as (_, page):
        await open_and_keep(page, port)
        await reload(page)
        await is_shown(page, "Live")
        assert not await page.locator("#new-version").is_visible()
        old = shell.version()
        monkeypatch.setattr(shell, "version", lambda: "fedcba98")
        monkeypatch.setattr(shell, "worker", shell.worker.__wrapped__)
        await page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.update())")
        await is_shown(page, "There is a new version of this app.")
        assert old in str(await page.evaluate("caches.keys()"))
        async with page.expect_event("load"):
            await page.get_by_role("button", name="Load it").click()
        await is_shown(page, "Live")
        await holds(page, ONLY_THE_NEW)


async def test_three_tabs_have_one_line_and_the_next_takes_over_when_the_first_is_gone(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.seal(1)
        await site.opens(0)
        async with phone(chromium, tmp_path / "phone") as context:
            tabs = [await context.new_page() for _ in range(3)]
            for tab in tabs:
                await tab.goto(f"http://127.0.0.1:{port}/handheld/wang")
                await is_shown(tab, "Live")
            await until(lambda: site.app.state.figures.streams == 1)
            await tabs[0].close()
            await site.opens(1)
            for tab in tabs[1:]:
                await is_shown(tab, "3-201")
                await is_shown(tab, "Live")
            await until(lambda: site.app.state.figures.streams == 1)


async def test_a_browser_that_can_keep_nothing_presses_by_forms(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """As on plain HTTP, where it has neither worker nor locks nor crypto."""
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, port):
        await site.seal(0)
        await site.opens(0)
        async with phone(chromium, tmp_path / "phone") as context:
            for name in ("serviceWorker", "locks"):
                script = f"Object.defineProperty(navigator, '{name}', {{ value: undefined }})"
                await context.add_init_script(script)
            page = await context.new_page()
            said = complaints_of(page)
            await page.goto(address(port, CASE))
            await is_shown(page, "Live")
            await page.get_by_role("button", name="Acknowledge").click()
            await is_shown(page, "Wang Fang acknowledged it")
            await is_shown(page, "Live")
            await page.goto(f"http://127.0.0.1:{port}/handheld/wang")
            await page.get_by_text("This phone", exact=True).click()
            await is_shown(page, "This browser cannot keep your pages")
            assert said == []


async def test_the_browser_offers_to_install_it(chromium: str, port: int, tmp_path: Path) -> None:
    async with at_hand(chromium, port, tmp_path, doors=0) as (_, page):
        await open_and_keep(page, port)
        session = await page.context.new_cdp_session(page)
        errors = await session.send("Page.getInstallabilityErrors")
        assert errors["installabilityErrors"] == []
        manifest = await session.send("Page.getAppManifest")
        assert manifest["errors"] == []
