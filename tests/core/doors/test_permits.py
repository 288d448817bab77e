"""Which permit an opening spends, and what is left of it: at the edges of every window."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import permits
from gateway.core.events import PermitAnnounced
from gateway.core.model import Door, Permit
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON, SECOND, Story

UTC = Rules(zone=((0, 0),))
MIDNIGHT = NOON - NOON % DAY  # of a Thursday, at a site whose clocks show UTC
LUNCH = ((720, 780),)  # 12:00 to 13:00


def permit(name: str = "p", **changed: object) -> Permit:
    made = Permit(name, MIDNIGHT, MIDNIGHT + 3 * DAY, 1, 10 * MINUTE, "Li", "meal")
    return replace(made, **changed)


def covers(
    earliest_ms: int, latest_ms: int | None = None, rules: Rules = UTC, **changed: object
) -> int | None:
    """The beginning of the window that an opening then spends."""
    door = Door("d", permits=(permit(**changed),))
    latest_ms = earliest_ms if latest_ms is None else latest_ms
    found = permits.covering(door, earliest_ms, latest_ms, rules)
    return None if found is None else found[1]


def test_k2_a_recurring_permit_of_two_openings_covers_two_in_each_window() -> None:
    door = Door("d", permits=(permit(daily=LUNCH, openings=2),))
    for day in range(3):
        at_ms = MIDNIGHT + day * DAY + 12 * HOUR
        for left in (1, 0):
            found = permits.covering(door, at_ms, at_ms, UTC)
            assert found is not None, (day, left)
            door, remaining = permits.spend(door, *found)
            assert remaining == left
        assert permits.covering(door, at_ms, at_ms, UTC) is None
    assert door.permits[0].openings == 2


def test_k2_two_meals_and_a_third_opening_in_one_window_is_told() -> None:
    story = Story(UTC)
    story.permit(openings=2)
    for _ in range(3):
        story.opens()
        story.after(20 * SECOND).shuts()
        story.after(2 * MINUTE)
    assert [began.reason for began in story.began()] == [
        Reason.PERMIT,
        Reason.PERMIT,
        Reason.NO_PERMIT,
    ]


@pytest.mark.parametrize(
    ("minute", "is_covered"), [(719, False), (720, True), (779, True), (780, False)]
)
def test_k2_a_window_holds_from_its_first_minute_until_before_its_last(
    minute: int, is_covered: bool
) -> None:
    at_ms = MIDNIGHT + minute * MINUTE
    wanted = MIDNIGHT + 12 * HOUR if is_covered else None
    assert covers(at_ms, daily=LUNCH) == wanted
    assert covers(at_ms + MINUTE - 1, daily=LUNCH) == wanted


@pytest.mark.parametrize("permit_days", [(0, DAY), (DAY, 2 * DAY)])
def test_k2_a_permit_of_once_holds_from_its_beginning_until_before_its_end(
    permit_days: tuple[int, int],
) -> None:
    from_ms, to_ms = (MIDNIGHT + day for day in permit_days)
    span = {"from_ms": from_ms, "to_ms": to_ms}
    found = [covers(at_ms, **span) for at_ms in (from_ms - 1, from_ms, to_ms - 1, to_ms)]
    assert found == [None, from_ms, from_ms, None]


def test_k2_an_interval_needs_to_touch_a_window_only() -> None:
    from_ms, to_ms = MIDNIGHT + 12 * HOUR, MIDNIGHT + 13 * HOUR
    assert covers(from_ms - HOUR, from_ms - 1, daily=LUNCH) is None
    assert covers(from_ms - HOUR, from_ms, daily=LUNCH) == from_ms
    assert covers(to_ms - 1, to_ms + HOUR, daily=LUNCH) == from_ms
    assert covers(to_ms, to_ms + HOUR, daily=LUNCH) is None


def test_k2_a_window_over_midnight_belongs_to_the_day_on_which_it_began() -> None:
    night, friday = ((1_380, 60),), 1 << 4  # 23:00 to 01:00
    begins_ms = MIDNIGHT + DAY + 23 * HOUR  # on Friday
    assert covers(begins_ms + 90 * MINUTE, daily=night, days=friday) == begins_ms
    assert covers(begins_ms - 23 * HOUR + 30 * MINUTE, daily=night, days=friday) is None
    assert covers(begins_ms + DAY, daily=night, days=friday) is None


def test_k2_a_window_ends_with_its_permit() -> None:
    to_ms = MIDNIGHT + 12 * HOUR + 10 * MINUTE
    assert covers(to_ms - 1, daily=LUNCH, to_ms=to_ms) == MIDNIGHT + 12 * HOUR
    assert covers(to_ms, daily=LUNCH, to_ms=to_ms) is None


def test_k2_the_window_that_ends_soonest_is_spent_and_of_two_alike_the_first_by_name() -> None:
    at_ms = MIDNIGHT + 12 * HOUR
    wide, lunch = permit("a-wide"), permit("z-lunch", daily=LUNCH)
    soon = permit("b", to_ms=MIDNIGHT + 13 * HOUR)

    def spent(*made: Permit) -> str:
        found = permits.covering(Door("d", permits=made), at_ms, at_ms, UTC)
        assert found is not None
        return found[0].permit_id

    assert spent(wide, lunch) == spent(lunch, wide) == "z-lunch"
    assert spent(lunch, soon) == spent(soon, lunch) == "b"
    assert spent(replace(soon, openings=0), lunch, wide) == "z-lunch"


def test_k2_what_lives_is_what_may_still_explain_an_opening() -> None:
    assert permits.is_live(permit(), MIDNIGHT + 3 * DAY - 1)
    assert not permits.is_live(permit(), MIDNIGHT + 3 * DAY)
    assert not permits.is_live(permit(openings=0), MIDNIGHT)
    assert permits.is_live(permit(daily=LUNCH, openings=0), MIDNIGHT)


@pytest.mark.parametrize("late_ms", [0, 10 * MINUTE])
def test_k2_announced_within_the_grace_time_ends_the_case(late_ms: int) -> None:
    story = Story(UTC)
    story.opens()
    story.after(late_ms)
    story.permit(openings=2, longest_ms=20 * MINUTE)
    assert story.door.case is None
    assert story.door.permits[0].openings == 1
    opening = story.door.opening
    assert opening is not None
    assert (opening.reason, opening.permit_id) == (Reason.PERMIT, "p1")
    assert opening.overstay_ms == max(story.now_ms, opening.opened_ms + 20 * MINUTE)


def test_k2_announced_a_moment_after_the_grace_time_changes_no_case() -> None:
    story = Story(UTC)
    story.opens()
    story.after(10 * MINUTE + 1)
    story.permit(openings=2)
    assert story.door.case is not None
    assert story.door.permits[0].openings == 2


def test_k2_announced_with_nothing_left_or_for_another_hour_changes_no_case() -> None:
    for name, from_ms, openings in (("none", NOON - HOUR, 0), ("later", NOON + HOUR, 1)):
        story = Story(UTC)
        story.opens()
        case = story.door.case
        late = permit(name, from_ms=from_ms, to_ms=from_ms + 2 * HOUR, openings=openings)
        assert story.tell(PermitAnnounced(late)) == []
        assert story.door.case == case
