"""What happens to a seal in a life, and the world in which it does: time, the air, the gateway.

It is all written down first: edges, tampering, power, darkness, and what the air does to each
transmission; so that two seals (two_seals.py) can live through the very same. The radio and the
gateway's side of it are the outermost call, and the same one stands for both.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.core.replay_window import ReplayWindow, accept, refusal

START_MS = 1_000_000
ANSWER_MS = 40  # of a heartbeat, and of whatever the air has to let through
# At one moment: first what happens, then what arrives, then what the seal does by itself.
HAPPENS, ARRIVES, ACTS, READINGS = range(4)


class Sent(NamedTuple):
    """One transmission of a report. `nth`: in its epoch, heartbeats not counted."""

    at_ms: int
    epoch: int
    nth: int
    seq: int
    contact: Contact
    edges: int
    edge: bool
    first: bool
    age_ms: int | None
    cover: bool
    magnet: bool


class Heartbeat(NamedTuple):
    """What a heartbeat said, and when."""

    at_ms: int
    contact: Contact
    edges: int
    cover: bool
    magnet: bool


@dataclass(frozen=True)
class Life:
    """What happens to a seal. `acts`: (at_ms, "edge" | "cover" | "magnet" | "power" | "reading", to
    what); `dark`: from (included) to (excluded), in which nothing gets through; `loss`: of the
    rest. With `patient` no report stays unanswered so long that a node would drop its connection.
    """

    seed: int
    heartbeat_ms: int
    end_ms: int
    acts: list[tuple[int, str, int]]
    dark: list[tuple[int, int]]
    loss: float = 0.0
    throw: float = 0.0  # of all dice: this share of what they could show
    edges_before: int = 0
    patient: bool = True

    def is_dark(self, at_ms: int) -> bool:
        return any(from_ms <= at_ms < to_ms for from_ms, to_ms in self.dark)

    def fate(self, nth: int, at_ms: int, waits_ms: int) -> list[tuple[int, int | None]]:
        """What becomes of the nth transmission: how long each copy takes to the gateway, and its
        receipt from there, None for a lost one."""
        if self.patient and waits_ms > self.heartbeat_ms // 2:
            return [(ANSWER_MS, ANSWER_MS)]
        chance = Random(f"{self.seed}/{nth}")  # noqa: S311 - repeatable on purpose
        if self.is_dark(at_ms) or chance.random() < self.loss:
            return []
        copies = 1 + (chance.random() < self.loss / 2)
        takes = [_takes_ms(chance, self.loss) for _ in range(copies)]
        return [
            (up, None if chance.random() < self.loss else _takes_ms(chance, self.loss))
            for up in takes
        ]


def _takes_ms(chance: Random, loss: float) -> int:
    if chance.random() < loss / 3:
        return chance.randint(1_000, 6_000)
    return chance.randint(20, 400)


@dataclass
class Record:
    """What a seal did in its life."""

    sent: list[Sent] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    # when, and whether nothing waits
    readings: list[tuple[int, bool]] = field(default_factory=list)
    taken: list[Sent] = field(default_factory=list)  # what the gateway heard for the first time
    dropped: int = 0
    lost_links: int = 0


class World:
    """Time, the air, and the gateway's side, for one seal."""

    def __init__(self, truth: Life) -> None:
        self.truth = truth
        self.now_ms = START_MS
        self.record = Record()
        self.window = ReplayWindow()
        self._booted_ms = 0
        self._unanswered_ms: int | None = None  # since when transmissions get no receipt
        self._nth: dict[int, int] = {}
        self._heap: list[tuple[int, int, int, Callable[[Any], None], Any]] = []
        self._planned = 0

    def at(self, at_ms: int, rank: int, act: Callable[[Any], None], argument: Any) -> None:
        self._planned += 1
        heapq.heappush(self._heap, (at_ms, rank, self._planned, act, argument))

    def next_ms(self) -> int:
        return self._heap[0][0] if self._heap else self.truth.end_ms

    def do_next(self) -> None:
        """The first of what is to come."""
        self.now_ms, *_, act, argument = heapq.heappop(self._heap)
        act(argument)

    def booted(self) -> None:
        self._booted_ms, self._unanswered_ms = self.now_ms, None

    def crosses(self, event: ReportCame, epoch: int, counter: int, arrives: Any) -> None:
        """A report goes out; `arrives((seq, epoch, counter))` is told of each receipt."""
        nth = self._nth[epoch] = self._nth.get(epoch, 0) + 1
        sent = _sent(self.now_ms, epoch, nth, event)
        self.record.sent.append(sent)
        if self._unanswered_ms is None:
            self._unanswered_ms = self.now_ms
        waits_ms = self.now_ms - self._unanswered_ms
        for up_ms, down_ms in self.truth.fate(len(self.record.sent), self.now_ms, waits_ms):
            copy = sent, epoch, counter, down_ms, arrives
            self.at(self.now_ms + up_ms, ARRIVES, self._hears, copy)

    def _hears(self, copy: tuple[Sent, int, int, int | None, Any]) -> None:
        sent, epoch, counter, down_ms, arrives = copy
        if refusal(self.window, epoch, counter) is not None:
            return
        self.window, repeated = accept(self.window, epoch, counter, sent.seq)
        if repeated is False:
            self.record.taken.append(sent)
        if down_ms is not None:
            answer = arrives, (sent.seq, epoch, counter)
            self.at(self.now_ms + down_ms, ARRIVES, self._answers, answer)

    def _answers(self, answer: tuple[Any, tuple[int, int, int]]) -> None:
        arrives, told = answer
        if self.now_ms == self._booted_ms:
            return  # its connection begins in this moment, and has brought nothing yet
        self._unanswered_ms = None
        arrives(told)


def _sent(at_ms: int, epoch: int, nth: int, event: ReportCame) -> Sent:
    return Sent(
        at_ms,
        epoch,
        nth,
        event.seq,
        event.contact,
        event.edges,
        event.edge,
        event.first,
        event.age_ms,
        event.cover,
        event.magnet,
    )
