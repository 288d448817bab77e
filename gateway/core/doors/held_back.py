"""A report that was held back on its way: a later copy of it shows that its edge was earlier.

What the opening was is judged by its time, so it is judged again: what it used of a permit that
began only afterwards, of a visit, or of what the order allows on another day is given back, and it
is what it was: perhaps one that nobody had announced, and perhaps one that was lawful after all. At
a household of several contacts that is judged with the openings of the others (`beside.follow`).
"""

from typing import Final

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange, cleared, end_by_rule, raise_case
from gateway.core.doors import household, open_after_restart, openings, orders, permits, visits
from gateway.core.doors.observation import earliest_ms
from gateway.core.effects import Effect, OpeningEnded, OpeningRedated, PermitSpent
from gateway.core.events import ReportHeld
from gateway.core.model import Door, EdgeDate, HouseholdOpening, Opening
from gateway.core.reasons import UNANNOUNCED, Reason
from gateway.core.rules import CANARY, Rules

# What an opening was by its time alone. The others have rules of their own, and stay.
BY_TIME: Final = frozenset({Reason.PERMIT, Reason.ALLOWANCE, Reason.NO_PERMIT, Reason.VISIT})
Times = tuple[int, int]  # in ms: no earlier and no later


def held(door: Door, event: ReportHeld, now_ms: int, rules: Rules) -> DoorChange:
    """The edge was no later than the event says: the opening that it began or ended is dated anew,
    whether it goes on or was the latest."""
    if door.seal_id != event.seal_id:
        return door, ()
    door = _with_date(_known_for_less(door, event), event)
    opening = door.opening or door.ended
    number = f"{event.seal_id}-{event.seq}"
    if opening is None or opening.opening_id != number:
        return _shut_before(door, opening, event)
    times = earliest_ms(event, opening.opened_ms), event.edge_ms
    dated = replace(opening, opened_ms=times[0])
    entry = household.find(door, number) if door.beside else None
    if orders.why_not_under_order(door, now_ms) is not None:  # what it was, it was under its order
        if entry is not None:
            door = household.known(door, replace(entry, opened_ms=times[0], latest_ms=times[1]))
        return _with(door, dated), (_redated(dated, times),)
    if entry is not None:
        return _of_household(_with(door, dated), dated, entry, times, now_ms, rules)
    if _is_by_time(door, opening):
        free, given_back = _given_back(door, opening, rules)
        free, judged, spent = openings.judge(free, number, *times, now_ms, rules)
        used = given_back + spent if free.permits != door.permits else ()
        if not _is_the_same(opening, judged):
            return _otherwise(free, dated, judged, times, used, now_ms, rules)
        return _with(free, dated), (_redated(dated, times), *used)
    return _with(door, dated), (_redated(dated, times),)


def _known_for_less(door: Door, event: ReportHeld) -> Door:
    """Where that report was the last that spoke for a time, the door's edges are known up to an
    earlier one."""
    if event.was_ms is None or door.observed_until_ms != event.was_ms:
        return door
    return replace(door, observed_until_ms=earliest_ms(event, event.was_ms))


def _with_date(door: Door, event: ReportHeld) -> Door:
    """By that copy the next one is judged."""
    dates = tuple(_by_copy(told, event) for told in door.edges_told)
    return door if dates == door.edges_told else replace(door, edges_told=dates)


def _by_copy(told: EdgeDate, event: ReportHeld) -> EdgeDate:
    if told.seq != event.seq or told.edge_ms <= event.edge_ms:
        return told
    from_ms = earliest_ms(event, told.edge_ms - told.wait)
    return EdgeDate(told.seq, event.edge_ms, event.edge_ms - from_ms)


