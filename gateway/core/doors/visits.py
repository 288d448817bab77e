"""Visits: when somebody works at a door's seal, as was announced, or tests it.

Meanwhile the cover, the foreign magnet, the silence of that seal and the openings of its door are
recorded and nobody is told. What goes beyond is told: what began before, what comes after, what is
still there when the visit is over (visit_end.py), and whatever happens at any other seal.

A visit is of one seal, so one that hangs there instead has none. What happened within it may be
heard of later. A span in which something happened at an unknown time must not begin before the
visit by more than the heartbeats for which nobody knows anyhow.
"""

from gateway.core.commissioning import Visit
from gateway.core.duration import DAY_MS
from gateway.core.model import Door
from gateway.core.rules import Rules

VISITS_MAX = 8  # of one door; what is over goes first, and what is still to be never
KEPT_MS = DAY_MS  # after its end, for what is heard of late

Span = tuple[int, int]


def until_ms(door: Door, at_ms: int) -> int | None:
    """When the work that goes on at a time is over, with what follows it without a gap; None where
    nobody works then."""
    if not door.visits and door.walk_test is None:  # nearly always
        return None
    end_ms = at_ms
    spans = _spans(door)
    for _ in spans:
        latest = max((to_ms for from_ms, to_ms in spans if from_ms <= end_ms < to_ms), default=None)
        if latest is None:
            break
        end_ms = latest
    return end_ms if end_ms > at_ms else None


def covers(door: Door, earliest_ms: int, latest_ms: int, rules: Rules) -> bool:
    """Whether what happened between the two times is that of who works there."""
    if not door.visits and door.walk_test is None:
        return False
    slack_ms = rules.late_heartbeats * (door.heartbeat_ms or 0)
    return any(
        from_ms - slack_ms <= earliest_ms and from_ms <= latest_ms < to_ms
        for from_ms, to_ms in _spans(door)
    )


def next_end_ms(door: Door, now_ms: int) -> int | None:
    """When it must be looked what a visit has left behind: at the end of the first that is not over
    yet."""
    coming = [from_ms for from_ms, to_ms in _spans(door) if to_ms > now_ms]
    return until_ms(door, max(min(coming), now_ms)) if coming else None


def add(door: Door, visit: Visit, now_ms: int) -> tuple[Visit, ...] | None:
    """The door's visits with this one; one of the same id is replaced. None if there is no room."""
    others = [
        other
        for other in door.visits
        if other.visit_id != visit.visit_id and now_ms - other.to_ms < KEPT_MS
    ]
    surplus = len(others) + 1 - VISITS_MAX
    gone = [other for other in others if other.to_ms <= now_ms][: max(surplus, 0)]
    if surplus > len(gone):
        return None
    kept = [other for other in others if other not in gone]
    return tuple(sorted([*kept, visit], key=lambda one: (one.to_ms, one.visit_id)))


def _spans(door: Door) -> list[Span]:
    """From and to of all work at the seal that hangs there."""
    spans = [(v.from_ms, v.to_ms) for v in door.visits if v.seal_id == door.seal_id]
    test = door.walk_test
    if test is not None and test.seal_id == door.seal_id:
        spans.append((test.begun_ms, test.ends_ms))
    return spans
