"""What a rule of its own contact says of an opening holds again once it is no part of another."""

from msgspec.structs import replace

from gateway.core.doors import household
from gateway.core.duration import HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.model import Cover, Door, HouseholdOpening
from gateway.core.reasons import Reason
from tests.core.story import NOON

A_DAY = Cover("", 0, 2, HOUR_MS)


def test_a_moment_after_a_restart_is_no_allowance_of_its_own_once_it_is_parted() -> None:
    """It lay within what the other contact opened, until that one's report told that it had shut
    long before: it used none of the two openings of the day, and is what it was."""
    other = HouseholdOpening("front", "front-1", NOON, NOON, covers=(A_DAY,), grace=MINUTE_MS)
    found = HouseholdOpening(
        "back",
        "back-found",
        NOON + MINUTE_MS,
        NOON + 30 * MINUTE_MS,
        grace=MINUTE_MS,
        is_settled=True,
        reason=Reason.OPEN_AFTER_RESTART,
        root="back-found",
    )
    door = Door("back", beside=("front",), openings_beside=(other, found))
    joined = household.settled(door, 2 * SECOND_MS)
    part = household.find(joined, "back-found")
    assert part is not None
    assert (part.reason, part.root) == (Reason.ALLOWANCE, "front-1")
    front = household.find(joined, "front-1")
    assert front is not None
    parted = household.settled(
        household.known(joined, replace(front, shut_ms=NOON + 2 * MINUTE_MS)), 2 * SECOND_MS
    )
    assert household.find(parted, "back-found") == found
    assert parted.allowed == joined.allowed == (0, 1)
