"""A site whose clock is set forward, back and right again: no door goes unwatched, and nobody is
paged for the clock's sake."""

import asyncio
import contextlib
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.events import (
    ClockCorrected,
    ClockTrusted,
    OrderPlaced,
    PermitAnnounced,
    SealBound,
)
from gateway.core.model import Order, Permit
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.core.subject import SITE, of_door
from gateway.engine.clock_states import ClockState
from gateway.engine.clock_watch import ClockWatch
from gateway.engine.engine import Engine
from gateway.engine.pending import PendingReader
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.store import journal, pending, states, tables
from gateway.store.database import Store
from sealwire import report
from tests.engine.small_site import (
    HandSeal,
    beating_at,
    enrol,
    new_store,
    quiet,
    rows,
    waiting_pending_events,
)
from tests.engine.two_times import DAY, HOUR, MINUTE, NOON_MS, SECOND, Machine
from tests.manual_clock import ManualClock


class Site:
    """A gateway on a machine with two clocks, door by door and look by look."""

    def __init__(self, store: Store) -> None:
        self.store, self.machine = store, Machine()
        self.seals = [HandSeal() for _ in range(2)]
        self.tokens = 0
        enrol(store, self.seals, bound=False)
        with store.writing() as connection:
            c = tables.seals
            for n, seal in enumerate(self.seals):
                connection.execute(
                    c.update().where(c.c.seal_id == seal.seal_id).values(door_id=f"door-{n}")
                )

    @contextlib.asynccontextmanager
    async def runs(self) -> AsyncIterator[Engine]:
        """A life of the gateway: as `service.serve` begins it."""
        with self.store.reading() as connection:
            floor_ms, doubt = journal.newest(connection)[1], states.doubt(connection)
        self.clock = self.machine.clock(floor_ms, doubt)
        self.engine, _ = quiet(self.store, clock=self.clock)
        self.watch = ClockWatch(self.engine, self.clock)
        self.watch.look()
        self.reader = PendingReader(self.store, self.engine)
        while await self.reader.take():
            pass
        task = asyncio.create_task(self.engine.run())
        try:
            await self.engine.idle()
            yield self.engine
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def order(self, door: int, from_ms: int, to_ms: int) -> None:
        """An order on a door, in true time from noon."""
        subject = of_door(f"door-{door}")
        await self.engine.submit(subject, SealBound(self.seals[door].seal_id))
        order = Order(f"order-{door}", NOON_MS + from_ms, NOON_MS + to_ms)
        await self.engine.submit(subject, OrderPlaced(order))

    async def permit(self, door: int, from_ms: int, to_ms: int) -> None:
        """An announced opening, in true time from noon."""
        times = NOON_MS + from_ms, NOON_MS + to_ms
        permit = Permit(f"p{from_ms}", *times, 9, DAY, "Li", "lunch")
        await self.engine.submit(of_door(f"door-{door}"), PermitAnnounced(permit))

    async def passes(self, ms: int) -> None:
        """True time passes; a look each second at first, then each minute."""
        await self.engine.idle()
        looks = 0
        while ms > 0:
            looks += 1
            step = min(ms, SECOND if looks <= 40 else MINUTE)
            self.machine.true_ms += step
            ms -= step
            self.watch.look()
            await self.engine.idle()

    async def opens(self, door: int) -> list[str]:
        """A door opens and shuts; the reasons of the pages that went out for it."""
        seal, before = self.seals[door], len(rows(self.store, tables.outbox))
        for contact in (report.OPEN, report.SHUT):
            self.tokens += 1
            said = seal.edge(contact)
            self.engine.receive(seal.topic, seal.sealed(said), self.tokens)
            await self.engine.idle()
        told = rows(self.store, tables.outbox)[before:]
        return [row["reason"] for row in told if row["door_id"] == f"door-{door}"]

    def apart(self) -> Apart:
        """What is stored otherwise than a replay makes it."""
        with self.store.reading() as connection:
            replay = Replay(Rulebook())
            for _ in replay.live(journaled(connection)):
                pass
            return differing(connection, replay)


async def test_b1_thirty_days_ahead_for_half_a_second_blind_nobody(store: Store) -> None:
    """The row itself: the gateway went on believing it, and every order was over for 60 days."""
    site = Site(store)
    async with site.runs():
        await site.order(0, -DAY, 14 * DAY)
        site.machine.wrong_ms = 30 * DAY
        await site.passes(SECOND)
        assert await site.opens(0) == [Reason.OPENED_IN_DOUBT], "told, and accused of nothing"
        site.machine.wrong_ms = 0
        await site.passes(MINUTE)
        assert site.clock.now_ms() == site.machine.true_ms
        assert await site.opens(0) == [Reason.NO_PERMIT]
    async with site.runs():
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.NO_PERMIT]
    assert site.apart() == Apart()


