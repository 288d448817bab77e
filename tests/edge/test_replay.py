"""The journal alone makes the same doors, byte for byte, as living through it; and quickly."""

import asyncio
import random
from pathlib import Path

import pytest

from edge.small_site import HandSeal, beating_at, enrol, new_store, rows
from gateway.core.effects import CaseMoved, OpeningBegan, OpeningEnded, PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseAssessed,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    Event,
    OrderPlaced,
    PageReceived,
    PermitAnnounced,
    PersonOnSite,
    RulesSet,
    SealBound,
)
from gateway.core.model import Order, Permit, Policy
from gateway.core.rules import Rulebook, Rules
from gateway.loop import Heart
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.replay import Replay, differing, journaled
from sealwire import report

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
NOON = 2_000_000_000_000  # ahead of this machine, whose clock a loop reads once at its start
OF_PEOPLE = {"test", "unreachable", "grouped"}  # no door tells them
DOORS, ACTS, RESTARTS = 4, 110, 2
BEAT_MS = 2 * MINUTE


class Days:
    """Doors, people and weather at random, on a clock that is moved by hand."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, no secret
        self.now_ms = NOON
        self.seals = [HandSeal() for _ in range(DOORS)]
        self.tokens = 0
        self.names = 0

    def clock(self) -> int:
        return self.now_ms

    async def live(self, heart: Heart) -> None:
        """Many acts, one after the other; what came is stepped at the latest when time passes."""
        chances = {
            self.edge: 30,
            self.silent_edge: 5,
            self.late_edge: 5,
            self.beat: 20,
            self.tamper: 2,
            self.refused: 4,
            self.flood: 1,
            self.chatter: 2,
            self.person: 18,
        }
        for _ in range(ACTS):
            (act,) = self.chance.choices(list(chances), list(chances.values()))
            await act(heart)
            if self.chance.random() < 0.6:
                await self.time_passes(heart)
        await self.time_passes(heart)

    async def time_passes(self, heart: Heart) -> None:
        await self.quiet(heart)
        self.now_ms += int(
            self.chance.choice([SECOND, 20 * SECOND, 6 * MINUTE, HOUR])
            * (0.1 + self.chance.random())
        )
        heart._wake.set()
        await asyncio.sleep(0.001)

    def send(self, heart: Heart, seal: HandSeal, payload: bytes) -> None:
        self.tokens += 1
        live = self.chance.random() < 0.85
        assert heart.arrived(seal.topic, payload, self.tokens, live)

    def next_edge(self, seal: HandSeal) -> bytes:
        age_ms = self.chance.choice([0, 20, 900, 30 * SECOND, 10 * MINUTE, None])
        return seal.sealed(seal.edge((seal.edges + 1) % 2, age_ms))

    async def edge(self, heart: Heart) -> None:
        seal = self.chance.choice(self.seals)
        payload = self.next_edge(seal)
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            self.send(heart, seal, payload)

    async def silent_edge(self, heart: Heart) -> None:
        self.next_edge(self.chance.choice(self.seals))

    async def late_edge(self, heart: Heart) -> None:
        """An edge's report is kept, overtaken by the next, and sealed anew."""
        seal = self.chance.choice(self.seals)
        late = seal.edge((seal.edges + 1) % 2, age_ms=5 * MINUTE)
        self.send(heart, seal, self.next_edge(seal))
        self.send(heart, seal, seal.sealed(late))

    async def beat(self, heart: Heart) -> None:
        seal = self.chance.choice(self.seals)
        contact = self.chance.choice([seal.edges % 2] * 9 + [report.UNKNOWN])
        self.send(heart, seal, seal.sealed(seal.beat(contact)))

    async def tamper(self, heart: Heart) -> None:
        seal = self.chance.choice(self.seals)
        seal.seq += 1
        cover, magnet = self.chance.random() < 0.7, self.chance.random() < 0.5
        said = report.Report(
            seal.edges % 2, report.TAMPER, seal.seq, seal.edges, cover=cover, magnet=magnet
        )
        self.send(heart, seal, seal.sealed(said))

    async def refused(self, heart: Heart) -> None:
        seal = self.chance.choice(self.seals)
        for _ in range(self.chance.choice([1, 12])):
            self.send(heart, seal, seal.sealed(seal.beat(), bytes(32)))

    async def flood(self, heart: Heart) -> None:
        """More refusals than are journaled: what is not journaled must not count either."""
        seal = self.chance.choice(self.seals)
        for _ in range(75):
            self.send(heart, seal, b"\x20" + bytes(26))

    async def chatter(self, heart: Heart) -> None:
        seal = self.chance.choice(self.seals)
        for _ in range(self.chance.choice([6, 7, 26])):
            said = seal.edge((seal.edges + 1) % 2, age_ms=0)
            self.send(heart, seal, seal.sealed(said))
            if self.chance.random() < 0.5:
                await self.quiet(heart)
                self.now_ms += self.chance.choice([300, 2_500])

    async def quiet(self, heart: Heart) -> None:
        """Until all that came is stepped and committed: an act of a person comes behind it."""
        await heart.submit("door-0", CaseAcknowledged("no-such-case", "wang"))

    async def person(self, heart: Heart) -> None:
        number = self.chance.randrange(DOORS)
        await heart.submit(f"door-{number}", self.act(heart, number))

    def act(self, heart: Heart, number: int) -> Event:
        self.names += 1
        door = heart._site.doors[f"door-{number}"]
        case_id = door.case.case_id if door.case else "no-such-case"
        filed_id = door.filed[0].case_id if door.filed else "no-such-case"
        now = self.now_ms
        hours = self.chance.choice([1, 3, 24])
        permit = Permit(f"p{self.names}", now - HOUR, now + hours * HOUR, 2, MINUTE, "Li", "lunch")
        return self.chance.choice(
            [
                CaseAcknowledged(case_id, "wang"),
                PersonOnSite(case_id, "wang"),
                CaseReported(case_id, "wang", "lawful"),
                CaseShelved(case_id, "wang", "asleep", now + hours * HOUR),
                PageReceived(case_id, case_id, "wang"),
                CaseAssessed(filed_id, "centre"),
                CaseSignedOff(filed_id, "centre"),
                PermitAnnounced(permit),
                OrderPlaced(Order(f"order-{number}", 0, now + hours * HOUR)),
                OrderPlaced(Order(f"order-{number}", 0, now + 99 * HOUR, Policy(1, MINUTE))),
                SealBound(self.chance.choice([*self.seals, self.seals[number]]).seal_id),
                SealBound(self.seals[number].seal_id, BEAT_MS),
            ]
        )


