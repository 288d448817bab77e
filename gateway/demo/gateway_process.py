"""Keeps the gateway: a process of its own, as a site runs it, killed and started again at will."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from pathlib import Path

import aiohttp
import msgspec

from gateway.demo.child import Child, ChildError
from gateway.demo.ports import LOOPBACK, free_ports
from gateway.engine.ports import Committed

START_S = 60.0
STOP_S = 5.0
_ASK_EVERY_S = 0.05
_LISTEN_AGAIN_S = 0.2
_POLL_EVERY_S = 1.0
# Who plays with a door opens it more often than who lives behind it, and five minutes are long; all
# that they do is to be seen on the one phone.
# There is one warden and no review: what he reports is the end of it.
_SETTINGS = """\
[site]
name = "门神 Menshen"
[broker]
port = {broker_port}
[console]
port = {console_port}
[rules]
chatter_openings = 5
chatter_window_ms = 20000
settle_ms = 20000
pages_most = 100
sign_off = false
"""


class Phase(StrEnum):
    """How the gateway is."""

    STARTING = "starting"
    UP = "up"
    KILLED = "killed"
    ENDING = "ending"


class GatewayProcess:
    """One gateway in `folder`, which holds its settings, database and log."""

    def __init__(self, folder: Path, broker_port: int, changed: Callable[[], None]) -> None:
        self._folder, self._changed = folder, changed
        [self._console_port] = free_ports(1)
        settings = folder / "menshen.toml"
        settings.write_text(
            _SETTINGS.format(broker_port=broker_port, console_port=self._console_port)
        )
        argv = [sys.executable, "-m", "gateway", "run", "--config", str(settings)]
        self._child = Child("gateway", argv, folder)
        self.phase = Phase.STARTING
        self.since_ms = time.time_ns() / 1_000_000
        self.pid = 0
        self.back_ms = 0  # since when it hears the seals, by its own account

    @property
    def database(self) -> Path:
        """Where the gateway keeps what it knows."""
        return self._folder / "menshen.db"

    @property
    def url(self) -> str:
        """The console, without a slash behind."""
        return f"http://{LOOPBACK}:{self._console_port}"

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Start it; return when it answers and has the broker. ChildError if it does not."""
        self._enter(Phase.STARTING)
        self.pid = await self._child.start()
        try:
            async with asyncio.timeout(START_S):
                while not await self._is_up(http):
                    if not self._child.alive:
                        break
                    await asyncio.sleep(_ASK_EVERY_S)
                else:
                    self._enter(Phase.UP)
                    return
        except TimeoutError:
            pass
        raise ChildError(f"the gateway did not start:\n{self._child.last_words()}")

    async def kill(self) -> int:
        """SIGKILL, at once; the id of the process that was."""
        pid = self.pid
        self._enter(Phase.KILLED)
        await self._child.kill()
        return pid

    async def stop(self) -> None:
        """End it in order."""
        self._enter(Phase.ENDING)
        await self._child.stop(STOP_S)

    async def watch(self, http: aiohttp.ClientSession) -> None:
        """Start it again should it ever end by itself. Until cancelled."""
        while True:
            await asyncio.sleep(_POLL_EVERY_S)
            if self.phase is Phase.UP and not self._child.alive:
                self._enter(Phase.KILLED)
                await self.start(http)

    async def commits(self, http: aiohttp.ClientSession) -> AsyncIterator[Committed | None]:
        """Each commit as the gateway tells of it; None where some may have been missed."""
        while True:
            try:
                async for news in self._stream(http):
                    yield news
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            yield None
            await asyncio.sleep(_LISTEN_AGAIN_S)

    async def _stream(self, http: aiohttp.ClientSession) -> AsyncIterator[Committed | None]:
        patience = aiohttp.ClientTimeout(total=None, sock_connect=1, sock_read=60)
        async with http.get(f"{self.url}/stream", timeout=patience) as answer:
            answer.raise_for_status()
            yield None
            is_commit = False
            async for raw in answer.content:
                line = raw.strip()
                if line.startswith(b"event:"):
                    is_commit = line == b"event: committed"
                elif is_commit and line.startswith(b"data:"):
                    yield msgspec.json.decode(line[5:], type=Committed)

    async def _is_up(self, http: aiohttp.ClientSession) -> bool:
        patience = aiohttp.ClientTimeout(total=2)
        try:
            async with http.get(f"{self.url}/api/v1/health", timeout=patience) as answer:
                health = (await answer.json())["health"]
                self.back_ms = health["broker_since_ms"] or 0
                return answer.ok and bool(health["broker_connected"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, OSError):
            return False

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since_ms = phase, time.time_ns() / 1_000_000
        self._changed()
