"""Tampering: a cover or a magnet that was in order when last heard, and is not any more.

It pages at once and latches its case. A seal that was taken off its door says so by the same two
signs: its back is its cover, and its own magnet is out of reach.
"""

from gateway.core import case
from gateway.core.case import Outcome, raise_case
from gateway.core.effects import Effect
from gateway.core.heard import Heard
from gateway.core.model import Door
from gateway.core.openings import GOES_ON_TAMPERED
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason
from gateway.core.rules import Rules


def look(door: Door, heard: Heard, rules: Rules) -> Outcome:
    """Compare the two signs with those that were last heard."""
    before, now_ms = heard.before, heard.now_ms
    covers, magnets = door.cover and not before.cover, door.magnet and not before.magnet
    if (before.cover or before.magnet) and not (door.cover or door.magnet):
        if door.opening is not None:
            return door, ()  # it is over when the door is shut as well
        return case.returned(door, GOES_ON_TAMPERED, now_ms)
    if not (covers or magnets) or why_not_under_order(door, now_ms):
        return door, ()
    effects: tuple[Effect, ...] = ()
    for is_new, reason, sign in (
        (covers, Reason.COVER_TAMPER, "-cover"),
        (magnets, Reason.MAGNET_TAMPER, "-magnet"),
    ):
        if is_new:
            door, raised = raise_case(door, reason, heard.name() + sign, now_ms, now_ms, rules)
            effects += raised
    return door, effects
