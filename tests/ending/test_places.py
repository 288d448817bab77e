"""Every table has its line: how its rows about a household go, or why it has none. So a new table
is not merged before somebody has said how it ends."""

from pathlib import Path

import pytest
from sqlalchemy import Column, String, Table

from gateway.ending.places import ELSEWHERE, LAST, ROWS, STAYS
from gateway.store.database import Store
from gateway.store.tables import metadata

ROOT = Path(__file__).parents[2]
# What the name of a column says of whose its rows are.
OF_A_HOUSEHOLD = {"door_id", "household_id", "order_id", "case_id"}
MAY_NAME = {"seals", "wardens"}  # which door a seal hangs on, until the link goes


def lines() -> list[Table]:
    return [place.table for place in (*ROWS, *LAST, *STAYS)]


def unlisted() -> set[str]:
    return set(metadata.tables) - {table.name for table in lines()}


def test_every_table_has_its_line_and_only_one(tmp_path: Path) -> None:
    names = [table.name for table in lines()]
    assert len(names) == len(set(names))
    assert unlisted() == set()
    store = Store.open(tmp_path / "menshen.db")  # and the file has no other
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        made = {name for (name,) in rows if not name.startswith("sqlite_")}
    store.close()
    assert made - {"alembic_version"} == set(metadata.tables)


def test_a_new_table_without_a_line_is_an_error() -> None:
    fresh = Table("of_tomorrow", metadata, Column("door_id", String, primary_key=True))
    try:
        assert unlisted() == {"of_tomorrow"}
    finally:
        metadata.remove(fresh)


@pytest.mark.parametrize("place", STAYS, ids=lambda place: place.table.name)
def test_what_stays_has_no_column_that_names_a_household(place) -> None:
    assert place.why
    named = OF_A_HOUSEHOLD & set(place.table.columns.keys())
    assert not named or place.table.name in MAY_NAME


@pytest.mark.parametrize("place", ELSEWHERE, ids=lambda place: place.name)
def test_every_other_place_says_how_it_is_found_goes_and_is_proved(place) -> None:
    assert place.found
    assert place.goes
    assert (ROOT / place.proved).is_file()
