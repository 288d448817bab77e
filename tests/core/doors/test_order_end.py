"""The end of an order is told once, by day, as knowledge; and never where an order goes on."""

import pytest
from msgspec.structs import replace

from gateway.core.effects import OrderEnded, PermitEnded
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import DeadlineCame, DoorPlaced, OrderPlaced, PermitAnnounced
from gateway.core.households.events import QuietAsked
from gateway.core.model import Doubt, Order, Permit, Policy
from gateway.core.reasons import Reason
from tests.core.story import DAY, HOUR, MINUTE, NOON, SEAL, Story

ENDS = NOON + HOUR
MIDNIGHT = NOON + 12 * HOUR


def story_of(*orders: Order) -> Story:
    story = Story(ordered=False)
    for order in orders:
        story.tell(OrderPlaced(order))
    return story


def ends_told(story: Story) -> list[int]:
    """When each end was that the household is told of; its warden hears of the same."""
    told = [effect for effect in story.effects if isinstance(effect, OrderEnded)]
    pages = story.notices()
    assert [(p.page_id, p.since_ms, p.reason) for p in pages] == [
        (one.page_id, one.over_ms, Reason.ORDER_ENDED) for one in told
    ]
    assert not any(page.case_id for page in pages), "there is no case that climbs"
    return [one.over_ms for one in told]


def test_it_is_told_at_t_once_and_climbs_to_nobody() -> None:
    story = story_of(Order("o", NOON - DAY, ENDS))
    story.after(HOUR - 1)
    assert ends_told(story) == []
    story.after(1)
    assert ends_told(story) == [ENDS]
    story.after(3 * DAY)
    assert ends_told(story) == [ENDS]
    assert story.notices()[0].page_id.startswith(SEAL)


def test_who_ends_at_midnight_is_told_by_day_and_not_in_the_household_s_own_hours() -> None:
    story = story_of(Order("o", NOON - DAY, MIDNIGHT))
    story.tell(QuietAsked(((6 * 60, 9 * 60 + 30),)))
    story.after(21 * HOUR)
    assert ends_told(story) == []
    story.after(31 * MINUTE)
    assert ends_told(story) == [MIDNIGHT]


def test_one_that_is_given_longer_is_told_at_its_new_end() -> None:
    story = story_of(Order("o", NOON - DAY, MIDNIGHT))
    story.after(14 * HOUR)
    story.tell(OrderPlaced(Order("o", NOON - DAY, MIDNIGHT + 2 * DAY)))
    story.after(DAY)
    assert ends_told(story) == [], "it was over for a while, and is not"
    story.after(3 * DAY)
    assert ends_told(story) == [MIDNIGHT + 2 * DAY]


def test_one_that_a_person_ends_early_is_told_at_once_and_one_that_is_taken_back_never() -> None:
    story = story_of(Order("o", NOON - DAY, NOON + 5 * DAY), Order("p", NOON + DAY, NOON + 2 * DAY))
    story.tell(OrderPlaced(Order("p", NOON + DAY, NOON + DAY)))
    story.after(MINUTE).tell(OrderPlaced(Order("o", NOON - DAY, story.now_ms)))
    story.after(6 * DAY)
    assert ends_told(story) == [NOON + MINUTE]


def test_several_are_each_told_where_the_door_is_free_between_and_else_at_the_last() -> None:
    apart = story_of(Order("a", NOON - DAY, ENDS), Order("b", ENDS + DAY, ENDS + 2 * DAY))
    apart.after(5 * DAY)
    assert ends_told(apart) == [ENDS, ENDS + 2 * DAY]
    joined = story_of(Order("a", NOON - DAY, ENDS), Order("b", ENDS, ENDS + 2 * DAY))
    joined.after(5 * DAY)
    assert ends_told(joined) == [ENDS + 2 * DAY]
    by_morning = story_of(Order("a", NOON - DAY, MIDNIGHT), Order("b", MIDNIGHT + HOUR, NOON + DAY))
    by_morning.after(3 * DAY)
    assert ends_told(by_morning) == [NOON + DAY], "in the morning it was watched again"


