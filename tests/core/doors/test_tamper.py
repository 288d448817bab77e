"""Covers and magnets: which sign is told when, under which order, and how often."""

import pytest

from gateway.core.effects import CaseMoved
from gateway.core.events import OrderPlaced
from gateway.core.model import Contact, Order
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

GRACE = Rules().grace_ms


def signs(story: Story, cover: bool = False, magnet: bool = False) -> Story:
    story.seq += 1
    story.heartbeat(Contact.SHUT, seq=story.seq, cover=cover, magnet=magnet)
    return story


def ordered(story: Story, from_ms: int, to_ms: int, name: str = "o") -> Story:
    story.tell(OrderPlaced(Order(name, from_ms, to_ms)))
    return story


def told(story: Story) -> list[tuple[str, Reason, int]]:
    """What was told: its page, why, and how long after noon it was seen first."""
    return [(page.page_id, page.reason, page.since_ms - NOON) for page in story.pages()]


def test_each_sign_is_told_at_once_by_its_own_name_and_locks_the_case() -> None:
    story = signs(Story(), cover=True)
    assert told(story) == [(f"{SEAL}-1-cover", Reason.COVER_TAMPER, 0)]
    signs(story.after(SECOND), cover=True, magnet=True)
    assert told(story)[1:] == [(f"{SEAL}-2-magnet", Reason.MAGNET_TAMPER, SECOND)]
    signs(story.after(SECOND), cover=True, magnet=True)
    assert len(told(story)) == 2
    assert story.door.case is not None
    assert (story.door.case.locked, story.door.case.openings) == (True, 2)


def test_both_signs_in_one_report_are_told_both() -> None:
    story = signs(Story(), cover=True, magnet=True)
    assert [name for name, *_ in told(story)] == [f"{SEAL}-1-cover", f"{SEAL}-1-magnet"]


def test_a_sign_that_went_and_came_is_told_again() -> None:
    story = signs(Story(), cover=True)
    signs(story.after(MINUTE), magnet=True)
    assert [reason for _, reason, _ in told(story)] == [Reason.COVER_TAMPER, Reason.MAGNET_TAMPER]
    signs(story.after(MINUTE), cover=True, magnet=True)
    assert told(story)[-1] == (f"{SEAL}-3-cover", Reason.COVER_TAMPER, 2 * MINUTE)


def test_it_is_over_when_both_signs_are_gone_and_the_door_is_shut() -> None:
    story = signs(Story(), cover=True, magnet=True)
    signs(story.after(MINUTE), magnet=True)
    assert story.door.case is not None
    assert story.door.case.cleared_ms is None
    signs(story.after(MINUTE))
    assert story.door.case.cleared_ms == NOON + 2 * MINUTE
    assert story.door.tampered_ms is None
    open_door = Story()
    open_door.opens(cover=True)
    open_door.after(MINUTE).heartbeat(Contact.OPEN)
    assert open_door.door.case is not None
    assert open_door.door.case.cleared_ms is None
    open_door.after(MINUTE).shuts()
    open_door.after(MINUTE)
    assert open_door.door.case.cleared_ms is not None


def test_without_an_order_it_is_nobodys_matter_until_one_begins() -> None:
    story = signs(Story(ordered=False), cover=True, magnet=True)
    assert story.door.tampered_ms is None
    ordered(story, NOON + HOUR, NOON + DAY)
    assert story.door.tampered_ms == NOON + HOUR + GRACE
    story.after(HOUR + GRACE - 1)
    assert told(story) == []
    story.after(1)
    name = f"{SEAL}-ordered-{NOON + HOUR + GRACE}"
    assert told(story) == [
        (f"{name}-cover", Reason.COVER_TAMPER, HOUR),
        (f"{name}-magnet", Reason.MAGNET_TAMPER, HOUR),
    ]
    assert story.door.tampered_ms is None
    story.after(DAY // 2)
    assert len(told(story)) == 2


def test_the_sign_that_is_there_is_told_and_not_the_other() -> None:
    for cover, magnet, reason in (
        (True, False, Reason.COVER_TAMPER),
        (False, True, Reason.MAGNET_TAMPER),
    ):
        story = signs(Story(ordered=False), cover, magnet)
        ordered(story, NOON + HOUR, NOON + DAY).after(2 * HOUR)
        assert [why for _, why, _ in told(story)] == [reason]


@pytest.mark.parametrize(("after_ms", "waits_ms"), [(0, GRACE), (5 * MINUTE, 0), (GRACE, 0)])
def test_an_order_that_is_prolonged_gives_no_more_time(after_ms: int, waits_ms: int) -> None:
    story = ordered(signs(Story(ordered=False), cover=True), NOON - HOUR, NOON + DAY)
    due_ms = NOON + GRACE
    assert story.door.tampered_ms == due_ms
    story.after(after_ms)
    ordered(story, NOON - HOUR, NOON + 2 * DAY)
    if after_ms < GRACE:
        assert story.door.tampered_ms == due_ms
    story.after(GRACE)
    assert len(told(story)) == 1
    assert waits_ms <= GRACE


def test_an_order_that_is_put_off_before_it_began_is_waited_for() -> None:
    story = ordered(signs(Story(ordered=False), cover=True), NOON + HOUR, NOON + DAY)
    ordered(story.after(MINUTE), NOON + 3 * HOUR, NOON + DAY)
    assert story.door.tampered_ms == NOON + 3 * HOUR + GRACE
    story.after(3 * HOUR)
    assert told(story) == []


def test_what_was_told_under_one_order_is_told_again_under_the_next_behind_a_gap() -> None:
    story = ordered(Story(ordered=False), NOON - HOUR, NOON + HOUR, "a")
    ordered(story, NOON + HOUR, NOON + 2 * HOUR, "b")  # follows without a gap
    ordered(story, NOON + 4 * HOUR, NOON + 6 * HOUR, "c")
    signs(story, cover=True)
    assert len(told(story)) == 1
    assert story.door.tampered_ms == NOON + 4 * HOUR + GRACE
    story.after(4 * HOUR + GRACE)
    assert [since for _, _, since in told(story)] == [0, 4 * HOUR]
    assert story.door.tampered_ms is None


def test_a_new_sign_under_an_order_tells_of_the_older_one_too() -> None:
    story = ordered(signs(Story(ordered=False), magnet=True), NOON, NOON + DAY)
    signs(story.after(MINUTE), cover=True, magnet=True)
    assert [why for _, why, _ in told(story)] == [Reason.COVER_TAMPER, Reason.MAGNET_TAMPER]
    story.after(HOUR)
    assert len(told(story)) == 2


def test_an_order_that_was_taken_back_lets_the_signs_wait_for_another() -> None:
    story = ordered(signs(Story(ordered=False), cover=True), NOON + HOUR, NOON + DAY)
    ordered(story, NOON + HOUR, NOON + HOUR + 1)
    ordered(story, NOON + 5 * HOUR, NOON + DAY, "later")
    assert story.door.tampered_ms is not None
    story.after(2 * HOUR)
    assert told(story) == []
    assert story.door.tampered_ms == NOON + 5 * HOUR + GRACE
    assert not any(isinstance(effect, CaseMoved) for effect in story.effects)
