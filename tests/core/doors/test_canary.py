"""The canary opens so often, and its phone must sign: else somebody is told by another way."""

from gateway.core.effects import CaseMoved, OpeningBegan, PageDue
from gateway.core.events import DoorClassed, DoorEnded, PageReceived
from gateway.core.model import Canary, CaseState
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules
from tests.core.story import HOUR, MINUTE, NOON, SEAL, SECOND, Story

PATIENCE = 21 * MINUTE  # twice ten minutes, and one for clocks and phones
SIGNED = PageReceived("", "page", "phone")


def canary(rules: Rules | None = None) -> Story:
    story = Story(rules, ordered=False)
    story.tell(DoorClassed(CANARY))
    return story


def test_its_opening_is_told_to_its_phone_and_is_no_case() -> None:
    story = canary().after(5 * MINUTE)
    began, page = story.opens(age_ms=2 * SECOND)
    opened_ms = story.now_ms - 2 * SECOND
    assert began == OpeningBegan(f"{SEAL}-1", opened_ms, opened_ms, Reason.CANARY, None)
    assert page == PageDue(f"{SEAL}-1", "", Reason.CANARY, opened_ms)
    assert story.door.case is None
    assert story.door.canary == Canary(NOON + PATIENCE), "it waits since it is a canary"


def test_every_page_that_is_signed_for_gives_it_its_time_anew() -> None:
    story = canary()
    for _ in range(5):
        story.after(10 * MINUTE).opens()
        story.after(20 * SECOND).shuts()
        story.tell(SIGNED)
        assert story.door.canary == Canary(story.now_ms + PATIENCE)
    assert story.moves() == []


def test_two_that_nobody_signed_for_are_a_case_once() -> None:
    story = canary().after(PATIENCE - 1)
    assert story.effects == []
    story.after(1)
    moved, page = story.effects
    assert isinstance(moved, CaseMoved)
    missed_id = f"{SEAL}-canary-{NOON + PATIENCE}"
    assert (moved.case.case_id, moved.case.reason) == (missed_id, Reason.CANARY_MISSED)
    assert isinstance(page, PageDue)
    assert (page.page_id, page.since_ms) == (missed_id, NOON + MINUTE)
    assert story.door.canary == Canary(None)
    story.opens()
    assert story.door.canary == Canary(None), "a case says so already"
    story.after(HOUR)
    assert {m.case.case_id for m in story.moves()} == {missed_id}


def test_a_phone_that_signs_again_ends_the_case_and_the_next_miss_is_another() -> None:
    story = canary().after(PATIENCE)
    (moved,) = story.tell(SIGNED)
    assert isinstance(moved, CaseMoved)
    assert (moved.case.state, moved.case.outcome) == (CaseState.CLOSED, Reason.RECEIVED_AGAIN)
    assert (story.door.case, story.door.canary) == (None, Canary(story.now_ms + PATIENCE))
    story.after(PATIENCE)
    assert story.door.case is not None
    assert story.door.case.refers_to == moved.case.case_id


def test_how_often_and_how_many_are_the_sites_to_set() -> None:
    story = canary(Rules(canary_ms=2 * MINUTE, canary_missed=3))
    assert story.door.canary == Canary(NOON + 7 * MINUTE)
    story.after(7 * MINUTE)
    page = story.pages()[0]
    assert page.since_ms == NOON + MINUTE


def test_a_door_that_is_a_canary_no_more_is_watched_like_any_other() -> None:
    story = canary()
    assert story.tell(DoorClassed("")) == []
    assert story.door.canary is None
    assert story.tell(SIGNED) == []
    assert story.door.canary is None
    story.after(HOUR)
    assert story.effects == []


def test_the_same_class_again_takes_no_time_away() -> None:
    story = canary().after(5 * MINUTE)
    before = story.door
    story.tell(DoorClassed(CANARY))
    assert story.door is before


def test_a_receipt_ends_no_case_of_another_kind() -> None:
    story = canary()
    story.tell(DoorClassed(""))
    for _ in range(10):
        story.refused()
    story.tell(DoorClassed(CANARY))
    before = story.door.case
    assert before is not None
    assert story.tell(SIGNED) == []
    assert story.door.case == before


def test_a_canary_that_opens_after_it_was_out_of_use_is_waited_for_again() -> None:
    story = canary()
    story.tell(DoorEnded())
    assert story.door.canary is None
    story.after(HOUR).opens()
    assert story.door.canary == Canary(story.now_ms + PATIENCE)
    assert story.door.door_class == CANARY
