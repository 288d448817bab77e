"""The audit's chain: every edit, gap and cut shows; and the file itself refuses changes."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from gateway.accounts import audit, audit_ending, tables
from gateway.accounts.audit import BrokenChainError, Note, Wanted
from gateway.accounts.file import CHAIN, file_of
from gateway.accounts.looks import LOOKS_MAX, Looks
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.store.database import Store
from tests.accounts.people_file import NOW_MS, new_accounts

LOOK = "GET /doors/{door_id}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three days of five looks each."""
    store = new_accounts(tmp_path / "menshen.db")
    for day in range(3):
        with store.writing() as connection:
            notes = [
                Note(NOW_MS + day * DAY_MS + n, "wang", LOOK, f"door d{n}", "grids", 200)
                for n in range(5)
            ]
            audit.add(connection, notes)
    yield store
    store.close()


def verified(store: Store, *printed: str) -> int:
    with store.reading() as connection:
        return audit.verify(connection, printed)


def tampered(store: Store, *statements: str) -> None:
    """By somebody who owns the file and knows its triggers."""
    raw = sqlite3.connect(store.path)
    for table in tables.APPEND_ONLY:
        for change in ("update", "delete"):
            raw.execute(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def test_what_was_written_is_there_in_order_and_whole(store: Store) -> None:
    assert verified(store) == 15
    with store.reading() as connection:
        newest, *rest = audit.read(connection, 20)
        assert (newest.entry_id, newest.note.about, len(rest)) == (15, "door d4", 14)
        assert [e.entry_id for e in audit.read(connection, 2, before=11)] == [10, 9]
        assert len(audit.read(connection, 20, None, Wanted(about="door d1"))) == 3
        assert audit.read(connection, 20, None, Wanted("li")) == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET account = 'li' WHERE entry_id = 7", "entry 7 is not what was written"),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE entry_id = 1", "entry 1 is not"),
        ("UPDATE audit SET why = '' WHERE entry_id = 15", "entry 15 is not"),
        ("UPDATE audit SET status = 404 WHERE entry_id = 3", "entry 3 is not"),
        ("DELETE FROM audit WHERE entry_id = 7", "entry 7 is missing"),
        ("DELETE FROM audit WHERE entry_id = 1", "entry 1 is missing"),
        ("DELETE FROM audit WHERE entry_id > 8", "ends at 8, before the anchor of"),
        ("DELETE FROM audit", "ends at 0, before the anchor of"),
        ("UPDATE anchors SET hash = 'x' WHERE entry_id = 5", "entry 5 is not that of the anchor"),
        (
            "INSERT INTO audit SELECT 16, at_ms, account, what, about, why, status, hash "
            "FROM audit WHERE entry_id = 15",
            "entry 16 is not",
        ),
        (
            "DELETE FROM audit_things WHERE thing = 'door d1' AND entry_id = 7",
            "entry 7 is not found by what it is about",
        ),
        ("INSERT INTO audit_things VALUES ('door d1', 8)", "is found by what it is not about"),
    ],
)
def test_any_edit_breaks_the_chain(store: Store, statement: str, says: str) -> None:
    tampered(store, statement)
    with pytest.raises(BrokenChainError, match=says):
        verified(store)


def test_a_chain_that_was_cut_and_remade_does_not_hold_a_printed_anchor(store: Store) -> None:
    with store.reading() as connection:
        latest = audit.latest_anchor(connection)
    assert latest is not None
    assert verified(store, latest.hash) == 15
    things = "DELETE FROM audit_things WHERE entry_id > 12"
    tampered(store, "DELETE FROM audit WHERE entry_id > 12", things)
    assert verified(store) == 12  # nothing in the file shows it
    with pytest.raises(BrokenChainError, match="was cut or remade"):
        verified(store, latest.hash)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET account = 'li'", "DELETE FROM anchors", "DELETE FROM audit_things"],
)
def test_the_file_refuses_a_change(store: Store, statement: str) -> None:
    with pytest.raises(IntegrityError, match="only ever added to"), store.writing() as connection:
        connection.exec_driver_sql(statement)
    assert verified(store) == 15


def test_an_entry_about_several_things_is_found_by_each_and_once_by_all(store: Store) -> None:
    both, one = "person wang, case c1", ("case c1", "person wang")
    with store.writing() as connection:
        audit.add(connection, [Note(NOW_MS, "wang", LOOK, both), Note(NOW_MS, "wang", LOOK)])
    with store.reading() as connection:
        for thing in one:
            assert [e.entry_id for e in audit.read(connection, 9, None, Wanted(about=thing))] == [
                16
            ]
        found = audit.read(connection, 9, None, Wanted(about=one[0], also=one))
        assert [entry.entry_id for entry in found] == [16]
        assert audit.read(connection, 9, None, Wanted(about="case c")) == []
        assert audit.read(connection, 9, 16, Wanted(about=one[0], also=one)) == []
    assert verified(store) == 17


