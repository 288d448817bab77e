"""Permits: which announced opening a real one spends.

An opening spends the permit that ends soonest among those that cover it, so that a narrow window
(the noon meal) is used before a wide one (any time today). Where only an interval is known, a
permit that touches it is enough: doubt speaks for the resident.
"""

from msgspec.structs import replace

from gateway.core.case import Outcome, end_by_rule
from gateway.core.effects import Effect, OpeningAnnounced, PermitSpent
from gateway.core.model import Door, Permit, Rules
from gateway.core.reason import Reason

PERMITS_MAX = 32  # per door; the one that ends first goes first


def announced(door: Door, permit: Permit, now_ms: int, rules: Rules) -> Outcome:
    """Take a permit. If it explains the opening that the open case is about, and comes within the
    grace time, the case ends by itself and says so."""
    door = announce(door, permit)
    case = door.case
    if case is None or case.reason is not Reason.NO_PERMIT or case.openings != 1:
        return door, ()
    late_ms = now_ms - case.since_ms
    covers = permit.from_ms - rules.grace_ms <= case.since_ms < permit.to_ms
    if late_ms > rules.grace_ms or not covers or permit.openings < 1:
        return door, ()
    door, spent = spend(door, permit)
    if door.opening is not None and door.opening.opening_id == case.case_id:
        excused = replace(
            door.opening,
            reason=Reason.PERMIT,
            permit_id=permit.permit_id,
            overstay_ms=max(now_ms, door.opening.opened_ms + permit.longest_ms),
        )
        door = replace(door, opening=excused)
    effects: list[Effect] = [
        OpeningAnnounced(case.case_id, permit.permit_id),
        PermitSpent(permit.permit_id, spent.openings, case.case_id),
    ]
    door, ended = end_by_rule(door, Reason.ANNOUNCED_LATE, now_ms)
    return door, (*effects, *ended)


def announce(door: Door, permit: Permit) -> Door:
    """The door with this permit; one of the same id is replaced."""
    others = [kept for kept in door.permits if kept.permit_id != permit.permit_id]
    latest = sorted([*others, permit], key=lambda kept: (kept.to_ms, kept.permit_id))
    return replace(door, permits=tuple(latest[-PERMITS_MAX:]))


def covering(door: Door, earliest_ms: int, latest_ms: int) -> Permit | None:
    """The permit that an opening between the two times spends, or None."""
    fitting = [
        permit
        for permit in door.permits
        if permit.openings > 0 and permit.from_ms <= latest_ms and earliest_ms < permit.to_ms
    ]
    return min(fitting, key=lambda permit: (permit.to_ms, permit.permit_id), default=None)


def spend(door: Door, permit: Permit) -> tuple[Door, Permit]:
    """The door with one opening taken off the permit, and the permit as it is then."""
    spent = replace(permit, openings=permit.openings - 1)
    kept = tuple(spent if p.permit_id == permit.permit_id else p for p in door.permits)
    return replace(door, permits=kept), spent
