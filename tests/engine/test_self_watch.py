"""A6: what ends the watch is told at once, at any hour: the store, the disk, the broker, its
certificates."""

import asyncio
import sqlite3
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from gateway.core.actor import actor_of
from gateway.core.commissioning_events import WalkTestBegan
from gateway.core.doors.walk_test import HOLD_MS
from gateway.core.events import OrderPlaced, ReportCame, SealBound, SealUnbound
from gateway.core.model import Contact, Order
from gateway.core.subject import of_door
from gateway.engine import self_watch
from gateway.engine.committing import STORE_AGAIN_MS, STORE_FAILING_MS
from gateway.engine.engine import Engine
from gateway.engine.self_watch import (
    BROKER_AWAY_MS,
    CERTIFICATES_EVERY_MS,
    SEALS_EVERY_MS,
    BrokerPlace,
    ConsolePlace,
    Disk,
    SelfWatch,
)
from gateway.provisioning.certificates import ensure_certificates, make_console_certificate
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.outbox import Entry
from tests.engine.small_site import (
    HandSeal,
    around_each_commit,
    beating,
    beating_at,
    enrol,
    rows,
)
from tests.engine.test_outage import apart
from tests.manual_clock import NOON_MS, ManualClock
from tests.waiting import until

DAY_MS = 86_400_000
NIGHT_MS = NOON_MS - NOON_MS % DAY_MS + 14 * 3_600_000 + 30 * 60_000  # 22:30 in Wuxi
HOOK = "webhook:http://127.0.0.1:9/hook"
NOWHERE = BrokerPlace("127.0.0.1", 1)


def enrol_captain(store: Store) -> None:
    enrol(store, [HandSeal()])
    with store.writing() as connection:
        people = {"grid_id": "g", "channels": f'["{HOOK}"]'}
        for role in ("captain", "centre"):
            row = {"warden_id": role, "name": role, "role": role, **people}
            connection.execute(insert(tables.wardens), row)


def cases(store: Store) -> list[tuple[str, str, str]]:
    return [(row["reason"], row["about"], row["state"]) for row in rows(store, tables.cases)]


