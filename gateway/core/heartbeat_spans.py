"""Heartbeats that change nothing, folded into spans: nearly all that a sealed door ever says.

A *heartbeat span* is a run of heartbeats of one seal at one door, each within two of the
heartbeats that it had promised after the one before, and nothing between them that touches what the
seal says. It is lossless but for the signal, which says nothing of a door: `beats_of` gives back
each with its number in the journal, its time and its battery, so whatever is worked out from spans
and from the rest of the journal is what the whole journal gives, to the millisecond and to the
byte, even where a report comes late and speaks for a time inside.

What ends a span, or never gets into one: an edge, a first reading, tampering, whatever has a number
or an age or may have waited; a contact at fault or unknown; another count; a silence beyond the
rule; a seal without a promise; another seal, promise, rule or class; a clock in doubt. A case of
the door, its times and its people, a refused message: none of these is about what the seal says.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.events import ClockEvent, Event, ReportCame, RulesSet
from gateway.core.model import SURE, Contact, Door
from gateway.core.site import Step

ALLOWED_HEARTBEATS = 2  # of silence that a claim may span: one lost, and one to come,
ALLOWED_UNCOUNTED = 1  # or only that to come, where no counter shows what a lost one would have
BEATS_MIN = 2  # in a span; a single one is no run
BEATS_MAX = 128  # in a span: so much may be unpacked at once, and is held in memory for a door

# What a seal says of a door, and is expected to.
_says = attrgetter(
    "seal_id",
    "make",
    "heartbeat_ms",
    "door_class",
    "contact",
    "edges",
    "cover",
    "magnet",
    "chattering",
)
_MORE = 0x80  # of a byte: another follows


def allowed_heartbeats(make: str) -> int:
    """How many heartbeats of silence a claim about a door may span. `make`: as `Door.make`."""
    return ALLOWED_UNCOUNTED if make else ALLOWED_HEARTBEATS


class Beat(NamedTuple):
    """A heartbeat of a span: its number in the journal, when it came (ms of UTC), its battery."""

    journal_id: int
    at_ms: int
    battery_mv: int | None


class HeartbeatSpan(Struct, frozen=True):
    """A run of heartbeats. Ids are those of the journal, times are ms of UTC, ends are included.

    `gap_max_ms`: the longest silence in it, by which it can be judged under a narrower rule.
    `packed`: see `beats_of`. `gap_ms`: the silence before the last, for the next one's packing.
    """

    door_id: str
    seal_id: str
    contact: Contact
    edges: int
    from_id: int
    to_id: int
    from_ms: int
    to_ms: int
    beats: int
    battery_mv: int | None  # of the last
    gap_max_ms: int
    packed: bytes
    gap_ms: int = 0


def fold(
    span: HeartbeatSpan | None, journal_id: int, at_ms: int, step: Step
) -> tuple[HeartbeatSpan | None, HeartbeatSpan | None]:
    """One event of a door, which was journaled.

    Args:
        span: the door's open span, if there is one.
        journal_id: the event's number.
        at_ms: when it was stepped, in ms of UTC.
        step: what it did to the door.

    Returns:
        The span that is open now, and the one that this event ended; None for none.
    """
    event, door = step.event, step.after
    if not isinstance(event, ReportCame):
        goes_on = span is not None and _says(step.before) == _says(door)
        return (span, None) if goes_on else (None, span)
    if not _changes_nothing(event, step):
        return None, span
    if span is not None and _goes_on(span, event, at_ms, door):
        return _grown(span, Beat(journal_id, at_ms, event.battery_mv)), None
    return _begun(door.door_id, event, journal_id, at_ms), span


def ends_all(event: Event) -> bool:
    """Whether an event of the site ends the spans of all doors: other rules, or another clock."""
    return isinstance(event, RulesSet | ClockEvent)


def event_of(span: HeartbeatSpan, beat: Beat) -> ReportCame:
    """What the journal says of a beat of the span."""
    return _plain(span.seal_id, span.contact, span.edges, beat.battery_mv)


def beats_of(span: HeartbeatSpan) -> Iterator[Beat]:
    """Each heartbeat of a span, in their order.

    The first has its battery's level (its mV and one; 0 where nothing is known). Each other has how
    much its number, the silence before it, and its level differ from those of the one before. Seven
    bits a byte, the lowest first; what may be negative is folded (0, -1, 1, -2 …).

    Raises:
        ValueError: The bytes do not give what the span says of itself.
    """
    numbers = _numbers(span.packed)
    journal_id, at_ms, gap_ms, level, count = span.from_id, span.from_ms, 0, 0, 0
    try:
        level = _unfolded(next(numbers))
        yield Beat(journal_id, at_ms, level - 1 if level else None)
        count = 1
        for step in numbers:
            journal_id += step
            gap_ms += _unfolded(next(numbers))
            at_ms += gap_ms
            level += _unfolded(next(numbers))
            count += 1
            yield Beat(journal_id, at_ms, level - 1 if level else None)
    except StopIteration:
        raise ValueError("the bytes of a span end early") from None
    ends = count, journal_id, at_ms, level - 1 if level else None
    if ends != (span.beats, span.to_id, span.to_ms, span.battery_mv):
        raise ValueError("the bytes of a span are not those that it began with")


def _changes_nothing(event: ReportCame, step: Step) -> bool:
    """Whether a report is a heartbeat that says what is known, of a door that is as it was."""
    before, after = step.before, step.after
    if event.seq or step.effects or before.heartbeat_ms is None or after.doubt != SURE:
        return False
    if (event.seal_id, event.contact, event.edges) != (
        before.seal_id,
        before.contact,
        before.edges,
    ):
        return False
    if event.contact is Contact.UNKNOWN or before.chattering is not None:
        return False
    if event != _plain(
        event.seal_id, event.contact, event.edges, event.battery_mv, event.signal_dbm
    ):
        return False
    return bool(_heard(before, after) == after)


def _heard(before: Door, after: Door) -> Door:
    """The door before, as heard as the one after."""
    return replace(
        before,
        heard_ms=after.heard_ms,
        observed_until_ms=after.observed_until_ms,
        battery_mv=after.battery_mv,
    )


def _plain(
    seal_id: str,
    contact: Contact,
    edges: int,
    battery_mv: int | None,
    signal_dbm: int | None = None,
) -> ReportCame:
    """A heartbeat that came at once, from a seal that nobody touches."""
    return ReportCame(
        seal_id, 0, contact, edges, False, battery_mv=battery_mv, signal_dbm=signal_dbm
    )


def _goes_on(span: HeartbeatSpan, event: ReportCame, at_ms: int, door: Door) -> bool:
    is_same = (span.seal_id, span.contact, span.edges) == (
        event.seal_id,
        event.contact,
        event.edges,
    )
    gap_ms = at_ms - span.to_ms
    allowed_ms = allowed_heartbeats(door.make) * (door.heartbeat_ms or 0)
    return is_same and 0 <= gap_ms <= allowed_ms and span.beats < BEATS_MAX


def _begun(door_id: str, event: ReportCame, journal_id: int, at_ms: int) -> HeartbeatSpan:
    return HeartbeatSpan(
        door_id,
        event.seal_id,
        event.contact,
        event.edges,
        journal_id,
        journal_id,
        at_ms,
        at_ms,
        1,
        event.battery_mv,
        0,
        _packed(_folded(_level(event.battery_mv))),
    )


def _grown(span: HeartbeatSpan, beat: Beat) -> HeartbeatSpan:
    gap_ms = beat.at_ms - span.to_ms
    more = _packed(
        beat.journal_id - span.to_id,
        _folded(gap_ms - span.gap_ms),
        _folded(_level(beat.battery_mv) - _level(span.battery_mv)),
    )
    return replace(
        span,
        to_id=beat.journal_id,
        to_ms=beat.at_ms,
        beats=span.beats + 1,
        battery_mv=beat.battery_mv,
        gap_max_ms=max(span.gap_max_ms, gap_ms),
        packed=span.packed + more,
        gap_ms=gap_ms,
    )


def _level(battery_mv: int | None) -> int:
    return 0 if battery_mv is None else battery_mv + 1


def _folded(number: int) -> int:
    return -2 * number - 1 if number < 0 else 2 * number


def _unfolded(number: int) -> int:
    return -(number + 1) // 2 if number & 1 else number // 2


def _packed(*numbers: int) -> bytes:
    """Numbers from 0 on, seven bits a byte, the lowest first."""
    packed = bytearray()
    for number in numbers:
        while number >= _MORE:
            packed.append(number & (_MORE - 1) | _MORE)
            number >>= 7
        packed.append(number)
    return bytes(packed)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & (_MORE - 1)) << shift
        shift += 7
        if byte < _MORE:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("the bytes of a span end early")
