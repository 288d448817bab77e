"""P12: nothing in the seal could hold a door shut, and an announced opening bothers nobody."""

import csv
import re
from pathlib import Path

from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.core.reasons import Reason
from tests.core.story import HOUR, Story

ROOT = Path(__file__).parents[2]
HOLDS = re.compile(
    r"\b(relay|lock|bolt|latch|solenoid|servo|motor|strike|electromagnet)\b", re.IGNORECASE
)


def test_p12_no_part_of_the_seal_can_move_or_hold_anything():
    with (ROOT / "hardware" / "bom.csv").open(encoding="utf-8") as file:
        parts = list(csv.DictReader(file))
    assert len(parts) > 20
    for part in parts:
        assert not HOLDS.search(part["part"]), part


def test_p12_no_command_of_the_wire_moves_anything():
    from sealwire import command

    words = {name for name in dir(command) if name.isupper()}
    assert words
    assert not any(HOLDS.search(word.replace("_", " ")) for word in words)


def test_p12_an_announced_opening_by_night_is_recorded_and_pages_nobody():
    story = Story()
    story.after(12 * HOUR)
    permit = Permit("p", story.now_ms, story.now_ms + HOUR, 1, HOUR, "", "ambulance")
    story.tell(PermitAnnounced(permit))
    story.opens()
    assert [began.reason for began in story.began()] == [Reason.PERMIT]
    assert story.pages() == []
