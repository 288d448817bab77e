"""Whose time comes first: each is taken once, and one that moved away costs nothing."""

from gateway.core.deadline_index import DeadlineIndex, earliest


def taken(index: DeadlineIndex[str], now_ms: int) -> list[str]:
    """All whose time has come, in order."""
    keys = []
    while (key := index.take(now_ms)) is not None:
        keys.append(key)
    return keys


def test_nobody_is_due_where_nothing_was_noted() -> None:
    index = DeadlineIndex[str]()
    index.note("a", None)
    assert (index.next_ms(), index.take(10**9)) == (None, None)


def test_they_come_in_the_order_of_their_times_and_not_before() -> None:
    index = DeadlineIndex[str]()
    for key, due_ms in (("late", 30), ("soon", 10), ("then", 20)):
        index.note(key, due_ms)
    assert index.next_ms() == 10
    assert index.take(9) is None
    assert taken(index, 20) == ["soon", "then"]
    assert index.next_ms() == 30


def test_a_time_that_moved_away_is_looked_at_when_it_was_noted_first() -> None:
    index = DeadlineIndex[str]()
    index.note("a", 10)
    index.note("a", 50)
    assert index.next_ms() == 10
    assert taken(index, 60) == ["a"], "once: whoever takes it notes its real time"
    index.note("a", 50)
    assert taken(index, 50) == ["a"]


def test_whose_turn_it_is_says_the_real_time_and_of_equal_ones_the_key() -> None:
    index = DeadlineIndex[str]()
    assert index.is_first("a", 10)
    index.note("b", 20)
    assert index.is_first("a", 20)
    assert not index.is_first("c", 20)
    assert not index.is_first("a", 21)


def test_an_earlier_time_is_taken_first_and_the_later_one_may_come_too() -> None:
    index = DeadlineIndex[str]()
    index.note("a", 50)
    index.note("a", 10)
    assert index.next_ms() == 10
    assert taken(index, 10) == ["a"]
    index.note("a", 40)
    assert index.next_ms() == 40
    assert taken(index, 45) == ["a"]
    assert taken(index, 100) == ["a"], "an old note: whoever takes it finds nothing due"


def test_the_same_time_noted_again_stands_once() -> None:
    index = DeadlineIndex[str]()
    index.note("a", 10)
    index.note("a", 10)
    assert taken(index, 10) == ["a"]


def test_the_earliest_of_times_of_which_some_are_none() -> None:
    assert earliest(None, 7, 3, None) == 3
    assert earliest(0, 5) == 0
    assert earliest(None) is earliest() is None
