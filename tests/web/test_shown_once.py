"""What is shown once, pressed twice: a double click, and a retry of whoever heard no answer."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts import persons, sessions
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind
from gateway.registry import resident_codes
from gateway.store import tables
from gateway.web import shown_once
from gateway.web.shown_once import ShownOnce
from gateway.web.visitors import COOKIE
from gateway.web.whose import WHOSE, Counted
from tests.engine.small_site import rows
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.test_sign_in_pages import invited
from tests.web.web_site import now_ms


def offered_in(page: httpx.Response) -> str:
    found = re.search(r'name="offered" value="([0-9a-f]{16})"', page.text)
    assert found is not None, page.text
    return found[1]


async def twice(
    client: httpx.AsyncClient, path: str, **form: str
) -> tuple[httpx.Response, httpx.Response, httpx.Response]:
    """A double click, and once more as whoever lost the answer does."""
    one, two = await asyncio.gather(*(client.post(path, data=form) for _ in range(2)))
    return one, two, await client.post(path, data=form)


async def test_a_sheet_a_token_and_an_invitation_are_made_once(tmp_path: Path) -> None:
    """The second sheet killed the code on the first; the second token nobody ever read."""
    async with signed_in_site(tmp_path) as site, site.browser("adm") as adm:
        await site.console.seal(0)
        with site.accounts.writing() as connection:
            roles = [Role.DISPATCHER]
            persons.add(connection, "robot", roles, now_ms(), kind=persons.Kind.PROGRAM)
        said = {"scope": "doors:read", "purpose": "wall", "days": "9"}
        offered = offered_in(await adm.get("/tokens"))
        answers = await twice(adm, "/tokens/robot", offered=offered, **said)
        assert len({answer.text for answer in answers}) == 1
        assert of_account(site, "robot") == 1
        other = await adm.post("/tokens/robot", data={"offered": offered, **said, "days": "8"})
        assert other.text != answers[0].text, "another wish by the same form is another token"
        again = await adm.post("/tokens/robot", data={"offered": offered_in(answers[0]), **said})
        assert (again.status_code, of_account(site, "robot")) == (200, 3)

        for path in ("/accounts/desk/invite", "/wardens/wang/invite"):
            page = await adm.get(path.removesuffix("/invite").removesuffix("/desk"))
            answers = await twice(adm, path, offered=offered_in(page))
            assert len({picture(answer) for answer in answers}) == 1, path
            fresh = await adm.post(path, data={"offered": offered_in(answers[0])})
            assert picture(fresh) != picture(answers[0])

        async with site.browser("wang") as wang, site.browser("inst") as installer:
            for client, place in ((wang, "household"), (installer, "walk-test")):
                path = f"/doors/d0/{place}"
                offered = offered_in(await client.get(path))
                answers = await twice(client, f"{path}/sheet", offered=offered)
                assert len({answer.content for answer in answers}) == 1
                assert answers[0].headers["content-type"] == "application/pdf"
            with site.store.reading() as connection:
                before = resident_codes.holder(connection, "d0")
            stolen = await wang.post("/doors/d0/walk-test/sheet", data={"offered": offered})
            assert stolen.status_code == 403, "an id of a form gives nobody a right"
            with site.store.reading() as connection:
                assert resident_codes.holder(connection, "d0") == before


async def test_a_test_page_that_is_pressed_twice_goes_once(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("desk") as desk:
        answers = await twice(
            desk, "/wardens/wang/test", offered=offered_in(await desk.get("/wardens/wang"))
        )
        assert {answer.status_code for answer in answers} == {303}
        pages = {row["page_id"] for row in rows(site.store, tables.outbox)}
        assert len(pages) == 1


async def test_who_heard_no_answer_is_signed_in_by_the_second(tmp_path: Path) -> None:
    """The code was spent by the first, so the second led back to the name and the password; an
    invitation was "used already", and the warden stood in a stairwell without a phone."""
    async with signed_in_site(tmp_path) as site:
        async with site.browser(token=site.token("desk", Kind.CODE)) as desk:
            offered = offered_in(await desk.get("/sign-in/code"))
            cookies = dict(desk.cookies)
            form = {"offered": offered, "code": code(site.clock.now_ms())}
            first = await desk.post("/sign-in/code", data=form)
            async with site.browser() as same:  # whose browser never had the first answer
                same.cookies.update(cookies)
                second = await same.post("/sign-in/code", data=form)
                assert (second.status_code, second.headers["location"]) == (303, "/")
                assert second.cookies[COOKIE] == first.cookies[COOKIE]
                assert (await same.get("/account")).status_code == 200
        link = f"/invitation/{invited(site, 'wang')}"
        async with site.browser() as phone:
            offered = offered_in(await phone.get(link))
            answers = await twice(phone, link, offered=offered, phone="Mi 9")
            assert {answer.status_code for answer in answers} == {303}
            assert len({answer.headers["set-cookie"] for answer in answers}) == 1
            assert (await phone.get("/handheld/wang")).status_code == 200
        async with site.browser() as thief:
            for stolen in ({}, {"offered": "f" * 16}):
                assert (await thief.post(link, data=stolen)).status_code == 410
        assert of_account(site, "wang") == 1


async def test_what_is_kept_is_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, made = 0.0, 0

    async def make() -> Response:
        nonlocal made
        made += 1
        return Response(f"{made}")

    kept = ShownOnce(lambda: now_s)
    request = Request({"type": "http", "method": "POST", "path": "/x", "headers": []})

    async def pressed(number: int) -> bytes:
        return bytes((await kept.answer(request, f"{number:016x}", "", make)).body)

    WHOSE.set(Counted("account a", is_known=True))
    assert await pressed(1) == await pressed(1) == b"1"
    for number in range(2, 99):
        await pressed(number)
    assert len(kept) == shown_once.OF_ONE_MAX
    assert await pressed(98) == b"98"
    for number in range(3 * shown_once.KEPT_MAX):
        WHOSE.set(Counted(f"192.0.2.{number}", is_known=False))
        made_before = made
        await pressed(1_000 + number)
        await pressed(1_000 + number)
        assert made == made_before + 2, "of strangers only a way in is kept"
    WHOSE.set(Counted("account a", is_known=True))
    count = made
    assert await pressed(98) == b"98", "whoever floods"
    now_s += shown_once.KEPT_S + 1
    assert await pressed(98) == f"{count + 1}".encode()
    assert len(kept) == 1
    assert await kept.answer(request, "no id", "", make) is not None
    assert len(kept) == 1, "nothing without an id of ours"

    async def fails() -> Response:
        raise RuntimeError("the disk")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="the disk"):
            await kept.answer(request, "f" * 16, "", fails)
    assert (await kept.answer(request, "f" * 16, "", make)).status_code == 200


def picture(answer: httpx.Response) -> str:
    found = re.search(r' d="(M[^"]{200,})"', answer.text)
    assert found is not None, answer.text
    return found[1]


def of_account(site: Site, name: str) -> int:
    with site.accounts.reading() as connection:
        return len(sessions.of_account(connection, site.account(name), site.clock.now_ms()))
