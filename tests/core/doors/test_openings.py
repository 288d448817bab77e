"""What becomes of a door's edges: counters raise alarms, differences of contact never do."""

import itertools

import pytest

from gateway.core.model import Contact
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import HOUR, MINUTE, NOON, SEAL, SECOND, Story

SHUT, OPEN, UNKNOWN = Contact.SHUT, Contact.OPEN, Contact.UNKNOWN


def test_an_opening_without_permit_pages_at_once_and_by_its_own_id() -> None:
    story = Story()
    story.opens(age_ms=40)
    (page,) = story.pages()
    assert (page.page_id, page.reason) == (f"{SEAL}-1", Reason.NO_PERMIT)
    assert page.since_ms == NOON - 40
    assert story.began()[0].opened_ms == NOON - 40


def test_an_opening_ends_only_after_the_off_delay() -> None:
    story = Story()
    story.opens()
    story.after(5 * SECOND).shuts()
    assert story.ended() == []
    story.after(2 * SECOND)
    assert [end.shut_ms for end in story.ended()] == [NOON + 5 * SECOND]


def test_a_slammed_door_is_one_opening_and_one_page() -> None:
    story = Story()
    story.opens()
    for _ in range(3):
        story.after(SECOND).shuts()
        story.after(SECOND).opens()
    story.after(SECOND).shuts()
    story.after(MINUTE)
    assert len(story.began()) == len(story.pages()) == len(story.ended()) == 1
    assert story.ended()[0].joined == 3


def test_a_slammed_door_is_one_opening_even_if_it_is_heard_of_late() -> None:
    story = Story()
    story.after(10 * SECOND)
    story.opens(age_ms=9_000)
    story.shuts(age_ms=8_000)
    story.opens(age_ms=7_000)
    story.shuts(age_ms=6_000)
    story.after(MINUTE)
    assert len(story.began()) == len(story.ended()) == 1


def test_a_door_that_shut_while_nobody_listened_may_have_been_shut_long() -> None:
    """The shut report waited in the broker: the gap seems short, and may not have been (doubt)."""
    story = Story()
    story.opens()
    story.after(10 * SECOND).shuts(waited_ms=9_000)
    story.after(SECOND).opens()
    assert [page.page_id for page in story.pages()] == [f"{SEAL}-1", f"{SEAL}-3"]


def test_an_opening_that_waited_in_the_broker_is_an_interval() -> None:
    story = Story()
    story.after(MINUTE).opens(age_ms=1_000, waited_ms=5_000)
    (began,) = story.began()
    latest_ms = NOON + MINUTE - 1_000
    assert (began.opened_ms, began.latest_ms) == (latest_ms - 5_000, latest_ms)


def test_two_openings_are_one_case_and_two_pages() -> None:
    story = Story()
    for _ in range(2):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(5 * SECOND)
    assert [page.case_id for page in story.pages()] == [f"{SEAL}-1"] * 2
    assert [page.page_id for page in story.pages()] == [f"{SEAL}-1", f"{SEAL}-3"]
    assert story.moves()[-1].case.openings == 2


@pytest.mark.parametrize("again", [1, 5])
def test_a_repeated_report_is_no_event(again: int) -> None:
    story = Story()
    story.opens()
    for _ in range(again):
        story.after(SECOND).opens(edges=story.edges)
    assert len(story.began()) == len(story.pages()) == 1


def test_a_late_report_from_before_changes_nothing() -> None:
    story = Story()
    story.opens()
    story.after(5 * SECOND).shuts()
    story.after(5 * SECOND)
    known = story.door.contact, story.door.edges
    story.report(OPEN, edges=1)
    assert (story.door.contact, story.door.edges) == known
    assert len(story.pages()) == 1


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product([SHUT, OPEN, UNKNOWN], repeat=2))
)
@pytest.mark.parametrize("kind", ["heartbeat", "first"])
def test_a_difference_of_contact_without_an_edge_is_no_event(
    before: Contact, after: Contact, kind: str
) -> None:
    """Seal, gateway or both restarted: boot readings and repeated states never page (B1, B2)."""
    story = Story()
    story.heartbeat(before)
    if kind == "heartbeat":
        story.heartbeat(after)
    else:
        story.report(after, edges=story.edges, first=True)
    assert story.pages() == story.began() == []
    assert story.door.contact is after


@pytest.mark.parametrize(
    ("before", "edges", "now", "hidden", "opens"),
    [
        (SHUT, 1, OPEN, 0, 1),
        (SHUT, 2, SHUT, 1, 0),
        (SHUT, 3, OPEN, 1, 1),
        (SHUT, 4, SHUT, 1, 0),
        (OPEN, 1, SHUT, 0, 0),
        (OPEN, 2, OPEN, 0, 1),
        (OPEN, 3, SHUT, 1, 0),
        (OPEN, 4, OPEN, 1, 1),
    ],
)
def test_the_counter_shows_openings_that_nobody_heard(
    before: Contact, edges: int, now: Contact, hidden: int, opens: int
) -> None:
    """Opened and shut while nobody listened: a case with an interval, not a time (B3, B4)."""
    story = Story()
    if before is OPEN:
        story.opens()
        story.effects.clear()
    story.after(10 * MINUTE)
    story.heartbeat(now, edges=story.edges + edges)
    blind = [began for began in story.began() if began.reason is Reason.OPENED_BLIND]
    plain = [began for began in story.began() if began.reason is Reason.NO_PERMIT]
    assert (len(blind), len(plain)) == (hidden, opens)
    for began in blind:
        assert (began.opened_ms, began.latest_ms) == (NOON, NOON + 10 * MINUTE)
    assert len(story.pages()) == hidden + opens


