"""What an order's end means to the cases that were raised under it."""

from gateway.core.doors.step import next_deadline
from gateway.core.events import DeadlineCame, MessageRefused, OrderPlaced, PageReceived
from gateway.core.model import CaseState, Contact, Order
from gateway.core.reasons import Reason
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

ENDS = NOON + HOUR


def under_an_order_until(to_ms: int) -> Story:
    story = Story(ordered=False)
    story.tell(OrderPlaced(Order("o", NOON - DAY, to_ms)))
    return story


def test_the_open_case_ends_with_its_order_and_says_so() -> None:
    story = under_an_order_until(ENDS)
    story.opens()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    assert next_deadline(story.door, story.rules) == NOON + 30 * MINUTE, "it comes back before"
    story.after(HOUR - 1)
    assert story.door.case is not None
    story.after(1)
    assert story.door.case is None
    last = story.moves()[-1]
    assert (last.case.outcome, last.at_ms) == (Reason.ORDER_OVER, ENDS)
    assert next_deadline(story.door, story.rules) is None


def test_what_is_in_review_is_over_with_its_order_and_closes_once_it_is_signed_off() -> None:
    story = under_an_order_until(ENDS)
    story.opens()
    case_id = story.pages()[0].case_id
    story.on_site(case_id)
    story.file(case_id)
    assert [case.state for case in story.door.in_review] == [CaseState.SIGNED_OFF]
    assert next_deadline(story.door, story.rules) == ENDS
    story.after(HOUR)
    assert story.door.in_review == ()
    assert story.moves()[-1].case.state is CaseState.CLOSED
    assert story.moves()[-1].case.cleared_ms == ENDS


def test_a_case_in_review_that_is_over_already_waits_for_no_order() -> None:
    story = under_an_order_until(ENDS)
    story.opens()
    case_id = story.pages()[0].case_id
    story.on_site(case_id)
    story.report_outcome(case_id)
    story.after(MINUTE).shuts()
    story.after(2 * SECOND)
    assert story.door.in_review[0].cleared_ms is not None
    assert next_deadline(story.door, story.rules) == ENDS, "that it is over is noted"
    before = len(story.moves())
    story.after(HOUR)
    assert len(story.moves()) == before
    assert next_deadline(story.door, story.rules) == NOON + DAY, "its review"


def test_an_order_that_is_taken_back_to_before_a_case_ends_what_it_alone_allows() -> None:
    for reason, ends in ((Reason.NO_PERMIT, True), (Reason.REFUSALS, False)):
        story = under_an_order_until(ENDS)
        story.after(10 * MINUTE)
        if reason is Reason.NO_PERMIT:
            story.opens()
        else:
            story.tell(MessageRefused(SEAL, Reason.WRONG_KEY, 10))
        story.tell(OrderPlaced(Order("o", NOON - DAY, NOON)))
        assert (story.door.case is None) is ends
        if ends:
            assert story.moves()[-1].case.outcome == Reason.ORDER_OVER


def test_of_several_the_oldest_says_which_order_ends() -> None:
    story = under_an_order_until(ENDS)
    story.opens()
    first = story.pages()[0].case_id
    story.on_site(first)
    story.report_outcome(first)
    story.after(MINUTE).shuts()
    story.after(MINUTE).opens()
    second = story.moves()[-1].case.case_id
    assert second != first
    story.after(HOUR)
    assert story.door.case is None
    assert {m.case.outcome for m in story.moves() if m.case.case_id == second} >= {
        Reason.ORDER_OVER
    }


def test_a_door_without_a_case_comes_back_for_its_order_once() -> None:
    story = under_an_order_until(ENDS)
    assert next_deadline(story.door, story.rules) == ENDS
    story.after(HOUR)
    assert next_deadline(story.door, story.rules) is None
    before = story.door
    story.now_ms = ENDS + HOUR
    assert story.tell(DeadlineCame()) == []
    assert story.door == before


def test_a_receipt_of_no_case_is_the_canarys_and_one_of_a_case_is_its_own() -> None:
    story = under_an_order_until(ENDS)
    story.opens()
    page = story.pages()[0]
    assert story.tell(PageReceived("", page.page_id, "wang")) == []
    (moved,) = story.tell(PageReceived(page.case_id, page.page_id, "wang"))
    assert moved.case.state is CaseState.PAGED  # type: ignore[union-attr]
    assert story.tell(PageReceived("other", page.page_id, "wang")) == []
    assert story.door.contact is Contact.OPEN
