"""Enrolment of households: whose contacts doors are, in files as people write them."""

from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.events import OrderPlaced
from gateway.core.subject import of_door
from gateway.registry import load as registry
from gateway.registry.import_files import Result, Wish, enrol_files
from gateway.registry.permits import Announcements
from gateway.store import door_codes, tables, views
from gateway.store.database import Store
from gateway.store.pending import pending_events
from tests.registry.test_permits import MEAL, NOW_MS

DOORS = "door_id,label,grid_id,household\nd1,3-201,g,h1\nd2,3-201 back,g,h1\nd3,3-202,g,\n"
ORDER = "household,from,to\nh1,{from_},{to}\n"


@pytest.fixture
def store(store: Store) -> Store:
    with store.writing() as connection:
        connection.execute(tables.grids.insert(), [{"grid_id": g, "name": g} for g in ("g", "k")])
    return store


@pytest.fixture
def enrolled(store: Store, tmp_path: Path) -> Store:
    assert told(store, tmp_path, DOORS).written
    return store


def told(store: Store, folder: Path, *texts: str) -> Result:
    """Files with these texts, enrolled together."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"file{number}.csv"
        path.write_text(text.format(from_="2026-05-28 08:00", to="2026-06-10"), "utf-8")
        paths.append(path)
    return enrol_files(store, paths, Wish(NOW_MS, UTC, "zh"))


def sentences(result: Result) -> str:
    return " | ".join(str(mistake) for mistake in result.mistakes)


def household_of(store: Store) -> dict[str, str]:
    with store.reading() as connection:
        rows = connection.execute(select(tables.doors.c.door_id, tables.doors.c.household_id))
        return {door_id: household_id for door_id, household_id in rows}


def test_two_doors_are_one_households_and_a_third_its_own(enrolled: Store) -> None:
    assert household_of(enrolled) == {"d1": "h1", "d2": "h1", "d3": "d3"}
    with enrolled.reading() as connection:
        places = registry.load(connection).places
    assert (places["d1"].household, places["d1"].beside) == ("h1", ("d2",))
    assert (places["d3"].household, places["d3"].beside) == ("", ())


def test_a_file_of_before_changes_no_household(enrolled: Store, tmp_path: Path) -> None:
    assert told(enrolled, tmp_path, "door_id,label,grid_id\nd1,3-201 front,g\n").written
    assert household_of(enrolled)["d1"] == "h1"


@pytest.mark.parametrize(
    "text", [ORDER, "door_id,from,to\nd2,{from_},{to}\n", "住户,开始,结束\nh1,{from_},{to}\n"]
)
def test_an_order_names_the_household_or_any_of_its_doors(
    enrolled: Store, tmp_path: Path, text: str
) -> None:
    assert told(enrolled, tmp_path, text).written
    with enrolled.reading() as connection:
        (of,) = connection.execute(select(tables.orders.c.household_id)).scalars()
        assert of == "h1"
        told_of = [(s, e) for _, s, e in pending_events(connection, 0)]
        (subject,) = [s for s, e in told_of if isinstance(e, OrderPlaced)]
        codes = {row.door_id: row.code for row in door_codes.labels(connection, NOW_MS)}
    assert subject == of_door("d1")  # the core tells the household's others
    assert len(set(codes.values())) == 2  # each contact has its label
    assert told(enrolled, tmp_path, text).counts.total() == 1
    with enrolled.reading() as connection:
        assert len(connection.execute(select(tables.orders)).all()) == 1


def test_a_permit_is_announced_once_for_a_household(enrolled: Store, tmp_path: Path) -> None:
    with enrolled.writing() as connection:
        law = Announcements(connection, NOW_MS, UTC)
        first = law.announce("d1", MEAL)
        assert (first.household_id, first.is_new) == ("h1", True)
        assert not law.announce("d2", MEAL).is_new  # the same lunch, said at the other door
        law.write()
    with enrolled.writing() as connection:
        connection.execute(tables.doors.update().values(building="3"))
        everywhere = Announcements(connection, NOW_MS, UTC).announce_in("building:3", MEAL)
    assert [one.door_id for one in everywhere] == ["d1", "d3"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("door_id,label,grid_id,household\nd4,3-203,k,h1\n", "a household lies in one grid"),
        ("door_id,label,grid_id\nh1,3-204,g\n", "is the name of a household with other doors"),
        ("household,from,to\nh9,{from_},{to}\n", "there is no such household"),
        ("door_id,household,from,to\nd3,h1,{from_},{to}\n", "is not that of door d3"),
        ("door_id,household,from,to\n,,{from_},{to}\n", "one of the two is needed"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    enrolled: Store, tmp_path: Path, text: str, sentence: str
) -> None:
    result = told(enrolled, tmp_path, text)
    assert not result.written
    assert sentence in sentences(result)


def test_a_whole_household_moves_to_another_grid_in_one_file(
    enrolled: Store, tmp_path: Path
) -> None:
    rows = "door_id,label,grid_id\nd1,3-201,k\nd2,3-201 back,k\n"
    assert told(enrolled, tmp_path, rows).written


def test_a_door_stays_its_households_while_an_order_runs(enrolled: Store, tmp_path: Path) -> None:
    assert told(enrolled, tmp_path, ORDER).written
    alone = "door_id,label,grid_id,household\nd2,3-201 back,g,d3\n"
    result = told(enrolled, tmp_path, alone)
    assert "that must end first" in sentences(result)
    assert told(enrolled, tmp_path, "order_id,household,end\n,h1,yes\n").written
    assert told(enrolled, tmp_path, alone).written
    assert household_of(enrolled)["d2"] == "d3"


def test_a_new_contact_joins_under_a_running_order(enrolled: Store, tmp_path: Path) -> None:
    assert told(enrolled, tmp_path, ORDER).written
    assert told(enrolled, tmp_path, "door_id,label,grid_id,household\nd5,window,g,h1\n").written
    with enrolled.reading() as connection:
        assert registry.load(connection).places["d5"].beside == ("d1", "d2")


def test_an_ended_contact_takes_the_order_from_nobody(enrolled: Store, tmp_path: Path) -> None:
    assert told(enrolled, tmp_path, ORDER).written
    assert told(enrolled, tmp_path, "door_id,end\nd2,yes\n").written
    with enrolled.reading() as connection:
        (to_ms,) = connection.execute(select(tables.orders.c.to_ms)).scalars()
    assert to_ms > NOW_MS
    assert told(enrolled, tmp_path, "door_id,end\nd1,yes\n").written  # and the last one does
    with enrolled.reading() as connection:
        (to_ms,) = connection.execute(select(tables.orders.c.to_ms)).scalars()
        (ended_ms,) = connection.execute(
            select(tables.households.c.ended_ms).where(tables.households.c.household_id == "h1")
        ).scalars()
    assert to_ms == ended_ms == NOW_MS


def test_a_list_in_parts_has_the_same_order_as_the_whole(store: Store, tmp_path: Path) -> None:
    labels = [f"{block}栋{flat}" for block in (2, 10, 1) for flat in (1001, 201, 99)] + [
        "1栋99后门"
    ]
    rows = "".join(f"d{n},{label},{'gk'[n % 2]},\n" for n, label in enumerate(labels))
    assert told(store, tmp_path, f"door_id,label,grid_id,household\n{rows}").written
    with store.reading() as connection:
        whole, parts, after = views.doors(connection, 99), list[str](), None
        for _ in range(len(labels)):
            [row] = views.doors(connection, 1, after)
            parts.append(row.label)
            after = views.door_place(connection, row.door_id)
        assert views.doors(connection, 1, after) == []
    assert parts == [row.label for row in whole]
    assert parts == sorted(parts, key=lambda one: (labels.index(one) % 2, len(one), one))
