"""The code of a door's label: made with its order, anew with each, and read as people write it."""

import contextlib
from datetime import UTC

import pytest
from sqlalchemy import delete, insert, select

from gateway.core.duration import DAY_MS
from gateway.core.proof import Scan
from gateway.registry import door_codes
from gateway.registry.enrolment import Enrolment, enrol
from gateway.registry.rows import Ending, NewDoor, NewGrid, NewOrder, Row
from gateway.store.database import Store
from gateway.store.door_codes import DOOR_CODES, scan_of

NOW_MS = 1_780_000_000_000
FIRST = NewOrder("d1", NOW_MS - DAY_MS, NOW_MS + DAY_MS, "first")
NEXT = NewOrder("d1", NOW_MS + DAY_MS, NOW_MS + 9 * DAY_MS, "next")


@pytest.fixture
def store(store: Store) -> Store:
    doors = NewDoor("d1", "1栋1单元501", "g1"), NewDoor("d2", "502", "g1")
    enrols(store, NewGrid("g1", "g"), *doors)
    return store


def enrols(store: Store, *rows: Row, at_ms: int = NOW_MS) -> None:
    def take(connection: object) -> Enrolment:
        enrolment = Enrolment(connection, at_ms, UTC)  # type: ignore[arg-type]
        for row in rows:
            enrolment.take(row)
        return enrolment

    enrol(store, take)


def codes(store: Store) -> dict[str, str]:
    with store.reading() as connection:
        rows = connection.execute(select(DOOR_CODES.c.order_id, DOOR_CODES.c.code))
        return {order_id: code for order_id, code in rows}


def test_each_order_has_a_code_of_its_own_and_keeps_it(store: Store) -> None:
    enrols(store, FIRST)
    [(order_id, code)] = codes(store).items()
    assert order_id == "first"
    assert door_codes.read(code) == code
    enrols(store, FIRST, NEXT)
    both = codes(store)
    assert both["first"] == code
    assert both["next"] != code
    enrols(store, Ending("orders", "first", ""))
    assert codes(store) == both, "what was scanned before can still be judged"
    with store.reading() as connection:
        assert scan_of(connection, both["next"]) == Scan("d1", "next")
        assert scan_of(connection, door_codes.check_digit("1") * 10) == Scan()


def test_a_label_is_that_of_the_order_that_runs_else_of_the_next(store: Store) -> None:
    enrols(store, NEXT)
    [label] = door_codes.labels(store, NOW_MS)
    assert (label.label, label.order_id, label.printed_ms) == ("1栋1单元501", "next", None)
    enrols(store, FIRST)
    [label] = door_codes.labels(store, NOW_MS)
    assert (label.order_id, label.code) == ("first", codes(store)["first"])
    door_codes.printed(store, door_codes.labels(store, NOW_MS), NOW_MS)
    assert [row.printed_ms for row in door_codes.labels(store, NOW_MS)] == [NOW_MS]
    assert [row.order_id for row in door_codes.labels(store, NOW_MS + DAY_MS)] == ["next"]
    assert door_codes.labels(store, NOW_MS + 10 * DAY_MS) == []


def test_an_order_from_before_there_were_codes_gets_one_when_its_label_is_wanted(
    store: Store,
) -> None:
    enrols(store, FIRST, NewOrder("d2", NOW_MS, NOW_MS + DAY_MS, "other"))
    with store.writing() as connection:
        connection.execute(delete(DOOR_CODES).where(DOOR_CODES.c.order_id == "first"))
    kept = codes(store)["other"]
    assert {row.code for row in door_codes.labels(store, NOW_MS)} == set(codes(store).values())
    assert codes(store)["other"] == kept
    assert len(codes(store)) == 2


def test_two_doors_never_share_a_code(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([5, 5, 6])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    enrols(store, FIRST, NewOrder("d2", NOW_MS, NOW_MS + DAY_MS, "other"))
    assert len(set(codes(store).values())) == 2
    with store.writing() as connection:
        row = {"order_id": "x", "door_id": "d1", "code": codes(store)["first"], "made_ms": 0}
        with pytest.raises(Exception, match="UNIQUE"):
            connection.execute(insert(DOOR_CODES), row)


def test_every_wrong_digit_and_nearly_every_swap_is_found() -> None:
    code = "048271903"
    code += door_codes.check_digit(code)
    assert door_codes.read(door_codes.PREFIX + code) == code
    assert door_codes.read(door_codes.grouped(code)) == code
    for at in range(len(code)):
        for digit in "0123456789":
            if digit != code[at]:
                with pytest.raises(ValueError, match="no door's code"):
                    door_codes.read(code[:at] + digit + code[at + 1 :])
    missed = 0
    for at in range(len(code) - 1):
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        with contextlib.suppress(ValueError):
            missed += door_codes.read(swapped) != code
    assert missed <= 1
    # ISO 7064's own example, MOD 11,10
    assert door_codes.check_digit("0794") == "5"


@pytest.mark.parametrize("text", ["", "12345", "menshen:seal:0482719038", "04827190x8", "\x00"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no door's code"):
        door_codes.read(text)
