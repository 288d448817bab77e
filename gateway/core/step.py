"""The one door into the quiet room: `step(door, event, now_ms, rules) -> door, effects`.

1. What was due before the event happened first: deadlines are data, so it does not matter how late
   the loop gets to them. A report that travelled for a while happened at its edge.
2. Then the event.
3. Then what has come due since.

`next_deadline(door)` is when the loop must come back even if nobody speaks.
"""

from typing import assert_never

from gateway.core import case, openings, orders, permits, refusals, reports
from gateway.core.case import Outcome
from gateway.core.effects import Effect
from gateway.core.events import (
    CaseAcknowledged,
    CaseClosed,
    DeadlineCame,
    Event,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    ReportCame,
    SealBound,
)
from gateway.core.model import Door, Rules


def step(door: Door, event: Event, now_ms: int, rules: Rules) -> tuple[Door, tuple[Effect, ...]]:
    """What the door is after the event, and what follows from it."""
    edge_ms = reports.edge_ms(event, now_ms) if isinstance(event, ReportCame) else None
    door, due = _fire_deadlines(door, now_ms if edge_ms is None else edge_ms)
    door, effects = _apply(door, event, now_ms, rules)
    door, since = _fire_deadlines(door, now_ms)
    return door, due + effects + since


def next_deadline(door: Door) -> int | None:
    """The earliest time at which this door needs a step by itself, or None."""
    opening = door.opening
    if opening is None:
        return None
    return opening.overstay_ms if opening.shut_ms is None else opening.ends_ms


def _apply(door: Door, event: Event, now_ms: int, rules: Rules) -> Outcome:  # noqa: C901 - a table
    match event:
        case ReportCame():
            return reports.heard(door, event, now_ms, rules)
        case MessageRefused(seal_id=seal_id):
            return refusals.refused(door, seal_id, now_ms, rules)
        case DeadlineCame():
            return door, ()
        case SealBound(seal_id=seal_id):
            return reports.bind(door, seal_id), ()
        case OrderPlaced(order=order):
            return orders.place(door, order), ()
        case PermitAnnounced(permit=permit):
            return permits.announce(door, permit), ()
        case CaseAcknowledged(case_id=case_id, by=by):
            return case.acknowledge(door, case_id, by, now_ms)
        case CaseClosed(case_id=case_id, by=by, outcome=outcome):
            return case.close(door, case_id, by, outcome, now_ms)
        case _:
            assert_never(event)


def _fire_deadlines(door: Door, now_ms: int) -> Outcome:
    """End an opening whose off-delay has run out, or tell that it outlasted its permit."""
    due_ms, opening = next_deadline(door), door.opening
    if opening is None or due_ms is None or due_ms > now_ms:
        return door, ()
    if opening.shut_ms is not None:
        return openings.end(door, opening.shut_ms)
    return openings.overstay(door, now_ms)
