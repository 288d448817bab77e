"""The items of OWASP's ASVS 5.0 (level 2) that this console answers, each with the tests that do.

A table to be read by whoever audits it; what is tested here is that none is left out, that no line
points nowhere, and the few items that no other test holds.
"""

import ast
import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from gateway.accounts import audit, sessions
from gateway.accounts.sessions import LIMITS, Kind
from gateway.store import case_views
from gateway.web.visitors import COOKIE
from tests.web.signed_in import signed_in_site
from tests.web.web_site import first_case

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
CHAIN, RIM, OWN = "accounts/test_audit.py", "web/test_security.py", "web/test_asvs.py"
HEADERS, LIFE, FORCE = (
    "web/test_header_table.py",
    "web/test_session_table.py",
    "web/test_brute_force.py",
)
WORDS, TLS, BROKER = (
    "web/test_audit_words.py",
    "web/test_tls.py",
    "provisioning/test_broker_config.py",
)
CLIENT, CONSOLE, PHONE = (
    "channels/test_http_client.py",
    "end_to_end/test_console_process.py",
    "web/test_handheld_offline.py",
)
_NO_SOCKET = "there is no WebSocket: live pages are event streams, which carry the session's cookie"
_OPEN_PAGE = ((LIFE, "test_an_open_page_ends_with_what_its_owner_may"),)
_HEADERS = (
    (HEADERS, "test_every_route_whoever_asks"),
    (HEADERS, "test_every_way_in_which_it_goes_wrong"),
    (HEADERS, "test_a_stream_carries_them_too"),
)
_CHAIN = (
    (CHAIN, "test_any_edit_breaks_the_chain"),
    (CHAIN, "test_the_file_refuses_a_change"),
)
_NOTED = (
    (AUDIT, "test_a_day_s_looks_and_acts_are_in_it_in_order_each_once"),
    (WORDS, "test_no_route_that_is_noted_is_without_words"),
)
_MATRIX = (
    (MATRIX, "test_every_address_has_a_rule_and_every_rule_an_address"),
    (MATRIX, "test_the_whole_matrix"),
    (MATRIX, "test_lists_hold_one_s_own_grids_only"),
    (AUDIT, "test_an_open_page_shows_what_its_page_would"),
)

