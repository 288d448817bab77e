"""Found open: a door stands open, and nobody saw it open.

A seal that is hung up, or takes another's place, reads its door as open at once; a reading says so
without an edge; an order begins on a door that was never seen shut. No reading is an event, and who
opened the door when is not known. But an order is for a shut door: once it has stood open for as
long as an opening may last, or be announced late, that is an opening like any other, from when it
was first seen. A permit or an allowance that holds by then explains it.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import open_at_order, openings, orders, permits, visits
from gateway.core.doors.observation import Observation
from gateway.core.effects import OpeningBegan
from gateway.core.model import OPEN, Door, FoundOpen, Opening
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules


def check(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """It reads open, and nothing else knows of an opening; or that is over."""
    found = door.found_open
    if door.contact is not OPEN:
        return (door if found is None else replace(door, found_open=None)), ()
    known = door.opening or door.open_after_restart or door.chattering
    if known is not None or door.door_class == CANARY:
        return (door if found is None else replace(door, found_open=None)), ()
    if found is not None:
        return door, ()
    now_ms = observation.now_ms
    found = FoundOpen(now_ms, open_at_order.told_ms(door, now_ms, rules))
    return replace(door, found_open=found), ()


def ordered(door: Door, now_ms: int, rules: Rules) -> Door:
    """The door after an order was placed on it."""
    if door.found_open is None:
        return door
    told_ms = open_at_order.told_ms(door, now_ms, rules)
    return replace(door, found_open=replace(door.found_open, told_ms=told_ms))


def told_ms(found: FoundOpen) -> int | None:
    """When it has stood open for so long that it is told; None where no order is to come."""
    return found.told_ms


def tell(door: Door, found: FoundOpen, _due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """It stands open still. Where its seal has not been heard lately, nobody knows that; its
    silence becomes what a person is told of."""
    order = orders.running(door, now_ms)
    if order is None:
        return ordered(door, now_ms, rules), ()
    if visits.until_ms(door, now_ms) is not None:
        return replace(door, found_open=replace(found, told_ms=None)), ()  # until they have gone
    if openings.is_late(door, now_ms, rules):
        later = replace(found, told_ms=now_ms + rules.backlog_ms + 1)
        return replace(door, found_open=later), ()
    since_ms = max(found.since_ms, order.from_ms)
    opening_id = f"{door.seal_id}-standing-{found.since_ms}"
    door = replace(door, found_open=None)
    is_explained = permits.covering(door, since_ms, now_ms, rules) is not None
    if is_explained or orders.allow(door, now_ms, rules)[1] is not None:
        return openings.begin(door, opening_id, since_ms, now_ms, now_ms, rules)
    opening = Opening(opening_id, since_ms, Reason.FOUND_OPEN)
    door = replace(door, opening=opening, ended=None)
    began = OpeningBegan(opening_id, since_ms, since_ms, Reason.FOUND_OPEN, None)
    door, raised = raise_case(door, Reason.FOUND_OPEN, opening_id, now_ms, since_ms, rules)
    return door, (began, *raised)
