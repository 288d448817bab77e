"""A copy of a report shows that its edge was earlier: the opening is judged by its true time."""

import pytest

from gateway.core.effects import (
    CaseMoved,
    Effect,
    OpeningEnded,
    OpeningRedated,
    PageDue,
    PermitSpent,
)
from gateway.core.events import OrderPlaced, PermitAnnounced, ReportHeld
from gateway.core.model import Contact, Order, Permit
from gateway.core.reasons import Reason
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story


def announced(story: Story, from_ms: int, openings: int = 1, **more: object) -> None:
    permit = Permit("p", from_ms, from_ms + HOUR, openings, 10 * MINUTE, "Li", "meal", **more)  # type: ignore[arg-type]
    story.tell(PermitAnnounced(permit))


def opened_under_a_permit_since(minutes: int, openings: int = 2, **more: object) -> Story:
    """The permit began so many minutes ago, and the door opens now."""
    story = Story()
    announced(story, NOON + (10 - minutes) * MINUTE, openings, **more)
    story.after(10 * MINUTE).opens()
    assert story.began()[-1].reason is Reason.PERMIT
    story.after(MINUTE)
    return story


def held(story: Story, edge_ms: int, seal: str = SEAL, seq: int | None = None) -> list[Effect]:
    return story.tell(ReportHeld(seal, story.seq if seq is None else seq, edge_ms))


def test_an_opening_before_its_permit_began_is_none_of_it_and_a_person_is_told() -> None:
    story = opened_under_a_permit_since(5)
    edge_ms = story.now_ms - 7 * MINUTE
    redated, given_back, raised, page = held(story, edge_ms)
    assert redated == OpeningRedated(f"{SEAL}-1", edge_ms, edge_ms, Reason.NO_PERMIT, None)
    assert given_back == PermitSpent("p", 2, "")
    assert isinstance(raised, CaseMoved)
    assert (raised.case.reason, raised.case.since_ms) == (Reason.NO_PERMIT, edge_ms)
    assert isinstance(page, PageDue)
    assert (page.page_id, page.since_ms) == (f"{SEAL}-1", edge_ms)
    opening = story.door.opening
    assert opening is not None
    assert (opening.opened_ms, opening.reason) == (edge_ms, Reason.NO_PERMIT)
    assert (opening.permit_id, opening.overstay_ms) == (None, None)
    assert story.door.permits[0].openings == 2


def test_an_opening_that_was_covered_all_the_same_is_only_dated_anew() -> None:
    story = opened_under_a_permit_since(9)
    edge_ms = story.now_ms - 7 * MINUTE
    before = story.door.opening
    assert held(story, edge_ms) == [
        OpeningRedated(f"{SEAL}-1", edge_ms, edge_ms, Reason.PERMIT, "p")
    ]
    after = story.door.opening
    assert before is not None
    assert after is not None
    assert after.opened_ms == edge_ms
    assert after.overstay_ms == before.overstay_ms
    assert story.door.permits[0].openings == 1


def test_it_opened_no_later_than_the_earliest_that_was_known() -> None:
    """A report that may have waited has an interval; a copy only ever shortens it."""
    story = Story()
    announced(story, NOON + 5 * MINUTE)
    story.after(10 * MINUTE).opens(waited_ms=3 * MINUTE)
    story.after(MINUTE)
    (redated,) = held(story, NOON + 9 * MINUTE)
    opened_ms = NOON + 7 * MINUTE
    assert redated == OpeningRedated(f"{SEAL}-1", opened_ms, NOON + 9 * MINUTE, Reason.PERMIT, "p")


def test_an_interval_that_touches_the_permit_is_enough() -> None:
    story = opened_under_a_permit_since(5)
    begins_ms = story.now_ms - 6 * MINUTE
    assert len(held(story, begins_ms)) == 1
    story = opened_under_a_permit_since(5)
    assert len(held(story, begins_ms - 1)) == 4


