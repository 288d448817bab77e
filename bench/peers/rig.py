"""One system at work: a broker of its own before it, a webhook behind it, doors, and a clock.

Publish and arrival times come from this process and one steady clock, so a page's latency is the
one less the other. Packets are made beforehand and written to a bare connection: what is measured
is the system, not the load.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.load import percentile
from bench.peers.load import Load, Run
from bench.peers.systems import System
from bench.stage import CannotMeasure, mosquitto, running
from tests.end_to_end.line import open_line
from tests.end_to_end.receiver import Receiver

START_S = 90.0
KNOCK_EVERY_S = 0.1
CALM_CORES = 0.15  # of the system's own, for so long, and it has started
CALM_S = 1.0
CALM_WAIT_S = 20.0
LOOK_EVERY_S = 0.25
STARTS = 3  # times as long as it took to start, and it does not come back


@dataclass(frozen=True)
class Came:
    """What came of a run. Times in milliseconds, in the order of sending."""

    late_ms: list[float]
    lost: int
    doubled: int
    last_ns: int  # when its last page came; 0 for none

    def at(self, share: float) -> float | None:
        """A percentile of the latencies; None where nothing came."""
        return round(percentile(self.late_ms, share), 3) if self.late_ms else None


class Rig:
    """A system that runs and has told of a first opening. Made by `at_work`."""

    def __init__(self, system: System, receiver: Receiver, load: Load) -> None:
        self.system, self.receiver, self.load = system, receiver, load
        self.start_s = 0.0
        self._keys: list[str] = []  # of the arrivals, as far as they were looked up

    def start(self) -> None:
        """Start the system, also again."""
        self.system.process.start()

    def kill(self) -> None:
        """SIGKILL: no word of farewell, nothing flushed."""
        self.system.process.kill()

    async def settle(self) -> None:
        """Start it, and return once it has told of an opening and has gone quiet."""
        began, last = time.monotonic_ns(), Run()
        self.start()
        late = time.monotonic() + START_S
        while not self.receiver.arrivals:
            if time.monotonic() > late or not self.system.process.alive:
                words = self.system.process.last_words()
                raise CannotMeasure(f"{self.system.name} tells of no opening:\n{words}")
            last = self.load.knock()
            await asyncio.sleep(KNOCK_EVERY_S)
        self.start_s = (self.receiver.arrivals[0][0] - began) / 1e9
        while not await asyncio.to_thread(self.system.is_set_up):
            if time.monotonic() > late:
                raise CannotMeasure(f"{self.system.name} does not take in who is enrolled")
            await asyncio.sleep(LOOK_EVERY_S)
        await self._calm()
        await self.drain(last, quiet_s=2.0)

    async def _calm(self) -> None:
        """Until it takes little of a core: what it does once, after its start, is not its load."""
        late = time.monotonic() + CALM_WAIT_S
        while time.monotonic() < late:
            before = self.system.cpu_s()
            await asyncio.sleep(CALM_S)
            if self.system.cpu_s() - before < CALM_CORES * CALM_S:
                return

    async def drain(self, run: Run, quiet_s: float, back_ns: int = 0) -> Came:
        """Return when every opening of a run was told, or nothing came for so long. `back_ns`: when
        it was started anew; until something comes after that, it is given time to start."""
        count, since = -1, time.monotonic()
        while time.monotonic() - since < self._patience_s(quiet_s, back_ns):
            if count != len(self.receiver.arrivals):
                count, since = len(self.receiver.arrivals), time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
            if count == len(self.receiver.arrivals) >= len(run.sent):
                came = self.came(run)  # never while pages come: a look would slow them
                if not came.lost:
                    return came
        return self.came(run)

    def _patience_s(self, quiet_s: float, back_ns: int) -> float:
        arrivals = self.receiver.arrivals
        is_back = bool(arrivals) and arrivals[-1][0] > back_ns
        return quiet_s if is_back else max(quiet_s, STARTS * self.start_s)

    def came(self, run: Run) -> Came:
        """What has come of a run so far."""
        first, counts = dict[str, int](), dict[str, int]()
        for key, at_ns in self._told():
            first.setdefault(key, at_ns)
            counts[key] = counts.get(key, 0) + 1
        told = [key for key in run.sent if key in first]
        return Came(
            late_ms=[(first[key] - run.sent[key]) / 1e6 for key in told],
            lost=len(run.sent) - len(told),
            doubled=sum(counts[key] - 1 for key in told),
            last_ns=max((first[key] for key in told), default=0),
        )

    def _told(self) -> Iterable[tuple[str, int]]:
        """The key of every page, and when it came."""
        arrivals = list(self.receiver.arrivals)
        fresh = [body for _, body in arrivals[len(self._keys) :]]
        if fresh:
            self._keys += self.system.keys(fresh)
        return zip(self._keys, (at_ns for at_ns, _ in arrivals), strict=True)


@contextlib.asynccontextmanager
async def at_work(kind: type[System], folder: Path) -> AsyncIterator[Rig]:
    """A fresh broker, a fresh webhook, and a system between them. CannotMeasure if it does not."""
    receiver = Receiver()
    await receiver.start()
    with running(mosquitto(folder / "broker")) as broker:
        system = kind(folder / "system", broker.port, receiver.url)
        topics = ["seals/+/receipt"]  # as seals would: whoever sends them none is not asked to
        line = await open_line(broker.port, lambda *_: None, topics, client_id="doors")
        rig = Rig(system, receiver, Load(system, line))
        try:
            await rig.settle()
            yield rig
        finally:
            await asyncio.to_thread(system.process.stop)
            line.cut()
            await receiver.stop()


class Shares:
    """Who took the processor while something was measured."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._began_s, self._cpu_s, self._others_s = self._now()

    def _now(self) -> tuple[float, float, float]:
        return time.monotonic(), self._system.cpu_s(), machine.others_s()

    def so_far(self) -> tuple[float, float]:
        """Processor time of the system, in seconds; and the cores that anybody else but it and us
        kept busy meanwhile, the broker included."""
        now_s, cpu_s, others_s = self._now()
        used_s, whole_s = cpu_s - self._cpu_s, now_s - self._began_s
        return used_s, max(0.0, (others_s - self._others_s - used_s) / whole_s)
