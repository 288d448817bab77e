"""Keeps the console: a process of its own that is started again when it ends, and ends with us.

The gateway does without it: nothing here is waited for, and what fails here is told and tried
again.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import Final

from gateway.settings import secret

PARENT_DEATH_SIGNAL: Final = Path(__file__).with_name("parent_death_signal.py")
AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)  # then every 10 s
STEADY_S: Final = 60.0  # whoever lives so long begins anew
STOP_S: Final = 0.8
NOT_ITS: Final = ("broker", "webhook", "influx")  # sections whose secrets a console does without

log = logging.getLogger("menshen.console")


class ConsoleProcess:
    """The console of the gateway with the settings in `config`."""

    def __init__(self, config: Path) -> None:
        self._config = config

    async def run(self) -> None:
        """Keep it until cancelled."""
        tries = 0
        while True:
            lived_s = await self._live()
            tries = 0 if lived_s > STEADY_S else tries + 1
            again_s = AGAIN_S[min(tries, len(AGAIN_S) - 1)]
            log.error("the console is started again in %.1f s; the gateway goes on", again_s)
            await asyncio.sleep(again_s)

    async def _live(self) -> float:
        """Start it, and wait until it ends. How long it lived, in seconds."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            process = await self._start()
        except OSError as error:
            log.error("the console cannot be started: %s", error.strerror)
            return 0.0
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                await asyncio.shield(_stop(process))
        log.error("the console ended (exit code %d)", code)
        return loop.time() - began_s

    async def _start(self) -> Process:
        """In our own process group, so that whoever ends us by group ends it too."""
        tied = (sys.executable, "-I", "-S", str(PARENT_DEATH_SIGNAL), str(os.getpid()))
        command = (sys.executable, "-P", "-m", "gateway", "console", "--config", str(self._config))
        return await asyncio.create_subprocess_exec(
            *tied, *command, stdin=DEVNULL, env=_environment()
        )


async def _stop(process: Process) -> None:
    """Ask it to end, then see to it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    """Ours, without the secrets that no page needs; and the same modules, wherever we are."""
    names = {name for (section, _), name in secret.SECRETS.items() if section in NOT_ITS}
    hidden = names | {f"{name}_FILE" for name in names}
    ours = {name: value for name, value in os.environ.items() if name not in hidden}
    return ours | {"PYTHONPATH": os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)}
