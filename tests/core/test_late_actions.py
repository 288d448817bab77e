"""What was done at a door without a line, and comes later: dated, in its order, undoing nothing."""

import pytest

from gateway.core.actor import Actor
from gateway.core.cases.actions import AGE_MAX_MS
from gateway.core.effects import ActionRefused, CaseMoved
from gateway.core.events import (
    CaseAcknowledged,
    CaseAction,
    PersonOnSite,
)
from tests.core.actors import HOUR, MINUTE, SECOND, action_id
from tests.core.story import Story
from tests.core.test_case_actions import LI, WANG, R, S, came_of, case_in


def late(story: Story, action: type[CaseAction], case_id: str, by: Actor, age_ms: int) -> CaseMoved:
    event = action(case_id, by, action_id(), age_ms)
    [moved] = story.tell(event)
    assert isinstance(moved, CaseMoved)
    return moved


def test_an_action_that_was_done_offline_is_dated_when_it_was_done() -> None:
    story, case_id = case_in(S.RAISED)
    done_ms = story.after(10 * MINUTE).now_ms
    story.after(HOUR)
    moved = late(story, CaseAcknowledged, case_id, WANG, HOUR)
    assert (moved.done_ms, moved.at_ms) == (done_ms, done_ms + HOUR)
    assert story.door.recent[-1].done_ms == done_ms
    assert story.door.recent[-1].overtaken is False


def test_no_action_is_dated_before_its_case_or_before_a_day() -> None:
    story, case_id = case_in(S.RAISED)
    raised_ms = story.now_ms
    story.after(HOUR)
    assert late(story, CaseAcknowledged, case_id, WANG, 3 * HOUR).done_ms == raised_ms
    story.after(2 * AGE_MAX_MS)
    moved = late(story, PersonOnSite, case_id, WANG, 2 * AGE_MAX_MS)
    assert moved.done_ms == story.now_ms - AGE_MAX_MS


def test_older_news_undoes_nothing_and_says_that_others_acted_meanwhile() -> None:
    """Wang takes it offline; Li takes it half an hour later, and the gateway hears of Li first."""
    story, case_id = case_in(S.RAISED)
    story.after(HOUR)
    story.tell(CaseAcknowledged(case_id, LI, "li's"))
    story.after(HOUR // 2 - 1)
    effects = story.tell(CaseAcknowledged(case_id, WANG, "wang's", HOUR))
    assert effects == [ActionRefused(case_id, "wang's", R.TAKEN_ALREADY)]
    result = story.door.recent[-1]
    assert (result.done_ms, result.arrived_ms) == (story.now_ms - HOUR, story.now_ms)
    assert result.overtaken
    moved = late(story, PersonOnSite, case_id, WANG, HOUR)  # he was there, all the same
    assert (moved.case.state, story.door.recent[-1].overtaken) == (S.ON_SITE, True)


def test_what_one_handheld_did_offline_comes_in_its_order_and_overtakes_nothing() -> None:
    story, case_id = case_in(S.RAISED)
    story.after(2 * HOUR)
    late(story, CaseAcknowledged, case_id, WANG, HOUR)
    late(story, PersonOnSite, case_id, WANG, HOUR - 5 * MINUTE)
    assert [result.overtaken for result in story.door.recent] == [False, False]


@pytest.mark.parametrize("action", [CaseAcknowledged, PersonOnSite])
def test_nothing_silences_what_its_actor_could_not_know(action: type[CaseAction]) -> None:
    """Wang took it offline, then the door opened again: who hears of that must be told all the
    same, so the older action does not end the escalation policy."""
    story, case_id = case_in(S.RAISED)
    story.after(10 * MINUTE).shuts()
    story.after(10 * MINUTE).opens()
    story.after(10 * SECOND)
    before = story.door.case
    effects = story.tell(action(case_id, WANG, "one", 15 * MINUTE))
    assert effects == [ActionRefused(case_id, "one", R.RAISED_SINCE)]
    assert story.door.case == before
    assert came_of(story.tell(action(case_id, WANG, "two"))) in (S.ACKNOWLEDGED, S.ON_SITE)
