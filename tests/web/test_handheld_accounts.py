"""The handheld where people sign in: whose it is, who signs for what was done without a line, and
what becomes of it when her session was ended meanwhile."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.accounts import invitations, sessions
from gateway.engine.clock import MachineClock
from gateway.web.access import DID
from tests.waiting import until
from tests.web.handheld_phone import (
    KEPT,
    WAIT_MS,
    has_kept,
    holds,
    is_ready,
    is_shown,
    kept,
    open_and_keep,
    phone,
)
from tests.web.marked_ways import saying, way_to
from tests.web.signed_in import Site, signed_in_site
from tests.web.test_in_a_browser import served
from tests.web.web_site import first_case, problem_of

CASE, OTHERS = first_case(0), first_case(2)
HOME = "/handheld/wang"
HAVE_IT = "Acknowledge"
NO_PAGES = f"() => ({KEPT})().then((kept) => kept.pages === 0)"


async def opened(site: Site) -> None:
    """A case in each grid."""
    for number in (0, 2):
        await site.console.seal(number)
        await site.console.opens(number)


async def test_she_has_her_own_app_and_nobody_else_s(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as client:
        await opened(site)
        for path in (HOME, f"{HOME}/tasks", f"{HOME}/cases/{CASE}"):
            assert (await client.get(path)).status_code == 200, path
        for path in ("/handheld/li", "/handheld/li/tasks", f"{HOME}/cases/{OTHERS}"):
            assert (await client.get(path)).status_code == 404, path
        here, there = f"{HOME}/cases/{CASE}", f"{HOME}/cases/{OTHERS}"
        said = saying(here, "/handheld/{warden_id}/cases/{case_id}/acknowledge")
        assert way_to(await client.post(f"{here}/acknowledge")) == said
        assert (await client.post(f"{there}/acknowledge")).status_code == 404
        assert (await client.post(f"/handheld/li/cases/{CASE}/on_site")).status_code == 404
        assert site.noted("acknowledge")[0][0] == "wang"
        for path in ("sw.js", "offline", "signed_out", "li/manifest.webmanifest"):
            assert (await site.asks("", "GET", f"/handheld/{path}")).status_code == 200, path


@pytest.mark.parametrize(
    "query",
    [
        "view=tasks&name=li",
        f"view=task&name=li%20{CASE}",
        f"view=task&name=wang%20{OTHERS}",
        f"topic=task:wang%2520{OTHERS}::en",
    ],
)
async def test_no_line_tells_of_another_s_cases(query: str, tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as client:
        await opened(site)
        assert (await client.get(f"/stream?{query}")).status_code == 404


async def test_what_another_did_on_her_phone_is_not_signed_by_her(tmp_path: Path) -> None:
    """The header takes rights and gives none."""
    async with signed_in_site(tmp_path) as site:
        await opened(site)
        there = f"/api/v1/cases/{CASE}/acknowledge"
        for name in ("deng", "desk"):
            answer = await site.asks(name, "POST", there, headers={DID: "wang"})
            problem_of(answer, 401)
            assert "somebody else on this phone" in answer.json()["detail"]
        answer = await site.asks("li", "POST", there, headers={DID: "li"})
        assert answer.status_code == 404
        answer = await site.asks("wang", "POST", there, headers={DID: "wang"})
        assert answer.json() == {"changed": True}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_two_press_at_once_and_one_is_told_who_has_it(language: str, tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        press = f"/api/v1/cases/{first_case(0)}/acknowledge"
        says = {"headers": {"accept-language": language}}
        answers = await asyncio.gather(
            *(site.asks(who, "POST", press, **says) for who in ("wang", "deng"))
        )
        (late,) = [answer.json() for answer in answers if answer.status_code != 200]
        (case,) = (await site.asks("desk", "GET", "/api/v1/cases")).json()["open"]
        owner = case["acknowledged_name"]
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert late["reason"] == "taken_already"
        with_owner = f"It is with {owner} now." if language == "en" else f"现在是{owner}在处理。"
        assert late["why"].endswith(with_owner)


async def test_who_signs_out_there_is_signed_out(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as client:
        token = next(iter(client.cookies.jar)).value
        answer = await client.post(f"{HOME}/sign_out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/handheld/signed_out")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert site.noted("signed out")[0][0] == "wang"
        async with site.browser(token=str(token)) as thief:
            answer = await thief.get(f"{HOME}/tasks", headers={"accept": "application/json"})
            problem_of(answer, 401)
            assert (await thief.get(HOME)).headers["location"].startswith("/sign-in?after=")
            assert (await thief.post(f"{HOME}/sign_out")).status_code == 303  # for good measure


def invited(site: Site, name: str) -> str:
    with site.accounts.writing() as connection:
        return invitations.make(connection, site.account(name), "adm", site.clock.now_ms())


async def scans(page: Page, site: Site, port: int, name: str) -> None:
    """Somebody signs in on this phone by an invitation, and the app is there."""
    await page.goto(f"http://127.0.0.1:{port}/invitation/{invited(site, name)}")
    await page.get_by_role("button", name="Sign this phone in").click()
    await page.wait_for_url(f"http://127.0.0.1:{port}/handheld/{name}")
    await expect(page.locator("body.is-live")).to_be_visible(timeout=WAIT_MS)
    await is_ready(page)


def revoked(site: Site, name: str) -> None:
    with site.accounts.writing() as connection:
        sessions.end_all(connection, site.account(name), site.clock.now_ms())


async def test_a_session_that_was_ended_in_the_cellar_loses_nothing_and_signs_nothing(
    chromium: str, port: int, tmp_path: Path
) -> None:
    """She is told, and what she did waits for her; a colleague who signs in on her phone sends her
    own acts and not those."""
    async with (
        signed_in_site(tmp_path, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        await opened(site)
        page = await context.new_page()
        await scans(page, site, port, "wang")
        await open_and_keep(page, port)
        await context.set_offline(True)
        await page.goto(f"http://127.0.0.1:{port}{HOME}/cases/{CASE}")
        await page.get_by_role("button", name=HAVE_IT).click()
        await is_shown(page, f"{HAVE_IT}: kept on this phone, not sent yet")
        revoked(site, "wang")
        await context.set_offline(False)
        await is_shown(page, "You are signed out. What you did is kept on this phone.")
        await page.evaluate("sync(0)")
        await holds(page, NO_PAGES)  # whoever has found the phone reads nothing there
        assert (await kept(page))["out"] == 1

        await scans(page, site, port, "li")  # of another grid, on the same phone
        await has_kept(page, f"/handheld/li/cases/{OTHERS}")
        await page.goto(f"http://127.0.0.1:{port}/handheld/li/cases/{OTHERS}")
        await page.get_by_role("button", name=HAVE_IT).click()
        task = page.locator("#task")
        await expect(task).to_have_attribute("data-state", "acknowledged", timeout=WAIT_MS)
        await holds(page, "async () => (await Outbox.waiting()).length === 1")
        assert not await page.locator("#only-here").is_visible()  # it is not hers

        await scans(page, site, port, "wang")
        await holds(page, "async () => (await Outbox.waiting()).length === 0")
        assert (await kept(page))["refused"] == 0

        async def stand_in_the_audit() -> bool:  # an act is noted once it is answered
            acts = site.noted("acknowledge")
            did = [(name, about) for name, _, about, _, status in acts if status == 200]
            return did == [("li", f"case {OTHERS}"), ("wang", f"case {CASE}")]

        await until(stand_in_the_audit)
        stands = (await site.asks("wang", "GET", "/api/v1/cases")).json()["open"]
        assert [case["acknowledged_by"] for case in stands] == ["wang"]


async def test_without_a_line_nobody_is_signed_out_and_nothing_is_cleared(
    chromium: str, port: int, tmp_path: Path
) -> None:
    async with (
        signed_in_site(tmp_path, clock=MachineClock(0)) as site,
        served(site.console, port),
        phone(chromium, tmp_path / "phone") as context,
    ):
        await opened(site)
        page = await context.new_page()
        await scans(page, site, port, "wang")
        await open_and_keep(page, port)
        await page.goto(f"http://127.0.0.1:{port}/account")
        await page.get_by_role("link", name="Sign out here").click()
        await context.set_offline(True)
        await page.get_by_role("button", name="Sign out and clear").click()
        await is_shown(page, "Without a line nobody can be signed out")
        assert (await kept(page))["pages"] == 3  # her list, the case, what households ask for
        await context.set_offline(False)
        await page.get_by_role("button", name="Sign out and clear").click()
        await is_shown(page, "Nothing of yours is left on this phone.")
        await page.goto(f"http://127.0.0.1:{port}{HOME}")
        await expect(page).to_have_url(f"http://127.0.0.1:{port}/sign-in?after={HOME}")
