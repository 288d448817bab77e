"""Households with a second contact: which of them, and what goes through which.

The life of the household is made as ever (ground_truth.py); then each opening goes through the one
door, through the other, or through both, one behind the other: two leaves, or somebody who holds
the second for the first. Whoever leaves may go out by one and come in by the other.
"""

from dataclasses import fields, replace
from random import Random
from typing import Final

from gateway.core.duration import SECOND_MS
from gateway.simulate.ground_truth import GroundTruth, TrueOpening
from gateway.simulate.scenario import Scenario
from gateway.simulate.scorer import Seen

SECOND: Final = 10_000_000  # added to the number of a door is that of its household's second
THROUGH_ONE: Final = 0.5  # of the openings, the share of each way: assumed
THROUGH_OTHER: Final = 0.25
APART_MS: Final = SECOND_MS  # how far two leaves are apart, at most


def has_second_contact(number: int, scenario: Scenario, seed: int) -> bool:
    """Whether a door of the fleet has another beside it."""
    lot = Random(f"{seed}/second/{number}")  # noqa: S311 - a simulation
    return lot.random() < scenario.building.second_contacts


def parted(truth: GroundTruth, chance: Random) -> tuple[GroundTruth, list[TrueOpening]]:
    """The household's life as its first contact sees it, and the openings of its second. What was
    announced stands with the first."""
    first, second = [], []
    for opening in truth.openings:
        way = chance.random()
        if way >= THROUGH_ONE:
            edges, said = _behind(opening, way, chance), opening.was_announced
            second.append(replace(opening, edges=edges, permit=None, recurs=said))
        if not THROUGH_ONE <= way < THROUGH_ONE + THROUGH_OTHER:
            first.append(opening)
        elif opening.permit is not None:
            first.append(replace(opening, edges=()))  # announced here, opened there
    return replace(truth, openings=first), second


def _behind(opening: TrueOpening, way: float, chance: Random) -> tuple[int, ...]:
    """When the second opens and shuts: as it would have, or a little behind the first."""
    if way < THROUGH_ONE + THROUGH_OTHER:
        return opening.edges
    late_ms = chance.randint(50, APART_MS)
    return tuple(at_ms + late_ms for at_ms in opening.edges)


def together(one: Seen, other: Seen) -> Seen:
    """What became of a household: a breach that was told of at one contact was told."""
    both = Seen()
    for field in fields(Seen):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        value = mine | theirs if isinstance(mine, set) else mine + theirs
        setattr(both, field.name, value)
    return both
