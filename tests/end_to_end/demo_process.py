"""`menshen demo` as a user starts it, with everything below it known by its process id."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests import neighbours
from tests.waiting import block_until

READY_S = 90.0
GONE_S = 30.0
COMMAND = (sys.executable, "-m", "gateway", "demo")
ON_NATS = (
    sys.executable,
    "-c",
    "import sys, gateway.demo.broker as b; b.mosquitto = lambda: None; "
    "from gateway.cli.app import main; sys.argv[1:1] = ['demo']; main()",
)


class Demo:
    """A running demo. `folder` is its temporary folder's parent, and holds what it printed."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self.folder, self.url = folder, ""
        self._log = folder / "demo.log"
        places = os.pathsep.join([str(neighbours.ROOT), str(neighbours.ROOT / "firmware")])
        environment = os.environ | {"PYTHONPATH": places, "TMPDIR": str(folder)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's start is the quicker one
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when it has printed its address."""
        address = re.compile(r"http://127\.0\.0\.1:\d+/")

        def is_ready() -> bool:
            assert self.process.poll() is None, self.said()
            return address.search(self.said()) is not None

        assert block_until(is_ready, READY_S), self.said()
        self.url = address.findall(self.said())[0]

    def wait_for_children(self, count: int) -> list[psutil.Process]:
        """Its children, when there are so many."""
        demo = psutil.Process(self.process.pid)
        are_there = block_until(lambda: len(demo.children(recursive=True)) >= count, READY_S)
        assert are_there, self.said()
        return demo.children(recursive=True)

    def send(self, number: signal.Signals) -> int:
        """Send a signal to it alone, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(GONE_S)

    def said(self) -> str:
        """Everything it printed."""
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """See to its end, whatever a test did."""
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.send(signal.SIGINT)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(GONE_S)


@contextlib.contextmanager
def demo(folder: Path, command: Sequence[str] = COMMAND) -> Iterator[Demo]:
    """A demo for the length of a block, starting."""
    running = Demo(folder, command)
    try:
        yield running
    finally:
        running.end()


def left_over(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those that still run after a while of waiting. One that only waits to be buried does not."""
    block_until(lambda: not any(map(_runs, processes)), GONE_S)
    return [process for process in processes if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
