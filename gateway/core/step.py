"""The one door into the quiet room: `step(door, event, now_ms, rules) -> door, effects`.

1. What was due before the event happened first: deadlines are data, so it does not matter how late
   the loop gets to them. A report that travelled for a while happened at its edge.
2. Then the event.
3. Then what has come due since.

`next_deadline(door)` is when the loop must come back even if nobody speaks.
"""

from collections.abc import Callable
from typing import assert_never

from gateway.core import case, chatter, openings, orders, permits, refusals, reports
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
    PersonOnSite,
    ReportCame,
    SealBound,
)
from gateway.core.model import CaseState, Door, Rules
from gateway.core.reason import Reason

RULES_DUE_MAX = 8  # in one step; more deadlines than a door can hold


def step(door: Door, event: Event, now_ms: int, rules: Rules) -> tuple[Door, tuple[Effect, ...]]:
    """What the door is after the event, and what follows from it."""
    edge_ms = reports.edge_ms(event, now_ms) if isinstance(event, ReportCame) else None
    door, due = _fire_deadlines(door, now_ms if edge_ms is None else edge_ms, rules)
    door, effects = _apply(door, event, now_ms, rules)
    door, since = _fire_deadlines(door, now_ms, rules)
    return door, due + effects + since


def next_deadline(door: Door) -> int | None:
    """The earliest time at which this door needs a step by itself, or None."""
    return min((due_ms for due_ms, _ in _deadlines(door)), default=None)


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
            return permits.announced(door, permit, now_ms, rules)
        case CaseAcknowledged(case_id=case_id, by=by):
            return case.move(door, case_id, CaseState.ACKNOWLEDGED, by, now_ms)
        case PersonOnSite(case_id=case_id, by=by):
            return case.move(door, case_id, CaseState.ON_SITE, by, now_ms)
        case CaseClosed(case_id=case_id, by=by, outcome=outcome):
            return case.close(door, case_id, by, outcome, now_ms)
        case _:
            assert_never(event)


Rule = Callable[[Door, int, Rules], Outcome]


def _deadlines(door: Door) -> list[tuple[int, Rule]]:
    """Every time in the door's state, with the rule that it is the time for."""
    found: list[tuple[int, Rule]] = []
    opening = door.opening
    if opening is not None:
        if opening.shut_ms is not None and opening.ends_ms is not None:
            found.append((opening.ends_ms, _end_opening))
        elif opening.overstay_ms is not None:
            found.append((opening.overstay_ms, openings.overstay))
    if door.unsettled is not None:
        found.append((door.unsettled.settles_ms, chatter.settle))
    if door.case is not None:
        over_ms = orders.ends_ms(door, door.case.raised_ms)
        if over_ms is not None:
            found.append((over_ms, _end_order))
    return found


def _end_opening(door: Door, _: int, __: Rules) -> Outcome:
    assert door.opening is not None and door.opening.shut_ms is not None  # noqa: PT018, S101
    return openings.end(door, door.opening.shut_ms)


def _end_order(door: Door, now_ms: int, _: Rules) -> Outcome:
    return case.end_by_rule(door, Reason.ORDER_OVER, now_ms)


def _fire_deadlines(door: Door, now_ms: int, rules: Rules) -> Outcome:
    """Do what was due by now, the earliest first. A rule may set a new time, so look again."""
    effects: tuple[Effect, ...] = ()
    for _ in range(RULES_DUE_MAX):
        due = [found for found in _deadlines(door) if found[0] <= now_ms]
        if not due:
            break
        _, rule = min(due, key=lambda found: found[0])
        door, more = rule(door, now_ms, rules)
        effects += more
    return door, effects
