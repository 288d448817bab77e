"""Enrolment does not hold the gateway up: it locks the database for the writing only."""

import time
from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.registry.import_files import Result, Wish, enrol_files
from gateway.store import tables
from gateway.store.database import Store
from tests.door_rows import insert_doors

NOW_MS = 1_800_000_000_000
WISH = Wish(NOW_MS, UTC)


@pytest.fixture
def store(store: Store) -> Store:
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g1", "name": "一网格"})
        insert_doors(connection, {"door_id": "d1", "label": "3-201", "grid_id": "g1"})
    return store


def file_of(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_j4_the_gateway_commits_while_a_table_is_checked(store: Store, tmp_path: Path) -> None:
    doors = file_of(tmp_path, "doors", "door_id,label,grid_id", "d2,3-202,g1")
    took_s = []

    def commit(what: str, _done: int, _of: int) -> None:
        if what == "checking":
            began = time.monotonic()
            with store.writing() as connection:
                values = {"journal_id": 1, "at_ms": 1, "kind": "deadline", "body": b"{}"}
                connection.execute(insert(tables.journal), values)
            took_s.append(time.monotonic() - began)

    result = enrol_files(store, [doors], WISH, commit)
    assert result.written
    assert len(took_s) == 1
    with store.reading() as connection:
        doors_now = connection.execute(select(tables.doors.c.door_id)).scalars().all()
    assert sorted(doors_now) == ["d1", "d2"]


def test_j4_what_another_enrolled_meanwhile_is_checked_against(
    store: Store, tmp_path: Path
) -> None:
    """Two orders for one time, both right by themselves: the second one is told of the first."""
    order = "door_id,order_id,from,to", "d1,{},2027-02-01,2027-02-10"
    first = file_of(tmp_path, "first", order[0], order[1].format("o1"))
    second = file_of(tmp_path, "second", order[0], order[1].format("o2"))
    others: list[Result] = []

    def meanwhile(what: str, _done: int, _of: int) -> None:
        if what == "checking" and not others:
            others.append(enrol_files(store, [first], WISH))

    result = enrol_files(store, [second], WISH, meanwhile)
    assert others[0].written
    assert not result.written
    (mistake,) = result.mistakes
    assert "has order o1 on door d1 (3-201) in that time already" in mistake.sentence
