"""Signing in: what the victim of a guesser notices, and what the guesser gets: nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from gateway.accounts import checking, one_time_codes, passwords, persons, sessions, sign_in
from gateway.accounts.patience import LOCKED_S, TRIES_MAX
from gateway.accounts.persons import Account
from gateway.accounts.roles import Role
from gateway.accounts.sign_in import CODES_MAX, Result, SignIn
from gateway.accounts.tries import ANYWHERE_MAX
from gateway.store.database import Store
from tests.accounts.people_file import GOOD, NOW_MS, add, new_accounts

HOME, ELSEWHERE = "10.0.0.1", "203.0.113.9"


class Door:
    """The sign-in of a site with a dispatcher, whose clock a test moves; nobody really waits."""

    def __init__(self, store: Store, needs_code: bool) -> None:
        self.store, self.now_s, self.waited_s = store, 1_000.0, 0.0
        self.chen = add(store, "chen", Role.DISPATCHER)
        with store.writing() as connection:
            persons.set_password(connection, self.chen, passwords.kept(GOOD))
        self.sign_in = SignIn(store, needs_code, lambda: self.now_s)

    async def tries(
        self, password: str, source: str = HOME, known: str | None = None, name: str = "chen"
    ) -> Result:
        outcome = await self.sign_in.with_password(name, password, known, source, NOW_MS)
        return outcome.result

    async def sleep(self, wait_s: float) -> None:
        self.waited_s += wait_s
        self.now_s += wait_s


@pytest.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    store = new_accounts(tmp_path / "menshen.db")
    door = Door(store, needs_code=False)
    monkeypatch.setattr(sign_in.asyncio, "sleep", door.sleep)
    monkeypatch.setattr(passwords, "is_right", lambda text, stored: bool(stored) and text == GOOD)
    yield door
    store.close()


async def test_the_right_one_opens_and_nothing_else_does(door: Door) -> None:
    assert await door.tries(GOOD) is Result.IN
    assert await door.tries(GOOD, name=" CHEN ") is Result.IN
    assert await door.tries("wrong") is Result.WRONG
    assert await door.tries(GOOD, name="nobody") is Result.WRONG
    assert await door.tries("x" * 100_000) is Result.WRONG
    assert await door.tries(GOOD, name="c" * 10_000) is Result.WRONG


async def test_a_guesser_is_slowed_and_the_right_one_still_passes_from_there(door: Door) -> None:
    for number in range(TRIES_MAX):
        assert await door.tries(f"guess {number}") is Result.WRONG
    assert door.waited_s == 0
    for number in range(20):
        await door.tries(f"more {number}")
    assert door.waited_s >= 19 * 3  # one every three seconds
    assert await door.tries(GOOD) is Result.IN


async def test_a_forgotten_tab_that_repeats_one_wrong_slows_nobody(door: Door) -> None:
    for _ in range(5 * TRIES_MAX):
        assert await door.tries("of last year") is Result.WRONG
    assert await door.tries(GOOD) is Result.IN
    assert door.waited_s == 0


async def test_a_guesser_elsewhere_locks_no_known_browser_out(door: Door) -> None:
    known = door.sign_in.tries.new_known("chen")
    for number in range(ANYWHERE_MAX + 20):  # from many addresses, few from each
        await door.tries(f"guess {number}", f"198.51.100.{number}")
    waited_s = door.waited_s
    assert waited_s > 0, "the account is slowed for strangers"
    assert await door.tries(GOOD, ELSEWHERE, known) is Result.IN
    assert door.waited_s == waited_s, "and not for a browser that was in before"


async def test_a_stranger_with_the_right_one_waits_and_is_in(door: Door) -> None:
    for number in range(ANYWHERE_MAX):
        await door.tries(f"guess {number}", f"198.51.100.{number}")
    door.now_s += 3.0
    assert await door.tries(GOOD, ELSEWHERE) is Result.IN
    door.now_s += LOCKED_S + 1
    assert await door.tries("wrong", ELSEWHERE) is Result.WRONG


async def test_another_s_token_makes_no_browser_known(door: Door) -> None:
    theirs = door.sign_in.tries.new_known("wang")
    for forged in (theirs, "0123.abcd", "", ".", "x" * 9_999):
        for number in range(TRIES_MAX):
            await door.tries(f"{forged[:20]} {number}", HOME, forged)
    assert door.waited_s > 0


async def test_what_waits_to_be_checked_is_bounded(door: Door) -> None:
    results = await asyncio.gather(*(door.tries(GOOD, f"10.1.0.{n}") for n in range(200)))
    assert results.count(Result.LATER) > 0
    assert results.count(Result.IN) >= checking.WAITING_MAX
    assert await door.tries(GOOD) is Result.IN


async def test_an_ended_account_and_a_program_have_no_password(door: Door) -> None:
    with door.store.writing() as connection:
        persons.set_password(connection, door.chen, passwords.kept(GOOD))
        canary = persons.add(
            connection, "canary", [Role.INSTALLER], NOW_MS, kind=persons.Kind.PROGRAM
        )
        persons.set_password(connection, canary, passwords.kept(GOOD))
        persons.end(connection, door.chen, NOW_MS)
    assert await door.tries(GOOD) is Result.WRONG
    assert await door.tries(GOOD, name="canary") is Result.WRONG


# The second factor.


async def waiting(door: Door) -> sessions.Session:
    """The session of somebody whose password was right."""
    door.sign_in = SignIn(door.store, True, lambda: door.now_s)
    outcome = await door.sign_in.with_password("chen", GOOD, None, HOME, NOW_MS)
    assert outcome.result is Result.CODE
    with door.store.reading() as connection:
        session = sessions.of_token(connection, outcome.token, NOW_MS)
    assert session is not None
    assert session.kind is sessions.Kind.CODE
    return session


async def test_who_sees_names_sets_a_second_factor_up_and_then_needs_it(door: Door) -> None:
    session, key = await waiting(door), one_time_codes.new_key()
    code = pyotp.TOTP(key).at(NOW_MS // 1000)
    outcome = await door.sign_in.with_code(session, key, code, "desk", NOW_MS)
    assert outcome.result is Result.IN
    with door.store.reading() as connection:
        signed_in = sessions.of_token(connection, outcome.token, NOW_MS)
        chen = persons.named(connection, "chen")
        assert sessions.of_account(connection, door.chen, NOW_MS) == [signed_in]
    assert chen is not None
    assert (chen.code_key, chen.code_step) == (key, NOW_MS // 30_000)
    again = await waiting(door)
    assert (await door.sign_in.with_code(again, None, code, "", NOW_MS)).result is Result.WRONG
    later_ms = NOW_MS + 30_000
    code = pyotp.TOTP(key).at(later_ms // 1000)
    assert (await door.sign_in.with_code(again, None, code, "", later_ms)).result is Result.IN


async def test_a_second_factor_that_is_set_up_is_not_replaced_by_another(door: Door) -> None:
    own, thief = one_time_codes.new_key(), one_time_codes.new_key()
    with door.store.writing() as connection:
        persons.set_code_key(connection, door.chen, own)
    session = await waiting(door)
    code = pyotp.TOTP(thief).at(NOW_MS // 1000)
    outcome = await door.sign_in.with_code(session, thief, code, "", NOW_MS)
    assert outcome.result is Result.WRONG


async def test_guessing_codes_is_hopeless(door: Door) -> None:
    with door.store.writing() as connection:
        persons.set_code_key(connection, door.chen, one_time_codes.new_key())
    session, results = await waiting(door), []
    for number in range(CODES_MAX + 20):
        outcome = await door.sign_in.with_code(session, None, f"{number:06}", "", NOW_MS)
        results.append(outcome.result)
    assert results.count(Result.WRONG) <= CODES_MAX + 2
    assert Result.IN not in results


def test_the_switch_of_the_site_decides(tmp_path: Path) -> None:
    store = new_accounts(tmp_path / "menshen.db")
    people: list[Account] = [add(store, role.value, role) for role in Role]
    assert not any(SignIn(store, False).needs_code(one) for one in people)
    assert all(SignIn(store, True).needs_code(one) for one in people)
    store.close()
