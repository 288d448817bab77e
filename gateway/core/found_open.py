"""Found open: a seal comes back from a cold boot, and its door, which was shut, stands open.

A first reading is never an event, for contacts flip while they wake. But a door that goes on
standing open is no reading any more: it opened while its seal had no power. If it shuts again at
once, that is recorded and nobody is told.
"""

from msgspec.structs import replace

from gateway.core import openings, permits
from gateway.core.case import Outcome, raise_case
from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.heard import Heard
from gateway.core.model import Contact, Door, FoundOpen, Opening
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason
from gateway.core.rules import CANARY, Rules


def look(door: Door, heard: Heard, rules: Rules) -> Outcome:
    """A first reading that finds the door open, or the report that shows it shut again."""
    found = door.found_open
    if found is not None and (heard.edges or door.contact is not Contact.OPEN):
        return _was_a_moment(replace(door, found_open=None), heard, found)
    is_found = heard.event.first and not heard.edges and door.contact is Contact.OPEN
    if not is_found or heard.before.contact is not Contact.SHUT or door.unsettled is not None:
        return door, ()
    if door.door_class == CANARY or why_not_under_order(door, heard.now_ms):
        return door, ()
    if permits.covering(door, heard.known_ms, heard.now_ms, rules) is not None:
        found = FoundOpen(heard.known_ms, heard.now_ms, heard.now_ms)
        door, ended = _end_before(door, found, heard.now_ms)
        times = heard.known_ms, heard.now_ms, heard.now_ms
        door, began = openings.begin(door, heard.name() + "-found", *times, rules)
        return door, ended + began
    told_ms = heard.now_ms + rules.found_open_ms
    return replace(door, found_open=FoundOpen(heard.known_ms, heard.now_ms, told_ms)), ()


def told_ms(door: Door) -> int | None:
    """When it has stood open for long enough to be told."""
    return door.found_open.told_ms if door.found_open is not None else None


def tell(door: Door, now_ms: int, rules: Rules) -> Outcome:
    """It stands open still, if its seal has been heard since: one reading alone may be wrong."""
    found = door.found_open
    assert found is not None  # noqa: S101 - its deadline came
    if door.heard_ms == found.to_ms:
        found = replace(found, told_ms=now_ms + rules.found_open_ms)
        return replace(door, found_open=found), ()
    door, effects = _end_before(door, found, now_ms)
    opening = Opening(_name(door, found), found.from_ms, Reason.FOUND_OPEN)
    door = replace(door, found_open=None, opening=opening, ended=None)
    effects += (_began(opening.opening_id, found),)
    if why_not_under_order(door, now_ms):
        return door, effects
    reason, since_ms = Reason.FOUND_OPEN, found.from_ms
    door, raised = raise_case(door, reason, opening.opening_id, now_ms, since_ms, rules)
    return door, effects + raised


def _end_before(door: Door, found: FoundOpen, now_ms: int) -> Outcome:
    """The opening before, if it had shut and was not quite over, is over."""
    if door.opening is None:
        return door, ()
    shut_ms = found.to_ms if door.opening.shut_ms is None else door.opening.shut_ms
    return openings.end(door, shut_ms, now_ms)


def _was_a_moment(door: Door, heard: Heard, found: FoundOpen) -> Outcome:
    opening_id = _name(door, found)
    shut_ms = max(found.to_ms, heard.latest_ms)
    ended = OpeningEnded(opening_id, min(found.to_ms, heard.earliest_ms), shut_ms, 0)
    return door, (_began(opening_id, found), ended)


def _began(opening_id: str, found: FoundOpen) -> OpeningBegan:
    return OpeningBegan(opening_id, found.from_ms, found.to_ms, Reason.FOUND_OPEN, None)


def _name(door: Door, found: FoundOpen) -> str:
    return f"{door.seal_id}-found-{found.to_ms}"
