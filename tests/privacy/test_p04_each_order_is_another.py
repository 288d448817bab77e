"""P4: each order has a key of its own and each life of a seal a random id; nothing of one leads to
the other."""

from itertools import pairwise
from pathlib import Path

import pytest

from gateway.keys.ring import KeyRing
from gateway.keys.sealed_text import TamperedError, key_of
from gateway.registry.credentials import fresh_identity

NAME = "王小明"


def test_p04_the_same_name_under_two_orders_is_two_texts_that_say_nothing(tmp_path: Path):
    ring = KeyRing.beside(tmp_path / "menshen.db")
    one, other = ring.make(), ring.make()
    first, second = ring.seal(one, NAME), ring.seal(other, NAME)
    assert first.rpartition(".")[2] != second.rpartition(".")[2]
    assert (ring.reveal(first), ring.reveal(second)) == (NAME, NAME)
    swapped = first.replace(one, other)
    assert key_of(swapped) == other
    with pytest.raises(TamperedError):
        ring.reveal(swapped)
    ring.destroy(one)
    assert NAME not in ring.reveal(first)
    assert ring.reveal(second) == NAME


def test_p04_a_seal_that_is_flashed_again_has_nothing_of_before():
    lives = [fresh_identity() for _ in range(1_000)]
    assert len({life.seal_id for life in lives}) == len({life.key for life in lives}) == 1_000
    assert len({life.broker_password for life in lives}) == 1_000
    for a, b in pairwise(lives):
        assert a.seal_id.encode() not in b.key + b.broker_password.encode()
        # no count goes on from one to the next
        assert abs(int(a.seal_id, 16) - int(b.seal_id, 16)) > 1 << 24
