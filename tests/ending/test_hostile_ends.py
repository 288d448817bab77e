"""The end of one household beside everything else that goes on: its seal hangs elsewhere, it comes
again, something of it cannot be read."""

import asyncio
import os
import shutil
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select

from gateway.backup import rotation
from gateway.cli import check_stored
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.schedule_of_ends import Limits
from gateway.ending import erasing, holds, household_ending, months, records
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewDoor, NewGrid, NewOrder, SealMove
from gateway.replay.replay import Apart
from gateway.store import archives, archiving, tables
from gateway.store.archive_tables import archives as rows_of_archives
from gateway.store.database import Store, StoreError
from gateway.store.feed_tables import unwritten
from gateway.store.file_copy import part, whole
from tests.ending.ended_site import LABEL, STAY, EndedSite, Home, ended_site, found, readable
from tests.engine.small_site import new_store, rows
from tests.waiting import until


class History:
    """InfluxDB, as far as it is asked to forget."""

    def __init__(self) -> None:
        self.is_away = False
        self.forgotten: list[tuple[str, int, int | None]] = []

    def forget(self, seal_id: str, from_ms: int, before_ms: int | None) -> int:
        """Take note of what it would delete."""
        if self.is_away:
            raise StoreError("InfluxDB does not answer")
        self.forgotten.append((seal_id, from_ms, before_ms))
        return 1


async def hangs(site: EndedSite, seal_id: str, door_id: str) -> None:
    """A seal hangs on another door from now on."""
    with site.store.writing() as connection:
        enrolment = Enrolment(connection, site.clock.now_ms(), UTC)
        enrolment.take(SealMove(seal_id, door_id))
        enrolment.write()
    await site.taken()


async def test_a_household_that_comes_again_while_its_end_waits_keeps_what_is_new(
    tmp_path: Path,
) -> None:
    """InfluxDB is away, so that the end of the first order cannot be finished; then the same
    household is sealed anew."""
    store, home, again, history = new_store(tmp_path), Home(0), Home(0), History()
    again.order_id, history.is_away = "office-file-again", True
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.lives(home)
        ending = site.ending(history.forget)
        await site.later(STAY + DAY_MS)
        await ending.look()
        await site.later(13 * DAY_MS)
        with pytest.raises(StoreError):
            await ending.look()
        await site.enrol([again])
        case_id = await site.lives(again)
        with pytest.raises(StoreError):
            await ending.look()
        assert site.replayed() == Apart()
        assert [case.case_id for case in site.engine.state.doors["home-0"].in_review] == [case_id]
        cases = [row for row in rows(store, tables.cases) if row["subject_kind"] == "door"]
        assert [row["case_id"] for row in cases] == [case_id]
        assert len(rows(store, tables.openings)) == len(rows(store, tables.permits)) == 1
        history.is_away = False
        await ending.look()
        assert {seal for seal, *_ in history.forgotten} == {home.seal.seal_id}
        assert [row["order_id"] for row in rows(store, tables.orders)] == [again.order_id]
        await site.later(HOUR_MS)
        await site.heard(again, again.seal.edge())
        assert site.engine.state.doors["home-0"].case is not None, "and it is watched"
        assert site.replayed() == Apart()
        assert len(records.read(records.place(store.path))) == 1
    store.close()


