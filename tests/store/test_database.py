"""The database: made private, durable, at the newest migration, and clear about what is wrong."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from gateway.store import database, tables, whole_schema
from gateway.store.database import Chain, Store, StoreError
from tests.store import whole_schemas


def test_the_newest_migration_makes_exactly_the_tables_in_the_code(tmp_path: Path) -> None:
    (tmp_path / "menshen.db").touch()
    store = Store(tmp_path / "menshen.db")
    store.migrate()
    with store.writing() as connection:
        options = {"compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
    folder = Path(database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [database.HEAD]
    store.close()


@pytest.mark.parametrize("chain", whole_schemas.CHAINS, ids=lambda chain: chain.head)
def test_a_new_file_is_what_the_migrations_make(chain: Chain, tmp_path: Path) -> None:
    by_migrations = whole_schemas.by_migrations(chain, tmp_path)
    written = (chain.folder / whole_schema.FILE).read_text()
    assert written == by_migrations, "python tests/store/whole_schemas.py writes it anew"
    Store.open(tmp_path / "new.db", chain=chain).close()
    with closing(sqlite3.connect(tmp_path / "new.db")) as raw:
        assert whole_schema.script(raw, chain.head) == by_migrations
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(chain.head,)]


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    Store.open(tmp_path / "menshen.db").close()
    assert stat.S_IMODE((tmp_path / "menshen.db").stat().st_mode) == 0o600


def test_a_commit_reaches_the_disk_and_a_reader_cannot_write(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "menshen.db")
    with store.writing() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    with (
        pytest.raises(StoreError, match="cannot be written"),
        store.reading() as connection,
    ):
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "G"})
    store.close()


def test_settling_moves_what_was_committed_from_the_log_into_the_file(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "menshen.db")
    store.settle()
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "a-far-grid", "name": "G"})
    assert b"a-far-grid" not in (tmp_path / "menshen.db").read_bytes()
    with store.reading():  # nobody is in the way, and is in nobody's
        store.settle()
    assert b"a-far-grid" in (tmp_path / "menshen.db").read_bytes()
    store.close()


def test_what_was_not_committed_was_never_there(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "menshen.db")
    with pytest.raises(ZeroDivisionError), store.writing() as connection:  # noqa: PT012
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "G"})
        raise ZeroDivisionError
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM grids")).scalar() == 0
    store.close()


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "menshen.db"
    path.write_bytes(b"Dear diary, " * 1_000)
    with pytest.raises(StoreError, match="is not a database of ours"):
        Store.open(path)


def test_a_damaged_database_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "menshen.db"
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(path)


def test_a_missing_database_is_said_so_where_none_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        Store.open(tmp_path / "menshen.db", create=False)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make a database"):
        Store.open(tmp_path / "file" / "menshen.db")


def test_a_second_gateway_is_kept_out(tmp_path: Path) -> None:
    from gateway.store.one_gateway import AlreadyRunningError, alone

    path = tmp_path / "menshen.db"
    with alone(path), pytest.raises(AlreadyRunningError, match="is running with"), alone(path):
        pass
    with alone(path):
        pass
