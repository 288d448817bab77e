"""Coverage: for every moment of an order *seen shut*, *seen open* or *not seen*, and nothing else.

It reads a door's journal and claims only what two reports of one seal bear out between them:

1. **A report knows one moment**, at its age before it came, and earlier still by what it may have
   waited in a broker. Claims reach from the latest time that the one can mean to the earliest of
   the next; the doubt between is not seen. After the last report nothing is claimed.
2. **The counter fills the time between.** Equal counts: no edge, so the door stood as both say. One
   more, told by the edge's own report: it stood as before until that edge. Anything else, or two
   reports that cannot both be true: not seen.
3. **Two heartbeats of silence are allowed**, one lost and one to come, of the heartbeat that the
   seal had promised then. A longer silence is not seen, even if the counter is the same after it: a
   seal without power counts nothing. Where no heartbeat was promised, nothing between two reports
   is seen.
4. **A restart, and a number that is missing, hide something.** Nothing is claimed across a first
   reading, nor across a gap in the reports' numbers, for a first reading may be what is missing.
5. **A contact at fault and a seal that is tampered with see nothing**, and so does another seal.
6. **Openings without a time** are those that the counter shows and no report tells: so many,
   between the report before them and the one after.
7. **A contact of another maker counts nothing** (core.makes): its edges are those that we heard of,
   so whoever was not heard may have opened any number of times. One heartbeat of silence is allowed
   and not two; the time before an edge of it is not seen, for the message that should have told of
   it may be lost; and the ledger says that its openings are at least so many.

Rules, the door's class and the seal's heartbeat are those that the journal says held at the time.

Reports may come in any order; a late one fills the gap that it left. The journey of a report that
came at once is taken for nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.doors.edge_counter import HALF
from gateway.core.doors.observation import earliest_ms
from gateway.core.doors.step import step
from gateway.core.events import Event, ReportCame, ReportHeld, RulesSet
from gateway.core.heartbeat_spans import allowed_heartbeats
from gateway.core.model import Contact, Door
from gateway.core.rules import Rulebook
from sealwire.report import EDGES_MODULUS

NOT_SEEN = Contact.UNKNOWN
_FIRST_RULES = Rulebook()

Interval = tuple[int, int]


class Span(Struct, frozen=True):
    """From (included) to (excluded), and how the door was seen: unknown is *not seen*."""

    from_ms: int
    to_ms: int
    seen: Contact


class Untimed(Struct, frozen=True):
    """So many openings at unknown times between the two."""

    openings: int
    from_ms: int
    to_ms: int


class Ledger(Struct, frozen=True):
    """An order's coverage. The spans follow each other without a gap, from its start to its end."""

    spans: tuple[Span, ...]
    untimed: tuple[Untimed, ...]
    # reports of a seal that had promised no heartbeat: nothing is seen between them
    unpromised: int = 0
    # reports of a contact of another maker: the openings are at least those that it told of
    uncounted: int = 0

    def total_ms(self, seen: Contact) -> int:
        """How long the door was seen so."""
        return sum(span.to_ms - span.from_ms for span in self.spans if span.seen is seen)


class _Sample(Struct, frozen=True):
    """What one report knows: how the door stood at one moment between the two."""

    earliest_ms: int
    latest_ms: int
    contact: Contact  # unknown as well where the seal is tampered with
    edges: int  # without the wrap of the counter
    number: int  # 0 for a heartbeat
    is_edge: bool
    is_first: bool
    heartbeat_ms: int  # promised when it came; 0 for none
    allowed_ms: int = 0  # of silence, by that promise and by whose contact it is
    is_counted: bool = True  # by a seal of ours, whose counter shows what is missing


