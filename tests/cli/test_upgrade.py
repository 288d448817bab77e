"""`menshen upgrade`: what a release will do at its first start, and a newer one's file in a
sentence."""

import sqlite3
from contextlib import closing

from gateway.store.database import HEAD, MIGRATIONS, RELEASE, Store


def older(path, version: str) -> None:
    """A database of an earlier release, made by its own migrations."""
    from alembic import command
    from alembic.config import Config

    store = Store(path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with closing(store.connection()) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    store.close()


def test_it_says_what_will_be_migrated_and_changes_nothing(menshen, folder):
    (folder / "menshen.toml").write_text("")
    older(folder / "menshen.db", "0011_updates")
    before = (folder / "menshen.db").read_bytes()
    answer = menshen("upgrade")
    assert answer.code == 0
    assert f"This is release {RELEASE}" in answer.out
    assert "0012_wire: What seals say of themselves" in answer.out
    assert "There is no copy" in answer.out
    assert (folder / "menshen.db").read_bytes() == before
    assert menshen("backup").code == 0  # also of a database that is not migrated yet
    answer = menshen("upgrade", "--json")
    assert answer.json["migrations"] == [
        "0012_wire",
        "0013_history",
        "0014_after",
        "0015_households",
        "0016_keys",
        "0017_requests",
        "0018_resident",
        "0019_ending",
        "0020_contacts",
        "0021_newest",
        "0022_lists",
        "0023_asked",
    ]
    assert answer.json["newest_copy"]
    assert menshen("doors").code == 0  # which migrates it
    assert "a restart is all" in menshen("upgrade").out


def test_a_file_that_gives_no_room_back_is_written_anew_and_that_is_said(menshen, folder):
    (folder / "menshen.toml").write_text("")
    Store.open(folder / "menshen.db").close()
    assert menshen("upgrade", "--json").json["is_written_anew"] is False
    with closing(sqlite3.connect(folder / "menshen.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
    answer = menshen("upgrade")
    assert "written anew once" in answer.out
    assert "on a slow card" in answer.out
    assert menshen("upgrade", "--json").json["is_written_anew"] is True


def test_a_newer_release_s_file_is_told_in_a_sentence(menshen, folder):
    (folder / "menshen.toml").write_text("")
    Store.open(folder / "menshen.db").close()
    with closing(sqlite3.connect(folder / "menshen.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099_later'")
        connection.execute(
            "INSERT INTO site (site_id, made_ms, stored_format, release) VALUES ('s', 0, 1, '9.9')"
        )
    answer = menshen("upgrade")
    assert answer.code == 1
    assert "was written by release 9.9 of Menshen, which is newer" in answer.err
    assert "Traceback" not in answer.err
    assert HEAD in answer.err
