"""The console without a mouse and without a screen: one goes everywhere by Tab, Enter and Space,
sees where one is, is never thrown back to the beginning, and every control has a name.
"""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from gateway.accounts import persons
from gateway.accounts import tables as accounts
from gateway.accounts.roles import Role
from gateway.accounts.scopes import Scope
from gateway.accounts.sessions import Kind
from tests.accounts.people_file import GOOD
from tests.waiting import until
from tests.web.signed_in import KEY, Site, code, kept_password, signed_in_site
from tests.web.test_in_a_browser import PHONE, WALL, browsing, served
from tests.web.test_role_matrix import furnished
from tests.web.test_sign_in_pages import invited
from tests.web.test_token_scopes import made, robots
from tests.web.web_site import first_case

TABS_MAX = 60  # from anywhere on a page to anywhere else
WHERE = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "nowhere";
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const ring = one.closest("label.choice") && !outlineStyle ? "solid" : outlineStyle;
  const box = one.getBoundingClientRect();
  if (ring === "none" || parseFloat(outlineWidth) < 2) return `no ring around ${one.outerHTML}`;
  if (!box.width || !box.height) return `nothing to see of ${one.outerHTML}`;
  if (box.bottom <= 0 || box.top >= innerHeight) return `out of sight: ${one.outerHTML}`;
  return "";
}"""
CONTROLS = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "checkbox",
    "radio",
    "combobox",
    "spinbutton",
    "DisclosureTriangle",
    "Date",
}


async def to(page: Page, there: Locator) -> None:
    """Press Tab until it has the focus, which is seen wherever it is on the way."""
    await there.wait_for()
    await page.wait_for_load_state()  # a ring is drawn by the style sheet
    for _ in range(TABS_MAX):
        if await there.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
        wrong = await page.evaluate(WHERE)
        assert wrong in ("", "nowhere"), wrong  # nowhere: past the last, in the browser's own bar
    raise AssertionError(f"no way by Tab to {there}")


async def press(page: Page, there: Locator, key: str = "Enter") -> None:
    await to(page, there)
    await page.keyboard.press(key)


async def is_still_there(page: Page, part: str) -> None:
    """What was pressed was replaced; whoever pressed it is still in that part."""
    inside = f"document.querySelector('{part}').contains(document.activeElement)"

    async def is_inside() -> bool:
        return bool(await page.evaluate(inside))

    await until(is_inside)


def of_all_trades(site: Site) -> None:
    """Wang with a password and every role: one person walks through it all."""
    with site.accounts.writing() as connection:
        a = accounts.accounts
        roles = " ".join(role.value for role in Role)
        connection.execute(a.update().where(a.c.name == "wang").values(roles=roles))
        wang = persons.named(connection, "wang")
        assert wang is not None
        persons.set_password(connection, wang, kept_password())
        persons.set_code_key(connection, wang, KEY)


async def test_a_day_s_work_by_keyboard(chromium: str, port: int, tmp_path: Path) -> None:
    here = f"http://127.0.0.1:{port}"
    async with signed_in_site(tmp_path) as site, served(site.console, port):
        await furnished(site)
        of_all_trades(site)
        async with browsing(chromium, "en", **WALL) as page:
            await page.goto(f"{here}/cases")
            await sign_in(page)
            await page.wait_for_url(f"{here}/cases")
            await take_a_case(page, here, site)
            await on_the_phone_s_page(page, here)
            await read_the_audit(page, here)
            await invite_and_end(page, here)


async def sign_in(page: Page) -> None:
    await to(page, page.locator("[name=name]"))
    await page.keyboard.type("wang")
    await to(page, page.locator("[name=password]"))
    await page.keyboard.type(GOOD)
    await page.keyboard.press("Enter")
    await page.locator("[name=code]").wait_for()
    await to(page, page.locator("[name=code]"))
    await page.keyboard.type(code())
    await press(page, page.get_by_role("button", name="Sign in"))


async def take_a_case(page: Page, here: str, site: Site) -> None:
    """Past the head by one press, into the first case; taken, and reported."""
    await page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert await skip.evaluate("one => one === document.activeElement"), "first of all the way past"
    await page.keyboard.press("Enter")
    await press(page, page.locator(f"a[href*='{first_case(0)}']").first)
    await page.wait_for_url(f"{here}/cases/{first_case(0)}")
    await press(page, page.get_by_role("button", name="Acknowledge", exact=True))
    await expect(page.get_by_text("Acknowledged").first).to_be_visible()
    await is_still_there(page, "#case")
    await press(page, page.locator("#case [type=radio]").first, " ")
    left = page.locator("#case [value=absent]")  # the door stands open
    for _ in range(await page.locator("#case [type=radio]").count()):
        if not await left.is_checked():
            await page.keyboard.press("ArrowDown")
    await expect(left).to_be_checked()
    await press(page, page.get_by_role("button", name="Report how it ended"), " ")
    await is_still_there(page, "#case")
    await site.console.opens(2)  # something else changes, and nobody is thrown anywhere
    await is_still_there(page, "#case")


async def on_the_phone_s_page(page: Page, here: str) -> None:
    await page.goto(f"{here}/handheld/wang")
    await page.locator("body.is-ready").wait_for()
    await page.goto(f"{here}/handheld/wang/cases/{first_case(2)}")
    await page.locator("body.is-ready").wait_for()
    for name in ("Acknowledge", "I am on my way", "I am at the door"):
        await press(page, page.get_by_role("button", name=name, exact=True))
        await is_still_there(page, "#task")
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    await expect(page.locator("#only-here")).to_be_hidden()
    await is_still_there(page, "#task")
    await press(page, page.locator("#task [type=radio]").first, " ")
    await to(page, page.locator("#task [name=note]"))
    await page.keyboard.type("Nobody was seen.")


async def read_the_audit(page: Page, here: str) -> None:
    await page.goto(f"{here}/audit")
    await to(page, page.locator("[name=account]"))
    await page.keyboard.type("wang")
    await to(page, page.locator("[name=kind]"))
    await page.keyboard.type("Acts")
    await press(page, page.get_by_role("button", name="Show"))
    await page.wait_for_url("**/audit?*kind=act*")
    await expect(page.locator(".audit li").first).to_contain_text("at the door for case")


async def invite_and_end(page: Page, here: str) -> None:
    await page.goto(f"{here}/accounts")
    await press(page, page.get_by_role("button", name="Invite a phone of li"))
    await page.locator("svg.qr").wait_for()
    await press(page, page.get_by_role("link", name="Tokens of programs"))
    await page.wait_for_url("**/tokens")


async def unnamed(page: Page) -> list[str]:
    """The controls that a screen reader has no name for."""
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    nodes: list[dict[str, Any]] = tree["nodes"]
    shown = [node for node in nodes if not node.get("ignored")]
    found = [node for node in shown if node.get("role", {}).get("value") in CONTROLS]
    assert found, page.url
    return [
        str(node["role"]) for node in found if not node.get("name", {}).get("value", "").strip()
    ]


PAGES: dict[str, tuple[str, ...]] = {
    "": ("/sign-in", "/trust", "/invitation/{token}"),
    "wang": (
        "/",
        "/cases",
        f"/cases/{first_case(0)}",
        "/doors/d0",
        "/wardens",
        "/health",
        "/inbox/wang",
        "/handheld/wang",
        f"/handheld/wang/cases/{first_case(0)}",
        "/account",
        "/accounts",
        "/tokens",
        "/audit",
        "/audit/anchors",
        "/requests",
        "/doors/d0/household",
        "/commission",
        "/doors/d0/walk-test",
    ),
}
UNFOLDED = "for (const one of document.querySelectorAll('details')) one.open = true"


@pytest.mark.parametrize("language", ["zh-CN"])  # what it looks for is in no language
async def test_g10_every_page_of_a_site_with_accounts_for_who_does_not_see_it(
    language: str, chromium: str, port: int, tmp_path: Path
) -> None:
    """Nothing above minor by axe, and a name for every control; narrow and wide, light and dark."""
    here, wrong = f"http://127.0.0.1:{port}", []
    async with signed_in_site(tmp_path) as site, served(site.console, port):
        await furnished(site)
        of_all_trades(site)
        robots(site)
        made(site, "robot", Scope.DOORS_READ)
        async with browsing(chromium, language, **PHONE) as page:
            for name, paths in PAGES.items():
                token = site.token(name, Kind.DESK) if name else invited(site, "li")
                if name:
                    cookie = {"name": "menshen_session", "value": token, "url": here}
                    await page.context.add_cookies([cookie])  # type: ignore[list-item]
                for path in paths:
                    await page.goto(here + path.replace("{token}", token))
                    await page.evaluate(UNFOLDED)
                    wrong += [(path, one) for one in await unnamed(page)]
                    wrong += [(path, one) for one in await stumbles(page, language)]
                    if path == "/accounts":
                        await page.locator("form[action$='/li/invite'] button").click()
                        await page.locator("svg.qr").wait_for()
                        wrong += [(path, one) for one in await stumbles(page, language)]
    assert wrong == []


async def stumbles(page: Page, language: str) -> list[Any]:
    """What axe finds above minor, narrow and wide, light and dark (the two languages share these),
    and whether it runs out at the side."""
    found: list[Any] = []
    schemes = ("light", "dark") if language == "en" else ("dark", "light")
    for size, scheme in zip((WALL, PHONE), schemes, strict=True):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        if await page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append((size, "runs out at the side"))
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        violations = (await Axe().run(page)).response["violations"]
        found += [
            (size["width"], scheme, one["id"], one["nodes"][0]["html"][:200])
            for one in violations
            if one["impact"] != "minor"
        ]
    return found
