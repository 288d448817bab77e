"""What started the gateway and watches it: systemd's protocol for services, in the lines it needs.

A service of `Type=notify` says when it is up, and, where `WatchdogSec` asks for it, that it lives.
That it lives is said after a commit, or where nothing is left to be committed: a loop that turns
while nothing is stored any more would be no gateway. Where the store refuses (a full disk) it is
said all the same, for a restart makes no room, and the people in charge are being told.

Source: systemd's sd_notify(3) and sd_watchdog_enabled(3).
"""

import asyncio
import logging
import os
import socket
from collections.abc import MutableMapping
from typing import Final, Self

from gateway.engine.engine import Engine

SOCKET, WATCHDOG, WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
A_TIME: Final = 3  # so often within the time that the watchdog gives
UP, LIVES, STOPS = "READY=1", "WATCHDOG=1", "STOPPING=1"

log = logging.getLogger("menshen")


class ServiceManager:
    """What asked to be told of the gateway; nobody, where it was started by hand.

    Args:
        address: the path of its socket; one that begins with @ is an abstract one, "" is none.
        watchdog_s: within so many seconds it wants to hear that the gateway lives; 0: never.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address, self._watchdog_s = address, watchdog_s

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> Self:
        """The one that the environment names. Its variables are taken out, so that no process of
        ours speaks for us."""
        address, watchdog = environment.pop(SOCKET, ""), environment.pop(WATCHDOG, "")
        is_ours = environment.pop(WATCHED, str(os.getpid())) == str(os.getpid())
        is_watched = is_ours and watchdog.isdecimal()
        return cls(address, int(watchdog) / 1_000_000 if is_watched else 0.0)

    def tell(self, state: str) -> None:
        """Say it, such as READY=1. Where it cannot be said the gateway goes on, and logs why."""
        if not self._address:
            return
        name = self._address
        name = "\0" + name[1:] if name.startswith("@") else name
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)
                line.sendto(state.encode(), name)
        except OSError as error:
            log.warning("systemd was not told %s: %s", state, error.strerror)

    async def watch(self, engine: Engine) -> None:
        """Say that the gateway lives, as long as its engine does its work; until cancelled."""
        if not (self._address and self._watchdog_s):
            return
        every_s = self._watchdog_s / A_TIME
        idle: asyncio.Task[None] | None = None
        try:
            while True:
                commits = engine.health().commits
                idle = idle or asyncio.ensure_future(engine.idle())
                await asyncio.wait([idle], timeout=every_s)
                health = engine.health()
                if idle.done() or health.commits != commits or not health.store_ok:
                    self.tell(LIVES)
                if idle.done():
                    idle = None
                    await asyncio.sleep(every_s)
        finally:
            if idle is not None:
                idle.cancel()
