"""What is left to a household once its openings are judged anew, at one contact."""

import pytest
from msgspec.structs import replace

from gateway.core.doors import household
from gateway.core.doors.household import COVERS_MAX, OPENINGS_MAX
from gateway.core.doors.step import step
from gateway.core.events import DoorPlaced
from gateway.core.model import Cover, Door, HouseholdOpening, Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON


def permit(name: str, openings: int = 1) -> Permit:
    return Permit(name, NOON - HOUR, NOON + HOUR, openings, 10 * MINUTE, "~", "~")


def opening(name: str, *permits: Permit, **more: object) -> HouseholdOpening:
    covers = tuple(Cover(p.permit_id, p.from_ms, p.to_ms, p.longest_ms) for p in permits)
    return HouseholdOpening("d", name, NOON, NOON, covers=covers, **more)  # type: ignore[arg-type]


def test_a_permit_that_is_used_leaves_the_others_as_they_are() -> None:
    meal, visit = permit("meal"), permit("visit", 3)
    door = Door("d", permits=(meal, visit), beside=("e",), openings_beside=(opening("o", meal),))
    left = household.settled(door, 2_000)
    assert [(p.permit_id, p.openings) for p in left.permits] == [("meal", 0), ("visit", 3)]
    assert left.openings_beside[0].reason is Reason.PERMIT


def test_what_a_permit_covered_stays_covered_once_the_permit_is_known_no_more() -> None:
    gone = permit("gone")
    covered = opening("o", gone).covers[0]
    door = Door("d", beside=("e",), openings_beside=(opening("o", gone, cover=covered, root="o"),))
    left = household.settled(door, 2_000)
    assert left.openings_beside[0].reason is Reason.PERMIT
    assert left.permits == ()
    never = Door("d", beside=("e",), openings_beside=(opening("o", gone),))
    assert household.settled(never, 2_000).openings_beside[0].reason is Reason.NO_PERMIT


# What the order allows in a day: by day, how many; and which openings used it.


def allowed_on(day: int, many: int = 3) -> Cover:
    return Cover("", day, many, 5 * MINUTE)


def used(name: str, cover: Cover) -> HouseholdOpening:
    """One that was judged: it used this."""
    its = HouseholdOpening("d", name, NOON, NOON, covers=(cover,), cover=cover, root=name)
    return replace(its, reason=Reason.ALLOWANCE)


def news(name: str, *covers: Cover, **more: object) -> HouseholdOpening:
    """One that is heard of now, an hour after those that were judged."""
    times = NOON + HOUR, NOON + HOUR
    return HouseholdOpening("d", name, *times, covers=covers, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "known", "day", "reason", "after"),
    [
        (2, 2, 7, Reason.ALLOWANCE, (7, 3)),  # the third of three
        (2, 1, 7, Reason.ALLOWANCE, (7, 3)),  # of one that used it nothing else is known
        (3, 3, 7, Reason.NO_PERMIT, (7, 3)),
        (3, 1, 7, Reason.NO_PERMIT, (7, 3)),
        (3, 3, 8, Reason.ALLOWANCE, (8, 1)),  # the next day
        (1, 1, 6, Reason.ALLOWANCE, (7, 1)),  # heard of late: the day before stays uncounted
    ],
)
def test_how_much_of_a_day_is_left_to_a_household(
    count: int, known: int, day: int, reason: Reason, after: tuple[int, int]
) -> None:
    before = tuple(used(f"o{number}", allowed_on(7)) for number in range(known))
    opening = news("p", allowed_on(day))
    door = Door("d", allowed=(7, count), beside=("e",), openings_beside=(*before, opening))
    left = household.settled(door, 2_000)
    assert left.openings_beside[-1].reason is reason
    assert left.allowed == after


def test_what_proves_part_of_another_gives_its_opening_of_the_day_back() -> None:
    earlier = replace(used("first", allowed_on(7)), shut_ms=NOON + HOUR)
    mine = replace(used("mine", allowed_on(7)), door_id="e", opened_ms=NOON + 1, latest_ms=NOON + 1)
    door = Door("d", allowed=(7, 2), beside=("e",), openings_beside=(earlier, mine))
    left = household.settled(door, 2_000)
    assert left.openings_beside[1].root == "first"
    assert left.allowed == (7, 1)


# Which openings are one.


@pytest.mark.parametrize(
    ("shut_ms", "lasts_ms", "other_ms", "is_part"),
    [
        (None, 10 * MINUTE, 10 * MINUTE + 1_999, True),  # it may stand open for so long
        (None, 10 * MINUTE, 10 * MINUTE + 2_000, False),
        (20_000, 10 * MINUTE, 21_999, True),  # less than the off-delay after it shut
        (20_000, 10 * MINUTE, 22_000, False),
        (None, None, 5 * MINUTE + 1_999, True),  # nothing covers it: for the grace time
        (None, None, 5 * MINUTE + 2_000, False),
        (20 * MINUTE, 10 * MINUTE, 10 * MINUTE + 2_000, False),  # left open is no excuse
    ],
)
def test_how_long_what_opens_elsewhere_is_part_of_an_opening(
    shut_ms: int | None, lasts_ms: int | None, other_ms: int, is_part: bool
) -> None:
    cover = None if lasts_ms is None else Cover("p", NOON - HOUR, NOON + HOUR, lasts_ms)
    shut_ms = None if shut_ms is None else NOON + shut_ms
    first = HouseholdOpening("d", "first", NOON, NOON, shut_ms, grace=5 * MINUTE, root="first")
    reason = Reason.PERMIT if cover else Reason.NO_PERMIT
    first = replace(first, cover=cover, reason=reason, is_settled=True)
    at_ms = NOON + other_ms
    other = HouseholdOpening("e", "other", at_ms - 1, at_ms)
    door = Door("d", beside=("e",), openings_beside=(first, other))
    judged = household.settled(door, 2_000).openings_beside[1]
    assert judged.root == ("first" if is_part else "other")
    assert judged.reason is (reason if is_part else Reason.NO_PERMIT)
    assert judged.cover == (cover if is_part else None)


