"""What an earlier life told people, a start neither takes back nor forgets.

A gateway that has just begun has heard nothing yet: that is no word that a trouble is over, so it
goes on, and nobody is told twice. And what is over in this life is said, though another life found
it: else its case stays for good, and the next of its kind is told to nobody.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import itemgetter

import msgspec
import pytest

from gateway.core.duration import DAY_MS
from gateway.core.events import OrderPlaced, PermitAnnounced, SealBound
from gateway.core.model import Order, Path, Permit
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.engine.engine import Engine
from gateway.engine.guard import FLOOD_AT, FORGERY_AT, OVER_MS, SEAL_BURST
from gateway.engine.path_watch import RECEIVER_AWAY_MS
from gateway.engine.self_watch import (
    BROKER_AWAY_MS,
    CONSOLE,
    DISK_EVERY_MS,
    SEALS_EVERY_MS,
    SEALS_FIRST_MS,
    BrokerPlace,
    Disk,
    SelfWatch,
)
from gateway.ingest.twin import ECHOES_MISSED, OVER_S, Echo, Name, TwinWatch
from gateway.store import seal_paths, tables
from gateway.store.database import Store
from gateway.store.seal_tables import seal_readings
from sealwire import report
from tests.engine.small_site import HandSeal, beating_at, enrol, rows
from tests.engine.test_clock_in_doubt import Site
from tests.engine.test_path_causes import BEHIND, POINT, Street, seals, street  # noqa: F401
from tests.engine.test_two_paths import BEAT_MS, House, house, seal  # noqa: F401
from tests.engine.two_times import HOUR, MINUTE, SECOND
from tests.manual_clock import ManualClock

NOWHERE = BrokerPlace("127.0.0.1", 1)
ROOM = Disk(10**11, 10**10)


def said(store: Store, reason: Reason) -> list[str]:
    """What the site was told of a trouble, in order."""
    found = sorted(rows(store, tables.journal), key=itemgetter("journal_id"))
    about = [row for row in found if row["kind"] in ("trouble_began", "trouble_ended")]
    its = [row for row in about if json.loads(row["body"])["reason"] == reason]
    return [row["kind"].removeprefix("trouble_") for row in its]


@asynccontextmanager
async def watched(
    store: Store, clock: ManualClock, free: Disk = ROOM
) -> AsyncIterator[tuple[Engine, SelfWatch]]:
    """A life whose gateway looks at itself; nothing is connected yet."""
    async with beating_at(store, clock) as engine:
        yield engine, SelfWatch(engine, NOWHERE, store.path, lambda _: free)


async def looks(engine: Engine, watch: SelfWatch) -> None:
    await watch.look()
    await engine.idle()


async def test_a_start_while_the_broker_is_away_ends_no_case_and_makes_no_second(
    store: Store,
) -> None:
    enrol(store, [HandSeal()])
    clock = ManualClock()
    async with watched(store, clock) as (engine, watch):
        clock.advance(BROKER_AWAY_MS)
        await looks(engine, watch)
    async with watched(store, clock) as (engine, watch):
        await looks(engine, watch)
        clock.advance(BROKER_AWAY_MS)
        await looks(engine, watch)
        assert said(store, Reason.WATCH_LOST) == ["began"]
        engine.metrics.broker(connected=True)
        await looks(engine, watch)
    assert said(store, Reason.WATCH_LOST) == ["began", "ended"]


@pytest.mark.parametrize("by_ms", [-5 * HOUR, 5 * HOUR])
async def test_a_clock_that_is_set_makes_no_trouble_longer_nor_shorter(
    store: Store, by_ms: int
) -> None:
    forged = HandSeal()
    enrol(store, [forged])
    clock = ManualClock()
    async with watched(store, clock) as (engine, watch):
        for _ in range(FORGERY_AT):
            engine.receive(forged.topic, forged.sealed(forged.heartbeat(), bytes(32)), 1)
        await engine.idle()
        clock.advance(by_ms)
        engine.clock_set(by_ms)
        await looks(engine, watch)
        assert said(store, Reason.WATCH_LOST) == []
        clock.advance(BROKER_AWAY_MS)
        await looks(engine, watch)
        assert said(store, Reason.WATCH_LOST) == said(store, Reason.FORGERY) == ["began"]
        clock.advance(OVER_MS + 1)
        await looks(engine, watch)
        engine.look()
        await engine.idle()
        assert said(store, Reason.FORGERY) == ["began", "ended"]


async def test_a_gateway_that_starts_within_each_hour_tells_of_a_seal_that_nobody_tested(
    store: Store,
) -> None:
    bare = HandSeal()
    enrol(store, [bare], bound=False)
    clock = ManualClock()
    async with watched(store, clock) as (engine, watch):
        await engine.submit(of_door("door-0"), SealBound(bare.seal_id, None, must_certify=True))
        order = Order("o", clock.now_ms(), clock.now_ms() + 30 * DAY_MS)
        await engine.submit(of_door("door-0"), OrderPlaced(order))
        await looks(engine, watch)
    assert said(store, Reason.UNCERTIFIED) == []
    for _ in range(2):
        clock.advance(SEALS_EVERY_MS - SEALS_FIRST_MS)
        async with watched(store, clock) as (engine, watch):
            clock.advance(SEALS_FIRST_MS)
            await looks(engine, watch)
    assert said(store, Reason.UNCERTIFIED) == ["began"]


async def test_a_start_does_not_make_a_disk_roomier(store: Store) -> None:
    enrol(store, [HandSeal()])
    clock = ManualClock()
    for free in (4 * 10**8, 5 * 10**8 + 1):  # low; and a little more, which is not enough
        async with watched(store, clock, Disk(10**11, free)) as (engine, watch):
            await looks(engine, watch)
        clock.advance(DISK_EVERY_MS)
    assert said(store, Reason.DISK_LOW) == ["began"]
    async with watched(store, clock) as (engine, watch):
        await looks(engine, watch)
    assert said(store, Reason.DISK_LOW) == ["began", "ended"]


async def test_a_certificate_that_nobody_looks_at_any_more_ends_soon_no_more(store: Store) -> None:
    """The console spoke HTTPS in the life before; by other settings it does not."""
    enrol(store, [HandSeal()])
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        engine.trouble(Reason.CERTIFICATE_ENDS, True, CONSOLE)
        await engine.idle()
    async with watched(store, clock) as (engine, watch):
        await looks(engine, watch)
    assert said(store, Reason.CERTIFICATE_ENDS) == ["began", "ended"]


async def test_a_flood_of_an_earlier_life_is_over_after_a_while_and_the_next_one_is_told(
    store: Store,
) -> None:
    thief = HandSeal()
    enrol(store, [thief])
    clock = ManualClock()
    for life in range(2):
        async with beating_at(store, clock) as engine:
            for _ in range(SEAL_BURST + FLOOD_AT):
                engine.receive(thief.topic, thief.sealed(thief.heartbeat()), 1)
            await engine.idle()
        assert said(store, Reason.FLOOD) == ["began", "ended"] * life + ["began"]
        async with beating_at(store, clock) as engine:
            engine.look()
            clock.advance(OVER_MS)
            engine.look()
            await engine.idle()
            assert said(store, Reason.FLOOD)[-1] == "began"  # a start is no word of its end
            clock.advance(1)
            engine.look()
            await engine.idle()
        assert said(store, Reason.FLOOD) == ["began", "ended"] * (life + 1)


async def test_a_start_in_the_midst_of_an_attack_does_not_end_it(store: Store) -> None:
    forged = HandSeal()
    enrol(store, [forged])
    clock = ManualClock()
    for _ in range(2):
        async with beating_at(store, clock) as engine:
            engine.look()
            for _ in range(FORGERY_AT):
                engine.receive(forged.topic, forged.sealed(forged.heartbeat(), bytes(32)), 1)
            await engine.idle()
        assert said(store, Reason.FORGERY) == ["began"]
    async with beating_at(store, clock) as engine:
        clock.advance(OVER_MS + 1)
        engine.look()
        await engine.idle()
    assert said(store, Reason.FORGERY) == ["began", "ended"]


async def test_a_clock_in_doubt_is_told_once_however_often_the_gateway_starts(
    store: Store,
) -> None:
    site = Site(store)
    async with site.runs():
        await site.passes(MINUTE)
        site.machine.wrong_ms = HOUR
        await site.passes(MINUTE)
    assert said(store, Reason.CLOCK_DOUBTED) == ["began"]
    async with site.runs() as engine:
        await site.passes(SECOND)
        assert engine.health().clock_told
        await site.passes(MINUTE)
        assert said(store, Reason.CLOCK_DOUBTED) == ["began"]
        site.machine.is_vouched = True
        await site.passes(MINUTE)
        assert not engine.health().clock_told
    assert said(store, Reason.CLOCK_DOUBTED) == ["began", "ended"]


async def test_a_start_while_the_receiver_is_away_ends_no_case_and_makes_no_second(
    store: Store,
    seal: HandSeal,  # noqa: F811
) -> None:
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        one.watch.receiver(is_listening=False)
        await one.passes(RECEIVER_AWAY_MS + 5_000)
    async with house(store, seal, clock) as one:
        one.watch.receiver(is_listening=False)
        await one.passes(RECEIVER_AWAY_MS + 5_000)
        assert said(store, Reason.RECEIVER_LOST) == ["began"]
        one.watch.receiver(is_listening=True)
        await one.passes(5_000)
    assert said(store, Reason.RECEIVER_LOST) == ["began", "ended"]


async def test_a_way_on_which_a_seal_never_spoke_is_not_heard_again_by_a_start(
    store: Store,
    seal: HandSeal,  # noqa: F811
) -> None:
    """It is heard by air alone, so that of the network no hearing is stored."""
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        await beats_by_air(one, seal, 3)
        assert one.silent() == [(Path.NETWORK, False)]
        before = one.door.silent_paths
    for _ in range(2):
        async with house(store, seal, clock) as one:
            await beats_by_air(one, seal, 3)
            assert one.door.silent_paths == before
    async with house(store, seal, clock) as one:
        one.network(seal.sealed(seal.heartbeat()))
        await one.passes(5_000)
        assert one.silent() == []


async def beats_by_air(one: House, sender: HandSeal, count: int) -> None:
    for _ in range(count):
        assert one.air(sender.advertised(sender.heartbeat()))
        await one.passes(BEAT_MS)


async def test_when_a_seal_was_heard_on_its_ways_moves_with_the_clock(
    store: Store,
    seal: HandSeal,  # noqa: F811
) -> None:
    """Else a clock that was ahead leaves hearings in the future, newer than any silence."""
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        assert one.air(seal.advertised(seal.heartbeat()))
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        heard_ms = clock.now_ms()
        clock.advance(-HOUR)
        one.engine.clock_set(-HOUR)
        await one.idle()
    with store.reading() as connection:
        assert set(seal_paths.heard(connection)[seal.seal_id].values()) == {heard_ms - HOUR}
    assert [row["heard_ms"] for row in rows(store, seal_readings)] == [heard_ms - HOUR]


async def test_a_start_or_a_broker_that_comes_back_does_not_heal_an_access_point(
    store: Store,
    seals: list[HandSeal],  # noqa: F811
) -> None:
    async with street(store, seals) as site:
        site.without = set(range(BEHIND))
        await site.passes(4)
        clock = site.house.engine.clock
        site.house.engine.metrics.broker(connected=False)
        await site.house.passes(5_000)
        site.house.engine.metrics.broker(connected=True)
        await site.passes(1)
        assert site.troubles() == [(Reason.NETWORK_AWAY, POINT)]
    assert isinstance(clock, ManualClock)
    async with house(store, seals[0], clock) as again:
        later = Street(again, seals)
        later.without = set(range(BEHIND))
        await later.passes(4)
        assert later.faults() == []
        assert said(store, Reason.NETWORK_AWAY) == ["began"]
        later.without = set()
        await later.passes(2)
    assert said(store, Reason.NETWORK_AWAY) == ["began", "ended"]


@pytest.mark.parametrize("shuts", [False, True])
@pytest.mark.parametrize("starts", [False, True])
async def test_a_copy_shows_after_a_start_too_that_an_opening_is_older_than_its_permit(
    store: Store, starts: bool, shuts: bool
) -> None:
    """Who held the report back until the permit began is found by the seal's next copy of it."""
    cat = HandSeal()
    enrol(store, [cat])
    clock = ManualClock()
    begins_ms = clock.now_ms()
    permit = Permit("lunch", begins_ms, begins_ms + HOUR, 1, 30 * MINUTE, "Li", "lunch")
    opening = cat.edge(age_ms=0)
    async with beating_at(store, clock) as engine:
        await engine.submit(of_door("door-0"), PermitAnnounced(permit))
        clock.advance(MINUTE)
        await hears(engine, cat, opening)
        if shuts:
            clock.advance(MINUTE)
            await hears(engine, cat, cat.edge(report.SHUT))
        assert [row["reason"] for row in rows(store, tables.openings)] == [Reason.PERMIT]
        opening.age_ms = HOUR
        if not starts:
            await hears(engine, cat, opening)
    if starts:
        async with beating_at(store, clock) as engine:
            await hears(engine, cat, opening)
    assert [row["reason"] for row in rows(store, tables.openings)] == [Reason.NO_PERMIT]
    assert [row["reason"] for row in rows(store, tables.cases)] == [Reason.NO_PERMIT]


