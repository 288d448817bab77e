"""Odd and slow clients on real sockets: each is told what it may be, and nobody else waits."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.engine.clock import MachineClock
from gateway.web import server
from tests.web.test_connections import served
from tests.web.web_site import console, new_store

HOST = b"Host: 127.0.0.1\r\nAccept-Language: en\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
PERMITS = b"POST /doors/d0/permits HTTP/1.1\r\n" + HOST
COOKIES = b"Cookie: " + b"; ".join(b"c%d=0123456789" % n for n in range(300)) + b"\r\n"


def of(line: bytes, *more: bytes, body: bytes = b"") -> bytes:
    return line + b"\r\n" + HOST + b"".join(more) + b"\r\n" + body


# What is sent, and the status of each answer; 0: the line is closed without one.
SENT = {
    "HEAD of a page": (of(b"HEAD / HTTP/1.1"), (200,)),
    "HEAD of a file": (of(b"HEAD /static/menshen.css HTTP/1.1"), (200,)),
    "HEAD of the API": (of(b"HEAD /api/v1/doors HTTP/1.1"), (200,)),
    "HEAD of a live page": (of(b"HEAD /stream HTTP/1.1"), (200,)),
    "HEAD of nothing": (of(b"HEAD /nothing HTTP/1.1"), (404,)),
    "HEAD of what is only posted": (of(b"HEAD /doors/d0/permits HTTP/1.1"), (405,)),
    "OPTIONS": (of(b"OPTIONS / HTTP/1.1"), (405,)),
    "OPTIONS of all": (of(b"OPTIONS * HTTP/1.1"), (404,)),
    "TRACE": (of(b"TRACE / HTTP/1.1"), (405,)),
    "CONNECT": (of(b"CONNECT 127.0.0.1:443 HTTP/1.1"), (404,)),
    "a method in small letters": (of(b"get / HTTP/1.1"), (405,)),
    "taken for a proxy": (of(b"GET http://127.0.0.1/?q=3 HTTP/1.1"), (200,)),
    "taken for another's proxy": (of(b"GET http://evil.example/ HTTP/1.1"), (421,)),
    "taken for a proxy of nobody": (of(b"GET http:///doors/d0 HTTP/1.1"), (404,)),
    "a way up": (of(b"GET /static/../../app.py HTTP/1.1"), (404,)),
    "a way up, encoded": (of(b"GET /static/..%2f..%2fapp.py HTTP/1.1"), (404,)),
    "a way up, dots encoded": (of(b"GET /static/%2e%2e/app.py HTTP/1.1"), (404,)),
    "two slashes": (of(b"GET //127.0.0.1/doors/d0 HTTP/1.1"), (404,)),
    "a NUL": (of(b"GET /static/%00 HTTP/1.1"), (404,)),
    "no UTF-8": (of(b"GET /?q=%ff&q=2&lang=%fe HTTP/1.1"), (200,)),
    "many cookies": (of(b"GET / HTTP/1.1", COOKIES), (200,)),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400,)),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", (400,)),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n", (421,)),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", (200,)),
    "TLS": (b"\x16\x03\x01\x00\xa5\x01\x00", (400,)),
    "a body behind GET": (of(b"GET / HTTP/1.1", b"Content-Length: 3\r\n", body=b"abc"), (200,)),
    "another protocol wanted": (of(b"GET / HTTP/1.1", b"Upgrade: websocket\r\n"), (200,)),
    "tags in two lines": (
        of(b"GET /api/v1/doors HTTP/1.1", b'If-None-Match: "a"\r\nIf-None-Match: "b"\r\n'),
        (200,),
    ),
    "a language that is none": (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Accept-Language: zh;q=nan,en;q=1e400,\xff\r\n\r\n",
        (200,),
    ),
    "may I": (PERMITS + FORM + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\na=b", (100, 422)),
    "may I send much": (PERMITS + b"Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n", (413,)),
    "a length below nothing": (PERMITS + b"Content-Length: -2\r\n\r\n", (400,)),
    "a length and a half": (PERMITS + FORM + b"Content-Length: 2\r\n\r\na=bcd", (422,)),
    "chunks that are none": (PERMITS + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
    "an encoding that is none": (PERMITS + b"Transfer-Encoding: gzip\r\n\r\nzz\r\n", (400,)),
    "two lengths": (
        PERMITS + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        (400,),
    ),
    "JSON for a form": (
        PERMITS + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        (422,),
    ),
    "each field twice": (
        PERMITS + FORM + b"Content-Length: 31\r\n\r\nfrom=1&from=2&to=3&who=a&who=b&",
        (422,),
    ),
    "no boundary": (
        PERMITS + b"Content-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\na=b",
        (400,),
    ),
}


async def answers(where: tuple[str, int], sent: bytes) -> tuple[list[int], bytes]:
    """The status of each answer, and all that came, until the line is closed."""
    reader, writer = await asyncio.open_connection(*where)
    writer.write(sent)
    async with asyncio.timeout(20):
        came = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    lines = [line for line in came.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return [int(line.split()[1]) for line in lines], came


@pytest.fixture
async def where(tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, tmp_path) as at:
        yield at


async def test_each_is_answered_and_the_next_too(
    where: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {}
    for name, (sent, statuses) in SENT.items():
        got, came = await answers(where, sent)
        if tuple(got) != statuses or b"nosniff" not in came:
            wrong[name] = (got, came[:200])
        if name.startswith("HEAD"):
            head, _, body = came.partition(b"\r\n\r\n")
            assert body == b"", name
            if got == [200] and "live" not in name:
                assert b"content-length: " in head.lower(), name
    assert wrong == {}
    assert [r.levelname for r in caplog.records if r.levelno >= logging.ERROR] == []
    _, came = await answers(where, b"\x16\x03\x01\r\n\r\n")
    text = came.decode()
    assert "Cookie" in text
    assert "delete the cookies of this site" in text
    _, came = await answers(where, of(b"OPTIONS / HTTP/1.1"))
    assert b"allow: GET, HEAD\r\n" in came


async def test_a_head_longer_than_may_be_is_told_so(where: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*where)
    writer.write(b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: ")
    for _ in range(20):
        writer.write(b"a" * 1_024)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
    async with asyncio.timeout(20):
        came = await reader.read()
    writer.transport.abort()
    assert came.startswith(b"HTTP/1.1 400 ")


async def test_who_goes_in_the_middle_leaves_nothing_behind(
    where: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    """Of a body, of a live page, of a download, of an answer not read."""
    halves = (
        PERMITS + b"Content-Length: 50\r\n\r\nhalf",
        PERMITS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /api/v1/cases/x/photos?report=r&number=1 HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 50000\r\n\r\n"
        + b"x" * 900,
        b"GET /stream?view=wallboard HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /static/vendor/htmx.min.js HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    )
    for sent in halves * 3:
        reader, writer = await asyncio.open_connection(*where)
        writer.write(sent)
        await writer.drain()
        if b"stream" in sent:
            assert await reader.readline()
        writer.transport.abort()
    got, _ = await answers(where, of(b"GET /health HTTP/1.1"))
    assert got == [200]
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []


async def test_who_sends_half_a_body_loses_the_place_before_anybody_who_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand halves of a body, from five addresses, were all places for twenty seconds."""
    monkeypatch.setattr(server, "connections_max", lambda: 3)
    half = PERMITS + b"Content-Length: 50\r\n\r\nhalf"
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, tmp_path) as at:
        lines = []
        live = of(b"GET /stream HTTP/1.1")
        for sent in (live, half, half):
            reader, writer = await asyncio.open_connection(*at)
            writer.write(sent)
            lines.append((reader, writer))
        assert (await lines[0][0].readline()).startswith(b"HTTP/1.1 200")
        for _ in range(2):
            got, _ = await answers(at, of(b"GET /health HTTP/1.1"))
            assert got == [200]
        assert not lines[0][0].at_eof(), "the live page goes on"
        for _, writer in lines:
            writer.transport.abort()


async def test_no_place_is_told_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "connections_max", lambda: 1)
    async with console(new_store(tmp_path), MachineClock(0)) as site, served(site, tmp_path) as at:
        reader, writer = await asyncio.open_connection(*at)
        writer.write(of(b"GET /stream HTTP/1.1"))
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        got, came = await answers(at, of(b"GET / HTTP/1.1"))
        writer.transport.abort()
    assert got == [503]
    assert b"Retry-After: 10" in came
    assert "try again in a moment" in came.decode()
    assert "请稍后再试" in came.decode()
