"""An opening that lasts too long: by its permit, by its order, and while its seal is not heard."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import openings
from gateway.core.events import OrderPlaced, PermitAnnounced, SealBound
from gateway.core.model import Contact, Door, Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

BEAT = 100 * SECOND
LONGEST = 10 * MINUTE


def told(story: Story) -> list[tuple[Reason, int, int]]:
    """Why, since when and at what time, after noon, somebody was told first."""
    return [(page.reason, page.since_ms - NOON, story.now_ms - NOON) for page in story.pages()]


def beats(story: Story, contact: Contact, until_ms: int, every_ms: int = BEAT) -> Story:
    while story.now_ms + every_ms <= NOON + until_ms:
        story.after(every_ms).heartbeat(contact)
    return story.after(NOON + until_ms - story.now_ms)


def permitted(heartbeat_ms: int | None = BEAT) -> Story:
    story = Story()
    story.tell(SealBound(SEAL, heartbeat_ms))
    story.permit()
    story.opens()
    return story


def test_the_moment_at_which_a_permit_is_outlasted() -> None:
    story = beats(permitted(), Contact.OPEN, LONGEST - 1)
    assert told(story) == []
    story.after(1)
    assert told(story) == [(Reason.PERMIT_OVERSTAYED, LONGEST, LONGEST)]
    assert story.pages()[0].page_id == f"{SEAL}-1-overstay"
    opening = story.door.opening
    assert opening is not None
    assert (opening.overstay_ms, opening.unjudged_ms, opening.reason) == (None, None, Reason.PERMIT)
    beats(story, Contact.OPEN, HOUR)
    assert len(story.pages()) == 1


def test_the_moment_at_which_what_an_order_allows_is_outlasted() -> None:
    story = Story()
    policy = Policy(openings_a_day=1, longest_ms=LONGEST)
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, NOON + DAY, policy)))
    story.opens()
    story.after(LONGEST)
    assert told(story) == [(Reason.OPEN_TOO_LONG, LONGEST, LONGEST)]


def test_an_opening_that_shuts_at_the_last_moment_has_kept_its_time() -> None:
    story = beats(permitted(), Contact.OPEN, LONGEST - 1)
    story.shuts()
    story.after(SECOND)
    assert told(story) == [], "shut, and not over yet"
    story.opens()  # the same opening goes on, and its time is over
    assert [reason for reason, *_ in told(story)] == [Reason.PERMIT_OVERSTAYED]


@pytest.mark.parametrize(("silent_ms", "is_late"), [(2 * BEAT - 1, False), (2 * BEAT, True)])
def test_a_seal_that_is_late_says_nothing_of_its_door(silent_ms: int, is_late: bool) -> None:
    story = permitted()
    assert openings.is_late(story.door, NOON + silent_ms, story.rules) is is_late
    unpromised = replace(story.door, heartbeat_ms=None)
    assert not openings.is_late(unpromised, NOON + DAY, story.rules)
    assert openings.is_late(Door("d", heartbeat_ms=BEAT), NOON, story.rules)


def test_what_ran_over_while_its_seal_was_late_is_told_when_it_is_heard_open() -> None:
    story = permitted().after(LONGEST)
    assert told(story) == []
    opening = story.door.opening
    assert opening is not None
    assert (opening.overstay_ms, opening.unjudged_ms) == (None, NOON + LONGEST)
    story.after(MINUTE).heartbeat(Contact.OPEN, age_ms=0)
    assert told(story) == [(Reason.PERMIT_OVERSTAYED, LONGEST, LONGEST + MINUTE)]
    assert story.door.opening is not None
    assert story.door.opening.unjudged_ms is None


def test_what_is_heard_shut_then_has_perhaps_shut_in_time_and_nobody_is_told() -> None:
    story = permitted().after(LONGEST + MINUTE)
    story.shuts(age_ms=2 * MINUTE)
    story.after(5 * MINUTE)
    assert told(story) == []


@pytest.mark.parametrize(("age_ms", "is_told"), [(MINUTE, True), (MINUTE + 1, False)])
def test_a_report_of_before_that_time_judges_nothing(age_ms: int, is_told: bool) -> None:
    story = permitted().after(LONGEST + MINUTE)
    story.seq += 1
    story.report(Contact.OPEN, edges=1, age_ms=age_ms)
    assert bool(told(story)) is is_told


def test_an_order_that_is_over_by_then_tells_nobody() -> None:
    story = Story(ordered=False)
    story.tell(SealBound(SEAL, BEAT))
    story.tell(OrderPlaced(Order("o", NOON - DAY, NOON + LONGEST)))
    story.permit()
    story.opens()
    beats(story, Contact.OPEN, LONGEST)
    assert told(story) == []
    assert story.door.opening is not None
    assert story.door.opening.overstay_ms is None


def stood_open(longest_ms: int | None = None) -> Story:
    """It opened before the order, which begins at one."""
    story = Story(ordered=False)
    policy = Policy(longest_ms=longest_ms)
    story.tell(OrderPlaced(Order("o", NOON + HOUR, NOON + DAY, policy)))
    story.opens()
    return story


@pytest.mark.parametrize("longest_ms", [None, 25 * MINUTE])
def test_what_stood_open_before_its_order_has_as_long_as_an_opening_may_last(
    longest_ms: int | None,
) -> None:
    story = stood_open(longest_ms)
    opening = story.door.opening
    assert opening is not None
    told_ms = HOUR + (longest_ms or Rules().grace_ms)
    assert (opening.reason, opening.overstay_ms) == (Reason.ORDER_NOT_BEGUN, NOON + told_ms)
    story.after(told_ms - 1)
    assert told(story) == []
    story.after(1)
    assert told(story) == [(Reason.OPEN_TOO_LONG, told_ms, told_ms)]
    assert story.door.opening is not None
    assert story.door.opening.reason is Reason.OPEN_TOO_LONG


def test_an_order_that_comes_while_it_stands_open_gives_it_that_time_from_then() -> None:
    story = stood_open().after(30 * MINUTE)
    story.tell(OrderPlaced(Order("o", NOON - HOUR, NOON + DAY)))
    opening = story.door.opening
    assert opening is not None
    assert opening.overstay_ms == story.now_ms + Rules().grace_ms
    permit_opening = permitted()
    before = permit_opening.door.opening
    permit_opening.tell(OrderPlaced(Order("another", NOON, NOON + 2 * DAY)))
    assert permit_opening.door.opening == before, "what a permit covers goes by its permit"


def test_a_permit_that_holds_by_then_explains_it_with_its_own_time() -> None:
    story = stood_open()
    permit = Permit("p", NOON + HOUR, NOON + 3 * HOUR, 2, 40 * MINUTE, "Li", "moves house")
    story.tell(PermitAnnounced(permit))
    story.after(HOUR + 10 * MINUTE)
    assert told(story) == []
    announced, spent = story.effects[-2:]
    assert (announced.opening_id, announced.permit_id) == (f"{SEAL}-1", "p")  # type: ignore[union-attr]
    assert announced.told is False  # type: ignore[union-attr]
    assert (spent.permit_id, spent.openings_left, spent.opening_id) == ("p", 1, f"{SEAL}-1")  # type: ignore[union-attr]
    opening = story.door.opening
    assert opening is not None
    assert (opening.reason, opening.permit_id) == (Reason.PERMIT, "p")
    assert opening.overstay_ms == story.now_ms + 40 * MINUTE
    assert story.door.permits[0].openings == 1
    story.after(40 * MINUTE)
    assert [reason for reason, *_ in told(story)] == [Reason.PERMIT_OVERSTAYED]


def test_no_order_to_come_waits_for_nothing() -> None:
    story = Story(ordered=False)
    story.opens()
    assert story.door.opening is not None
    assert story.door.opening.overstay_ms is None
    story.after(DAY)
    assert told(story) == []
