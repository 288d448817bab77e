"""The cable pulled between any two parts: seals and broker, broker and gateway, gateway and people.

Broker and gateway stand each in a network namespace of its own; seals and the receiver of pages
stay outside. A cut takes one cable's link down and says nothing to anybody: connections hang until
somebody's patience ends. That wants root and `ip`; where there is neither, it is not run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from bench import stage
from bench.faults.kills import judge
from bench.faults.trial import NotRunHereError, Trial, carried
from tests import neighbours
from tests.end_to_end import house as houses
from tests.end_to_end import site as sites
from tests.end_to_end.fleet import LAST_RETRY_S, Fleet
from tests.end_to_end.house import House
from tests.end_to_end.receiver import Receiver

DOORS, REPORTS_PER_S = 200, 20
CUT_S = 1.0, 8.0
APART_S = 1.0
# What waited in a connection is dated by its newest copy: as well as a seal repeats itself.
DATED_WITHIN_MS = houses.DATED_WITHIN_MS + int(LAST_RETRY_S * 1.2 * 1_000)
AFTER = 10  # receipts, and it goes on
BROKER, GATEWAY = "10.213.7.2", "10.213.8.2"  # as seals and people see them
OUTSIDE = "10.213.8.1"  # where people's receiver is, for the gateway
BROKER_INSIDE, GATEWAY_INSIDE = "10.213.9.1", "10.213.9.2"
IP = "ip"


@dataclass(frozen=True)
class Cables:
    """The three cables, each by its end in our own namespace or the gateway's."""

    broker_space: str
    gateway_space: str
    cables: dict[str, tuple[str, str]]  # what -> namespace ("": ours), device

    def set(self, which: str, up: bool) -> None:
        """Plug a cable in, or pull it."""
        space, device = self.cables[which]
        inside = ["-n", space] if space else []
        _ip(*inside, "link", "set", device, "up" if up else "down")


async def pull_cables(trial: Trial) -> None:
    """Pull one after the other, while doors open and shut."""
    rate = carried(REPORTS_PER_S)
    with _cables() as cables:
        async with _house(trial, cables) as house:
            async with houses.load(house.fleet, rate):
                await house.answered()
                for number in range(trial.n):
                    which = list(cables.cables)[number % len(cables.cables)]
                    cables.set(which, up=False)
                    await asyncio.sleep(trial.chance.uniform(*CUT_S))
                    cables.set(which, up=True)
                    healed_s = time.monotonic()
                    trial.injections += 1
                    await house.answered(AFTER)
                    trial.notes.append(f"receipts again {_within(healed_s)} after a cut of {which}")
                    await asyncio.sleep(APART_S)
            await house.settled()
        judge(trial, house, DATED_WITHIN_MS)


def _within(began_s: float) -> str:
    passed_s = time.monotonic() - began_s
    return next(f"within {s} s" for s in (5, 10, 20, 40, 80, 999) if passed_s <= s)


@contextlib.contextmanager
def _cables() -> Iterator[Cables]:
    """Namespaces and cables, gone afterwards."""
    if os.geteuid() != 0 or shutil.which(IP) is None:
        raise NotRunHereError("network namespaces want root, and `ip` of iproute2")
    tag = f"{os.getpid() % 100_000}"
    spaces = f"mnb{tag}", f"mng{tag}"
    try:
        for space in spaces:
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
        outer_broker = _cable(f"vb{tag}", ("", "10.213.7.1"), (spaces[0], BROKER))
        outer_gateway = _cable(f"vg{tag}", ("", OUTSIDE), (spaces[1], GATEWAY))
        inner = _cable(f"vi{tag}", (spaces[0], BROKER_INSIDE), (spaces[1], GATEWAY_INSIDE))
    except subprocess.CalledProcessError as error:
        _remove(*spaces)
        words = error.stderr.decode().strip()
        raise NotRunHereError(f"this machine makes no network namespaces: {words}") from None
    try:
        yield Cables(
            *spaces,
            {
                "seals and broker": ("", outer_broker),
                "broker and gateway": (spaces[0], inner),
                "gateway and people": ("", outer_gateway),
            },
        )
    finally:
        _remove(*spaces)


def _cable(name: str, one: tuple[str, str], other: tuple[str, str]) -> str:
    """A cable between two namespaces ("" is ours), with an address at each end; its first end."""
    _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b")
    for end, (space, address) in ((f"{name}a", one), (f"{name}b", other)):
        inside = ["-n", space] if space else []
        if space:
            _ip("link", "set", end, "netns", space)
        _ip(*inside, "addr", "add", f"{address}/30", "dev", end)
        _ip(*inside, "link", "set", end, "up")
    return f"{name}a"


def _remove(*spaces: str) -> None:
    """With a namespace goes every cable that ends in it."""
    for space in spaces:
        subprocess.run([IP, "netns", "del", space], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)


@contextlib.asynccontextmanager
async def _house(trial: Trial, cables: Cables) -> AsyncIterator[House]:
    """Broker and gateway each in its namespace, seals and people here."""
    program = neighbours.find("mosquitto")
    if program is None:
        raise NotRunHereError("mosquitto is missing; `make neighbours` installs it on Debian")
    folder, port, chance = trial.folder / "broker", neighbours.unused_port(), trial.chance
    folder.mkdir()
    text = stage.MOSQUITTO.format(address="0.0.0.0", port=port, folder=folder)  # noqa: S104
    (folder / "mosquitto.conf").write_text(text + "user root\n")
    inside = [IP, "netns", "exec"]
    command = [*inside, cables.broker_space, program, "-c", "mosquitto.conf"]
    broker = neighbours.Broker("mosquitto", command, folder, port, host=BROKER)
    receiver = Receiver(OUTSIDE)
    await receiver.start()
    try:
        with stage.running(broker):
            site = sites.found(
                trial.folder / "site",
                chance,
                doors=DOORS,
                ordered=DOORS,
                broker_host=BROKER_INSIDE,
                broker_port=port,
                webhook=receiver.url,
            )
            gateway = sites.gateway(site, [*inside, cables.gateway_space])
            fleet = Fleet(site.seals, port, chance, host=BROKER)
            async with houses.standing(site, broker, gateway, receiver, fleet) as house:
                yield house
    finally:
        await receiver.stop()
