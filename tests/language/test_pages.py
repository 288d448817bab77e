"""What leaves the house: how much it matters, what happened and when, what to do first, a number,
and nobody named."""

import pytest

from gateway.core.reasons import Reason, Severity, severity
from gateway.language.catalogue import LOCALES
from gateway.language.pages import Waiting, group_text, page_text, short_group_text, text_of_way
from gateway.language.reasons import first_action, reason_word, severity_word, why_line

WHEN, NUMBER, CODE = "29 Nov 14:03", "482-917", "A1B2C3"


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_tells_what_when_and_what_to_do_first_and_names_nobody(
    reason: Reason, language: str
) -> None:
    title, body = page_text(reason, language, WHEN, NUMBER)
    assert reason_word(reason, language) in title
    left, how_much = body, severity_word(severity(reason), language)
    assert left.startswith(how_much)
    for part in (
        how_much,
        WHEN,
        why_line(reason, language),
        first_action(reason, language),
        NUMBER,
    ):
        assert part in left
        left = left.replace(part, "", 1)
    assert left.strip() in (", :   Case .", "：，事件 。")  # nothing else is in it


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_no_case_has_no_number(language: str) -> None:
    _, numbered = page_text(Reason.CANARY, language, WHEN, NUMBER)
    _, body = page_text(Reason.CANARY, language, WHEN)
    assert numbered.startswith(body)
    assert NUMBER not in body


def test_pages_differ_in_their_number_and_time_only() -> None:
    title, body = page_text(Reason.NO_PERMIT, "en", WHEN, NUMBER)
    other_title, other_body = page_text(Reason.NO_PERMIT, "en", "30 Nov 08:00", "111-222")
    assert title == other_title
    assert body.replace(WHEN, "").replace(NUMBER, "") == other_body.replace(
        "30 Nov 08:00", ""
    ).replace("111-222", "")


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_many_cases_has_their_count_and_a_code_of_its_own(language: str) -> None:
    title, body = group_text(Severity.CRITICAL, language, Waiting(7, 2), WHEN, CODE)
    assert "7" in title
    for part in (severity_word(Severity.CRITICAL, language), "7", "2", WHEN, CODE):
        assert part in body
    assert "{" not in title + body


@pytest.mark.parametrize(
    ("waiting", "language", "words", "others"),
    [
        (Waiting(3, 1), "en", ["3 cases"], ["household"]),
        (Waiting(3, 1), "zh", ["3"], ["住户的事"]),
        (Waiting(0, 0, 4), "en", ["household", ": 4"], ["cases", "breach"]),
        (Waiting(0, 0, 4), "zh", ["住户的事", "4"], ["事件", "违规"]),
        (Waiting(3, 1, 4), "en", ["cases: 3", ": 4"], ["7"]),
        (Waiting(3, 1, 4), "zh", ["事件 3 件", "住户的事 4 件"], ["7"]),
    ],
)
def test_what_a_household_asks_for_is_called_no_case(
    waiting: Waiting, language: str, words: list[str], others: list[str]
) -> None:
    title, body = group_text(Severity.ERROR, language, waiting, WHEN, "ABCDEF")
    short = short_group_text(Severity.ERROR, language, waiting, WHEN, "ABCDEF")
    for text in (title, body, short):
        for word in words:
            assert word.replace(" ", "") in text.replace(" ", ""), text
        for word in others:
            assert word not in text, text


@pytest.mark.parametrize("reason", [Reason.TEST, Reason.UNREACHABLE])
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_the_way_says_when(reason: Reason, language: str) -> None:
    said = text_of_way(reason, language, WHEN)
    assert said is not None
    assert WHEN in said[1]
    assert said[1].endswith("。" if language == "zh" else ".")
