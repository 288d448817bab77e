"""What a report seemed to say at first, and what came of it: a short story each."""

import pytest

from gateway.core.actor import actor_of
from gateway.core.effects import OpeningAnnounced, OpeningBegan, OpeningEnded, PermitSpent
from gateway.core.events import (
    CaseAcknowledged,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    ReportCame,
    SealBound,
)
from gateway.core.model import CaseState, Contact, Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.actors import action_id
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

PROMISED = 100 * SECOND


def of_policy(policy: Policy, rules: Rules | None = None) -> Story:
    story = Story(rules)
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, NOON + DAY, policy)))
    return story


def reasons(story: Story) -> list[Reason]:
    return [page.reason for page in story.pages()]


# It reads shut, or open, and does not stay so.


def test_a_reading_of_shut_that_does_not_last_is_none_and_its_true_shutting_counts() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).heartbeat(Contact.SHUT)
    story.after(10 * SECOND).heartbeat(Contact.OPEN)
    opening = story.door.opening
    assert opening is not None
    shutting = opening.shut_ms, opening.shut_from_ms, opening.ends_ms, opening.inferred
    assert shutting == (None, None, None, False)
    story.after(10 * MINUTE).shuts()
    story.after(10 * SECOND)
    (ended,) = story.ended()
    shut_ms = story.now_ms - 10 * SECOND
    assert ended == OpeningEnded(f"{SEAL}-1", shut_ms, shut_ms, 0)


def test_a_reading_of_shut_that_lasts_is_the_end_and_nobody_knows_since_when() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).heartbeat(Contact.OPEN)
    story.after(MINUTE).heartbeat(Contact.SHUT)
    story.after(Rules().open_after_restart_ms - 1)
    assert story.ended() == []
    story.after(1)
    assert story.ended() == [
        OpeningEnded(f"{SEAL}-1", NOON + MINUTE, NOON + 2 * MINUTE, 0, inferred=True)
    ]


def test_a_first_reading_of_open_is_told_after_half_a_minute_if_it_is_heard_again() -> None:
    story = Story().after(5 * MINUTE)
    story.report(Contact.OPEN, edges=0, first=True)
    found_ms = story.now_ms
    story.after(10 * SECOND).heartbeat(Contact.OPEN)
    story.after(20 * SECOND - 1)
    assert story.effects == []
    story.after(1)
    assert reasons(story) == [Reason.OPEN_AFTER_RESTART]
    (began,) = story.began()
    name = f"{SEAL}-found-{found_ms}"
    assert began == OpeningBegan(name, NOON, found_ms, Reason.OPEN_AFTER_RESTART, None)
    assert story.door.opening is not None
    assert (story.door.opening.opened_ms, story.door.opening.opening_id) == (NOON, name)
    assert (story.door.open_after_restart, story.door.ended) == (None, None)
    assert story.pages()[0].since_ms == NOON
    story.after(MINUTE).shuts()
    story.after(MINUTE)
    assert [ended.opening_id for ended in story.ended()] == [name]


def test_one_that_read_shut_and_open_after_restarts_shut_at_some_time_since_it_began() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).report(Contact.SHUT, edges=1, first=True)
    story.after(10 * SECOND).report(Contact.OPEN, edges=1, first=True)
    found_ms = story.now_ms
    story.after(10 * SECOND).heartbeat(Contact.OPEN)
    story.after(MINUTE)
    assert story.ended() == [OpeningEnded(f"{SEAL}-1", NOON, found_ms, 0, inferred=True)]
    assert story.began()[-1].opening_id == f"{SEAL}-found-{found_ms}"


def test_a_moment_of_open_whose_shutting_nobody_told_ended_at_some_time_since_it_was_read() -> None:
    story = Story().after(5 * MINUTE)
    story.report(Contact.OPEN, edges=0, first=True, age_ms=MINUTE)
    found_ms = story.now_ms
    story.after(10 * SECOND).report(Contact.SHUT, edges=3, age_ms=0)
    ended = story.ended()[0]
    times = ended.shut_from_ms, ended.shut_ms
    assert times == (found_ms - MINUTE, story.now_ms)


def test_a_first_reading_that_is_not_heard_again_waits_for_the_next() -> None:
    story = Story().after(5 * MINUTE)
    story.report(Contact.OPEN, edges=0, first=True)
    story.after(29 * SECOND).after(2 * SECOND)
    assert story.door.open_after_restart is not None
    assert story.door.open_after_restart.told_ms == NOON + 6 * MINUTE
    story.after(10 * SECOND).heartbeat(Contact.OPEN)
    story.after(19 * SECOND)
    assert reasons(story) == [Reason.OPEN_AFTER_RESTART]


