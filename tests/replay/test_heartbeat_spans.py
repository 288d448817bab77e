"""A heartbeat that stands in a span may leave the journal: everything that is made of the journal
is the same, byte for byte, and coverage to the millisecond. Lives that end anywhere lose nothing.

Seeds are drawn anew in each run and printed; set MENSHEN_SEED to live through one again."""

import asyncio
import os
import random
from collections.abc import Iterator
from heapq import merge
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from gateway.core.events import Event, RulesSet, SealBound
from gateway.core.heartbeat_spans import BEATS_MIN, HeartbeatSpan, beats_of, event_of, fold
from gateway.core.model import Contact
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn
from gateway.core.subject import SITE, of_door
from gateway.engine import open_spans
from gateway.engine.engine import Engine
from gateway.engine.open_spans import ROWS_MAX, SAVE_EVERY_MS
from gateway.replay.coverage import Ledger, ledger
from gateway.replay.replay import Apart, Journaled, Replay, differing, journaled
from gateway.simulate import scenario
from gateway.simulate.building import BuildingRun
from gateway.simulate.ground_truth import START_MS
from gateway.store import pending, tables
from gateway.store.database import Store
from gateway.store.heartbeat_spans import heartbeats
from gateway.store.span_tables import heartbeat_spans
from tests.engine.random_days import DOORS, HEARTBEAT_MS, HOUR, MINUTE, SECOND, Days
from tests.engine.small_site import (
    Around,
    HandSeal,
    around_each_commit,
    beating_at,
    enrol,
    new_store,
    rows,
)
from tests.manual_clock import NOON_MS, ManualClock
from tests.waiting import until

LIVES = 3


def seed() -> int:
    """This run's, or the one that is asked for."""
    drawn = int(os.environ.get("MENSHEN_SEED") or random.randrange(10**6))  # noqa: S311
    print(f"MENSHEN_SEED={drawn}")
    return drawn


class QuietDays(Days):
    """Days on which most of what comes is heartbeats: in time, late, lost, and from a few seals at
    once."""

    async def heartbeat(self, engine: Engine) -> None:
        await super().heartbeat(engine)
        seals = self.chance.sample(self.seals, self.chance.randint(1, DOORS))
        for _ in range(self.chance.randint(1, 25)):
            self.clock.advance(int(HEARTBEAT_MS * self.chance.uniform(0.9, 1.05)))
            for seal in seals:
                if self.chance.random() > 0.05:
                    level_mv = 2900 + self.chance.randrange(10)
                    said = seal.heartbeat(seal.edges % 2)
                    said.battery_mv = level_mv
                    self.send(engine, seal, seal.sealed(said))
            if self.chance.random() < 0.9:  # else several come in one batch
                await engine.idle()


async def lived(store: Store, its: int) -> None:
    """Some lives on a store, each killed in the middle of whatever it did, under other rules."""
    days = QuietDays(its, store)
    days.enrol()
    for n, seal in enumerate(days.seals):
        promise(store, f"door-{n}", seal)
    for life in range(LIVES):
        rules = Rules(chatter_openings=3 + life % 2)
        async with beating_at(store, days.clock, rules) as engine:
            await days.live(engine)


def promise(store: Store, door_id: str, seal: HandSeal) -> None:
    """The seal promises a heartbeat from now on."""
    with store.writing() as connection:
        pending.leave(connection, [(of_door(door_id), SealBound(seal.seal_id, HEARTBEAT_MS))])


def everything(store: Store) -> list[Journaled]:
    with store.reading() as connection:
        return list(journaled(connection))


def thin(store: Store) -> int:
    """Take out of the journal what stands in spans; how many."""
    with store.writing() as connection:
        ids = [journal_id for journal_id, *_ in heartbeats(connection)]
        assert len(ids) == len(set(ids))
        gone = delete(tables.journal).where(tables.journal.c.journal_id.in_(ids))
        assert connection.execute(gone).rowcount == len(ids)
    return len(ids)


def seen(store: Store, door_id: str, span: tuple[int, int]) -> Ledger:
    """As `menshen coverage` makes it."""
    with store.reading() as connection:
        return ledger(events(connection, door_id), span)


def events(connection: Connection, door_id: str) -> Iterator[tuple[int, Event]]:
    rules = (r for r in journaled(connection, SITE) if isinstance(r.event, RulesSet))
    own = journaled(connection, of_door(door_id))
    for row in merge(rules, own, key=attrgetter("journal_id")):
        yield row.at_ms, row.event