def test_what_opens_twice_at_one_contact_is_two_and_what_nobody_watched_excuses_nothing() -> None:
    first = HouseholdOpening("d", "first", NOON, NOON, root="first", grace=MINUTE)
    again = HouseholdOpening("d", "again", NOON + 1, NOON + 1)
    door = Door("d", beside=("e",), openings_beside=(first, again))
    assert household.settled(door, 2_000).openings_beside[1].root == "again"
    for reason in (Reason.NO_ORDER, Reason.VISIT, Reason.CANARY):
        apart = replace(first, door_id="e", reason=reason, is_settled=True)
        door = Door("d", beside=("e",), openings_beside=(apart, again))
        assert household.settled(door, 2_000).openings_beside == (
            apart,
            replace(again, root="again"),
        )


def test_of_many_that_may_cover_it_the_soonest_over_are_kept_and_what_the_order_allows() -> None:
    permits = tuple(
        Permit(f"p{number}", NOON - HOUR, NOON + (9 - number) * MINUTE, 1, MINUTE, "~", "~")
        for number in range(COVERS_MAX + 2)
    )
    order = Order("o", NOON - HOUR, NOON + HOUR, Policy(2, 7 * MINUTE))
    door = Door("d", permits=permits, orders=(order,))
    opening = household.heard(door, "o1", NOON, NOON, Rules())
    names = [cover.permit_id for cover in opening.covers]
    assert names == ["p5", "p4", "p3", "p2", ""]
    assert opening.covers[0] == Cover("p5", NOON - HOUR, NOON + 4 * MINUTE, MINUTE)
    since_min = (NOON + 7 * HOUR) // MINUTE  # it began at eleven; the wall is eight hours ahead
    assert opening.covers[-1] == Cover("", since_min, 2, 7 * MINUTE)
    assert (opening.grace, opening.shut_ms) == (Rules().grace_ms, None)


def test_what_shared_a_cover_with_one_that_is_forgotten_stays_as_it_was_judged() -> None:
    day, meal = allowed_on(7), Cover("meal", NOON, NOON + HOUR, MINUTE)
    first = replace(used("first", day), opened_ms=NOON - HOUR)
    its = {"covers": (meal, day), "root": "breach"}
    breach = HouseholdOpening("d", "breach", NOON, NOON, **its)  # type: ignore[arg-type]
    lawful = replace(used("lawful", day), covers=(meal, day))
    part = replace(breach, opening_id="part", door_id="e", root="lawful")
    later = tuple(
        HouseholdOpening("d", f"later-{number}", NOON + number, NOON, covers=(meal,), root="x")
        for number in range(1, OPENINGS_MAX - 3)
    )
    known = tuple(sorted((first, breach, lawful, part, *later), key=household.by_time))
    door = Door("d", beside=("e",), openings_beside=known)
    assert household.known(door, later[-1]).openings_beside == known, "there is room for all"
    heard = replace(news("news", meal, day), opened_ms=NOON + HOUR)
    left = {one.opening_id: one for one in household.known(door, heard).openings_beside}
    assert "first" not in left
    assert left["breach"].covers == ()
    assert left["lawful"].covers == (day,)
    assert left["part"].covers == (meal, day), "it is judged by the time of another"
    assert left["news"].covers == (meal, day), "it is not judged yet"
    assert {left[one.opening_id] for one in later} == set(later)


@pytest.mark.parametrize(("household_id", "left"), [("h2", (0, 0)), ("h1", (7, 3))])
def test_a_contact_brings_nothing_of_its_day_to_another_household(
    household_id: str, left: tuple[int, int]
) -> None:
    """It could be moved at noon from one that was over, and the next opening of the others, which
    their order allows, was a breach."""
    shut = replace(used("before", allowed_on(7)), shut_ms=NOON + 1)
    door = Door("d", household="h1", beside=("e",), allowed=(7, 3), openings_beside=(shut,))
    assert step(  # of the same people, whose order runs: two doors become one household
        replace(door, orders=(Order("o", 0, NOON + DAY),)),
        DoorPlaced("g", (), household_id, ("f",)),
        NOON + HOUR,
        Rules(),
    )[0].allowed == (7, 3)
    moved, _ = step(door, DoorPlaced("g", (), household_id, ("f",)), NOON + HOUR, Rules())
    assert moved.allowed == left
    judged = household.settled(household.known(moved, news("p", allowed_on(7))), 2_000)
    wanted = Reason.ALLOWANCE if household_id == "h2" else Reason.NO_PERMIT
    assert judged.openings_beside[-1].reason is wanted
