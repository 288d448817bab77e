"""The words themselves: none that says something else to who reads it, and none of a program."""

import re

import pytest
from babel.messages.pofile import read_po

from gateway.core.cases.refusal import Refusal
from gateway.core.evidence import Evidence
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from gateway.language.catalogue import FOLDER, LOCALES, say
from gateway.web.case_words import evidence_word

# What must not be read, and why.
FORBIDDEN = {
    "zh": {
        "门户": "a portal of the web: 住户 (who lives there) or 房门",
        "封条被动": "a passive seal: 封条被触动",
        "0秒": "刚刚",
        "存疑": "of a court: 不准",
        "触发": "of a circuit: 发现",
        "收件箱": "of a mail program: 通知列表",
        "告警": "it is 通知, or 事件",
        "报警": "it is 通知: nobody calls the police",
        "工单": "it is 事件",
        "嫌疑": "nobody is suspected",
        "逃": "nobody is accused",
    },
    "en": {
        r"\bin hand\b": "acknowledged",
        r"\bI have it\b": "acknowledge",
        r"\btook it\b": "acknowledged",
        r"\bnot heard\b": "offline",
        r"\bheard again\b": "back online",
        r"\bfell silent\b|\bsilenced\b": "offline",
        r"\barrived?\b(?!\})": "delivered, or received",
        r"\bunheard\b": "offline",
        r"\bflutters\b": "chatters",
        r"\btold anew\b": "a newer page stands for it",
        r"\bticket\b": "case",
        r"(?<!false )\balarm\b": "page, or case",
        r"\bsuspect": "nobody is suspected",
    },
}
CODE_WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
RAW_ID = re.compile(r"\b(?:outage|trouble|group)-[0-9{%]|\b[0-9a-f]{12,}\b")
MAY_SAY_DELIVERED = {"Arrived"}  # the word for what a phone has signed
CODES = {str(code) for kind in (Reason, Refusal, Outcome, Evidence) for code in kind}
CODES = {code for code in CODES if "_" in code}


def sentences(language: str) -> list[tuple[str, str]]:
    """(key, text) of everything that a person may read."""
    with (FOLDER / f"{LOCALES[language]}.po").open("rb") as po:
        catalogue = read_po(po, LOCALES[language])
    found = []
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            found += [(key, str(text)) for text in texts]
    return found


@pytest.mark.parametrize("language", LOCALES)
def test_no_sentence_has_a_word_that_says_something_else(language: str) -> None:
    found = [
        (text, instead)
        for _, text in sentences(language)
        for word, instead in FORBIDDEN[language].items()
        if re.search(word, text, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize("language", LOCALES)
def test_no_sentence_has_a_raw_id_or_a_name_of_the_code(language: str) -> None:
    for _, text in sentences(language):
        plain = re.sub(r"\{\w+\}|%\(\w+\)[sd]", "", text)
        assert not CODE_WORD.search(plain), text
        assert not RAW_ID.search(plain), text
        assert not any(code in plain for code in CODES), text


def test_only_what_a_phone_has_signed_is_called_delivered() -> None:
    for language, word in (("zh", "已送达"), ("en", "Delivered")):
        said = {key for key, text in sentences(language) if word in text}
        assert said == MAY_SAY_DELIVERED, language
        assert evidence_word(Evidence.RECEIVED, language) == word
        assert say("Arrived", language) == word
        for evidence in Evidence:
            if evidence is not Evidence.RECEIVED:
                assert word not in evidence_word(evidence, language)


@pytest.mark.parametrize("language", LOCALES)
def test_each_grade_of_evidence_has_a_word_of_its_own(language: str) -> None:
    assert len({evidence_word(grade, language) for grade in Evidence}) == len(Evidence)