@pytest.mark.parametrize("_", range(1))
async def test_the_journal_without_them_gives_the_same_site_and_the_same_coverage(
    _: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(its := seed())  # noqa: S311 - a story
    monkeypatch.setattr(open_spans, "SAVE_EVERY_MS", chance.choice([MINUTE, 10 * MINUTE, HOUR]))
    monkeypatch.setattr(open_spans, "ROWS_MAX", chance.choice([1, 3, 64]))
    store = new_store(tmp_path)
    await lived(store, its)
    whole = everything(store)
    assert len(whole) == len(  # each once, though it stands in both
        [row for row in rows(store, tables.journal) if row["subject_kind"]]
    )
    end_ms = whole[-1].at_ms
    windows = [(NOON_MS, end_ms), *(drawn(chance, end_ms) for _ in range(5))]
    wanted = {(n, at): seen(store, f"door-{n}", at) for n in range(DOORS) for at in windows}
    assert any(its.total_ms(Contact.SHUT) for its in wanted.values())

    gone = thin(store)

    assert gone > 10  # or nothing is tried here
    assert everything(store) == whole
    for (n, at), its_ledger in wanted.items():
        assert seen(store, f"door-{n}", at) == its_ledger
    replay = Replay(Rulebook())
    with store.reading() as connection:
        for row in journaled(connection):
            replay.step(row)
        assert differing(connection, replay) == Apart()
    store.close()


def drawn(chance: random.Random, end_ms: int) -> tuple[int, int]:
    from_ms, to_ms = sorted(chance.sample(range(NOON_MS, end_ms, SECOND), 2))
    return from_ms, to_ms


def test_a_simulated_week_is_the_same_from_spans_with_every_heartbeat() -> None:
    """Radio, fades, lost heartbeats, households: of the simulator, door by door."""
    building = BuildingRun(0, scenario.load(), its := seed(), 7, 4, compressed=False)
    for run in building.doors:
        run.keeps_journal = True
    building.run()
    beats = kept = spans = size = 0
    for run in building.doors:
        found, rest = folded(run.journal, run.rules)
        again = sorted(
            [*rest, *((b.journal_id, b.at_ms, event_of(s, b)) for s in found for b in beats_of(s))],
            key=lambda row: row[0],
        )
        assert [row[1:] for row in again] == run.journal
        at = START_MS, building.end_ms
        rulebook = Rulebook(run.rules)
        assert ledger([row[1:] for row in again], at, rulebook) == ledger(run.journal, at, rulebook)
        beats += sum(getattr(event, "seq", 1) == 0 for _, event in run.journal)
        kept += sum(span.beats for span in found)
        spans += len(found)
        size += sum(len(span.packed) for span in found)
    print(f"seed {its}: {beats} heartbeats, {kept} of them in {spans} spans, {size} bytes packed")
    assert kept > 0.95 * beats
    assert size < 6 * kept


def folded(
    journal: list[tuple[int, Event]], rules: Rules
) -> tuple[list[HeartbeatSpan], list[tuple[int, int, Event]]]:
    """A door's events as spans, and what stands in none: (number, when, what)."""
    turn, span = SiteTurn(SiteState(Rulebook(rules))), None
    found: list[HeartbeatSpan] = []
    for number, (at_ms, event) in enumerate(journal):
        own, *_ = turn.apply(at_ms, of_door("d"), event)
        span, ended = fold(span, number, at_ms, own)
        found += [ended] if ended is not None else []
    found += [span] if span is not None else []
    found = [span for span in found if span.beats >= BEATS_MIN]
    inside = {beat.journal_id for span in found for beat in beats_of(span)}
    rest = [(n, *told) for n, told in enumerate(journal) if n not in inside]
    return found, rest


async def one_seal(store: Store, clock: ManualClock, engine: Engine, seal: HandSeal) -> None:
    """Its next heartbeat, in its time."""
    clock.advance(HEARTBEAT_MS)
    engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 1)
    await engine.idle()


async def test_a_span_is_written_with_a_commit_that_happens_anyway_and_seldom(
    tmp_path: Path,
) -> None:
    store, clock, seal = new_store(tmp_path), ManualClock(), HandSeal()
    enrol(store, [seal])
    promise(store, "door-0", seal)
    commits: list[int] = []

    @around_each_commit(store)
    def count(connection: Connection) -> Around:  # type: ignore[misc]
        before = len(spans(store))
        yield  # type: ignore[misc]
        commits.append(before)

    async with beating_at(store, clock) as engine:
        await one_seal(store, clock, engine, seal)  # the first is news
        begun = len(commits)
        every = SAVE_EVERY_MS // HEARTBEAT_MS + 1  # heartbeats to a row
        for _ in range(3 * every + 2):
            await one_seal(store, clock, engine, seal)
        assert len(commits) - begun == 3 * every + 2  # one each, as ever
    (span,) = spans(store)
    assert span["beats"] >= 2 * every
    await after_a_kill(store, clock, seal, span["to_id"])