def test_a_moment_of_open_after_a_restart_is_recorded_with_its_times() -> None:
    story = Story().after(5 * MINUTE)
    story.report(Contact.OPEN, edges=0, first=True)
    found_ms = story.now_ms
    story.after(10 * SECOND).shuts(age_ms=SECOND)
    shut_ms = story.now_ms - SECOND
    name = f"{SEAL}-found-{found_ms}"
    assert story.effects == [
        OpeningBegan(name, NOON, found_ms, Reason.OPEN_AFTER_RESTART, None),
        OpeningEnded(name, found_ms, shut_ms, 0),
    ]
    assert story.door.open_after_restart is None
    story.after(HOUR)
    assert story.pages() == []


def test_a_permit_that_holds_by_then_explains_what_a_seal_finds_open() -> None:
    story = Story()
    story.permit()
    story.after(5 * MINUTE).report(Contact.OPEN, edges=0, first=True)
    began, spent = story.effects
    name = f"{SEAL}-1-found"
    assert began == OpeningBegan(name, NOON, story.now_ms, Reason.PERMIT, "p1")
    assert spent == PermitSpent("p1", 0, name)
    assert story.door.open_after_restart is None


def test_what_had_just_shut_ends_before_what_the_seal_finds_open() -> None:
    for is_covered in (True, False):
        story = Story()
        if is_covered:
            story.permit(openings=2)
        story.opens()
        story.after(MINUTE).shuts()
        shut_ms = story.now_ms
        story.after(SECOND).report(Contact.OPEN, edges=story.edges, first=True)
        story.after(20 * SECOND).heartbeat(Contact.OPEN)
        story.after(MINUTE)
        (ended,) = story.ended()
        assert (ended.opening_id, ended.shut_ms) == (f"{SEAL}-1", shut_ms)
        assert len(story.began()) == 2


def test_what_is_told_as_found_open_ends_what_was_not_quite_over_by_then() -> None:
    story = Story(Rules(off_delay_ms=MINUTE))
    story.opens()
    story.after(MINUTE).shuts()
    shut_ms = story.now_ms
    story.after(SECOND).report(Contact.OPEN, edges=story.edges, first=True)
    story.after(20 * SECOND).heartbeat(Contact.OPEN)
    story.after(10 * SECOND)
    assert story.ended() == [OpeningEnded(f"{SEAL}-1", shut_ms, shut_ms, 0)]
    assert [began.reason for began in story.began()] == [
        Reason.NO_PERMIT,
        Reason.OPEN_AFTER_RESTART,
    ]
    assert story.door.opening is not None
    assert story.door.opening.opening_id == story.began()[-1].opening_id


# Another seal, a door that is found open.


def stands_open() -> Story:
    """A new seal reads its door as open, at noon."""
    story = Story()
    story.tell(SealBound("new", PROMISED))
    return story


def says(story: Story, contact: Contact, seal: str = "new") -> None:
    story.tell(ReportCame(seal, 0, contact, 0, edge=False))


def test_a_door_found_open_is_told_after_the_grace_time() -> None:
    story = stands_open()
    says(story, Contact.OPEN)
    for _ in range(6):
        story.after(PROMISED)
        says(story, Contact.OPEN)
    assert reasons(story) == [Reason.FOUND_OPEN]
    (began,) = story.began()
    name = f"new-standing-{NOON}"
    assert began == OpeningBegan(name, NOON, NOON, Reason.FOUND_OPEN, None)
    assert story.door.opening is not None
    assert story.door.opening.opening_id == name
    assert (story.door.found_open, story.door.ended) == (None, None)
    assert story.pages()[0].since_ms == NOON


def test_a_door_that_is_found_open_and_then_seen_to_open_is_told_of_once() -> None:
    """Between two readings it shut and opened again, as the counter says."""
    story = stands_open()
    says(story, Contact.OPEN)
    assert story.door.found_open is not None
    story.after(MINUTE).tell(ReportCame("new", 1, Contact.OPEN, 2, edge=True))
    assert story.door.opening is not None
    assert story.door.found_open is None
    for _ in range(10):
        story.after(PROMISED).tell(ReportCame("new", 0, Contact.OPEN, 2, edge=False))
    assert Reason.FOUND_OPEN not in {page.reason for page in story.escalated()}


def test_an_opening_that_was_over_does_not_go_on_in_what_is_found_open() -> None:
    story = Story()
    story.permit()
    story.opens()
    story.after(10 * SECOND).shuts()
    story.after(10 * SECOND).heartbeat(Contact.OPEN)  # a reading, and no edge
    assert story.door.ended is not None
    assert story.door.found_open is not None
    for _ in range(40):
        story.after(PROMISED).heartbeat(Contact.OPEN)
    assert Reason.FOUND_OPEN in [began.reason for began in story.began()]
    assert story.door.ended is None


