"""Permits: which announced opening a real one spends.

An opening spends the permit that ends soonest among those that cover it, so that a narrow window
(the noon meal) is used before a wide one (any time today). Where only an interval is known, a
permit that touches it is enough: doubt speaks for the resident.
"""

from msgspec.structs import replace

from gateway.core.model import Door, Permit

PERMITS_MAX = 32  # per door; the one that ends first goes first


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
