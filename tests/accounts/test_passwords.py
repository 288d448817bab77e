"""Passwords and one-time codes: which are taken, and that each code is good once."""

from pathlib import Path

import pyotp
import pytest

from gateway.accounts import one_time_codes, passwords, persons
from gateway.accounts.passwords import PasswordError
from gateway.accounts.roles import Role
from gateway.core.duration import DAY_MS
from tests.accounts.people_file import GOOD, NOW_MS, add, new_accounts

WORDS = ("wang.fang", "Liangxi")


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "梁溪桥头卖馄饨",  # seven characters that count for fourteen
        "x9!kQ2#vLp7z",
        "a" * 3 + " correct horse battery staple" * 3,  # longer than 64
        "  spaces at both ends  ",
    ],
)
def test_what_is_long_and_no_guess_is_taken(password: str) -> None:
    passwords.check(password, WORDS)
    assert passwords.is_right(password, passwords.kept(password))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", passwords.TOO_SHORT),
        ("x9!kQ2#vLp7", passwords.TOO_SHORT),
        ("卖馄饨桥头", passwords.TOO_SHORT),
        ("x" * 129, passwords.TOO_LONG),
        ("passwordpassword", passwords.KNOWN_TO_GUESSERS),
        ("PasswordPassword", passwords.KNOWN_TO_GUESSERS),
        ("123456789012", passwords.KNOWN_TO_GUESSERS),
        ("qwertyuiopas", passwords.KNOWN_TO_GUESSERS),
        ("aaaaaaaaaaaa", passwords.KNOWN_TO_GUESSERS),
        ("menshen密码2026", passwords.KNOWN_TO_GUESSERS),
        ("wang.fang Liangxi", passwords.OF_THE_SITE),
        ("网格wang.fang2026", passwords.OF_THE_SITE),
    ],
)
def test_what_guessers_try_is_not(password: str, why: str) -> None:
    with pytest.raises(PasswordError) as told:
        passwords.check(password, WORDS)
    assert str(told.value) == why


def test_the_list_of_known_ones_is_long_enough_sorted_and_of_our_length() -> None:
    known = passwords.KNOWN.read_text(encoding="utf-8").split("\n")
    assert len(known) >= 3_000  # what the standard asks for
    assert known == sorted(set(known))
    assert min(map(len, known)) >= passwords.LENGTH_MIN
    with pytest.raises(PasswordError):
        passwords.check(known[len(known) // 2])


def test_a_password_is_kept_by_argon2_with_salt_and_only_the_right_one_fits() -> None:
    stored = passwords.kept(GOOD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != passwords.kept(GOOD)
    assert not passwords.is_right(GOOD + " ", stored)
    assert not passwords.is_right(GOOD, None)
    assert passwords.is_right("ｆｏｕｒ plums on a roof", stored)  # typed full width


def test_a_code_is_good_once_and_for_its_half_minute() -> None:
    key = one_time_codes.new_key()
    now_s = NOW_MS // 1000
    code = pyotp.TOTP(key).at(now_s)
    step = one_time_codes.step_of(key, f" {code[:3]} {code[3:]} ", NOW_MS, 0)
    assert step == now_s // 30
    assert one_time_codes.step_of(key, code, NOW_MS, step) is None
    late = one_time_codes.step_of(key, code, NOW_MS + 29_000, 0)
    assert late == step
    assert one_time_codes.step_of(key, code, NOW_MS + 90_000, 0) is None
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５六"):
        assert one_time_codes.step_of(key, wrong, NOW_MS, 0) is None
    wide = code.translate({ord(digit): 0xFEE0 + ord(digit) for digit in "0123456789"})
    assert one_time_codes.step_of(key, f"\u200b{wide}", NOW_MS, 0) == step, "a Chinese keyboard's"


def test_a_code_used_while_the_clock_was_ahead_keeps_nobody_out_afterwards(tmp_path: Path) -> None:
    store = new_accounts(tmp_path / "menshen.db")
    key, engineer = one_time_codes.new_key(), add(store, "lin", Role.ENGINEER)
    ahead_ms, codes = NOW_MS + 10 * DAY_MS, pyotp.TOTP(key)
    ahead = one_time_codes.step_of(key, codes.at(ahead_ms // 1000), ahead_ms, 0)
    code = codes.at(NOW_MS // 1000)
    step = one_time_codes.step_of(key, code, NOW_MS, ahead or 0)
    assert (ahead, step) == (ahead_ms // 30_000, NOW_MS // 30_000)
    with store.writing() as connection:
        persons.set_code_key(connection, engineer, key, ahead or 0)
        known = persons.of_id(connection, engineer.account_id)
        assert known is not None
        assert persons.spend_step(connection, known, step or 0)
        assert not persons.spend_step(connection, known, step or 0), "and it is good once"
        spent = persons.of_id(connection, engineer.account_id)
    store.close()
    assert spent is not None
    assert one_time_codes.step_of(key, code, NOW_MS, spent.code_step) is None


def test_of_two_who_use_one_code_at_once_one_is_in(tmp_path: Path) -> None:
    store = new_accounts(tmp_path / "menshen.db")
    engineer = add(store, "lin", Role.ENGINEER)
    with store.writing() as connection:
        assert persons.spend_step(connection, engineer, 7)
        assert not persons.spend_step(connection, engineer, 7)
    store.close()


def test_the_app_s_address_says_whose_it_is_in_any_script() -> None:
    address = one_time_codes.address("ABCDEFGH" * 4, "wang.fang", "梁溪")
    assert address.startswith(
        "otpauth://totp/%E6%A2%81%E6%BA%AA:wang.fang?secret=" + "ABCDEFGH" * 4
    )
