"""Tampering: a cover or a magnet that was in order when last heard, and is not any more.

It pages at once and locks its case. A seal that was taken off its door says so by the same two
signs: its back is its cover, and its own magnet is out of reach.

A seal that is hung up has its cover open for a while, and before an order that is nobody's matter.
But an order begins for a sealed door: signs that are there still once the grace time of the order
has passed are told like new ones. So are those of a visit, when it is over.
"""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import orders, visits
from gateway.core.doors.observation import Observation
from gateway.core.doors.openings import GOES_ON_TAMPERED
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import Effect
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules


def check(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """Compare the two signs with those that were last heard."""
    before, now_ms = observation.before, observation.now_ms
    if not (door.cover or door.magnet):
        if not (before.cover or before.magnet):
            return door, ()
        door = replace(door, tampered_ms=None, signs_excused=False)
        if door.opening is not None:
            return door, ()  # it is over when the door is shut as well
        return case.cleared(door, GOES_ON_TAMPERED, now_ms)
    overrides, magnets = door.cover and not before.cover, door.magnet and not before.magnet
    if not (overrides or magnets):
        return door, ()
    if why_not_under_order(door, now_ms):
        return _waits(door, now_ms, rules, is_known=False), ()
    if visits.covers(door, now_ms, now_ms, rules):
        return replace(door, signs_excused=True), ()
    if door.tampered_ms is not None:  # the other sign is older than the order, and as true
        overrides, magnets = door.cover, door.magnet
    return _raise(door, overrides, magnets, observation.name(), now_ms, now_ms, rules)


def ordered(before: Door, door: Door, now_ms: int, rules: Rules) -> Door:
    """The door after another order was placed on it, for signs that are there already."""
    if not (door.cover or door.magnet):
        return door
    waiting_ms = before.tampered_ms
    if waiting_ms is not None and waiting_ms - rules.grace_ms <= now_ms:
        return door  # its order has begun
    return _waits(door, now_ms, rules, is_known=orders.running(before, now_ms) is not None)


def told_ms(tampered_ms: int) -> int | None:
    """When signs that are older than their order are told."""
    return tampered_ms


def tell(door: Door, _: int, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """The order has begun, and its grace time has passed: the signs are there still."""
    if why_not_under_order(door, now_ms):
        return _waits(door, now_ms, rules, is_known=False), ()
    name = f"{door.seal_id}-ordered-{due_ms}"
    since_ms = due_ms - rules.grace_ms
    return _raise(door, door.cover, door.magnet, name, since_ms, now_ms, rules)


def visit_over(door: Door, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """Nobody works at the seal any more. Signs that came meanwhile, and are there still, are told;
    where no order runs they wait for one, as any do."""
    if not door.signs_excused:
        return door, ()
    door = replace(door, signs_excused=False)
    if why_not_under_order(door, now_ms):
        return _waits(door, now_ms, rules, is_known=False), ()
    name = f"{door.seal_id}-visited-{due_ms}"
    return _raise(door, door.cover, door.magnet, name, due_ms, now_ms, rules)


def _raise(
    door: Door, overrides: bool, magnets: bool, name: str, since_ms: int, now_ms: int, rules: Rules
) -> DoorChange:
    effects: tuple[Effect, ...] = ()
    for is_tampered, reason, sign in (
        (overrides, Reason.COVER_TAMPER, "-cover"),
        (magnets, Reason.MAGNET_TAMPER, "-magnet"),
    ):
        if is_tampered:
            door, raised = raise_case(door, reason, name + sign, now_ms, since_ms, rules)
            effects += raised
    return _waits(door, now_ms, rules, is_known=True), effects


def _waits(door: Door, now_ms: int, rules: Rules, is_known: bool) -> Door:
    """The door with the time at which its signs are told under the next order. Known under the one
    that runs, they are told again under one that begins after it with a gap between."""
    over_ms = (orders.ends_ms(door, now_ms) if is_known else None) or now_ms
    first = orders.next_ending_after(door, over_ms)
    if first is None:
        return replace(door, tampered_ms=None)
    return replace(door, tampered_ms=max(orders.begins_ms(door, first), now_ms) + rules.grace_ms)
