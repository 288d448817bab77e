"""A door that an office gives no id: an id says where somebody lives, and ids are not sealed."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gateway.registry.import_files import Result, Wish, enrol_files
from gateway.registry.rows import RowResult
from gateway.store import tables
from gateway.store.database import Store

NOW_MS = 1_780_000_000_000
GRIDS = "grid_id,name\ng1,一网格\ng2,二网格\n"
DOORS = "door_id,label,grid_id\n,1栋1单元501,g1\n,1栋1单元502,g1\n"
ORDERS = "door_id,from,to\n1栋1单元501,2026-06-01,2026-06-10\n"
PERMITS = "door_id,from,to,who,why\n１栋１单元 501,2026-06-02,2026-06-03,食堂,送餐\n"


def enrol(store: Store, tmp_path: Path, **files: str) -> Result:
    paths = []
    for name, text in files.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(text, "utf-8")
    return enrol_files(store, paths, Wish(NOW_MS, ZoneInfo("Asia/Shanghai")))


def ids(store: Store) -> dict[str, str]:
    """The doors' ids by what they are called."""
    with store.reading() as connection:
        d = tables.doors.c
        return {row.label: row.door_id for row in connection.execute(select(d.label, d.door_id))}


def test_a_door_without_an_id_gets_one_that_says_nothing_and_is_found_again(
    store: Store, tmp_path: Path
) -> None:
    result = enrol(store, tmp_path, grids=GRIDS, doors=DOORS, orders=ORDERS, permits=PERMITS)
    assert (result.written, result.notes) == (True, [])
    first = ids(store)
    assert all(re.fullmatch(r"d[0-9a-f]{8}", door_id) for door_id in first.values())
    again = enrol(store, tmp_path, doors=DOORS, orders=ORDERS, permits=PERMITS)
    assert set(again.counts) == {
        (kind, RowResult.UNCHANGED) for kind in ("doors", "orders", "permits")
    }
    assert ids(store) == first
    with store.reading() as connection:
        on = connection.execute(select(tables.orders.c.household_id)).scalars().all()
        assert on == [first["1栋1单元501"]]
        assert connection.execute(select(tables.permits.c.household_id)).scalars().all() == on


def test_one_label_in_two_grids_is_two_doors_and_names_neither(
    store: Store, tmp_path: Path
) -> None:
    doors = "door_id,label,grid_id\n,1栋1单元501,g1\n,1栋1单元501,g2\n"
    assert enrol(store, tmp_path, grids=GRIDS, doors=doors).written
    refused = enrol(store, tmp_path, orders=ORDERS)
    assert [mistake.sentence for mistake in refused.mistakes] == [
        "is what 2 doors are called; name the one meant by its id"
    ]


def test_a_door_that_nobody_is_called_is_none(store: Store, tmp_path: Path) -> None:
    enrol(store, tmp_path, grids=GRIDS, doors=DOORS)
    refused = enrol(store, tmp_path, orders=ORDERS.replace("501", "999"))
    assert "there is no such door" in refused.mistakes[0].sentence


def test_a_door_needs_an_id_or_a_label(store: Store, tmp_path: Path) -> None:
    refused = enrol(store, tmp_path, grids=GRIDS, doors="door_id,label,grid_id\n,,g1\n")
    assert {mistake.sentence for mistake in refused.mistakes} == {
        "is empty, and needed",
        "is empty, and so is label: one of the two is needed",
    }


def test_two_rows_of_one_door_are_one(store: Store, tmp_path: Path) -> None:
    """The same line twice in a file is a slip; the same door with another telephone a change."""
    doors = "label,grid_id,telephone\n1栋1单元501,g1,\n1栋1单元501,g1,13800138000\n"
    assert enrol(store, tmp_path, grids=GRIDS, doors=doors).written
    assert len(ids(store)) == 1
