"""The door of a console that speaks HTTPS: who comes is counted before the handshake.

uvicorn would count a connection only after it, and let a stranger hold a place for a minute without
a word. Here everybody has a place from the first moment, and REQUEST_S for the first byte and the
handshake. Whoever speaks plain HTTP, as a browser does to an address without https://, is sent to
the right one.
"""

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from gateway.language.catalogue import N_, say
from gateway.web import connections as limits
from gateway.web.clients import Rate, counted, is_own
from gateway.web.connections import HEAD_BYTES_MAX, Connection, Connections
from gateway.web.seldom import Seldom

HANDSHAKES: Final = 30.0, 300.0  # a second from one address, and at once: screens keep their lines
SHUTDOWN_S: Final = 2.0  # for the other end's goodbye
AGAIN_S: Final = 0.5  # where the machine gives no more descriptors
_HANDSHAKE: Final = b"\x16"  # how a TLS connection begins
_ASKED = re.compile(rb"(GET|HEAD) (/[!-~]{0,2000}) HTTP/1\.[01]\r\n")
_HOST = re.compile(rb"\r\nhost:[ \t]*([a-z0-9._:\[\]-]{1,255})[ \t]*\r\n", re.IGNORECASE)

_SPEAKS_HTTPS = N_("This address speaks HTTPS: write https:// before it.")

_seldom = Seldom("menshen.console")


class Arrival:
    """Somebody at the door: a place among the connections until the handshake is done."""

    def __init__(self, connections: Connections, line: socket.socket, address: str) -> None:
        self._connections, self.line, self.address = connections, line, address
        self.greeting: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """The place is free, or another's."""
        self._connections.gone(self, self.address)

    def let_go(self) -> None:
        """Give the place to another."""
        self.leave()
        if self.greeting is not None:
            self.greeting.cancel()


class Entrance:
    """Takes in whoever comes to a bound socket.

    Args:
        listener: the socket; `run` closes it.
        context: the server's TLS.
        connections: where places are counted.
        make: a fresh connection, which is given to whoever made the handshake.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        connections: Connections,
        make: Callable[[], Connection],
    ) -> None:
        self._listener, self._context = listener, context
        self._connections, self._make = connections, make
        self._rate = Rate(*HANDSHAKES)
        self._greetings: set[asyncio.Task[None]] = set()

    async def run(self, backlog: int) -> None:
        """Listen, and take in until cancelled."""
        self._listener.listen(backlog)
        self._listener.setblocking(False)
        try:
            while True:
                await self._take_in()
        finally:
            self._listener.close()
            for greeting in self._greetings:
                greeting.cancel()

    async def _take_in(self) -> None:
        try:
            line, address = await asyncio.get_running_loop().sock_accept(self._listener)
        except ConnectionError:
            return  # gone before we looked
        except OSError as error:
            _seldom.warn("nobody is taken in just now: %s", error.strerror)
            await asyncio.sleep(AGAIN_S)
            return
        arrival = Arrival(self._connections, line, str(address[0]))
        if not self._connections.admit(arrival, arrival.address):
            line.close()
            return
        arrival.greeting = asyncio.ensure_future(self._greet(arrival))
        self._greetings.add(arrival.greeting)
        arrival.greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, arrival: Arrival) -> None:
        is_ours = True  # the socket; a transport closes its own
        try:
            async with asyncio.timeout(limits.REQUEST_S):
                first = await _first_byte(arrival.line)
                if first == _HANDSHAKE:
                    if self._may_shake_hands(arrival.address):
                        is_ours = False
                        await self._shake_hands(arrival)
                elif first.isalpha():
                    await _send_to_https(arrival.line)
        except TimeoutError:
            self._connections.reaped()
        except OSError:
            pass  # theirs: gone, or no TLS that we speak
        finally:
            arrival.leave()
            if is_ours:
                arrival.line.close()

    def _may_shake_hands(self, address: str) -> bool:
        if is_own(address) or self._rate.allows(counted(address), time.monotonic()):
            return True
        _seldom.warn("somebody makes far more connections than screens do; they are refused")
        return False

    async def _shake_hands(self, arrival: Arrival) -> None:
        def make() -> Connection:
            connection = self._make()
            connection.arrival = arrival  # whose place it takes over when it is made
            return connection

        await asyncio.get_running_loop().connect_accepted_socket(
            make,
            arrival.line,
            ssl=self._context,
            ssl_handshake_timeout=limits.REQUEST_S,
            ssl_shutdown_timeout=SHUTDOWN_S,
        )


async def _first_byte(line: socket.socket) -> bytes:
    """What comes first, left in its place; nothing if they went away."""
    loop = asyncio.get_running_loop()
    line.setblocking(False)
    came = asyncio.Event()
    loop.add_reader(line, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(line)
    return line.recv(1, socket.MSG_PEEK)


async def _send_to_https(line: socket.socket) -> None:
    """Answer plain HTTP: where to ask instead."""
    loop = asyncio.get_running_loop()
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES_MAX:
        more = await loop.sock_recv(line, HEAD_BYTES_MAX)
        if not more:
            break
        head += more
    await loop.sock_sendall(line, answer_to_http(head))
    line.shutdown(socket.SHUT_WR)
    read = 0
    with contextlib.suppress(ConnectionError):  # an answer is lost where what came is not read
        while read < HEAD_BYTES_MAX and (more := await loop.sock_recv(line, HEAD_BYTES_MAX)):
            read += len(more)


def answer_to_http(head: bytes) -> bytes:
    """What plain HTTP is told on this port, by a request's head: where a page is, else a
    sentence."""
    asked, host = _ASKED.match(head), _HOST.search(head)
    sentences = "".join(f"{say(_SPEAKS_HTTPS, language)}\n" for language in ("zh", "en"))
    body = sentences.encode()
    status, where = b"400 Bad Request", b""
    if asked and host:
        status = b"307 Temporary Redirect"
        where = b"Location: https://" + host[1] + asked[2] + b"\r\n"
    return (
        b"HTTP/1.1 " + status + b"\r\n" + where + b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\nX-Content-Type-Options: nosniff\r\n"
        b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        + (b"" if asked and asked[1] == b"HEAD" else body)
    )
