"""Everything is dated when it arrives, however late the gateway gets to look at it."""

import contextlib
import json
import threading

import pytest
from sqlalchemy import Connection

from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.store import tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import Around, HandSeal, around_each_commit, beating, enrol, rows
from tests.manual_clock import NOON_MS, ManualClock
from tests.waiting import until

MINUTE_MS = 60_000


def lunch(clock: ManualClock, begins_in_ms: int = 0, lasts_ms: int = MINUTE_MS) -> PermitAnnounced:
    """An opening is announced: from when, and for how long."""
    from_ms = clock.now_ms() + begins_in_ms
    return PermitAnnounced(
        Permit("lunch", from_ms, from_ms + lasts_ms, 1, 10 * MINUTE_MS, "Li", "lunch")
    )


class SlowDisk:
    """A disk whose next commit takes until the test lets it end."""

    def __init__(self, store: Store) -> None:
        self.is_slow = False
        self.is_writing, self._ends = threading.Event(), threading.Event()

        @around_each_commit(store)
        def wait(connection: Connection) -> Around:  # type: ignore[misc]
            if self.is_slow:
                self.is_writing.set()
                assert self._ends.wait(30)
            yield

    async def stops(self, engine: Engine, seal: HandSeal) -> None:
        """A commit begins that does not end for now."""
        self.is_slow = True
        engine.receive(seal.topic, seal.sealed(seal.heartbeat()), 0)
        await until(self.is_writing.is_set)

    def goes_on(self) -> None:
        self.is_slow = False
        self._ends.set()


async def test_i3_a_disk_that_stops_for_40_s_dates_nothing_anew(store: Store) -> None:
    """A hundred doors open meanwhile, each at its time."""
    seals = [HandSeal() for _ in range(101)]
    enrol(store, seals)
    disk, clock = SlowDisk(store), ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        await disk.stops(engine, seals[100])
        for seal in seals[:100]:
            clock.advance(400)
            engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        disk.goes_on()
        await engine.idle()
    opened = sorted(row["opened_ms"] for row in rows(store, tables.openings))
    assert opened == [NOON_MS + 400 * n for n in range(1, 101)]
    times = [row["at_ms"] for row in rows(store, tables.journal)]
    assert times == sorted(times), "the journal is in the order of its times"
    assert all(row["opened_ms"] == row["heard_ms"] for row in rows(store, tables.openings))


