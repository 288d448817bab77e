"""What may not go out yet: a destination alone, by a clock that is moved by hand."""

from __future__ import annotations

import asyncio

from sqlalchemy import insert

from gateway.channels.channel import DeliveryError
from gateway.core.duration import HOUR_MS
from gateway.core.evidence import Ended, Evidence
from gateway.core.reasons import Reason
from gateway.engine.health import Metrics
from gateway.notify.delivery import REFILL_EVERY_MS, DeliveryWorker
from gateway.notify.destination import HELD_MAX, PROBE_MS, REST_MOST_MS, Destination, Hands
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.outbox import HOUSEHOLD, Entry
from tests.manual_clock import ManualClock
from tests.waiting import until

NIGHT_MS = 12 * HOUR_MS


class Ways:
    """A destination whose tries the test ends, and what it asks of its worker."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.may_go_ms: dict[int, int] = {}
        self.ended: dict[int, Ended] = {}
        self.tries: list[tuple[int, int]] = []  # (when, entry_id)
        self.resting: set[int] = set()
        self.over: list[int] = []
        self.written_ms: list[int] = []  # when the entry is tried next, as the store knows
        self.calls: list[int] = []
        self._under_way: list[asyncio.Future[Evidence]] = []
        hands = Hands(
            lambda: self.now_ms,
            self._send,
            lambda entry: self.ended.get(entry.entry_id),
            lambda entry, at_ms: max(at_ms, self.may_go_ms.get(entry.entry_id, 0)),
            lambda entry, rests: (self.resting.add if rests else self.resting.discard)(
                entry.entry_id
            ),
            self._noted,
            lambda _, at_ms: self.calls.append(at_ms),
            lambda _, __: None,
            lambda _, __: None,
            lambda _: False,
        )
        self.destination = Destination(HOUSEHOLD, HOUSEHOLD, 16, hands)

    def _send(self, entry: Entry) -> asyncio.Future[Evidence]:
        self.tries.append((self.now_ms, entry.entry_id))
        self._under_way.append(asyncio.get_running_loop().create_future())
        return self._under_way[-1]

    def _noted(self, entry: Entry, is_over: bool) -> None:
        if is_over:
            self.over.append(entry.entry_id)
        else:
            self.written_ms.append(entry.next_ms)

    def take(self, entry_id: int, door_id: str = "") -> None:
        its = Reason.HEALTH_UNSAID, self.now_ms, self.now_ms, self.now_ms
        at = str(entry_id), "", door_id or f"door-{entry_id}", None, HOUSEHOLD, HOUSEHOLD, "en"
        self.destination.take(Entry(entry_id, *at, *its))

    async def answers(self, error: DeliveryError | None = None) -> None:
        """Whatever is under way ends so."""
        under_way, self._under_way = self._under_way, []
        for attempt in under_way:
            if error is None:
                attempt.set_result(Evidence.ACCEPTED)
            else:
                attempt.set_exception(error)
        await asyncio.sleep(0)

    def passes(self, ms: int) -> None:
        """Time passes, and the destination is called."""
        self.now_ms += ms
        self.destination.go()


async def test_what_rests_is_no_probe_and_nothing_that_goes_out_releases_it() -> None:
    ways = Ways()
    for entry_id in (1, 2):
        ways.take(entry_id)
    ways.destination.go()
    await ways.answers(DeliveryError("away"))
    assert ways.tries == [(0, 1), (0, 2)]
    ways.may_go_ms[1] = NIGHT_MS
    for _ in range(20):
        ways.passes(PROBE_MS)
        await ways.answers(DeliveryError("away"))
    assert {entry_id for _, entry_id in ways.tries[2:]} == {2}, "the only probe that there is"
    ways.passes(PROBE_MS)
    await ways.answers()
    assert ways.over == [2]
    assert ways.resting == {1}
    assert ways.destination.held == 1
    ways.passes(HOUR_MS)
    assert ways.tries[-1][1] == 2


async def test_it_is_judged_again_each_hour_and_goes_out_when_it_may_or_is_needed_no_more() -> None:
    ways = Ways()
    ways.may_go_ms = dict.fromkeys((1, 2, 3), NIGHT_MS)
    for entry_id in (1, 2, 3):
        ways.take(entry_id)
    ways.destination.go()
    assert (ways.tries, ways.resting) == ([], {1, 2, 3})
    assert set(ways.calls) == {REST_MOST_MS}
    ways.may_go_ms[1], ways.ended[2] = HOUR_MS, Ended.TAKEN  # it named other hours; it is answered
    ways.passes(REST_MOST_MS - 1)
    assert ways.tries == []
    ways.passes(1)
    assert ways.tries == [(HOUR_MS, 1)]
    assert (ways.over, ways.resting) == ([2], {3})
    while ways.now_ms < NIGHT_MS:
        assert ways.tries == [(HOUR_MS, 1)]
        assert ways.calls[-1] <= ways.now_ms + REST_MOST_MS
        ways.passes(min(REST_MOST_MS, NIGHT_MS - ways.now_ms))
    assert ways.tries[-1] == (NIGHT_MS, 3)


async def test_a_try_whose_next_would_fall_into_the_hours_waits_for_their_end() -> None:
    ways = Ways()
    ways.take(1)
    ways.destination.go()
    ways.may_go_ms[1] = NIGHT_MS
    await ways.answers(DeliveryError("away"))
    assert ways.resting == {1}
    for _ in range(60):
        ways.passes(HOUR_MS // 5)
    assert ways.tries == [(0, 1), (NIGHT_MS, 1)]


async def test_where_the_clock_is_set_what_rests_goes_on_resting_as_long() -> None:
    ways = Ways()
    ways.may_go_ms[1] = NIGHT_MS
    ways.take(1)
    ways.now_ms += HOUR_MS
    ways.destination.clock_set(HOUR_MS)
    ways.destination.go()
    assert ways.resting == {1}
    ways.may_go_ms[1] = 0
    ways.passes(REST_MOST_MS)
    assert ways.tries == [(2 * HOUR_MS, 1)]


async def test_of_what_rests_a_newer_text_of_its_kind_to_the_same_household_is_enough() -> None:
    ways = Ways()
    ways.may_go_ms = dict.fromkeys((1, 2, 3), NIGHT_MS)
    for entry_id, door_id in ((1, "door-1"), (2, "door-2"), (3, "door-1")):
        ways.take(entry_id, door_id)
    while ways.now_ms < NIGHT_MS:
        ways.passes(REST_MOST_MS)
    assert ways.over == [1]
    assert sorted(entry_id for _, entry_id in ways.tries) == [2, 3]


class Provider:
    """The far end: takes whatever comes, and notes it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def send(self, entry: Entry) -> Evidence:
        self.told.append(entry.page_id)
        return Evidence.ACCEPTED

    async def close(self) -> None:
        pass


