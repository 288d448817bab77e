"""What is left of a household's permits once its openings are judged anew, at one contact."""

from gateway.core.doors import household
from gateway.core.model import Cover, Door, HouseholdOpening, Permit
from gateway.core.reasons import Reason
from tests.core.story import HOUR, MINUTE, NOON


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
