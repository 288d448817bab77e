"""An announced visit covers the cover, the silence and the openings of one seal; no more."""

import pytest

from gateway.core.clock_shift import shifted
from gateway.core.commissioning import Purpose, Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.doors.visits import VISITS_MAX
from gateway.core.effects import SilenceBegan
from gateway.core.events import OrderPlaced, SealBound
from gateway.core.model import Contact, Order
from gateway.core.reasons import Reason
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, SECOND, Story

HEARTBEAT = 100 * SECOND


def at_work(
    story: Story, minutes: int = 30, seal: str = SEAL, purpose: Purpose = Purpose.BATTERY
) -> Story:
    """A visit from now on."""
    end_ms = story.now_ms + minutes * MINUTE
    story.tell(VisitAnnounced(Visit("v1", seal, story.now_ms, end_ms, "Li", purpose)))
    return story


def beating() -> Story:
    """A seal that promised a heartbeat every 100 s."""
    story = Story()
    story.tell(SealBound(SEAL, HEARTBEAT))
    return story


def new_battery(story: Story) -> None:
    """Twenty minutes at a door: cover off, cells out, door open, cells in, cover on, door shut."""
    story.heartbeat(Contact.SHUT, cover=True)
    story.after(MINUTE).opens(cover=True)
    story.after(15 * MINUTE)  # without power: nothing is heard
    story.report(Contact.OPEN, edges=story.edges, first=True, cover=True, age_ms=None)
    story.after(MINUTE).heartbeat(Contact.OPEN)
    story.after(MINUTE).shuts()
    story.after(2 * MINUTE).heartbeat(Contact.SHUT)


def test_a_battery_that_is_changed_as_announced_pages_nobody() -> None:
    story = at_work(beating())
    new_battery(story)
    while story.now_ms < NOON + HOUR:
        story.after(HEARTBEAT).heartbeat(Contact.SHUT)
    assert story.escalated() == []
    assert story.door.case is None
    assert {began.reason for began in story.began()} == {Reason.VISIT}
    assert story.replayed() == story.door


def test_the_same_without_a_visit_pages_many_times() -> None:
    story = beating()
    new_battery(story)
    assert len(story.escalated()) > 4


def test_a_cover_that_is_still_off_when_the_visit_is_over_is_told() -> None:
    story = at_work(Story())
    story.heartbeat(Contact.SHUT, cover=True)
    assert story.after(29 * MINUTE).escalated() == []
    story.after(MINUTE)
    assert [page.reason for page in story.pages()] == [Reason.COVER_TAMPER]
    assert story.door.case is not None
    assert story.door.case.locked


def test_what_a_visit_left_is_told_once_and_not_after_the_next() -> None:
    story = at_work(Story())
    story.heartbeat(Contact.SHUT, cover=True)
    told = len(story.after(30 * MINUTE).pages())
    case = story.door.case
    assert case is not None
    end_ms = story.now_ms + 10 * MINUTE
    story.tell(VisitAnnounced(Visit("v2", SEAL, story.now_ms, end_ms, "Li", Purpose.INSPECT)))
    story.after(11 * MINUTE)
    assert story.door.case is not None
    assert (len(story.pages()), story.door.case.openings) == (told, case.openings)


def test_a_door_that_is_still_open_when_the_visit_is_over_is_told() -> None:
    story = at_work(Story())
    story.opens()
    story.after(30 * MINUTE)
    assert [page.reason for page in story.pages()] == [Reason.VISIT_OVERSTAYED]


def test_a_seal_that_does_not_come_back_is_told_when_the_visit_is_over() -> None:
    story = at_work(beating())
    story.after(30 * MINUTE - 1)
    assert not any(isinstance(effect, SilenceBegan) for effect in story.effects)
    story.after(1)
    assert any(isinstance(effect, SilenceBegan) for effect in story.effects)
    story.after(story.rules.outage_gather_ms)
    assert [page.reason for page in story.pages()] == [Reason.SILENT]