def test_a_missed_close_is_repaired_by_the_next_heartbeat() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE)
    story.heartbeat(SHUT, edges=story.edges + 1)
    story.after(MINUTE)
    assert len(story.ended()) == 1
    assert story.door.opening is None


def test_the_counter_may_wrap_around() -> None:
    story = Story()
    for edges in (0x7000, 0xE000, 0xFFFF):
        story.after(HOUR).heartbeat(SHUT, edges=edges)
    story.effects.clear()
    story.opens()
    assert story.edges == 0
    assert len(story.pages()) == 1


def test_the_very_first_report_of_a_seal_counts_if_it_is_an_edge() -> None:
    story = Story()
    story.tell(story.journal[0][1])  # bound again to the same seal: nothing changes
    story.door = type(story.door)(story.door.door_id, seal_id=SEAL, orders=story.door.orders)
    story.opens(edges=41)
    assert len(story.pages()) == 1


def test_a_seal_that_was_replaced_is_not_heard_any_more() -> None:
    from gateway.core.events import SealBound

    story = Story()
    story.tell(SealBound("ffffffffffffffff"))
    story.opens()
    assert story.pages() == []


def test_an_edge_of_unknown_age_is_an_interval() -> None:
    story = Story()
    story.after(MINUTE)
    story.opens(age_ms=None)
    (began,) = story.began()
    assert (began.opened_ms, began.latest_ms) == (NOON, NOON + MINUTE)


def test_openings_of_unknown_age_that_arrive_together_are_not_one() -> None:
    """After a power cut a seal tells what waited, one behind the other: it was hours apart."""
    story = Story()
    heard_ms = story.now_ms
    story.after(6 * HOUR)
    for _ in range(2):
        story.opens(age_ms=None)
        story.after(300).shuts(age_ms=None)
        story.after(300)
    assert len(story.began()) == len(story.pages()) == 2
    assert [began.opened_ms for began in story.began()] == [heard_ms, heard_ms]


def test_what_waited_speaks_for_its_own_time_not_for_its_arrival() -> None:
    """The seal's ring ran over: what was dropped lies behind the last edge told, not now."""
    story = Story()
    story.after(30 * MINUTE)
    story.opens(age_ms=25 * MINUTE)
    opened_ms = story.now_ms - 25 * MINUTE
    story.after(300).opens(edges=story.edges + 20, age_ms=9 * MINUTE)
    (blind,) = [began for began in story.began() if began.reason is Reason.OPENED_BLIND]
    assert blind.opened_ms == opened_ms


def test_an_opening_that_is_heard_of_late_may_have_shut_in_time() -> None:
    story = Story()
    story.permit(longest_ms=10 * MINUTE)
    story.after(20 * MINUTE)
    story.opens(age_ms=20 * MINUTE)
    story.after(300).shuts(age_ms=19 * MINUTE)
    story.after(HOUR)
    assert story.pages() == []


def test_an_opening_that_is_heard_of_late_and_still_open_pages_after_the_backlog() -> None:
    story = Story()
    story.permit(longest_ms=10 * MINUTE)
    story.after(20 * MINUTE)
    story.opens(age_ms=20 * MINUTE)
    story.after(Rules().backlog_ms)
    assert [page.reason for page in story.pages()] == [Reason.PERMIT_OVERSTAYED]


def test_a_slam_is_one_opening_even_if_the_second_edge_comes_after_the_off_delay() -> None:
    story = Story()
    story.permit(openings=1)
    story.opens()
    story.after(10 * SECOND).shuts()
    story.after(2_100)
    assert len(story.ended()) == 1
    story.opens(age_ms=1_000)  # 1.1 s after it shut, told late
    story.after(10 * SECOND).shuts()
    story.after(10 * SECOND)
    assert story.pages() == []
    assert len(story.began()) == 1
    assert (len(story.ended()), story.ended()[-1].joined) == (2, 1)


def test_what_the_loop_comes_to_late_is_due_after_an_edge_that_was_before_it() -> None:
    """It may stand open for ten minutes, shut after nine, and is heard of after eleven, before the
    loop came to what was due after ten."""
    for age_ms, told in ((2 * MINUTE, []), (30 * SECOND, [Reason.PERMIT_OVERSTAYED])):
        story = Story()
        story.permit(longest_ms=10 * MINUTE)
        story.opens()
        story.now_ms += 11 * MINUTE
        story.shuts(age_ms=age_ms)
        assert [page.reason for page in story.pages()] == told
