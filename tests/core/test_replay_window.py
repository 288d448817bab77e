"""The replay window remembers exactly which numbers were taken, however they come."""

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
