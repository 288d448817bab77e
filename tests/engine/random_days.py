"""A few days of a small site at random: doors, people, delivery workers and weather, by a moved
clock."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Insert, insert, update

from gateway.core.actor import CENTRE, actor_of
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
    SealBound,
)
from gateway.core.model import Order, Permit, Policy
from gateway.core.outcome import Outcome
from gateway.core.subject import SITE, of_door
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.store import outbox, schedule_tables, tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, enrol, rows
from tests.manual_clock import ManualClock

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
OF_PEOPLE = {"test", "unreachable", "grouped"}  # no door tells them
DOORS, ACTS = 4, 130
HEARTBEAT_MS = 2 * MINUTE


Act = Callable[[Engine], Awaitable[None]]
PHONE = '["webhook:http://phone", "inbox"]'
TEAM = (("li", "deputy", PHONE), ("chen", "captain", '["inbox"]'), ("zhao", "warden", PHONE))


class Days:
    """Doors, people and weather at random, on a clock that is moved by hand."""

    def __init__(self, seed: int, store: Store) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, no secret
        self.store = store
        self.clock = ManualClock()
        self.seals = [HandSeal() for _ in range(DOORS)]
        self.tokens = 0
        self.names = 0

    def enrol(self) -> None:
        """The doors, their seals, and those who are told."""
        enrol(self.store, self.seals, webhook="http://phone")
        with self.store.writing() as connection:
            connection.execute(insert(tables.grids), {"grid_id": "h", "name": "Other"})
            for who, role, channels in TEAM:
                row = {"warden_id": who, "name": who, "role": role, "channels": channels}
                connection.execute(insert(tables.wardens), {**row, "grid_id": "g"})

    def chances(self) -> dict[Act, int]:
        """What may happen, and how often."""
        return {
            self.edge: 30,
            self.silent_edge: 5,
            self.late_edge: 5,
            self.heartbeat: 20,
            self.tamper: 2,
            self.refused: 4,
            self.flood: 1,
            self.chatter: 2,
            self.person: 18,
            self.deliver: 15,
            self.handheld: 6,
            self.registry: 4,
        }

    async def live(self, engine: Engine) -> None:
        """One happening after the other; what came is stepped at the latest when time passes."""
        chances = self.chances()
        for _ in range(ACTS):
            (act,) = self.chance.choices(list(chances), list(chances.values()))
            await act(engine)
            if self.chance.random() < 0.6:
                await self.time_passes(engine)
        await self.time_passes(engine)

    async def unanswered_day(self, engine: Engine) -> None:
        """No delivery worker comes through, so every test fails."""
        for _ in range(26):
            self.clock.advance(HOUR)
            await engine.idle()

    async def time_passes(self, engine: Engine) -> None:
        await engine.idle()
        scale_ms = self.chance.choice([SECOND, 20 * SECOND, 6 * MINUTE, HOUR])
        self.clock.advance(int(scale_ms * (0.1 + self.chance.random())))
        if self.chance.random() < 0.5:  # else what is due comes together with what comes next
            await engine.idle()

    def send(self, engine: Engine, seal: HandSeal, payload: bytes) -> None:
        self.tokens += 1
        live = self.chance.random() < 0.85
        assert engine.receive(seal.topic, payload, self.tokens, live)

    def next_edge(self, seal: HandSeal) -> bytes:
        age_ms = self.chance.choice([0, 20, 900, 30 * SECOND, 10 * MINUTE, None])
        return seal.sealed(seal.edge((seal.edges + 1) % 2, age_ms))

    async def edge(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        payload = self.next_edge(seal)
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            self.send(engine, seal, payload)

    async def silent_edge(self, engine: Engine) -> None:
        self.next_edge(self.chance.choice(self.seals))

    async def late_edge(self, engine: Engine) -> None:
        """An edge's report is kept, overtaken by the next, and sealed anew."""
        seal = self.chance.choice(self.seals)
        late = seal.edge((seal.edges + 1) % 2, age_ms=5 * MINUTE)
        self.send(engine, seal, self.next_edge(seal))
        self.send(engine, seal, seal.sealed(late))

    async def heartbeat(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        contact = self.chance.choice([seal.edges % 2] * 9 + [report.UNKNOWN])
        self.send(engine, seal, seal.sealed(seal.heartbeat(contact)))

    async def tamper(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        seal.seq += 1
        cover, magnet = self.chance.random() < 0.7, self.chance.random() < 0.5
        said = report.Report(
            seal.edges % 2, report.TAMPER, seal.seq, seal.edges, cover=cover, magnet=magnet
        )
        self.send(engine, seal, seal.sealed(said))

    async def refused(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        for _ in range(self.chance.choice([1, 12])):
            self.send(engine, seal, seal.sealed(seal.heartbeat(), bytes(32)))

    async def flood(self, engine: Engine) -> None:
        """More refusals than are journaled: what is not journaled must not count either."""
        seal = self.chance.choice(self.seals)
        for _ in range(75):
            self.send(engine, seal, b"\x20" + bytes(26))

    async def chatter(self, engine: Engine) -> None:
        seal = self.chance.choice(self.seals)
        for _ in range(self.chance.choice([6, 7, 26])):
            said = seal.edge((seal.edges + 1) % 2, age_ms=0)
            self.send(engine, seal, seal.sealed(said))
            if self.chance.random() < 0.5:
                await engine.idle()
                self.clock.advance(self.chance.choice([300, 2_500]))

    async def person(self, engine: Engine) -> None:
        number = self.chance.randrange(DOORS)
        await engine.submit(of_door(f"door-{number}"), self.act(engine, number))

    def act(self, engine: Engine, number: int) -> Event:
        self.names += 1
        door = engine.state.doors[f"door-{number}"]
        case_id = door.case.case_id if door.case else "no-such-case"
        in_review_id = door.in_review[0].case_id if door.in_review else "no-such-case"
        now = self.clock.now_ms()
        hours = self.chance.choice([1, 3, 24])
        permit = Permit(f"p{self.names}", now - HOUR, now + hours * HOUR, 2, MINUTE, "Li", "lunch")
        action_id = f"a{self.names - self.chance.choice([0, 0, 0, 1])}"  # some come twice
        age_ms = self.chance.choice([0, 0, MINUTE, 2 * HOUR])
        hers = case_id, actor_of("wang"), action_id, age_ms
        review = in_review_id, CENTRE, action_id, age_ms
        return self.chance.choice(
            [
                CaseAcknowledged(*hers),
                PersonOnSite(*hers),
                CaseReported(*hers, outcome=Outcome.LAWFUL),
                CaseShelved(*hers, why="asleep", until_ms=now + hours * HOUR),
                PageReceived(case_id, case_id, "wang"),
                CaseAssessed(*review),
                CaseSignedOff(*review),
                PermitAnnounced(permit),
                OrderPlaced(Order(f"order-{number}", 0, now + hours * HOUR)),
                OrderPlaced(Order(f"order-{number}", 0, now + 99 * HOUR, Policy(1, MINUTE))),
                SealBound(self.chance.choice([*self.seals, self.seals[number]]).seal_id),
                SealBound(self.seals[number].seal_id, HEARTBEAT_MS),
            ]
        )

    async def deliver(self, engine: Engine) -> None:
        """A few pages are tried; most arrive."""
        with self.store.reading() as connection:
            waiting = outbox.undelivered(connection, "webhook", 0)
        for entry in self.chance.sample(waiting, min(3, len(waiting))):
            entry.tries += 1
            entry.done_ms = self.clock.now_ms() if self.chance.random() < 0.7 else None
            engine.attempted(entry)

    async def handheld(self, engine: Engine) -> None:
        """A phone signs for a page, of whatever age."""
        told = [row for row in rows(self.store, tables.outbox) if row["warden_id"]]
        if told:
            page = self.chance.choice(told)
            event = PageReceived(page["case_id"], page["page_id"], page["warden_id"])
            subject = of_door(page["door_id"]) if page["door_id"] else SITE
            await engine.submit(subject, event)

    async def registry(self, engine: Engine) -> None:
        """Leave, a new phone, or a door that another grid has from now on."""
        who, other = self.chance.sample(["wang", "li", "chen", "zhao"], 2)
        hours = self.chance.choice([1, 5, 30])
        now_ms = self.clock.now_ms()
        cover = {"warden_id": who, "from_ms": now_ms, "to_ms": now_ms + hours * HOUR}
        number = self.chance.randrange(1_000)
        w, d = tables.wardens, tables.doors
        change = self.chance.choice(
            [
                newly(cover | {"by": other}),
                newly(cover | {"by": None}),
                update(w).where(w.c.warden_id == who).values(channels=f'["webhook:{number}"]'),
                update(d).where(d.c.door_id == f"door-{number % DOORS}").values(grid_id="h"),
                update(d).where(d.c.door_id == f"door-{number % DOORS}").values(grid_id="g"),
            ]
        )
        with self.store.writing() as connection:
            connection.execute(change)
            connection.execute(insert(tables.enrolments), {"at_ms": self.clock.now_ms()})
        await PendingReader(self.store, engine).take()


def newly(override: dict[str, Any]) -> Insert:
    """One that a table of the office has already, from the same moment on, stays as it is."""
    return insert(schedule_tables.overrides).prefix_with("OR IGNORE").values(override)
