"""How a door looks, from its state and the time."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.model import Case, CaseState, Contact, Door, Opening, Order, Shelf, Silence
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.store.views import DoorRow
from gateway.web.door_words import WORDS, tile
from tests.web.web_site import seal_id

HEARTBEAT_MS = 100_000
NOW = 10_000_000
SEEN = Door(
    "d0",
    seal_id=seal_id(0),
    heartbeat_ms=HEARTBEAT_MS,
    contact=Contact.SHUT,
    heard_ms=NOW,
    orders=(Order("o", 0, 10**12),),
)
RAISED = Case("c", Reason.SILENT_OPEN, CaseState.PAGED, NOW)


@pytest.mark.parametrize(
    ("door", "later_ms", "tone", "word", "is_late"),
    [
        (SEEN, 0, "shut", "shut", False),
        (SEEN, 2 * HEARTBEAT_MS, "shut", "shut", True),
        (SEEN, 4 * HEARTBEAT_MS, "unheard", "lost", False),
        (replace(SEEN, heartbeat_ms=None), 9 * HEARTBEAT_MS, "shut", "shut", False),
        (replace(SEEN, heard_ms=None), 0, "unheard", "unheard", False),
        (
            replace(SEEN, outage="x", silence=Silence(NOW)),
            4 * HEARTBEAT_MS,
            "unheard",
            "outage",
            False,
        ),
        (replace(SEEN, contact=Contact.OPEN, case=RAISED), 0, "breach", "breach", False),
        (
            replace(SEEN, contact=Contact.OPEN, case=RAISED),
            4 * HEARTBEAT_MS,
            "waiting",
            "lost_waiting",
            False,
        ),
        (
            replace(SEEN, case=replace(RAISED, reason=Reason.SILENT_AFTER_OPENING)),
            4 * HEARTBEAT_MS,
            "waiting",
            "to_ask",
            False,
        ),
        (
            replace(SEEN, case=replace(RAISED, shelf=Shelf(actor_of("w"), "y", 9))),
            0,
            "in_hand",
            "aside",
            False,
        ),
        (
            replace(
                SEEN,
                contact=Contact.OPEN,
                opening=Opening("o", NOW, Reason.ALLOWANCE),
            ),
            0,
            "announced",
            "allowed",
            False,
        ),
    ],
)
def test_how_alive_a_door_looks(
    door: Door, later_ms: int, tone: str, word: str, is_late: bool
) -> None:
    shown = tile(DoorRow("d0", "3-101", "g1", "Grid", door), NOW + later_ms, Rulebook())
    assert (shown.tone, shown.word, shown.is_late) == (tone, word, is_late)
    assert shown.word in WORDS
    if word in ("lost", "outage"):
        assert (shown.symbol, shown.since_ms) == ("unknown", NOW)
