"""What a page says outside the house, by every way: how much it matters, when, what, the case's
number, and on a line of its own the link to it; and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update

from gateway.channels.robots import serverchan
from gateway.core.cases.number import case_number
from gateway.core.reasons import Reason
from gateway.language.catalogue import LOCALES
from gateway.language.reasons import why_line
from gateway.language.times import day_and_time
from gateway.settings.zone import place
from gateway.store import tables
from gateway.store.database import Store
from tests.notify.at_work import entries, gateway, opens, site_of, taken
from tests.notify.loopback_service import LoopbackService, Say
from tests.notify.mail_sink import MailSink
from tests.notify.test_answers import (
    DINGTALK,
    FEISHU,
    LARK,
    SERVERCHAN,
    SUCCESS,
    WECOM,
    provider,
)
from tests.waiting import until

__all__ = ["provider"]

Text = Callable[[bytes], str]  # of what was posted
PUBLIC_URL = "https://menshen.example.org/door"
SEVERITIES = {"zh": "紧急", "en": "Critical"}


def of_form(body: bytes) -> str:
    said = parse_qs(body.decode())
    assert len(said["title"][0]) <= serverchan.TITLE_CHARACTERS_MAX
    assert "\n\nhttps://" in said["desp"][0], "Markdown joins what one end of a line parts"
    return said["desp"][0]


ROBOTS: list[tuple[tuple[str, ...], Text]] = [
    (WECOM, lambda body: str(json.loads(body)["text"]["content"])),
    (DINGTALK, lambda body: str(json.loads(body)["text"]["content"])),
    (FEISHU, lambda body: str(json.loads(body)["content"]["text"])),
    (LARK, lambda body: str(json.loads(body)["content"]["text"])),
    (SERVERCHAN, of_form),
]
IDS = [robot[1] for robot, _ in ROBOTS]
SERVICES: list[tuple[str, Text]] = [
    ("webhook:{url}/x", lambda body: str(json.loads(body)["text"])),
    ("apprise:json://127.0.0.1:{port}/x", lambda body: str(json.loads(body)["message"])),
    ("apprise:ntfy://127.0.0.1:{port}/x", lambda body: str(json.loads(body)["message"])),
]


@pytest.fixture
def tell_of(store: Store, language: str) -> Any:
    """A door opens, and its page goes out by this channel: its row of the outbox."""

    async def tell(channel: str, public_url: str = PUBLIC_URL) -> dict[str, Any]:
        (seal,) = site_of(store, 1, channel)
        with store.writing() as connection:
            connection.execute(update(tables.wardens).values(language=language))
        kind = channel.partition(":")[0]
        async with gateway(store, public_url=public_url) as engine:
            opens(engine, seal)
            await until(lambda: taken(store, kind), wait_s=30)
        return entries(store, kind)[0]

    return tell


def check(text: str, row: dict[str, Any], language: str) -> None:
    """All that it must say, and nothing that it may not."""
    *words, link = [line for line in text.strip().splitlines() if line.strip()]
    said, number = "\n".join(words), case_number(row["case_id"])
    assert link == f"{PUBLIC_URL}/c/{number.replace('-', '')}"
    when = day_and_time(row["since_ms"], language, place(""))
    for part in (SEVERITIES[language], when, number, why_line(Reason(row["reason"]), language)):
        assert part in said
    for identity in (row["case_id"], row["door_id"], row["page_id"], "Wang", "wang", "Grid"):
        assert identity not in text


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(("robot", "text_of"), ROBOTS, ids=IDS)
async def test_a_robots_message_says_it_all_and_ends_with_the_link(
    robot: tuple[str, ...],
    text_of: Text,
    language: str,
    provider: Any,
    tell_of: Any,
    free_port: Any,
) -> None:
    service = LoopbackService(Say(body=json.dumps(SUCCESS[robot[1]])))
    async with service.open(free_port()) as url:
        row = await tell_of(provider(url, robot))
    check(text_of(service.told[0].body), row, language)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(("channel", "text_of"), SERVICES)
async def test_a_push_and_a_program_are_told_it_all_and_the_link_last(
    channel: str, text_of: Text, language: str, tell_of: Any, free_port: Any
) -> None:
    service, port = LoopbackService(), free_port()
    async with service.open(port) as url:
        row = await tell_of(channel.format(url=url, port=port))
    check(text_of(service.told[0].body), row, language)


@pytest.mark.parametrize("language", LOCALES)
async def test_a_letter_says_it_all_and_ends_with_the_link(
    language: str, tell_of: Any, free_port: Any
) -> None:
    sink, port = MailSink(), free_port()
    async with sink.open(port):
        row = await tell_of(f"apprise:mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example")
    (letter,) = sink.letters
    check(letter.get_content(), row, language)


@pytest.mark.parametrize("language", ["en"])
async def test_without_a_public_address_no_page_has_a_link(tell_of: Any, free_port: Any) -> None:
    service = LoopbackService()
    async with service.open(free_port()) as url:
        row = await tell_of(f"webhook:{url}/x", "")
    said = json.loads(service.told[0].body)
    assert case_number(row["case_id"]) in said["text"]
    assert "://" not in str(said)
    assert (said["severity"], "link" in said) == ("critical", False)
