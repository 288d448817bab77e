"""The console beside its gateway, on the real programs: neither can take the other down, nobody at
the console can slow a page, and no page ever claims to be live when nobody is behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests import neighbours, waiting
from tests.end_to_end.console_site import Play, all_leave, get, playing, stranger

IDLE = 1_100
LIVE_PAGES = 120
SAYS_SO_S = 5.0
STOP_S = 3.0  # half a second on an idle machine; tests share theirs with others


@pytest.fixture
async def play(tmp_path: Path, mosquitto: Callable[[], neighbours.Broker]) -> AsyncIterator[Play]:
    """The site at work; strangers leave at the end."""
    async with playing(tmp_path, mosquitto()) as one:
        yield one
        await all_leave()


async def test_i2_silent_strangers_hold_no_page_back_and_are_let_go(play: Play) -> None:
    silent = [await stranger(play.address) for _ in range(IDLE)]
    slow = [await stranger(play.address, b"GET / HTTP/1.1\r\nHost:") for _ in range(50)]
    assert await play.page_s(0) < 2.0
    async with aiohttp.ClientSession() as http:
        assert await play.health(http)
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(reader.read() for reader in [*silent, *slow])) is not None
    assert await play.page_s(1) < 2.0
    assert play.gateway.log.stat().st_size < 20_000


async def test_i2_beyond_all_places_the_longest_idle_loses_its_own(play: Play) -> None:
    for _ in range(2_100):
        await stranger(play.address)
    async with aiohttp.ClientSession() as http:
        assert await play.health(http)
    assert await play.page_s(2) < 2.0
    assert play.gateway.log.read_bytes().count(b"\n") < 50


async def test_i8_a_body_is_not_read_beyond_a_form_whatever_its_head_says(play: Play) -> None:
    head = (
        b"POST /cases/x/acknowledge HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for said in (head, head.replace(b"Content-Length: 5\r\n", b"")):
        _, writer = await asyncio.open_connection(*play.address)
        writer.write(said)
        sent = 0
        try:
            while sent < 300_000_000:
                writer.write(chunk)
                sent += len(chunk)
                async with asyncio.timeout(10):
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
        assert sent < 20_000_000
    assert await play.page_s(3) < 2.0


async def test_a5_far_more_than_64_live_pages_and_i10_pages_go_on(play: Play) -> None:
    walls = [
        await stranger(play.address, get("/stream?view=wallboard&name=0"))
        for _ in range(LIVE_PAGES)
    ]
    for wall in walls:
        async with asyncio.timeout(20):
            await wall.readuntil(b"event: fragment")
    page_id = play.opens(4)
    await play.told(page_id, 5)
    for wall in walls:  # and each hears of it
        async with asyncio.timeout(20):
            await wall.readuntil(b'data-tone="breach"')
    async with aiohttp.ClientSession() as http:
        said = await play.health(http)
        assert said is not None
        assert said["console"]["streams"] == LIVE_PAGES  # type: ignore[index]


async def test_a_console_that_is_killed_keeps_no_page_back_and_comes_again(play: Play) -> None:
    os.kill(play.console_pid(), signal.SIGKILL)
    assert await play.page_s(5) < 2.0
    await play.is_up()
    assert b"the console ended (exit code -9)" in play.gateway.log.read_bytes()


async def test_g7_a_frozen_gateway_is_told_on_every_page_and_acts_are_answered(
    play: Play,
) -> None:
    await play.told(play.opens(6), 5)
    wall = await stranger(play.address, get("/stream?view=wallboard&name=0"))
    await wall.readuntil(b"event: ping")
    url = play.site.console_url
    async with aiohttp.ClientSession(headers={"accept-language": "en"}) as http:
        with play.frozen():
            began_s = time.monotonic()
            async with asyncio.timeout(SAYS_SO_S):
                await wall.readuntil(b"event: away")
            assert time.monotonic() - began_s < SAYS_SO_S
            for path in ("/", "/cases", "/wardens", "/health", "/doors/door-0006"):
                async with http.get(url + path) as page:
                    assert page.status == 200
                    assert "is-away" in await page.text(), path
            async with http.get(url + "/api/v1/health") as answer:
                assert answer.status == 503
            case_id = f"{play.site.seals[6].seal_id}-1"
            async with http.post(f"{url}/cases/{case_id}/acknowledge", data={}) as answer:
                assert answer.status == 503
                assert "does not answer" in await answer.text()
        async with asyncio.timeout(SAYS_SO_S):
            await wall.readuntil(b"event: ping")
        async with http.post(
            f"{url}/api/v1/cases/{case_id}/acknowledge", headers={"Menshen-Actor": "centre"}
        ) as answer:
            assert (answer.status, await answer.json()) == (200, {"changed": True})


async def test_g5_a_stop_with_pages_open_is_clean_and_quick(play: Play) -> None:
    walls = [await stranger(play.address, get("/stream?view=wallboard")) for _ in range(20)]
    for wall in walls:
        await wall.readuntil(b"event: ping")
    console = psutil.Process(play.console_pid())
    began_s = time.monotonic()
    await asyncio.to_thread(play.gateway.stop)
    took_s = time.monotonic() - began_s
    assert not console.is_running()
    for wall in walls:
        await wall.read()
    log = play.gateway.log.read_text()
    assert "Traceback" not in log
    assert "Error" not in log.partition("stopping")[2]
    assert took_s < STOP_S, took_s


async def test_a_console_without_a_gateway_shows_what_is_stored_and_says_so(play: Play) -> None:
    console = psutil.Process(play.console_pid())
    play.gateway.kill()
    await waiting.until(lambda: not console.is_running())
    command = [sys.executable, "-m", "gateway", "console", "--config", str(play.site.settings)]
    alone = neighbours.Neighbour(
        "console", command, play.site.folder, lambda: neighbours.answers(play.address[1])
    )
    alone.start()
    try:
        async with aiohttp.ClientSession() as http, http.get(play.site.console_url) as page:
            assert "is-away" in await page.text()
    finally:
        alone.stop()


def test_the_gateway_carries_nothing_of_the_console() -> None:
    program = "import sys, gateway.service; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=neighbours.ROOT,
    )
    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert not loaded & {"fastapi", "starlette", "uvicorn", "jinja2"}
    assert "gateway.web" not in ran.stdout