def test_a_recurring_permit_is_given_back_for_its_window() -> None:
    lunch = ((12 * 60 + 5, 13 * 60),)  # of 12:05 to 13:00, and the door opens at 12:10
    story = opened_under_a_permit_since(35, daily=lunch)
    assert story.door.permits[0].spent == (NOON + 5 * MINUTE, 1)
    _, given_back, *_ = held(story, NOON + 4 * MINUTE)
    assert given_back == PermitSpent("p", 2, "")
    assert story.door.permits[0].spent == (NOON + 5 * MINUTE, 0)
    assert story.door.permits[0].openings == 2


def test_of_several_permits_only_the_one_that_was_spent_is_given_back() -> None:
    story = Story()
    other = Permit("a", NOON - HOUR, NOON - 1, 3, MINUTE, "Li", "walk")
    story.tell(PermitAnnounced(other))
    announced(story, NOON + 5 * MINUTE)
    story.after(10 * MINUTE).opens()
    held(story, NOON + MINUTE)
    assert [(p.permit_id, p.openings) for p in story.door.permits] == [("a", 3), ("p", 1)]


@pytest.mark.parametrize(("seal", "seq"), [("another", 1), (SEAL, 2)])
def test_another_report_or_seal_moves_nothing(seal: str, seq: int) -> None:
    story = opened_under_a_permit_since(5)
    before = story.door
    assert held(story, NOON, seal, seq) == []
    assert story.door == before


def test_one_that_is_over_is_told_and_its_case_is_cleared() -> None:
    story = opened_under_a_permit_since(5)
    story.shuts()
    story.after(MINUTE)
    edge_ms = story.now_ms - 8 * MINUTE
    redated, given_back, raised, page, cleared = held(story, edge_ms, seq=1)
    assert redated == OpeningRedated(f"{SEAL}-1", edge_ms, edge_ms, Reason.NO_PERMIT, None)
    assert given_back == PermitSpent("p", 2, "")
    assert isinstance(raised, CaseMoved)
    assert isinstance(page, PageDue)
    assert isinstance(cleared, CaseMoved)
    assert (raised.case.cleared_ms, cleared.case.cleared_ms) == (None, story.now_ms)


def test_one_before_the_latest_stays_as_it_was() -> None:
    story = opened_under_a_permit_since(5, openings=3)
    story.shuts()
    story.after(MINUTE).opens()
    before = story.door
    assert held(story, NOON, seq=1) == []
    assert story.door == before


@pytest.mark.parametrize("is_over", [False, True])
def test_a_shutting_that_was_held_back_ends_its_opening_as_much_earlier(is_over: bool) -> None:
    story = opened_under_a_permit_since(5)
    story.after(5 * MINUTE).shuts()
    edge_ms, was_ms = story.now_ms - 4 * MINUTE, story.now_ms
    story.after(MINUTE if is_over else SECOND)
    told = ReportHeld(SEAL, 2, edge_ms, MINUTE, was_ms, shut_edges=2)
    ended = [OpeningEnded(f"{SEAL}-1", edge_ms - MINUTE, edge_ms, 0)]
    assert story.tell(told) == (ended if is_over else [])
    assert story.door.observed_until_ms == edge_ms - MINUTE
    story.after(MINUTE)
    assert story.ended()[-1:] == ended


@pytest.mark.parametrize("shut_edges", [None, 4])
def test_a_report_that_told_of_another_move_does_not_end_it(shut_edges: int | None) -> None:
    story = opened_under_a_permit_since(5)
    story.after(5 * MINUTE).shuts()
    before = story.door
    told = ReportHeld(SEAL, 7, NOON + MINUTE, 0, NOON + 2 * MINUTE, shut_edges)
    assert story.tell(told) == []
    assert story.door == before


