"""What a page of many cases, a test, and a person who is not reached say on a phone."""

import json
from datetime import UTC

import msgspec
import pytest

from gateway.channels.message import OF_PEOPLE, Wording
from gateway.channels.robots import wecom
from gateway.channels.webhook import body
from gateway.core.cases.number import case_number
from gateway.core.reasons import MATTERS, Reason
from gateway.language.catalogue import LOCALES
from gateway.settings.values import LINK_CHARACTERS_MAX, public_url
from gateway.store.outbox import Entry, Group

WORDING = Wording(UTC)


def entry(reason: Reason, language: str = "en", cases: int = 2) -> Entry:
    ids = tuple(f"a1b2c3d4e5f60718-{number}" for number in range(cases))
    about = msgspec.json.encode(Group(cases, 1, ids)).decode()
    made = Entry(1, "group-1", ids[0], "d", "wang", "webhook", "", language, reason, 0, 0, 0)
    made.about = about if reason is Reason.GROUPED else ""
    made.sent_id = "00c0ffee00c0ffee"
    return made


def test_a_group_says_how_many_and_how_many_breaches() -> None:
    title, text = WORDING.text(entry(Reason.GROUPED))
    assert title == "Menshen: 2 cases at once"
    assert "2 cases" in text
    assert "1 of them may be breaches" in text
    assert "00C0FF" in text
    assert "0718" not in text, "which cases they are stands in the inbox, not at a stranger's"


@pytest.mark.parametrize("reason", sorted(OF_PEOPLE))
@pytest.mark.parametrize("language", LOCALES)
def test_none_of_them_names_anybody(reason: Reason, language: str) -> None:
    said = json.loads(body(entry(reason, language), WORDING))
    assert "wang" not in json.dumps(said)
    assert said["title"]
    assert said["text"] == said["why"]


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LOCALES)
def test_the_longest_link_stands_whole_in_the_shortest_of_messages(
    reason: Reason, language: str
) -> None:
    longest = public_url("https://" + "a.b" * 50 + ".example/" + "x" * (LINK_CHARACTERS_MAX - 167))
    assert len(longest) == LINK_CHARACTERS_MAX
    wording, page = Wording(UTC, longest), entry(reason, language)
    title, text = wording.text(page)
    link = f"{longest}/c/{case_number(page.case_id).replace('-', '')}"
    if reason is Reason.GROUPED:
        link = f"{longest}/pages/{page.sent_id}"
    if reason in MATTERS:  # of a household: no case has a page for it
        link = f"{longest}/requests"
    if reason is Reason.TEST:
        link = ""
    assert wording.link(page) == link
    assert text.endswith("\n" + link if link else text)
    assert text.count("\n") == bool(link)
    assert len(f"{title}\n{text}".encode()) <= wecom.TEXT_BYTES_MAX


@pytest.mark.parametrize(("breaches", "worst"), [(0, "error"), (1, "critical")])
def test_a_group_matters_as_much_as_the_worst_in_it(breaches: int, worst: str) -> None:
    page = entry(Reason.GROUPED)
    page.about = msgspec.json.encode(Group(2, breaches, ("a", "b"))).decode()
    assert json.loads(body(page, WORDING))["severity"] == worst
