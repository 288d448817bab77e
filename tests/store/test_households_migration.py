"""A database from before there were households: each door is one, and nothing that hung on a door
is lost."""

import sqlite3
from datetime import UTC
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from gateway.registry import load as registry
from gateway.registry import permits
from gateway.store import database, door_codes, hanging, tables
from gateway.store.database import Store

BEFORE = "0014_after"
ROWS = (
    "INSERT INTO site(site_id, made_ms, stored_format) VALUES ('00', 7, 1)",
    "INSERT INTO grids(grid_id, name) VALUES ('g', '七网格')",
    "INSERT INTO doors(door_id, label, grid_id) VALUES ('d1', '3栋201', 'g')",
    "INSERT INTO doors(door_id, label, grid_id, ended_ms) VALUES ('d2', '3栋202', 'g', 5)",
    "INSERT INTO seals(seal_id, door_id, key, enrolled_ms) VALUES ('aa', 'd1', x'00', 1)",
    "INSERT INTO orders(order_id, door_id, from_ms, to_ms) VALUES ('o', 'd1', 1, 900)",
    "INSERT INTO permits(permit_id, door_id, from_ms, to_ms, openings, longest_ms, who, why)"
    " VALUES ('p', 'd1', 1, 900, 2, 60000, '李社区', '送餐')",
    "INSERT INTO door_codes(order_id, door_id, code, made_ms) VALUES ('o', 'd1', '4827190356', 1)",
    "INSERT INTO openings(opening_id, door_id, opened_ms, latest_ms, heard_ms, reason)"
    " VALUES ('aa-1', 'd1', 2, 2, 2, 'permit')",
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as the release before left it."""
    path = tmp_path / "menshen.db"
    path.touch(0o600)
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    with engine.begin() as connection:
        for row in ROWS:
            connection.execute(text(row))
    engine.dispose()
    return path


def test_each_door_is_a_household_of_its_own_and_keeps_what_it_had(old: Path) -> None:
    store = Store.open(old)
    with store.reading() as connection:
        households = connection.execute(select(tables.households)).mappings().all()
        assert [(row["household_id"], row["made_ms"], row["ended_ms"]) for row in households] == [
            ("d1", 7, None),
            ("d2", 7, 5),
        ]
        for table in (tables.doors, tables.orders, tables.permits):
            of = connection.execute(select(table.c.household_id)).scalars().all()
            assert {*of} in ({"d1"}, {"d1", "d2"})
        assert hanging.order_until_ms(connection, "d1", 100) == 900
        assert permits.Announcements(connection, 100, UTC).live("d1") == "p"
        (label,) = door_codes.labels(connection, 100)
        assert (label.door_id, label.code) == ("d1", "4827190356")
        known = registry.load(connection)
        assert (known.places["d1"].household, known.places["d1"].beside) == ("", ())
        assert connection.execute(select(tables.openings.c.beside)).scalars().all() == [None]
    store.close()


def test_what_others_name_is_there_still_and_is_looked_after_again(old: Path) -> None:
    store = Store.open(old)
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    store.close()
    raw = sqlite3.connect(old)
    named = {row[2] for row in raw.execute("PRAGMA foreign_key_list(openings)")}
    assert named == {"doors"}
    raw.close()
    store = Store.open(old)
    with pytest.raises(Exception, match="FOREIGN KEY"), store.writing() as connection:
        connection.execute(text("UPDATE doors SET household_id = 'nobody'"))
    store.close()
