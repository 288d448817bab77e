"""Throws that are the same for the same seed, on every Python: `Random.random` promises it."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """What a life leaves to chance."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - it is to repeat

    def below(self, number: int) -> int:
        """From 0 on."""
        return int(self._random.random() * number)

    def within(self, first: int, last: int) -> int:
        """Both included."""
        return first + self.below(last - first + 1)

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def is_one_in(self, number: int) -> bool:
        return self.below(number) == 0

    def weighed(self, weights: Mapping[T, int]) -> T:
        """One of these; what weighs more comes more often."""
        thrown = self.below(sum(weights.values()))
        for thing, weight in weights.items():
            thrown -= weight
            if thrown < 0:
                return thing
        raise AssertionError("nothing weighs anything")
