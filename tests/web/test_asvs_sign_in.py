"""The items of OWASP's ASVS 5.0 about passkeys, providers and proving again who it is, each with
the tests that hold it. A table to be read by whoever audits it, as `test_asvs.py` is.
"""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROOFS, KEYS, PROVIDER = "test_proofs.py", "test_passkeys.py", "test_provider.py"
BROWSER = "test_passkeys_browser.py"
TABLE = {
    "6.2.2, 6.2.3 one's own password is changed, after a proof": (
        (PROOFS, "test_a_password_is_changed_and_all_other_sessions_end"),
        (PROOFS, "test_each_dangerous_act_is_refused_to_an_old_proof"),
    ),
    "6.3.1 guessing, by whatever way": (
        (PROOFS, "test_wrong_proofs_slow_that_session_and_no_other"),
        (KEYS, "test_wrong_passkeys_slow_the_guesser_and_not_a_known_browser"),
        (PROVIDER, "test_wrong_ways_back_slow_the_guesser_and_nobody_else"),
    ),
    "6.3.4 no way in is weaker than the others": (
        (KEYS, "test_who_is_only_present_is_refused"),
        (PROVIDER, "test_whether_its_second_factor_counts_is_the_site_s_to_say"),
    ),
    "7.5.1 a second factor is set up anew only by whoever proves it": (
        (PROOFS, "test_another_authenticator_app_is_taken_with_its_first_code"),
        (PROOFS, "test_who_sees_names_keeps_the_app_and_others_may_give_it_up"),
    ),
    "6.5.7 a device's lock counts beside what one has": (
        (KEYS, "test_what_is_asked_of_a_browser_is_one_s_own_lock_and_names_nobody"),
        (BROWSER, "test_a_passkey_is_made_shown_held_to_its_rules_and_removed"),
    ),
    "6.7.2 challenges, once and of 256 bits": (
        (KEYS, "test_a_challenge_is_good_once_for_its_purpose_and_for_five_minutes"),
        (KEYS, "test_challenges_are_bounded_and_nobody_pushes_out_another_s"),
    ),
    "6.8.1 nobody is another by a provider": (
        (PROVIDER, "test_an_ended_account_stays_out_and_one_without_a_link_too"),
    ),
    "6.8.2 what a provider says is signed": (
        (PROVIDER, "test_an_id_token_that_does_not_hold_signs_nobody_in"),
    ),
    "6.8.4 how somebody signed in there": (
        (PROVIDER, "test_whether_its_second_factor_counts_is_the_site_s_to_say"),
        (PROVIDER, "test_who_has_nothing_else_proves_it_by_signing_in_there_anew"),
    ),
    "7.2.4 another token after a proof": (
        (PROOFS, "test_the_act_is_shown_once_more_and_done_by_its_own_button"),
    ),
    "7.4.3 all other sessions end": (
        (PROOFS, "test_all_but_this_one_are_signed_out_at_once"),
        (PROOFS, "test_a_password_is_changed_and_all_other_sessions_end"),
    ),
    "7.5.1, 7.5.3 a proof before what is dangerous": (
        (PROOFS, "test_each_dangerous_act_is_refused_to_an_old_proof"),
        (PROOFS, "test_an_invited_phone_does_none_of_them"),
        (PROOFS, "test_half_a_proof_is_none"),
    ),
    "10.1.2, 10.2.1 only what was begun in this browser": (
        (PROVIDER, "test_a_way_back_is_good_once_in_its_own_browser_and_in_time"),
        (PROVIDER, "test_what_is_asked_of_the_provider_and_kept_in_the_browser"),
    ),
    "10.2.2, 10.5.3 of this provider and no other": (
        (PROVIDER, "test_a_provider_that_is_slow_or_says_too_much_is_given_up"),
        (PROVIDER, "test_an_id_token_that_does_not_hold_signs_nobody_in"),
    ),
    "10.5.1, 10.5.4 for this sign-in and this client": (
        (PROVIDER, "test_an_id_token_that_does_not_hold_signs_nobody_in"),
    ),
    "10.5.2 by subject": ((PROVIDER, "test_with_a_real_provider_one_links_and_signs_in"),),
    "13.2.4, 15.3.2 nobody leads us elsewhere": (
        (PROVIDER, "test_no_other_host_of_a_private_network_is_asked"),
        (PROOFS, "test_nobody_is_led_elsewhere_by_a_proof"),
    ),
}


@pytest.mark.parametrize("item", TABLE)
def test_each_item_is_held_by_tests_that_exist(item: str) -> None:
    for file, name in TABLE[item]:
        tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in tree.body if isinstance(node, kinds)}, (file, name)
