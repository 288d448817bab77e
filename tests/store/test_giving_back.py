"""A database from before free pages were given back is written anew once, and gives them back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.store import giving_back
from gateway.store.database import Store

ROWS = 3_000


def older(path: Path) -> None:
    """A database as releases before this one made them, with much that is deleted."""
    store = Store.open(path)
    with store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO grids VALUES ('stays', 'stays', NULL)")
        connection.exec_driver_sql(
            "INSERT INTO grids WITH RECURSIVE n(i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT 'grid' || i, hex(randomblob(40)), NULL FROM n",
            (ROWS,),
        )
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode=WAL")


def without(path: Path) -> int:
    """Its size once nearly all of it is deleted, and given back where it can be."""
    store = Store.open(path)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM grids WHERE grid_id != 'stays'")
    while store.give_back(256):
        pass
    store.cut_log()
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT grid_id FROM grids").scalars().all() == ["stays"]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()
    return path.stat().st_size


def test_an_older_file_gives_nothing_back_until_it_was_written_anew(tmp_path: Path) -> None:
    before, after = tmp_path / "before.db", tmp_path / "after.db"
    older(before)
    shutil.copy(before, after)
    size = before.stat().st_size
    assert giving_back.wants(after)
    assert giving_back.once(after)
    assert not giving_back.wants(after)
    assert not giving_back.once(after), "once"
    assert without(before) == size
    assert without(after) < size - ROWS * 80


def test_where_there_is_no_room_or_no_time_it_stays_as_it_is_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "menshen.db"
    older(path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=path.stat().st_size))
        assert not giving_back.once(path)
        wanted = int(giving_back.ROOM * path.stat().st_size) // 1_000_000 + 1
        assert f"wants {wanted} MB of room" in caplog.text
    with monkeypatch.context() as patch:
        patch.setattr(giving_back, "BYTES_MAX", 1_000)
        assert "more than" in giving_back.hindrance(path)
        assert not giving_back.once(path)
    assert path.read_bytes() == before
    store = Store.open(path)
    assert not store.give_back(16), "and what wants pages back is told that there are none"
    store.close()


def test_nobody_who_writes_meanwhile_is_overtaken(tmp_path: Path) -> None:
    path = tmp_path / "menshen.db"
    older(path)
    store = Store.open(path)
    with store.reading() as connection:  # another program looks at an older state
        connection.exec_driver_sql("SELECT count(*) FROM grids").scalar()
        assert giving_back.once(path)
    store.close()
    assert not giving_back.wants(path)
