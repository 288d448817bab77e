"""Who gets in, from where, and what every answer carries."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from gateway.accounts import patience
from gateway.accounts.patience import LOCKED_S, PLACES_MAX, SLOW_S, TRIES_MAX, WAIT_MAX_S
from gateway.accounts.site_password import TOKEN, Answer, PasswordGate
from gateway.core.actor import actor_of
from gateway.core.events import CaseAcknowledged
from gateway.core.subject import of_door
from gateway.settings import Settings, example
from gateway.web import security
from gateway.web.clients import Clients, counted
from tests.web.web_site import Console, console, new_store, problem_of

PATHS = [
    "/",
    "/cases",
    "/wardens",
    "/inbox/wang",
    "/doors/d0",
    "/health",
    "/api/v1/doors",
    "/nothing",
]
RIGHT = "Basic " + base64.b64encode("menshen:门神 open 门 sesame".encode()).decode()
WRONG = "Basic " + base64.b64encode(b"menshen:wrong").decode()
RIGHT_ONE = "Basic " + base64.b64encode(b"menshen:right").decode()
ABROAD = {"host": "0.0.0.0", "password": "门神 open 门 sesame"}
OPEN_TO_ALL = {"console": ABROAD | {"certificate": "console.crt", "key": "console.key"}}


@pytest.mark.parametrize("path", [*PATHS, "/static/menshen.css"])
async def test_every_answer_carries_the_rules_of_the_house(path: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get(path)
        assert answer.headers["content-security-policy"] == security.CSP
        assert "unsafe" not in security.CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        wanted = "no-cache" if path.startswith("/static") else "no-store"
        assert answer.headers["cache-control"] == wanted


@pytest.mark.parametrize("path", PATHS[:6])
async def test_no_page_holds_a_script_or_a_style_of_its_own(path: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        page = await site.text(path)
        assert " style=" not in page
        assert "<style" not in page
        own = 7 if path.startswith("/inbox/") else 5  # with photos
        assert page.count("<script") == page.count("<script src=") == own
        assert " on" not in {part[:3] for part in page.split('"') if part.endswith("=")}


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_there_is_no_page_about_the_interface(path: str, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        assert (await site.client.get(path)).status_code == 404


async def test_a_strange_name_that_points_here_finds_nothing(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.get("/", headers={"host": "rebound.example"})
        assert answer.status_code == 421
        assert "password" in answer.text
        program = await site.client.get("/api/v1/doors", headers={"host": "rebound.example"})
        assert problem_of(program, 421) == {}
        for host in ("127.0.0.1:8080", "localhost:1", "[::1]:8080"):
            assert (await site.client.get("/", headers={"host": host})).status_code == 200


async def opened(site: Console) -> str:
    await site.seal(0)
    await site.opens(0)
    return "/cases/a1b2c3d4e5f60000-1/acknowledge"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),  # no browser
        ({"origin": "http://127.0.0.1"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),  # no address at all
        ({"origin": "http://[::1"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://wall.site", "x-forwarded-host": "wall.site"}, 303),
    ],
)
async def test_only_our_own_pages_can_press_a_button(
    headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    async with console(new_store(tmp_path)) as site:
        path = await opened(site)
        answer = await site.client.post(path, data={"age_ms": "0"}, headers=headers)
        assert answer.status_code == status
        taken = CaseAcknowledged("a1b2c3d4e5f60000-1", actor_of("li"), "li's")
        again = await site.engine.submit(of_door("d0"), taken)
        assert again.changed is (status == 403)  # a refused press has changed nothing


async def test_what_is_longer_than_any_form_is_not_read(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.post("/cases/x/report", content=b"x" * (security.BODY_MAX + 1))
        assert answer.status_code == 413

        async def in_pieces() -> AsyncIterator[bytes]:
            yield b"x" * security.BODY_MAX
            yield b"x"

        answer = await site.client.post("/cases/x/report", content=in_pieces())
        assert answer.status_code == 413


async def test_the_password_opens_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "WRONG_WAIT_S", 0.0)
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        for path in [*PATHS, "/static/menshen.js", "/stream"]:
            answer = await site.client.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic ")
            assert "content-security-policy" in answer.headers
        for bad in (WRONG, "Basic !!!", "Bearer x", "Basic", ""):
            answer = await site.client.get("/", headers={"authorization": bad})
            assert answer.status_code == 401
        sent = {"authorization": RIGHT, "host": "menshen.lan"}  # any name, with the password
        assert (await site.client.get("/", headers=sent)).status_code == 200


def guess(number: int) -> str:
    """A wrong password, another for each number."""
    return "Basic " + base64.b64encode(f"menshen:guess {number}".encode()).decode()


async def test_g12_a_forgotten_tab_locks_nobody_out_and_the_right_one_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "WRONG_WAIT_S", 0.0)
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        for _ in range(3 * TRIES_MAX):
            answer = await site.client.get("/health", headers={"authorization": WRONG})
            assert answer.status_code == 401
        assert (await site.client.get("/", headers={"authorization": RIGHT})).status_code == 200


async def test_i7_guesses_through_a_proxy_without_a_header_lock_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "WRONG_WAIT_S", 0.0)
    monkeypatch.setattr(patience, "SLOW_S", 0.05)
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        for number in range(TRIES_MAX + 2):
            await site.client.get("/health", headers={"authorization": guess(number)})
        assert (await site.client.get("/", headers={"authorization": RIGHT})).status_code == 200


async def test_i7_only_proxies_that_the_settings_name_say_who_asks(tmp_path: Path) -> None:
    connection = HTTPConnection(
        {
            "type": "http",
            "client": ("127.0.0.1", 9),
            "headers": [(b"x-forwarded-for", b"6.6.6.6, 203.0.113.9, 10.0.0.2")],
        }
    )
    assert Clients([]).source(connection) == "127.0.0.1"
    assert Clients(["127.0.0.1"]).source(connection) == "10.0.0.2"
    assert Clients(["127.0.0.1", "10.0.0.0/8"]).source(connection) == "203.0.113.9"


def test_g8_a_password_that_guessers_try_is_refused_with_a_sentence() -> None:
    for weak in ("x", "hunter2", "password2020!", "1234567890", "qwertyuiop", "aaaaaaaaaaaa"):
        with pytest.raises(ValidationError, match="too easily guessed"):
            Settings(console={"password": weak})
    for strong in ("correct horse battery", "春眠不觉晓处处", "Xk3pL9-qwWe"):
        Settings(console={"password": strong})


async def test_g8_the_name_is_said_where_it_is_asked_for(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        answer = await site.client.get("/", headers={"accept-language": "en"})
        assert "menshen" in answer.headers["www-authenticate"]
        assert "the name is menshen" in answer.text
    assert "asks for a name too, and that is menshen." in " ".join(example().split("\n# "))


def test_a_guesser_is_looked_at_seldom_and_the_right_one_in_its_turn() -> None:
    gate = PasswordGate("right")
    for number in range(TRIES_MAX):
        assert gate.wait_s(guess(number), None, "10.0.0.1", 0) == 0
        assert gate.answer(guess(number), None, "10.0.0.1", 0) is Answer.WRONG
    assert gate.wait_s(guess(77), None, "10.0.0.1", 1) == 0
    assert gate.wait_s(RIGHT_ONE, None, "10.0.0.1", 1) == SLOW_S
    assert gate.answer(RIGHT_ONE, None, "10.0.0.1", 1 + SLOW_S) is Answer.IN
    assert gate.wait_s(RIGHT_ONE, None, "10.0.0.2", 1) == 0
    assert gate.wait_s(guess(1), None, "10.0.0.1", 1) == 0  # known to be wrong
    waits = [gate.wait_s(guess(200 + n), None, "10.0.0.1", 1) for n in range(8)]
    assert waits[-1] is None
    assert max(wait for wait in waits if wait is not None) <= WAIT_MAX_S
    assert gate.wait_s(RIGHT_ONE, None, "10.0.0.1", 2 + LOCKED_S) == 0


def test_a_browser_that_was_in_does_not_wait_for_a_guesser_at_its_address() -> None:
    gate = PasswordGate("right")
    token = gate.new_token()
    for number in range(3 * TRIES_MAX):
        gate.wait_s(guess(number), None, "10.0.0.1", 0)
        gate.answer(guess(number), None, "10.0.0.1", 0)
    assert gate.wait_s(RIGHT_ONE, None, "10.0.0.1", 0) != 0
    assert gate.wait_s(RIGHT_ONE, token, "10.0.0.1", 0) == 0
    forged = token[:-1] + ("1" if token[-1] == "0" else "0")
    assert gate.wait_s(RIGHT_ONE, forged, "10.0.0.1", 0) != 0
    assert not PasswordGate("right").knows(token)


async def test_a_browser_that_came_in_is_given_its_token_once(tmp_path: Path) -> None:
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        answer = await site.client.get("/", headers={"authorization": RIGHT})
        assert TOKEN in answer.cookies
        answer = await site.client.get("/", headers={"authorization": RIGHT})
        assert TOKEN not in answer.cookies


def test_one_machine_cannot_guess_under_many_addresses() -> None:
    assert counted("2001:db8::1") == counted("2001:db8::ffff") != counted("2001:db8:0:1::1")
    assert counted("::ffff:10.0.0.1") == counted("10.0.0.1")


def test_what_the_gate_remembers_is_bounded() -> None:
    gate = PasswordGate("right")
    for number in range(PLACES_MAX + 10):
        gate.answer(WRONG, None, f"source {number}", number)
    assert gate.remembered == PLACES_MAX


async def test_i8_a_body_is_counted_as_it_comes_whatever_its_head_says(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 4_096
                yield b"x" * 4_096

        both = {"content-length": "5", "transfer-encoding": "chunked"}
        answer = await site.client.post("/cases/x/report", content=endless(), headers=both)
        assert answer.status_code == 400
        for path in ("/cases/x/report", "/cases/x/actor", "/api/v1/cases/x/acknowledge"):
            headers = {"menshen-actor": "wang", "accept-language": "en"}
            answer = await site.client.post(path, content=endless(), headers=headers)
            assert (answer.status_code, "more than any form" in answer.text) == (413, True), path
        assert sent < 8 * security.BODY_MAX


async def test_i10_who_asks_far_too_often_is_refused_before_any_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "OWN_RATE", (1.0, 3.0))
    monkeypatch.setattr(security, "FAST_WAIT_S", 0.0)
    async with console(new_store(tmp_path)) as site:
        answers = [await site.client.get("/api/v1/doors") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert site.app.state.figures.requests_refused == 2
