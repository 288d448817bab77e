"""The law of announcing: what may be, what may not and why, and what it costs to ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, event, insert, select

from gateway.core.doors.permits import PERMITS_MAX, WINDOWS_MAX
from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.keys.sealed_text import key_of
from gateway.language.catalogue import LOCALES
from gateway.registry import load as registry
from gateway.registry import permits
from gateway.registry.permits import (
    Announcements,
    NobodyThereError,
    PermitConflictError,
    PermitError,
)
from gateway.store import pending, sealing, tables
from gateway.store.database import Store
from gateway.store.order_keys import ring_of
from tests.door_rows import insert_doors

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW_MS = 1_780_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MEAL = Permit("", NOW_MS, NOW_MS + HOUR_MS, 1, 600_000, "食堂", "送餐")


@pytest.fixture
def store(store: Store) -> Store:
    """Two doors of one stair, and one elsewhere."""
    with store.writing() as connection:
        connection.execute(insert(tables.grids), {"grid_id": "g1", "name": "一网格"})
        for door_id, stair in (("d1", "2"), ("d2", "2"), ("d3", "4")):
            row = {"door_id": door_id, "label": door_id, "grid_id": "g1"}
            insert_doors(connection, row | {"building": "3", "stair": stair})
    return store


def law(connection: Connection, now_ms: int = NOW_MS) -> Announcements:
    return Announcements(connection, now_ms, SHANGHAI)


def announced(store: Store, door_id: str, *wanted: Permit, now_ms: int = NOW_MS) -> list[bool]:
    """Each announced and written; whether it was new."""
    with store.writing() as connection:
        announcements = law(connection, now_ms)
        new = [announcements.announce(door_id, permit).is_new for permit in wanted]
        announcements.write()
    return new


def pending_events(store: Store) -> list[tuple[str, object]]:
    with store.reading() as connection:
        return [(subject.id, event) for _, subject, event in pending.pending_events(connection, 0)]


def fill(store: Store, door_id: str) -> None:
    """As many live ones as a door may have. The meal ends first."""
    later = [
        replace(MEAL, permit_id=f"p{number}", to_ms=MEAL.to_ms + number * HOUR_MS)
        for number in range(PERMITS_MAX)
    ]
    announced(store, door_id, *later)


def test_an_announcement_is_a_row_and_a_letter_and_said_twice_is_said_once(store: Store) -> None:
    assert announced(store, "d1", MEAL) == [True]
    assert announced(store, "d1", MEAL) == [False]
    ((door_id, told),) = pending_events(store)
    assert door_id == "d1"
    assert isinstance(told, PermitAnnounced)
    assert key_of(told.permit.why)  # what is left for the gateway is sealed
    with store.reading() as connection:
        assert (
            replace(sealing.changed(told, ring_of(connection).shown).permit, permit_id="") == MEAL
        )
    daily = replace(MEAL, permit_id="noon", daily=((690, 780),), days=0b11111)
    assert announced(store, "d1", daily, daily) == [True, False]
    assert announced(store, "d1", daily) == [False]


def test_what_a_permit_has_left_does_not_make_it_another(store: Store) -> None:
    announced(store, "d1", replace(MEAL, permit_id="meal"))
    with store.writing() as connection:
        connection.execute(tables.permits.update().values(openings=0))
    assert announced(store, "d1", replace(MEAL, permit_id="meal")) == [False]
    with store.reading() as connection:
        assert connection.execute(select(tables.permits.c.openings)).scalars().all() == [0]


def test_a_full_door_takes_no_more_and_keeps_todays_meal(store: Store) -> None:
    fill(store, "d1")
    with pytest.raises(PermitConflictError) as refused:
        announced(store, "d1", replace(MEAL, permit_id="more", to_ms=NOW_MS + 9 * DAY_MS))
    assert refused.value.told("en") == "The door has 32 permits already, which is the limit."
    assert len(pending_events(store)) == PERMITS_MAX
    assert announced(store, "d2", MEAL) == [True]


def test_what_is_over_or_used_up_takes_no_room(store: Store) -> None:
    fill(store, "d1")
    after_ms = MEAL.to_ms + 1  # the meal is over
    more = replace(MEAL, permit_id="more", to_ms=NOW_MS + 9 * DAY_MS)
    assert announced(store, "d1", more, now_ms=after_ms) == [True]
    with store.writing() as connection:
        used = tables.permits.update().where(tables.permits.c.permit_id == "p5")
        connection.execute(used.values(openings=0))
    assert announced(store, "d1", replace(more, permit_id="even-more"), now_ms=after_ms) == [True]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"to_ms": NOW_MS}, "to"),
        ({"from_ms": NOW_MS + 2 * HOUR_MS}, "to"),
        ({"to_ms": NOW_MS + 31 * DAY_MS + 1}, "to"),
        ({"from_ms": NOW_MS + 367 * DAY_MS, "to_ms": NOW_MS + 368 * DAY_MS}, "from"),
        ({"from_ms": 2**53, "to_ms": 2**53 + 1}, "from"),
        ({"openings": 0}, "openings"),
        ({"openings": permits.OPENINGS_MAX + 1}, "openings"),
        ({"longest_ms": 999}, "longest_min"),
        ({"longest_ms": DAY_MS + 1}, "longest_min"),
        ({"who": ""}, "who"),
        ({"why": "x" * 201}, "why"),
        ({"why": "two\nlines"}, "why"),
        ({"permit_id": "x" * 65}, "permit_id"),
        ({"daily": ((0, 1440),)}, "daily"),
        ({"daily": ((0, 60),) * (WINDOWS_MAX + 1)}, "daily"),
        ({"days": 0}, "days"),
        ({"days": 128}, "days"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_kept(
    store: Store, changed: dict[str, object], field: str
) -> None:
    with store.writing() as connection:
        announcements = law(connection)
        with pytest.raises(PermitError) as refused:
            announcements.announce("d1", replace(MEAL, **changed))
        announcements.write()
    assert refused.value.field == field
    for language in LOCALES:
        said = refused.value.told(language)
        assert said.endswith("。" if language == "zh" else (".", "?"))
        assert "{" not in said
    assert pending_events(store) == []


def test_an_id_is_one_permits_only(store: Store) -> None:
    announced(store, "d1", replace(MEAL, permit_id="p"))
    for door_id, other in (("d2", MEAL), ("d1", replace(MEAL, why="检测"))):
        with pytest.raises(PermitConflictError):
            announced(store, door_id, replace(other, permit_id="p"))


def test_for_an_area_it_is_all_of_its_doors_or_none(store: Store) -> None:
    fill(store, "d2")
    with store.writing() as connection:
        announcements = law(connection)
        with pytest.raises(PermitConflictError):
            announcements.announce_in("stair:3/2", replace(MEAL, permit_id="noon"))
        one = announcements.announce_in("stair:3/4", replace(MEAL, permit_id="noon"))
        announcements.write()
    assert [(its.door_id, its.permit.permit_id) for its in one] == [("d3", "noon-1")]
    assert [door_id for door_id, _ in pending_events(store)] == ["d2"] * PERMITS_MAX + ["d3"]
    with store.reading() as connection, pytest.raises(NobodyThereError):
        law(connection).announce_in("stair:9/9", MEAL)


def test_a_door_that_is_none(store: Store) -> None:
    with store.reading() as connection, pytest.raises(NobodyThereError):
        law(connection).announce("d9", MEAL)


@pytest.fixture
def crowded(store: Store) -> Store:
    """The same site among hundreds of doors, with a full one in the stair."""
    with store.writing() as connection:
        row = {"label": "x", "grid_id": "g1", "building": "9"}
        doors = [row | {"door_id": f"x{n}", "stair": str(n % 9)} for n in range(400)]
        insert_doors(connection, doors)
    fill(store, "d3")
    return store


@contextmanager
def asked(store: Store) -> Iterator[tuple[Announcements, list[str]]]:
    """The law in a transaction, and what it asks the database."""
    statements: list[str] = []
    with store.writing() as connection:
        event.listen(connection, "before_cursor_execute", lambda *how: statements.append(how[2]))
        yield law(connection), statements


def test_one_permit_costs_a_look_up_and_not_the_registry(crowded: Store) -> None:
    with asked(crowded) as (announcements, statements):
        announcements.announce("d1", replace(MEAL, permit_id="meal"))
        assert len(statements) == 3  # the door, its permits, the id
        announcements.announce("d2", MEAL)
        assert len(statements) == 5  # of an id that is made here none
        assert all("WHERE" in statement for statement in statements)
        announcements.write()
        assert len(statements) == 9  # keys looked up and made; the rows, and the pending events
    # the gateway takes the pending event, and need not read anew
    with crowded.reading() as connection:
        assert registry.enrolment(connection) == 0


@pytest.mark.parametrize("permit_id", ["", "noon"])
def test_a_whole_building_costs_hardly_more_than_one_door(crowded: Store, permit_id: str) -> None:
    with asked(crowded) as (announcements, statements):
        announced = announcements.announce_in("building:9", replace(MEAL, permit_id=permit_id))
        assert len(announced) == 400
        assert len(statements) == (3 if permit_id else 2)
        announcements.write()
    assert len(statements) <= 7
    assert len(pending_events(crowded)) == PERMITS_MAX + 400


def test_i12_said_again_it_is_the_same_while_it_lives_and_nothing_was_used(store: Store) -> None:
    """A command begins now, and now is later each time; a form has an id of its own each time."""

    def act(offered: str = "", after_ms: int = 0, **changed: object) -> bool:
        with store.writing() as connection:
            announcements = law(connection, NOW_MS + after_ms)
            permit = replace(MEAL, from_ms=NOW_MS + after_ms, **changed)
            is_new = announcements.announce("d1", permit, offered).is_new
            announcements.write()
        return is_new

    assert act("a" * 16)
    assert not any(act(offered, ms) for ms in range(1_000) for offered in ("", f"{ms:016x}"))
    assert act(why="检测")
    assert act(openings=2)
    with store.writing() as connection:
        connection.execute(tables.permits.update().values(openings=0))
    assert act("b" * 16, 60_000)  # the meal was fetched, and there is another
    assert len(pending_events(store)) == 4