async def test_however_many_rest_the_texts_behind_them_go_out(store: Store) -> None:
    """More than a destination holds, in named hours; from the outbox of an earlier life."""
    text = {"case_id": "", "warden_id": None, "channel": HOUSEHOLD, "address": HOUSEHOLD}
    text |= {"reason": Reason.HEALTH_UNSAID, "since_ms": 0, "made_ms": 0, "next_ms": 0}
    many = HELD_MAX + 200
    with store.writing() as connection:
        rows = [
            text | {"page_id": f"p{n}", "sent_id": f"{n:016x}", "door_id": f"door-{n}"}
            for n in range(many + 1)
        ]
        connection.execute(insert(tables.outbox), rows)
    clock, provider = ManualClock(), Provider()
    metrics = Metrics(clock.now_ms)
    worker = DeliveryWorker(
        HOUSEHOLD,
        provider,
        store,
        lambda _: None,
        metrics,
        clock,
        may_go_ms=lambda entry, at_ms: at_ms + HOUR_MS * (entry.page_id != f"p{many}"),
    )
    running = asyncio.create_task(worker.run())

    def is_told() -> list[str]:
        clock.advance(REFILL_EVERY_MS)  # so often it reads on
        return provider.told

    await until(is_told)
    running.cancel()
    assert provider.told == [f"p{many}"]
    assert metrics.outbox[HOUSEHOLD][0] <= 1, "and none of them counts as late"


async def test_a_rest_that_the_other_end_asked_for_is_written_each_time() -> None:
    """Whoever is told the same again would be asked before its time by the next life."""
    ways = Ways()
    ways.take(1)
    ways.destination.go()
    for hour in range(1, 6):
        await ways.answers(DeliveryError("too many requests", wait_ms=HOUR_MS))
        assert ways.written_ms == [one * HOUR_MS for one in range(1, hour + 1)]
        ways.passes(HOUR_MS)
    assert len(ways.tries) == 6
