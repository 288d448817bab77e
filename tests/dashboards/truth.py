"""What truly was in the simulated week, worked out without asking InfluxDB and without its writers."""

from collections.abc import Iterable, Iterator

from gateway.core.model import Contact
from tests.dashboards.week import FROM_MS, TO_MS, TWO_HEARTBEATS_MS, Doorway

Span = tuple[int, int]


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
    return any(at_ms - TWO_HEARTBEATS_MS < one.at_ms <= at_ms for one in door.reports)


def covered_ms(doors: Iterable[Doorway], from_ms: int = FROM_MS, to_ms: int = TO_MS) -> int:
    """How long doors were within two heartbeats after a report, all together."""
    return sum(
        to - since for door in doors for since, to in _covered(door, from_ms, to_ms) if to > since
    )


def _covered(door: Doorway, from_ms: int, to_ms: int) -> Iterator[Span]:
    until_ms = from_ms
    for report in door.reports:
        since_ms = max(report.at_ms, until_ms)
        until_ms = max(until_ms, min(report.at_ms + TWO_HEARTBEATS_MS, to_ms))
        yield since_ms, until_ms


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
