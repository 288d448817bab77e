"""A site at work as real programs (mosquitto, gateway, console), with everything that leaves one of
them written down: each topic and payload at the broker, each address that any of our processes asks
for or speaks to, each line of their logs."""

import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from gateway.registry.import_files import Wish, enrol_files
from gateway.store import tables
from sealwire import topics
from tests import neighbours, waiting
from tests.end_to_end import site as sites
from tests.end_to_end.fleet import LoadSeal
from tests.end_to_end.line import Line, open_line
from tests.end_to_end.receiver import Receiver

REST_S = 0.3  # a door that is moved more often is out of order
START_S = 120.0  # of a machine that has much else to do
LOG = '[log]\nlevel = "debug"\nformat = "json"\n'
# Read by Python before anything else of a program, in each process of ours: whatever speaks with
# somebody goes through these calls of the interpreter.
LISTENS = """
import os, sys
_place = os.open({place!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_WANTED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")
def _hear(event, args):
    if event in _WANTED:
        where = args[:2] if event == "socket.getaddrinfo" else args[1]
        os.write(_place, (event + " " + repr(where) + "\\n").encode())
sys.addaudithook(_hear)
"""


class CapturedSite:
    """Two doors; the first has words of people in every place."""

    def __init__(self, site: sites.Site, folder: Path, port: int, receiver: Receiver) -> None:
        self.site, self.port, self.receiver = site, port, receiver
        self.calls = folder / "calls"
        self.messages: list[tuple[str, bytes]] = []
        self.seals = [LoadSeal(enrolled) for enrolled in site.seals]
        self._packets, self._said_s = 0, 0.0

    @property
    def log(self) -> Path:
        """What gateway and console said."""
        return self.site.folder / "gateway.log"

    def topics(self) -> set[str]:
        """All that anything was ever said under."""
        return {topic for topic, _ in self.messages}

    def spoken_to(self) -> set[str]:
        """Whom any process of ours asked for or spoke to, as the interpreter has it."""
        return set(self.calls.read_text().splitlines()) if self.calls.exists() else set()

    def are_heard(self, line: Line) -> bool:
        """Whether every seal has its receipts; who has not says it again now and then, as seals
        do."""
        if time.monotonic() - self._said_s < REST_S:
            return False
        self._said_s = time.monotonic()
        for seal in self.seals:
            if seal.waiting:
                self._packets += 1
                frame = seal.transmission(time.monotonic())
                line.write_report(topics.report(seal.seal_id), frame, self._packets)
        return not any(seal.waiting for seal in self.seals)

    def heard(self, topic: str, payload: bytes) -> None:
        """What the broker gave to somebody who asked for everything."""
        self.messages.append((topic, payload))
        for seal in self.seals:
            if topic == topics.receipt(seal.seal_id):
                seal.take(payload, time.monotonic())


def listening(folder: Path) -> Path:
    """A folder by which each Python program writes down whom it speaks to."""
    folder.mkdir(exist_ok=True)
    text = LISTENS.format(place=str(folder / "calls"))
    (folder / "sitecustomize.py").write_text(text)
    return folder


def says(site: sites.Site, words: dict[str, str]) -> None:
    """What the office enrols and people write of the first door, in the tables of an office; and a
    row that a disk has spoilt."""
    now_ms = time.time_ns() // 1_000_000
    day = datetime.fromtimestamp(now_ms / 1000 + 86_400, UTC).date().isoformat()
    first, spoilt = (seal.door_id for seal in site.seals)
    (site.folder / "doors.csv").write_text(
        f"door_id,label,grid_id,telephone\n{first},{words['label']},grid-00,{words['telephone']}\n"
    )
    (site.folder / "permits.csv").write_text(
        f"door_id,from,to,who,why\n{first},{day},{day},{words['who']},{words['why']}\n"
    )
    paths = [site.folder / f"{table}.csv" for table in ("doors", "permits")]
    store = site.store()
    assert enrol_files(store, paths, Wish(now_ms, UTC)).written
    with store.writing() as connection:
        its = update(tables.doors).where(tables.doors.c.door_id == spoilt)
        connection.execute(its.values(state=json.dumps({"label": words["label"]}).encode()))
    store.close()


@contextlib.asynccontextmanager
async def captured_site(
    folder: Path, broker: neighbours.Broker, words: dict[str, str]
) -> AsyncIterator[tuple[CapturedSite, Line]]:
    """Such a site, whose webhook does not answer at first."""
    receiver = Receiver()
    await receiver.start()
    receiver.healthy = False
    chance = random.Random(1)  # noqa: S311 - not a secret
    site = sites.found(
        folder / "site",
        chance,
        doors=2,
        ordered=2,
        broker_port=broker.port,
        webhook=receiver.url,
        console=LOG,
    )
    heard = listening(folder / "heard")
    captured = CapturedSite(site, heard, broker.port, receiver)
    everything = await open_line(broker.port, captured.heard, ["#"], client_id="everything")
    line = await open_line(broker.port, lambda *_: None, [], client_id="doors")
    says(site, words)
    gateway = sites.gateway(site, PYTHONPATH=f"{heard}:{sites.PLACES}")
    gateway.start()
    try:
        await waiting.until(site.is_enrolled, wait_s=START_S)
        yield captured, line
    finally:
        everything.cut()
        line.cut()
        await asyncio.to_thread(gateway.stop)
        await receiver.stop()


def speaks(folder: Path, words: str) -> set[str]:
    """Whom another Python program speaks to under the same ear: so that it is known to hear."""
    heard = listening(folder)
    program = neighbours.Neighbour(
        "speaker",
        ["/usr/bin/env", f"PYTHONPATH={heard}", sys.executable, "-c", words],
        folder,
        lambda: True,
    )
    program.start()
    waiting.block_until(lambda: not program.alive, START_S)
    return set((heard / "calls").read_text().splitlines())
