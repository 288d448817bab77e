"""The areas of doors, asked both ways: which a door lies in, and which doors lie in one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from gateway.store import areas, tables
from gateway.store.database import Store
from tests.door_rows import insert_doors

DOORS = {
    "d1": ("3", "2", "ap-7"),
    "d2": ("3", "2", None),
    "d3": ("3", "12", "ap-7"),
    "d4": ("13", "2", ""),
    "d5": (None, None, None),
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Five doors, one of them sealed, and a seal that hangs nowhere."""
    store = Store.open(tmp_path / "menshen.db")
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g", "name": "G"})
        for door_id, (building, stair, point) in DOORS.items():
            row = {"door_id": door_id, "label": door_id, "grid_id": "g"}
            row |= {"building": building, "stair": stair, "point": point}
            insert_doors(connection, row)
        for seal_id, door_id in (("a" * 16, "d1"), ("b" * 16, None)):
            row = {"seal_id": seal_id, "door_id": door_id, "key": b"k" * 32, "enrolled_ms": 0}
            connection.execute(insert(tables.seals), row | {"batch": "2026-03"})
        yield connection
    store.close()


def test_a_door_lies_in_its_building_its_stair_its_point_and_its_batch(
    connection: Connection,
) -> None:
    assert areas.of_doors(connection) == {
        "d1": ("building:3", "stair:3/2", "point:ap-7", "batch:2026-03"),
        "d2": ("building:3", "stair:3/2"),
        "d3": ("building:3", "stair:3/12", "point:ap-7"),
        "d4": ("building:13", "stair:13/2"),
        "d5": (),
    }


@pytest.mark.parametrize(
    ("area", "door_ids"),
    [
        ("building:3", ["d1", "d2", "d3"]),
        ("stair:3/2", ["d1", "d2"]),
        ("point:ap-7", ["d1", "d3"]),
        ("batch:2026-03", ["d1"]),
        ("stair:2", []),
        ("building:", []),
        ("grid:g", []),
        ("", []),
    ],
)
def test_the_doors_of_an_area_are_those_that_name_it(
    connection: Connection, area: str, door_ids: list[str]
) -> None:
    assert list(areas.doors_in(connection, area)) == door_ids
    named = areas.of_doors(connection).items()
    assert sorted(door_id for door_id, names in named if area in names) == door_ids
