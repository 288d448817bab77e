"""What leaves the house: what happened and when, what to do first, a code, and nobody named."""

import pytest

from gateway.core.reasons import Reason
from gateway.language.catalogue import LOCALES
from gateway.language.pages import group_text, page_text, text_of_way
from gateway.language.reasons import first_action, reason_word, why_line

WHEN, CODE = "29 Nov 14:03", "A1B2C3"


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_tells_what_when_and_what_to_do_first_and_names_nobody(
    reason: Reason, language: str
) -> None:
    title, body = page_text(reason, language, WHEN, CODE)
    assert reason_word(reason, language) in title
    left = body
    for part in (WHEN, why_line(reason, language), first_action(reason, language), CODE):
        assert part in left
        left = left.replace(part, "")
    assert left.strip() in (":   Page .", "，通知 。")  # nothing else is in it


def test_pages_differ_in_their_code_and_time_only() -> None:
    title, body = page_text(Reason.NO_PERMIT, "en", WHEN, CODE)
    other_title, other_body = page_text(Reason.NO_PERMIT, "en", "30 Nov 08:00", "FFFFFF")
    assert title == other_title
    assert body.replace(WHEN, "").replace(CODE, "") == other_body.replace(
        "30 Nov 08:00", ""
    ).replace("FFFFFF", "")


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_many_cases_has_their_count_and_no_number(language: str) -> None:
    title, body = group_text(language, 7, 2, WHEN, CODE)
    assert "7" in title
    for part in ("7", "2", WHEN, CODE):
        assert part in body
    assert "{" not in title + body


@pytest.mark.parametrize("reason", [Reason.TEST, Reason.UNREACHABLE])
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_the_way_says_when(reason: Reason, language: str) -> None:
    said = text_of_way(reason, language, WHEN)
    assert said is not None
    assert WHEN in said[1]
    assert said[1].endswith("。" if language == "zh" else ".")
