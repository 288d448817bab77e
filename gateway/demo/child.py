"""A program that the supervisor started: that dies with its parent, in a session of its own, with a
log file.

A session of its own keeps Ctrl-C from reaching it: the supervisor ends everything in its order.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from gateway.link.console_process import PARENT_DEATH_SIGNAL

_LOG_TAIL_BYTES = 2_000


class ChildError(Exception):
    """A part of the demo did not start or did not last. The text is a sentence for its user."""


class Child:
    """One program. It may be started again after it ended; the log goes on in the same file."""

    def __init__(self, name: str, argv: list[str], folder: Path, *, talks: bool = False) -> None:
        """`talks`: standard input and output are pipes to us, instead of nothing and the log."""
        self.name = name
        self._argv, self._folder, self._talks = argv, folder, talks
        self._log = folder / f"{name}.log"
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """The running program. ChildError if it was never started."""
        if self._process is None:
            raise ChildError(f"the {self.name} was never started")
        return self._process

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> int:
        """Start it; its process id."""
        tied = (sys.executable, "-I", "-S", str(PARENT_DEATH_SIGNAL), str(os.getpid()))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tied,
                *self._argv,
                cwd=self._folder,
                stdin=PIPE if self._talks else DEVNULL,
                stdout=PIPE if self._talks else log,
                stderr=log,
                start_new_session=True,
            )
        return self._process.pid

    async def kill(self) -> None:
        """SIGKILL, as a power cut would end it. Returns when it is gone."""
        self._signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self, within_s: float) -> None:
        """Ask it to end, then see to it. Does nothing where it has ended."""
        if not self.alive:
            return
        if self._talks and self.process.stdin is not None:
            self.process.stdin.close()  # its sign to leave
        else:
            self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(within_s):
                await self.process.wait()
        except TimeoutError:
            await self.kill()

    def last_words(self) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return self._log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        return ""

    def _signal(self, number: signal.Signals) -> None:
        """To the whole session, should it ever have children of its own."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
