"""The console's end of the link: a `Gateway` that is in another process, and may be away."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.core.events import Event
from gateway.core.subject import Subject
from gateway.engine.broadcast import Broadcast
from gateway.engine.clock import MachineClock
from gateway.engine.gateway import GatewayAwayError
from gateway.engine.health import Health
from gateway.engine.ports import Answer, Committed
from gateway.link import frames, place

SILENT_S: Final = 2.2  # without a beat, and one comes every second, it is away
AGAIN_S: Final = 0.3  # between two tries to reach it
WATCH_S: Final = 0.25
BACK_MS: Final = 5_000  # so far ahead of the gateway, its time was set back


def ask(database: Path, within_s: float) -> frames.Beat | None:
    """What the gateway with this database says of itself, for a program without a loop; None if
    none answers."""

    async def first() -> frames.Beat | None:
        line = place.connected(database)
        reader, writer = await asyncio.open_unix_connection(sock=line)
        try:
            said = await frames.read(reader, frames.from_gateway)
            return said if isinstance(said, frames.Beat) else None
        finally:
            writer.transport.abort()

    try:
        return asyncio.run(asyncio.wait_for(first(), within_s))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, frames.FrameError):
        return None


class GatewayClock:
    """The gateway's time as of its last beat, going on by this machine's steady clock; waiting is
    this process's own. Before the first beat, the machine's time."""

    def __init__(self, steady_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._steady_ns = steady_ns
        self._base_ms, self._at_ns = time.time_ns() // 1_000_000, steady_ns()
        self._latest_ms = 0
        self._waiting = MachineClock(0)
        self.wait, self.sleep = self._waiting.wait, self._waiting.sleep

    def set(self, now_ms: int) -> None:
        """The gateway says what time it is. What was a moment ahead waits for it; a clock that
        was set back there is followed."""
        if self.now_ms() - now_ms > BACK_MS:
            self._latest_ms = 0
        self._base_ms, self._at_ns = now_ms, self._steady_ns()

    def now_ms(self) -> int:
        """Milliseconds of UTC; never less than the last answer."""
        now_ms = self._base_ms + (self._steady_ns() - self._at_ns) // 1_000_000
        self._latest_ms = max(self._latest_ms, now_ms)
        return self._latest_ms


class GatewayLink:
    """The gateway, as a console in another process has it."""

    def __init__(self, database: Path) -> None:
        self.clock, self.broadcast = GatewayClock(), Broadcast()
        self._database = database
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._beat: frames.Beat | None = None
        self._heard_s = float("-inf")
        self._was_heard = False

    def is_heard(self) -> bool:
        """As `Gateway.is_heard`."""
        is_stuck = self._beat is not None and self._beat.is_stuck
        return self._is_there() and not is_stuck

    def health(self) -> Health:
        """As `Gateway.health`."""
        if self._beat is None:
            raise GatewayAwayError(was_sent=False)
        return self._beat.health

    async def submit(self, subject: Subject, event: Event) -> Answer:
        """As `Gateway.submit`."""
        if self._writer is None or not self._is_there():
            raise GatewayAwayError(was_sent=False)
        number = next(self._numbers)
        submission = frames.Submission(number, subject.kind, subject.id, event)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(frames.framed(submission))
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)

    async def run(self) -> None:
        """Keep the link until cancelled: come again whenever it breaks."""
        watching = asyncio.ensure_future(self._watch())
        try:
            while True:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, frames.FrameError):
                    await self._follow()
                await asyncio.sleep(AGAIN_S)
        finally:
            watching.cancel()

    async def _follow(self) -> None:
        """Connect, and take what the gateway says until it is gone."""
        reader, writer = await asyncio.open_unix_connection(sock=place.connected(self._database))
        self._writer = writer
        try:
            self._tell_all()  # what was committed before is not known here
            while True:
                self._take(await frames.read(reader, frames.from_gateway))
        finally:
            self._writer, self._heard_s = None, float("-inf")
            writer.transport.abort()
            for answer in list(self._waiting.values()):
                if not answer.done():
                    answer.set_exception(GatewayAwayError(was_sent=True))

    def _take(self, said: frames.FromGateway) -> None:
        self._heard_s = time.monotonic()
        match said:
            case frames.Beat():
                self._beat = said
                self.clock.set(said.now_ms)
            case frames.News(committed=committed):
                self.broadcast.post(committed)
            case frames.Answered():
                self._answered(said)
        self._look()

    def _answered(self, said: frames.Answered) -> None:
        waits = self._waiting.get(said.number)
        if waits is None or waits.done():
            return
        if said.answer is not None:
            waits.set_result(said.answer)
        elif said.is_refused:
            waits.set_exception(GatewayAwayError(was_sent=False))
        else:
            waits.set_exception(KeyError(said.number))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            self._look()

    def _look(self) -> None:
        """Wake those who watch, if the gateway has gone away or come back."""
        if self.is_heard() != self._was_heard:
            self._was_heard = self.is_heard()
            self.broadcast.post(Committed(self.clock.now_ms()))

    def _tell_all(self) -> None:
        self.broadcast.post(Committed(self.clock.now_ms(), all=True))

    def _is_there(self) -> bool:
        return time.monotonic() - self._heard_s < SILENT_S
