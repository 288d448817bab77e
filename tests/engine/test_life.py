"""An older copy of the database is put back: nothing that was recorded since is believed, nobody is
accused of what the copy does not know, and people get one case."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.core.reasons import Reason
from gateway.engine.engine import Engine
from gateway.engine.proving import HEARTBEAT_MS, HEARTBEATS
from gateway.store import life, marker, tables
from gateway.store.database import Store, StoreError
from gateway.store.life import Memory
from sealwire import report
from tests.engine.small_site import HandSeal, Post, beating, enrol, rows
from tests.manual_clock import ManualClock

DOORS = 30


class Site:
    """A folder with a database and its markers, a copy of it, and what somebody records."""

    def __init__(self, folder: Path) -> None:
        self.path, self.copied = folder / "menshen.db", folder / "copy.db"
        self.marks, self.marks_then = folder / ".menshen.db.marks", b""
        self.seals = [HandSeal() for _ in range(DOORS)]
        self.clock = ManualClock()
        self.recorded: list[tuple[str, bytes]] = []
        store = Store.open(self.path)
        enrol(store, self.seals)
        store.close()

    @contextlib.asynccontextmanager
    async def alive(self, stops: bool = False) -> AsyncIterator[tuple[life.Life, Engine, Post]]:
        """A life of the gateway. It is killed at the end, unless it is said to stop."""
        store = Store.open(self.path)
        lives = life.begin(store, marker.places(self.path))
        try:
            async with beating(store, clock=self.clock, life=lives) as (engine, post):
                yield lives, engine, post
            if stops:
                marker.write(marker.places(self.path), lives.marker(is_stopped=True))
        finally:
            lives.close()
            store.close()

    async def hear(self, engine: Engine, *spoken: tuple[HandSeal, report.Report]) -> None:
        """Seals speak, and somebody on the air records it."""
        for seal, said in spoken:
            payload = seal.sealed(said)
            self.recorded.append((seal.topic, payload))
            engine.receive(seal.topic, payload, len(self.recorded))
        await engine.idle()

    async def days_work(self, engine: Engine) -> None:
        """Every door opens and shuts, twice."""
        for contact in (report.OPEN, report.SHUT) * 2:
            await self.hear(engine, *((seal, seal.edge(contact)) for seal in self.seals))
            self.clock.advance(60_000)

    def copy(self) -> None:
        """As the operator's page says: the database alone, beside the running gateway."""
        with (
            contextlib.closing(sqlite3.connect(self.path)) as source,
            contextlib.closing(sqlite3.connect(self.copied)) as target,
        ):
            source.backup(target)

    def put_back(self) -> None:
        """The copy takes the database's place; what lies hidden beside it stays."""
        for name in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + name).unlink(missing_ok=True)
        self.path.write_bytes(self.copied.read_bytes())

    def rows(self, table: object) -> list[dict[str, object]]:
        with contextlib.closing(Store.open(self.path)) as store:
            return rows(store, table)

    def cases(self) -> list[object]:
        return [row["reason"] for row in self.rows(tables.cases)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def a_day_after_the_copy(site: Site) -> None:
    """A site at work; a copy; a day's work that the copy does not know, and a kill."""
    async with site.alive() as (lives, engine, _):
        await site.hear(engine, *((seal, seal.heartbeat()) for seal in site.seals))
        site.copy()
        site.marks_then = site.marks.read_bytes()
        site.recorded.clear()
        await site.days_work(engine)
        marker.write(marker.places(site.path), lives.marker())  # as its keeper does each minute


async def replay(site: Site, engine: Engine, post: Post) -> int:
    """Everything that was recorded since the copy, once more. How much of it got a receipt."""
    before = len(post.receipts())
    for token, (topic, payload) in enumerate(site.recorded, 1):
        engine.receive(topic, payload, token)
    await engine.idle()
    return len(post.receipts()) - before


@pytest.mark.parametrize("stops", [False, True], ids=["killed", "stopped"])
async def test_i5_after_a_restore_nothing_that_was_recorded_since_is_believed(
    site: Site, stops: bool
) -> None:
    await a_day_after_the_copy(site)
    if stops:
        async with site.alive(stops=True):
            pass
    site.put_back()
    async with site.alive() as (lives, engine, post):
        assert lives.memory is Memory.OLDER_COPY
        assert await replay(site, engine, post) == 0
        # And the seals themselves are heard at once.
        await site.hear(engine, *((seal, seal.edge(report.OPEN)) for seal in site.seals))
        assert len(post.receipts()) == DOORS


async def test_i5_after_a_power_cut_the_seals_prove_themselves_first(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the machine had not brought to the disk may be missing from the high water too."""
    await a_day_after_the_copy(site)
    site.put_back()
    site.marks.write_bytes(site.marks_then)
    other_boot = tmp_path / "boot"
    other_boot.write_text("another")
    monkeypatch.setattr(marker, "BOOT_ID", other_boot)
    async with site.alive() as (_, engine, post):
        half = len(site.recorded) // 2
        everything, site.recorded = site.recorded, site.recorded[:half]
        assert await replay(site, engine, post) == 0
        seal = site.seals[0]
        await site.hear(engine, (seal, seal.heartbeat()))  # the seal itself, live, in between
        site.clock.advance(HEARTBEATS * HEARTBEAT_MS)
        site.recorded = [(topic, payload) for topic, payload in everything if topic == seal.topic]
        assert await replay(site, engine, post) == 0  # whatever they kept for later
        await site.hear(engine, (seal, seal.edge(report.OPEN)))
        assert [seal.receipted(*receipt) for receipt in post.receipts()] == [seal.seq]
    counts = {row["reason"]: row["count"] for row in site.rows(tables.refusals)}
    assert counts[Reason.UNPROVED] == half + 1
    async with site.alive() as (lives, engine, post):
        assert lives.memory is Memory.WHOLE
        await site.hear(engine, (seal, seal.heartbeat()))  # proved once, and for good
        other = site.seals[1]
        await site.hear(engine, (other, other.heartbeat()))  # this one is not
        assert len(post.receipts()) == 1


async def test_c4_an_older_copy_is_one_case_and_no_opening_of_anybody(site: Site) -> None:
    await a_day_after_the_copy(site)
    site.put_back()
    async with site.alive() as (_, engine, _):
        await site.hear(engine, *((seal, seal.heartbeat()) for seal in site.seals))
        assert site.cases() == [Reason.MEMORY_ENDS]
        await site.hear(engine, (site.seals[0], site.seals[0].edge(report.OPEN)))
        assert sorted(map(str, site.cases())) == [Reason.MEMORY_ENDS, Reason.NO_PERMIT]
    async with site.alive() as (lives, engine, _):  # and it is said once
        assert lives.memory is Memory.WHOLE
    assert len(site.cases()) == 2


async def test_c4_a_copy_that_came_alone_is_not_taken_for_the_whole(site: Site) -> None:
    """A new card, or a new machine: nobody knows what happened since."""
    await a_day_after_the_copy(site)
    for path in (*marker.places(site.path), site.marks):
        path.unlink()
    async with site.alive() as (lives, engine, post):
        assert lives.memory is Memory.UNKNOWN
        assert await replay(site, engine, post) == 0
    assert Reason.MEMORY_ENDS in site.cases()


async def test_c4_an_end_at_any_moment_is_no_copy(site: Site) -> None:
    """Killed at its start or at work, or stopped: the next life remembers all."""
    async with site.alive() as (lives, engine, _):
        assert lives.memory is Memory.FIRST
        await site.days_work(engine)
    for stops in (True, False):
        async with site.alive(stops) as (lives, engine, _):
            assert lives.memory is Memory.WHOLE
            await site.days_work(engine)
    store = Store.open(site.path)
    for end in ends_of_a_start():
        with end, contextlib.suppress(ZeroDivisionError):
            life.begin(store, marker.places(site.path)).close()
    store.close()
    async with site.alive() as (lives, _, _):
        assert lives.memory is Memory.WHOLE


def ends_of_a_start() -> Iterator[pytest.MonkeyPatch]:
    """The start ends before each of the things that it writes, one after the other."""

    def ends(*_: object) -> None:
        raise ZeroDivisionError

    for owner, name in ((life, "_adopt"), (life.HighWater, "begin"), (marker, "write")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, ends)
            yield contextlib.nullcontext()  # type: ignore[misc]


async def test_another_sites_database_is_not_taken_for_this_ones(site: Site) -> None:
    await a_day_after_the_copy(site)
    store = Store.open(site.path)
    with store.writing() as connection:
        connection.execute(update(tables.site).values(site_id="0123456789abcdef"))
    with pytest.raises(StoreError, match="is the database of another site"):
        life.begin(store, marker.places(site.path))
    store.close()


async def test_a_full_disk_keeps_no_commit_for_the_sake_of_the_marks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site.alive() as (_, engine, post):

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("gateway.store.high_water.os.pwrite", full)
        await site.hear(engine, (site.seals[0], site.seals[0].edge(report.OPEN)))
        assert len(post.receipts()) == 1
        monkeypatch.undo()
