"""What explains most: which area of silent doors is found to be the outage, and when none is."""

import pytest

from gateway.core.cases import outages
from gateway.core.effects import OutageFound
from gateway.core.events import DeadlineCame, SealHeard, SealLost
from gateway.core.rules import Rules
from gateway.core.site_model import Outages
from tests.core.story import MINUTE, NOON

RULES = Rules()
Areas = tuple[tuple[str, int], ...]


def found(*lost: tuple[str, Areas], heard: int = 0) -> list[tuple[str, int]]:
    """The areas that are found when all of these fell silent together, with how many doors.

    The last `heard` of them are heard again before anybody looks."""
    site = Outages()
    for door_id, areas in lost:
        site, _ = outages.step(site, SealLost(door_id, NOON - MINUTE, areas), NOON, RULES)
    for door_id, _ in lost[len(lost) - heard :]:
        site, _ = outages.step(site, SealHeard(door_id), NOON + 1, RULES)
    due_ms = NOON + RULES.outage_gather_ms
    _, effects = outages.step(site, DeadlineCame(), due_ms, RULES)
    return [(e.area, len(e.doors)) for e in effects if isinstance(e, OutageFound)]


def stair(name: str, silent: int, doors: int, *wider: tuple[str, int]) -> list[tuple[str, Areas]]:
    areas = ((f"stair:{name}", doors), *wider)
    return [(f"{name}-{number}", areas) for number in range(silent)]


@pytest.mark.parametrize(
    ("silent", "doors", "is_outage"),
    [
        (2, 2, False),  # so few are no outage
        (3, 3, True),
        (3, 8, True),  # 2 x 3 against 5 that are heard
        (3, 9, False),  # 2 x 3 against 6
        (4, 11, True),  # 2 x 4 against 7
        (4, 12, False),
        (8, 24, False),
        (9, 24, True),
    ],
)
def test_k2_each_silent_door_weighs_two_that_are_heard(
    silent: int, doors: int, is_outage: bool
) -> None:
    assert found(*stair("a", silent, doors)) == ([("stair:a", silent)] if is_outage else [])


def test_k2_who_is_heard_again_speaks_against_it() -> None:
    assert found(*stair("a", 4, 11), heard=1) == []
    assert found(*stair("a", 5, 11), heard=1) == [("stair:a", 4)]


def test_k2_the_widest_that_explains_most_is_found_and_a_stair_before_its_site() -> None:
    building = ("building:1", 8)
    both = [*stair("a", 4, 4, building), *stair("b", 4, 4, building)]
    assert found(*both) == [("building:1", 8)]
    alone = stair("a", 4, 4, ("building:1", 4), ("site", 4))
    assert found(*alone) in ([("stair:a", 4)], [("site", 4)], [("building:1", 4)])
    of_a_large_site = stair("a", 4, 4, ("site", 5))
    assert found(*of_a_large_site) == [("stair:a", 4)]
    as_heavy = [*stair("a", 4, 4, ("site", 10)), *stair("b", 3, 3, ("site", 10))]
    assert found(*as_heavy) == [("site", 7)]  # 2 x 7 against 3: 11


def test_k2_who_fell_silent_long_ago_proves_nothing() -> None:
    site = Outages()
    areas = (("stair:a", 6),)
    together_ms = outages.TOGETHER * RULES.outage_gather_ms
    times = [NOON, NOON + together_ms - RULES.outage_gather_ms + 1, NOON + together_ms]
    for number, at_ms in enumerate(times):
        lost = SealLost(f"d{number}", at_ms - 1, areas)
        site, effects = outages.step(site, lost, at_ms, RULES)
        assert not any(isinstance(e, OutageFound) for e in effects)
    due_ms = outages.next_deadline(site)
    assert due_ms is not None
    _, effects = outages.step(site, DeadlineCame(), due_ms, RULES)
    assert not any(isinstance(e, OutageFound) for e in effects)


@pytest.mark.parametrize(("first_ms", "is_outage"), [(NOON, True), (NOON - 1, False)])
def test_k2_the_first_of_one_cause_fell_silent_so_long_before_and_no_longer(
    first_ms: int, is_outage: bool
) -> None:
    look_ms = NOON + outages.TOGETHER * RULES.outage_gather_ms
    others_ms = look_ms - RULES.outage_gather_ms
    site = Outages()
    for number, at_ms in enumerate((first_ms, others_ms, others_ms)):
        lost = SealLost(f"d{number}", at_ms - MINUTE, (("stair:a", 6),))
        site, _ = outages.step(site, lost, at_ms, RULES)
    assert outages.next_deadline(site) == look_ms
    _, effects = outages.step(site, DeadlineCame(), look_ms, RULES)
    assert any(isinstance(e, OutageFound) for e in effects) is is_outage
