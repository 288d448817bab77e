"""Guessing, by each way in: the guesser is stopped, from one address and from many, and the victim
on a phone that is known notices nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from gateway.accounts import passwords, patience, sign_in, tries
from gateway.accounts.sessions import Kind
from gateway.web import security
from gateway.web.visitors import COOKIE, KNOWN
from tests.accounts.people_file import GOOD
from tests.web.signed_in import Site, code, signed_in_site
from tests.web.test_sign_in_pages import invited

PROXIED = {"console": {"proxies": ["127.0.0.1"]}}
HOME, EVIL = "198.51.100.7", "203.0.113.6"
BURST = 30


def at(address: str) -> dict[str, str]:
    """The headers by which our proxy says from where somebody comes."""
    return {"x-forwarded-for": address, "accept-language": "en"}


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site behind its proxy, in which nobody waits: who would have to is told so at once."""
    monkeypatch.setattr(patience, "SLOW_S", 20.0)  # longer than anybody may wait
    monkeypatch.setattr(sign_in, "CODE_SLOW_S", 20.0)
    monkeypatch.setattr(security, "FAST_WAIT_S", 0.0)
    monkeypatch.setattr(security, "RATE", (0.001, float(BURST)))
    monkeypatch.setattr(passwords, "is_right", lambda text, stored: bool(stored) and text == GOOD)
    async with signed_in_site(tmp_path, **PROXIED) as site:
        yield site


async def by_password(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    form = {"name": "desk", "password": f"guess number {number}"}
    return await client.post("/sign-in", data=form)


async def by_code(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    """A thief has the password already."""
    client.cookies.set(COOKIE, site.token("desk", Kind.CODE))
    return await client.post("/sign-in/code", data={"code": f"{number:06}"})


async def by_invitation(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.post(f"/invitation/{number:043}")


async def by_token(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    bearer = {"authorization": f"Bearer {number:043}"}
    return await client.get("/api/v1/doors", headers=bearer)


async def by_session(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    client.cookies.set(COOKIE, f"{number:043}")
    return await client.get("/handheld/wang")


async def by_link_of_a_page(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.get(f"/pages/{number:012x}")


async def by_receipt_of_a_page(
    site: Site, client: httpx.AsyncClient, number: int
) -> httpx.Response:
    return await client.post(f"/api/v1/pages/{number:032x}/received")


Guess = Callable[[Site, httpx.AsyncClient, int], Awaitable[httpx.Response]]
WAYS: dict[Guess, set[int]] = {  # what a guess is answered while it is looked at
    by_password: {403},
    by_code: {403},
    by_invitation: {410},
    by_token: {401},
    by_session: {303},
    by_link_of_a_page: {303},
    by_receipt_of_a_page: {401},
}


async def victim_is_in(site: Site, known: str, address: str) -> None:
    """A signed-in phone is not asked; one that was in before signs in with its first try."""
    headers = at(address)
    async with site.browser("wang") as phone:
        assert (await phone.get("/handheld/wang", headers=headers)).status_code == 200
    async with site.browser() as desk:
        desk.cookies.set(KNOWN, known)
        form = {"name": "desk", "password": GOOD}
        answer = await desk.post("/sign-in", data=form, headers=headers)
        assert answer.status_code == 303, answer.status_code
        form = {"code": code(site.clock.now_ms())}
        answer = await desk.post("/sign-in/code", data=form, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    async with site.browser() as phone:
        link = f"/invitation/{invited(site, 'li')}"
        assert (await phone.post(link, headers=headers)).status_code == 303


async def known_browser(site: Site) -> str:
    """What a browser has that came in by the desk's account before."""
    async with site.browser() as client:
        headers = at(HOME)
        await client.post("/sign-in", data={"name": "desk", "password": GOOD}, headers=headers)
        form = {"code": code(site.clock.now_ms())}
        answer = await client.post("/sign-in/code", data=form, headers=headers)
        site.clock.advance(30_000)  # the next code
        return answer.cookies[KNOWN]


async def test_a_guesser_at_one_address_is_stopped_and_the_victim_is_not(site: Site) -> None:
    known = await known_browser(site)
    most = {by_password: patience.TRIES_MAX + 1, by_code: sign_in.CODES_MAX + 1}
    for place, way in enumerate(WAYS):
        statuses = []
        async with site.browser() as guesser:
            guesser.headers.update(at(f"{EVIL}{place}"))
            for number in range(BURST + 5):
                answer = await way(site, guesser, number)
                statuses.append(answer.status_code)
                if answer.status_code == 429:
                    assert int(answer.headers["retry-after"]) > 0
        assert set(statuses) == WAYS[way] | {429}, way.__name__
        assert statuses[-1] == 429
        assert len(statuses) - statuses.count(429) <= most.get(way, BURST), way.__name__
    await victim_is_in(site, known, HOME)


@pytest.mark.parametrize("way", [by_password, by_code], ids=lambda way: way.__name__)
async def test_nor_does_it_help_to_guess_from_many_addresses(site: Site, way: Guess) -> None:
    """Each address tries once, behind none of which the victim is; then the account is slow for
    all strangers, and not for a browser that it knows."""
    known, statuses = await known_browser(site), []
    for number in range(tries.ANYWHERE_MAX + 10):
        async with site.browser() as guesser:
            guesser.headers.update(at(f"203.0.{number // 200}.{number % 200}"))
            statuses.append((await way(site, guesser, number)).status_code)
    most = sign_in.CODES_MAX if way is by_code else tries.ANYWHERE_MAX
    assert statuses[:most] == [403] * most
    assert statuses[most + 1 :] == [429] * (len(statuses) - most - 1)
    await victim_is_in(site, known, HOME)


async def test_nor_to_stand_behind_the_victim_s_own_address(site: Site) -> None:
    """A stairwell's router, say: what comes from there is one address to us."""
    known = await known_browser(site)
    async with site.browser() as guesser:
        guesser.headers.update(at(HOME))
        statuses = [(await by_password(site, guesser, n)).status_code for n in range(20)]
    assert statuses[-1] == 429
    await victim_is_in(site, known, HOME)


async def test_all_ways_at_once(site: Site) -> None:
    known = await known_browser(site)

    async def guess(way: Guess, number: int) -> int:
        async with site.browser() as guesser:
            guesser.headers.update(at(f"{EVIL}6"))
            return (await way(site, guesser, number)).status_code

    await asyncio.gather(*(guess(way, number) for way in WAYS for number in range(8)))
    await victim_is_in(site, known, HOME)