# Each item with the tests that hold it; or why it does not apply, in a sentence.
TABLE: dict[str, tuple[tuple[str, str], ...] | str] = {
    "2.3.3 all or nothing": (
        (
            "store/test_batch.py",
            "test_a_permit_that_is_refused_leaves_no_row_and_its_id_may_come_again",
        ),
        ("engine/test_engine.py", "test_a_full_disk_acknowledges_nothing_and_loses_nothing"),
    ),
    "2.3.4 two at once, one winner": (
        (OWN, "test_2_3_4_of_two_who_press_at_once_one_has_it_and_the_other_is_told"),
        (LIVES, "test_an_invitation_is_good_once_and_looking_spends_nothing"),
        (PASSWORDS, "test_of_two_who_use_one_code_at_once_one_is_in"),
        ("web/test_announcing.py", "test_two_at_once_for_the_last_room_and_one_is_told_why_not"),
    ),
    "2.4.1 no reading by machine": (
        (AUDIT, "test_reading_the_site_out_stops_and_is_one_case"),
        (RIM, "test_i10_who_asks_far_too_often_is_refused_before_any_reading"),
    ),
    "3.3.1 cookies are Secure and __Host-": (
        (HEADERS, "test_what_signing_in_sets_is_of_this_host_alone"),
    ),
    "3.3.2 SameSite": ((HEADERS, "test_what_signing_in_sets_is_of_this_host_alone"),),
    "3.3.3 __Host- for the session": ((PAGES, "test_a_warden_scans_an_invitation_and_is_in"),),
    "3.3.4 HttpOnly": ((HEADERS, "test_what_signing_in_sets_is_of_this_host_alone"),),
    "3.4.1 HSTS": _HEADERS,
    "3.4.2 CORS": ((OWN, "test_3_4_2_no_answer_is_for_another_site_s_script"),),
    "3.4.3 CSP": (*_HEADERS, (RIM, "test_no_page_holds_a_script_or_a_style_of_its_own")),
    "3.4.4 nosniff": _HEADERS,
    "3.4.5 Referrer-Policy": _HEADERS,
    "3.4.6 frame-ancestors": _HEADERS,
    "3.5.1 requests of other sites": ((RIM, "test_only_our_own_pages_can_press_a_button"),),
    "4.4.1 WebSocket over TLS": _NO_SOCKET,
    "4.4.2 Origin of a WebSocket": _NO_SOCKET,
    "4.4.3 a live line has a session": (
        (PAGES, "test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back"),
    ),
    "4.4.4 a live line ends with it": _OPEN_PAGE,
    "6.2.1 length": ((PASSWORDS, "test_what_guessers_try_is_not"),),
    "6.2.4 known passwords": (
        (PASSWORDS, "test_the_list_of_known_ones_is_long_enough_sorted_and_of_our_length"),
        (PASSWORDS, "test_what_guessers_try_is_not"),
    ),
    "6.2.9 long ones": ((PASSWORDS, "test_what_is_long_and_no_guess_is_taken"),),
    "6.2.11 words of the site": ((PASSWORDS, "test_what_guessers_try_is_not"),),
    "6.2.12 breached ones": (
        (PASSWORDS, "test_the_list_of_known_ones_is_long_enough_sorted_and_of_our_length"),
    ),
    "6.3.1 guessing": (
        (UNIT, "test_a_guesser_is_slowed_and_the_right_one_still_passes_from_there"),
        (UNIT, "test_a_guesser_elsewhere_locks_no_known_browser_out"),
        (AUDIT, "test_brute_force_at_the_page_locks_the_guesser_and_not_the_victim"),
        (FORCE, "test_a_guesser_at_one_address_is_stopped_and_the_victim_is_not"),
        (FORCE, "test_nor_does_it_help_to_guess_from_many_addresses"),
    ),
    "6.3.3 a second factor": (
        (UNIT, "test_who_sees_names_sets_a_second_factor_up_and_then_needs_it"),
        (PAGES, "test_at_a_desk_a_password_and_a_code_open_and_neither_alone"),
    ),
    "6.3.8 who has an account": (
        (PAGES, "test_a_wrong_password_and_an_unknown_name_look_the_same"),
    ),
    "6.5.1 codes once": (
        (PASSWORDS, "test_a_code_is_good_once_and_for_its_half_minute"),
        (PAGES, "test_the_same_code_signs_nobody_in_twice"),
    ),
    "6.5.5 codes for their time": (
        (PASSWORDS, "test_a_code_is_good_once_and_for_its_half_minute"),
        (LIVES, "test_an_invitation_that_is_over_signs_nobody_in"),
    ),
    "6.6.3 guessing codes": ((UNIT, "test_guessing_codes_is_hopeless"),),
    "7.1.1 how long sessions last": ((OWN, "test_7_1_1_how_long_each_kind_lasts_is_written_down"),),
    "7.2.3 tokens of 128 bits and more": (
        (LIVES, "test_no_token_stands_in_the_file_and_each_has_256_bits"),
    ),
    "7.2.4 another token after signing in": ((LIFE, "test_the_table_of_sessions"),),
    "7.3.1 idle end": ((LIVES, "test_unseen_it_ends"), (LIFE, "test_the_table_of_sessions")),
    "7.3.2 absolute end": (
        (LIVES, "test_seen_it_lasts_but_not_past_its_absolute_end"),
        (LIFE, "test_the_table_of_sessions"),
    ),
    "7.4.1 over at the server": (
        (LIVES, "test_a_stolen_token_is_worth_nothing_after"),
        (PAGES, "test_signing_out_ends_it_at_the_server_and_empties_the_browser"),
    ),
    "7.4.2 who leaves is out": (
        (PAGES, "test_who_left_the_registry_is_out_at_once"),
        *_OPEN_PAGE,
    ),
    "7.4.3 another password": ((LIFE, "test_the_table_of_sessions"),),
    "7.4.5 ended by an administrator": (
        (PAGES, "test_an_administrator_invites_and_ends_and_the_code_is_shown_once"),
    ),
    "7.5.2 one's own, seen and ended": ((PAGES, "test_a_lost_phone_is_out_and_the_others_stay"),),
    "8.2.1 by function": _MATRIX,
    "8.2.2 by object": _MATRIX,
    "8.2.3 by field": (
        (MATRIX, "test_a_button_that_a_role_may_not_press_is_not_shown"),
        (MATRIX, "test_a_line_names_what_one_may_see"),
    ),
    "8.3.1 at the server": _MATRIX,
    "8.4.1 tenants": (
        "a site is a gateway, a database and accounts of its own; within it grids are kept apart "
        "by 8.2.2"
    ),
    "10.4 (as far as it is ours) nobody is sent elsewhere": (
        (PAGES, "test_nobody_is_sent_elsewhere_after_it"),
    ),
    "12.1.1 TLS 1.2 or newer": (
        (TLS, "test_tls_1_2_and_1_3_are_spoken"),
        (TLS, "test_tls_1_1_is_refused"),
        (BROKER, "test_tls_1_1_is_refused"),
    ),
    "12.3.1 nothing in clear": (
        (TLS, "test_http_on_the_port_of_https_is_sent_there"),
        ("web/test_trust.py", "test_in_clear_only_the_named_proxy_is_let_in"),
        (BROKER, "test_a_client_in_plain_text_gets_no_answer"),
    ),
    "12.3.2 certificates are verified": (
        (CLIENT, "test_tls_is_spoken_and_only_with_whom_is_believed"),
        (BROKER, "test_a_client_that_trusts_another_authority_turns_away"),
    ),
    "12.3.3 also behind the console": (
        ("link/test_link.py", "test_the_socket_is_its_owners_and_lies_as_deep_as_the_database"),
    ),
    "12.3.4 by names that are ours": (
        (BROKER, "test_the_certificate_is_for_the_given_names_only"),
        (
            "provisioning/test_connection_cause.py",
            "test_h7_a_name_that_the_certificate_does_not_have",
        ),
    ),
    "12.3.5 each part by its own credential": (
        (BROKER, "test_strangers_are_refused"),
        (BROKER, "test_a_seal_cannot_report_under_anothers_name"),
    ),
    "13.4.2 no debugging": (
        ("web/test_api_problems.py", "test_our_own_fault_is_a_problem_too_and_raised_for_the_log"),
    ),
    "13.4.5 nothing about itself": (
        (RIM, "test_there_is_no_page_about_the_interface"),
        (OWN, "test_13_4_5_no_figures_are_open"),
    ),
    "14.2.1 nothing sensitive in addresses": (
        (OWN, "test_14_2_1_no_session_stands_in_an_address_or_a_page"),
    ),
    "14.2.6 no more fields than are needed": (
        (MATRIX, "test_a_line_names_what_one_may_see"),
        ("feeds/test_history.py", "test_no_name_ever_leaves_the_gateway"),
    ),
    "14.3.1 the browser is emptied": (
        (HEADERS, "test_whoever_goes_leaves_nothing_in_the_browser"),
    ),
    "14.3.2 no-store": _HEADERS,
    "14.3.3 what stays on a phone is sealed": (
        (PHONE, "test_what_lies_on_the_phone_is_sealed_and_gone_at_sign_out"),
    ),
    "16.2.1 who, when, what": _NOTED,
    "16.2.2 one clock, UTC": ((OWN, "test_16_2_2_a_note_has_the_gateway_s_time_in_utc"),),
    "16.2.3 where it is kept": ((OWN, "test_16_2_3_where_the_audit_lies_is_written_down"),),
    "16.2.4 one shape": _CHAIN,
    "16.2.5 no secrets in it": ((OWN, "test_14_2_1_no_session_stands_in_an_address_or_a_page"),),
    "16.3.1 sign-ins, right and wrong": (
        (PAGES, "test_a_wrong_password_and_an_unknown_name_look_the_same"),
    ),
    "16.3.2 refused for want of a right": _NOTED,
    "16.3.3 what goes round the rules": (
        (AUDIT, "test_reading_the_site_out_stops_and_is_one_case"),
    ),
    "16.3.4 our own faults": (
        ("web/test_api_problems.py", "test_our_own_fault_is_a_problem_too_and_raised_for_the_log"),
    ),
    "16.4.1 nobody writes lines of their own": (
        (OWN, "test_16_4_1_what_people_type_makes_no_entry_of_its_own"),
    ),
    "16.4.2 logs that nobody changes": _CHAIN,
    "16.4.3 a copy elsewhere": (
        (CHAIN, "test_each_day_that_ends_is_anchored_once_and_logged"),
        (WORDS, "test_a_day_s_anchor_can_be_printed_and_holds_the_chain"),
    ),
    "16.5.2 alive where a part fails": (
        (CONSOLE, "test_a_console_that_is_killed_keeps_no_page_back_and_comes_again"),
        (CONSOLE, "test_g7_a_frozen_gateway_is_told_on_every_page_and_acts_are_answered"),
    ),
    "16.5.3 closed where something fails": (
        (AUDIT, "test_a_look_that_cannot_be_noted_is_not_given"),
        (PAGES, "test_accounts_that_are_gone_let_nobody_in"),
    ),
}
# What the audit of this console must answer, by chapter: no row may be lost.
WANTED = {
    "2": "3.3 3.4 4.1",
    "3": "3.1 3.2 3.3 3.4 4.1 4.2 4.3 4.4 4.5 4.6 5.1",
    "4": "4.1 4.2 4.3 4.4",
    "6": "2.1 2.4 2.9 2.12 3.1 3.3 5.1 5.5",
    "7": "2.3 3.1 3.2 4.1 4.2 4.5 5.2",
    "8": "2.1 2.2 2.3 3.1 4.1",
    "12": "1.1 3.1 3.2 3.3 3.4 3.5",
    "13": "4.2 4.5",
    "14": "2.1 2.6 3.2 3.3",
    "16": "2.1 2.2 2.3 2.4 2.5 3.1 3.2 3.3 3.4 4.1 4.2 4.3 5.2 5.3",
}
HELD = {item: held for item, held in TABLE.items() if not isinstance(held, str)}