async def test_b1_in_doubt_an_order_begins_early_and_ends_late_and_accuses_nobody(
    store: Store,
) -> None:
    site = Site(store)
    async with site.runs():
        await site.order(0, 2 * HOUR, DAY)  # begins in two hours
        await site.order(1, -DAY, HOUR)  # ends in one
        assert await site.opens(0) == []
        site.machine.wrong_ms = 3 * DAY
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.OPENED_IN_DOUBT], "perhaps it has begun"
        assert await site.opens(1) == [Reason.OPENED_IN_DOUBT], "perhaps it is over"
        (trouble,) = [row for row in rows(store, tables.cases) if row["reason"] == "clock_doubted"]
        assert trouble["door_id"] is None
        site.machine.wrong_ms = 0
        await site.passes(MINUTE)
        assert await site.opens(0) == []
        assert await site.opens(1) == [Reason.NO_PERMIT]
        site.machine.wrong_ms = -3 * HOUR  # set back: the order's end comes later by that reading
        await site.passes(MINUTE)
        await site.passes(HOUR)
        assert await site.opens(1) == [Reason.OPENED_IN_DOUBT]
    assert site.apart() == Apart()


async def test_b1_a_permit_that_covers_by_one_reading_only_is_a_question(store: Store) -> None:
    site = Site(store)
    async with site.runs():
        await site.order(0, -DAY, 14 * DAY)
        await site.permit(0, 0, 30 * MINUTE)  # holds now
        await site.permit(0, 3 * HOUR, 4 * HOUR)
        assert await site.opens(0) == []
        site.machine.wrong_ms = HOUR  # by this the lunch is over
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.OPENED_IN_DOUBT]
        await site.permit(0, -DAY, DAY)  # and this one holds by both
        assert await site.opens(0) == []


async def test_b1_a_correction_moves_what_waits_and_nobody_is_told_too_early(
    store: Store,
) -> None:
    """The clock was an hour behind. The ladder goes on where it was, and nobody falls silent."""
    site = Site(store)
    async with site.runs() as engine:
        await site.order(0, -DAY, 14 * DAY)
        await engine.submit(of_door("door-0"), SealBound(site.seals[0].seal_id, 5 * MINUTE))
        site.machine.wrong_ms = HOUR
        await site.passes(9 * MINUTE)
        assert await site.opens(0) == [Reason.NO_PERMIT]
        waited = engine.state.doors["door-0"].case.escalation.next_ms - site.clock.now_ms()  # type: ignore[union-attr]
        site.machine.is_vouched = True
        for _ in range(6):
            await site.passes(SECOND)
        assert site.clock.now_ms() == site.machine.machine_ms()
        door = engine.state.doors["door-0"]
        left = door.case.escalation.next_ms - site.clock.now_ms()  # type: ignore[union-attr]
        assert 0 < waited - left <= 7 * SECOND
        assert door.silence is None
        assert door.heard_ms is not None
        assert site.clock.now_ms() - door.heard_ms <= 7 * SECOND
    (corrected,) = [row for row in rows(store, tables.journal) if row["kind"] == "clock_corrected"]
    said = journal.decode_event(corrected["body"])
    assert isinstance(said, ClockCorrected)
    assert (said.by_ms, said.to_id) == (HOUR, corrected["journal_id"] - 1)
    reports = [row["journal_id"] for row in rows(store, tables.journal) if row["kind"] == "report"]
    assert said.from_id <= reports[0] <= said.to_id, "readers add the hour to these"
    assert site.apart() == Apart()


async def test_b1_what_the_site_waits_for_is_due_by_a_clock_that_was_set_back(
    store: Store,
) -> None:
    """Whoever vouches sets it at once, with no doubt before: who is told next of the disk is told
    no two hours later for that."""
    clock = ManualClock()
    enrol(store, [HandSeal()])
    async with beating_at(store, clock) as engine:
        engine.trouble(Reason.DISK_LOW, True)
        await engine.idle()
        clock.advance(-2 * HOUR)
        engine.clock_set(-2 * HOUR)
        await engine.idle()
        due_ms = engine.state.due_ms(SITE)
        assert due_ms is not None
        clock.advance(due_ms - clock.now_ms())
        await engine.idle()
    last = rows(store, tables.journal)[-1]
    assert (last["kind"], last["subject_kind"], last["at_ms"]) == ("deadline", "site", due_ms)


async def test_b1_a_database_that_an_earlier_release_dated_far_ahead_is_set_right(
    store: Store,
) -> None:
    """Somebody looks at the clock, says so, and the door is watched by the right time."""
    site = Site(store)
    site.machine.wrong_ms = 60 * DAY
    async with site.runs():
        await site.order(0, -DAY, 14 * DAY)
        assert await site.opens(0) == [], "60 days ahead: the order seemed over"
    site.machine.wrong_ms = 0
    async with site.runs():
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.OPENED_IN_DOUBT], "watched, before anybody said so"
        with store.writing() as connection:
            pending.leave(connection, [(SITE, ClockTrusted(site.machine.machine_ms()))])
        await site.reader.take()
        await site.engine.idle()
        assert site.clock.now_ms() == site.machine.true_ms
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.NO_PERMIT]
        assert not waiting_pending_events(store)
    async with site.runs():
        assert site.clock.now_ms() == site.machine.true_ms
        await site.passes(MINUTE)
        assert await site.opens(0) == [Reason.NO_PERMIT]
    assert site.apart() == Apart()