def test_one_that_waits_for_the_household_s_hours_is_told_though_another_was_before() -> None:
    first = Order("a", NOON - DAY, MIDNIGHT)
    story = story_of(first, Order("b", MIDNIGHT + HOUR, MIDNIGHT + 7 * HOUR))
    story.after(18 * HOUR).tell(QuietAsked(((6 * 60, 9 * 60 + 30),)))
    story.after(DAY)
    assert ends_told(story) == [MIDNIGHT, MIDNIGHT + 7 * HOUR]


def test_of_a_household_s_doors_one_speaks() -> None:
    for others, count in ((("3-202",), 1), (("3-100", "3-300"), 0)):
        story = Story(ordered=False)
        story.tell(DoorPlaced("g", (), "home", others))
        story.tell(OrderPlaced(Order("o", NOON - DAY, ENDS)))
        story.after(2 * DAY)
        assert len(ends_told(story)) == count


def test_a_clock_in_doubt_ends_no_order_early() -> None:
    story = story_of(Order("o", NOON - DAY, ENDS))
    story.door = replace(story.door, doubt=Doubt(0, 2 * HOUR))
    story.after(2 * HOUR)
    assert ends_told(story) == []
    story.after(HOUR)
    assert ends_told(story) == [ENDS + 2 * HOUR]


def test_what_was_over_long_ago_is_no_news() -> None:
    story = story_of(Order("o", NOON - 10 * DAY, NOON - 2 * DAY))
    assert ends_told(story) == []
    assert [one.told_ms for one in story.door.orders_over] == [None]


@pytest.mark.parametrize(("late_ms", "is_told"), [(DAY, True), (DAY + 1, False)])
def test_a_gateway_that_stood_still_tells_it_within_a_day(late_ms: int, is_told: bool) -> None:
    story = story_of(Order("o", NOON - DAY, ENDS))
    story.now_ms = ENDS + late_ms
    story.tell(DeadlineCame())
    assert ends_told(story) == ([ENDS] if is_told else [])


def test_one_that_waits_for_the_household_for_more_than_a_day_is_no_news_either() -> None:
    """It ended as its hours began, and the gateway stood still when they were over."""
    for wait_ms, told in ((DAY, [NOON + 7 * HOUR]), (DAY + 1, [])):
        story = story_of(Order("o", NOON - DAY, NOON + 7 * HOUR))
        story.tell(QuietAsked(((19 * 60, 20 * 60),)))
        story.after(7 * HOUR)
        (over,) = story.door.orders_over
        assert over.told_ms == NOON + 20 * HOUR, "the evening is over too"
        story.now_ms = NOON + 7 * HOUR + wait_ms
        story.tell(DeadlineCame())
        assert ends_told(story) == told


def test_nothing_of_it_stays_with_an_order_that_is_destroyed() -> None:
    story = story_of(Order("o", NOON - DAY, ENDS, Policy(openings_a_day=2)))
    story.after(DAY)
    assert [one.order_id for one in story.door.orders_over] == ["o"]
    story.tell(OrderDestroyed("o"))
    assert story.door.orders_over == ()


def test_what_was_announced_under_it_ends_with_it_also_what_recurs() -> None:
    story = story_of(Order("a", NOON - DAY, ENDS), Order("b", ENDS + DAY, ENDS + 9 * DAY))
    rubbish = Permit("p", NOON, NOON + 9 * DAY, 2, 10 * MINUTE, "~", "~", daily=((0, 1439),))
    later = replace(rubbish, permit_id="q", from_ms=ENDS + DAY)
    for permit in (rubbish, later):
        story.tell(PermitAnnounced(permit))
    story.after(2 * HOUR)
    assert [(p.permit_id, p.to_ms) for p in story.door.permits] == [
        ("p", ENDS),
        ("q", NOON + 9 * DAY),
    ]
    assert [e for e in story.effects if isinstance(e, PermitEnded)] == [PermitEnded("p", ENDS)]
    joined = story_of(Order("a", NOON - DAY, ENDS), Order("b", ENDS, ENDS + 9 * DAY))
    joined.tell(PermitAnnounced(rubbish))
    joined.after(2 * HOUR)
    assert joined.door.permits == (rubbish,), "the household's order goes on"
