"""A site under load, and what its seals, its journal and its people know in the end.

The one comparison that every fault is judged by: what the doors did, which of it was vouched for by
a receipt, what is in the journal, and what people were told.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import select

from gateway.core.events import ClockCorrected, ClockDoubted, ClockSure, Event
from gateway.core.model import Contact
from gateway.core.rules import Rulebook
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import tables
from tests import neighbours, waiting
from tests.end_to_end import site as sites
from tests.end_to_end.fleet import FIRST_RETRY_S, Fleet, Told
from tests.end_to_end.receiver import Receiver
from tests.end_to_end.site import Site

SAID_OF = 3  # openings that stay without a page are told so fully
SETTLE_S = 60.0  # after the last fault; a healthy house needs two or three of them,
STARVED_MOST = 6.0  # and as many times more where so many others want each processor
DATED_WITHIN_MS = 1_000  # an opening lies so near the interval that is stored for it
NOTHING_MORE: Mapping[str, str] = {}

_CONTACTS = {0: Contact.SHUT, 1: Contact.OPEN}


class House:
    """A site under load: broker, gateway, fleet and receiver."""

    def __init__(
        self,
        site: Site,
        broker: neighbours.Broker,
        gateway: neighbours.Neighbour,
        fleet: Fleet,
        receiver: Receiver,
    ) -> None:
        self.site, self.broker, self.gateway = site, broker, gateway
        self.fleet, self.receiver = fleet, receiver

    async def answered(self, more: int = 1) -> None:
        """Wait until the gateway has vouched for more."""
        wanted = self.fleet.receipts + more
        await until(lambda: self.fleet.receipts >= wanted, "no receipt comes any more")

    async def settled(self) -> set[str]:
        """Wait until every report has its receipt and every opening its page; the openings."""
        await until(lambda: not self.fleet.waiting(), "reports stay without a receipt")
        openings = {told.opening_id for told in self.fleet.told} - {None}
        try:
            await until(lambda: openings <= self.paged().keys(), "openings stay without a page")
        except AssertionError as late:
            late.add_note(said_of(self.site, openings - self.paged().keys()))
            raise
        return openings

    def paged(self) -> Counter[str]:
        """How often each page came, by its id inside the house."""
        known = self.site.page_ids()
        sent_ids = (str(page["page_id"]) for _, page in self.receiver.pages())
        return Counter(known.get(sent_id, sent_id) for sent_id in sent_ids)


@asynccontextmanager
async def standing(
    site: Site,
    broker: neighbours.Broker,
    gateway: neighbours.Neighbour,
    receiver: Receiver,
    fleet: Fleet,
) -> AsyncIterator[House]:
    """The house with its gateway up and everything enrolled; no door moves yet."""
    house = House(site, broker, gateway, fleet, receiver)
    try:
        house.gateway.start()
        await until(site.is_enrolled, "the gateway does not take the enrolment")
        yield house
    finally:
        await fleet.stop()
        house.gateway.stop()


@asynccontextmanager
async def built(
    folder: Path,
    broker: neighbours.Broker,
    chance: random.Random,
    *,
    doors: int,
    first_retry_s: float = FIRST_RETRY_S,
    environment: Mapping[str, str] = NOTHING_MORE,
) -> AsyncIterator[House]:
    """A house of so many ordered doors, whose gateway runs in this environment."""
    receiver = Receiver()
    await receiver.start()
    site = sites.found(
        folder / "site",
        chance,
        doors=doors,
        ordered=doors,
        broker_port=broker.port,
        webhook=receiver.url,
    )
    fleet = Fleet(site.seals, broker.port, chance, first_retry_s=first_retry_s)
    try:
        gateway = sites.gateway(site, (), **environment)
        async with standing(site, broker, gateway, receiver, fleet) as house:
            yield house
    finally:
        await receiver.stop()


@asynccontextmanager
async def load(fleet: Fleet, rate: float) -> AsyncIterator[None]:
    """Doors open and shut, `rate` edges a second, as long as the block runs."""
    await fleet.start()
    end = asyncio.Event()
    living = asyncio.create_task(fleet.live(rate, end))
    try:
        yield
    finally:
        end.set()
        await living


async def until(true: Callable[[], object], otherwise: str) -> None:
    """Wait until something holds, but not for ever: then it is an AssertionError."""
    starved = os.getloadavg()[0] / len(os.sched_getaffinity(0)) / 2
    try:
        await waiting.until(true, SETTLE_S * min(STARVED_MOST, max(1.0, starved)))
    except TimeoutError:
        raise AssertionError(otherwise) from None


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


def journaled_reports(site: Site) -> Counter[tuple[str, int, Contact, int]]:
    """(seal, number, contact, edges) of every report in the journal -> how often."""
    journal = tables.journal.c
    store = site.store()
    with store.reading() as connection:
        bodies = connection.execute(
            select(journal.body).where(journal.kind == "report").order_by(journal.journal_id)
        ).scalars()
        events = [msgspec.json.decode(body, type=Event) for body in bodies]
    store.close()
    return Counter((e.seal_id, e.seq, e.contact, e.edges) for e in events)


def said_by_seals(told: list[Told]) -> Counter[tuple[str, int, Contact, int]]:
    """The same, of what the seals had to say."""
    return Counter((t.seal_id, t.seq, _CONTACTS[t.contact], t.edges) for t in told)


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


@dataclass
class Aftermath:
    """What is wrong in the end, one sentence each; and how long each opening waited for a page."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    misdated: list[str] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)