async def test_an_order_given_longer_when_its_end_had_begun_leaves_no_point_behind(
    tmp_path: Path,
) -> None:
    """Its end waits for InfluxDB, and rows that say which seal hung there are gone, when the office
    gives the same order longer. What that seal said before goes at the new end."""
    store, home, history = new_store(tmp_path), Home(0), History()
    async with ended_site(store) as site:
        began_ms = site.clock.now_ms()
        await site.enrol([home])
        await site.lives(home)
        ending, history.is_away = site.ending(history.forget), True
        await site.later(STAY + DAY_MS)
        await ending.look()
        await site.taken()  # that its seal has left its door
        await site.later(13 * DAY_MS)
        with pytest.raises(StoreError):
            await ending.look()
        now_ms = site.clock.now_ms()
        with store.writing() as connection:
            enrolment = Enrolment(connection, now_ms, UTC)
            enrolment.take(NewDoor(home.door_id, LABEL, "g"))
            enrolment.take(NewOrder(home.door_id, began_ms, now_ms + 2 * DAY_MS, home.order_id))
            enrolment.write()
        await site.taken()
        for _ in range(2):
            await ending.look()  # it runs: nothing is destroyed, and nothing asked
        assert [row["order_id"] for row in rows(store, tables.orders)] == [home.order_id]
        await site.later(3 * DAY_MS)
        await ending.look()
        assert records.read(records.place(store.path)) == []
        history.is_away = False
        await site.later(13 * DAY_MS)
        await ending.look()
        assert rows(store, tables.orders) == []
        ((seal_id, from_ms, to_ms),) = history.forgotten
        assert seal_id == home.seal.seal_id
        assert (from_ms <= began_ms + HOUR_MS, to_ms is None or to_ms <= now_ms) == (True, True)
        assert len(records.read(records.place(store.path))) == 1
        assert site.replayed() == Apart()
    store.close()


async def test_a_seal_that_hangs_at_the_next_household_is_forgotten_at_the_first_only(
    tmp_path: Path,
) -> None:
    """Seals go from household to household: what one of them says at the second is the second's."""
    store, first, second, history = new_store(tmp_path), Home(0), Home(1), History()
    async with ended_site(store) as site:
        await site.enrol([first])
        await site.lives(first)
        ending = site.ending(history.forget)
        await site.later(STAY + DAY_MS)
        await ending.look()
        second.seal = first.seal
        await site.enrol([second], seals=False)
        await hangs(site, first.seal.seal_id, second.door_id)
        moved_ms = site.clock.now_ms()
        await site.lasts(second, second.order_id, moved_ms - HOUR_MS, moved_ms + 30 * DAY_MS)
        await site.later(13 * DAY_MS)
        case_id = await site.lives(second)
        paged = rows(store, tables.outbox)
        line = f"seal_event,seal={first.seal.seal_id} edges=1i {moved_ms}"
        with store.writing() as connection:
            kept = {"reader": "influx", "journal_id": 1, "at_ms": site.clock.now_ms()}
            connection.execute(unwritten.insert(), {**kept, "line": line, "error": ""})
            old = {"reader": "influx", "journal_id": 2, "at_ms": moved_ms - 2 * DAY_MS}
            connection.execute(unwritten.insert(), {**old, "line": line, "error": ""})
        sent = [person.sent for person in site.engine.state.router.people.values()]
        await ending.look()
        assert [row["order_id"] for row in rows(store, tables.orders)] == [second.order_id]
        ((seal_id, from_ms, to_ms),) = history.forgotten
        assert seal_id == first.seal.seal_id
        assert from_ms < to_ms <= moved_ms
        assert [row["journal_id"] for row in rows(store, unwritten)] == [1]
        theirs = [entry for entry in paged if entry["case_id"] == case_id]
        assert theirs
        assert [row for row in rows(store, tables.outbox) if row["case_id"] == case_id] == theirs
        now = [person.sent for person in site.engine.state.router.people.values()]
        assert [[p for p in pages if p.page_id.startswith(case_id)] for pages in now] == [
            [p for p in pages if p.page_id.startswith(case_id)] for pages in sent
        ]
        assert any(pages for pages in now), "a page of the second household waits for its receipt"
        assert site.replayed() == Apart()
    store.close()


