"""A door has room for so many permits. A live one is never dropped: a further one is refused."""

from gateway.core.doors.permits import PERMITS_MAX
from gateway.core.effects import Effect, PermitRefused
from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.core.reasons import Reason
from tests.core.story import HOUR, MINUTE, NOON, SECOND, Story


def announce(
    story: Story, name: str, from_ms: int, to_ms: int, openings: int = 1, **more: object
) -> list[Effect]:
    permit = Permit(name, from_ms, to_ms, openings, 10 * MINUTE, "Li", "meal", **more)  # type: ignore[arg-type]
    return story.tell(PermitAnnounced(permit))


def names(story: Story) -> list[str]:
    return [permit.permit_id for permit in story.door.permits]


def full_of_live_ones() -> Story:
    """Today's meal ends first of as many as a door may have."""
    story = Story()
    announce(story, "meal", NOON, NOON + HOUR)
    for number in range(1, PERMITS_MAX):
        announce(story, f"p{number}", NOON, NOON + (10 + number) * HOUR)
    return story


def test_one_more_than_there_is_room_for_is_refused_and_todays_meal_stands() -> None:
    story = full_of_live_ones()
    before = story.door
    refused = announce(story, "one-more", NOON, NOON + 99 * HOUR)
    assert refused == [PermitRefused("one-more", Reason.PERMITS_FULL)]
    assert story.door == before
    story.after(30 * MINUTE)
    story.opens()
    assert [began.permit_id for began in story.began()] == ["meal"]
    assert story.pages() == []


def test_what_is_over_leaves_first_and_only_when_its_room_is_needed() -> None:
    story = full_of_live_ones().after(2 * HOUR)
    assert "meal" in names(story)  # a report of an opening in its time may be on its way
    assert announce(story, "new", NOON, NOON + 99 * HOUR) == []
    assert "meal" not in names(story)
    assert "new" in names(story)
    assert len(names(story)) == PERMITS_MAX


def test_what_is_used_up_leaves_before_what_lives() -> None:
    story = full_of_live_ones().after(10 * MINUTE)
    story.opens()
    story.after(20 * SECOND).shuts()
    story.after(10 * SECOND)
    assert announce(story, "new", NOON, NOON + HOUR // 2) == []  # ends before all others
    assert "meal" not in names(story)
    assert names(story)[0] == "new"


def test_the_same_permit_again_needs_no_room() -> None:
    story = full_of_live_ones()
    assert announce(story, "meal", NOON, NOON + 2 * HOUR) == []
    assert len(names(story)) == PERMITS_MAX


def test_what_recurs_lives_though_its_window_is_used_up() -> None:
    story = Story()
    announce(story, "daily", NOON, NOON + 20 * HOUR, daily=((690, 780),))
    for number in range(1, PERMITS_MAX):
        announce(story, f"p{number}", NOON, NOON + 30 * HOUR + number)
    story.after(10 * MINUTE)
    story.opens()
    assert story.began()[-1].permit_id == "daily"
    (refused,) = announce(story, "one-more", NOON, NOON + 99 * HOUR)
    assert isinstance(refused, PermitRefused)
    assert "daily" in names(story)


def test_of_what_is_over_the_one_that_ended_first_leaves_first() -> None:
    story = Story()
    announce(story, "first", NOON, NOON + HOUR)
    announce(story, "second", NOON, NOON + 2 * HOUR)
    for number in range(2, PERMITS_MAX):
        announce(story, f"p{number}", NOON, NOON + (10 + number) * HOUR)
    story.after(3 * HOUR)
    announce(story, "new", NOON, NOON + 50 * HOUR)
    assert "first" not in names(story)
    assert names(story)[0] == "second"
    announce(story, "newer", NOON, NOON + 51 * HOUR)
    assert "second" not in names(story)
    assert len(names(story)) == PERMITS_MAX
    ends = [(permit.to_ms, permit.permit_id) for permit in story.door.permits]
    assert ends == sorted(ends)


def test_where_there_is_room_nothing_leaves() -> None:
    story = Story()
    announce(story, "meal", NOON, NOON + HOUR)
    announce(story.after(5 * HOUR), "next", NOON, NOON + 9 * HOUR)
    assert names(story) == ["meal", "next"]
    for number in range(PERMITS_MAX - 2):
        announce(story, f"p{number}", NOON, NOON + 10 * HOUR)
    assert names(story)[:2] == ["meal", "next"]
