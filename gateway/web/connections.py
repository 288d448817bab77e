"""Limits on connections: how many, and how long each may keep us waiting.

uvicorn knows none before the first request, so a thousand silent strangers would hold every place
for ever. Here a place is free only to those who use it: whoever sends no request, sends it too
slowly, or does not read the answer is let go; and where there is no place, the one that has kept us
waiting longest loses it, be it for a request or for the rest of one.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.language.catalogue import N_, say
from gateway.web import photo_limits
from gateway.web.clients import Clients, counted, is_own
from gateway.web.figures import ConsoleFigures
from gateway.web.seldom import Seldom

PER_ADDRESS_MAX: Final = 400  # an office behind one address; this machine itself has all
REQUEST_S: Final = 10.0  # for a request's head, from the connection's begin or the last answer
BODY_S: Final = 20.0  # for its body
READ_S: Final = 20.0  # for the other end to read what waits for it
HEAD_BYTES_MAX: Final = 16_384

_NO_PLACE: Final = N_("As many connections are open as this machine bears; try again in a moment.")
_NO_HTTP: Final = N_(
    "This request cannot be read: it is no HTTP, or its head is too long. If a browser sent it, "
    "delete the cookies of this site."
)
_seldom = Seldom("menshen.console")


class Place(Protocol):
    """What holds a place among the connections."""

    def let_go(self) -> None:
        """Give it to another, at once."""


class Arrived(Protocol):
    """What held a place before."""

    def leave(self) -> None:
        """Make the place free."""


class Connections:
    """All connections of a console; of those that keep us waiting, the longest first."""

    def __init__(self, figures: ConsoleFigures, clients: Clients, most: int) -> None:
        self._figures, self._clients, self._most = figures, clients, most
        self._idle: OrderedDict[Place, None] = OrderedDict()
        self._by_source: dict[str, set[Place]] = {}

    def admit(self, connection: Place, address: str) -> bool:
        """Whether there is a place; one is made if somebody is idle."""
        source = counted(address)
        theirs = self._by_source.setdefault(source, set())
        is_bounded = not (is_own(address) or self._clients.is_proxy(address))
        if is_bounded and len(theirs) >= PER_ADDRESS_MAX and not self._free_one(theirs):
            return self._refuse(source)
        if self._figures.connections >= self._most and not self._free_one(None):
            return self._refuse(source)
        theirs.add(connection)
        self._idle[connection] = None
        self._figures.connections += 1
        return True

    def idle(self, connection: Place, is_idle: bool) -> None:
        """It keeps us waiting for a request or its body from now on, or has one at work."""
        self._idle.pop(connection, None)
        if is_idle:
            self._idle[connection] = None

    def reaped(self) -> None:
        """One was let go because it kept us waiting."""
        self._figures.connections_reaped += 1

    def gone(self, connection: Place, address: str) -> None:
        """It is closed."""
        source = counted(address)
        theirs = self._by_source.get(source, set())
        if connection in theirs:
            theirs.discard(connection)
            self._figures.connections -= 1
        if not theirs:
            self._by_source.pop(source, None)
        self._idle.pop(connection, None)

    def _free_one(self, among: "set[Place] | None") -> bool:
        """Let go of the longest idle."""
        for connection in self._idle:
            if among is None or connection in among:
                self.reaped()
                connection.let_go()
                return True
        return False

    def _refuse(self, source: str) -> bool:
        if not self._by_source[source]:
            del self._by_source[source]
        self._figures.connections_refused += 1
        _seldom.warn("no place for one more connection: %d are open", self._figures.connections)
        return False


class Connection(H11Protocol):
    """One connection, with deadlines."""

    def __init__(self, connections: Connections, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._connections = connections
        self.arrival: Arrived | None = None  # whose place this one takes over, with TLS
        self._address = ""
        self._is_admitted = False
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, or say that there is no place."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if self.arrival is not None:
            self.arrival.leave()
            self.arrival = None
        self._is_admitted = self._connections.admit(self, self._address)
        if not self._is_admitted:
            transport.write(_told(b"503 Service Unavailable", _NO_PLACE, b"Retry-After: 10\r\n"))
            transport.close()
            return
        self._until(REQUEST_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._until(None)
        if self._unread is not None:
            self._unread.cancel()
        self._connections.gone(self, self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came. Each part of a request has a deadline, which bytes alone do not move."""
        if not self._is_admitted:
            return
        before = self.conn.their_state
        super().data_received(data)
        now = self.conn.their_state
        if now is before:
            return
        self._connections.idle(self, is_idle=now in (h11.IDLE, h11.SEND_BODY))
        is_photo = self.scope is not None and photo_limits.is_photo(dict(self.scope))
        body_s = photo_limits.BODY_S if is_photo else BODY_S
        self._until({h11.SEND_BODY: body_s, h11.IDLE: REQUEST_S}.get(now))

    def on_response_complete(self) -> None:
        """The answer went out; the next request may come, if this one was read to its end."""
        is_unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if is_unread:
            self.transport.close()
        if self.transport.is_closing():
            return
        is_idle = self.conn.their_state is h11.IDLE
        self._connections.idle(self, is_idle)
        if is_idle:
            self._until(REQUEST_S)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP. An answer that has begun already is cut off."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_told(b"400 Bad Request", _NO_HTTP))
        self.transport.close()

    def pause_writing(self) -> None:
        """The other end does not read; for a while that is well."""
        super().pause_writing()
        self._unread = self.loop.call_later(READ_S, self._reap)

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def let_go(self) -> None:
        """Give its place to another."""
        self._connections.gone(self, self._address)
        self.transport.abort()

    def _until(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._reap)

    def _reap(self) -> None:
        self._connections.reaped()
        self.let_go()


def _told(status: bytes, sentence: str, more: bytes = b"") -> bytes:
    """An answer to whoever is told before their request is read: in both languages, for which of
    them they read is not known."""
    body = "".join(f"{say(sentence, language)}\n" for language in ("zh", "en")).encode()
    return (
        b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n"
        + more
        + b"Content-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )
