"""What is old leaves the database, and what is made of the journal stays the same: rows, states,
coverage to the millisecond. Seeds are drawn anew in each run and printed; set MENSHEN_SEED to live
through one again."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from gateway.backup import making, restoring
from gateway.backup.site import Site
from gateway.core.duration import DAY_MS
from gateway.core.model import Contact
from gateway.core.rules import Rulebook, Rules
from gateway.ending import months as ending_months
from gateway.ending.names import Names
from gateway.engine import open_spans
from gateway.replay.coverage import Ledger
from gateway.replay.replay import Apart, Replay, differing, journaled
from gateway.settings import load
from gateway.store import archives, archiving, tables, thinning
from gateway.store.archive_tables import archives as archive_rows
from gateway.store.database import Store
from gateway.store.heartbeat_spans import heartbeats
from gateway.store.journal import journaled as numbers_journaled
from gateway.store.poisoned import Findings
from gateway.store.rebuild import Rebuild
from gateway.store.retention import Limits, Retention
from gateway.store.span_tables import heartbeat_spans
from gateway.store.states import encode
from tests.door_rows import insert_doors
from tests.engine.random_days import DOORS, MINUTE
from tests.engine.small_site import beating_at, new_store, rows
from tests.replay.test_heartbeat_spans import QuietDays, everything, promise, seed, seen
from tests.waiting import until

MONTHS = 3


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, QuietDays]:
    """Some hours in each of three months: the database, and those who lived them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_spans, "SAVE_EVERY_MS", MINUTE)
        store = new_store(tmp_path_factory.mktemp("months"))
        days = QuietDays(seed(), store)
        days.enrol()
        for n, seal in enumerate(days.seals):
            promise(store, f"door-{n}", seal)

        async def lived() -> None:
            for month in range(MONTHS):
                began_ms, rules = days.clock.now_ms(), Rules(chatter_openings=3 + month % 2)
                while not beats_since(store, began_ms):
                    async with beating_at(store, days.clock, rules) as engine:
                        await days.live(engine)
                days.clock.advance(31 * DAY_MS)

        asyncio.run(lived())
        store.close()
    return store.path, days


@pytest.fixture
def store(months: tuple[Path, QuietDays], tmp_path: Path) -> Iterator[Store]:
    """The database of the three months, to be changed."""
    path = tmp_path / months[0].name
    shutil.copy(months[0], path)
    store = Store.open(path)
    yield store
    store.close()


@pytest.fixture
def days(months: tuple[Path, QuietDays]) -> QuietDays:
    """Who lived them."""
    return months[1]


def retained(store: Store, now_ms: int, limits: Limits) -> None:
    for step in Retention(store, limits, lambda: now_ms).steps():
        step()


def ledgers(store: Store, at: tuple[int, int]) -> list[Ledger]:
    return [seen(store, f"door-{n}", at) for n in range(DOORS)]


def beats_since(store: Store, at_ms: int) -> bool:
    """Whether some heartbeats of that time stand in spans."""
    with store.reading() as connection:
        in_spans = {journal_id for journal_id, *_ in heartbeats(connection)}
    return any(row.journal_id in in_spans and row.at_ms >= at_ms for row in everything(store))


def rebuilt(store: Store) -> list[bytes]:
    with store.reading() as connection:
        rebuild, found = Rebuild(connection, findings := Findings()), []
        found = [encode(rebuild.door(f"door-{n}")) for n in range(DOORS)]
        assert not len(findings)
    return found


def replayed(store: Store) -> Apart:
    replay = Replay(Rulebook())
    with store.reading() as connection:
        for row in journaled(connection):
            replay.step(row)
        return differing(connection, replay)


async def test_heartbeats_leave_after_a_week_and_months_into_files_and_nothing_changes(
    store: Store, days: QuietDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thinning, "STEP_ROWS", 37)
    monkeypatch.setattr(archiving, "STEP_ROWS", 29)
    now_ms, whole = days.clock.now_ms(), everything(store)
    at = whole[0].at_ms, whole[-1].at_ms
    wanted, doors = ledgers(store, at), rebuilt(store)
    assert any(its.total_ms(Contact.SHUT) for its in wanted)
    with store.reading() as connection:
        in_spans = {journal_id for journal_id, *_ in heartbeats(connection)}
        numbers = connection.execute(
            select(tables.journal.c.seal_id, tables.journal.c.seq).where(
                tables.journal.c.seq.is_not(None)
            )
        ).all()
    number_of_rows = len(rows(store, tables.journal))

    retained(store, now_ms - 31 * DAY_MS, Limits(heartbeats_days=7, journal_months=9))
    thinned = rows(store, tables.journal)
    week_ms = now_ms - 38 * DAY_MS
    old = {row.journal_id for row in whole if row.at_ms < week_ms}
    assert len(thinned) == number_of_rows - len(in_spans & old)
    assert in_spans & old
    assert in_spans - old  # the last week is whole
    assert (everything(store), ledgers(store, at), rebuilt(store)) == (whole, wanted, doors)
    assert replayed(store) == Apart()

    retained(store, now_ms, Limits(journal_months=1))
    made = rows(store, archive_rows)
    assert len(made) >= 2
    assert all(row["moved_ms"] is not None for row in made)
    folder = archives.folder_of(store.path)
    assert sorted(path.name for path in folder.iterdir()) == [f"{r['month']}.db" for r in made]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    last_id = max(row["to_id"] for row in made)
    assert min(row["journal_id"] for row in rows(store, tables.journal)) > last_id
    assert min(row["from_id"] for row in rows(store, heartbeat_spans)) > last_id
    assert (everything(store), ledgers(store, at), rebuilt(store)) == (whole, wanted, doors)
    assert replayed(store) == Apart()
    with store.reading() as connection:  # what came long ago does not come again
        assert len(numbers_journaled(connection, [(s, n) for s, n in numbers])) == len(numbers)
    async with beating_at(store, days.clock) as engine:  # and the site goes on
        engine.receive(days.seals[0].topic, days.seals[0].sealed(days.seals[0].edge()), 1)
        await engine.idle()
    assert replayed(store) == Apart()

    first = made[0]["month"]
    later_ms = archiving.begins_ms(first, 13)
    retained(store, later_ms - 1, Limits())
    assert archives.file_of(store.path, first).exists()
    retained(store, later_ms, Limits())
    assert not archives.file_of(store.path, first).exists()
    left = everything(store)
    assert left[0].journal_id > made[0]["to_id"]


class PulledError(Exception):
    """The cable."""


def test_whatever_ends_an_archiving_in_the_middle_it_is_taken_up_again(
    store: Store, days: QuietDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thinning, "STEP_ROWS", 211)
    monkeypatch.setattr(archiving, "STEP_ROWS", 97)
    now_ms, whole = days.clock.now_ms(), everything(store)
    limits, kills = Limits(journal_months=1), 0
    (archives.folder_of(store.path)).mkdir()
    (archives.folder_of(store.path) / ".2026-01.db.7.new").write_bytes(b"half")
    real = archiving.insert

    def pulled(*_: object) -> None:
        raise PulledError

    monkeypatch.setattr(archiving, "insert", pulled)  # the file is there, and nobody knows of it
    with pytest.raises(PulledError):
        retained(store, now_ms, limits)
    assert everything(store) == whole
    monkeypatch.setattr(archiving, "insert", real)
    while True:
        for done, step in enumerate(Retention(store, limits, lambda: now_ms).steps()):
            step()
            if done == 2 + kills % 7:
                kills += 1
                break
        else:
            break
        assert everything(store) == whole
    assert kills > 5
    assert len(rows(store, archive_rows)) >= 2
    assert everything(store) == whole


def test_what_is_destroyed_while_a_month_moves_into_its_file_is_not_in_that_file(
    store: Store, days: QuietDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its rows already, and the database does not name it yet."""
    copied, threads, j = archiving.part, list[threading.Thread](), tables.journal.c
    names, its_rows = Names("an-order", "door-0", None, ("door-0",)), j.subject_id == "door-0"

    def part(*its: Any) -> list[int]:
        counts = copied(*its)
        if not threads:
            with store.writing() as connection:
                connection.execute(delete(tables.journal).where(its_rows))
            work = partial(ending_months.rewrite, store, [names], lambda _: None)
            threads.append(threading.Thread(target=work))
            threads[0].start()
            threads[0].join(1.0)  # it waits for the month, or has missed it
        return counts

    monkeypatch.setattr(archiving, "part", part)
    retained(store, days.clock.now_ms(), Limits(journal_months=1))
    threads[0].join()
    with store.reading() as connection:
        query = select(j.journal_id).where(its_rows)
        left = [file.execute(query).all() for file, _ in archives.files(connection)]
    assert len(left) > 1
    assert not any(left)


def test_a_reader_that_fell_behind_is_waited_for_and_not_for_ever(
    store: Store, days: QuietDays
) -> None:
    with store.writing() as connection:
        connection.execute(insert(tables.cursors), {"reader": "influx", "journal_id": 5})
    newest_ms = everything(store)[-1].at_ms
    before = len(rows(store, tables.journal))
    thinned_ms = min(row["at_ms"] for row in rows(store, tables.journal)) + 9 * DAY_MS
    retained(store, thinned_ms, Limits())
    assert len(rows(store, tables.journal)) == before
    retained(store, newest_ms + 31 * DAY_MS, Limits(journal_months=9))
    assert len(rows(store, tables.journal)) < before
    assert days.clock.now_ms() > newest_ms


def test_an_archive_that_is_away_is_named_and_the_rest_is_read(
    store: Store, days: QuietDays, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    retained(store, days.clock.now_ms(), Limits(journal_months=1))
    first, *_ = rows(store, archive_rows)
    path = archives.file_of(store.path, first["month"])
    os.rename(path, tmp_path / "elsewhere.db")
    left = everything(store)
    assert left[0].journal_id > first["to_id"]
    assert str(path) in caplog.text
    os.rename(tmp_path / "elsewhere.db", path)
    assert everything(store)[0].journal_id == 1


def test_in_doubt_of_the_clock_nothing_goes(store: Store, days: QuietDays) -> None:
    before = len(rows(store, tables.journal))
    with store.writing() as connection:
        doubt = {"name": "clock", "state": b'{"behind_ms":0,"ahead_ms":99999999}'}
        connection.execute(insert(tables.states), doubt)
    retained(store, days.clock.now_ms() + 400 * DAY_MS, Limits())
    assert len(rows(store, tables.journal)) == before


async def test_a_spoilt_time_keeps_no_other_table_from_ending(tmp_path: Path) -> None:
    """The journal begins with a row whose time no calendar has."""
    store, now_ms = new_store(tmp_path), archiving.begins_ms("2027-05")
    page = {"page_id": "p", "case_id": "c", "door_id": "d", "channel": "inbox", "reason": "opened"}
    page |= {"since_ms": 0, "next_ms": 0, "done_ms": 1, "made_ms": now_ms - 91 * DAY_MS}
    with store.writing() as connection:
        connection.execute(insert(tables.outbox), page)
        for at_ms in (2**62, now_ms):
            row = {"at_ms": at_ms, "kind": "report", "body": b"{}"}
            connection.execute(insert(tables.journal), row)
    retaining = asyncio.create_task(Retention(store, Limits(), lambda: now_ms).run())
    await until(lambda: retaining.done() or not rows(store, tables.outbox))
    assert not retaining.done()
    retaining.cancel()
    store.close()


def test_pages_openings_and_outages_go_when_their_time_is_over(tmp_path: Path) -> None:
    store, now_ms = new_store(tmp_path), archiving.begins_ms("2027-05") + DAY_MS
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "G"})
        door = {"door_id": "d", "label": "1", "grid_id": "g"}
        insert_doors(connection, door)
        for n, (days, done_ms) in enumerate([(91, 1), (91, None), (89, 1)]):
            page = {"page_id": f"p{n}", "case_id": "c", "door_id": "d", "channel": "inbox"}
            page |= {"reason": "opened", "since_ms": 0, "next_ms": 0, "done_ms": done_ms}
            connection.execute(insert(tables.outbox), {**page, "made_ms": now_ms - days * DAY_MS})
        for n, (day, shut_ms) in enumerate([("2026-04", 9), ("2026-04", None), ("2026-05", 9)]):
            latest_ms = archiving.begins_ms(day) + DAY_MS
            opening = {"opening_id": f"o{n}", "door_id": "d", "opened_ms": 1, "heard_ms": 1}
            opening |= {"latest_ms": latest_ms, "shut_ms": shut_ms, "reason": "opened"}
            connection.execute(insert(tables.openings), opening)
    retained(store, now_ms, Limits())
    assert [row["page_id"] for row in rows(store, tables.outbox)] == ["p1", "p2"]
    assert [row["opening_id"] for row in rows(store, tables.openings)] == ["o1", "o2"]
    store.close()


def test_months_of_the_journal_are_copied_once_and_come_back(
    store: Store, days: QuietDays, tmp_path: Path
) -> None:
    now_ms, config = days.clock.now_ms(), tmp_path / "menshen.toml"
    config.write_text(f'[store]\npath = "{store.path}"\n')
    retained(store, now_ms, Limits(journal_months=1))
    site, whole, made = Site(config, load(config)), everything(store), rows(store, archive_rows)
    assert made
    first = making.make(site, now_ms)
    assert first.months == tuple(row["month"] for row in made)
    second = making.make(site, now_ms + 1000)
    assert (second.months, second.removed) == ((), (first.path,))
    store.close()
    shutil.rmtree(archives.folder_of(store.path))
    restoring.restore(site, second.path, None)
    again = Store.open(store.path)
    assert everything(again) == whole
    again.close()
    shutil.rmtree(archives.folder_of(store.path))
    for path in second.path.parent.glob("menshen-journal-*"):
        path.unlink()
    assert restoring.verify(site, second.path, None).missing == first.months
