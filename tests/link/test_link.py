"""The gateway and its console as two ends of a socket: what crosses it, and what no end can do to
the other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.actor import CENTRE
from gateway.core.cases.refusal import Refusal
from gateway.core.events import CaseAcknowledged
from gateway.core.subject import of_door
from gateway.engine.gateway import GatewayAwayError
from gateway.link import frames, place, server
from gateway.link.client import GatewayLink
from gateway.link.server import LinkServer
from tests.waiting import until
from tests.web.web_site import Console, console, first_case, new_store


@contextlib.asynccontextmanager
async def linked(site: Console, database: Path) -> AsyncIterator[GatewayLink]:
    """Both ends, at work."""
    link = GatewayLink(database)
    ends = [asyncio.ensure_future(part.run()) for part in (LinkServer(site.engine, database), link)]
    try:
        await until(link.is_heard)
        yield link
    finally:
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)


async def test_an_act_crosses_it_and_what_came_of_it_comes_back(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site, linked(site, tmp_path / "menshen.db") as link:
        await site.seal(0)
        await site.opens(0)
        taken = CaseAcknowledged(first_case(0), CENTRE, "a1")
        watch = link.broadcast.subscribe()
        assert (await link.submit(of_door("d0"), taken)).changed
        again = CaseAcknowledged(first_case(0), CENTRE, "a2")
        assert (await link.submit(of_door("d0"), again)).refusal is Refusal.DONE_ALREADY
        await until(lambda: any(first_case(0) in news.cases for news in watch.take()))
        await until(lambda: link.health().commits == site.engine.health().commits)
        assert abs(link.clock.now_ms() - site.clock.now_ms()) < 5_000
        with pytest.raises(KeyError):
            await link.submit(of_door("nowhere"), taken)


async def test_the_socket_is_its_owners_and_lies_as_deep_as_the_database(tmp_path: Path) -> None:
    deep = tmp_path / ("门神" * 20) / ("x" * 120)
    deep.mkdir(parents=True)
    store = new_store(tmp_path)
    async with console(store) as site, linked(site, deep / "menshen.db"):
        path = place.socket_path(deep / "menshen.db")
        assert len(os.fsencode(path)) > place.PATH_BYTES_MAX
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_gateway_that_is_gone_is_noticed_and_one_that_comes_back_too(
    tmp_path: Path,
) -> None:
    database = tmp_path / "menshen.db"
    async with console(new_store(tmp_path)) as site:
        link = GatewayLink(database)
        with pytest.raises(GatewayAwayError):
            link.health()
        following = asyncio.ensure_future(link.run())
        for _ in range(2):
            serving = asyncio.ensure_future(LinkServer(site.engine, database).run())
            await until(link.is_heard)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await until(lambda: not link.is_heard())
            with pytest.raises(GatewayAwayError):
                await link.submit(of_door("d0"), CaseAcknowledged("x", CENTRE, "a"))
        following.cancel()


async def test_what_is_no_frame_of_ours_ends_that_line_only(tmp_path: Path) -> None:
    database = tmp_path / "menshen.db"
    async with console(new_store(tmp_path)) as site, linked(site, database) as link:
        for rubbish in (b"\xff" * 100, b"\0\0\0\4abcd", b"\0\0\0\1\x90"):
            line = place.connected(database)
            reader, writer = await asyncio.open_unix_connection(sock=line)
            writer.write(rubbish)
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(-1), 5)
            writer.transport.abort()
        assert link.is_heard()


async def test_a_console_that_reads_nothing_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UNREAD_BYTES_MAX", 1_000)
    monkeypatch.setattr(server, "BEAT_S", 0.001)
    database = tmp_path / "menshen.db"
    async with console(new_store(tmp_path)) as site, linked(site, database):
        deaf = place.connected(database)
        is_cut = asyncio.get_running_loop().run_in_executor(None, _until_cut, deaf.fileno())
        await asyncio.wait_for(is_cut, 20)
        deaf.close()


def _until_cut(descriptor: int) -> None:
    """Return when the other end has hung up; nothing is read meanwhile."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLHUP)
    assert waiting.poll(20_000)


def test_a_frame_says_its_length_first() -> None:
    beat = frames.framed(frames.Answered(7, None))
    assert int.from_bytes(beat[:4], "big") == len(beat) - 4