async def test_what_a_held_order_needs_of_several_contacts_is_sealed_with_its_key(
    tmp_path: Path,
) -> None:
    """The order under whose key the labels stand ends; another one of the household is held."""
    store = new_store(tmp_path)
    async with ended_site(store) as site:
        now_ms = site.clock.now_ms()
        with store.writing() as connection:
            enrolment = Enrolment(connection, now_ms, UTC)
            enrolment.take(NewGrid("g", "Grid"))
            for number in range(2):
                enrolment.take(NewDoor(f"home-{number}", LABEL, "g", household_id="h-9"))
            enrolment.take(NewOrder("home-0", now_ms, now_ms + DAY_MS, "short"))
            enrolment.take(NewOrder("home-0", now_ms + DAY_MS, now_ms + 2 * DAY_MS, "next"))
            enrolment.write()
            holds.hold(connection, "short", "Li", "a lawsuit", now_ms + 90 * DAY_MS, now_ms)
        await site.taken()
        await site.later(3 * DAY_MS)
        await site.ending().look()
        labels = {row["label"] for row in rows(store, tables.doors)}
        assert labels == {LABEL}
        store.keys.look()
        assert readable(store, [LABEL]) == {LABEL}
    store.close()


def archived(site: EndedSite) -> Path:
    """The journal up to now lies in a month's file of its own, which is answered."""
    store, month = site.store, archiving.month_of(site.clock.now_ms())
    with store.reading() as connection:
        last_id = connection.execute(select(func.max(tables.journal.c.journal_id))).scalar()
    path = archives.file_of(store.path, month)
    parts = [
        (archiving.JOURNAL, f"journal_id <= {last_id}"),
        (archiving.SPANS, f"from_id <= {last_id}"),
    ]
    counts = part(store.path, path, parts)
    with store.writing() as connection:
        row = {"month": month, "from_id": 1, "to_id": last_id, "made_ms": 0}
        connection.execute(insert(rows_of_archives), {**row, "rows": counts[0], "spans": counts[1]})
        connection.execute(delete(tables.journal))
    return path


def newer(site: EndedSite) -> str:
    """The name of a copy that is made a little later than now."""
    return rotation.name_of(site.clock.now_ms() + 1_000, is_encrypted=False)


def with_copies(folder: Path) -> tuple[Store, Path]:
    """A site's new database, and the folder beside it into which its copies go."""
    site, backups = folder / "site", folder / "backups"
    site.mkdir()
    backups.mkdir()
    return new_store(site), backups


def copied(site: EndedSite, backups: Path) -> Path:
    """A whole copy of the site, made now."""
    path = backups / rotation.name_of(site.clock.now_ms(), is_encrypted=False)
    whole(site.store.path, path)
    return path


