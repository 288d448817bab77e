"""Who attacks a household's page: guesses codes, has found a link, forges what comes from afar."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.accounts.patience import TRIES_MAX, WAIT_MAX_S
from gateway.registry import resident_codes
from gateway.web.resident.sessions import OF_HOUSEHOLD_MAX, SESSIONS_MAX, Sessions
from gateway.web.resident.tries import SITE_TRIES_MAX, CodeTries
from gateway.web.security import BODY_MAX
from tests.web.households import household_phone, new_code
from tests.web.web_site import Console, console, new_store, now_ms

PROXY, BASE = "10.0.0.5", "http://pi.local"
PASSWORD = "门神 open 门 sesame"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    """Two households under an order, at a site whose console wants a password."""
    sections = {"console": {"host": "0.0.0.0", "password": PASSWORD, "proxies": [PROXY]}}
    async with console(new_store(tmp_path, 2), **sections) as found:
        await found.seal(0)
        await found.seal(1)
        yield found


def guesses(count: int, begin: int = 0) -> list[str]:
    """Codes without a slip, which are nobody's."""
    digits = [f"{number:019d}" for number in range(begin, begin + count)]
    return [one + resident_codes.check_digit(one) for one in digits]


class SteadyClock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_guesser_is_slowed_by_address_and_the_right_code_still_opens() -> None:
    clock = SteadyClock()
    tries = CodeTries(clock)
    for code in guesses(TRIES_MAX):
        one = tries.made(code, None, "192.0.2.66")
        assert await tries.turn(one)
        tries.wrong(one)
    waits = [tries.of_now().wait_s(("192.0.2.66", b"resident"), bytes(32), clock.now_s)]
    waits += [
        tries.of_now().wait_s(("192.0.2.66", b"resident"), bytes([n]) * 32, clock.now_s)
        for n in range(1, 8)
    ]
    assert waits[:3] == [0.0, 3.0, 6.0], "one look every three seconds"
    assert waits[-1] is None, "the line is as long as it may be"
    elsewhere = tries.made("1" * 20, None, "192.0.2.7")
    assert await tries.turn(elsewhere), "nobody else waits"
    clock.now_s += WAIT_MAX_S + 10
    assert await tries.turn(tries.made("2" * 20, None, "192.0.2.66")), "its turn comes"


async def test_guessing_from_everywhere_costs_each_address_after_one_and_no_household() -> None:
    clock = SteadyClock()
    tries = CodeTries(clock)
    for number, code in enumerate(guesses(SITE_TRIES_MAX)):
        tries.wrong(tries.made(code, None, f"198.51.{number // 200}.{number % 200}"))
    assert tries.is_besieged()
    slow = tries.of_now().wait_s(("198.51.4.199", b"resident"), bytes(32), clock.now_s)
    again = tries.of_now().wait_s(("198.51.4.199", b"resident"), b"1" * 32, clock.now_s)
    assert (slow, again) == (0.0, 3.0)
    assert await tries.turn(tries.made("3" * 20, None, "192.0.2.7"))
    known = tries.new_known()
    tries.wrong(tries.made(guesses(1)[0], None, "192.0.2.8"))
    assert tries.made("4" * 20, known, "192.0.2.8").place[0].startswith("known ")
    assert tries.made("4" * 20, "forged.token", "192.0.2.8").place[0] == "192.0.2.8"
    clock.now_s += 301
    assert not tries.is_besieged()


async def test_a_wrong_code_and_a_slip_are_told_apart_and_neither_tells_more(site: Console) -> None:
    code = new_code(site.store, "d0")
    async with household_phone(site.app, PROXY, base=BASE) as phone:
        wrong = await phone.enters(guesses(1)[0])
        assert (wrong.status_code, "No home has this code" in wrong.text) == (403, True)
        slip = code[:-1] + str((int(code[-1]) + 1) % 10)
        for typed in (slip, "", "12", "x" * 200, code[:19], f"{code}0", "' or 1=1"):
            answer = await phone.enters(typed)
            assert (answer.status_code, "slip" in answer.text) == (422, True), typed
            assert code not in answer.text
        spoken = resident_codes.grouped(code).replace(" ", " - ")
        assert (await phone.enters(spoken)).status_code == 200
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
        assert (await phone.enters(f"https://pi.local/r#{wide}")).status_code == 200


