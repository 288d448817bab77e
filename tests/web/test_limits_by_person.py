"""What one person uses up nobody else goes without: lines, photos, readings, requests, openings.

One stolen login, one phone that misbehaves, one household; beside them another of the same role,
and one of each other role, who get their answers.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.accounts import persons, tokens
from gateway.accounts.roles import Role
from gateway.accounts.scopes import Scope
from gateway.web import live_stream, photo_limits, security
from gateway.web.context import WebContext
from gateway.web.visitors import COOKIE
from gateway.web.whose import WHOSE, Counted, Shares, Turns
from tests.photos.made_photo import made_photo
from tests.waiting import until
from tests.web.households import household_phone, new_code, permits_of
from tests.web.signed_in import STAFF, WARDENS, Site, signed_in_site
from tests.web.web_site import Listener, console, first_case, listening, new_store, now_ms

OTHERS = ("li", *(name for name in {**WARDENS, **STAFF} if name != "wang"))
EVERYBODY = ("wang", *OTHERS)
PHOTO = made_photo((64, 64))
PROXIED: dict[str, Any] = {"console": {"proxies": ["127.0.0.1"]}}


async def answered(site: Site) -> None:
    """Everybody else gets their own page."""
    for name in OTHERS:
        answer = await site.asks(name, "GET", "/account")
        assert answer.status_code == 200, name


async def live(site: Site, stack: contextlib.AsyncExitStack, name: str, query: str) -> Listener:
    cookie = f"{COOKIE}={site.token(name)}"
    return await stack.enter_async_context(listening(site.console, query, cookie))


async def status_of(line: Listener) -> int:
    await until(lambda: line.status)
    return line.status


async def test_one_person_s_lines_and_tabs_end_where_others_have_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eighty-four lines of 24 searches each were all topics that the console has: then no phone of
    anybody was told of anything."""
    monkeypatch.setattr(live_stream, "OF_ONE_MAX", 3)
    monkeypatch.setattr(live_stream, "TOPICS_OF_ONE_MAX", 8)
    async with signed_in_site(tmp_path) as site, contextlib.AsyncExitStack() as stack:
        tabs = "&".join(f"topic=wallboard:q{n}::en" for n in range(6))
        assert await status_of(await live(site, stack, "wang", tabs)) == 200
        assert await status_of(await live(site, stack, "wang", tabs)) == 429, "too many tabs"
        for status in (200, 200, 429, 429):
            assert (
                await status_of(await live(site, stack, "wang", "view=tasks&name=wang")) == status
            )
        for language, word in (("en", "than one person may"), ("zh", "每个人")):
            async with site.browser("wang") as phone:
                headers = {"accept-language": language, "hx-request": "true"}
                told = await phone.get("/stream", headers=headers)
            assert (told.status_code, told.headers["retry-after"]) == (429, "60")
            assert word in told.text
        for name in ("li", "deng"):
            line = await live(site, stack, name, f"view=tasks&name={name}")
            assert await status_of(line) == 200, name
        await answered(site)
        assert site.console.app.state.figures.streams == 5
    assert site.console.app.state.figures.streams == 0


async def test_walls_leave_topics_to_phones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "ALL_TOPICS_MAX", 4)
    monkeypatch.setattr(live_stream, "TOPICS_KEPT_FOR_PHONES", 2)
    async with signed_in_site(tmp_path) as site, contextlib.AsyncExitStack() as stack:
        for number, status in enumerate((200, 200, 503)):
            line = await live(site, stack, "desk", f"view=wallboard&name=q{number}")
            assert await status_of(line) == status
        assert await status_of(await live(site, stack, "wang", "view=tasks&name=wang")) == 200


