"""A report came: what it says about contact, cover and magnet, in that order."""

from msgspec.structs import replace

from gateway.core import chatter, openings
from gateway.core.case import Outcome, raise_case
from gateway.core.counters import Since, since
from gateway.core.effects import Effect
from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door, Rules
from gateway.core.orders import why_not_under_order
from gateway.core.reason import Reason


def heard(door: Door, event: ReportCame, now_ms: int, rules: Rules) -> Outcome:
    """Everything that a genuine report changes."""
    if door.seal_id != event.seal_id:
        return door, ()  # a seal that has been replaced on this door
    told = since(door, event)
    if told.late:
        return replace(door, heard_ms=now_ms), ()
    earliest_ms, latest_ms = _edge_interval(door, event, now_ms)
    before = door
    door = replace(
        door,
        contact=event.contact,
        edges=event.edges,
        heard_ms=now_ms,
        known_ms=_known_ms(door, event, now_ms),
        battery_mv=event.battery_mv if event.battery_mv is not None else door.battery_mv,
        cover=event.cover,
        magnet=event.magnet,
    )
    known_ms = latest_ms if before.known_ms is None else min(before.known_ms, latest_ms)
    door, effects = _contact(door, event, told, (known_ms, earliest_ms, latest_ms), now_ms, rules)
    door, more = _tamper(before, door, event, now_ms)
    return door, effects + more


def edge_ms(event: ReportCame, now_ms: int) -> int | None:
    """When the report's edge was by the gateway's clock; None for a beat or an unknown age."""
    return now_ms - event.age_ms if event.edge and event.age_ms is not None else None


def _edge_interval(door: Door, event: ReportCame, now_ms: int) -> tuple[int, int]:
    """Between when and when the report's edge was: one time, if it came at once and knows its age.

    Where it may have waited, so much earlier. Of unknown age: since its edges were last known, for
    several that wait in a seal arrive together and happened hours apart.
    """
    latest_ms = edge_ms(event, now_ms)
    if latest_ms is not None:
        return latest_ms - event.waited_ms, latest_ms
    return (now_ms if door.known_ms is None else door.known_ms), now_ms


def _known_ms(door: Door, event: ReportCame, now_ms: int) -> int | None:
    """Up to when the door's edges are known: a beat speaks for now, others for their edge."""
    if event.age_ms is None:
        return door.known_ms
    speaks_for_ms = now_ms - event.age_ms - event.waited_ms
    return speaks_for_ms if door.known_ms is None else max(door.known_ms, speaks_for_ms)


def _contact(
    door: Door,
    event: ReportCame,
    told: Since,
    times: tuple[int, int, int],
    now_ms: int,
    rules: Rules,
) -> Outcome:
    known_ms, earliest_ms, latest_ms = times  # known up to, before; then the edge's interval
    effects: tuple[Effect, ...] = ()
    name = _name(event, now_ms)
    if door.unsettled is not None:
        return chatter.stir(door, told.edges, latest_ms, now_ms, rules), ()
    if told.opens and not told.hidden and openings.joins(door, latest_ms, rules):
        door, effects = openings.join(door)
        door, more = chatter.unless_flurry(door, name, latest_ms, now_ms, rules)
        return door, effects + more
    if (told.hidden or told.opens) and door.opening is not None:
        shut_ms = earliest_ms if door.opening.shut_ms is None else door.opening.shut_ms
        door, effects = openings.end(door, shut_ms)  # its close was missed, or is past
    if told.hidden:
        door, more = openings.blind(door, name + "-blind", known_ms, latest_ms, told.edges, now_ms)
        effects += more
    if told.opens:
        door = chatter.note(door, latest_ms, rules)
        if chatter.is_flurry(door, rules):
            door, more = chatter.put_aside(door, name, latest_ms, now_ms, rules)
        else:
            door, more = openings.begin(door, name, earliest_ms, latest_ms, now_ms, rules)
        effects += more
    if told.shuts:
        door = openings.shut(door, earliest_ms, latest_ms, now_ms, rules)
    return door, effects


def _tamper(before: Door, door: Door, event: ReportCame, now_ms: int) -> Outcome:
    """A cover or magnet that was in order when last heard, and is not any more."""
    if why_not_under_order(door, now_ms):
        return door, ()
    effects: tuple[Effect, ...] = ()
    name = _name(event, now_ms)
    if event.cover and not before.cover:
        door, effects = raise_case(door, Reason.COVER_TAMPER, name + "-cover", now_ms, now_ms)
    if event.magnet and not before.magnet:
        door, more = raise_case(door, Reason.MAGNET_TAMPER, name + "-magnet", now_ms, now_ms)
        effects += more
    return door, effects


def _name(event: ReportCame, now_ms: int) -> str:
    """A name for what this report shows: the same from the same journal, and in no other report."""
    number = str(event.seq) if event.seq else f"e{event.edges}t{now_ms}"
    return f"{event.seal_id}-{number}"


def bind(door: Door, seal_id: str) -> Door:
    """Another seal hangs on the door: its counter starts anew, and so does what is known."""
    if door.seal_id == seal_id:
        return door
    return replace(
        door,
        seal_id=seal_id,
        contact=Contact.UNKNOWN,
        edges=None,
        heard_ms=None,
        known_ms=None,
        ended=None,
        cover=False,
        magnet=False,
        opened_ms=(),
        unsettled=None,
    )
