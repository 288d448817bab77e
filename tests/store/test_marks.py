"""A seal's mark remembers exactly which numbers were journaled, however they come."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ingest.intake import SEEN_BITS, _number
from gateway.store.commit import Mark

_STEPS = st.lists(st.one_of(st.integers(1, 40), st.integers(1, 400)), max_size=120)


@settings(max_examples=500, deadline=None, print_blob=True)
@given(_STEPS)
def test_a_number_is_repeated_if_and_only_if_it_was_seen(numbers: list[int]) -> None:
    mark, seen = Mark(), set[int]()
    for counter, seq in enumerate(numbers, 1):
        too_old = seq < mark.seq_top - SEEN_BITS
        repeated, mark = _number(mark, 1, counter, seq)
        assert repeated is (None if too_old else seq in seen)
        assert (mark.epoch, mark.counter) == (1, counter)
        assert mark.seq_seen < 1 << SEEN_BITS  # fits the database's integers
        seen.add(seq)


def test_a_beat_has_no_number_and_moves_only_the_mark() -> None:
    repeated, mark = _number(Mark(1, 1, 7, 3), 1, 2, 0)
    assert (repeated, mark) == (False, Mark(1, 2, 7, 3))
