"""Refused messages under one seal's name: a burst is one case, and no more than one a minute."""

import pytest

from gateway.core.events import MessageRefused
from gateway.core.model import CaseState
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import MINUTE, NOON, SEAL, SECOND, Story


def bursts(story: Story) -> list[int]:
    """When a burst was told, in milliseconds after noon."""
    return [page.since_ms - NOON for page in story.pages() if page.reason is Reason.REFUSALS]


def refused(story: Story, count: int, apart_ms: int) -> Story:
    for number in range(count):
        story.after(apart_ms if number else 0).refused()
    return story


@pytest.mark.parametrize(
    ("apart_ms", "is_told"), [(0, True), (MINUTE // 9, True), (MINUTE // 9 + 1, False)]
)
def test_ten_within_a_minute_are_a_burst_and_ten_within_more_are_none(
    apart_ms: int, is_told: bool
) -> None:
    assert bursts(refused(Story(), 9, apart_ms)) == []
    assert bursts(refused(Story(), 10, apart_ms)) == ([0] if is_told else [])


def test_the_last_ten_count() -> None:
    story = refused(Story(), 3, 10 * SECOND).after(MINUTE)
    refused(story, 9, SECOND)
    assert bursts(story) == []
    refused(story, 1, 0)
    assert bursts(story) == [80 * SECOND]


def test_many_that_are_said_in_one_event_count_as_many() -> None:
    story = Story()
    story.tell(MessageRefused(SEAL, Reason.WRONG_KEY, 9))
    assert bursts(story) == []
    assert len(story.door.refused_ms) == 9
    story.tell(MessageRefused(SEAL, Reason.WRONG_KEY, 5_000))
    assert bursts(story) == [0]
    assert story.door.refused_ms == ()


def test_a_burst_is_over_at_once_and_answered_all_the_same() -> None:
    story = refused(Story(), 10, 0)
    case = story.door.case
    assert case is not None
    assert case.case_id == f"{SEAL}-refusals-{NOON}"
    assert (case.cleared_ms, case.state) == (NOON, CaseState.RAISED)
    assert story.door.burst_ms == NOON


def test_one_that_is_told_already_is_not_told_again_however_it_goes_on() -> None:
    story = refused(Story(), 10, 0)
    refused(story.after(5 * MINUTE), 30, SECOND)
    assert bursts(story) == [0], "its case is open"
    assert story.door.burst_ms == NOON


@pytest.mark.parametrize(("after_ms", "is_told"), [(MINUTE, False), (MINUTE + 1, True)])
def test_one_that_is_answered_is_told_again_after_a_minute(after_ms: int, is_told: bool) -> None:
    story = refused(Story(), 10, 0)
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    story.file(case_id)
    assert story.door.case is None
    refused(story.after(after_ms), 10, 0)
    assert bursts(story) == ([0, after_ms] if is_told else [0])


def test_how_many_in_how_long_is_the_sites_to_set() -> None:
    story = refused(Story(Rules(burst_count=3, burst_window_ms=10 * SECOND)), 3, 5 * SECOND)
    assert bursts(story) == [0]
    story = refused(Story(Rules(burst_count=3, burst_window_ms=10 * SECOND)), 5, 6 * SECOND)
    assert bursts(story) == []


def test_beside_a_breach_it_joins_its_case() -> None:
    story = Story()
    story.opens()
    refused(story.after(SECOND), 10, 0)
    assert story.door.case is not None
    assert story.door.case.openings == 2
    assert story.door.case.reason is Reason.NO_PERMIT
