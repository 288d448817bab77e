"""What a page of many cases, a test, and a person who is not reached say on a phone."""

import json

import msgspec
import pytest

from gateway.channels.message import OF_PEOPLE, message_text
from gateway.channels.webhook import body
from gateway.core.reasons import Reason
from gateway.language.catalogue import LOCALES
from gateway.language.pages import CASES_NAMED_MAX
from gateway.store.outbox import Entry, Group


def entry(reason: Reason, language: str = "en", cases: int = 2) -> Entry:
    ids = tuple(f"a1b2c3d4e5f60718-{number}" for number in range(cases))
    about = msgspec.json.encode(Group(cases, 1, ids)).decode()
    made = Entry(1, "group-1", ids[0], "d", "wang", "webhook", "", language, reason, 0, 0, 0)
    made.about = about if reason is Reason.GROUPED else ""
    return made


def test_a_group_says_how_many_how_many_breaches_and_which() -> None:
    title, text = message_text(entry(Reason.GROUPED))
    assert title == "Menshen: 2 cases at once"
    assert "2 cases" in text
    assert "1 of them may be breaches" in text
    assert "0718-0, 0718-1" in text
    assert "and 5 more" in message_text(entry(Reason.GROUPED, cases=CASES_NAMED_MAX + 5))[1]


@pytest.mark.parametrize("reason", sorted(OF_PEOPLE))
@pytest.mark.parametrize("language", LOCALES)
def test_none_of_them_names_anybody(reason: Reason, language: str) -> None:
    said = json.loads(body(entry(reason, language)))
    assert "wang" not in json.dumps(said)
    assert said["title"]
    assert said["text"] == said["why"]
