"""A second contact of a household that never says anything changes nothing at the first one.

Random lives of one door (random_doors.py) are lived once more at a door that has another beside it:
each step must have the same consequences, for those of several contacts go another way
(`household`, `beside.follow`) and must come to the same.
"""

import random

import pytest
from msgspec.structs import replace

from gateway.core.doors.step import step
from gateway.core.effects import Effect, OpeningRedated
from gateway.core.events import DeadlineCame, Event
from gateway.core.model import Door
from gateway.core.rules import Rules
from tests.core.random_doors import HAPPENINGS, RandomDoor

LIVES, STEPS = 24, 110


class Unchecked(RandomDoor):
    """What must hold at each step of a life is looked at elsewhere (test_properties.py)."""

    def check(self, before: Door, event: Event, effects: tuple[Effect, ...]) -> None:
        pass


def life(seed: int) -> list[tuple[int, Event, Rules]]:
    """What happened, when, under which rules."""
    chance, door = random.Random(seed), Unchecked()  # noqa: S311 - a life, no secret
    for _ in range(STEPS):
        door.act(chance.choice(list(HAPPENINGS)), chance.randrange(100))
    return door.journal


def follows(effects: tuple[Effect, ...]) -> list[str]:
    """In no order, for what a household judges it says at the end of a step. What is said of an
    opening once more is no news."""
    return sorted(str(effect) for effect in effects if not isinstance(effect, OpeningRedated))


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_second_contact_that_says_nothing_changes_nothing(seed: int) -> None:
    alone = Door("3-201")
    beside = replace(alone, beside=("3-201-back",))
    seen = 0
    for number, (now_ms, event, rules) in enumerate(life(seed)):
        alone, one = step(alone, event, now_ms, rules)
        beside, two = step(beside, event, now_ms, rules)
        assert follows(two) == follows(one), f"seed {seed}, step {number}: {event}"
        seen += len(one) if not isinstance(event, DeadlineCame) else 0
    assert seen, "a life in which nothing happened"
