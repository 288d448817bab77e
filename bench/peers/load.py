"""Doors that open and close: an opening and a closing by turns, at an even pace.

Half of the events are openings and are to be told. A door shuts some two seconds after it opened,
so that whoever debounces sees a true change in every event. Packets are made before the clock runs.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from bench.load import paced
from bench.peers.systems import System
from tests.end_to_end.line import Line

SEALS = 3_000  # they take turns; the first never opens
STARTERS = 500  # of them, the last ones: they open while a system starts
OPEN_S = 2.0


@dataclass
class Run:
    """What was sent: when each opening was published, in ns, and how true the pace was."""

    sent: dict[str, int] = field(default_factory=dict)
    events: int = 0
    took_s: float = 0.0
    worst_lag_s: float = 0.0


class Load:
    """The doors of one system."""

    def __init__(self, system: System, line: Line) -> None:
        self._system, self._line = system, line
        self._number = 0
        self._turn = 0
        self._starter = SEALS
        self._ajar: deque[int] = deque()

    def knock(self) -> Run:
        """A door that has not opened yet opens, while a system starts."""
        self._starter -= 1
        if self._starter < SEALS - STARTERS:
            raise RuntimeError("every door has opened, and nobody was told")
        key, packet = self._event(self._starter, is_open=True)
        self._line.write(packet)
        return Run({key: time.monotonic_ns()}, 1)

    async def run(self, rate: float, seconds: float, into: Run | None = None) -> Run:
        """So many events a second, for so long. `into`: noted as they are sent."""
        run = into if into is not None else Run()
        count = int(rate * seconds)
        ajar = min(int(rate / 2 * OPEN_S), (SEALS - STARTERS) // 2)
        events = [self._next(number, ajar) for number in range(count)]

        def send(number: int) -> None:
            key, packet = events[number]
            if key:
                run.sent[key] = time.monotonic_ns()
            self._line.write(packet)
            run.events += 1

        began = time.monotonic()
        run.worst_lag_s = await paced(rate, count, send)
        run.took_s = time.monotonic() - began
        return run

    def _next(self, number: int, ajar: int) -> tuple[str, bytes]:
        """The key of an opening, empty for what need not be told; and the packet."""
        if number % 2 == 0:
            self._turn = self._turn % (SEALS - STARTERS - 1) + 1
            self._ajar.append(self._turn)
            return self._event(self._turn, is_open=True)
        if len(self._ajar) > ajar:
            return "", self._event(self._ajar.popleft(), is_open=False)[1]
        self._number += 1
        return "", self._system.filler(self._number)

    def _event(self, seal: int, is_open: bool) -> tuple[str, bytes]:
        self._number += 1
        return self._system.event(seal, is_open, self._number)