async def test_a6_nothing_can_be_stored_and_captain_and_centre_hear_of_it_meanwhile(
    store: Store,
) -> None:
    seal, clock, told, fails = HandSeal(), ManualClock(NIGHT_MS), list[Entry](), [False]
    enrol_captain(store)

    @around_each_commit(store)
    def full_disk(_: Connection) -> Iterator[None]:
        if fails[0]:
            raise sqlite3.OperationalError("database or disk is full")
        yield

    async with beating(store, clock=clock) as (engine, post):
        engine.connect(post, [told.extend])
        fails[0] = True
        engine.receive(seal.topic, seal.sealed(seal.edge()), 1)
        await clock.until_asleep(2)
        assert told == []
        for _ in range(4):  # it tries again every few seconds
            clock.advance(STORE_FAILING_MS // 2)
            await until(lambda: clock.sleepers() >= 2)
        assert sorted(str(entry.warden_id) for entry in told) == ["captain", "centre"]
        assert {(entry.reason, entry.channel) for entry in told} == {("store_failing", "webhook")}
        assert all(entry.entry_id < 0 and entry.case_id == "" for entry in told)
        told[0].done_ms = clock.now_ms()
        engine.attempted(told[0])  # it went out: nothing is written of it
        clock.advance(STORE_AGAIN_MS)
        await until(lambda: len(told) == 4)
        fails[0] = False
        clock.advance(STORE_AGAIN_MS)
        await engine.idle()
    assert cases(store) == [("store_failing", "", "raised")]
    (case,) = rows(store, tables.cases)
    assert case["since_ms"] == NIGHT_MS
    assert case["cleared_ms"] is not None
    assert {row["warden_id"] for row in rows(store, tables.outbox)} == {"captain", "centre"}
    assert all(entry.entry_id > 0 for entry in told[4:])
    assert apart(store).journal == ()


@asynccontextmanager
async def looking(
    store: Store, clock: ManualClock, place: BrokerPlace = NOWHERE, disk: list[Disk] | None = None
) -> AsyncIterator[tuple[Engine, SelfWatch]]:
    enrol_captain(store)
    seen = disk or [Disk(10**12, 10**11)]
    async with beating_at(store, clock) as engine:
        yield engine, SelfWatch(engine, place, store.path, lambda _: seen[-1])


async def test_a6_a_broker_that_is_away_for_a_minute_is_told_at_night(store: Store) -> None:
    clock = ManualClock(NIGHT_MS)
    async with looking(store, clock) as (engine, watch):
        engine.metrics.broker(connected=True)
        await watch.look()
        engine.metrics.broker(connected=False)
        clock.advance(BROKER_AWAY_MS - 1)
        await watch.look()
        await engine.idle()
        assert cases(store) == []
        clock.advance(1)
        for _ in range(3):
            await watch.look()
            await engine.idle()
        assert cases(store) == [("watch_lost", "broker", "raised")]
        assert {row["warden_id"] for row in rows(store, tables.outbox)} == {"captain", "centre"}
        engine.metrics.broker(connected=True)
        await watch.look()
        await engine.idle()
        assert cases(store) == [("watch_lost", "broker", "closed")]


async def test_a6_a_disk_that_fills_up_is_told_before_it_is_full(store: Store) -> None:
    clock, disk = ManualClock(NIGHT_MS), [Disk(10**11, 10**10)]
    async with looking(store, clock, disk=disk) as (engine, watch):
        engine.metrics.broker(connected=True)
        for free, wanted in (
            (10**10, []),
            (4 * 10**8, ["raised"]),
            (5 * 10**8 + 1, ["raised"]),  # a little more room is not enough
            (7 * 10**8, ["closed"]),
        ):
            disk.append(Disk(10**11, free))
            clock.advance(self_watch.DISK_EVERY_MS)
            await watch.look()
            await engine.idle()
            assert [state for _, _, state in cases(store)] == wanted, free


def test_a_small_disk_is_low_by_its_share() -> None:
    assert not self_watch.is_low(Disk(10_000_000, 1_000_000), False)
    assert self_watch.is_low(Disk(10_000_000, 400_000), False)


@pytest.mark.parametrize(
    ("days", "hour", "is_told"), [(40, 4, 0), (20, 4, 1), (20, 14, 0), (1, 14, 1)]
)
async def test_a6_a_certificate_that_ends_is_told_by_day_and_at_night_when_it_ends_now(
    store: Store, tmp_path: Path, days: int, hour: int, is_told: int
) -> None:
    midnight_ms = NOON_MS - NOON_MS % DAY_MS
    clock = ManualClock(midnight_ms + hour * 3_600_000)  # of UTC: noon and 22:00 in Wuxi
    made = datetime.fromtimestamp(clock.now_ms() / 1000, UTC) - timedelta(days=365 - days)
    ensure_certificates(tmp_path, ["localhost"], 1, made)
    place = BrokerPlace("127.0.0.1", 1, ca=tmp_path / "server.crt")
    async with looking(store, clock, place) as (engine, watch):
        engine.metrics.broker(connected=True)
        await watch.look()
        await engine.idle()
        assert cases(store) == [("certificate_ends", "ca", "raised")] * is_told
        assert len({row["warden_id"] for row in rows(store, tables.outbox)}) == 2 * is_told


async def test_a6_the_certificate_that_the_broker_shows_is_read_though_it_has_ended(
    store: Store, tmp_path: Path
) -> None:
    ensure_certificates(tmp_path, ["localhost"], 1, datetime(2020, 1, 1, tzinfo=UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        place = BrokerPlace("127.0.0.1", port, tls=True, ca=tmp_path / "ca.crt")
        async with looking(store, ManualClock(NIGHT_MS), place) as (engine, watch):
            engine.metrics.broker(connected=True)
            await watch.look()
            await engine.idle()
            assert sorted(about for _, about, _ in cases(store)) == ["ca", "server"]


@pytest.mark.parametrize("days", [60, 29])
async def test_the_console_s_certificate_is_watched_too_as_it_is_shown(
    store: Store, tmp_path: Path, days: int
) -> None:
    """The file was renewed and the console has not taken it: what phones see is what ends."""
    clock = ManualClock(NOON_MS)
    made = datetime.fromtimestamp(clock.now_ms() / 1000, UTC) - timedelta(days=397 - days)
    ensure_certificates(tmp_path, ["localhost"], 5, made)
    make_console_certificate(tmp_path, tmp_path, ["localhost"], made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "console.crt", tmp_path / "console.key")
    make_console_certificate(tmp_path, tmp_path, ["localhost"], made + timedelta(days=300))

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    place = ConsolePlace("127.0.0.1", port, tmp_path / "console.crt")
    enrol_captain(store)
    async with beating_at(store, clock) as engine:
        engine.metrics.broker(connected=True)
        watch = SelfWatch(engine, NOWHERE, store.path, console=place)
        await watch.look()
        await engine.idle()
        raised = [("certificate_ends", "console", "raised")] * (days < 30)
        assert cases(store) == raised
        server.close()  # no console now, so its file says it
        await server.wait_closed()
        clock.advance(CERTIFICATES_EVERY_MS)
        await watch.look()
        await engine.idle()
        assert [state for *_, state in cases(store)] == ["closed"] * len(raised)


async def test_what_cannot_be_looked_at_is_no_trouble_and_ends_nothing(
    store: Store, tmp_path: Path
) -> None:
    def torn(_: Path) -> Disk:
        raise OSError("no such drive")

    place = BrokerPlace("127.0.0.1", 1, tls=True, ca=tmp_path / "nowhere.crt")
    enrol_captain(store)
    async with beating_at(store, ManualClock()) as engine:
        engine.metrics.broker(connected=True)
        await SelfWatch(engine, place, store.path, torn).look()
        await engine.idle()
    assert cases(store) == []


async def test_a_door_that_nobody_tested_is_the_installers_by_day_and_no_household_s(
    store: Store,
) -> None:
    clock = ManualClock(NOON_MS)
    async with looking(store, clock) as (engine, watch):
        door_id = next(iter(engine.state.doors))
        seal_id = engine.state.doors[door_id].seal_id
        assert seal_id is not None
        door = of_door(door_id)
        await engine.submit(door, SealUnbound(seal_id))
        await engine.submit(door, SealBound(seal_id, None, must_certify=True))
        await engine.submit(door, OrderPlaced(Order("o", NOON_MS, NOON_MS + 30 * DAY_MS)))
        for hours in (0, 1):
            clock.advance(hours * SEALS_EVERY_MS)
            await watch.look()
            await engine.idle()
            found = [reason for reason, _, _ in cases(store)]
            assert ("uncertified" in found) is bool(hours)
        told = {(row["reason"], row["warden_id"]) for row in rows(store, tables.outbox)}
        assert ("uncertified", "captain") in told  # there is no installer here
        ends_ms = clock.now_ms() + DAY_MS
        await engine.submit(door, WalkTestBegan("t1", seal_id, actor_of("zhou"), ends_ms))
        await _walk(engine, clock, door_id, seal_id)
        clock.advance(SEALS_EVERY_MS)
        await watch.look()
        await engine.idle()
    assert ("uncertified", "", "closed") in cases(store)


async def _walk(engine: Engine, clock: ManualClock, door_id: str, seal_id: str) -> None:
    """What a seal tells of a walk test that goes well."""
    said = [(Contact.SHUT, False, True), (Contact.SHUT, False, False)]
    said += [(contact, True, False) for contact in (Contact.OPEN, Contact.SHUT) * 3]
    edges = 0
    for seq, (contact, is_edge, cover) in enumerate(said, 1):
        clock.advance(1_000)
        edges += is_edge
        report = ReportCame(seal_id, seq, contact, edges, is_edge, cover=cover)
        await engine.submit(of_door(door_id), report)
    clock.advance(HOLD_MS)
    await engine.submit(of_door(door_id), ReportCame(seal_id, 0, Contact.SHUT, edges, edge=False))
    assert engine.state.doors[door_id].certificate is not None
