"""Every page of the console in a real browser, found by its address and not by a list of pages:
it fits, breaks no word, is hit by a thumb, read in either light, and says where one is.
"""

import re
from pathlib import Path

from playwright.async_api import Page, Route
from sqlalchemy import insert, select, update

from gateway.accounts.scopes import Scope
from gateway.accounts.sessions import PROVED_MS, Kind
from gateway.core.events import SealBound
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.language.negotiate import COOKIE as COOKIE_OF_LANGUAGE
from gateway.store import tables
from gateway.web.access_rules import HOUSEHOLD, RULES
from gateway.web.visitors import COOKIE
from tests.accounts.people_file import GOOD
from tests.web.households import new_code
from tests.web.page_measures import WIDTHS, measured, measured_at, printed, words_of_another_tongue
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.test_commission import Hand
from tests.web.test_in_a_browser import PHONE, browsing, served
from tests.web.test_keyboard import of_all_trades
from tests.web.test_role_matrix import address, furnished
from tests.web.test_sign_in_pages import invited
from tests.web.test_token_scopes import made, robots
from tests.web.web_site import HOUR_MS, first_case, seal_id

# What is opened by no person as a page, and why. Whatever else is read by GET is measured.
NO_PAGES = {
    "/stream": "a line",
    "/metrics": "for a program",
    "/health/figures": "a part of a page",
    "/handheld/{warden_id}/further": "a later part of its list, and the same page",
    "/r/file": "a file",
    "/handheld/sw.js": "a program",
    "/handheld/{warden_id}/manifest.webmanifest": "a file",
    "/handheld/{warden_id}/tasks": "for a program",
    "/doors/{door_id}/certificate/file": "a file",
    "/cases/{case_id}/photos/{photo_id}": "a picture",
    "/trust/ca.crt": "a file",
    "/pages/{code}": "leads elsewhere",
    "/c/{number}": "leads elsewhere",
    "/seals/{seal_id}": "leads elsewhere",
    "/sign-in/oidc": "leads elsewhere",
    "/sign-in/oidc/callback": "leads elsewhere",
    "/prove/oidc": "leads elsewhere",
    "/account/passkeys/new": "needs TLS: test_passkeys_browser opens it",
}
PAGES = {
    path
    for method, path in RULES
    if method == "GET" and not path.startswith("/api/") and path not in NO_PAGES
}
HOMES = {f"/r{path}" for path in HOUSEHOLD["GET"]} - {"/r", "/r/notice", "/r/file"}
PUBLIC = {"/sign-in", "/trust", "/r", "/r/notice", "/handheld/offline", "/handheld/signed_out"}
# Whose address is known to whoever comes from somewhere.
COME_TO = {"/sign-in/code", "/invitation/{token}", "/prove", "/prove/act"}
PRINTED = {"/audit/anchors", "/r/notice", "/doors/{door_id}/certificate"}
PHONES = ("/inbox/", "/handheld/")  # the same things as the console shows, and as their titles say
LABELS = {"d0": "1栋1单元501", "d1": "1栋1单元502", "d2": "12栋3单元1204", "d3": "12栋3单元1205"}

# Latin in a Chinese page that nobody has to translate: who people are and how things are called in
# this story, what somebody wrote, what is typed as it stands, and makers of telephones.
NO_WORDS = """
Liangxi Grid One Two Wang Fang Li Qiang Zhang Wei Deng Cai Cao Ding Inst bea
wang li deng cai cao ding desk inst eng aud adm robot eyes lunch wall
menshen account audit verify anchor certificate update add influx url doors read aabb ccdd UTC
iPhone OPPO realme vivo iQOO
"""


ENDS = (WIDTHS[0], WIDTHS[-1])


class Walk:
    """Somebody who opens page after page in one browser, and writes down what is wrong."""

    def __init__(self, page: Page, here: str) -> None:
        self._page, self._here = page, here
        self.wrong: list[tuple[str, str]] = []
        self.titles: dict[str, str] = {}
        self.languages: list[str] = []
        self.foreign: dict[str, str] = {}

    async def opens(self, path: str, where: str = "") -> None:
        """Open an address; `path` is its pattern."""
        answer = await self._page.goto(self._here + (where or path))
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        assert answer.headers["content-type"].startswith("text/html"), path
        await self.is_at(path)

    async def is_at(self, path: str) -> None:
        """Measure what is open, and then the same in Chinese."""
        self.titles[path] = await self._page.title()
        await self._says_its_language()
        self.wrong += [(path, fault) for fault in await measured(self._page)]
        if path in PRINTED:
            self.wrong += [(path, fault) for fault in await printed(self._page)]
        await self._page.goto(f"{self._page.url}{'&' if '?' in self._page.url else '?'}lang=zh")
        await self._says_its_language()
        self.wrong += [(path, fault) for fault in await measured_at(self._page, ENDS)]
        for word in await words_of_another_tongue(self._page) - set(NO_WORDS.split()):
            self.foreign.setdefault(word, path)
        await self._page.context.clear_cookies(name=COOKIE_OF_LANGUAGE)

    async def _says_its_language(self) -> None:
        self.languages.append(await self._page.evaluate("document.documentElement.lang"))


