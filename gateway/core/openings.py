"""Openings: how they begin, what they were, how they end.

The first edge counts at once; there is no delay before an opening is told. The off-delay works at
the other end: a door that shuts and opens again within it (a slammed door, a draught) has not
closed, so one opening stays one opening.
"""

from msgspec.structs import replace

from gateway.core import permits
from gateway.core.case import Outcome, raise_case
from gateway.core.effects import Effect, OpeningBegan, OpeningEnded, OpeningResumed, PermitSpent
from gateway.core.model import Door, Opening, Permit, Rules
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason


def begin(
    door: Door, opening_id: str, opened_ms: int, latest_ms: int, now_ms: int, rules: Rules
) -> Outcome:
    """The door opened: spend a permit, only record it, or raise a case."""
    unwatched = why_not_under_order(door, latest_ms)
    permit = None if unwatched else permits.covering(door, opened_ms, latest_ms)
    reason = unwatched or (Reason.PERMIT if permit else Reason.NO_PERMIT)
    permit_id = permit.permit_id if permit else None
    overstay_ms = _overstay_ms(permit, latest_ms, now_ms, rules) if permit else None
    door = replace(
        door, opening=Opening(opening_id, opened_ms, reason, permit_id, overstay_ms), ended=None
    )
    effects: list[Effect] = [OpeningBegan(opening_id, opened_ms, latest_ms, reason, permit_id)]
    if permit:
        door, spent = permits.spend(door, permit)
        effects.append(PermitSpent(spent.permit_id, spent.openings, opening_id))
    if reason is Reason.NO_PERMIT:
        door, raised = raise_case(door, reason, opening_id, now_ms, opened_ms)
        effects.extend(raised)
    return door, tuple(effects)


def _overstay_ms(permit: Permit, opened_ms: int, now_ms: int, rules: Rules) -> int:
    """When the opening outlasts its permit. One that is heard of too late for that has perhaps shut
    in time: what waits behind it in the seal is heard first."""
    over_ms = opened_ms + permit.longest_ms
    return over_ms if over_ms > now_ms else now_ms + rules.backlog_ms


def blind(
    door: Door, opening_id: str, earliest_ms: int, latest_ms: int, edges: int, now_ms: int
) -> Outcome:
    """Openings that nobody saw begin, at an unknown time between two others: record, and page."""
    reason = why_not_under_order(door, latest_ms) or Reason.OPENED_BLIND
    began = OpeningBegan(opening_id, earliest_ms, latest_ms, reason, None, edges)
    effects: list[Effect] = [began, OpeningEnded(opening_id, latest_ms, 0)]
    if reason is Reason.OPENED_BLIND:
        door, raised = raise_case(door, reason, opening_id, now_ms, earliest_ms)
        effects.extend(raised)
    return door, tuple(effects)


def joins(door: Door, opened_ms: int, rules: Rules) -> bool:
    """Whether an opening at `opened_ms` surely goes on with the one that has just shut.

    Where a report waited in the broker, the gap may have been longer than it looks: then it is a
    new opening, for in doubt a person is told.
    """
    opening = door.opening or door.ended
    shut_ms = opening.shut_from_ms if opening else None
    return shut_ms is not None and opened_ms - shut_ms < rules.off_delay_ms


def join(door: Door) -> Outcome:
    """The opening goes on: it shut for less than the off-delay, even if that is heard of late."""
    opening = door.opening or door.ended
    assert opening is not None  # noqa: S101 - joins() said so
    going_on = replace(
        opening,
        shut_ms=None,
        shut_from_ms=None,
        ends_ms=None,
        joined=opening.joined + 1,
    )
    resumed = OpeningResumed(going_on.opening_id, going_on.joined)
    effects = (resumed,) if door.opening is None else ()
    return replace(door, opening=going_on, ended=None), effects


def shut(door: Door, shut_from_ms: int, shut_ms: int, now_ms: int, rules: Rules) -> Door:
    """The door shut, between the two times.

    The opening ends after the off-delay, unless the door opens before. The delay counts from
    hearing of it: reports that waited come one behind the other, and the next may tell that the
    door opened again at once.
    """
    if door.opening is None or door.opening.shut_ms is not None:
        return door
    shutting = replace(
        door.opening,
        shut_ms=shut_ms,
        shut_from_ms=shut_from_ms,
        ends_ms=now_ms + rules.off_delay_ms,
    )
    return replace(door, opening=shutting)


def end(door: Door, shut_ms: int) -> Outcome:
    """The opening is over. What its permit allowed, if anything, ended with it."""
    if door.opening is None:
        return door, ()
    ended = OpeningEnded(door.opening.opening_id, shut_ms, door.opening.joined)
    return replace(door, opening=None, ended=door.opening), (ended,)


def overstay(door: Door, now_ms: int, _: Rules) -> Outcome:
    """The opening has outlasted its permit: that needs a person now."""
    opening = door.opening
    assert opening is not None and opening.overstay_ms is not None  # noqa: PT018, S101
    door = replace(door, opening=replace(opening, overstay_ms=None))
    page_id = opening.opening_id + "-overstay"
    since_ms = opening.overstay_ms
    return raise_case(door, Reason.PERMIT_OVERSTAYED, page_id, now_ms, since_ms)