def ledger(
    events: Iterable[tuple[int, Event]], span: Interval, rulebook: Rulebook = _FIRST_RULES
) -> Ledger:
    """The coverage of a span, from all (at_ms, event) of the door's journal in their order, with
    those that set the rules among them. `rulebook` holds until the first of these."""
    lives, aside = _lives(events, rulebook)
    claims: list[Span] = []
    untimed: list[Untimed] = []
    for samples in lives:
        hidden = _hidden(samples)
        ordered = sorted(samples, key=lambda s: (s.edges, s.latest_ms, s.number))
        for before, after in pairwise(ordered):
            allowed_ms = min(before.allowed_ms, after.allowed_ms)
            claims += _claim(before, after, hidden, allowed_ms)
            untimed += _untimed(before, after)
    inside = tuple(u for u in untimed if u.from_ms < span[1] and u.to_ms > span[0])
    of_span = [
        its
        for samples in lives
        for its in samples
        if its.earliest_ms < span[1] and its.latest_ms >= span[0]
    ]
    unpromised = sum(not its.heartbeat_ms for its in of_span)
    uncounted = sum(not its.is_counted for its in of_span)
    return Ledger(_filled(_without(claims, aside), span), inside, unpromised, uncounted)


def _lives(
    events: Iterable[tuple[int, Event]], rulebook: Rulebook
) -> tuple[list[list[_Sample]], list[Interval]]:
    """The samples of each seal that hung here, and when the contact chattered."""
    door = Door("")
    lives: list[list[_Sample]] = [[]]
    aside: list[Interval] = []
    for at_ms, event in events:
        if isinstance(event, RulesSet):
            rulebook = event.rulebook
            continue
        before = door
        door, _ = step(door, event, at_ms, rulebook.of(door.door_class))
        if before.chattering is not None:
            aside.append((before.chattering.since_ms, at_ms))
        if door.seal_id != before.seal_id:
            lives.append([])
        if isinstance(event, ReportCame) and event.seal_id == door.seal_id:
            lives[-1].append(_sample(lives[-1], event, at_ms, door))
        elif isinstance(event, ReportHeld) and event.seal_id == door.seal_id:
            lives[-1] = [_redated(its, event) for its in lives[-1]]
    if door.chattering is not None:
        aside.append((door.chattering.since_ms, door.chattering.settles_ms))
    return lives, aside


def _sample(earlier: list[_Sample], event: ReportCame, at_ms: int, door: Door) -> _Sample:
    heartbeat_ms = door.heartbeat_ms or 0
    latest_ms = at_ms - (event.age_ms or 0 if event.seq else 0) - event.held_ms
    earliest_ms = latest_ms - max(event.waited_ms - event.held_ms, 0)
    if event.seq and event.age_ms is None:  # the seal lost count: after its report before this one
        known = [s for s in earlier if 0 < s.number < event.seq]
        earliest_ms = max(known, key=lambda s: s.number).earliest_ms if known else 0
    edges = event.edges
    if earlier:
        ahead = (event.edges - earlier[-1].edges) % EDGES_MODULUS
        edges = earlier[-1].edges + (ahead if ahead < HALF else ahead - EDGES_MODULUS)
    contact = NOT_SEEN if event.cover or event.magnet else event.contact
    is_edge = event.edge and not event.first and event.age_ms is not None
    return _Sample(
        earliest_ms,
        latest_ms,
        contact,
        edges,
        event.seq,
        is_edge,
        event.first,
        heartbeat_ms,
        heartbeat_ms * allowed_heartbeats(door.make),
        is_counted=not door.make,
    )


def _redated(its: _Sample, event: ReportHeld) -> _Sample:
    """A sample, as a later copy of its report dates it."""
    if its.number != event.seq or its.latest_ms <= event.edge_ms:
        return its
    times = {"earliest_ms": earliest_ms(event, its.earliest_ms), "latest_ms": event.edge_ms}
    return replace(its, **times)