async def test_i3_a_lawful_opening_is_not_paged_because_the_disk_was_slow(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    disk, clock = SlowDisk(store), ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        await engine.submit(of_door("door-0"), lunch(clock, lasts_ms=10_000))
        await disk.stops(engine, seal)
        clock.advance(9_000)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        clock.advance(31_000)  # its window is over when it is looked at
        disk.goes_on()
        await engine.idle()
    (opening,) = rows(store, tables.openings)
    assert opening["reason"] == Reason.PERMIT
    assert rows(store, tables.outbox) == []


async def test_i3_a_breach_is_not_excused_by_a_permit_that_came_after_it(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    disk, clock = SlowDisk(store), ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        await engine.submit(of_door("door-0"), lunch(clock, begins_in_ms=20_000))
        await disk.stops(engine, seal)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        clock.advance(40_000)
        disk.goes_on()
        await engine.idle()
    (opening,) = rows(store, tables.openings)
    assert (opening["opened_ms"], opening["reason"]) == (NOON_MS, Reason.NO_PERMIT)
    assert len(rows(store, tables.outbox)) == 1


async def test_i3_copies_that_come_together_show_when_the_edge_was(store: Store) -> None:
    """A broker lets go what it held for 31 s: the copies differ by their ages, not by arrival."""
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        await engine.submit(of_door("door-0"), lunch(clock, begins_in_ms=20_000))
        clock.advance(31_000)
        said = seal.edge()
        for age_ms in (0, 10_000, 20_000, 30_000):
            copy = report.Report(said.contact, said.kind, said.seq, said.edges, age_ms=age_ms)
            engine.receive(seal.topic, seal.sealed(copy), 1)
        await engine.idle()
    (opening,) = rows(store, tables.openings)
    assert opening["latest_ms"] == NOON_MS + 1_000
    assert opening["reason"] == Reason.NO_PERMIT, "the permit began 19 s later"
    assert {row["reason"]: row["count"] for row in rows(store, tables.refusals)} == {
        Reason.DUPLICATE: 3,
        Reason.HELD_BACK: 3,
    }


async def test_i3_a_report_that_was_held_back_excuses_no_breach(store: Store) -> None:
    """A man in the middle keeps the report of a breach until the meal's permit holds. The seal's
    later copies come through: the breach is told, and the meal keeps its permit."""
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        await engine.submit(of_door("door-0"), lunch(clock, begins_in_ms=20_000, lasts_ms=600_000))
        said = seal.edge()
        held = seal.sealed(said)
        clock.advance(31_000)
        engine.receive(seal.topic, held, 1)
        await engine.idle()
        assert rows(store, tables.openings)[0]["reason"] == Reason.PERMIT, "it looked like that"
        copy = report.Report(said.contact, said.kind, said.seq, said.edges, age_ms=31_000)
        engine.receive(seal.topic, seal.sealed(copy), 2)
        await engine.idle()
        (opening,) = rows(store, tables.openings)
        assert (opening["opened_ms"], opening["reason"]) == (NOON_MS, Reason.NO_PERMIT)
        assert opening["permit_id"] is None
        (page,) = rows(store, tables.outbox)
        assert page["reason"] == Reason.NO_PERMIT
        clock.advance(60_000)
        engine.receive(seal.topic, seal.sealed(seal.edge(report.SHUT)), 3)
        await engine.idle()
        clock.advance(60_000)
        engine.receive(seal.topic, seal.sealed(seal.edge()), 4)
        await engine.idle()
    assert rows(store, tables.openings)[1]["reason"] == Reason.PERMIT, "the meal itself"


async def test_i3_a_copy_that_travelled_as_usual_changes_nothing(store: Store) -> None:
    seal = HandSeal()
    enrol(store, [seal])
    clock = ManualClock()
    async with beating(store, clock=clock) as (engine, _):
        said = seal.edge()
        for age_ms in (0, 10_000, 20_500):
            copy = report.Report(said.contact, said.kind, said.seq, said.edges, age_ms=age_ms)
            engine.receive(seal.topic, seal.sealed(copy), 1)
            await engine.idle()
            clock.advance(10_000)
    (refusals,) = rows(store, tables.refusals)
    assert (refusals["reason"], refusals["count"]) == (Reason.DUPLICATE, 2)
    assert "report_held" not in {row["kind"] for row in rows(store, tables.journal)}


@pytest.mark.parametrize("starts", [False, True])
async def test_i3_a_later_copy_narrows_what_a_report_that_waited_left_open(
    store: Store, starts: bool
) -> None:
    """It waited in the broker, so nobody knew when its door opened. A copy that did not wait says
    it, in this life or in the next; and that the one after it was held back as well."""
    seal, clock = HandSeal(), ManualClock()
    enrol(store, [seal])
    async with contextlib.AsyncExitStack() as lives:
        engine, _ = await lives.enter_async_context(beating(store, clock=clock))
        await says(engine, seal, seal.heartbeat())
        clock.advance(20 * MINUTE_MS)
        opened = seal.edge()
        await says(engine, seal, opened, live=False)
        (opening,) = rows(store, tables.openings)
        assert (opening["opened_ms"], opening["latest_ms"]) == (NOON_MS, clock.now_ms())
        clock.advance(MINUTE_MS)
        reading = seal.edge(report.SHUT)
        reading.first = True
        await says(engine, seal, reading)
        if starts:
            await lives.aclose()
            engine, _ = await lives.enter_async_context(beating(store, clock=clock))
        opened.age_ms = reading.age_ms = 5 * MINUTE_MS
        await says(engine, seal, opened)
        await says(engine, seal, reading)
        edge_ms = clock.now_ms() - 5 * MINUTE_MS
    (opening,) = rows(store, tables.openings)
    assert (opening["opened_ms"], opening["latest_ms"]) == (NOON_MS, edge_ms)
    journal = rows(store, tables.journal)
    held = [json.loads(row["body"]) for row in journal if row["kind"] == "report_held"]
    assert [(one["seq"], one["edge_ms"]) for one in held] == [(1, edge_ms), (2, edge_ms)]


async def says(engine: Engine, seal: HandSeal, what: report.Report, live: bool = True) -> None:
    engine.receive(seal.topic, seal.sealed(what), 1, live)
    await engine.idle()