def test_another_seal_finds_it_open_for_itself() -> None:
    story = stands_open()
    says(story, Contact.OPEN)
    assert story.door.found_open is not None
    story.after(5 * MINUTE).tell(SealBound("newer", PROMISED))
    assert story.door.found_open is None
    says(story, Contact.OPEN, "newer")
    assert story.door.found_open is not None
    assert story.door.found_open.since_ms == NOON + 5 * MINUTE


# Allowances, permits and announcements that are heard of late.


def test_an_allowed_opening_that_is_heard_of_too_late_has_perhaps_shut_in_time() -> None:
    story = of_policy(Policy(1, 3 * MINUTE))
    story.after(10 * MINUTE).opens(age_ms=5 * MINUTE)
    opening = story.door.opening
    assert opening is not None
    assert (opening.reason, opening.opened_ms) == (Reason.ALLOWANCE, NOON + 5 * MINUTE)
    assert opening.overstay_ms == story.now_ms + Rules().backlog_ms
    story.after(10 * SECOND).shuts(age_ms=4 * MINUTE)
    story.after(HOUR)
    assert story.pages() == []
    assert story.door.allowed[1] == 1


@pytest.mark.parametrize(("late_ms", "waits_ms"), [(3 * MINUTE - 1, 1), (3 * MINUTE, 30 * SECOND)])
def test_one_that_has_just_lasted_too_long_is_told_when_what_waits_behind_it_is_heard(
    late_ms: int, waits_ms: int
) -> None:
    story = of_policy(Policy(1, 3 * MINUTE))
    story.after(10 * MINUTE).opens(age_ms=late_ms)
    assert story.door.opening is not None
    assert story.door.opening.overstay_ms == story.now_ms + waits_ms


def recurring(name: str = "daily") -> Permit:
    return Permit(name, NOON - DAY, NOON + DAY, 2, 7 * MINUTE, "Li", "meal", ((719, 780),))


def test_a_recurring_permit_that_is_announced_late_explains_the_opening() -> None:
    story = Story().after(2 * MINUTE)
    story.opens()
    opened_ms = story.now_ms
    story.after(MINUTE)
    announced, spent, closed = story.tell(PermitAnnounced(recurring()))
    name = f"{SEAL}-1"
    assert announced == OpeningAnnounced(name, "daily", told=True)
    assert spent == PermitSpent("daily", 1, name)
    assert closed.case.outcome == Reason.ANNOUNCED_LATE  # type: ignore[union-attr]
    assert story.door.permits[0].spent == (NOON - MINUTE, 1)
    assert story.door.opening is not None
    assert story.door.opening.overstay_ms == opened_ms + 7 * MINUTE


def test_a_permit_that_came_too_late_by_itself_explains_nothing() -> None:
    story = Story()
    story.opens()
    before = story.door.case
    permit = Permit("p", NOON - HOUR, NOON + HOUR, 1, MINUTE, "Li", "meal")
    assert story.tell(PermitAnnounced(permit, explains=False)) == []
    assert story.door.case == before
    assert story.door.permits == (permit,)


def test_an_opening_that_shut_before_it_was_announced_is_explained_and_stays_shut() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).shuts()
    story.after(MINUTE)
    ended = story.door.ended
    story.permit()
    assert (story.door.case, story.door.opening, story.door.ended) == (None, None, ended)


def test_two_openings_are_not_explained_by_one_announcement() -> None:
    story = Story()
    for _ in range(2):
        story.opens()
        story.after(20 * SECOND).shuts()
        story.after(20 * SECOND)
    case = story.door.case
    story.permit(openings=5)
    assert story.door.case == case


# Quiet hours: what is no breach waits for their end, whenever it begins.

QUIET = Policy(quiet=((12 * 60 + 20, 14 * 60),))


def refused(story: Story) -> str:
    story.tell(MessageRefused(SEAL, Reason.WRONG_KEY, 10))
    assert story.door.case is not None
    return story.door.case.case_id


def test_what_comes_back_in_quiet_hours_waits_for_their_end() -> None:
    rules = Rules(fault_taken_ms=30 * MINUTE)
    story = of_policy(QUIET, rules)
    case_id = refused(story)
    assert len(story.pages()) == 1
    story.tell(CaseAcknowledged(case_id, actor_of("Wang"), action_id()))
    story.after(45 * MINUTE)
    assert story.door.case is not None
    assert story.door.case.state is CaseState.RAISED
    back = [page for page in story.escalated() if "-back-" in page.page_id]
    assert back == []
    story.after(75 * MINUTE)
    back = [page for page in story.escalated() if "-back-" in page.page_id]
    assert [page.to for page in back] == ["Wang"]
    assert story.now_ms == NOON + 2 * HOUR


def test_what_begins_in_quiet_hours_waits_and_a_breach_does_not() -> None:
    story = of_policy(QUIET).after(30 * MINUTE)
    refused(story)
    assert story.pages() == []
    story.opens()
    assert reasons(story) == [Reason.NO_PERMIT]