async def test_no_copy_outlives_what_was_destroyed_whenever_it_was_made_or_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy is made in the middle of an end, the machine goes off behind a month that was made
    anew, a restore had set a database aside, and an earlier kill left files unfinished."""
    (store, backups), home = with_copies(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        case_id = await site.lives(home)
        month = archived(site)
        words = (case_id, home.door_id, home.order_id)
        asides = [f"menshen.db.before-restore{which}" for which in ("", "-2", "-2-wal")]
        for name in (*asides, ".menshen.db.4711.new"):
            left = store.path.with_name(name)
            whole(store.path, left)
            os.utime(left, (0, 0))
        unfinished = month.with_name(f".{month.name}.4711.new")
        shutil.copy(month, unfinished)
        os.utime(unfinished, (0, 0))
        month_copy = backups / f"menshen-journal-{month.stem}-1-9.db"
        shutil.copy(month, month_copy)
        middle: list[Path] = []

        def forget(_seal_id: str, _from_ms: int, _before_ms: int | None) -> int:
            site.clock.advance(HOUR_MS)
            middle.append(copied(site, backups))
            site.clock.advance(HOUR_MS)
            return 1

        ending = site.ending(forget, backups)
        await site.later(STAY + DAY_MS)
        await ending.look()
        await site.later(13 * DAY_MS)
        rewrite = months.rewrite

        def cut_off(*its: Any) -> None:
            rewrite(*its)
            raise StoreError("the machine is off")

        with monkeypatch.context() as patch:
            patch.setattr(months, "rewrite", cut_off)
            with pytest.raises(StoreError, match="is off"):
                await ending.look()
        await ending.look()
        assert not month_copy.exists()
        store.cut_log()
        assert set(found(tmp_path, words)) == {f"backups/{middle[0].name}"}
        whole(store.path, backups / newer(site))
        await ending.look()
        assert found(tmp_path, words) == {}
    store.close()


async def test_a_copy_from_between_a_line_of_the_record_and_the_last_rows_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine goes off behind the line that says that all is gone; the nightly copy comes
    before the next round, and has the order's own row."""
    (store, backups), home = with_copies(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.lives(home)
        ending = site.ending(backups=backups)
        await site.later(STAY + DAY_MS)
        await ending.look()
        await site.later(13 * DAY_MS)

        def off(*_: Any) -> None:
            raise StoreError("the machine is off")

        with monkeypatch.context() as patch:
            patch.setattr(erasing, "finish", off)
            with pytest.raises(StoreError, match="is off"):
                await ending.look()
        assert len(records.read(records.place(store.path))) == 1
        await site.later(HOUR_MS)
        between = copied(site, backups)
        assert found(backups, [home.order_id])
        await site.later(HOUR_MS)
        await ending.look()
        assert between.exists(), "a site is never left without a copy"
        whole(store.path, backups / newer(site))
        await ending.look()
        assert found(tmp_path, [home.order_id]) == {}
        assert len(records.read(records.place(store.path))) == 1
    store.close()


async def test_what_is_spoilt_of_one_household_delays_no_other(tmp_path: Path) -> None:
    """Each of these would end the whole work, until the next start and again."""
    store, spoilt, held, sound = new_store(tmp_path), Home(0), Home(1), Home(2)
    async with ended_site(store) as site:
        await site.enrol([spoilt, held, sound])
        await site.later(STAY + DAY_MS)
        ending = site.ending()
        await ending.look()
        with store.writing() as connection:
            for sql, *values in (
                ("UPDATE orders SET from_ms = 'garbage' WHERE order_id = ?", spoilt.order_id),
                ("UPDATE endings SET names = ?, counts = ?", b'{"\xff', "[" * 5_000),
                ("UPDATE journal SET body = ? WHERE kind = 'seal_bound'", b'"\xff'),
                ("UPDATE journal SET body = ? WHERE subject_kind = 'site'", b"[" * 5_000),
                ("INSERT INTO outages VALUES ('o', 'area:x', 1, NULL, ?)", "\x00{"),
                (
                    "INSERT INTO holds VALUES ('h', ?, 'Li', 'a lawsuit', 0, ?, NULL)",
                    held.order_id,
                    "garbage",
                ),
            ):
                connection.exec_driver_sql(sql, tuple(values))
        await site.later(13 * DAY_MS)
        await ending.look()
        left = {row["order_id"] for row in rows(store, tables.orders)}
        assert left == {spoilt.order_id, held.order_id}, "what may be held is not destroyed"
        with store.reading() as connection:
            assert household_ending.late(connection, Limits(), site.clock.now_ms()) == 0
    store.close()


async def test_a_fault_of_ours_is_told_and_the_end_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(household_ending, "EVERY_S", 0.01)
    store, home = new_store(tmp_path), Home(0)
    faults = [ZeroDivisionError("ours")]

    def forget(_seal_id: str, _from_ms: int, _before_ms: int | None) -> int:
        if faults:
            raise faults.pop()
        return 1

    async with ended_site(store) as site:
        await site.enrol([home])
        await site.later(STAY + DAY_MS)
        await site.ending(forget).look()
        await site.later(13 * DAY_MS)
        work = asyncio.create_task(site.ending(forget).run())
        await until(lambda: not rows(store, tables.orders))
        work.cancel()
        assert "by a fault of ours" in caplog.text
    store.close()


async def test_an_order_whose_end_was_spoilt_ends_no_household_at_once(tmp_path: Path) -> None:
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.lives(home)
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE orders SET to_ms = -1")
        await site.ending().look()
        assert rows(store, tables.households)
        assert readable(store, (LABEL,)) == {LABEL}
        with store.reading() as connection:
            told = check_stored.stored(connection, site.clock.now_ms())
        assert "orders office-file-0: it ends before it begins" in told.text
    store.close()