async def test_every_page_fits_is_read_and_is_pressed_by_everybody(
    chromium: str, port: int, tmp_path: Path
) -> None:
    sections = {
        "push": {"contact": "mailto:it@liangxi.example.org"},
        "household": {"ground": "consent"},
    }
    async with (
        signed_in_site(tmp_path, ("inbox", "push"), **sections) as site,
        served(site.console, port),
        browsing(chromium, "en", **PHONE) as page,
    ):
        await lives(site)
        walk = Walk(page, f"http://127.0.0.1:{port}")
        await a_stranger(walk, site, page)
        await a_household(walk, site, page)
        await one_of_all_trades(walk, site, page)
        await proves(walk, site, page)
    assert walk.wrong == []
    assert walk.languages == ["en", "zh-CN"] * len(walk.titles)
    assert walk.foreign == {}, "words of Chinese pages that nobody translated"
    assert walk.titles.keys() - {"/nowhere"} == PAGES
    console = [title for path, title in walk.titles.items() if not path.startswith(PHONES)]
    assert len(set(console)) == len(console), "each title says where one is"


async def lives(site: Site) -> None:
    """Real names, and something in everything that has a page."""
    await furnished(site)
    of_all_trades(site)
    robots(site)
    made(site, "robot", Scope.DOORS_READ)
    d = tables.doors
    with site.store.writing() as connection:
        for door_id, label in LABELS.items():
            connection.execute(update(d).where(d.c.door_id == door_id).values(label=label))
        seal = {"seal_id": seal_id(1), "key": bytes(32), "door_id": "d1", "enrolled_ms": 0}
        connection.execute(insert(tables.seals), seal)
    await site.engine.submit(of_door("d1"), SealBound(seal_id(1), must_certify=True))
    for who, what in (("desk", "wardens/wang/test"), ("inst", "doors/d1/walk-test")):
        answer = await site.asks(who, "POST", f"/api/v1/{what}")
        assert answer.status_code == 200, answer.text
    await Hand(site, 1).tests()
    await site.console.shuts(0)
    site.clock.advance(HOUR_MS)
    await site.console.opens(0)  # which nobody contests
    await site.engine.idle()


async def a_stranger(walk: Walk, site: Site, page: Page) -> None:
    """Whoever is not signed in; and half way in."""
    for path in sorted(PUBLIC):
        await walk.opens(path)
    await walk.opens("/invitation/{token}", f"/invitation/{invited(site, 'li')}")
    await page.goto(page.url.partition("/invitation")[0] + "/sign-in")
    await page.locator("[name=name]").fill("desk")
    await page.locator("[name=password]").fill(GOOD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in/code*")
    await walk.is_at("/sign-in/code")
    await page.context.clear_cookies()


async def a_household(walk: Walk, site: Site, page: Page) -> None:
    await page.goto(page.url.partition("/sign-in")[0] + "/r")
    await page.locator("#code").fill(new_code(site.store, "d0"))
    await page.locator("form#enter button").click()
    await page.wait_for_url("**/r/home")
    for path in sorted(HOMES):
        what = f"?record=case&of={first_case(0)}" if path == "/r/dispute" else ""
        await walk.opens(path, path + what)
    await page.context.clear_cookies()


async def one_of_all_trades(walk: Walk, site: Site, page: Page) -> None:
    home = page.url.partition("/r/")[0]
    cookie = {"name": COOKIE, "value": site.token("wang", Kind.DESK), "url": home}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    with site.store.reading() as connection:
        o = tables.outbox.c
        asked = connection.execute(select(o.sent_id).where(o.reason == Reason.TEST_PAGE)).scalar()
    assert asked
    for path in sorted(PAGES - PUBLIC - HOMES - COME_TO):
        tested = path.replace("{door_id}/certificate", "d1/certificate")
        where = address(tested.replace("{sent_id}", asked), "wang", is_own=True)
        await walk.opens(path, where)
    await page.route("**/nowhere*", found)  # for a browser complains of what is missing
    await walk.opens("/nowhere")


async def found(route: Route) -> None:
    """What the console says of an address that leads nowhere, as if it were a page."""
    answer = await route.fetch()
    assert answer.status == 404
    await route.fulfill(response=answer, status=200)


async def proves(walk: Walk, site: Site, page: Page) -> None:
    """A dangerous act, once its proof is old: one proves it again, and presses the button again."""
    await page.goto(page.url.partition("/nowhere")[0] + "/accounts")
    site.clock.advance(PROVED_MS)
    await page.locator("form[action$='/li/invite'] button").click()
    await page.wait_for_url(re.compile("/prove[?]"))
    await walk.is_at("/prove")
    await page.locator("[name=password]").fill(GOOD)
    await page.locator("[name=code]").fill(code(site.clock.now_ms()))
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/prove/act[?]"))
    await walk.is_at("/prove/act")
