"""The stage of every measurement: a fresh mosquitto, and a gateway as a user runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from bench.load import Sealer
from tests import neighbours
from tests.end_to_end import site as sites
from tests.end_to_end.line import Line, open_line
from tests.end_to_end.receiver import Receiver

N = TypeVar("N", bound=neighbours.Neighbour)

SEALS = 1_000
START_S = 30.0
SEED = 20200210  # the same site in every round
# As in broker_config/, on loopback and in the clear: what TLS costs is the broker's figure.
MOSQUITTO = """\
listener {port} {address}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 100000
max_inflight_messages 200
set_tcp_nodelay true
"""


class CannotMeasure(Exception):
    """Something that the bench needs is missing or does not work; the text says what."""


@dataclass
class Stage:
    """A running gateway on a site of SEALS doors, the seals' line to it, and its webhook."""

    sealers: list[Sealer]
    line: Line
    receipts: list[int]  # when each came, by the monotonic clock in ns
    receiver: Receiver
    site: sites.Site
    gateway: neighbours.Neighbour
    broker: neighbours.Broker

    def rss_mb(self) -> float:
        """Memory that the gateway's own process holds now."""
        return float(psutil.Process(self.gateway.pid).memory_info().rss / 1e6)

    def console_rss_mb(self) -> float:
        """Memory of what it has started: the console."""
        children = psutil.Process(self.gateway.pid).children(recursive=True)
        return float(sum(child.memory_info().rss for child in children) / 1e6)

    def cpu_s(self) -> tuple[float, float]:
        """Processor time of the gateway and of the broker so far, in seconds."""
        gateway, broker = (psutil.Process(n.pid).cpu_times() for n in (self.gateway, self.broker))
        return gateway.user + gateway.system, broker.user + broker.system


@contextlib.contextmanager
def running(neighbour: N) -> Iterator[N]:
    """Start it, and stop it at the end."""
    neighbour.start()
    try:
        yield neighbour
    finally:
        neighbour.stop()


@contextlib.asynccontextmanager
async def stage(
    folder: Path,
    *,
    ordered: bool,
    seals: int = SEALS,
    doors_in_a_grid: int = sites.DOORS_IN_A_GRID,
    console: str = "",
    prepare: Callable[[sites.Site], None] = lambda _site: None,
) -> AsyncIterator[Stage]:
    """Everything up and answering. `ordered`: the doors stand under quarantine orders. `console`:
    more lines of its settings. `prepare`: what else is laid down before the gateway starts."""
    receiver, receipts = Receiver(), list[int]()
    await receiver.start()
    with running(mosquitto(folder / "broker")) as broker:
        site = sites.found(
            folder / "site",
            random.Random(SEED),  # noqa: S311 - not a secret
            doors=seals,
            ordered=seals if ordered else 0,
            broker_port=broker.port,
            webhook=receiver.url,
            console=console,
            doors_in_a_grid=doors_in_a_grid,
        )
        prepare(site)
        sealers = [Sealer(enrolled) for enrolled in site.seals]
        line = await open_line(
            broker.port,
            lambda _topic, _frame: receipts.append(time.monotonic_ns()),
            ["seals/+/receipt"],
            client_id="bench",
        )
        gateway = sites.gateway(site)
        with running(gateway):
            play = Stage(sealers, line, receipts, receiver, site, gateway, broker)
            await _warm(play)
            yield play
        line.cut()
    await receiver.stop()


def mosquitto(folder: Path) -> neighbours.Broker:
    """A broker of our own, not yet started. CannotMeasure where there is none."""
    program = neighbours.find("mosquitto")
    if program is None:
        raise CannotMeasure("mosquitto is missing; `make neighbours` installs it on Debian")
    folder.mkdir(parents=True)
    port = neighbours.unused_port()
    text = MOSQUITTO.format(address="127.0.0.1", port=port, folder=folder)
    if os.geteuid() == 0:  # else it gives up root, and with it this folder
        text += "user root\n"
    (folder / "mosquitto.conf").write_text(text)
    return neighbours.Broker("mosquitto", [program, "-c", "mosquitto.conf"], folder, port)


def mosquitto_version() -> str:
    """What the broker calls itself."""
    program = neighbours.find("mosquitto") or "mosquitto"
    answer = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
    return answer.partition("\n")[0]


async def until(true: Callable[[], bool], what: str, wait_s: float = START_S) -> None:
    """Wait until something holds. CannotMeasure with `what` if it does not in time."""
    late = time.monotonic() + wait_s
    while not true():
        if time.monotonic() > late:
            raise CannotMeasure(what)
        await asyncio.sleep(0.01)


async def _warm(play: Stage) -> None:
    """Send heartbeats until the gateway answers, then let every seal send one heartbeat."""
    late = time.monotonic() + START_S
    while not play.receipts:
        if time.monotonic() > late or not play.gateway.alive:
            words = play.gateway.last_words()
            raise CannotMeasure(f"the gateway does not answer:\n{words}")
        play.line.write(play.sealers[0].heartbeat())
        await asyncio.sleep(0.1)
    await until(play.site.is_enrolled, "the gateway does not take the enrolment")
    before = len(play.receipts)
    for sealer in play.sealers:
        play.line.write(sealer.heartbeat())
    await until(
        lambda: len(play.receipts) >= before + len(play.sealers), "not every seal is answered"
    )