def test_a_copy_that_may_have_waited_too_leaves_an_interval() -> None:
    story = opened_under_a_permit_since(9)
    edge_ms = story.now_ms - 7 * MINUTE
    story.tell(ReportHeld(SEAL, 1, edge_ms, 30 * SECOND, story.now_ms - MINUTE))
    (redated,) = [e for e in story.effects if isinstance(e, OpeningRedated)]
    assert (redated.opened_ms, redated.latest_ms) == (edge_ms - 30 * SECOND, edge_ms)
    assert story.door.observed_until_ms == redated.opened_ms


def test_openings_that_nobody_heard_after_it_may_be_as_old_as_it_truly_was() -> None:
    story = Story().after(20 * MINUTE)
    story.opens()
    edge_ms = story.now_ms - 15 * MINUTE
    story.tell(ReportHeld(SEAL, 1, edge_ms, 0, story.now_ms))
    story.after(MINUTE).heartbeat(Contact.SHUT, edges=4)
    blind = story.began()[-1]
    assert (blind.reason, blind.opened_ms) == (Reason.OPENED_BLIND, edge_ms)


def test_after_its_order_an_opening_stays_what_it_was_under_it() -> None:
    story = Story(ordered=False)
    story.tell(OrderPlaced(Order("o", NOON - DAY, NOON + 12 * MINUTE)))
    story.after(10 * MINUTE).opens()
    assert story.began()[-1].reason is Reason.NO_PERMIT
    story.after(5 * MINUTE)
    edge_ms = NOON + MINUTE
    assert held(story, edge_ms) == [
        OpeningRedated(f"{SEAL}-1", edge_ms, edge_ms, Reason.NO_PERMIT, None)
    ]


def test_an_opening_from_before_the_order_is_nobodys_matter() -> None:
    story = Story(ordered=False)
    story.tell(OrderPlaced(Order("o", NOON + 4 * MINUTE, NOON + DAY)))
    announced(story, NOON + 5 * MINUTE)
    story.after(10 * MINUTE).opens()
    story.after(MINUTE)
    effects = held(story, NOON + 3 * MINUTE)
    assert [type(effect) for effect in effects] == [OpeningRedated, PermitSpent]
    assert story.pages() == []


def test_an_opening_that_nobody_announced_is_dated_anew_and_told_once() -> None:
    story = Story().after(10 * MINUTE)
    story.opens()
    story.after(10 * SECOND)
    edge_ms = NOON + MINUTE
    assert held(story, edge_ms) == [
        OpeningRedated(f"{SEAL}-1", edge_ms, edge_ms, Reason.NO_PERMIT, None)
    ]
    assert len(story.pages()) == 1


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_moment_of_open_after_a_restart_ended_when_its_held_report_says(goes_on: bool) -> None:
    """Its reading waited in the seal, and what told that it shut was held back on its way. Once it
    opens again, that copy is about what is past."""
    story = Story()
    story.opens()
    story.after(MINUTE).shuts()
    story.after(10 * MINUTE).report(Contact.OPEN, edges=story.edges, first=True, age_ms=8 * MINUTE)
    read_ms = story.now_ms
    story.after(5 * SECOND).shuts()
    found = f"{SEAL}-found-{read_ms}"
    assert story.ended()[-1] == OpeningEnded(found, read_ms, story.now_ms, 0)
    edge_ms, was_ms, shut_edges = read_ms - 2 * MINUTE, story.now_ms, story.edges
    before = story.door.ended
    told = ReportHeld(SEAL, story.seq, edge_ms, SECOND, was_ms, shut_edges)
    if goes_on:
        story.after(MINUTE).opens()
        assert story.door.moment is None
        assert story.tell(told) == []
        return
    assert story.tell(told) == [OpeningEnded(found, edge_ms - SECOND, read_ms, 0)]
    assert story.door.ended == before, "the one before it ended by its own report"
    assert story.door.moment is not None
    assert story.door.moment.shut_ms == edge_ms
