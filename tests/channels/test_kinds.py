"""The kinds of channels: listed once, and everything that asks for them follows.

The story: somebody adds a channel, the bell in the guard's room. That is one file, which is here
the class below, and one line in kinds.py.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.channels import kinds
from gateway.channels.channel import ChannelKind
from gateway.core.evidence import Evidence
from gateway.core.rules import Rulebook
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.engine.state import CommittedSite
from gateway.ingest.authenticate import Authenticator
from gateway.notify.addressing import Addresses
from gateway.notify.delivery import DeliveryWorker
from gateway.registry import columns
from gateway.registry import load as registry
from gateway.settings import Settings
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from tests.engine.small_site import HandSeal, Post, enrol, rows, until

OPERATOR = Path(__file__).parents[2] / "docs" / "operator.md"


class Bell:
    """Rings in a room."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, str]] = []

    async def send(self, entry: Entry) -> Evidence:
        self.rings.append((entry.address, entry.page_id))
        return Evidence.RECEIVED

    async def close(self) -> None:
        self.rings.append(("closed", ""))


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    """The line in kinds.py."""
    bell = Bell()
    kind = ChannelKind("bell", "bell:<room>", "bell", lambda room: room.isalnum(), lambda _: bell)
    monkeypatch.setattr(kinds, "KINDS", [*kinds.KINDS, kind])
    return bell


async def test_a_channel_of_one_file_and_one_line_is_enrolled_and_delivers(
    bell: Bell, store: Store
) -> None:
    assert columns.channels("bell:guards inbox") == ("bell:guards", "inbox")
    with pytest.raises(ValueError, match=r"apprise:<address> and bell:<room>, with spaces between"):
        columns.channels("bell:")
    seal = HandSeal()
    enrol(store, [seal])
    with store.writing() as connection:
        connection.execute(tables.wardens.update().values(channels='["bell:guards"]'))
    with store.reading() as connection:
        known = registry.load(connection)
    addresses = Addresses(known, "", "en")
    engine = Engine(store, CommittedSite(known, Rulebook()), Authenticator(), addresses)
    workers = [
        DeliveryWorker(kind, channel, store, engine.attempted, engine.metrics, engine.clock)
        for kind, channel in kinds.opened(Settings())
    ]
    engine.connect(Post(), [worker.offer for worker in workers])
    async with asyncio.TaskGroup() as group:
        pending = PendingReader(store, engine)
        parts = [engine.run(), pending.run(), *(worker.run() for worker in workers)]
        tasks = [group.create_task(part) for part in parts]
        await until(lambda: not rows(store, tables.pending_events))
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await until(lambda: any(row["done_ms"] for row in rows(store, tables.outbox)))
        for task in tasks:
            task.cancel()
    assert bell.rings == [("guards", f"{seal.seal_id}-1"), ("closed", "")]


def test_only_a_kind_with_an_address_of_its_own_is_a_channel() -> None:
    for text in ("inbox", "webhook:https://x.org", "webhook:http://x.org/a:", "apprise:ntfy://x"):
        assert kinds.is_channel(text), text
    for text in ("", "inbox:", "inbox:x", "webhook", "webhook:", "webhook:ftp://x", "apprise:x"):
        assert not kinds.is_channel(text), text


def test_a_name_fits_into_the_outbox_and_stands_in_the_operators_page() -> None:
    names = [kind.name for kind in kinds.KINDS]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= tables.outbox.c.channel.type.length
    page = OPERATOR.read_text(encoding="utf-8")
    assert [kind.name for kind in kinds.KINDS if f"| `{kind.sample}` |" not in page] == []


def test_the_first_page_waits_for_no_import() -> None:
    """What a channel needs is there when the gateway starts; who only reads the list needs none."""
    program = """
import sys
from gateway.channels import kinds
from gateway.settings import Settings
before = set(sys.modules)
channels = dict(kinds.opened(Settings()))
assert "webhook" in channels
assert not {"aiohttp", "requests", "apprise"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
