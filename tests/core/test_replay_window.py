"""The replay window remembers exactly which numbers were taken, however they come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reasons import Reason
from gateway.core.replay_window import SEEN_BITS, ReplayWindow, accept, refusal

_STEPS = st.lists(st.one_of(st.integers(1, 40), st.integers(1, 400)), max_size=120)


@settings(max_examples=500, deadline=None, print_blob=True)
@given(_STEPS)
def test_a_number_is_repeated_if_and_only_if_it_was_seen(numbers: list[int]) -> None:
    window, seen = ReplayWindow(), set[int]()
    for counter, seq in enumerate(numbers, 1):
        too_old = seq < window.seq_top - SEEN_BITS
        window, repeated = accept(window, 1, counter, seq)
        assert repeated is (None if too_old else seq in seen)
        assert (window.epoch, window.counter) == (1, counter)
        assert window.seq_seen < 1 << SEEN_BITS  # fits the database's integers
        seen.add(seq)


def test_a_heartbeat_has_no_number_and_moves_only_the_mark() -> None:
    window, repeated = accept(ReplayWindow(1, 1, 7, 3), 1, 2, 0)
    assert (repeated, window) == (False, ReplayWindow(1, 2, 7, 3))


def test_only_what_is_above_the_mark_is_new_and_an_epoch_is_above_every_counter() -> None:
    window = ReplayWindow(epoch=2, counter=9)
    assert refusal(window, 2, 9) is Reason.REPLAYED
    assert refusal(window, 2, 8) is refusal(window, 1, 10) is Reason.BELOW_MARK
    assert refusal(window, 2, 10) is refusal(window, 3, 1) is None


def window_of(*taken: int) -> ReplayWindow:
    """After these report numbers came, in this order."""
    window = ReplayWindow()
    for counter, seq in enumerate(taken, 1):
        window, _ = accept(window, 1, counter, seq)
    return window


@pytest.mark.parametrize(
    ("taken", "seq", "repeated"),
    [
        ((), 1, False),
        ((1,), 1, True),
        ((1, 2), 1, True),
        ((2,), 1, False),
        ((1, 3), 2, False),
        ((1, 2, 5), 2, True),
        ((5, 2), 2, True),
        ((5, 2), 3, False),
        ((5, 2), 1, False),
        ((1, 1 + SEEN_BITS), 1, True),  # the lowest that is remembered
        ((2, 1 + SEEN_BITS), 1, False),
        ((1, 2 + SEEN_BITS), 1, None),  # lower than anybody remembers
        ((1, 2 + SEEN_BITS), 2, False),
        ((1, 2, 2 + SEEN_BITS), 2, True),
        ((1, 500), 500 - SEEN_BITS, False),
        ((1, 500), 499 - SEEN_BITS, None),
    ],
)
def test_whether_a_number_came_before(
    taken: tuple[int, ...], seq: int, repeated: bool | None
) -> None:
    _, found = accept(window_of(*taken), 1, 99, seq)
    assert found is repeated


def test_the_window_is_what_was_taken_below_the_highest() -> None:
    assert window_of(1) == ReplayWindow(1, 1, 1, 1)
    assert window_of(1, 3) == ReplayWindow(1, 2, 3, 0b110)
    assert window_of(4, 3, 1) == ReplayWindow(1, 3, 4, 0b1101)
    assert window_of(1, 2 + SEEN_BITS) == ReplayWindow(1, 2, 2 + SEEN_BITS, 0)
    assert window_of(1, 1 + SEEN_BITS).seq_seen == 1 << (SEEN_BITS - 1)
