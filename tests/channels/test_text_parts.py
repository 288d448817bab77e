"""Text messages: what a page says in one, and how many parts of an SMS that takes."""

from datetime import UTC

import pytest

from gateway.channels.apprise import is_text_message
from gateway.channels.message import Wording
from gateway.channels.text_parts import PARTS_MAX, parts
from gateway.core.cases.number import case_number
from gateway.core.reasons import BREACHES, TROUBLES, Reason
from gateway.language.catalogue import LOCALES
from tests.channels.test_message import entry

TYPICAL = "https://menshen.wuxi.gov.cn"
LATE_MS = 1_764_000_000_000  # a day in November, so a long date


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # each counts twice
        ("€" * 81, 2),
        ("门" * 70, 1),
        ("门" * 71, 2),
        ("门" * 134, 2),
        ("门" * 135, 3),
        ("a" * 70 + "门", 2),  # one of them makes all of it UCS-2
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_gsm_03_38_has_them(text: str, count: int) -> None:
    assert parts(text) == count


@pytest.mark.parametrize("reason", sorted(BREACHES | TROUBLES | {Reason.SILENT, Reason.OUTAGE}))
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_is_one_part_with_an_address_of_usual_length(reason: Reason, language: str) -> None:
    page = entry(reason, language)
    page.since_ms = LATE_MS
    text = Wording(UTC, TYPICAL).short(page)
    assert parts(text) <= PARTS_MAX, text
    number = case_number(page.case_id)
    assert number in text
    assert text.endswith(f"\n{TYPICAL}/c/{number.replace('-', '')}")
    assert "0718" not in text


@pytest.mark.parametrize("reason", [Reason.GROUPED, Reason.TEST_PAGE, Reason.UNREACHABLE])
@pytest.mark.parametrize("language", LOCALES)
def test_what_is_about_no_single_case_takes_two_at_most(reason: Reason, language: str) -> None:
    page = entry(reason, language)
    page.since_ms = LATE_MS
    page.case_id = page.case_id if reason is Reason.GROUPED else ""
    assert parts(Wording(UTC, TYPICAL).short(page)) <= 2


@pytest.mark.parametrize(
    ("address", "is_short"),
    [
        ("d7sms://token@13055551234", True),
        ("httpsms://key@13055551234/13055551235", True),
        ("smseagle://token@127.0.0.1/13055551235", True),
        (f"twilio://AC{'0' * 32}:{'0' * 32}@13055551234/13055551235", True),
        ("ntfy://127.0.0.1/topic", False),
        ("json://127.0.0.1/x", False),
        ("mailto://me:pass@example.org", False),
    ],
)
def test_the_services_that_send_text_messages_are_known(address: str, is_short: bool) -> None:
    import apprise

    plugin = apprise.Apprise.instantiate(address)
    assert plugin is not None
    assert is_text_message(plugin) is is_short
