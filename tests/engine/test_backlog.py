"""What waits in the broker through several lives of the gateway is dated truthfully.

Of a moment at which nothing waited, the store knows mostly by when the doors were last heard. So
whatever is heard while something may wait must say so beside it: what waited itself, what came by
air, what a contact of another maker said. Each life has a printed seed; MENSHEN_SEED repeats one.
"""

import json
import os
import random
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from gateway.core.model import Contact
from gateway.engine.backlog import STEP_MS
from gateway.engine.engine import Engine
from gateway.engine.ports import ContactSaid
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import HandSeal, beating_at, enrol, new_store, rows
from tests.manual_clock import NOON_MS, ManualClock

SEED = os.environ.get("MENSHEN_SEED")
LIVES = 12
STEPS = 60
BY_BROKER = 3  # of the seals; then one by air, and a contact of another maker


async def test_what_waited_through_two_lives_is_as_old_as_the_last_moment_of_the_first(
    store: Store,
) -> None:
    """The second life dies before it has caught up; the third still knows."""
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    reports = [(0, seal.heartbeat(), True), (60, seal.edge(), False), (120, seal.edge(0), False)]
    for token, (at_s, sent, live) in enumerate(reports):
        clock.advance(NOON_MS + at_s * 1000 - clock.now_ms())
        async with beating_at(store, clock) as engine:
            engine.receive(seal.topic, seal.sealed(sent), token, live)
            await engine.idle()
    (opening,) = rows(store, tables.openings)
    assert (opening["opened_ms"], opening["latest_ms"]) == (NOON_MS, NOON_MS + 60_000)
    clock.advance(60_000)
    async with beating_at(store, clock) as engine:
        engine.receive(seal.topic, seal.sealed(seal.edge()), 8, False)
        await engine.idle()
        engine.receive(seal.topic, seal.sealed(seal.heartbeat(report.OPEN)), 9, True)
        await engine.idle()
    assert journaled_waits(store) == [0, 60_000, 120_000, 180_000, 0]


async def test_what_waited_for_a_slow_gateway_is_no_younger_when_that_one_dies(
    store: Store,
) -> None:
    """It read late, said so of what it read, and died; what it had not read yet waited as long."""
    first, second = HandSeal(), HandSeal()
    enrol(store, [first, second])
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.heartbeat())
        clock.advance(10_000)
        await heard(engine, first, first.edge(), waited_ms=2_000)
    clock.advance(1_000)
    async with beating_at(store, clock) as engine:
        await heard(engine, second, second.edge(), live=False)
        await heard(engine, second, second.edge(0))
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.edge(0), live=False)
    assert journaled_waits(store) == [0, 2_000, 3_000, 0, 0]


async def test_what_is_heard_by_air_says_nothing_of_what_waits_in_the_broker(store: Store) -> None:
    """The network is away for half an hour; the air is not, and the gateway starts anew."""
    first, second = HandSeal(), HandSeal()
    enrol(store, [first, second])
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.heartbeat())
        clock.advance(1_200_000)
        await heard_by_air(engine, second, second.edge())
        clock.advance(600_000)
        await heard(engine, first, first.edge(), live=False)
    clock.advance(60_000)
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.edge(0), live=False)
    assert journaled_waits(store) == [0, 0, 1_800_000, 1_860_000]


async def test_what_a_contact_says_is_no_word_of_the_broker_of_the_seals(store: Store) -> None:
    first, contact = HandSeal(), HandSeal()
    enrol(store, [first, contact])
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.heartbeat())
        clock.advance(1_200_000)
        engine.heard_contact(ContactSaid(contact.seal_id, "door-1", Contact.OPEN, is_first=True))
        await engine.idle()
    async with beating_at(store, clock) as engine:
        await heard(engine, first, first.edge(), live=False)
    assert journaled_waits(store) == [0, 0, 1_200_000]


