"""Minutes of a site, out of what its seals say, in the journal's order. Pure.

A door is *heard* while its last report is no older than two of its seal's heartbeats, which is also
as long as silence is nothing yet; so long it is *covered*. What may have waited on its way to us is
as old as it may be: what a broker kept for hours says nothing of now.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from gateway.core.doors.edge_counter import HALF
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.events import ReportCame
from gateway.core.heartbeat_spans import allowed_heartbeats
from gateway.core.model import Contact
from sealwire.report import EDGES_MODULUS

UNPROMISED_MS: Final = 100_000  # of a seal that promised no heartbeat, the fastest there is
COUNTS: Final = ("doors", "heard", "open_now", "tampered", "sealed_ms", "covered_ms")
GAP_MAX_MS: Final = 7 * DAY_MS
NOW: Final = ("doors", "heard", "open_now")
MINUTE_COUNTS: Final = ("reports", "opened", "closed", "tampers")

Group = tuple[str, str, str]  # the names of grid, building and batch


class Place(NamedTuple):
    """Where a door lies, how often its seal promised to speak (ms; None: it did not), and whose
    contact it is, where it is none of ours (core.makes)."""

    group: Group
    heartbeat_ms: int | None
    make: str = ""


class Minute(NamedTuple):
    """One minute of one group: when it began, and its figures by the names of their fields."""

    from_ms: int
    group: Group
    figures: dict[str, int]


class _Door(Struct):
    """What the last report of a door said."""

    heard_ms: int  # when it was said, at the earliest
    allowed_ms: int
    edges: int
    counted_ms: int  # up to when the minute that goes on is counted
    unseen_ms: int = 0  # of that minute, so far
    is_open: bool = False
    tampered: bool = False

    def count(self, from_ms: int, to_ms: int) -> None:
        """Count what it was not seen up to a time, of a minute that began at another, by what was
        heard until then."""
        seen_to_ms = max(self.heard_ms + self.allowed_ms, self.counted_ms, from_ms)
        self.unseen_ms += max(0, to_ms - seen_to_ms)
        self.counted_ms = max(self.counted_ms, to_ms)

    def says(self, report: ReportCame) -> None:
        """A report that is no older, by its counter of edges, than what it said last."""
        self.edges, self.tampered = report.edges, report.cover or report.magnet
        if report.contact is not Contact.UNKNOWN:
            self.is_open = report.contact is Contact.OPEN


class Minutes:
    """The minute that goes on.

    Args:
        places: of every door that has a seal, by door_id.
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = places
        self.from_ms: int | None = None  # when the minute that goes on began; None: none does
        self._doors: dict[str, _Door] = {}
        self._counts: dict[Group, dict[str, int]] = {}
        self._now = dict.fromkeys(NOW, 0)

    def seed(self, door_id: str, at_ms: int, report: ReportCame) -> None:
        """What a door said before the first minute, of its latest."""
        self._hear(door_id, at_ms, report, self.places.get(door_id))
        self._doors[door_id].unseen_ms = 0

    def begin(self, at_ms: int) -> None:
        """The first minute is the one of this time."""
        self.from_ms = at_ms - at_ms % MINUTE_MS

    def report(self, door_id: str, at_ms: int, report: ReportCame) -> None:
        """A report, in the minute that goes on."""
        place = self.places.get(door_id)
        if place is None:
            return
        counts = self._counts.get(place.group)
        if counts is None:
            counts = self._counts[place.group] = dict.fromkeys(MINUTE_COUNTS, 0)
        counts["reports"] += 1
        if report.cover or report.magnet:
            counts["tampers"] += 1
        if report.edge:
            _count_edge(counts, report)
        if report.battery_mv is not None:
            _least(counts, "battery_min_mv", report.battery_mv)
        if report.signal_dbm is not None:
            _least(counts, "signal_min_dbm", report.signal_dbm)
        self._hear(door_id, at_ms, report, place)

    def forget(self, door_id: str) -> None:
        """Its seal is off, or another one that has not spoken yet; or what it said is forgotten."""
        self._doors.pop(door_id, None)

    def moved(self, by_ms: int, at_ms: int, falsely: Collection[str]) -> None:
        """The clock was set by so much, to this time: the minute that goes on is one of the right
        time, and none tells of those between.

        Args:
            by_ms: ahead if positive.
            at_ms: the right time.
            falsely: the doors whose last word was dated by the false clock.
        """
        for door_id in falsely:
            door = self._doors.get(door_id)
            if door is not None:
                door.heard_ms += by_ms
        for door in self._doors.values():
            door.counted_ms += by_ms
        # A little is waited for, or closed as always: else a minute would be told twice.
        near_ms = at_ms if self.from_ms is None else self.from_ms
        if not near_ms - MINUTE_MS <= at_ms < near_ms + 2 * MINUTE_MS:
            self.begin(at_ms)

    def close_one(self, at_ms: int) -> list[Minute] | None:
        """The minute that goes on, of each group, if it has ended by this time; else None. Of a gap
        of more than GAP_MAX_MS, and of a clock that was set back, no minute tells."""
        if self.from_ms is None:
            return None
        is_back = at_ms < self.from_ms - GAP_MAX_MS
        if at_ms < self.from_ms + MINUTE_MS and not is_back:
            return None
        ended = list(self._close(self.from_ms, self.from_ms + MINUTE_MS))
        self.from_ms += MINUTE_MS
        if abs(at_ms - self.from_ms) > GAP_MAX_MS:
            self.begin(at_ms)
        return ended

    @property
    def now(self) -> dict[str, int]:
        """How many doors have a seal that spoke, how many of them are silent, and how many of the
        others are open, at the end of the last minute."""
        return dict(self._now)

    def _hear(self, door_id: str, at_ms: int, report: ReportCame, place: Place | None) -> None:
        said_ms = at_ms - max(
            report.waited_ms, report.held_ms
        )  # no later than it came from its seal
        beats = allowed_heartbeats(place.make if place else "")
        allowed_ms = beats * ((place and place.heartbeat_ms) or UNPROMISED_MS)
        door = self._doors.get(door_id)
        if door is None:
            door = self._doors[door_id] = _Door(said_ms, allowed_ms, report.edges, at_ms)
            door.unseen_ms = 0 if self.from_ms is None else max(0, at_ms - self.from_ms)
        door.count(self.from_ms or 0, at_ms)
        if said_ms >= door.heard_ms:
            door.heard_ms, door.allowed_ms = said_ms, allowed_ms
        if (report.edges - door.edges) % EDGES_MODULUS < HALF:  # else it was overtaken
            door.says(report)

    def _close(self, from_ms: int, to_ms: int) -> Iterable[Minute]:
        counts, self._counts = self._counts, {}
        for group in counts:
            for name in COUNTS:
                counts[group][name] = 0
        for door_id, door in self._doors.items():
            place = self.places.get(door_id)
            if place is None:
                continue
            sums = counts.get(place.group)
            if sums is None:
                sums = counts[place.group] = dict.fromkeys((*COUNTS, *MINUTE_COUNTS), 0)
            door.count(from_ms, to_ms)
            unseen_ms, door.unseen_ms = min(door.unseen_ms, MINUTE_MS), 0
            is_heard = to_ms - door.heard_ms <= door.allowed_ms
            sums["doors"] += 1
            sums["heard"] += is_heard
            sums["open_now"] += is_heard and door.is_open
            sums["tampered"] += is_heard and door.tampered
            sums["sealed_ms"] += MINUTE_MS
            sums["covered_ms"] += MINUTE_MS - unseen_ms
        self._now = {name: sum(sums[name] for sums in counts.values()) for name in NOW}
        for group in sorted(counts):
            yield Minute(from_ms, group, counts[group])


def _least(counts: dict[str, int], name: str, value: int) -> None:
    known = counts.get(name)
    if known is None or value < known:
        counts[name] = value


def _count_edge(counts: dict[str, int], report: ReportCame) -> None:
    if not report.first:
        counts["opened"] += report.contact is Contact.OPEN
        counts["closed"] += report.contact is Contact.SHUT
    if report.age_ms is not None:
        counts["age_max_ms"] = max(counts.get("age_max_ms", 0), report.age_ms)
