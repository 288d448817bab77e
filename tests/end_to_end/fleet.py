"""Load seals: many simulated seals on a few lines, each as strict as a real one.

A seal keeps every edge until its receipt, has one report on the way at a time, in order, and sends
again with back-off: the same number, the true age, a fresh counter. So whatever dies in between,
`told` says in the end what each door did, and which of it the gateway has vouched for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sealwire import ccm, envelope, receipt, report, topics
from sealwire.errors import WireError
from tests.end_to_end.line import Line, LineLost, open_line, publish_unacknowledged
from tests.end_to_end.site import Enrolled

FIRST_RETRY_S, LAST_RETRY_S = 0.4, 2.0
RECONNECT_S = 0.05
_TICK_S = 0.005
PROBE_S = 0.1  # so often one of the lines measures how long the broker takes
_PROBES = "fleet/"


@dataclass
class Told:
    """One edge of one door, and what came of its report. Times are of the monotonic clock."""

    seal_id: str
    seq: int
    contact: int
    edges: int
    edge_s: float
    cover: bool = False  # of a tampering, which is no edge
    receipt_s: float | None = None
    sent: set[tuple[int, int]] = field(default_factory=set)  # (epoch, counter) of each try

    @property
    def opening_id(self) -> str | None:
        """What the gateway must call this opening, and page it as; None for all else."""
        is_opening = self.contact == report.OPEN and not self.cover
        return f"{self.seal_id}-{self.seq}" if is_opening else None


class LoadSeal:
    """One seal's mind, without a clock or a line of its own."""

    def __init__(self, enrolled: Enrolled) -> None:
        self.seal_id = enrolled.seal_id
        self.waiting: deque[Told] = deque()  # the first of them is on its way
        self.tries = 0  # of the first
        self._cipher = ccm.cipher(enrolled.key)
        self._raw_id = bytes.fromhex(enrolled.seal_id)
        self._contact, self._edges, self._seq = report.SHUT, 0, 0
        self._epoch, self._counter = 1, 0

    def turn(self, now_s: float) -> Told:
        """The door opens if it was shut, and shuts if it was open."""
        self._contact = report.SHUT if self._contact == report.OPEN else report.OPEN
        self._edges = (self._edges + 1) % report.EDGES_MODULUS
        self._seq += 1
        told = Told(self.seal_id, self._seq, self._contact, self._edges, now_s)
        self.waiting.append(told)
        return told

    def tamper(self, now_s: float) -> Told:
        """Somebody opens its cover."""
        self._seq += 1
        told = Told(self.seal_id, self._seq, self._contact, self._edges, now_s, cover=True)
        self.waiting.append(told)
        return told

    def transmission(self, now_s: float) -> bytes:
        """The first waiting report, sealed afresh."""
        told = self.waiting[0]
        self._counter += 1
        self.tries += 1
        told.sent.add((self._epoch, self._counter))
        said = report.Report(
            told.contact,
            report.TAMPER if told.cover else report.EDGE,
            told.seq,
            told.edges,
            cover=told.cover,
            age_ms=int((now_s - told.edge_s) * 1000),
        )
        return envelope.seal_up(
            self._cipher,
            self._raw_id,
            envelope.UP,
            self._epoch,
            self._counter,
            report.pack(said),
        )

    def take(self, frame: bytes, now_s: float) -> bool:
        """Whether the frame is the receipt that we wait for; the report is then forgotten.

        A late receipt, of a transmission that another one has answered for, is nothing new.
        WireError if it is none of ours, AssertionError if it vouches for what was never sent.
        """
        _, epoch, counter, plain = envelope.open_up(self._cipher, self._raw_id, frame)
        said = receipt.unpack(plain)
        told = self.waiting[0] if self.waiting else None
        if told is None or (epoch, counter) not in told.sent:
            assert (epoch, counter) <= (self._epoch, self._counter), "a receipt for nothing"
            return False
        assert said.seq == told.seq, "a receipt that names another report"
        told.receipt_s = now_s
        self.waiting.popleft()
        self.tries = 0
        return True


