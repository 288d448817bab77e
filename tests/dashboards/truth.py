"""What truly was in the week, worked out without InfluxDB and without what writes to it."""

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from gateway.core.model import Contact
from tests.dashboards.week import FROM_MS, TO_MS, TWO_HEARTBEATS_MS, Doorway, Report

_WHEN = attrgetter("at_ms")


def openings(door: Doorway) -> list[int]:
    """When the door truly began to open while its seal had power. Times are ms of UTC."""
    truth = door.run.truth
    return [
        at_ms
        for opening in truth.openings
        for at_ms in opening.edges[::2]
        if is_powered(door, at_ms)
    ]


def chatters(door: Doorway) -> bool:
    """Whether the contact was ever at fault: then the seal tells of openings that were none."""
    return bool(door.run.truth.chatter)


def is_powered(door: Doorway, at_ms: int) -> bool:
    """Whether its seal had power then."""
    truth = door.run.truth
    if truth.dies_ms is not None and at_ms >= truth.dies_ms:
        return False
    return not any(off_ms <= at_ms < on_ms for off_ms, on_ms in truth.cuts)


def stands_open(door: Doorway, at_ms: int) -> bool:
    """Whether the door itself stood open then."""
    leaves = [contact for moved_ms, contact in door.run.scorer.leaves if moved_ms <= at_ms]
    return leaves[-1] is Contact.OPEN


def heard(door: Doorway, at_ms: int) -> bool:
    """Whether a report of its seal arrived within the two heartbeats before."""
    return bool(between(door, at_ms - TWO_HEARTBEATS_MS, at_ms))


def between(door: Doorway, from_ms: int, to_ms: int) -> list[Report]:
    """The reports that came after one time and up to another one."""
    first = bisect_right(door.reports, from_ms, key=_WHEN)
    return door.reports[first : bisect_right(door.reports, to_ms, key=_WHEN)]


def covered_ms(doors: Iterable[Doorway], from_ms: int = FROM_MS, to_ms: int = TO_MS) -> int:
    """How long doors were within two heartbeats after a report, all together."""
    return sum(_covered_ms(door, from_ms, to_ms) for door in doors)


def _covered_ms(door: Doorway, from_ms: int, to_ms: int) -> int:
    covered, until_ms = 0, from_ms
    for report in between(door, from_ms - TWO_HEARTBEATS_MS, to_ms):
        since_ms = max(report.at_ms, until_ms)
        until_ms = max(until_ms, min(report.at_ms + TWO_HEARTBEATS_MS, to_ms))
        covered += max(until_ms - since_ms, 0)
    return covered


def tampers(door: Doorway) -> list[int]:
    """When somebody played with its seal in the week, while it had power."""
    times = [at_ms for at_ms, _ in door.run.truth.tampers if FROM_MS <= at_ms < TO_MS]
    return [at_ms for at_ms in times if is_powered(door, at_ms)]


def edge_ms(report: Report) -> int:
    """When what it tells was: of what waited long in its seal, before it came."""
    age_ms = report.event.age_ms or 0
    return report.at_ms - age_ms if age_ms >= 10_000 else report.at_ms


def nearest_rank(values: Iterable[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed, as InfluxDB's manual has it."""
    ordered = sorted(values)
    place = int(len(ordered) * percent / 100 + 0.5) - 1
    return ordered[max(place, 0)]


def by_span(times_ms: Iterable[int], length_ms: int) -> dict[int, int]:
    """How many fall into each span of this length, by when the span begins."""
    found: dict[int, int] = {}
    for at_ms in times_ms:
        found[at_ms - at_ms % length_ms] = found.get(at_ms - at_ms % length_ms, 0) + 1
    return found
