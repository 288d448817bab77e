"""Openings that nobody saw: what the counter alone shows, and when it can have been."""

import pytest

from gateway.core.effects import CaseMoved, OpeningBegan, OpeningEnded, PageDue
from gateway.core.events import ClockDoubted, DoorClassed, OrderPlaced, SealBound
from gateway.core.model import Contact, Doubt, Order, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY
from gateway.core.site import doubted
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

LATER = NOON + 10 * MINUTE


def later() -> Story:
    """Heard shut at noon; ten minutes have passed since."""
    return Story().after(10 * MINUTE)


def test_a_heartbeat_whose_count_moved_by_two_shows_one_whole_opening() -> None:
    story = later()
    began, ended, raised, page, over = story.heartbeat(Contact.SHUT, edges=2)
    name = f"{SEAL}-e2t{LATER}-blind"
    assert began == OpeningBegan(name, NOON, LATER, Reason.OPENED_BLIND, None, 2)
    assert ended == OpeningEnded(name, NOON, LATER, 0, inferred=True)
    assert isinstance(raised, CaseMoved)
    assert (raised.case.case_id, raised.case.reason) == (name, Reason.OPENED_BLIND)
    assert page == PageDue(name, name, Reason.OPENED_BLIND, NOON)
    assert isinstance(over, CaseMoved)
    assert over.case.cleared_ms == LATER, "it is shut now"
    assert story.door.edges == 2


def test_one_that_reads_open_hides_others_behind_an_opening_of_its_own() -> None:
    story = later()
    story.report(Contact.OPEN, edges=3)
    blind, opened = story.began()
    assert (blind.reason, blind.edges, blind.opened_ms, blind.latest_ms) == (
        Reason.OPENED_BLIND,
        3,
        NOON,
        LATER,
    )
    assert (opened.opening_id, opened.reason) == (f"{SEAL}-1", Reason.NO_PERMIT)
    assert story.door.case is not None
    assert story.door.case.openings == 2
    assert story.door.case.cleared_ms is None


def test_a_tampered_seal_that_shows_one_is_not_over_when_it_shuts() -> None:
    story = later()
    story.heartbeat(Contact.SHUT, edges=2, cover=True)
    assert story.door.case is not None
    assert story.door.case.cleared_ms is None
    mended = story.after(MINUTE)
    mended.heartbeat(Contact.SHUT)
    assert mended.door.case is not None


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "reason"),
    [
        (HOUR, 2 * HOUR, Reason.ORDER_NOT_BEGUN),
        (-HOUR, 5 * MINUTE, Reason.ORDER_OVER),
        (5 * MINUTE, HOUR, Reason.OPENED_BLIND),  # perhaps before it: told all the same
    ],
)
def test_what_is_told_of_it_goes_by_the_order_of_its_latest_time(
    from_ms: int, to_ms: int, reason: Reason
) -> None:
    story = Story(ordered=False)
    story.tell(OrderPlaced(Order("o", NOON + from_ms, NOON + to_ms)))
    story.after(10 * MINUTE).heartbeat(Contact.SHUT, edges=2)
    assert [began.reason for began in story.began()] == [reason]
    assert len(story.pages()) == (reason is Reason.OPENED_BLIND)


def test_of_a_canary_it_is_recorded_and_no_case() -> None:
    story = later()
    story.tell(DoorClassed(CANARY))
    story.heartbeat(Contact.SHUT, edges=2)
    assert [began.reason for began in story.began()] == [Reason.CANARY]
    assert story.door.case is None


def test_while_the_clock_is_in_doubt_it_is_a_question() -> None:
    story = Story(ordered=False)
    story.tell(OrderPlaced(Order("o", NOON - HOUR, NOON + 15 * MINUTE)))
    doubt = ClockDoubted(10 * MINUTE, 0)
    story.door = doubted(story.door, Doubt(doubt.behind_ms, doubt.ahead_ms))
    story.after(10 * MINUTE).heartbeat(Contact.SHUT, edges=2)
    assert [began.reason for began in story.began()] == [Reason.OPENED_IN_DOUBT]
    assert [page.reason for page in story.pages()] == [Reason.OPENED_IN_DOUBT]


def test_what_is_found_by_a_report_that_knows_its_edge_was_before_that() -> None:
    story = later()
    story.report(Contact.SHUT, edges=2, age_ms=3 * MINUTE)
    (began,) = story.began()
    assert (began.opened_ms, began.latest_ms) == (NOON, LATER - 3 * MINUTE)
    assert began.opening_id == f"{SEAL}-1-blind"


# Another opening shows that the one before is over.


def test_a_close_that_was_missed_was_between_what_its_seal_knew_and_the_next_opening() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).heartbeat(Contact.OPEN)
    story.after(9 * MINUTE).report(Contact.OPEN, edges=3)
    (ended,) = story.ended()
    assert ended == OpeningEnded(f"{SEAL}-1", NOON + MINUTE, LATER, 0, inferred=True)
    assert [began.opening_id for began in story.began()] == [f"{SEAL}-1", f"{SEAL}-2"]


def test_a_close_that_was_told_and_is_not_quite_over_ends_when_it_was() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).shuts()
    story.after(SECOND).report(Contact.OPEN, edges=4)
    (ended,) = [e for e in story.ended() if not e.inferred]
    assert ended == OpeningEnded(f"{SEAL}-1", NOON + MINUTE, NOON + MINUTE, 0)


def test_a_heartbeat_that_shows_it_shut_tells_of_an_end_between_two_times() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).heartbeat(Contact.OPEN)
    story.after(MINUTE).heartbeat(Contact.SHUT, edges=2)
    story.after(2 * SECOND)
    (ended,) = story.ended()
    assert ended == OpeningEnded(f"{SEAL}-1", NOON + MINUTE, NOON + 2 * MINUTE, 0, inferred=True)


def test_a_first_reading_with_an_edge_ends_it_by_inference_too() -> None:
    story = Story()
    story.opens()
    story.after(2 * MINUTE).shuts(first=True)
    story.after(2 * SECOND)
    (ended,) = story.ended()
    assert (ended.inferred, ended.shut_from_ms) == (True, NOON)
    several = Story()
    several.opens()
    several.after(MINUTE).report(Contact.SHUT, edges=4)
    several.after(2 * SECOND)
    assert all(ended.inferred for ended in several.ended())


def test_a_seal_that_took_its_place_knows_when_the_one_before_knew_last() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).heartbeat(Contact.OPEN)
    story.after(MINUTE).tell(SealBound("new", None))
    story.after(MINUTE)
    from_ms = NOON + MINUTE
    assert story.door.opening is not None
    assert story.door.opening.shut_from_ms == from_ms


def test_what_is_allowed_found_open_is_one_of_the_days_openings() -> None:
    story = Story()
    policy = Policy(openings_a_day=1)
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, NOON + DAY, policy)))
    story.heartbeat(Contact.OPEN)
    assert story.door.found_open is not None
    story.after(HOUR)
    assert [began.reason for began in story.began()] == [Reason.ALLOWANCE]
    assert story.door.allowed[1] == 1
    assert story.pages() == []
