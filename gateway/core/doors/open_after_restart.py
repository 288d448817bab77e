"""Found open: a seal comes back from a cold boot, and its door, which was shut, stands open.

A first reading is never an event, for contacts flip while they wake. But a door that goes on
standing open is no reading any more: it opened while its seal had no power. If it shuts again at
once, that is recorded and nobody is told.
"""

from msgspec.structs import replace

from gateway.core.cases.case import Stepped, raise_case
from gateway.core.doors import openings, permits
from gateway.core.doors.observation import Observation
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.model import Contact, Door, OpenAfterRestart, Opening
from gateway.core.reasons import Reason
from gateway.core.rules import CANARY, Rules


def check(door: Door, observation: Observation, rules: Rules) -> Stepped:
    """A first reading that finds the door open, or the report that shows it shut again."""
    found = door.open_after_restart
    if found is not None and (observation.edges or door.contact is not Contact.OPEN):
        return _was_a_moment(replace(door, open_after_restart=None), observation, found)
    is_found = observation.event.first and not observation.edges and door.contact is Contact.OPEN
    if (
        not is_found
        or observation.before.contact is not Contact.SHUT
        or door.chattering is not None
    ):
        return door, ()
    if door.door_class == CANARY or why_not_under_order(door, observation.now_ms):
        return door, ()
    if permits.covering(door, observation.observed_until_ms, observation.now_ms, rules) is not None:
        found = OpenAfterRestart(
            observation.observed_until_ms, observation.now_ms, observation.now_ms
        )
        door, ended = _end_before(door, found, observation.now_ms)
        times = observation.observed_until_ms, observation.now_ms, observation.now_ms
        door, began = openings.begin(door, observation.name() + "-found", *times, rules)
        return door, ended + began
    told_ms = observation.now_ms + rules.open_after_restart_ms
    return replace(
        door,
        open_after_restart=OpenAfterRestart(
            observation.observed_until_ms, observation.now_ms, told_ms
        ),
    ), ()


def told_ms(door: Door) -> int | None:
    """When it has stood open for long enough to be told."""
    return door.open_after_restart.told_ms if door.open_after_restart is not None else None


def tell(door: Door, now_ms: int, rules: Rules) -> Stepped:
    """It stands open still, if its seal has been heard since: one reading alone may be wrong."""
    found = door.open_after_restart
    assert found is not None  # noqa: S101 - its deadline came
    if door.heard_ms == found.to_ms:
        found = replace(found, told_ms=now_ms + rules.open_after_restart_ms)
        return replace(door, open_after_restart=found), ()
    door, effects = _end_before(door, found, now_ms)
    opening = Opening(_name(door, found), found.from_ms, Reason.OPEN_AFTER_RESTART)
    door = replace(door, open_after_restart=None, opening=opening, ended=None)
    effects += (_began(opening.opening_id, found),)
    if why_not_under_order(door, now_ms):
        return door, effects
    reason, since_ms = Reason.OPEN_AFTER_RESTART, found.from_ms
    door, raised = raise_case(door, reason, opening.opening_id, now_ms, since_ms, rules)
    return door, effects + raised


def _end_before(door: Door, found: OpenAfterRestart, now_ms: int) -> Stepped:
    """The opening before, if it had shut and was not quite over, is over."""
    if door.opening is None:
        return door, ()
    shut_ms = found.to_ms if door.opening.shut_ms is None else door.opening.shut_ms
    return openings.end(door, shut_ms, now_ms)


def _was_a_moment(door: Door, observation: Observation, found: OpenAfterRestart) -> Stepped:
    opening_id = _name(door, found)
    shut_ms = max(found.to_ms, observation.latest_ms)
    ended = OpeningEnded(opening_id, min(found.to_ms, observation.earliest_ms), shut_ms, 0)
    return door, (_began(opening_id, found), ended)


def _began(opening_id: str, found: OpenAfterRestart) -> OpeningBegan:
    return OpeningBegan(opening_id, found.from_ms, found.to_ms, Reason.OPEN_AFTER_RESTART, None)


def _name(door: Door, found: OpenAfterRestart) -> str:
    return f"{door.seal_id}-found-{found.to_ms}"
