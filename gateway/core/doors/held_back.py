"""A report that was held back on its way: a later copy of it shows that its edge was earlier.

What the opening was is judged by its time, so a permit that began only afterwards does not cover it
any more: it is given back, and the opening is what it was, one that nobody had announced.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import orders, permits
from gateway.core.effects import Effect, OpeningRedated, PermitSpent
from gateway.core.events import ReportHeld
from gateway.core.model import Door, Opening
from gateway.core.reasons import Reason
from gateway.core.rules import Rules


def held(door: Door, event: ReportHeld, now_ms: int, rules: Rules) -> DoorChange:
    """The edge was no later than the event says: the opening that it began is dated anew."""
    opening = door.opening
    number = f"{event.seal_id}-{event.seq}"
    if door.seal_id != event.seal_id or opening is None or opening.opening_id != number:
        return door, ()
    opening = replace(opening, opened_ms=min(opening.opened_ms, event.edge_ms))
    uncovered = None
    if opening.beside is None:  # else it has used nothing
        uncovered = _uncovered(door, opening, event.edge_ms, rules)
    given_back: tuple[Effect, ...] = ()
    if uncovered is not None:
        door, given_back = uncovered
        opening = replace(opening, reason=Reason.NO_PERMIT, permit_id=None, overstay_ms=None)
    what = opening.reason, opening.permit_id
    redated = OpeningRedated(number, opening.opened_ms, event.edge_ms, *what)
    door = replace(door, opening=opening)
    if uncovered is None or orders.why_recorded_only(door, event.edge_ms, now_ms):
        return door, (redated, *given_back)
    since_ms = opening.opened_ms
    door, raised = raise_case(door, Reason.NO_PERMIT, number, now_ms, since_ms, rules)
    return door, (redated, *given_back, *raised)


def _uncovered(
    door: Door, opening: Opening, latest_ms: int, rules: Rules
) -> tuple[Door, tuple[Effect, ...]] | None:
    """The door with its opening's permit given back, if that began only after the opening."""
    permit = next((p for p in door.permits if p.permit_id == opening.permit_id), None)
    if permit is None or permits.window_of(permit, opening.opened_ms, latest_ms, rules) is not None:
        return None
    door, left = permits.give_back(door, permit)
    return door, (PermitSpent(permit.permit_id, left, ""),)