def aftermath(house: House, within_ms: int = DATED_WITHIN_MS) -> Aftermath:
    """Compare all that is known. The house has settled, and its gateway may have ended.

    *Lost*: vouched for by a receipt and not in the journal, or opened and nobody was told.
    *Doubled*: one report in the journal twice, or told as two alarms (a page that comes again
    under its own id is the same alarm). *Misdated*: outside the interval that is stored for it,
    by more than `within_ms` and what machine and broker took for a message of the fleet to itself.
    """
    found, fleet, site = Aftermath(), house.fleet, house.site
    stored, said = journaled_reports(site), said_by_seals(fleet.told)
    found.lost += [f"report {one[:2]} has a receipt and is in no journal" for one in said - stored]
    found.doubled += [f"report {one[:2]} is in the journal too often" for one in stored - said]
    known, first_s = site.page_ids(), dict[str, float]()
    alarms: dict[str, set[str]] = {}
    for at_ns, page in house.receiver.pages():
        page_id = known.get(str(page["page_id"]), str(page["page_id"]))
        first_s.setdefault(page_id, at_ns / 1e9)
        alarms.setdefault(page_id, set()).add(str(page["page_id"]))
    found.doubled += [f"{page} is two alarms" for page, ids in alarms.items() if len(ids) > 1]
    edges = {told.opening_id: told.edge_s for told in fleet.told if told.opening_id}
    found.lost += [f"nobody was told of opening {one}" for one in edges.keys() - first_s.keys()]
    found.delays_s = [first_s[one] - at_s for one, at_s in edges.items() if one in first_s]
    found.misdated = _misdated(site, edges, within_ms + int(fleet.slowest_s * 1000))
    return found


def _misdated(site: Site, edges: dict[str, float], within_ms: int) -> list[str]:
    """Openings outside the interval that is stored for them, by the gateway's own word on its
    clock at that time: what it doubted widens them, what it corrected moves them."""
    behind_s = time.time() - time.monotonic()
    store, c, journal = site.store(), tables.openings.c, tables.journal.c
    with store.reading() as connection:
        rows = connection.execute(select(c.opening_id, c.opened_ms, c.latest_ms)).all()
        ids = {
            f"{seal_id}-{seq}": journal_id
            for seal_id, seq, journal_id in connection.execute(
                select(journal.seal_id, journal.seq, journal.journal_id).where(
                    journal.kind == "report"
                )
            )
        }
        said = connection.execute(
            select(journal.journal_id, journal.body)
            .where(journal.kind.like("clock%"))
            .order_by(journal.journal_id)
        ).all()
    store.close()
    words = [(journal_id, msgspec.json.decode(body, type=Event)) for journal_id, body in said]
    wrong = []
    for opening_id, opened_ms, latest_ms in rows:
        true_ms = (edges[opening_id] + behind_s) * 1000
        moved_ms, ahead_ms, late_ms = _of_clock(words, ids[opening_id])
        first_ms = opened_ms + moved_ms - ahead_ms - within_ms
        if not first_ms <= true_ms <= latest_ms + moved_ms + late_ms + within_ms:
            wrong.append(f"{opening_id} is dated {opened_ms + moved_ms - true_ms:+.0f} ms apart")
    return wrong


def _of_clock(words: list[tuple[int, Event]], at_id: int) -> tuple[int, int, int]:
    """What the journal says of the clock at one of its entries: corrected by, ahead, behind."""
    moved_ms, doubt = 0, ClockDoubted()
    for journal_id, word in words:
        if isinstance(word, ClockCorrected) and word.from_id <= at_id <= word.to_id:
            moved_ms += word.by_ms
        elif journal_id < at_id and isinstance(word, ClockDoubted):
            doubt = word
        elif journal_id < at_id and isinstance(word, ClockSure | ClockCorrected):
            doubt = ClockDoubted()
    return moved_ms, doubt.ahead_ms, doubt.behind_ms
