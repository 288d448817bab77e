"""What systemd is told, on real sockets: that the gateway is up, and lives by its commits."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.link.service_manager import LIVES, UP, ServiceManager
from tests import waiting
from tests.link.listener import Listener


class SomeEngine:
    """An engine as the watchdog sees it: idle or not, with commits, a store that takes them."""

    def __init__(self) -> None:
        self.is_idle, self.commits, self.store_ok = asyncio.Event(), 0, True
        self.is_idle.set()

    async def idle(self) -> None:
        await self.is_idle.wait()

    def health(self) -> SimpleNamespace:
        return SimpleNamespace(commits=self.commits, store_ok=self.store_ok)


@pytest.mark.parametrize("is_abstract", [False, True])
def test_it_is_told_on_a_path_and_on_an_abstract_socket(tmp_path: Path, is_abstract: bool) -> None:
    address = f"@menshen-{tmp_path.name}-{os.getpid()}" if is_abstract else str(tmp_path / "socket")
    listener = Listener(address)
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", "PATH": "/bin"}
    ServiceManager.of(environment).tell(UP)
    assert listener.count(UP) == 1
    assert environment == {"PATH": "/bin"}  # the console's process must not speak for the gateway
    listener.socket.close()


def test_who_is_started_by_hand_tells_nobody_and_a_deaf_one_stops_nothing(tmp_path, caplog):
    ServiceManager.of({}).tell(UP)
    assert caplog.text == ""
    ServiceManager(str(tmp_path / "nobody")).tell(UP)
    assert "systemd was not told READY=1: No such file or directory" in caplog.text


async def test_another_process_watchdog_is_not_ours(tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": "x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}
    await ServiceManager.of(environment).watch(SomeEngine())  # returns at once


async def test_it_lives_while_it_commits_or_has_nothing_to_do(tmp_path: Path) -> None:
    listener, engine = Listener(str(tmp_path / "socket")), SomeEngine()
    manager = ServiceManager(str(tmp_path / "socket"), 0.06)
    watching = asyncio.create_task(manager.watch(engine))
    await waiting.until(lambda: listener.count(LIVES) >= 3)

    engine.is_idle.clear()  # work waits: only a commit counts now
    engine.commits += 1
    before = listener.count(LIVES)

    def committed() -> bool:
        engine.commits += 1
        return listener.count(LIVES) > before + 3

    await waiting.until(committed)
    engine.store_ok = False  # a full disk: a restart would make no room
    before = listener.count(LIVES)
    await waiting.until(lambda: listener.count(LIVES) > before + 3)
    watching.cancel()
    listener.socket.close()


async def test_work_that_waits_and_is_not_committed_is_no_life(tmp_path: Path) -> None:
    """The real clock: five times as long as it says that it lives, and nothing is said."""
    listener, engine = Listener(str(tmp_path / "socket")), SomeEngine()
    engine.is_idle.clear()
    watching = asyncio.create_task(ServiceManager(str(tmp_path / "socket"), 0.03).watch(engine))
    done, _ = await asyncio.wait([watching], timeout=0.15)
    assert (done, listener.count(LIVES)) == (set(), 0)
    engine.is_idle.set()
    await waiting.until(lambda: listener.count(LIVES) > 0)
    watching.cancel()
    listener.socket.close()