def _hidden(samples: list[_Sample]) -> list[Interval]:
    """Intervals in which a seal may have been without power, or that it could not see."""
    hidden = [(s.earliest_ms, s.latest_ms) for s in samples if s.contact is NOT_SEEN]
    ends = sorted(s.latest_ms for s in samples)
    for first in (s for s in samples if s.is_first):
        # What was surely before it ends before it began, and so does not end with it.
        i = min(bisect_right(ends, first.earliest_ms), bisect_left(ends, first.latest_ms))
        hidden.append((ends[i - 1] if i else 0, first.latest_ms))
    numbered = sorted((s for s in samples if s.number), key=lambda s: s.number)
    for before_it, after_it in pairwise(numbered):
        if after_it.number - before_it.number > 1:
            hidden.append((before_it.earliest_ms, after_it.latest_ms))
    return _merged(hidden)


def _claim(before: _Sample, after: _Sample, hidden: list[Interval], allowed_ms: int) -> list[Span]:
    from_ms, to_ms = before.latest_ms, after.earliest_ms
    if from_ms >= to_ms or after.latest_ms - before.earliest_ms > allowed_ms:
        return []
    if NOT_SEEN in (before.contact, after.contact):
        return []
    edges = after.edges - before.edges
    stood = edges == 0 and before.contact is after.contact
    is_told = after.is_edge and after.is_counted
    moved = edges == 1 and before.contact is not after.contact and is_told
    if not (stood or moved) or _touches(hidden, before.earliest_ms, after.latest_ms):
        return []
    return [Span(from_ms, to_ms, before.contact)]


def _untimed(before: _Sample, after: _Sample) -> list[Untimed]:
    """Openings between the two that no report tells the time of."""
    edges = after.edges - before.edges
    is_open = after.contact is Contact.OPEN
    was_open = is_open != bool(edges & 1)
    openings = edges // 2 if was_open else (edges + 1) // 2
    openings -= is_open and after.is_edge and edges > 0
    if openings < 1:
        return []
    return [Untimed(openings, before.earliest_ms, after.latest_ms)]


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, those that overlap or touch as one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _touches(intervals: list[Interval], from_ms: int, to_ms: int) -> bool:
    """Whether any of the ordered intervals reaches into the open one."""
    i = bisect_right(intervals, (from_ms, from_ms)) - 1
    return any(start < to_ms and end > from_ms for start, end in intervals[max(0, i) : i + 3])


def _without(claims: list[Span], aside: list[Interval]) -> list[Span]:
    """The claims, less what a contact at fault said."""
    taken = _merged(aside)
    left: list[Span] = []
    for claim in claims:
        from_ms = claim.from_ms
        i = max(0, bisect_right(taken, (from_ms, from_ms)) - 1)
        for start, end in taken[i:]:
            if start >= claim.to_ms:
                break
            if end > from_ms:
                left.append(replace(claim, from_ms=from_ms, to_ms=max(from_ms, start)))
                from_ms = end
        left.append(replace(claim, from_ms=min(from_ms, claim.to_ms)))
    return [claim for claim in left if claim.from_ms < claim.to_ms]


def _filled(claims: list[Span], span: Interval) -> tuple[Span, ...]:
    """The whole span: the claims inside it; *not seen* where there is none or they disagree."""
    cuts = {span[0], span[1]}
    changes: list[tuple[int, int, Contact]] = []
    for claim in claims:
        start, end = max(claim.from_ms, span[0]), min(claim.to_ms, span[1])
        if start < end:
            changes += [(start, 1, claim.seen), (end, -1, claim.seen)]
            cuts |= {start, end}
    changes.sort(key=lambda change: change[0])
    spans: list[Span] = []
    claimed = {Contact.SHUT: 0, Contact.OPEN: 0}
    times, i = sorted(cuts), 0
    for from_ms, to_ms in pairwise(times):
        while i < len(changes) and changes[i][0] <= from_ms:
            claimed[changes[i][2]] += changes[i][1]
            i += 1
        said = [contact for contact, count in claimed.items() if count]
        seen = said[0] if len(said) == 1 else NOT_SEEN
        if spans and spans[-1].seen is seen:
            spans[-1] = replace(spans[-1], to_ms=to_ms)
        else:
            spans.append(Span(from_ms, to_ms, seen))
    return tuple(spans)