class Fleet:
    """All of the load seals. `told` holds every edge since the start, in time's order."""

    def __init__(
        self,
        seals: Sequence[Enrolled],
        broker_port: int,
        chance: random.Random,
        lines: int = 4,
        *,
        host: str = "127.0.0.1",
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self.told: list[Told] = []
        self.receipts = 0
        self.wrong: list[str] = []  # what no gateway may ever send
        self.slowest_s = 0.0  # what machine and broker took for a message, at the most
        self._chance, self._port, self._host = chance, broker_port, host
        self._first_retry_s = first_retry_s
        self._seals = {enrolled.seal_id: LoadSeal(enrolled) for enrolled in seals}
        self._line_of = {seal_id: n % lines for n, seal_id in enumerate(self._seals)}
        self._lines: list[Line | None] = [None] * lines
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the lines, and keep them open through everything."""
        keepers = [self._keep(number) for number in range(len(self._lines))]
        self._keepers = [asyncio.create_task(keeper) for keeper in (*keepers, self._probe())]

    async def stop(self) -> None:
        """Close everything."""
        for timer in self._retries.values():
            timer.cancel()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for line in self._lines:
            if line is not None:
                line.cut()

    async def live(self, rate: float, end: asyncio.Event) -> None:
        """Doors open and shut, `rate` edges a second, until `end` is set."""
        order = list(self._seals.values())
        self._chance.shuffle(order)  # once: between two turns of a door lies always as long
        began, done = time.monotonic(), 0
        while not end.is_set():
            while done < (time.monotonic() - began) * rate:
                self._turn(order[done % len(order)])
                done += 1
            await asyncio.sleep(_TICK_S)

    def acknowledged(self) -> int:
        """How many PUBACKs the broker has sent on the lines that stand now."""
        return sum(line.acknowledged for line in self._lines if line is not None)

    def cut(self) -> None:
        """Break every line at once: whatever was on it is lost."""
        for line in self._lines:
            if line is not None:
                line.cut()

    def turn(self, seal_id: str) -> None:
        """This door opens, or shuts if it was open."""
        self._turn(self._seals[seal_id])

    def tamper(self, seal_id: str) -> None:
        """The cover of this seal is opened."""
        seal = self._seals[seal_id]
        self.told.append(seal.tamper(time.monotonic()))
        if len(seal.waiting) == 1:
            self._send(seal)

    def waiting(self) -> int:
        """How many reports have no receipt yet."""
        return sum(len(seal.waiting) for seal in self._seals.values())

    def _turn(self, seal: LoadSeal) -> None:
        self.told.append(seal.turn(time.monotonic()))
        if len(seal.waiting) == 1:
            self._send(seal)

    def _send(self, seal: LoadSeal) -> None:
        """Put the first waiting report on the line, and see to the next try."""
        line = self._lines[self._line_of[seal.seal_id]]
        if line is not None:
            frame = seal.transmission(time.monotonic())
            number = self._chance.randrange(0xFFFF)
            line.write_report(topics.report(seal.seal_id), frame, number)
        wait_s = self._first_retry_s * 1.5 ** max(seal.tries - 1, 0)
        wait_s = min(max(LAST_RETRY_S, self._first_retry_s), wait_s)
        wait_s *= self._chance.uniform(0.8, 1.2)
        self._retry_in(wait_s, seal)

    def _retry_in(self, wait_s: float, seal: LoadSeal) -> None:
        before = self._retries.pop(seal.seal_id, None)
        if before is not None:
            before.cancel()
        later = asyncio.get_running_loop().call_later
        self._retries[seal.seal_id] = later(wait_s, self._send, seal)

    async def _probe(self) -> None:
        """Send ourselves the time by each line in turn, for as long as there are lines."""
        for number in itertools.count():
            line = self._lines[number % len(self._lines)]
            if line is not None:
                topic = f"{_PROBES}{number % len(self._lines)}"
                line.write(publish_unacknowledged(topic, repr(time.monotonic()).encode()))
            await asyncio.sleep(PROBE_S)

    def _take(self, topic: str, frame: bytes) -> None:
        if topic.startswith(_PROBES):
            self.slowest_s = max(self.slowest_s, time.monotonic() - float(frame))
            return
        try:
            seal = self._seals[topics.parse(topic)[0]]
            news = seal.take(frame, time.monotonic())
        except (WireError, AssertionError, KeyError) as error:
            self.wrong.append(f"{topic}: {error!r}")
            return
        if not news:
            return
        self.receipts += 1
        self._retries.pop(seal.seal_id).cancel()
        if seal.waiting:
            self._send(seal)

    async def _keep(self, number: int) -> None:
        """Open a line again whenever it breaks; what waits on it is sent at once."""
        mine = [seal for s, seal in self._seals.items() if self._line_of[s] == number]
        listen = [f"{_PROBES}{number}", *(topics.receipt(seal.seal_id) for seal in mine)]
        while True:
            with contextlib.suppress(LineLost):
                line = await open_line(
                    self._port,
                    self._take,
                    listen,
                    client_id=f"fleet-{number}",
                    host=self._host,
                )
                self._lines[number] = line
                for seal in mine:
                    if seal.waiting:
                        self._send(seal)
                await line.lost.wait()
                self._lines[number] = None
            await asyncio.sleep(RECONNECT_S)