async def after_a_kill(store: Store, clock: ManualClock, seal: HandSeal, saved_id: int) -> None:
    """The next life begins a span of its own; nothing that was heard is lost between."""
    async with beating_at(store, clock) as engine:
        for _ in range(3):
            await one_seal(store, clock, engine, seal)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 2)
        await engine.idle()
    first, second = spans(store)
    assert (first["to_id"], second["beats"]) == (saved_id, 3)
    between = [
        row
        for row in rows(store, tables.journal)
        if first["to_id"] < row["journal_id"] < second["from_id"] and row["kind"] == "report"
    ]
    assert between  # what the kill took from the span stands where it stood
    before = everything(store)
    at = first["from_ms"], clock.now_ms()
    wanted = seen(store, "door-0", at)
    assert wanted.total_ms(Contact.UNKNOWN) == 0  # the next heartbeat claims all of it
    thin(store)
    assert (everything(store), seen(store, "door-0", at)) == (before, wanted)
    store.close()


def spans(store: Store) -> list[dict[str, object]]:
    return sorted(rows(store, heartbeat_spans), key=lambda row: row["from_id"])  # type: ignore[arg-type, return-value]


async def test_a_commit_that_fails_takes_no_heartbeat_with_it(tmp_path: Path) -> None:
    """The disk is full for a while, at any moment of a span."""
    store, clock, seal = new_store(tmp_path), ManualClock(), HandSeal()
    enrol(store, [seal])
    promise(store, "door-0", seal)
    chance, is_bad = random.Random(seed()), False  # noqa: S311 - a story

    @around_each_commit(store)
    def weather(connection: Connection) -> Around:  # type: ignore[misc]
        if is_bad and chance.random() < 0.3:
            raise OSError(28, "No space left on device")
        yield  # type: ignore[misc]

    async with beating_at(store, clock) as engine:
        is_bad = True
        for n in range(60):
            clock.advance(HEARTBEAT_MS)
            if n % 20 == 19:
                said = seal.edge((seal.edges + 1) % 2)
            else:
                said = seal.heartbeat(seal.edges % 2)
            engine.receive(seal.topic, seal.sealed(said), n)
            settled = asyncio.ensure_future(engine.idle())

            def is_settled(settled: asyncio.Future[None] = settled) -> bool:
                clock.advance(40)  # what failed is tried again
                return settled.done()

            await until(is_settled)  # by the machine's time: its disk may be slow, and no beat late
    before = everything(store)
    assert sum(span["beats"] for span in spans(store)) >= 18  # type: ignore[misc]
    thin(store)
    assert everything(store) == before
    store.close()


async def test_many_that_end_at_once_are_written_few_with_each_commit(tmp_path: Path) -> None:
    store, clock = new_store(tmp_path), ManualClock()
    seals = [HandSeal() for _ in range(2 * ROWS_MAX + 5)]
    enrol(store, seals)
    for n, seal in enumerate(seals):
        promise(store, f"door-{n}", seal)
    written: list[int] = []

    @around_each_commit(store)
    def count(connection: Connection) -> Around:  # type: ignore[misc]
        written.append(len(spans(store)))
        yield  # type: ignore[misc]

    async with beating_at(store, clock) as engine:
        for _ in range(4):
            clock.advance(HEARTBEAT_MS)
            for seal in seals:
                engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 1)
            await engine.idle()
        engine.note(SITE, RulesSet(Rulebook(Rules(chatter_openings=9))))
        for _ in range(4):
            await engine.idle()
            engine.receive(seals[0].topic, seals[0].sealed(seals[0].heartbeat()), 1)
        await engine.idle()
    assert len(spans(store)) == len(seals)
    assert max(after - before for before, after in pairwise(written)) == ROWS_MAX
    store.close()


async def test_a_span_that_was_spoilt_is_named_and_the_journal_speaks_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock, seal = new_store(tmp_path), ManualClock(), HandSeal()
    enrol(store, [seal])
    promise(store, "door-0", seal)
    async with beating_at(store, clock) as engine:
        for _ in range(5):
            await one_seal(store, clock, engine, seal)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 2)
        await engine.idle()
    before = everything(store)
    for what in ({"packed": b"\x80"}, {"contact": "ajar"}, {"beats": "many"}):
        with store.writing() as connection:
            connection.execute(update(heartbeat_spans).values(**what))
        caplog.clear()
        assert everything(store) == before
        assert "a row of heartbeat_spans cannot be used" in caplog.text
        assert "door-0" not in caplog.text
    store.close()