def test_what_an_older_release_wrote_is_found_as_well(tmp_path: Path) -> None:
    path = file_of(tmp_path / "menshen.db")
    path.touch(0o600)
    engine, config = create_engine(f"sqlite:///{path}"), Config()
    config.set_main_option("script_location", str(CHAIN.folder))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005_after")
        entry = (1, NOW_MS, "wang", LOOK, "person wang, case c1", "", 200, "x")
        connection.exec_driver_sql("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entry)
    engine.dispose()
    with closing(Store.open(path, chain=CHAIN)) as store, store.reading() as connection:
        assert len(audit.read(connection, 9, None, Wanted(about="case c1"))) == 1


def test_each_day_that_ends_is_anchored_once_and_logged(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with store.reading() as connection:
        assert [anchor.entry_id for anchor in audit.anchors(connection, 9)] == [10, 5]
    with caplog.at_level(logging.WARNING), store.writing() as connection:
        audit.add(connection, [Note(NOW_MS + day * DAY_MS, "li", LOOK) for day in (3, 4, 3, 4)])
        kept = audit.anchors(connection, 9)
    assert [anchor.entry_id for anchor in kept] == [16, 15, 10, 5]  # the clock went back once
    assert all(anchor.hash in caplog.text for anchor in kept[:2])
    assert verified(store) == 19


def test_what_is_too_long_is_cut_before_it_is_chained(store: Store) -> None:
    with store.writing() as connection:
        audit.add(connection, [Note(NOW_MS, "li", "x" * 500, "y" * 5_000, "z" * 5_000)])
    assert verified(store) == 16


def test_the_file_is_its_own_and_its_owners_alone(store: Store, tmp_path: Path) -> None:
    assert file_of(tmp_path / "menshen.db") == store.path == tmp_path / "menshen-accounts.db"
    assert store.path.stat().st_mode & 0o077 == 0


def test_reading_a_hundred_in_a_minute_stops_and_goes_on_when_it_is_over() -> None:
    looks = Looks()
    assert all(looks.allows("a", f"door d{n}", NOW_MS + n) for n in range(LOOKS_MAX))
    assert not looks.allows("a", "door d100", NOW_MS + 30_000)
    assert looks.allows("a", "door d0", NOW_MS + 30_000)  # which is known already
    assert looks.allows("b", "door d100", NOW_MS + 30_000)  # another is not stopped
    assert looks.allows("a", "door d100", NOW_MS + MINUTE_MS)


def test_that_somebody_was_stopped_is_told_once_an_hour() -> None:
    looks = Looks()
    told = [looks.is_news("a", NOW_MS + n * MINUTE_MS) for n in range(61)]
    assert [n for n, is_news in enumerate(told) if is_news] == [0, 60]
    assert looks.is_news("b", NOW_MS)
    assert looks.is_news("a", NOW_MS - HOUR_MS)  # the clock was set


def ended(store: Store, before_ms: int) -> None:
    while audit_ending.forget(store, before_ms, NOW_MS + 900 * DAY_MS):
        pass


def test_the_oldest_go_when_their_time_is_over_and_the_chain_is_whole_from_there_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_ending, "STEP_ROWS", 3)
    with store.reading() as connection:
        (_, first) = audit.anchors(connection, 9)
    ended(store, NOW_MS + 2 * DAY_MS)
    with store.reading() as connection:
        assert [entry.entry_id for entry in audit.read(connection, 20)] == [15, 14, 13, 12, 11]
        cut = audit.cut(connection)
    assert (cut.entry_id, cut.cut_ms) == (10, NOW_MS + 900 * DAY_MS)
    assert verified(store, first.hash) == 15  # what was printed long ago is still known
    ended(store, NOW_MS + 2 * DAY_MS)  # and again, nothing
    assert verified(store) == 15
    with store.writing() as connection:
        audit.add(connection, [Note(NOW_MS + 900 * DAY_MS, "wang", LOOK)])
    assert verified(store) == 16
    with pytest.raises(IntegrityError, match="only ever added to"), store.writing() as connection:
        connection.execute(tables.audit.delete().where(tables.audit.c.entry_id == 11))
    ended(store, NOW_MS + 999 * DAY_MS)  # however old, the last one stays: the next hangs on it
    with store.reading() as connection:
        assert [entry.entry_id for entry in audit.read(connection, 20)] == [16]
    assert verified(store) == 16


@pytest.mark.parametrize(
    "done",
    [
        "DELETE FROM audit WHERE entry_id = 11",
        "UPDATE audit SET about = 'nobody' WHERE entry_id = 12",
        "INSERT INTO cuts VALUES (12, 'another', 1, 1)",
        "DELETE FROM cuts",
    ],
)
def test_after_a_cut_every_edit_shows_as_before(store: Store, done: str) -> None:
    ended(store, NOW_MS + 2 * DAY_MS)
    tampered(store, "DROP TRIGGER cuts_no_delete", done)
    with pytest.raises(BrokenChainError):
        verified(store)


def test_a_kind_alone_is_looked_for_a_stretch_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No index finds it, so what is newer is passed over; but no answer passes over years."""
    monkeypatch.setattr(audit, "LOOKED_MAX", 6)
    with store.writing() as connection:
        audit.add(connection, [Note(NOW_MS, "wang", "signed in", "", "", 200)])
        audit.add(connection, [Note(NOW_MS, "wang", LOOK, f"door d{n}", "", 200) for n in range(8)])
    signed_in, pages = Wanted(whats=frozenset({"signed in"})), list[tuple[int, int | None]]()
    before: int | None = None
    with store.reading() as connection:
        while True:
            found, before = audit.read_kind(connection, 5, before, signed_in)
            pages.append((len(found), before))
            if before is None:
                break
        looks = audit.read_kind(connection, 5, None, Wanted(whats=frozenset({LOOK})))
    assert pages == [(0, 19), (1, 13), (0, 7), (0, None)]
    assert ([one.entry_id for one in looks[0]], looks[1]) == ([24, 23, 22, 21, 20], 20)
