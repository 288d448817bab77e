"""POSTs over kept connections, as few steps as there can be between a commit and the socket.

One request is under way on a connection. A free one is used at once, in the same turn of the loop;
else one is opened, directly or by the proxy of the environment (`way_out`). An answer is read up to
BODY_BYTES_MAX; redirects are not followed, for a page goes where it was enrolled and nowhere else.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.channels import unreached
from gateway.channels.http_answer import Answer, AnswerReader, BrokenAnswerError
from gateway.channels.threads import in_thread
from gateway.channels.way_out import ProxyError, proxy_for, trust
from gateway.settings.web_address import WebAddress

DEADLINE_S: Final = 10.0  # of a whole request, connecting included
IDLE_MAX: Final = 64  # kept connections of one address
OPENING_MAX: Final = 256  # connections that are being opened at the same time, to all addresses


class UnreachableError(Exception):
    """No answer came. The text names a cause, and no address."""


class Request(NamedTuple):
    """What is posted, and where."""

    target: WebAddress
    body: bytes
    headers: Mapping[str, str]  # besides Host and Content-Length


class HttpClient:
    """Posts requests, and keeps connections for the next ones."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}
        self._open: set[_Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._trust: ssl.SSLContext | None = None

    def post(self, request: Request) -> "asyncio.Future[Answer]":
        """Post once, at once where a connection is free.

        Returns:
            A future of the answer, whatever it says; it holds an UnreachableError if none came
            within the deadline. Who cancels it gives the request up.
        """
        loop = asyncio.get_running_loop()
        exchange = _Exchange(request, loop.create_future())
        exchange.deadline = loop.call_later(self._deadline_s, exchange.expire)
        if not self._start(exchange):
            self._connect(exchange)
        return exchange.answer

    async def close(self) -> None:
        """Close every connection; what is under way fails."""
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for connection in list(self._open):
            connection.abort()
        self._idle.clear()

    def _start(self, exchange: "_Exchange") -> bool:
        """Use a free connection; False if there is none."""
        idle = self._idle.get(exchange.request.target[:3])
        while idle:
            connection = idle.pop()
            if connection.is_usable():
                connection.send(exchange)
                return True
        return False

    def _connect(self, exchange: "_Exchange") -> None:
        if len(self._opening) >= OPENING_MAX:
            exchange.fail("too many connections are being opened at once")
            return
        task = asyncio.get_running_loop().create_task(self._open_for(exchange))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open_for(self, exchange: "_Exchange") -> None:
        try:
            async with asyncio.timeout(self._deadline_s):
                connection = await self._opened(exchange.request.target)
        except TimeoutError:
            exchange.fail(f"no connection within {self._deadline_s:.0f} s")
        except (OSError, ProxyError, BrokenAnswerError) as error:
            exchange.fail(_why(error))
        except BaseException:
            exchange.fail("the gateway stops")
            raise
        else:
            self._open.add(connection)
            if exchange.answer.done():
                self._free(connection)
            else:
                connection.send(exchange)

    async def _opened(self, target: WebAddress) -> "_Connection":
        """A connection to the target, through its proxy if it has one."""
        proxy = proxy_for(target)
        way = proxy or target
        tls = target.scheme == "https"
        if tls and self._trust is None:
            self._trust = await in_thread(trust, "certificates")
        loop = asyncio.get_running_loop()
        failed: OSError | None = None
        for place in await _places(way):
            connection = _Connection(self, target, by_proxy=proxy)
            secured = tls and proxy is None
            try:
                await loop.create_connection(
                    lambda made=connection: made,
                    *place,
                    ssl=self._trust if secured else None,
                    server_hostname=target.host if secured else None,
                )
                if proxy and tls:
                    await connection.tunnel(loop, self._trust)
            except OSError as error:
                connection.abort()
                failed = error
            except BaseException:
                connection.abort()
                raise
            else:
                return connection
        raise failed or OSError("it has no address")

    def _free(self, connection: "_Connection") -> None:
        """A connection has nothing under way."""
        idle = self._idle.setdefault(connection.target[:3], [])
        if len(idle) < IDLE_MAX:
            idle.append(connection)
        else:
            connection.abort()

    def _lost(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        idle = self._idle.get(connection.target[:3])
        if idle is not None and connection in idle:
            idle.remove(connection)


async def _places(way: WebAddress) -> list[tuple[str, int]]:
    """The IP addresses of a host, each with the port; a name is looked up in a thread of ours."""
    found = await in_thread(
        lambda: socket.getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM), "name server"
    )
    return list(dict.fromkeys((str(entry[4][0]), int(entry[4][1])) for entry in found))


class _Exchange:
    """A request, and the future of its answer."""

    def __init__(self, request: Request, answer: "asyncio.Future[Answer]") -> None:
        self.request, self.answer = request, answer
        self.deadline: asyncio.TimerHandle | None = None
        self.connection: _Connection | None = None
        answer.add_done_callback(self._settled)

    def expire(self) -> None:
        self.fail("no answer in time")

    def fail(self, cause: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(UnreachableError(cause))

    def _settled(self, _: object) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
        if self.connection is not None and self.connection.exchange is self:
            self.connection.abort()  # given up: its answer, if one came, would be another's

    def wire(self, by_proxy: WebAddress | None) -> bytes:
        target, body, headers = self.request
        path, login = target.path, ""
        if by_proxy is not None and target.scheme == "http":
            path = f"http://{target.host_and_port}{target.path}"
            login = f"Proxy-Authorization: {by_proxy.login}\r\n" if by_proxy.login else ""
        own = f"Authorization: {target.login}\r\n" if target.login else ""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {target.host_and_port}\r\n"
            f"Content-Length: {len(body)}\r\n{own}{login}{more}\r\n"
        )
        return head.encode("latin-1", "replace") + body


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, client: HttpClient, target: WebAddress, by_proxy: WebAddress | None) -> None:
        self.target = target
        self.exchange: _Exchange | None = None
        self._client, self._by_proxy = client, by_proxy
        self._transport: asyncio.Transport | None = None
        self._reader = AnswerReader()
        self._used = False
        self._tunnel: asyncio.Future[Answer] | None = None

    def is_usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, exchange: _Exchange) -> None:
        assert self._transport is not None  # noqa: S101 - it is open, or not handed out
        self.exchange, exchange.connection = exchange, self
        self._reader = AnswerReader()
        self._transport.write(exchange.wire(self._by_proxy))

    async def tunnel(self, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None) -> None:
        """Ask the proxy for a way to the target, and speak TLS on it."""
        transport, proxy = self._transport, self._by_proxy
        assert transport is not None and proxy is not None and tls is not None  # noqa: S101, PT018
        self._tunnel = loop.create_future()
        self._reader = AnswerReader(is_tunnel=True)
        host = f"[{self.target.host}]" if ":" in self.target.host else self.target.host
        place = f"{host}:{self.target.port}"
        login = f"Proxy-Authorization: {proxy.login}\r\n" if proxy.login else ""
        transport.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n".encode())
        answer = await self._tunnel
        self._tunnel = None
        if answer.status != 200:
            raise ProxyError(f"the proxy {proxy.host_and_port} answered {answer.status}")
        secured = await loop.start_tls(transport, self, tls, server_hostname=self.target.host)
        self._transport, self._by_proxy = secured, None

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.exchange is None and self._tunnel is None:
            self.abort()  # nobody asked
            return
        try:
            answer = self._reader.feed(data)
        except BrokenAnswerError as error:
            self._fail(str(error))
            return
        if answer is not None:
            self._answered(answer)

    def eof_received(self) -> None:
        answer = self._reader.end()
        if answer is not None and (self.exchange is not None or self._tunnel is not None):
            self._answered(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self._client._lost(self)
        exchange, self.exchange = self.exchange, None
        if self._tunnel is not None and not self._tunnel.done():
            self._tunnel.set_exception(OSError("the proxy closed the connection"))
        if exchange is None or exchange.answer.done():
            return
        if self._used and not self._reader.has_begun:  # it was closed while it was idle
            exchange.connection = None
            self._client._connect(exchange)
        else:
            exchange.fail("the connection was closed before an answer")

    def _fail(self, cause: str) -> None:
        if self._tunnel is not None and not self._tunnel.done():
            self._tunnel.set_exception(BrokenAnswerError(cause))
        if self.exchange is not None:
            self.exchange.fail(cause)
        self.abort()

    def _answered(self, answer: Answer) -> None:
        if self._tunnel is not None:
            if not self._tunnel.done():
                self._tunnel.set_result(answer)
            return
        exchange, self.exchange = self.exchange, None
        self._used = True
        if self._reader.keeps_open and self.is_usable():
            self._client._free(self)
        elif self._transport is not None:
            self._transport.close()
        if exchange is not None and not exchange.answer.done():
            exchange.answer.set_result(answer)


def _why(error: Exception) -> str:
    """Why a connection could not be opened, in a few words without an address."""
    is_said = isinstance(error, ProxyError | BrokenAnswerError)
    return str(error) if is_said else unreached.cause(error)
