"""A visit is announced, and a visit is over: what it leaves behind is told like anything new.

A cover that is still off, a foreign magnet, a door that still stands open, a contact that still
flutters, a seal that does not come back: nobody was told of them, for somebody worked there. Now
nobody does.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.commissioning import Purpose
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.doors import chatter, found_open, silence, tamper, visits
from gateway.core.effects import Effect
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules


def announced(door: Door, event: VisitAnnounced, now_ms: int, _: Rules) -> DoorChange:
    """Take a visit. Where no room is, nothing changes; where one ends earlier now, what it covered
    is looked at once."""
    with_visit = visits.add(door, event.visit, now_ms)
    if with_visit is None or with_visit == door.visits:
        return door, ()
    return look_again(door, replace(door, visits=with_visit), now_ms), ()


def look_again(before: Door, door: Door, now_ms: int) -> Door:
    """The door, with the time at which it is looked what its visits leave behind: now, if one that
    ran does not any more."""
    was_running = visits.until_ms(before, now_ms) is not None
    is_over = was_running and visits.until_ms(door, now_ms) is None
    due_ms = now_ms if is_over else visits.next_end_ms(door, now_ms)
    return replace(door, visited_until_ms=due_ms)


def due_ms(visited_until_ms: int) -> int | None:
    """When it is looked."""
    return visited_until_ms


def over(door: Door, _: int, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """Nobody works at the seal any more, unless another visit follows."""
    door = replace(door, visited_until_ms=visits.next_end_ms(door, now_ms))
    if visits.until_ms(door, now_ms) is not None:
        return door, ()
    effects: tuple[Effect, ...] = ()
    for look in (tamper.visit_over, chatter.visit_over):
        door, more = look(door, due_ms, now_ms, rules)
        effects += more
    if door.found_open is not None and door.found_open.told_ms is None:
        door = found_open.ordered(door, now_ms, rules)
    door = silence.visit_over(door, now_ms, rules)
    opening = door.opening
    if opening is not None and opening.reason is Reason.VISIT and opening.shut_ms is None:
        door = replace(door, opening=replace(opening, overstay_ms=due_ms))
    return door, effects


def is_battery_visit(door: Door, at_ms: int, rules: Rules) -> bool:
    """Whether somebody is there then for the battery, as was announced."""
    for_battery = tuple(v for v in door.visits if v.purpose is Purpose.BATTERY)
    only = replace(door, visits=for_battery, walk_test=None)
    return visits.covers(only, at_ms, at_ms, rules)