async def hears(engine: Engine, sender: HandSeal, what: report.Report) -> None:
    engine.receive(sender.topic, sender.sealed(what), 1)
    await engine.idle()


@pytest.mark.parametrize("starts", [False, True])
async def test_what_is_overdue_is_stepped_by_its_time_in_whichever_life(
    store: Store, starts: bool
) -> None:
    """A gateway was suspended. The seal that was heard first is lost first, and told first; by the
    times that one life had noted and the next had not, it would be the other one."""
    senders = [HandSeal(), HandSeal()]
    enrol(store, senders)
    clock = ManualClock()
    async with beating_at(store, clock) as engine:
        for number in (0, 1, 1, 0):
            engine.note(of_door(f"door-{number}"), SealBound(senders[number].seal_id, BEAT_MS))
            await hears(engine, senders[number], senders[number].heartbeat())
            clock.advance(5_000)
        if not starts:
            clock.advance(HOUR)
            await engine.idle()
    if starts:
        clock.advance(HOUR)
        async with beating_at(store, clock):
            pass
    found = sorted(rows(store, tables.journal), key=itemgetter("journal_id"))
    assert [row["subject_id"] for row in found if row["kind"] == "deadline"][:2] == [
        "door-1",
        "door-0",
    ]


def test_twins_that_nobody_sees_any_more_are_over_whichever_life_and_name_they_had() -> None:
    told: list[tuple[bool, str]] = []
    earlier, first, anew = "cc" * 4, Name(3, "dd" * 16), Name(4, "ee" * 16)
    ours = TwinWatch(Name(1, "aa" * 16), lambda *news: told.append(news), (earlier, str(first)))
    now_s = 100.0
    ours.echo(1)
    for number, name in ((1, first), (2, first), (3, anew), (4, anew)):
        ours.connecting()
        ours.found(_echo_of(name, number), now_s)
        ours.look(now_s)
        now_s += ECHOES_MISSED
    assert told == [(True, str(first)), (True, str(anew))]
    for later_s in (OVER_S, OVER_S + 1):
        ours.look(now_s + later_s)
    over = sorted(told[2:])
    assert over == sorted((False, name) for name in (earlier, str(first), str(anew)))


def _echo_of(name: Name, number: int) -> bytes:
    return msgspec.json.encode(Echo(name, number))