async def test_a_clock_that_is_corrected_between_moves_what_the_store_knows(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        await heard(engine, seal, seal.heartbeat())
        clock.advance(60_000)
        await heard(engine, seal, seal.edge(), live=False)
        clock.advance(7_200_000)
        engine.clock_set(7_200_000)
        await engine.idle()
    clock.advance(30_000)
    async with beating_at(store, clock) as engine:
        await heard(engine, seal, seal.edge(0), live=False)
    assert journaled_waits(store) == [0, 60_000, 90_000]
    assert [row["kind"] for row in rows(store, tables.journal)].count("clock_corrected") == 1


@pytest.mark.parametrize("is_killed", [False, True])
async def test_what_found_no_room_is_as_old_as_when_it_was_turned_away(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    """The broker gives it again with the next connection only; meanwhile others are heard."""
    first, second = HandSeal(), HandSeal()
    enrol(store, [first, second])
    clock = ManualClock()
    monkeypatch.setattr("gateway.engine.engine.QUEUE_MAX", 1)
    opened = second.sealed(second.edge())
    async with beating_at(store, clock) as engine:
        assert engine.receive(first.topic, first.sealed(first.heartbeat()), 1)
        assert not engine.receive(second.topic, opened, 2, waited_ms=1_000)
        await engine.idle()
        clock.advance(60_000)
        await heard(engine, first, first.heartbeat())
        clock.advance(60_000)
        if not is_killed:
            engine.connecting()
            await comes_again(engine, clock, first, second, opened)
    if is_killed:
        async with beating_at(store, clock) as engine:
            engine.connecting()
            await comes_again(engine, clock, first, second, opened)
    assert journaled_waits(store) == [0, 0, 121_000, 0, 1_000]


async def comes_again(
    engine: Engine, clock: ManualClock, first: HandSeal, second: HandSeal, opened: bytes
) -> None:
    """On a connection of its own; nothing is left behind, and the next one begins with nothing."""
    engine.receive(second.topic, opened, 3, live=False)
    await engine.idle()
    clock.advance(1_000)
    await heard(engine, first, first.heartbeat())
    clock.advance(1_000)
    engine.connecting()
    await heard(engine, first, first.edge(), live=False)


@pytest.mark.parametrize("number", range(1 if SEED else LIVES))
async def test_whatever_the_lives_every_edge_lies_in_its_interval(
    number: int, tmp_path: Path
) -> None:
    """The broker is away, the gateway reads late, dies, starts; air and contacts go on."""
    seed = int(SEED) if SEED else random.SystemRandom().randrange(1 << 30)
    print(f"MENSHEN_SEED={seed}")
    site = RandomSite(new_store(tmp_path), random.Random(seed))  # noqa: S311 - a story
    while site.steps < STEPS:
        async with beating_at(site.store, site.clock) as engine:
            await site.live(engine)
    assert site.delivered
    dated = {
        (row["seal_id"], row["seq"]): (row["at_ms"], json.loads(row["body"]).get("waited_ms", 0))
        for row in rows(site.store, tables.journal)
        if row["kind"] == "report"
    }
    for number_of, (true_ms, clear_ms) in site.true.items():
        at_ms, waited_ms = dated.get(number_of, (true_ms, 0))  # one that still waits
        assert at_ms - waited_ms <= true_ms <= at_ms
        assert not waited_ms or at_ms - waited_ms >= clear_ms - STEP_MS


class RandomSite:
    """Seals on every way, and a broker that keeps what it cannot deliver."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.store, self.chance, self.clock = store, chance, ManualClock()
        self.seals = [HandSeal() for _ in range(BY_BROKER + 2)]
        enrol(store, self.seals)
        self.waiting: deque[tuple[HandSeal, bytes]] = deque()
        self.true: dict[tuple[str, int], tuple[int, int]] = {}  # when it was, and what was clear
        self.steps = self.delivered = 0
        self.clear_ms = NOON_MS  # nothing waited
        self._is_up = self._is_caught_up = False

    async def live(self, engine: Engine) -> None:
        """One life, from a start to a sudden end."""
        self._is_up, self._is_caught_up = True, False
        acts = [self.opens, self.opens, self.delivers, self.delivers, self.by_air, self.by_contact]
        while self.steps < STEPS and self.chance.random() > 1 / 8:
            self.steps += 1
            self.clock.advance(self.chance.choice((40, 900, 5_000, 200_000)))
            if self.chance.random() < 1 / 4:
                self._is_up, self._is_caught_up = not self._is_up, False
            self.chance.choice(acts)(engine)
            await engine.idle()

    def opens(self, _engine: Engine) -> None:
        seal = self.chance.choice(self.seals[:BY_BROKER])
        said = seal.edge(report.SHUT if seal.edges % 2 else report.OPEN)
        self.true[seal.seal_id, said.seq] = self.clock.now_ms(), self.clear_ms
        self.waiting.append((seal, seal.sealed(said)))

    def delivers(self, engine: Engine) -> None:
        """All that waits, or some of it: to one that has caught up, by a loop that is slow."""
        if not self._is_up:
            return
        now_ms = self.clock.now_ms()
        for _ in range(self.chance.randint(0, len(self.waiting))):
            seal, frame = self.waiting.popleft()
            self.delivered += 1
            waited_ms = now_ms - self.clear_ms if self._is_caught_up else 0
            engine.receive(seal.topic, frame, 1, live=self._is_caught_up, waited_ms=waited_ms)
        if not self.waiting and self._is_caught_up:
            self.clear_ms = now_ms
            seal = self.chance.choice(self.seals[:BY_BROKER])
            engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 1)
        self._is_caught_up = self._is_caught_up or not self.waiting

    def by_air(self, engine: Engine) -> None:
        seal = self.seals[-2]
        engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 0, by_air=True)

    def by_contact(self, engine: Engine) -> None:
        door_id = f"door-{len(self.seals) - 1}"
        contact = self.chance.choice((Contact.OPEN, Contact.SHUT))
        engine.heard_contact(ContactSaid(self.seals[-1].seal_id, door_id, contact))


async def heard(engine: Engine, seal: HandSeal, said: report.Report, **how: Any) -> None:
    """The broker delivers it."""
    engine.receive(seal.topic, seal.sealed(said), 1, **how)
    await engine.idle()


async def heard_by_air(engine: Engine, seal: HandSeal, said: report.Report) -> None:
    engine.receive(seal.topic, seal.sealed(said), 0, by_air=True)
    await engine.idle()


def journaled_waits(store: Store) -> list[int]:
    """How long each report may have waited, as it is journaled."""
    bodies = [row["body"] for row in rows(store, tables.journal) if row["kind"] == "report"]
    return [json.loads(body).get("waited_ms", 0) for body in bodies]
