"""What one report shows, compared with what the door was: worked out once, for all rules."""

from msgspec import Struct

from gateway.core.doors import edge_counter
from gateway.core.events import ReportCame, ReportHeld
from gateway.core.model import EDGES_TOLD_MAX, UNKNOWN, Door, EdgeDate
from gateway.core.rules import Rules


class Observation(Struct, frozen=True):
    """A genuine report, with what its edge counter tells. The door `before` had not heard it."""

    before: Door
    event: ReportCame
    now_ms: int
    observed_until_ms: int  # up to when the door's edges were known before
    earliest_ms: int  # the report's edge was between this ...
    latest_ms: int  # ... and this
    edges: int = 0
    hidden: int = 0  # whole openings that nobody saw begin
    opens: bool = False  # the door opened, and this report is the first to say so
    shuts: bool = False
    joins: bool = False  # it opened again so soon that the opening before goes on

    def name(self) -> str:
        """A name for what it shows: the same from the same journal, and in no other report."""
        event = self.event
        number = str(event.seq) if event.seq else f"e{event.edges}t{self.now_ms}"
        return f"{event.seal_id}-{number}"


def observe(door: Door, event: ReportCame, now_ms: int, rules: Rules) -> Observation | None:
    """The report against the door as it was; None for one that is older than what was heard."""
    delta = edge_counter.edge_delta(door, event)
    if delta.late:
        return None
    earliest_ms, latest_ms = _edge_interval(door, event, now_ms)
    observed_until_ms = (
        latest_ms if door.observed_until_ms is None else min(door.observed_until_ms, latest_ms)
    )
    if door.chattering is not None:  # counted, and not believed
        return Observation(
            door, event, now_ms, observed_until_ms, earliest_ms, latest_ms, delta.edges
        )
    joins = delta.opens and not delta.hidden and _joins(door, latest_ms, rules)
    return Observation(
        door,
        event,
        now_ms,
        observed_until_ms,
        earliest_ms,
        latest_ms,
        delta.edges,
        delta.hidden,
        delta.opens and not joins,
        delta.shuts,
        joins,
    )


def may_be_older(door: Door, event: ReportCame, edges: int, now_ms: int) -> bool:
    """Whether a report that waited, with the same count, may speak for a time before what is known.

    Then it takes nothing back.
    """
    if edges or event.age_ms is None or door.observed_until_ms is None:
        return False
    return _speaks_for_ms(event, event.age_ms, now_ms) < door.observed_until_ms


def edge_ms(event: ReportCame, now_ms: int) -> int | None:
    """When the report's edge was by the gateway's clock, at the latest; None for a heartbeat or an
    unknown age."""
    if not event.edge or event.age_ms is None:
        return None
    return now_ms - event.age_ms - event.held_ms


def with_date(door: Door, event: ReportCame, now_ms: int) -> tuple[EdgeDate, ...]:
    """When the edges were that were told lately, with this report's, if it knows the age of one."""
    latest_ms = edge_ms(event, now_ms)
    if latest_ms is None:
        return door.edges_told
    told = EdgeDate(event.seq, latest_ms, max(event.waited_ms - event.held_ms, 0))
    return (*door.edges_told, told)[-EDGES_TOLD_MAX:]


def earliest_ms(event: ReportHeld, known_ms: int) -> int:
    """The earliest that its edge can have been, by what was known of that; where the copy
    contradicts this, by the copy alone."""
    return known_ms if known_ms <= event.edge_ms else event.edge_ms - event.waited_ms


def observed_until_ms(door: Door, event: ReportCame, now_ms: int) -> int | None:
    """Up to when the door's edges are known: a heartbeat speaks for now, others for their edge."""
    if event.age_ms is None or event.contact is UNKNOWN:
        return door.observed_until_ms
    speaks_for_ms = _speaks_for_ms(event, event.age_ms, now_ms)
    return (
        speaks_for_ms
        if door.observed_until_ms is None
        else max(door.observed_until_ms, speaks_for_ms)
    )


def _speaks_for_ms(event: ReportCame, age_ms: int, now_ms: int) -> int:
    """The earliest time at which its seal can have said this."""
    return now_ms - age_ms - max(event.waited_ms, event.held_ms)


def _edge_interval(door: Door, event: ReportCame, now_ms: int) -> tuple[int, int]:
    """Between when and when the report's edge was: one time, if it came at once and knows its age.

    Where it may have waited, so much earlier. Of unknown age: since its edges were last known, for
    several that wait in a seal arrive together and happened hours apart. A first reading was after
    its edge.
    """
    latest_ms = edge_ms(event, now_ms)
    if latest_ms is None:
        latest_ms = now_ms
    elif not event.first:
        return latest_ms - max(event.waited_ms - event.held_ms, 0), latest_ms
    return (
        latest_ms if door.observed_until_ms is None else min(door.observed_until_ms, latest_ms)
    ), latest_ms


def _joins(door: Door, opened_ms: int, rules: Rules) -> bool:
    """Whether an opening at `opened_ms` surely goes on with the one that has just shut.

    Where a report waited in the broker, the gap may have been longer than it seems, and where the
    times contradict each other, nobody knows it: then it is a new opening, for in doubt a person is
    told.
    """
    opening = door.opening or door.ended
    shut_ms = opening.shut_from_ms if opening else None
    return shut_ms is not None and abs(opened_ms - shut_ms) < rules.off_delay_ms