def test_every_item_that_is_wanted_has_a_row() -> None:
    numbers = {item.split()[0] for item in TABLE}
    wanted = {f"{chapter}.{one}" for chapter, items in WANTED.items() for one in items.split()}
    assert wanted <= numbers


def test_what_does_not_apply_says_why() -> None:
    for item, held in TABLE.items():
        assert held if not isinstance(held, str) else len(held.split()) > 6, item


@pytest.mark.parametrize("item", HELD)
def test_each_item_is_held_by_tests_that_exist(item: str) -> None:
    for file, name in HELD[item]:
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


async def test_2_3_4_of_two_who_press_at_once_one_has_it_and_the_other_is_told(
    tmp_path: Path,
) -> None:
    async with signed_in_site(tmp_path) as site:
        await site.console.seal(0)
        await site.console.opens(0)
        act = f"/api/v1/cases/{first_case(0)}/acknowledge"
        answers = await asyncio.gather(
            *(site.asks(name, "POST", act) for name in ("wang", "deng", "cai", "desk"))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        with site.store.reading() as connection:
            case = case_views.case(connection, first_case(0))
        assert case is not None
        assert case.acknowledged_by in ("wang", "deng", "cai", "@desk")


async def test_3_4_2_no_answer_is_for_another_site_s_script(tmp_path: Path) -> None:
    evil = {"origin": "https://evil.example", "access-control-request-method": "GET"}
    async with signed_in_site(tmp_path) as site, site.browser("desk") as client:
        for method, path in (("GET", "/api/v1/doors"), ("OPTIONS", "/api/v1/doors"), ("GET", "/")):
            answer = await client.request(method, path, headers=evil)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_13_4_5_no_figures_are_open(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site, site.browser() as nobody:
        for path in ("/metrics", "/health", "/health/figures", "/status", "/.git/config"):
            answer = await nobody.get(path)
            assert answer.status_code in (303, 401, 404), path


async def test_16_2_2_a_note_has_the_gateway_s_time_in_utc(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        site.clock.advance(86_400_000)
        await site.asks("wang", "GET", "/doors/d0")
        with site.accounts.reading() as connection:
            [entry] = audit.read(connection, 1)
        assert entry.note.at_ms == site.clock.now_ms()


def test_16_2_3_where_the_audit_lies_is_written_down() -> None:
    document = (HERE.parent.parent / "docs" / "accounts.md").read_text()
    for words in ("menshen-accounts.db", "Back it up", "the log has each day's"):
        assert words in document


async def test_16_4_1_what_people_type_makes_no_entry_of_its_own(tmp_path: Path) -> None:
    typed = "x\n2026-11-29 adm signed in, door d1"
    async with signed_in_site(tmp_path) as site:
        async with site.browser() as client:
            await client.post("/sign-in", data={"name": typed, "password": typed})
            await client.get("/doors/" + quote(typed, safe=""))
        await site.asks("desk", "GET", "/doors/" + quote(typed, safe=""))
        assert len(site.noted()) == 2
        page = (await site.asks("aud", "GET", "/audit")).text
        assert page.count("<li>") == 3
