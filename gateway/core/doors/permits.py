"""Permits: which announced opening a real one spends.

An opening spends the permit that ends soonest among those that cover it, so that a narrow window
(the noon meal) is used before a wide one (any time today). Where only an interval is known, a
permit that touches it is enough: doubt speaks for the resident. A recurring permit (three meals a
day) is as good as new in each of its windows.
"""

from msgspec.structs import replace

from gateway.core import local_time
from gateway.core.cases.case import DoorChange, end_by_rule
from gateway.core.duration import DAY_MS
from gateway.core.effects import Effect, OpeningAnnounced, PermitRefused, PermitSpent
from gateway.core.events import PermitAnnounced
from gateway.core.model import Case, Door, Permit
from gateway.core.reasons import UNANNOUNCED, Reason
from gateway.core.rules import Rules

PERMITS_MAX = 32  # per door; what is over or used up goes first, and what lives never
WINDOWS_MAX = 8  # a day, of a recurring one


def announced(door: Door, event: PermitAnnounced, now_ms: int, rules: Rules) -> DoorChange:
    """Take a permit. If it explains the opening that the open case is about, and comes within the
    grace time, the case ends by itself and says so.

    Where PERMITS_MAX live ones stand, nothing changes but for the effect that says so.
    """
    permit = event.permit
    with_permit = add(door, permit, now_ms)
    if with_permit is None:
        return door, (PermitRefused(permit.permit_id, Reason.PERMITS_FULL),)
    door = with_permit
    case = explains(door, permit, now_ms, rules) if event.explains else None
    window = None if case is None else _window_of_case(permit, case, rules)
    if case is None or window is None:
        return door, ()
    door, still = spend(door, permit, window[0])
    if door.opening is not None and door.opening.opening_id == case.case_id:
        excused = replace(
            door.opening,
            reason=Reason.PERMIT,
            permit_id=permit.permit_id,
            overstay_ms=max(now_ms, door.opening.opened_ms + permit.longest_ms),
        )
        door = replace(door, opening=excused)
    effects: list[Effect] = [
        OpeningAnnounced(case.case_id, permit.permit_id, told=True),
        PermitSpent(permit.permit_id, still, case.case_id),
    ]
    door, ended = end_by_rule(door, case, Reason.ANNOUNCED_LATE, now_ms)
    return door, (*effects, *ended)


def explains(door: Door, permit: Permit, now_ms: int, rules: Rules) -> Case | None:
    """The open case that a permit ends, because it explains the opening which raised it and comes
    within the grace time; None if there is none."""
    case = door.case
    if case is None or case.reason not in UNANNOUNCED or case.openings != 1:
        return None
    window = _window_of_case(permit, case, rules)
    if now_ms - case.since_ms > rules.grace_ms or window is None:
        return None
    return case if left(permit, window[0]) >= 1 else None


def _window_of_case(permit: Permit, case: Case, rules: Rules) -> tuple[int, int] | None:
    return window_of(permit, case.since_ms, case.since_ms + rules.grace_ms, rules)


def add(door: Door, permit: Permit, now_ms: int) -> Door | None:
    """The door with this permit; one of the same id is replaced. None if there is no room.

    What is over or used up makes room, the one that ends first before the others; until then it
    stays, for a report of an opening that it covered may still be on its way.
    """
    others = [other for other in door.permits if other.permit_id != permit.permit_id]
    finished = sorted((other for other in others if not is_live(other, now_ms)), key=_by_end)
    surplus = len(others) + 1 - PERMITS_MAX
    if surplus > len(finished):
        return None
    gone = {other.permit_id for other in finished[: max(0, surplus)]}
    kept = [other for other in others if other.permit_id not in gone]
    return replace(door, permits=tuple(sorted([*kept, permit], key=_by_end)))


def is_live(permit: Permit, now_ms: int) -> bool:
    """Whether it may still explain an opening from now on."""
    return permit.to_ms > now_ms and (bool(permit.daily) or permit.openings > 0)


def _by_end(permit: Permit) -> tuple[int, str]:
    return permit.to_ms, permit.permit_id


