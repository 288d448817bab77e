"""A door that another maker's contact watches: what its walk test tries, what its cases keep."""

from msgspec.structs import replace

from gateway.core.commissioning import CheckName
from gateway.core.doors.walk_test import HOLD_MS
from gateway.core.events import SealBound
from gateway.core.heartbeat_spans import allowed_heartbeats
from gateway.core.makes import Make
from gateway.core.model import Contact
from tests.core.doors.test_walk_test import certified, cover, marks, under_test, walk
from tests.core.story import SEAL, SECOND, Story

FOREIGN = SealBound(SEAL, 3_600_000, make=Make.ZIGBEE2MQTT)
TOLD = [CheckName.OPENINGS, CheckName.MAGNET, CheckName.CLOCK]


def foreign() -> Story:
    """A door with such a contact, heard shut."""
    story = Story()
    story.tell(FOREIGN)
    story.after(SECOND).heartbeat(Contact.SHUT)
    return story


def test_its_walk_test_certifies_what_it_tells_and_nothing_else() -> None:
    story = walk(under_test(foreign()))
    assert list(marks(story)) == TOLD
    story.after(HOLD_MS)
    (said,) = certified(story)
    assert [check.name for check in said.checks] == TOLD


def test_a_cover_that_it_told_of_is_tried_too() -> None:
    story = walk(cover(under_test(foreign())))
    assert CheckName.COVER in marks(story)


def test_its_case_remembers_whose_word_it_was_whatever_hangs_there_later() -> None:
    story = foreign()
    story.after(SECOND).opens()
    assert story.door.case is not None
    assert story.door.case.make == Make.ZIGBEE2MQTT
    story.after(SECOND).tell(SealBound("ab" * 8, 100_000))
    assert story.door.make == ""
    cases = [case for case in (story.door.case, *story.door.in_review) if case is not None]
    assert [case.make for case in cases] == [Make.ZIGBEE2MQTT]


def test_a_seal_of_ours_leaves_no_such_word() -> None:
    story = Story()
    story.after(SECOND).heartbeat(Contact.SHUT)
    story.after(SECOND).opens()
    assert story.door.case is not None
    assert story.door.case == replace(story.door.case, make="")


def test_one_heartbeat_of_silence_is_allowed_it_and_two_a_seal() -> None:
    assert allowed_heartbeats(Make.BTHOME) == 1
    assert allowed_heartbeats("") == 2
