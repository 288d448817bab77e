"""A contact that chatters is believed no more: one case, not two hundred pages (complaint B7)."""

import pytest

from gateway.core.events import MemoryEnded
from gateway.core.model import Chattering, Contact
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import HOUR, MINUTE, NOON, SEAL, SECOND, Story


def burst(story: Story, openings: int, every_ms: int = 10 * SECOND) -> None:
    for _ in range(openings):
        story.opens()
        story.after(every_ms // 2).shuts()
        story.after(every_ms // 2)


def test_the_third_opening_in_a_minute_is_one_fault_and_then_nothing_more() -> None:
    story = Story()
    burst(story, 200)
    reasons = [page.reason for page in story.pages()]
    assert reasons == [Reason.NO_PERMIT, Reason.NO_PERMIT, Reason.CHATTER]
    assert len({page.case_id for page in story.pages()}) == 1
    assert story.door.chattering is not None
    assert story.door.chattering.edges == 2 * 198 - 1


def test_openings_that_are_slow_enough_are_no_chatter() -> None:
    story = Story()
    burst(story, 5, every_ms=31 * SECOND)
    assert {page.reason for page in story.pages()} == {Reason.NO_PERMIT}
    assert story.door.chattering is None


def test_a_contact_that_toggles_every_second_is_a_fault_too() -> None:
    """The off-delay joins such edges into one opening that would never end."""
    story = Story()
    burst(story, 60, every_ms=2 * SECOND)
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT, Reason.CHATTER]


def test_a_true_opening_after_it_has_settled_pages_again() -> None:
    story = Story()
    burst(story, 5)
    before = len(story.pages())
    story.after(Rules().settle_ms)
    assert story.door.chattering is None
    story.opens()
    assert [page.reason for page in story.pages()[before:]] == [Reason.NO_PERMIT]


def test_a_door_that_settles_open_is_told() -> None:
    story = Story()
    burst(story, 5)
    before = len(story.pages())
    story.opens()
    opened_ms = story.now_ms
    story.after(10 * MINUTE)
    (page,) = story.pages()[before:]
    assert (page.reason, page.since_ms) == (Reason.NO_PERMIT, opened_ms)
    assert story.door.contact is Contact.OPEN


def test_every_edge_makes_it_settle_anew() -> None:
    story = Story()
    burst(story, 3)
    for _ in range(10):
        story.after(Rules().settle_ms - 10 * SECOND)
        assert story.door.chattering is not None
        story.opens()
        story.shuts()
    story.after(Rules().settle_ms)
    assert story.door.chattering is None


def test_a_permit_is_not_spent_by_chatter_beyond_the_first_openings() -> None:
    story = Story()
    story.permit(openings=10)
    burst(story, 30)
    assert story.door.permits[0].openings == 8
    assert [page.reason for page in story.pages()] == [Reason.CHATTER]


def test_without_an_order_chatter_is_put_aside_and_nobody_is_told() -> None:
    story = Story(ordered=False)
    burst(story, 30)
    assert story.pages() == []
    assert story.door.chattering is not None


def test_tampering_is_told_while_the_contact_is_aside() -> None:
    story = Story()
    burst(story, 3)
    story.heartbeat(Contact.SHUT, cover=True)
    assert story.pages()[-1].reason is Reason.COVER_TAMPER


def test_a_change_of_settings_never_loses_a_running_timer() -> None:
    story = Story()
    burst(story, 3)
    story.rules = Rules(settle_ms=1, off_delay_ms=0)
    due_ms = story.door.chattering.settles_ms if story.door.chattering else 0
    assert due_ms > NOON
    story.after(due_ms - story.now_ms)
    assert story.door.chattering is None


def test_a_contact_that_goes_quiet_at_once_is_believed_again_after_five_minutes() -> None:
    story = Story()
    for second in (0, 10, 20):
        story.after(NOON + second * SECOND - story.now_ms).opens()
        if second < 20:
            story.after(5 * SECOND).shuts()
    chattering = Chattering(NOON, story.now_ms, story.now_ms, story.now_ms + Rules().settle_ms)
    assert story.door.chattering == chattering
    assert story.door.opened_ms == ()
    case = story.door.case
    assert case is not None
    assert (case.reason, case.openings) == (Reason.NO_PERMIT, 3), "the breach before it"
    story.after(Rules().settle_ms - 1)
    assert story.door.chattering == chattering
    story.after(1)
    assert story.door.chattering is None
    settled = story.began()[-1]
    third_ms = NOON + 20 * SECOND
    assert settled.opening_id == f"{SEAL}-settled-{chattering.settles_ms}"
    assert (settled.opened_ms, settled.latest_ms) == (third_ms, third_ms)


@pytest.mark.parametrize(("third_ms", "chatters"), [(MINUTE - 1, True), (MINUTE, False)])
def test_three_within_a_minute_are_too_fast_and_within_more_are_not(
    third_ms: int, chatters: bool
) -> None:
    story = Story()
    for at_ms in (0, 30 * SECOND, third_ms):
        story.after(NOON + at_ms - story.now_ms).opens()
        story.after(5 * SECOND).shuts()
    assert (story.door.chattering is not None) is chatters


def test_the_tenth_time_that_one_opening_goes_on_is_too_often() -> None:
    story = Story()
    story.opens()
    for _ in range(9):
        story.after(MINUTE).shuts()
        story.after(SECOND).opens()
    assert story.door.opening is not None
    assert story.door.opening.joined == 9
    assert story.door.chattering is None
    story.after(MINUTE).shuts()
    story.after(SECOND).opens()
    assert story.door.chattering is not None
    assert story.door.opening is None
    (ended,) = story.ended()
    assert (ended.joined, ended.shut_ms) == (10, story.now_ms)


def test_chatter_is_a_fault_of_its_own_where_no_breach_came_before() -> None:
    story = Story()
    story.permit(openings=2)
    burst(story, 3)
    (page,) = story.pages()
    assert (page.reason, page.since_ms) == (Reason.CHATTER, NOON)
    assert page.page_id == f"{SEAL}-5-chatter"
    story.after(Rules().settle_ms)
    assert story.door.case is not None
    assert story.door.case.cleared_ms == NOON + 25 * SECOND + Rules().settle_ms


def test_of_a_contact_whose_openings_are_forgotten_it_is_since_its_latest_edge() -> None:
    story = Story()
    story.permit()
    story.opens()
    for _ in range(9):
        story.after(MINUTE).shuts()
        story.after(SECOND).opens()
    story.tell(MemoryEnded(NOON))
    story.heartbeat(Contact.OPEN)
    story.after(MINUTE).shuts()
    story.after(SECOND).opens()
    assert story.door.chattering is not None
    assert story.door.chattering.since_ms == story.now_ms
    assert story.pages()[-1].since_ms == story.now_ms


def test_a_burst_that_only_the_counter_shows_is_the_same_fault() -> None:
    """A seal whose contact flutters tells one edge in ten seconds, and counts the rest."""
    story = Story().after(MINUTE)
    story.heartbeat(Contact.SHUT)
    for edges in (41, 82, 123):
        contact = Contact.OPEN if edges % 2 else Contact.SHUT
        story.after(10 * SECOND).report(contact, edges=edges)
    assert [page.reason for page in story.pages()] == [Reason.CHATTER]
    assert story.began() == []
    assert story.door.chattering is not None
    assert story.door.chattering.edges == 82


def test_openings_of_a_burst_that_were_heard_count_with_those_that_were_not() -> None:
    story = Story()
    story.opens()
    story.after(5 * SECOND).shuts()
    story.after(10 * SECOND).report(Contact.SHUT, edges=6)  # two more
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT, Reason.CHATTER]


def test_openings_that_nobody_heard_in_an_hour_are_no_burst() -> None:
    story = Story().after(HOUR)
    story.heartbeat(Contact.SHUT, edges=40)
    assert [page.reason for page in story.pages()] == [Reason.OPENED_BLIND]
    assert story.door.chattering is None


def test_too_few_openings_that_nobody_heard_are_no_burst() -> None:
    story = Story().after(10 * SECOND)
    story.heartbeat(Contact.SHUT, edges=4)
    assert [page.reason for page in story.pages()] == [Reason.OPENED_BLIND]
