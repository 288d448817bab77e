"""What leaves the house: what happened, what to do first, a number, and nobody named."""

import pytest

from gateway.core.reasons import Reason
from gateway.language.catalogue import LOCALES
from gateway.language.pages import page_text
from gateway.language.reasons import case_number, first_action, reason_word, why_line

CASE = "a1b2c3d4e5f60718-12"


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LOCALES)
def test_a_page_tells_what_and_what_to_do_first_and_names_nobody(
    reason: Reason, language: str
) -> None:
    title, body = page_text(reason, language, CASE)
    assert reason_word(reason, language) in title
    left = body
    for part in (why_line(reason, language), first_action(reason, language), case_number(CASE)):
        assert part in left
        left = left.replace(part, "")
    assert left.strip() in ("Case .", "事件 。")  # nothing else is in it
    assert CASE[:12] not in body  # nor the seal's id, which stands on the door's label


def test_pages_of_different_cases_differ_in_their_number_only() -> None:
    other = "ffffffffffffffff-7"
    title, body = page_text(Reason.NO_PERMIT, "en", CASE)
    other_title, other_body = page_text(Reason.NO_PERMIT, "en", other)
    assert title == other_title
    assert body.replace(case_number(CASE), "") == other_body.replace(case_number(other), "")


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_of_an_outage_does_not_say_where_it_is(language: str) -> None:
    _, body = page_text(Reason.OUTAGE, language, "outage-1795647253952-0")
    assert "3/2" not in body
    assert "outage-2539520" in body


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_about_many_cases_has_their_count_and_no_number(language: str) -> None:
    _, body = page_text(Reason.GROUPED, language, "", count="7", breaches="2")
    assert "7" in body
    assert "2" in body
    assert "{" not in body + page_text(Reason.GROUPED, language, "")[1]
    assert (
        page_text(Reason.TEST, language, "")[1].rstrip().endswith("。" if language == "zh" else ".")
    )
