"""A burst of refused messages under one seal's name: somebody plays with the wire."""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.events import MessageRefused
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

OVER_AT_ONCE = frozenset({Reason.REFUSALS})


def refused(door: Door, event: MessageRefused, now_ms: int, rules: Rules) -> DoorChange:
    """Remember it; the last of a burst raises a case, unless one was told of a moment ago."""
    several = (now_ms,) * min(event.count, rules.burst_count)
    latest = (*door.refused_ms, *several)[-rules.burst_count :]
    door = replace(door, refused_ms=latest)
    if len(latest) < rules.burst_count or now_ms - latest[0] > rules.burst_window_ms:
        return door, ()
    door = replace(door, refused_ms=())
    told_ms = door.burst_ms
    is_known = door.case is not None and door.case.reason is Reason.REFUSALS
    if is_known or (told_ms is not None and now_ms - told_ms <= rules.burst_window_ms):
        return door, ()
    door = replace(door, burst_ms=now_ms)
    page_id = f"{event.seal_id}-refusals-{now_ms}"
    door, raised = raise_case(door, Reason.REFUSALS, page_id, now_ms, latest[0], rules)
    door, over = case.cleared(door, OVER_AT_ONCE, now_ms)  # a burst does not go on
    return door, raised + over