async def test_the_page_needs_no_password_and_opens_nothing_else(site: Console) -> None:
    async with household_phone(site.app, PROXY, base=BASE) as phone:
        assert (await phone.enters(new_code(site.store, "d0"))).status_code == 200
        for path in ("/", "/doors/d0", "/cases", "/rx", "/static/menshen.js"):
            assert (await phone.client.get(path)).status_code == 401, path
        for path in ("/r/../doors/d0", "/r/home/../../cases", "/r//doors/d0", "/r/doors/d0"):
            answer = await phone.client.get(path)
            assert answer.status_code in (401, 404), path
            assert "3-101" not in answer.text
    async with household_phone(site.app, "198.51.100.9", base=BASE) as stranger:
        spoofed = {"x-forwarded-for": PROXY, "x-forwarded-proto": "https"}
        answer = await stranger.client.get("/r", headers=spoofed)
        assert answer.status_code == 421, "in clear only our proxy speaks, whatever is said"


async def test_another_households_ids_in_what_is_sent_do_nothing(site: Console) -> None:
    async with (
        household_phone(site.app, PROXY, base=BASE) as phone,
        household_phone(site.app, PROXY, base=BASE) as other,
    ):
        for one, household in ((phone, "d0"), (other, "d1")):
            await one.enters(new_code(site.store, household))
        await other.presses("/r/announce/now", what="meal")
        (permit,) = site.engine.state.doors["d1"].permits
        stolen = await phone.presses("/r/announce/end", permit_id=permit.permit_id)
        assert stolen.status_code == 404
        crossed = await phone.client.post(
            "/r/announce/now", data={"key": other.key, "household_id": "d1", "door_id": "d1"}
        )
        assert crossed.status_code == 403, "the key of another session"
        asked = await phone.opens("/r/home?household_id=d1&door_id=d1")
        assert "Take it back" not in asked.text
        assert site.engine.state.doors["d1"].permits == (permit,)
        assert not site.engine.state.doors["d0"].permits


async def test_what_another_site_posts_is_not_done(site: Console) -> None:
    async with household_phone(site.app, PROXY, base=BASE) as phone:
        await phone.enters(new_code(site.store, "d0"))
        strange = {"origin": "https://evil.example"}
        sent = {"key": phone.key}
        for headers in (strange, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
            answer = await phone.client.post("/r/announce/now", data=sent, headers=headers)
            assert answer.status_code == 403
        for key in ("", "x", phone.key[:-1]):
            answer = await phone.client.post("/r/announce/now", data={"key": key})
            assert answer.status_code == 403, "an old browser says no origin; the form's key does"
        long = await phone.client.post("/r", content=b"code=" + b"1" * BODY_MAX)
        assert long.status_code == 413
        assert not site.engine.state.doors["d0"].permits


async def test_cookies_over_tls_are_for_this_page_alone(site: Console) -> None:
    transport = httpx.ASGITransport(app=site.app, client=(PROXY, 1))
    headers = {"x-forwarded-proto": "https"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://pi.local", headers=headers
    ) as client:
        answer = await client.post("/r", data={"code": new_code(site.store, "d0")})
    cookies = answer.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {
        "__Secure-menshen_household",
        "__Secure-menshen_home",
    }
    for cookie in cookies:
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/r"} <= set(cookie.split("; "))


def test_sessions_have_a_limit_for_a_household_and_for_the_site() -> None:
    sessions = Sessions()

    def holder(household_id: str) -> resident_codes.Holder:
        return resident_codes.Holder(household_id, "c", None, "v")

    tokens = [sessions.begin(holder("h"), now_ms()) for _ in range(OF_HOUSEHOLD_MAX + 1)]
    assert sessions.of(tokens[0], now_ms()) is None
    assert sessions.of(tokens[-1], now_ms()) is not None
    for number in range(SESSIONS_MAX + 10):
        sessions.begin(holder(f"h{number}"), now_ms())
    assert len(sessions) == SESSIONS_MAX
    assert sessions.of("x" * 1_000, now_ms()) is None


def test_a_code_is_kept_as_a_digest_and_has_63_bits(tmp_path: Path) -> None:
    store = new_store(tmp_path, 1)
    codes = {resident_codes.new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(re.fullmatch(r"[0-9]{20}", code) and resident_codes.read(code) for code in codes)
    assert 10**19 >= 2**60
    with store.reading() as connection, pytest.raises(resident_codes.NoOrderError):
        resident_codes.renew(connection, "d0", "v", now_ms())
    assert resident_codes.hash_of(min(codes)) != min(codes)
    store.close()
