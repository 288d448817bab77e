"""Who may keep the console waiting, and how long: on real sockets, with short deadlines."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.engine.clock import MachineClock
from gateway.settings import Settings
from gateway.web import connections, server
from gateway.web.once import Once
from gateway.web.pages.wallboard import Wallboard
from gateway.web.seldom import Seldom
from tests.waiting import until
from tests.web.web_site import Console, console, listening, new_store

HEAD = b"POST /cases/x/acknowledge HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n"
ASKED = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@contextlib.asynccontextmanager
async def served(site: Console, tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    """The console as its own process serves it, here; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = asyncio.Event()
    serving = asyncio.ensure_future(
        server.serve(Settings(), site.store, site.engine, listener, stopped)
    )
    try:
        yield listener.getsockname()
    finally:
        stopped.set()
        await asyncio.wait_for(serving, 10)


@pytest.fixture
async def address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, int]]:
    """A console whose patience is short."""
    for name in ("REQUEST_S", "BODY_S", "READ_S"):
        monkeypatch.setattr(connections, name, 0.5)
    store = new_store(tmp_path)
    async with console(store, MachineClock(0)) as site, served(site, tmp_path) as where:
        yield where


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", HEAD, HEAD + b"x" * 49, ASKED],
    ids=["nothing", "half a head", "no body", "most of a body", "no second request"],
)
async def test_i2_who_keeps_the_console_waiting_is_let_go(
    address: tuple[str, int], said: bytes
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(said)
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            await reader.read()
    writer.transport.abort()


async def test_i2_a_drop_at_a_time_moves_no_deadline(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    gone = asyncio.ensure_future(reader.read())
    writer.write(b"GET / HTTP/1.1\r\n")

    def is_gone() -> bool:
        with contextlib.suppress(ConnectionError):
            writer.write(b"a: b\r\n")
        return gone.done()

    await until(is_gone)
    with contextlib.suppress(ConnectionError):
        await gone
    writer.transport.abort()


async def test_i2_who_does_not_read_the_answer_is_let_go(address: tuple[str, int]) -> None:
    line = socket.create_connection(address)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    line.setblocking(False)
    asked = b"GET /static/vendor/htmx.min.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def is_gone() -> bool:
        try:
            line.send(asked * 20)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        return False

    await until(is_gone, wait_s=20)
    line.close()


async def test_i2_junk_is_answered_once_and_costs_no_line_of_log_each(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.transport.abort()


def test_i2_what_happens_often_is_told_seldom() -> None:
    seldom = Seldom("menshen.console")
    logger = __import__("logging").getLogger("seldom")
    told = [seldom.filter(logger.makeRecord("x", 30, "", 0, "a flood", (), None)) for _ in "abc"]
    assert told == [True, False, False]


async def test_j5_what_many_ask_for_at_once_is_made_once_and_never_old() -> None:
    once, made, go_on = Once(), list[int](), asyncio.Event()

    async def make() -> int:
        made.append(len(made))
        await go_on.wait()
        return made[-1]

    first = asyncio.ensure_future(once.get("wall", make))
    await until(lambda: made)
    others = [asyncio.ensure_future(once.get("wall", make)) for _ in range(50)]
    await asyncio.sleep(0)
    go_on.set()
    assert await first == 0
    assert set(await asyncio.gather(*others)) == {1}  # begun after they asked
    assert made == [0, 1]


async def test_j5_fifty_walls_read_a_change_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = list[object]()
    fragments = Wallboard.fragments

    def counted(self: Wallboard, *given: object) -> object:
        readings.append(given[1])
        return fragments(self, *given)  # type: ignore[arg-type]

    async with console(new_store(tmp_path)) as site, contextlib.AsyncExitStack() as walls:
        await site.seal(0)
        monkeypatch.setattr(Wallboard, "fragments", counted)
        lines = [
            await walls.enter_async_context(listening(site, "view=wallboard&name=0"))
            for _ in range(50)
        ]
        for line in lines:
            await line.next("fragment")
        before = len(readings)
        assert before <= 3
        await site.opens(0)
        told = {(await line.next("fragment")).data for line in lines}
        assert len(told) == 1
        assert len(readings) == before + 1