def covering(
    door: Door, earliest_ms: int, latest_ms: int, rules: Rules
) -> tuple[Permit, int] | None:
    """The permit that an opening between the two times spends, with the beginning of the window
    that it spends of it; None if there is none."""
    soonest: tuple[int, str, Permit, int] | None = None  # by the end of its window
    for permit in door.permits:
        if permit.from_ms > latest_ms or earliest_ms >= permit.to_ms or permit.openings < 1:
            continue
        window = window_of(permit, earliest_ms, latest_ms, rules)
        if window is None or left(permit, window[0]) < 1:
            continue
        if soonest is None or (window[1], permit.permit_id) < soonest[:2]:
            soonest = window[1], permit.permit_id, permit, window[0]
    return None if soonest is None else soonest[2:]


def spend(door: Door, permit: Permit, window_ms: int) -> tuple[Door, int]:
    """The door with one opening taken off the permit, and how many that leaves."""
    still = left(permit, window_ms) - 1
    if permit.daily:
        spent = replace(permit, spent=(window_ms, permit.openings - still))
    else:
        spent = replace(permit, openings=still)
    permits = tuple(
        spent if other.permit_id == permit.permit_id else other for other in door.permits
    )
    return replace(door, permits=permits), still


def give_back(door: Door, permit: Permit) -> tuple[Door, int]:
    """The door with one opening put back on the permit, which spent none after all, and how many it
    then allows."""
    if permit.daily:
        back = replace(permit, spent=(permit.spent[0], max(permit.spent[1] - 1, 0)))
    else:
        back = replace(permit, openings=permit.openings + 1)
    permits = tuple(back if other is permit else other for other in door.permits)
    return replace(door, permits=permits), left(back, back.spent[0])


def used(permit: Permit, window_ms: int, count: int) -> Permit:
    """The permit with so many more openings used in the window that began then; fewer where it is
    less than 0."""
    if not permit.daily:
        return replace(permit, openings=max(permit.openings - count, 0))
    if window_ms < permit.spent[0]:
        return permit  # a window that is over, and of which nothing is kept
    before = permit.spent[1] if permit.spent[0] == window_ms else 0
    return replace(permit, spent=(window_ms, min(max(before + count, 0), permit.openings)))


def left(permit: Permit, window_ms: int) -> int:
    """How many openings it still allows in the window that began then."""
    used = permit.spent[1] if permit.daily and permit.spent[0] == window_ms else 0
    return permit.openings - used


def _may_be_within(permit: Permit, at_ms: int, zone: local_time.Zone) -> bool:
    """A quick check at the clock on the wall. Around a day on which it jumps, always true."""
    if local_time.jumps(zone, at_ms - DAY_MS, at_ms + DAY_MS):
        return True
    return local_time.window_at(zone, at_ms, permit.daily) is not None


def window_of(
    permit: Permit, earliest_ms: int, latest_ms: int, rules: Rules
) -> tuple[int, int] | None:
    """From and to of the time in which it covers an opening between the two, or None.

    Of several windows of a recurring one, the first that the interval touches. Where the wall shows
    an hour twice, a window is as long as it can be; what a jump leaves out is left out of it.
    """
    if permit.from_ms > latest_ms or earliest_ms >= permit.to_ms:
        return None
    if not permit.daily:
        return permit.from_ms, permit.to_ms
    zone = rules.zone
    if earliest_ms == latest_ms and not _may_be_within(permit, latest_ms, zone):
        return None
    first = local_time.day(zone, max(latest_ms - DAY_MS, permit.from_ms)) - 1
    for number in range(first, first + 4):  # up to today's, and tomorrow's where days are short
        if not permit.days >> local_time.weekday_of(number) & 1:
            continue
        for from_min, to_min in permit.daily[:WINDOWS_MAX]:
            ends = number + (to_min <= from_min)  # the day of the wall on which it ends
            from_ms = local_time.shown_at(zone, number, from_min)[0]
            to_ms = local_time.shown_at(zone, ends, to_min)[1]
            if from_ms <= latest_ms and earliest_ms < to_ms:
                return from_ms, min(to_ms, permit.to_ms)
    return None