async def test_b1_a_site_that_was_off_for_a_week_starts_right_if_somebody_says_so_before(
    store: Store,
) -> None:
    """No time service: without that word the door is watched by the old time, and waits for it."""
    site = Site(store)
    async with site.runs():
        await site.order(0, -DAY, 14 * DAY)
    site.machine.true_ms += 7 * DAY
    async with site.runs():
        assert site.clock.state is ClockState.DOUBTED
        assert await site.opens(0) == [Reason.NO_PERMIT], "the order holds by both times"
    with store.writing() as connection:
        pending.leave(connection, [(SITE, ClockTrusted(site.machine.machine_ms()))])
    async with site.runs():
        assert site.clock.state is ClockState.SURE
        assert site.clock.now_ms() == site.machine.true_ms
    assert site.apart() == Apart()


# What a machine, its people and its time servers do, one after the other.
ACTS = st.one_of(
    st.tuples(st.just("wrong"), st.integers(-40 * DAY, 40 * DAY)),
    st.tuples(st.just("wrong"), st.integers(-2 * HOUR, 2 * HOUR)),
    st.tuples(st.just("right"), st.just(0)),
    st.tuples(st.just("vouch"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 5 * 3600)),
    st.tuples(st.just("restart"), st.integers(0, 7200)),
    st.tuples(st.just("open"), st.just(0)),
    st.tuples(st.just("open"), st.just(0)),
)
BELIEVED_S = 8 * 60  # a lie of less than a day must end before it has stood for ten minutes
EVERY_MS, LASTS_MS = 3 * HOUR, HOUR  # the meals
PUBLIC_MS = 5 * SECOND  # so near to a meal's beginning or end nobody is held to it


class Lies(Site):
    """A site whose clock lies at random; true time is known here alone."""

    lied_s = 0

    async def begin(self) -> None:
        await self.order(0, -DAY, 60 * DAY)
        for n in range(24):
            await self.permit(0, n * EVERY_MS, n * EVERY_MS + LASTS_MS)

    async def act(self, what: str, value: int) -> None:
        """One of `ACTS`, but for a restart."""
        machine = self.machine
        if what == "wrong":
            machine.wrong_ms, machine.is_vouched, self.lied_s = value, False, 0
            await self.passes(SECOND)
        elif what in ("right", "vouch"):
            machine.wrong_ms, machine.is_vouched = 0, what == "vouch"
            await self.passes(10 * SECOND)
        elif what == "wait":
            await self.truly_passes(value)
        else:
            await self.truly_passes(90)  # no chatter, and the one before is over
            self.judge(await self.opens(0))

    async def truly_passes(self, seconds: int) -> None:
        if abs(self.machine.wrong_ms) <= DAY and self.machine.wrong_ms:
            before_s = min(seconds, max(BELIEVED_S - self.lied_s, 0))
            await self.passes(before_s * SECOND)
            self.lied_s += before_s
            if before_s == seconds:
                return
            seconds -= before_s
            self.machine.wrong_ms = 0
        await self.passes(seconds * SECOND)

    def judge(self, told: list[str]) -> None:
        """By the true time, which no part of the gateway knows."""
        since_ms = (self.machine.true_ms - NOON_MS) % EVERY_MS
        is_over = self.machine.true_ms - NOON_MS >= 24 * EVERY_MS
        if min(since_ms, abs(since_ms - LASTS_MS), EVERY_MS - since_ms) < PUBLIC_MS:
            return
        if since_ms < LASTS_MS and not is_over:
            assert set(told) <= {Reason.OPENED_IN_DOUBT}, "a household is blamed for the clock"
        else:
            assert told, "an opening under a running order is told to nobody"


@settings(max_examples=25, deadline=None, derandomize=True, print_blob=True)
@given(st.lists(ACTS, max_size=14))
def test_b1_no_jumps_of_the_clock_hide_an_opening_or_blame_a_household(
    acts: list[tuple[str, int]],
) -> None:
    """Any order of steps, vouching, waiting and restarts, on the real loop and database."""

    async def lives() -> None:
        with tempfile.TemporaryDirectory() as folder, closing(new_store(Path(folder))) as store:
            site, left, begun = Lies(store), deque([*acts, ("open", 0)]), False
            while left:
                async with site.runs():
                    if not begun:
                        await site.begin()
                        begun = True
                    while left:
                        what, value = left.popleft()
                        if what == "restart":
                            site.machine.true_ms += value * SECOND
                            break
                        await site.act(what, value)
            assert site.apart() == Apart()

    asyncio.run(lives())
