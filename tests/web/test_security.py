"""Who gets in, from where, and what every answer carries."""

import base64
from pathlib import Path

import pytest

from gateway.accounts import site_password
from gateway.accounts.site_password import LOCKED_S, TRIES_MAX, Answer, PasswordGate
from gateway.core.actor import actor_of
from gateway.core.events import CaseAcknowledged
from gateway.core.subject import of_door
from gateway.web import security
from tests.web.web_site import Console, console, new_store, problem_of

PATHS = ["/", "/cases", "/wardens", "/inbox/wang", "/doors/d0", "/health", "/api/doors", "/nothing"]
RIGHT = "Basic " + base64.b64encode("menshen:门神 open".encode()).decode()
WRONG = "Basic " + base64.b64encode(b"menshen:wrong").decode()
OPEN_TO_ALL = {"console": {"host": "0.0.0.0", "password": "门神 open"}}


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
        assert page.count("<script") == page.count("<script src=") == 3
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
        program = await site.client.get("/api/doors", headers={"host": "rebound.example"})
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

        async def endless() -> object:
            yield b"x"

        answer = await site.client.post("/cases/x/report", content=endless())
        assert answer.status_code == 413


async def test_the_password_opens_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "WRONG_WAIT_S", 0.0)
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        for path in [*PATHS, "/static/menshen.css", "/stream"]:
            answer = await site.client.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic ")
            assert "content-security-policy" in answer.headers
        for bad in (WRONG, "Basic !!!", "Bearer x", "Basic", ""):
            answer = await site.client.get("/", headers={"authorization": bad})
            assert answer.status_code == 401
        sent = {"authorization": RIGHT, "host": "menshen.lan"}  # any name, with the password
        assert (await site.client.get("/", headers=sent)).status_code == 200


async def test_guessing_is_shut_out_and_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "WRONG_WAIT_S", 0.0)
    async with console(new_store(tmp_path), **OPEN_TO_ALL) as site:
        for _ in range(TRIES_MAX):
            await site.client.get("/", headers={"authorization": WRONG})
        answer = await site.client.get("/", headers={"authorization": RIGHT})
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == str(LOCKED_S)


def test_the_gate_forgets_a_wrong_try_after_a_while_and_at_once_after_a_right_one() -> None:
    gate = PasswordGate("门神 open")
    for _ in range(TRIES_MAX - 1):
        assert gate.answer(WRONG, "10.0.0.1", 0) is Answer.WRONG
    assert gate.answer(RIGHT, "10.0.0.1", 1) is Answer.IN
    for _ in range(TRIES_MAX):
        assert gate.answer(WRONG, "10.0.0.1", 2) is Answer.WRONG
    assert gate.answer(RIGHT, "10.0.0.1", 3) is Answer.LOCKED
    assert gate.answer(RIGHT, "10.0.0.2", 3) is Answer.IN
    assert gate.answer(RIGHT, "10.0.0.1", 3 + LOCKED_S) is Answer.IN


def test_one_machine_cannot_guess_under_many_addresses() -> None:
    gate = PasswordGate("right")
    for number in range(TRIES_MAX):
        gate.answer(WRONG, f"2001:db8::{number:x}", 0)
    assert gate.answer(WRONG, "2001:db8::ffff", 1) is Answer.LOCKED
    assert gate.answer(WRONG, "2001:db8:0:1::1", 1) is Answer.WRONG


def test_what_the_gate_remembers_is_bounded() -> None:
    gate = PasswordGate("right")
    for number in range(site_password.ADDRESSES_MAX + 10):
        gate.answer(WRONG, f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", number)
    assert gate.remembered == site_password.ADDRESSES_MAX