def test_what_comes_before_or_after_is_told() -> None:
    story = Story()
    story.opens()
    story.after(MINUTE).shuts()
    at_work(story.after(MINUTE))
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]
    story.after(31 * MINUTE).opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT, Reason.NO_PERMIT]


def test_an_opening_within_is_covered_though_it_is_heard_of_late() -> None:
    story = at_work(Story(), minutes=10)
    story.after(20 * MINUTE).opens(age_ms=15 * MINUTE)
    assert [began.reason for began in story.began()] == [Reason.VISIT]


def test_openings_that_nobody_heard_are_covered_only_where_they_were_within() -> None:
    story = at_work(beating())
    story.after(10 * MINUTE).heartbeat(Contact.SHUT, edges=4)
    assert [began.reason for began in story.began()] == [Reason.VISIT]

    longer = beating()
    at_work(longer.after(4 * MINUTE))  # two beats are missing already
    longer.after(MINUTE).heartbeat(Contact.SHUT, edges=4)
    assert [began.reason for began in longer.began()] == [Reason.OPENED_BLIND]


def test_it_covers_its_own_seal_and_no_other() -> None:
    story = at_work(Story(), seal="ffeeddccbbaa0011")
    story.opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


def test_a_contact_may_be_tried_quickly_and_must_have_settled_at_the_end() -> None:
    story = at_work(Story(), minutes=2)
    for _ in range(6):
        story.after(3 * SECOND).opens()
        story.after(3 * SECOND).shuts()
    assert story.door.chattering is None
    story.opens()
    for _ in range(12):  # it flutters
        story.after(SECOND).shuts()
        story.after(SECOND).opens()
    assert story.door.chattering is not None
    assert story.pages() == []
    story.after(2 * MINUTE)
    assert [page.reason for page in story.pages()] == [Reason.CHATTER]


def test_one_that_ends_earlier_covers_no_more() -> None:
    story = at_work(Story())
    story.heartbeat(Contact.SHUT, cover=True)
    story.after(MINUTE)
    ends = story.door.visits[0]
    story.tell(
        VisitAnnounced(
            Visit("v1", SEAL, ends.from_ms, story.now_ms, "Li", Purpose.BATTERY),
        )
    )
    assert [page.reason for page in story.pages()] == [Reason.COVER_TAMPER]


def test_one_that_follows_takes_over() -> None:
    story = at_work(Story())
    story.heartbeat(Contact.SHUT, cover=True)
    story.after(10 * MINUTE)
    end_ms = story.now_ms + HOUR
    story.tell(VisitAnnounced(Visit("v2", SEAL, story.now_ms, end_ms, "Li")))
    assert story.after(40 * MINUTE).pages() == []
    story.heartbeat(Contact.SHUT)
    assert story.after(HOUR).pages() == []


def test_without_an_order_signs_wait_for_the_next_as_ever() -> None:
    story = at_work(Story(ordered=False))
    story.heartbeat(Contact.SHUT, cover=True)
    story.after(HOUR)
    assert story.pages() == []
    story.tell(OrderPlaced(Order("o2", story.now_ms, story.now_ms + DAY)))
    story.after(story.rules.grace_ms)
    assert [page.reason for page in story.pages()] == [Reason.COVER_TAMPER]


def test_a_door_has_room_for_so_many_and_no_more() -> None:
    story = Story()
    for number in range(VISITS_MAX + 1):
        begins_ms = story.now_ms + number * HOUR
        story.tell(VisitAnnounced(Visit(f"v{number}", SEAL, begins_ms, begins_ms + HOUR, "Li")))
    assert len(story.door.visits) == VISITS_MAX
    story.after(3 * HOUR)
    story.tell(VisitAnnounced(Visit("new", SEAL, story.now_ms, story.now_ms + HOUR, "Li")))
    assert "new" in {visit.visit_id for visit in story.door.visits}


@pytest.mark.parametrize("by_ms", [HOUR, -HOUR])
def test_a_clock_that_is_set_moves_no_time_that_people_said(by_ms: int) -> None:
    door = at_work(Story()).door
    moved = shifted(door, by_ms)
    assert (moved.visits, moved.visited_until_ms) == (door.visits, door.visited_until_ms)