async def test_one_phone_that_sends_photos_slowly_keeps_no_other_waiting(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        case = f"/api/v1/cases/{first_case(0)}"
        for action, more in (("acknowledge", {}), ("report", {"outcome": "lawful"})):
            answer = await site.asks("wang", "POST", f"{case}/{action}", json=more)
            assert answer.status_code == 200
        go = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield PHOTO[:9]
            await go.wait()
            yield PHOTO[9:]

        async def sends(name: str, content: object, number: int = 1) -> int:
            where = f"{case}/photos?report=r&number={number}"
            return (await site.asks(name, "POST", where, content=content)).status_code

        slow = [
            asyncio.create_task(sends("wang", slowly())) for _ in range(photo_limits.COMING_MAX)
        ]
        late = photo_limits.COMING_MAX - photo_limits.OF_ONE_MAX
        await until(lambda: sum(task.done() for task in slow) >= late)
        assert [task.result() for task in slow if task.done()] == [503] * late
        assert await sends("cai", PHOTO) == 409, "looked at: it is no report of hers"
        go.set()
        await asyncio.gather(*slow)
        await answered(site)


async def test_who_floods_a_shared_address_takes_no_turn_of_those_who_are_known_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A city's phones come from a few addresses of their carrier."""
    monkeypatch.setattr(security, "RATE", (0.001, 5.0))
    monkeypatch.setattr(security, "OWN_RATE", (0.001, 5.0))
    monkeypatch.setattr(security, "OF_ONE_RATE", (0.001, 20.0))
    monkeypatch.setattr(security, "FAST_WAIT_S", 0.0)
    async with (
        signed_in_site(tmp_path, **PROXIED) as site,
        site.browser("wang") as phone,
        site.browser("desk") as desk,
        site.browser() as stranger,
        household_phone(site.console.app, "198.51.100.1", base="http://menshen.test") as home,
    ):
        await site.console.seal(0)
        shared = {"x-forwarded-for": "198.51.100.1"}
        home.client.headers["x-forwarded-for"] = "198.51.100.1"
        assert (await home.enters(new_code(site.store, "d0"))).status_code == 200
        for known in (phone, desk):
            assert (await known.get("/account", headers=shared)).status_code == 200
        flood = [(await stranger.get("/sign-in", headers=shared)).status_code for _ in range(9)]
        assert flood[-1] == 429
        for known in (phone, desk):
            assert (await known.get("/account", headers=shared)).status_code == 200
        assert (await home.opens("/r/home")).status_code == 200
        statuses = [(await phone.get("/account")).status_code for _ in range(25)]
        assert statuses[-1] == 429, "from wherever she comes, she is one"
        assert (await desk.get("/account", headers=shared)).status_code == 200
        phone.cookies.set(COOKIE, "x" * 43)
        assert (await phone.get("/account", headers=shared)).status_code == 429, "nobody's"


async def test_whoever_asks_too_often_is_told_so_and_nobody_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each role in its turn, from one address, and at last a household."""
    monkeypatch.setattr(security, "OF_ONE_RATE", (0.001, 14.0))
    monkeypatch.setattr(security, "FAST_WAIT_S", 0.0)
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(signed_in_site(tmp_path))
        await site.console.seal(0)
        phone = household_phone(site.console.app, "127.0.0.1", base="http://menshen.test")
        home = await stack.enter_async_context(phone)
        assert (await home.enters(new_code(site.store, "d0"))).status_code == 200
        people = {name: await stack.enter_async_context(site.browser(name)) for name in EVERYBODY}
        people["a household"] = home.client
        pages = dict.fromkeys(people, "/account") | {"a household": "/r/home"}
        for name, client in people.items():
            assert (await client.get(pages[name])).status_code == 200, "so she is known"
        left = dict(people)
        for name, client in people.items():
            del left[name]
            asked = [await client.get(f"{pages[name]}/nothing") for _ in range(16)]
            assert asked[-1].status_code == 429, name
            for language, words in (("en", "Too many requests"), ("zh", "过于频繁")):
                told = await client.get(pages[name], headers={"accept-language": language})
                assert (told.status_code, told.headers["retry-after"]) == (429, "5")
                assert words in told.text
            told = await client.get(pages[name], headers={"accept": "application/json"})
            assert told.json()["status"] == 429
            for other, theirs in left.items():
                assert (await theirs.get(pages[other])).status_code == 200, (name, other)
        assert site.noted("nothing") == []


async def test_one_person_s_readings_stand_in_the_queue_a_few_at_a_time() -> None:
    turns, order = Turns(2), list[str]()
    go = asyncio.Event()

    async def reads(name: str) -> None:
        async with turns.of(Counted(name, is_known=True)):
            order.append(name)
            await go.wait()

    flood = [asyncio.create_task(reads("wang")) for _ in range(50)]
    others = [asyncio.create_task(reads(name)) for name in ("li", "desk")]
    await asyncio.sleep(0)
    assert order == ["wang", "wang", "li", "desk"]
    go.set()
    await asyncio.gather(*flood, *others)
    assert len(order) == 52


async def test_a_press_waits_for_two_readings_of_a_flood_and_not_for_all(tmp_path: Path) -> None:
    order, go = list[str](), threading.Event()
    async with console(new_store(tmp_path)) as site:
        context = WebContext(site.settings, site.store, site.engine)

        def reads(name: str) -> asyncio.Task[None]:
            def view(_: Connection) -> None:
                order.append(name)
                go.wait(60)

            before = WHOSE.set(Counted(name, is_known=True))
            try:
                return asyncio.create_task(context.read(view))
            finally:
                WHOSE.reset(before)

        flood = [reads("wang") for _ in range(40)]
        await until(lambda: len(order) == 2)  # as many threads as there are for it
        others = [reads("cai"), reads("li")]
        for _ in range(20):
            await asyncio.sleep(0)  # they stand in the queue
        go.set()
        await asyncio.gather(*flood, *others)
    assert max(order.index("cai"), order.index("li")) < 8, "two threads note it as they come"
    assert len(order) == 42


async def test_a_program_that_has_all_its_tokens_is_told_that_alone(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("adm") as adm:
        with site.accounts.writing() as connection:
            kind, roles = persons.Kind.PROGRAM, [Role.DISPATCHER]
            one = persons.add(connection, "robot", roles, now_ms(), kind=kind)
            for _ in range(tokens.TOKENS_MAX):
                tokens.make(connection, one, [Scope("doors:read")], "wall", 9, now_ms())
        form = {"scope": "doors:read", "purpose": "wall", "days": "9"}
        full = await adm.post("/tokens/robot", data=form)
        assert (full.status_code, "End one" in full.text) == (422, True)
        assert "scope" not in full.text.partition("<main")[2]


def test_shares_forget_who_has_none() -> None:
    shares, wang = Shares(2), Counted("account a", is_known=True)
    for _ in range(2):
        assert shares.has_room(wang)
        shares.take(wang)
    assert not shares.has_room(wang)
    assert shares.has_room(Counted("account b", is_known=True))
    assert shares.has_room(Counted("192.0.2.1", is_known=False), 99)
    for _ in range(2):
        shares.give(wang)
    assert len(shares) == 0


async def test_a_household_announces_no_more_at_once_than_one_after_another(tmp_path: Path) -> None:
    """Six a day, said sixteen times at once, were sixteen."""
    few: dict[str, Any] = {"household": {"announcements_a_day": 2}}
    async with console(new_store(tmp_path, 1), **few) as site, household_phone(site.app) as phone:
        await site.seal(0, hours=48)  # all of tomorrow, at whatever hour this runs
        await phone.enters(new_code(site.store, "d0"))
        day = site.day(1)
        once = [
            phone.presses("/r/announce/once", day=day, minute=f"{n * 30}", lasts="30")
            for n in range(8)
        ]
        daily = [
            phone.presses("/r/announce/daily", minute=f"{n * 30}", lasts="30") for n in range(9)
        ]
        for presses, most in ((once, 2), (daily, 6)):
            answers = [answer.status_code for answer in await asyncio.gather(*presses)]
            assert answers.count(303) == most
            assert set(answers) == {303, 409}
        assert len(permits_of(site.store, "d0")) == 8
