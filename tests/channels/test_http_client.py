"""The HTTP client against real sockets: kept connections, odd answers, deadlines, TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.settings.web_address import web_address
from tests.waiting import until

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request by turns; counts connections."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.connections, self.heads = list(answers), 0, []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(size)
                self.heads.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                writer.write(answer)
                await writer.drain()
                ends = b"connection: close" in answer.lower() or b"ength" not in answer
                if ends and b"chunked" not in answer:
                    break
        writer.close()

    @contextlib.asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        under_way: set[asyncio.Task[None]] = set()

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            under_way.add(asyncio.ensure_future(self.serve(reader, writer)))

        server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/x"
        finally:
            server.close()
            await asyncio.gather(*under_way)  # each ends when its client has gone


@contextlib.asynccontextmanager
async def client(deadline_s: float = 5.0) -> AsyncIterator[HttpClient]:
    made = HttpClient(deadline_s)
    try:
        yield made
    finally:
        await made.close()


def post(url: str, body: bytes = b"{}") -> Request:
    return Request(web_address(url), body, {"Content-Type": "application/json"})


async def test_requests_share_one_connection_one_after_the_other() -> None:
    server = Server(OK)
    async with server.open() as url, client() as http:
        for _ in range(5):
            assert (await http.post(post(url))).body == b"ok"
        assert server.connections == 1
        await asyncio.gather(*(http.post(post(url)) for _ in range(4)))
    assert server.connections == 4, "one request under way on a connection"


async def test_a_free_connection_is_used_before_anything_else_runs() -> None:
    """The bytes are on the socket when `post` returns: no turn of the loop lies between."""
    server = Server(OK)
    async with server.open() as url, client() as http:
        await http.post(post(url))
        answer = http.post(post(url))
        ready = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: ready.set_result(None))
        await ready
        assert (len(server.heads), server.connections) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (CHUNKED + b"2;x=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil it closes", b"until it closes"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nold", b"old"),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
async def test_answers_of_every_shape_are_read(answer: bytes, body: bytes) -> None:
    server = Server(answer)
    async with server.open() as url, client() as http:
        for _ in range(2):
            assert (await http.post(post(url))).body == body


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000,
    ],
)
async def test_what_is_no_answer_is_a_failure_and_no_more(answer: bytes) -> None:
    server = Server(answer)
    async with server.open() as url, client() as http:
        with pytest.raises(UnreachableError):
            await http.post(post(url))


async def test_a_body_without_end_is_cut() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n" + b"z" * 200_000
    server = Server(answer)
    async with server.open() as url, client() as http:
        assert len((await http.post(post(url))).body) == 65_536


async def test_a_connection_closed_while_idle_is_noticed_before_it_is_used() -> None:
    server = Server(OK, OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    async with server.open() as url, client() as http:
        await http.post(post(url))
        await http.post(post(url))
        await until(lambda: server.connections == 1)
        assert (await http.post(post(url))).status == 200
    assert server.connections == 2


async def test_silence_ends_at_the_deadline_and_a_closed_port_at_once() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1_000):
            pass
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with client(0.2) as http:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await http.post(post(f"http://127.0.0.1:{port}/"))
        server.close()
        with pytest.raises(UnreachableError, match="refused"):
            await http.post(post("http://127.0.0.1:1/"))


async def test_tls_is_spoken_and_only_with_whom_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(OK)
    async with server.open(context) as url:
        async with client() as http:
            with pytest.raises(UnreachableError, match="certificate is not believed"):
                await http.post(post(url))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with client() as http:
            for _ in range(3):
                assert (await http.post(post(url))).status == 200


async def test_a9_https_goes_through_a_proxy_by_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with client() as http:
        with pytest.raises(UnreachableError, match="answered 403") as refused:
            await http.post(post("https://warden.invalid/x"))
    server.close()
    assert asked[0].startswith(b"CONNECT warden.invalid:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic" in asked[0]
    assert "secret" not in str(refused.value)
