"""What a report leaves of what is known of a door's seal."""

from gateway.core.doors.step import step
from gateway.core.events import ReportCame, SealBound
from gateway.core.model import Contact, Door
from gateway.core.rules import Rules
from tests.core.story import NOON, SECOND, Story

SEAL = "00" * 8


def told(door: Door, number: int, battery_mv: int | None) -> Door:
    beat = ReportCame(SEAL, 0, Contact.SHUT, 0, False, battery_mv=battery_mv)
    return step(door, beat, NOON + number * SECOND, Rules())[0]


def test_a_report_that_says_nothing_of_the_battery_leaves_what_was_said_of_it() -> None:
    door, _ = step(Door("d"), SealBound(SEAL, 100 * SECOND), NOON, Rules())
    door = told(door, 1, None)
    assert door.battery_mv is None
    door = told(told(door, 2, 2_950), 3, None)
    assert door.battery_mv == 2_950
    assert told(door, 4, 2_700).battery_mv == 2_700


def test_what_may_have_waited_for_a_moment_takes_nothing_back_that_is_newer() -> None:
    story = Story()
    story.heartbeat(Contact.SHUT, cover=True, magnet=True)
    story.heartbeat(Contact.SHUT, waited_ms=1)
    assert (story.door.cover, story.door.magnet) == (True, True)
    story.after(1).heartbeat(Contact.SHUT, waited_ms=1)
    assert (story.door.cover, story.door.magnet) == (False, False), "it is as new"
