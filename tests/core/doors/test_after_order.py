"""After its order a door is nobody's business: what is not recorded, and what its seal is told."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.commissioning import Visit, WalkTest
from gateway.core.doors.after_order import WAKES_MS, Word, is_forgotten, rests, word
from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door, Doubt, Order
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL

ENDED = Order("o", NOON - DAY, NOON)
NEXT = Order("p", NOON + DAY, NOON + 2 * DAY)
DOOR = Door("d", seal_id=SEAL, orders=(ENDED,))
TEST = WalkTest("t", SEAL, actor_of("zhou"), NOON - HOUR, NOON + HOUR)


def edge(age_ms: int | None = 0, contact: Contact = Contact.OPEN, seq: int = 7) -> ReportCame:
    return ReportCame(SEAL, seq, contact, 3, True, age_ms=age_ms)


def beat(contact: Contact = Contact.SHUT) -> ReportCame:
    return ReportCame(SEAL, 0, contact, 3, False)


def visit(from_ms: int, to_ms: int) -> Visit:
    return Visit("v", SEAL, from_ms, to_ms, "~zhou")


def test_what_happened_under_the_order_counts_though_it_is_heard_after_it() -> None:
    assert not rests(DOOR, edge(), NOON - 1)
    assert rests(DOOR, edge(), NOON)
    assert not rests(DOOR, edge(MINUTE), NOON + MINUTE - 1)
    assert rests(DOOR, edge(MINUTE), NOON + MINUTE)
    held = replace(edge(), held_ms=MINUTE)
    assert not rests(DOOR, held, NOON + MINUTE - 1)


def test_a_beat_and_an_edge_of_unknown_age_are_of_now() -> None:
    for event in (beat(), edge(None)):
        assert not rests(DOOR, event, NOON - 1)
        assert rests(DOOR, event, NOON)


def test_between_two_orders_it_rests_and_what_is_heard_under_the_next_is_recorded() -> None:
    door = replace(DOOR, orders=(ENDED, NEXT))
    assert rests(door, edge(), NOON + DAY - 1)
    assert not rests(door, edge(), NOON + DAY)
    assert not rests(door, edge(HOUR), NOON + DAY), "it begins the count"
    assert not rests(door, edge(2 * DAY), NOON + 3 * DAY), "it was under that one"
    assert rests(door, edge(HOUR), NOON + 3 * DAY)


def test_a_door_without_an_order_yet_is_seen_to_move() -> None:
    """Also where one was placed by mistake and taken back: it never held."""
    assert not rests(replace(DOOR, orders=()), edge(), NOON)
    assert not rests(replace(DOOR, orders=(NEXT,)), edge(), NOON)
    taken_back = Order("x", NOON - HOUR, NOON - HOUR)
    assert not rests(replace(DOOR, orders=(taken_back,)), edge(), NOON)
    assert rests(replace(DOOR, orders=(taken_back, ENDED)), edge(), NOON)


def test_who_works_at_the_seal_between_two_orders_sees_it_move() -> None:
    assert not rests(replace(DOOR, walk_test=TEST), edge(), NOON)
    door = replace(DOOR, visits=(visit(NOON + MINUTE, NOON + HOUR),))
    assert [rests(door, edge(), NOON + at) for at in (MINUTE - 1, MINUTE, HOUR - 1, HOUR)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_clock_that_is_perhaps_ahead_lets_no_door_rest_early() -> None:
    door = replace(DOOR, doubt=Doubt(0, HOUR))
    assert not rests(door, edge(), NOON + HOUR - 1)
    assert rests(door, edge(), NOON + HOUR)


# What the seal is told.


def test_it_is_told_that_it_is_over_until_a_beat_shows_it() -> None:
    assert word(DOOR, beat(), NOON - 1) is None
    for event in (beat(), beat(Contact.OPEN), edge(), edge(contact=Contact.UNKNOWN)):
        assert word(DOOR, event, NOON) is Word.OVER, event
    assert word(DOOR, beat(Contact.UNKNOWN), NOON) is None
    tamper = ReportCame(SEAL, 8, Contact.UNKNOWN, 3, False, cover=True)
    assert word(DOOR, tamper, NOON) is Word.OVER, "no beat: it says something of its door"
    odd = ReportCame(SEAL, 0, Contact.UNKNOWN, 3, True)
    assert word(DOOR, odd, NOON) is Word.OVER, "an edge is no beat, whatever its number"


def test_one_that_rests_under_an_order_is_told_to_watch_and_nobody_else_is() -> None:
    assert word(DOOR, beat(Contact.UNKNOWN), NOON - 1) is Word.WATCH
    assert word(DOOR, beat(), NOON - 1) is None
    assert word(DOOR, edge(contact=Contact.UNKNOWN), NOON - 1) is None


def test_before_its_next_order_it_is_woken_and_not_told_that_it_is_over() -> None:
    door = replace(DOOR, orders=(ENDED, NEXT))
    wakes_ms = NEXT.from_ms - WAKES_MS
    assert word(door, beat(), wakes_ms - 1) is Word.OVER
    assert word(door, beat(Contact.UNKNOWN), wakes_ms - 1) is None
    assert word(door, beat(), wakes_ms) is None
    assert word(door, beat(Contact.UNKNOWN), wakes_ms) is Word.WATCH
    assert word(door, beat(), NEXT.to_ms - 1) is None
    assert word(door, beat(), NEXT.to_ms) is Word.OVER


def test_an_order_that_was_taken_back_wakes_nobody() -> None:
    door = replace(DOOR, orders=(ENDED, Order("x", NEXT.from_ms, NEXT.from_ms)))
    assert word(door, beat(), NEXT.from_ms - 1) is Word.OVER
    assert word(door, beat(Contact.UNKNOWN), NEXT.from_ms - 1) is None


def test_before_somebody_works_at_it_it_is_woken_and_afterwards_let_alone() -> None:
    door = replace(DOOR, visits=(visit(NOON + DAY, NOON + DAY + HOUR),))
    wakes_ms = NOON + DAY - WAKES_MS
    at_ms = (wakes_ms - 1, wakes_ms, NOON + DAY + HOUR - 1, NOON + DAY + HOUR)
    assert [word(door, beat(), at) for at in at_ms] == [Word.OVER, None, None, Word.OVER]
    assert word(replace(DOOR, walk_test=TEST), beat(), NOON) is None


@pytest.mark.parametrize("doubt", [Doubt(MINUTE, 0), Doubt(0, MINUTE)])
def test_a_clock_in_doubt_ends_none_for_a_seal(doubt: Doubt) -> None:
    assert word(replace(DOOR, doubt=doubt), beat(), NOON + DAY) is None
    resting = word(replace(DOOR, doubt=doubt), beat(Contact.UNKNOWN), NOON + DAY)
    assert resting is Word.WATCH


def test_a_door_without_an_order_is_watched_also_where_one_was_taken_back() -> None:
    for orders in ((), (Order("x", NOON - HOUR, NOON - HOUR),)):
        door = replace(DOOR, orders=orders)
        assert word(door, beat(), NOON) is None
        assert word(door, beat(Contact.UNKNOWN), NOON) is Word.WATCH


def test_nothing_is_kept_of_a_leaf_once_neither_its_place_nor_its_count_is() -> None:
    assert is_forgotten(DOOR)
    assert not is_forgotten(replace(DOOR, edges=0))
    assert not is_forgotten(replace(DOOR, contact=Contact.SHUT))
