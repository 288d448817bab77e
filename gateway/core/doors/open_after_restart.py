"""Found open: a seal comes back from a cold boot, and its door, which was shut, stands open.

A first reading is never an event, for contacts flip while they wake. But a door that goes on
standing open is no reading any more: it opened while its seal had no power. If it shuts again at
once, that is recorded and nobody is told.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange, raise_case
from gateway.core.doors import clock_doubt, openings, permits, visits
from gateway.core.doors.observation import Observation, earliest_ms
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.events import ReportHeld
from gateway.core.model import Contact, Door, Moment, OpenAfterRestart, Opening
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules


def check(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """A first reading that finds the door open, or the report that shows it shut again."""
    restart = door.open_after_restart
    if door.moment is not None and observation.edges:
        door = replace(door, moment=None)
    if restart is not None and (observation.edges or door.contact is not Contact.OPEN):
        return _was_a_moment(replace(door, open_after_restart=None), observation, restart)
    is_first = observation.event.first and not observation.edges
    if (
        not is_first
        or door.contact is not Contact.OPEN
        or observation.before.contact is not Contact.SHUT
        or door.chattering is not None
    ):
        return door, ()
    if door.door_class == CANARY or why_not_under_order(door, observation.now_ms):
        return door, ()
    from_ms, now_ms = observation.observed_until_ms, observation.now_ms
    is_visited = visits.covers(door, from_ms, now_ms, rules)
    if is_visited or permits.covering(door, from_ms, now_ms, rules) is not None:
        door, ended = _end_before(door, OpenAfterRestart(from_ms, now_ms, now_ms), now_ms)
        name = observation.name() + "-found"
        door, began = openings.begin(door, name, from_ms, now_ms, now_ms, rules)
        return door, ended + began
    restart = OpenAfterRestart(from_ms, now_ms, now_ms + rules.open_after_restart_ms)
    return replace(door, open_after_restart=restart), ()


def told_ms(restart: OpenAfterRestart) -> int | None:
    """When it has stood open for long enough to be told."""
    return restart.told_ms


def tell(
    door: Door, restart: OpenAfterRestart, _due_ms: int, now_ms: int, rules: Rules
) -> DoorChange:
    """It stands open still, if its seal has been heard since: one reading alone may be wrong."""
    if door.heard_ms == restart.to_ms:
        restart = replace(restart, told_ms=now_ms + rules.open_after_restart_ms)
        return replace(door, open_after_restart=restart), ()
    door, effects = _end_before(door, restart, now_ms)
    opening = Opening(_name(door, restart), restart.from_ms, Reason.OPEN_AFTER_RESTART)
    door = replace(door, open_after_restart=None, opening=opening, ended=None)
    effects += (_began(opening.opening_id, restart),)
    if why_not_under_order(door, now_ms):
        return door, effects
    reason = clock_doubt.reason(door, Reason.OPEN_AFTER_RESTART, now_ms)
    since_ms = restart.from_ms
    door, raised = raise_case(door, reason, opening.opening_id, now_ms, since_ms, rules)
    return door, effects + raised


def _end_before(door: Door, restart: OpenAfterRestart, now_ms: int) -> DoorChange:
    """The opening before, if it had shut and was not quite over, is over. Where it read shut and
    open again without an edge, it shut at some time since it opened."""
    opening = door.opening
    if opening is None:
        return door, ()
    if opening.shut_ms is not None:
        return openings.end(door, opening.shut_ms, now_ms)
    missed = replace(opening, shut_from_ms=opening.opened_ms, inferred=True)
    return openings.end(replace(door, opening=missed), restart.to_ms, now_ms)


def _was_a_moment(door: Door, observation: Observation, restart: OpenAfterRestart) -> DoorChange:
    event, until_ms = observation.event, observation.latest_ms
    is_told = event.edge and not event.first and observation.edges == 1
    from_ms = observation.earliest_ms if is_told else observation.observed_until_ms
    moment = Moment(_name(door, restart), restart.to_ms, from_ms, until_ms)
    door = replace(door, moment=moment) if is_told else door
    return door, (_began(moment.opening_id, restart), _ended(moment))


def shut_before(door: Door, moment: Moment, event: ReportHeld) -> DoorChange:
    """A later copy of the report that told that it shut: it did so earlier."""
    from_ms = earliest_ms(event, moment.shut_from_ms)
    until_ms = min(moment.shut_ms, event.edge_ms)
    moment = replace(moment, shut_from_ms=from_ms, shut_ms=until_ms)
    return replace(door, moment=moment), (_ended(moment),)


def _ended(moment: Moment) -> OpeningEnded:
    """It shut, perhaps before the reading was heard that found it open."""
    read_ms = moment.read_ms
    times = min(read_ms, moment.shut_from_ms), max(read_ms, moment.shut_ms)
    return OpeningEnded(moment.opening_id, *times, 0)


def _began(opening_id: str, restart: OpenAfterRestart) -> OpeningBegan:
    return OpeningBegan(opening_id, restart.from_ms, restart.to_ms, Reason.OPEN_AFTER_RESTART, None)


def _name(door: Door, restart: OpenAfterRestart) -> str:
    return f"{door.seal_id}-found-{restart.to_ms}"