async def lived(store: Store, seed: int) -> None:
    """A few days on a store, with restarts between."""
    days = Days(seed)
    enrol(store, days.seals)
    for _ in range(RESTARTS + 1):
        async with beating_at(store, days.clock) as heart:
            await days.live(heart)


@pytest.mark.parametrize("seed", range(3))
async def test_replaying_the_journal_gives_every_door_as_it_was_lived(
    seed: int, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    await lived(store, seed)
    replay = Replay(Rulebook())
    with store.reading() as connection:
        told = [
            (its.journaled, e) for its in replay.live(journaled(connection)) for e in its.effects
        ]
        assert differing(connection, replay) == []
        stored = [door["state"] for door in rows(store, tables.doors)]
        assert [replay.state(f"door-{n}") for n in range(DOORS)] == stored
    kinds = {row["kind"] for row in rows(store, tables.journal)}
    assert kinds >= {"ReportCame", "MessageRefused", "DeadlineCame", "CaseReported", "SealBound"}
    pages = {e.page_id for _, e in told if isinstance(e, PageDue)}
    sent = [row for row in rows(store, tables.outbox) if row["reason"] not in OF_PEOPLE]
    assert pages >= {row["page_id"] for row in sent} != set()
    opened = {e.opening_id for _, e in told if isinstance(e, OpeningBegan)}
    assert opened == {row["opening_id"] for row in rows(store, tables.openings)}
    moved = {e.case.case_id: e.case.state for _, e in told if isinstance(e, CaseMoved)}
    assert moved == {row["case_id"]: row["state"] for row in rows(store, tables.cases)}
    assert any(isinstance(e, OpeningEnded) for _, e in told)
    store.close()


async def test_a_replay_under_other_rules_is_seen_to_differ(tmp_path: Path) -> None:
    """The comparison can fail: it is not two empty things that are equal."""
    store = new_store(tmp_path)
    await lived(store, seed=0)
    replay = Replay(Rulebook(Rules(chatter_openings=50, chatter_joined=1000, burst_count=3)))
    with store.reading() as connection:
        its_own = (its for its in journaled(connection) if not isinstance(its.event, RulesSet))
        for _ in replay.live(its_own):
            pass
        assert differing(connection, replay)
    store.close()
