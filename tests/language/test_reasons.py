"""What people read about a reason: a sentence for each, in both languages, and nobody named."""

import re

import pytest

from gateway.core.outcome import Outcome, outcomes_of
from gateway.core.reasons import Reason
from gateway.language.catalogue import LOCALES
from gateway.language.reasons import (
    first_action,
    outcome_word,
    reason_word,
    why_line,
)

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LOCALES)
def test_every_reason_has_a_word_and_a_sentence(reason: Reason, language: str) -> None:
    word, sentence = reason_word(reason, language), why_line(reason, language)
    assert sentence.endswith("。" if language == "zh" else ".")
    assert bool(HAN.search(word)) is bool(HAN.search(sentence)) is (language == "zh")
    assert "{" not in sentence


@pytest.mark.parametrize("language", LOCALES)
def test_facts_that_are_known_make_the_sentence_say_more(language: str) -> None:
    said = why_line(Reason.PERMIT, language, who="Zhang", why="lunch")
    assert "Zhang" in said
    assert "lunch" in said
    assert why_line(Reason.PERMIT, language, who="Zhang") == why_line(Reason.PERMIT, language)
    assert "09:10" in why_line(Reason.OPENED_BLIND, language, earliest="09:10", latest="09:40")


def test_what_a_person_typed_cannot_reach_into_the_sentence() -> None:
    assert "{latest}" in why_line(Reason.PERMIT, "en", who="{latest}", why="{0}")


@pytest.mark.parametrize("language", LOCALES)
def test_every_outcome_has_words_and_a_strange_one_is_shown_as_it_is(language: str) -> None:
    words = [outcome_word(outcome, language) for outcome in Outcome]
    assert len(set(words)) == len(Outcome)
    assert all(bool(HAN.search(word)) is (language == "zh") for word in words)
    assert outcome_word("other_makers_code", language) == "other_makers_code"


@pytest.mark.parametrize("reason", [r for r in Reason if r.startswith("silent")])
def test_silence_is_no_accusation(reason: Reason) -> None:
    said = why_line(reason, "en") + first_action(reason, "en")
    assert not re.search(r"left|broke|remove|breach|violat|escape", said)
    assert not re.search("违|擅自|拆除|离开", why_line(reason, "zh") + first_action(reason, "zh"))


def test_a_fault_is_mended_and_a_door_is_looked_after() -> None:
    assert Outcome.IN_ORDER not in outcomes_of(Reason.OUTAGE)
    assert Outcome.SUPPLY not in outcomes_of(Reason.NO_PERMIT)
    assert {o for r in Reason for o in outcomes_of(r)} == set(Outcome) - {Outcome.REPORTED}