def _shut_before(door: Door, opening: Opening | None, event: ReportHeld) -> DoorChange:
    """Where the report told that the door shut, its opening ended as much earlier."""
    if event.shut_edges is None or event.shut_edges != door.edges:
        return door, ()
    if door.moment is not None:
        return open_after_restart.shut_before(door, door.moment, event)
    if opening is None or opening.shut_ms is None or opening.inferred:
        return door, ()
    from_ms = opening.shut_ms if opening.shut_from_ms is None else opening.shut_from_ms
    from_ms, shut_ms = earliest_ms(event, from_ms), min(opening.shut_ms, event.edge_ms)
    shut = replace(opening, shut_from_ms=from_ms, shut_ms=shut_ms)
    if door.opening is not None:
        return _with(door, shut), ()  # its end is not told yet
    ended = OpeningEnded(shut.opening_id, from_ms, shut_ms, shut.joined)
    return _with(door, shut), (ended,)


def _is_by_time(door: Door, opening: Opening) -> bool:
    """Whether its time alone says what it is: else another rule does, or somebody announced it
    afterwards, and meant this one."""
    is_explained = opening.reason is Reason.PERMIT and door.last_case == opening.opening_id
    return opening.reason in BY_TIME and door.door_class != CANARY and not is_explained


def _with(door: Door, opening: Opening) -> Door:
    """The door with its opening as it is now: the one that goes on, or the latest."""
    return replace(door, **{"ended" if door.opening is None else "opening": opening})


def _is_the_same(was: Opening, judged: Opening) -> bool:
    both = was.reason in UNANNOUNCED and judged.reason in UNANNOUNCED
    return both or (was.reason, was.permit_id) == (judged.reason, judged.permit_id)


def _redated(opening: Opening, times: Times) -> OpeningRedated:
    what = opening.reason, opening.permit_id
    return OpeningRedated(opening.opening_id, *times, *what, beside=opening.beside)


def _given_back(door: Door, opening: Opening, rules: Rules) -> DoorChange:
    """The door as if the opening had used nothing."""
    if opening.reason is Reason.ALLOWANCE:
        return orders.give_back(door, opening.opened_ms, rules), ()
    permit = next((p for p in door.permits if p.permit_id == opening.permit_id), None)
    if permit is None:
        return door, ()
    door, left = permits.give_back(door, permit)
    return door, (PermitSpent(permit.permit_id, left, ""),)


def _otherwise(
    door: Door,
    opening: Opening,
    judged: Opening,
    times: Times,
    spent: tuple[Effect, ...],
    now_ms: int,
    rules: Rules,
) -> DoorChange:
    """It is something else than it seemed, and what follows for its case."""
    what = {"reason": judged.reason, "permit_id": judged.permit_id}
    opening = replace(opening, **what, overstay_ms=judged.overstay_ms)
    door = _with(door, opening)
    effects: tuple[Effect, ...] = (_redated(opening, times), *spent)
    about, number = door.case, opening.opening_id
    if judged.reason in UNANNOUNCED:
        door, raised = raise_case(door, judged.reason, number, now_ms, times[0], rules)
        if door.opening is None:
            door, over = cleared(door, openings.over_when_shut(door), now_ms)
            raised += over
        return door, effects + raised
    if about is None or about.case_id != number or about.openings != 1 or about.locked:
        return door, effects
    door, ended = end_by_rule(door, about, Reason.PROVED_LAWFUL, now_ms)
    return door, effects + ended


def _of_household(
    door: Door,
    opening: Opening,
    entry: HouseholdOpening,
    times: Times,
    now_ms: int,
    rules: Rules,
) -> DoorChange:
    """What its household knows of it is dated anew, with what might cover it then."""
    dated = replace(entry, opened_ms=times[0], latest_ms=times[1])
    of_visit = entry.reason is Reason.VISIT and entry.is_settled
    if _is_by_time(door, opening) and (of_visit or not entry.is_settled):
        heard = household.heard(door, entry.opening_id, *times, rules)
        dated = replace(dated, covers=heard.covers, is_settled=False)
        apart = orders.why_recorded_only(door, times[1], now_ms)
        if apart is None and visits.covers(door, *times, rules):
            apart = Reason.VISIT
        if apart is not None:
            own = {"root": entry.opening_id, "cover": None, "is_settled": True}
            door = household.set_apart(
                door, replace(dated, reason=apart, **own), rules.off_delay_ms
            )
            return door, (_redated(opening, times),)
        if of_visit:
            dated = replace(dated, reason=Reason.NO_PERMIT)
    return household.known(door, dated), (_redated(opening, times),)
