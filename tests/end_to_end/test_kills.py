"""The gateway or the broker dies at random moments under load: nothing vouched for is ever lost.

Every run prints its seed; MENSHEN_SEED=<that> repeats its choices: who opens when, and how long
each life lasts.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from gateway.core.events import Event
from gateway.core.model import Contact
from gateway.core.rules import Rulebook
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import tables
from tests import neighbours, waiting
from tests.end_to_end import site as sites
from tests.end_to_end.fleet import Fleet, Told
from tests.end_to_end.receiver import Receiver
from tests.end_to_end.site import Site

REPORTS_PER_S = 200
DOORS = 800  # each turns every 4 s, so that no two openings of one door become one
GATEWAY_KILLS = 50
BROKER_KILLS = 20
LIFE_S = 0.6  # at most, from the first receipt of a life to its end
START_S = 0.6  # at most, of a life that ends before its first receipt
DIES_STARTING = 0.2  # this share of all lives
SAID_OF = 3  # openings that stay without a page are told so fully
SETTLE_S = 60.0  # after the last kill; a healthy house needs two or three of them

_CONTACTS = {0: Contact.SHUT, 1: Contact.OPEN}


class House:
    """A site under load: broker, gateway, fleet and receiver."""

    def __init__(self, site: Site, broker: neighbours.Broker, chance: random.Random) -> None:
        self.site, self.broker = site, broker
        self.gateway = sites.gateway(site)
        self.fleet = Fleet(site.seals, broker.port, chance)

    async def answered(self, more: int = 1) -> None:
        """Wait until the gateway has vouched for more."""
        wanted = self.fleet.receipts + more
        await until(lambda: self.fleet.receipts >= wanted, "no receipt comes any more")


@pytest.fixture
def chance() -> random.Random:
    """The choices of this run."""
    seed = os.environ.get("MENSHEN_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"MENSHEN_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - not a secret


async def test_what_has_a_receipt_survives_fifty_kills_of_the_gateway(
    tmp_path: Path,
    mosquitto: Callable[[], neighbours.Broker],
    keep: Callable[[neighbours.Neighbour], None],
    chance: random.Random,
) -> None:
    async def kill(house: House) -> None:
        if chance.random() < DIES_STARTING:
            await asyncio.sleep(chance.uniform(0, START_S))
        else:
            await house.answered()
            await asyncio.sleep(chance.uniform(0, LIFE_S))
        house.gateway.kill()
        await asyncio.to_thread(house.gateway.start)  # doors go on opening meanwhile

    await lives_through(kill, GATEWAY_KILLS, tmp_path, mosquitto(), keep, chance)


async def test_what_has_a_receipt_survives_kills_of_mosquitto(
    tmp_path: Path,
    mosquitto: Callable[[], neighbours.Broker],
    keep: Callable[[neighbours.Neighbour], None],
    chance: random.Random,
) -> None:
    await lives_through(kill_broker(chance), BROKER_KILLS, tmp_path, mosquitto(), keep, chance)


async def test_what_has_a_receipt_survives_kills_of_nats(
    tmp_path: Path,
    nats: Callable[[], neighbours.Broker],
    keep: Callable[[neighbours.Neighbour], None],
    chance: random.Random,
) -> None:
    await lives_through(kill_broker(chance), BROKER_KILLS, tmp_path, nats(), keep, chance)


def kill_broker(chance: random.Random) -> Callable[[House], Awaitable[None]]:
    """Kill the broker at a random moment; the next kill comes after it has delivered again."""

    async def kill(house: House) -> None:
        await house.answered()
        await asyncio.sleep(chance.uniform(0, LIFE_S))
        house.broker.kill()
        await asyncio.to_thread(house.broker.start)

    return kill


async def lives_through(
    kill: Callable[[House], Awaitable[None]],
    times: int,
    folder: Path,
    broker: neighbours.Broker,
    keep: Callable[[neighbours.Neighbour], None],
    chance: random.Random,
) -> None:
    """Kill so often under load, let everything settle, and compare what each side knows."""
    receiver = Receiver()
    await receiver.start()
    site = sites.found(
        folder / "site",
        chance,
        doors=DOORS,
        ordered=DOORS,
        broker_port=broker.port,
        webhook=receiver.url,
    )
    house = House(site, broker, chance)
    keep(house.gateway)
    await until(site.is_enrolled, "the gateway does not take the enrolment")
    try:
        async with load(house.fleet):
            await house.answered()
            for _ in range(times):
                await kill(house)
        await until(lambda: not house.fleet.waiting(), "reports stay without a receipt")
        openings = {told.opening_id for told in house.fleet.told} - {None}
        try:
            await until(
                lambda: openings <= paged(receiver, site).keys(), "openings stay without a page"
            )
        except pytest.fail.Exception as late:
            late.add_note(said_of(site, openings - paged(receiver, site).keys()))
            raise
    finally:
        await house.fleet.stop()
        await receiver.stop()
    house.gateway.stop()
    tries = paged(receiver, site)
    print(
        f"{times} kills, {len(house.fleet.told)} reports, {len(openings)} openings, "
        f"{sum(tries.values()) - len(tries)} pages told twice"
    )
    assert not house.fleet.wrong
    assert tries.keys() == openings  # and under no other id
    assert_journaled_once(site, house.fleet.told)
    assert_lived_as_journaled(site)


@asynccontextmanager
async def load(fleet: Fleet) -> AsyncIterator[None]:
    """Doors open and shut as long as the block runs."""
    await fleet.start()
    end = asyncio.Event()
    living = asyncio.create_task(fleet.live(REPORTS_PER_S, end))
    try:
        yield
    finally:
        end.set()
        await living


async def until(true: Callable[[], bool], otherwise: str) -> None:
    """Wait until something holds, but not for ever."""
    try:
        await waiting.until(true, SETTLE_S)
    except TimeoutError:
        pytest.fail(otherwise)


def paged(receiver: Receiver, site: Site) -> Counter[str]:
    """How often each page came, by its id inside the house."""
    known = site.page_ids()
    sent_ids = (str(page["page_id"]) for _, page in receiver.pages())
    return Counter(known.get(sent_id, sent_id) for sent_id in sent_ids)


def said_of(site: Site, openings: set[str]) -> str:
    """What journal and outbox know of the first openings that nobody was told of."""
    store = site.store()
    journal, outbox = tables.journal.c, tables.outbox.c
    lines = [f"{len(openings)} openings without a page"]
    with store.reading() as connection:
        for opening_id in sorted(openings)[:SAID_OF]:
            seal_id = opening_id.split("-")[0]
            found = connection.execute(
                select(journal.at_ms, journal.kind, journal.reason, journal.body).where(
                    journal.seal_id == seal_id
                )
            )
            lines += [opening_id, *(f"  {row}" for row in found)]
            found = connection.execute(select(outbox).where(outbox.page_id.contains(seal_id)))
            lines += [f"  {row}" for row in found]
    store.close()
    return "\n".join(lines)


def assert_journaled_once(site: Site, told: list[Told]) -> None:
    """Every report is in the journal once, and says there what the seal said."""
    journal = tables.journal.c
    store = site.store()
    with store.reading() as connection:
        bodies = connection.execute(
            select(journal.body).where(journal.kind == "report").order_by(journal.journal_id)
        ).scalars()
        events = [msgspec.json.decode(body, type=Event) for body in bodies]
    store.close()
    assert Counter((e.seal_id, e.seq, e.contact, e.edges) for e in events) == Counter(
        (t.seal_id, t.seq, _CONTACTS[t.contact], t.edges) for t in told
    )


def assert_lived_as_journaled(site: Site) -> None:
    """All those lives left what the journal alone makes: doors, outages, and who was told."""
    store, replay = site.store(), Replay(Rulebook())
    with store.reading() as connection:
        for its in journaled(connection):
            replay.step(its)
        assert differing(connection, replay) == Apart()
    store.close()
    assert replay.turn.doors
    assert any(person.sent for person in replay.turn.router.people.values())
