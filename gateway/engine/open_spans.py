"""The heartbeat spans that go on, held in memory, and when each is written.

Never by a commit of their own: a span goes with a commit that happens anyway, once it has ended or
SAVE_EVERY_MS after the first of its heartbeats that is not in its row yet, at most ROWS_MAX of them
with one commit. A kill loses nothing but that: the heartbeats stand in the journal, whose next one
begins a new span. What was not committed is not adopted, as everything else of a unit of work.
"""

from collections import deque
from itertools import islice

from gateway.core.duration import MINUTE_MS
from gateway.core.heartbeat_spans import BEATS_MIN, HeartbeatSpan, ends_all, fold
from gateway.core.site import Step
from gateway.core.subject import SubjectKind

SAVE_EVERY_MS = 15 * MINUTE_MS
ROWS_MAX = 64  # written with one commit: some 1 ms of it
WAITING_MAX = 65_536  # ended and not written yet; beyond it the oldest stay in the journal only


class OpenSpans:
    """As of the last commit. To be changed by `adopt` only.

    `open`: by door. `unsaved`: since when (ms of UTC) a door's has heartbeats that are not in its
    row, the oldest first. `waiting`: ended and not written yet.
    """

    def __init__(self) -> None:
        self.open: dict[str, HeartbeatSpan] = {}
        self.unsaved: dict[str, int] = {}
        self.waiting: deque[HeartbeatSpan] = deque(maxlen=WAITING_MAX)

    def adopt(self, turn: "SpansTurn") -> None:
        """A turn on top of these is true now."""
        if turn.has_ended_all:
            self.open.clear()
            self.unsaved.clear()
        for door_id in turn.saved:
            self.unsaved.pop(door_id, None)
        for door_id, span in turn.open.items():
            if span is None:
                self.open.pop(door_id, None)
                self.unsaved.pop(door_id, None)
                continue
            self.open[door_id] = span
            if door_id not in turn.saved:
                self.unsaved.setdefault(door_id, span.to_ms)
        for _ in range(turn.taken):
            self.waiting.popleft()
        self.waiting.extend(turn.ended)


class SpansTurn:
    """What a unit of work does to them, before it is true.

    `open`: by door, None where none is any more. `ended`: not written by this unit of work.
    `saved`: doors whose open span it writes. `taken`: how many of those that waited it writes.
    """

    def __init__(self, spans: OpenSpans) -> None:
        self._spans = spans
        self.open: dict[str, HeartbeatSpan | None] = {}
        self.ended: list[HeartbeatSpan] = []
        self.saved: set[str] = set()
        self.has_ended_all = False
        self.taken = 0

    def step(self, journal_id: int, at_ms: int, step: Step) -> None:
        """An event was journaled under this number."""
        if step.subject.kind is not SubjectKind.DOOR:
            if ends_all(step.event):
                self._end_all()
            return
        before = self._of(step.subject.id)
        span, ended = fold(before, journal_id, at_ms, step)
        if span is not before:
            self.open[step.subject.id] = span
        if ended is not None:
            self._end(ended)

    def to_write(self, now_ms: int) -> list[HeartbeatSpan]:
        """The spans that this unit of work is to write, at most ROWS_MAX. Once, at its end."""
        rows = list(islice(self._spans.waiting, ROWS_MAX))
        self.taken = len(rows)
        room = ROWS_MAX - len(rows)
        rows += self.ended[:room]
        del self.ended[:room]
        if self.has_ended_all:
            return rows
        for door_id, since_ms in self._spans.unsaved.items():
            if now_ms - since_ms < SAVE_EVERY_MS or len(rows) >= ROWS_MAX:
                break
            span = self._of(door_id)
            self.saved.add(door_id)
            if span is not None and span.beats >= BEATS_MIN:
                rows.append(span)
        return rows

    def _of(self, door_id: str) -> HeartbeatSpan | None:
        if door_id in self.open:
            return self.open[door_id]
        return None if self.has_ended_all else self._spans.open.get(door_id)

    def _end(self, span: HeartbeatSpan) -> None:
        if span.beats >= BEATS_MIN:
            self.ended.append(span)

    def _end_all(self) -> None:
        if not self.has_ended_all:
            for door_id, span in self._spans.open.items():
                if door_id not in self.open:
                    self._end(span)
        for own in self.open.values():
            if own is not None:
                self._end(own)
        self.open.clear()
        self.has_ended_all = True
