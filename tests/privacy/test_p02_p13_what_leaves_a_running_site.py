"""P2, P6 and P13 at real programs: what mosquitto carries, whom gateway and console speak to, and
what they log, of a site at work where doors open, a webhook fails and a stored row is spoilt."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests import waiting
from tests.neighbours import Broker, answers
from tests.privacy.byte_search import hits
from tests.privacy.captured_site import START_S, captured_site, speaks
from tests.privacy.test_p02_topics_carry_a_random_id_only import OURS

WORDS = {
    "label": "canary-label-3-501",
    "telephone": "13812345678",
    "who": "canary-who-王小明",
    "why": "canary-why-dialysis",
}


async def test_p02_p06_p13_topics_logs_and_calls_of_a_running_site(
    mosquitto: Callable[[], Broker], tmp_path: Path
) -> None:
    broker = mosquitto()
    async with captured_site(tmp_path, broker, WORDS) as (captured, line):
        site, first = captured.site, captured.seals[0]
        for seal in captured.seals:
            seal.turn(time.monotonic())
        await waiting.until(lambda: captured.are_heard(line), wait_s=START_S)
        await waiting.until(lambda: b"503" in captured.log.read_bytes(), wait_s=START_S)
        captured.receiver.healthy = True
        port = urlsplit(site.console_url).port or 0
        await waiting.until(lambda: answers(port), wait_s=START_S)
        async with aiohttp.ClientSession() as people:
            for path in ("/", "/cases", f"/doors/{site.seals[0].door_id}", "/no-such-page"):
                async with people.get(site.console_url + path) as answer:
                    assert answer.status in (200, 404), path
                    shown = await answer.text()
                    assert path != "/" or WORDS["label"] in shown, "people read it"
        await waiting.until(lambda: captured.receiver.pages(), wait_s=START_S)
    said = captured.log.read_bytes()
    # P2: what was said at the broker, by whomever; and nothing of a door in what was said.
    words = {topic.rpartition("/")[2] for topic in captured.topics()}
    assert words == {"report", "receipt", "echo"}
    assert [topic for topic in captured.topics() if not OURS.fullmatch(topic)] == []
    names = (*WORDS.values(), *(seal.door_id for seal in site.seals))
    assert [topic for topic, said in captured.messages if hits(said, names)] == []
    # P6: the log of both programs, to its last word; it tells of what happened by numbers.
    assert hits(said, names) == set()
    assert hits(said, (first.seal_id, "cannot be used", "opening_began")) == {
        *(first.seal_id, "cannot be used", "opening_began")
    }
    # P13: everything that was asked for or spoken to is on this machine, and known.
    there = {call.partition(" ")[2] for call in captured.spoken_to()}
    ports = broker.port, urlsplit(captured.receiver.url).port, urlsplit(site.console_url).port
    known = {*(f"('127.0.0.1', {port})" for port in ports), repr(f"{site.folder}/menshen.db.link")}
    assert there == known


def test_p13_the_ear_hears_a_name_that_is_asked_for_and_an_address_that_is_called(
    tmp_path: Path,
) -> None:
    """The same ear, at a program that does what ours never may."""
    heard = speaks(
        tmp_path,
        "import socket; s = socket.socket(); s.setblocking(False)\n"
        "s.connect_ex(('192.0.2.1', 9)); socket.getaddrinfo('localhost', 9)",
    )
    assert {one for one in heard if "192.0.2.1" in one or "localhost" in one} == heard
    assert len(heard) == 2
