"""The items of OWASP's ASVS 5.0 (level 2) that this console answers, each with the tests that do.

A table to be read by whoever audits it; what is tested here is that no line points nowhere, and the
few items that no other test holds.
"""

import ast
from pathlib import Path

import pytest

from gateway.accounts import sessions
from gateway.accounts.sessions import LIMITS, Kind
from gateway.web.visitors import COOKIE
from tests.web.signed_in import signed_in_site

HERE = Path(__file__).parent
PAGES, MATRIX, AUDIT = (
    "web/test_sign_in_pages.py",
    "web/test_role_matrix.py",
    "web/test_accounts_audit.py",
)
UNIT, PASSWORDS, LIVES = (
    "accounts/test_sign_in.py",
    "accounts/test_passwords.py",
    "accounts/test_sessions.py",
)
CHAIN, RIM = "accounts/test_audit.py", "web/test_security.py"
TABLE = {
    "2.3.4 two at once, one winner": (
        (LIVES, "test_an_invitation_is_good_once_and_looking_spends_nothing"),
        (PASSWORDS, "test_of_two_who_use_one_code_at_once_one_is_in"),
    ),
    "2.4.1 no reading by machine": ((AUDIT, "test_reading_the_site_out_stops_and_is_one_case"),),
    "3.3.1-4 cookies": ((PAGES, "test_a_warden_scans_an_invitation_and_is_in"),),
    "3.4.3-6 headers": ((RIM, "test_every_answer_carries_the_rules_of_the_house"),),
    "3.5.1 requests of other sites": ((RIM, "test_only_our_own_pages_can_press_a_button"),),
    "6.2.1, 6.2.9 length": (
        (PASSWORDS, "test_what_is_long_and_no_guess_is_taken"),
        (PASSWORDS, "test_what_guessers_try_is_not"),
    ),
    "6.2.4, 6.2.11, 6.2.12 known passwords, words of the site": (
        (PASSWORDS, "test_the_list_of_known_ones_is_long_enough_sorted_and_of_our_length"),
        (PASSWORDS, "test_what_guessers_try_is_not"),
    ),
    "6.3.1 guessing": (
        (UNIT, "test_a_guesser_is_slowed_and_the_right_one_still_passes_from_there"),
        (UNIT, "test_a_guesser_elsewhere_locks_no_known_browser_out"),
        (AUDIT, "test_brute_force_at_the_page_locks_the_guesser_and_not_the_victim"),
    ),
    "6.3.3 a second factor": (
        (UNIT, "test_who_sees_names_sets_a_second_factor_up_and_then_needs_it"),
        (PAGES, "test_at_a_desk_a_password_and_a_code_open_and_neither_alone"),
    ),
    "6.3.8 who has an account": (
        (PAGES, "test_a_wrong_password_and_an_unknown_name_look_the_same"),
    ),
    "6.5.1, 6.5.5 codes once, and for their time": (
        (PASSWORDS, "test_a_code_is_good_once_and_for_its_half_minute"),
        (PAGES, "test_the_same_code_signs_nobody_in_twice"),
        (LIVES, "test_an_invitation_that_is_over_signs_nobody_in"),
    ),
    "6.6.3 guessing codes": ((UNIT, "test_guessing_codes_is_hopeless"),),
    "7.2.3 tokens of 128 bits and more": (
        (LIVES, "test_no_token_stands_in_the_file_and_each_has_256_bits"),
    ),
    "7.2.4 another token after signing in": (
        (PAGES, "test_at_a_desk_a_password_and_a_code_open_and_neither_alone"),
    ),
    "7.3.1, 7.3.2 idle and absolute ends": (
        (LIVES, "test_unseen_it_ends"),
        (LIVES, "test_seen_it_lasts_but_not_past_its_absolute_end"),
        (PAGES, "test_idle_and_absolute_ends_hold_at_the_console"),
    ),
    "7.4.1, 7.4.2, 7.4.5, 7.5.2 ends at the server": (
        (LIVES, "test_a_stolen_token_is_worth_nothing_after"),
        (PAGES, "test_signing_out_ends_it_at_the_server_and_empties_the_browser"),
        (PAGES, "test_a_lost_phone_is_out_and_the_others_stay"),
        (PAGES, "test_who_left_the_registry_is_out_at_once"),
        (AUDIT, "test_an_open_page_ends_with_its_session"),
    ),
    "8.2.1-3, 8.3.1 by function, by object, at the server": (
        (MATRIX, "test_the_whole_matrix"),
        (MATRIX, "test_lists_hold_one_s_own_grids_only"),
        (AUDIT, "test_an_open_page_shows_what_its_page_would"),
    ),
    "10.4 (as far as it is ours) nobody is sent elsewhere": (
        (PAGES, "test_nobody_is_sent_elsewhere_after_it"),
    ),
    "13.4.2, 13.4.5 nothing about itself": ((RIM, "test_there_is_no_page_about_the_interface"),),
    "14.3.1 the browser is emptied": (
        (PAGES, "test_signing_out_ends_it_at_the_server_and_empties_the_browser"),
    ),
    "16.2.1-5, 16.3.1-3 what is logged": (
        (AUDIT, "test_a_day_s_looks_and_acts_are_in_it_in_order_each_once"),
        (PAGES, "test_a_wrong_password_and_an_unknown_name_look_the_same"),
    ),
    "16.4.2 logs that nobody changes": (
        (CHAIN, "test_any_edit_breaks_the_chain"),
        (CHAIN, "test_the_file_refuses_a_change"),
    ),
    "16.5.3 closed where something fails": (
        (AUDIT, "test_a_look_that_cannot_be_noted_is_not_given"),
        (PAGES, "test_accounts_that_are_gone_let_nobody_in"),
    ),
}


@pytest.mark.parametrize("item", TABLE)
def test_each_item_is_held_by_tests_that_exist(item: str) -> None:
    for file, name in TABLE[item]:
        tree = ast.parse((HERE.parent / file).read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in tree.body if isinstance(node, kinds)}, (file, name)


async def test_14_2_1_no_session_stands_in_an_address_or_a_page(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser("wang") as phone:
        token = phone.cookies[COOKIE]
        for path in ("/inbox/wang", "/account", "/doors/d0", "/cases"):
            answer = await phone.get(path)
            assert answer.status_code == 200
            assert token not in answer.text
            assert sessions.digest(token) not in answer.text
            assert answer.headers["cache-control"] == "no-store"
        assert token not in str(site.noted())


def test_7_1_1_how_long_each_kind_lasts_is_written_down() -> None:
    document = (HERE.parent.parent / "docs" / "accounts.md").read_text()
    day, hour = 86_400_000, 3_600_000
    phone, desk, program = (LIMITS[kind] for kind in (Kind.PHONE, Kind.DESK, Kind.PROGRAM))
    for words, limit, unit in (
        ("| an invitation, on a phone | {} days | {} days |", phone, day),
        ("| a program's token | {} days | {} days |", program, day),
        ("| a password, at a desk | {} hour | {} hours |", desk, hour),
    ):
        assert words.format(limit.idle_ms // unit, limit.absolute_ms // unit) in document
