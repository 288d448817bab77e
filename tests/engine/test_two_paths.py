"""One report over two ways is one report: the first counts, the other confirms its way."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path as File

import pytest
from sqlalchemy import update

from gateway.core.events import SealBound
from gateway.core.model import Door, Path
from gateway.core.reasons import Reason
from gateway.core.subject import of_door
from gateway.engine.attendance import Attendance
from gateway.engine.engine import Engine
from gateway.engine.path_watch import BEATS, GRACE_MS, RECEIVER_AWAY_MS, PathWatch
from gateway.engine.ports import Rejected
from gateway.engine.proving import HEARTBEATS
from gateway.ingest.advert_ids import AdvertIds
from gateway.ingest.authenticate import Authenticator, resolved_advert
from gateway.store import seal_paths, tables
from gateway.store.database import Store
from sealwire import advert, report
from sealwire.receipt import HEARD, HEARD_MS, STORED
from tests.engine.small_site import HandSeal, Post, beating, enrol, new_store, rows
from tests.manual_clock import ManualClock

BEAT_MS = 100_000


class House:
    """A gateway with both ways, and one seal whose hand we are."""

    def __init__(
        self,
        engine: Engine,
        post: Post,
        store: Store,
        seal: HandSeal,
        attendance: Attendance | None = None,
    ) -> None:
        self.engine, self.post, self.store, self.seal = engine, post, store, seal
        self.ids = AdvertIds()
        self.ids.know(engine.state.registry.seals, engine.state.windows)
        engine.on_heard.append(lambda windows, _: self.ids.rose(windows))
        with store.reading() as connection:
            heard = seal_paths.heard(connection)
        self.watch = PathWatch(engine, heard, attendance=attendance)
        self.watch.stretch = self.ids.stretch
        self.watch.receiver(is_listening=True)
        engine.metrics.broker(connected=True)

    @property
    def door(self) -> Door:
        return self.engine.state.doors["door-0"]

    def air(self, service: bytes, signal_dbm: int | None = -67) -> bool:
        """What the receiver does with service data; whether it was somebody's."""
        found = self.ids.read(service)
        if found is None:
            return False
        return self.engine.receive(
            f"seals/{found[0]}/report", found[1], 0, by_air=True, signal_dbm=signal_dbm
        )

    def network(self, frame: bytes) -> None:
        self.engine.receive(self.seal.topic, frame, 1)

    async def idle(self) -> None:
        await self.engine.idle()

    async def passes(self, ms: int) -> None:
        """Time, in which the watch looks as often as it does."""
        clock = self.engine.clock
        assert isinstance(clock, ManualClock)
        await self.idle()
        for _ in range(max(1, ms // 5_000)):
            clock.advance(min(ms, 5_000))
            self.watch.look()
            await self.idle()

    def openings(self) -> list[dict[str, object]]:
        return rows(self.store, tables.openings)

    def verdicts(self) -> list[int]:
        told = [self.seal.receipt_in(*sent) for sent in self.post.receipts()]
        return [one.verdict for one in told]

    def silent(self) -> list[tuple[Path, bool]]:
        return [(path.path, path.is_ours) for path in self.door.silent_paths]


@asynccontextmanager
async def house(store: Store, seal: HandSeal, clock: ManualClock) -> AsyncIterator[House]:
    async with beating(store, None, clock) as (engine, post):
        yield House(engine, post, store, seal)


@pytest.fixture
def seal(store: Store) -> HandSeal:
    seal = HandSeal()
    enrol(store, [seal])
    with store.writing() as connection:
        connection.execute(update(tables.seals).values(heartbeat_ms=BEAT_MS))
    return seal


async def test_an_opening_by_both_ways_is_one_opening(store: Store, seal: HandSeal) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        opens = seal.edge(report.OPEN)
        assert one.air(seal.advertised(opens))
        one.network(seal.sealed(opens))
        await one.idle()
        assert len(one.openings()) == 1
        assert one.door.contact == "open"
        heard = rows(store, seal_paths.PATHS)
        assert {(row["path"], row["signal_dbm"]) for row in heard} == {
            ("air", -67),
            ("network", None),
        }
        # The copy over the network has its receipt, so that the seal forgets the report.
        assert one.seal.receipted(*one.post.receipts()[-1]) == opens.seq


@pytest.mark.parametrize("air_first", [True, False])
async def test_whichever_way_comes_first_counts(
    store: Store, seal: HandSeal, air_first: bool
) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.network(seal.sealed(seal.heartbeat()))
        for contact in (report.OPEN, report.SHUT) * 5:
            said = seal.edge(contact)
            if air_first:
                assert one.air(seal.advertised(said))
                one.network(seal.sealed(said))
            else:
                one.network(seal.sealed(said))
                assert one.air(seal.advertised(said))
            await one.passes(120_000)
        assert one.door.edges == 10
        assert len(one.openings()) == 5
        refusals = {row["reason"]: row["count"] for row in rows(store, tables.refusals)}
        assert refusals == {Reason.DUPLICATE: 10} or set(refusals) == {Reason.DUPLICATE}


async def test_a_copy_that_comes_too_late_is_nobody_s_and_no_attack(
    store: Store, seal: HandSeal
) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        for _ in range(50):
            said = seal.edge()
            late = seal.advertised(said)
            one.network(seal.sealed(said))
            await one.idle()
            assert not one.air(late)
        await one.idle()
        kinds = {row["kind"] for row in rows(store, tables.journal)}
        assert "refused" not in kinds


async def test_beats_by_air_alone_are_liveness(store: Store, seal: HandSeal) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        for _ in range(20):
            assert one.air(seal.advertised(seal.heartbeat()))
            await one.passes(BEAT_MS)
            assert one.door.silence is None
        assert one.door.edges == 0


async def test_a_seal_that_beat_by_air_while_we_were_away_is_heard_from_the_first_word(
    store: Store, seal: HandSeal
) -> None:
    """What a start expects of it goes on from what was heard last, as far as it has come since."""
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.idle()
    for _ in range(3 * 3_600_000 // BEAT_MS):
        clock.advance(BEAT_MS)
        seal.advertised(seal.heartbeat())
    async with house(store, seal, clock) as one:
        one.watch.look()
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.idle()


async def test_a_copy_by_air_alone_is_liveness_too(store: Store, seal: HandSeal) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        one.network(seal.sealed(seal.heartbeat()))
        said = seal.edge(report.OPEN)
        for _ in range(20):  # its network is gone, so it says again what waits
            assert one.air(seal.advertised(said))
            await one.passes(BEAT_MS)
            assert one.door.silence is None
        assert len(one.openings()) == 1


async def test_a_silent_air_is_found_within_two_beats_and_told_to_the_seal(
    store: Store, seal: HandSeal
) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        assert one.verdicts() == [STORED]  # nothing was ever heard by air
        assert one.air(seal.advertised(seal.heartbeat()))
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        assert one.verdicts()[-1] == HEARD
        for _ in range(3):
            await one.passes(BEAT_MS)
            one.network(seal.sealed(seal.heartbeat()))
            await one.idle()
        assert one.silent() == [(Path.AIR, False)]
        assert one.door.silent_paths[0].found_ms <= one.door.silent_paths[0].since_ms + (
            BEATS * BEAT_MS + GRACE_MS + 5_000
        )
        assert one.verdicts()[-1] == STORED
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.passes(5_000)
        assert one.silent() == []
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        assert one.verdicts()[-1] == HEARD


async def test_a_start_of_the_gateway_forgets_no_silent_way(store: Store, seal: HandSeal) -> None:
    clock = ManualClock()
    async with house(store, seal, clock) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        assert one.air(seal.advertised(seal.heartbeat()))
        for _ in range(3):
            one.network(seal.sealed(seal.heartbeat()))
            await one.passes(BEAT_MS)
        assert one.silent() == [(Path.AIR, False)]
        before = one.door.silent_paths
    async with house(store, seal, clock) as one:
        for _ in range(3):
            one.network(seal.sealed(seal.heartbeat()))
            await one.passes(BEAT_MS)
        assert one.door.silent_paths == before
        assert one.verdicts()[-1] == STORED
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.passes(5_000)
        assert one.silent() == []


async def test_a_silent_network_is_a_fault_and_the_door_is_not_lost(
    store: Store, seal: HandSeal
) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        one.network(seal.sealed(seal.heartbeat()))
        for _ in range(3):
            assert one.air(seal.advertised(seal.heartbeat()))
            await one.passes(BEAT_MS)
        assert one.silent() == [(Path.NETWORK, False)]  # on mains: within two beats
        assert one.door.silence is None


async def test_on_batteries_the_network_has_its_three_hours(store: Store, seal: HandSeal) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        said = report.Report(report.SHUT, report.HEARTBEAT, 0, 0, battery_mv=3000)
        one.network(seal.sealed(said))
        for _ in range(2 * HEARD_MS // BEAT_MS):
            assert one.air(seal.advertised(said))
            await one.passes(BEAT_MS)
        assert one.silent() == []
        assert one.air(seal.advertised(said))
        await one.passes(BEAT_MS)
        assert one.silent() == [(Path.NETWORK, False)]


async def test_a_receiver_that_is_away_is_one_trouble_and_no_lost_door(
    store: Store, seal: HandSeal
) -> None:
    async with house(store, seal, ManualClock()) as one:
        one.engine.note(of_door("door-0"), SealBound(seal.seal_id, BEAT_MS))
        one.network(seal.sealed(seal.heartbeat()))
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.idle()
        one.watch.receiver(is_listening=False)
        await one.passes(RECEIVER_AWAY_MS + 5_000)
        assert [t.reason for t in one.engine.state.troubles.troubles] == [Reason.RECEIVER_LOST]
        await one.passes(10 * BEAT_MS)
        assert (Path.AIR, True) in one.silent()
        assert one.door.silence is None
        one.network(seal.sealed(seal.heartbeat()))
        await one.idle()
        assert one.verdicts()[-1] == STORED
        one.watch.receiver(is_listening=True)
        assert one.air(seal.advertised(seal.heartbeat()))
        await one.passes(5_000)
        assert one.silent() == []
        assert one.engine.state.troubles.troubles == ()


async def test_no_capture_is_ever_accepted_again(tmp_path: File) -> None:
    """Live, across a restart, and after an older copy of the database was put back."""
    store, seal, backup = new_store(tmp_path), HandSeal(), tmp_path / "backup"
    enrol(store, [seal])
    clock, captures = ManualClock(), []
    async with house(store, seal, clock) as one:
        one.network(seal.sealed(seal.heartbeat()))
        for number in range(40):
            said = seal.edge(number % 2) if number % 5 == 0 else seal.heartbeat(report.SHUT)
            captures.append(seal.advertised(said))
            assert one.air(captures[-1])
            await one.passes(5_000)
        assert [one.air(capture) for capture in captures * 2] == [False] * 80
        before = one.door
    with closing(sqlite3.connect(store.path)) as old, closing(sqlite3.connect(backup)) as copy:
        old.backup(copy)
    async with house(store, seal, clock) as one:  # the next start
        assert [one.air(capture) for capture in captures] == [False] * 40
        await one.idle()
        assert one.door == before
        for _ in range(20):  # after the copy
            captures.append(seal.advertised(seal.heartbeat(report.SHUT)))
            assert one.air(captures[-1])
            await one.passes(5_000)
        assert [one.air(capture) for capture in captures] == [False] * 60
    store.close()
    for beside in tmp_path.glob("menshen.db*"):
        beside.unlink()
    store = Store.open(backup.rename(store.path))
    with store.writing() as connection:  # as life.begin does for a copy that was put back
        connection.execute(update(tables.seals).values(unproved_ms=0))
    async with house(store, seal, clock) as one:
        for capture in captures:
            one.air(capture)
            await one.passes(5_000)
        heard = one.door.heard_ms
        await one.passes(HEARTBEATS * BEAT_MS)
        assert [one.air(capture) for capture in captures] == [False] * 60
        assert one.door.heard_ms == heard == before.heard_ms
        assert one.air(seal.advertised(seal.heartbeat(report.SHUT)))  # the seal itself goes on
        await one.idle()
        assert one.door.heard_ms != heard
    store.close()


async def test_what_pretends_to_be_a_resolved_advertisement_is_refused(
    store: Store, seal: HandSeal
) -> None:
    """Whoever may speak to the broker may say anything there."""
    read = Authenticator()
    async with house(store, seal, ManualClock()) as one:
        read.know(one.engine.state.registry.seals)
        windows = one.engine.state.windows
        good = resolved_advert(1, 5, bytes(4) + seal.advertised(seal.heartbeat())[4:])
        stranger = f"seals/{'ab' * 8}/report"
        for topic, payload, reason in (
            ("", good, Reason.MALFORMED),
            ("seals/x", good, Reason.MALFORMED),
            (seal.topic, good[:-1], Reason.MALFORMED),
            (seal.topic, good + b"\0", Reason.MALFORMED),
            (seal.topic, advert.FIRST, Reason.MALFORMED),
            (seal.topic, good, Reason.WRONG_KEY),  # it was transmission 1, and not 5
            (seal.topic, resolved_advert(0, 0, bytes(24)), Reason.REPLAYED),
            (stranger, good, Reason.UNKNOWN_SEAL),
        ):
            refused = read.read(topic, payload, windows)
            assert isinstance(refused, Rejected)
            assert refused.reason is reason
            one.engine.receive(topic, payload, 7)
        await one.idle()
        assert one.door.heard_ms is None
        assert one.post.receipts() == []
