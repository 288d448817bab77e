"""A bare MQTT 3.1.1 line for simulated seals: so cheap that the gateway is what gets measured.

It connects, subscribes, and writes packets that were made beforehand. The broker's PUBACKs are
counted and otherwise ignored, for a seal trusts nothing but the gateway's own receipt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
_QOS_1 = 2  # in a PUBLISH packet's first byte
_TOPICS_AT_ONCE = 20  # in one SUBSCRIBE: brokers limit the packet's size
CONNECT_S = 5.0

Taker = Callable[[str, bytes], None]


class LineLost(ConnectionError):
    """The broker refused the line, broke it, or did not answer in time."""


class Line(asyncio.Protocol):
    """One connection. Made by `open_line`; `lost` is set when it is broken."""

    def __init__(self, take: Taker) -> None:
        self._take = take
        self._rest = b""
        self._owed = bytearray()  # PUBACKs for what one read brought
        self._answered: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()
        self.acknowledged = 0  # PUBACKs of the broker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(LineLost("the broker broke the line"))

    def data_received(self, data: bytes) -> None:
        self._rest += data
        first, start, end = _next_packet(self._rest, 0)
        while end:
            self._packet(first, self._rest[start:end])
            done = end
            first, start, end = _next_packet(self._rest, end)
            if not end:
                self._rest = self._rest[done:]
        if self._owed:
            self.write(bytes(self._owed))
            self._owed.clear()

    async def ask(self, packet: bytes) -> bytes:
        """Write a CONNECT or SUBSCRIBE and return what its answer holds. LineLost if none comes."""
        self._answered = asyncio.get_running_loop().create_future()
        self.write(packet)
        try:
            return await asyncio.wait_for(self._answered, CONNECT_S)
        except TimeoutError:
            self.cut()
            raise LineLost("the broker does not answer") from None

    def write(self, packets: bytes) -> None:
        """Write whole packets; into the void where the line is broken already."""
        if self._transport is not None and not self.lost.is_set():
            self._transport.write(packets)

    def write_report(self, topic: str, frame: bytes, packet_id: int) -> None:
        """Publish at QoS 1."""
        self.write(publish(topic, frame, packet_id))

    def cut(self) -> None:
        """Break the line at once, without a DISCONNECT."""
        if self._transport is not None:
            self._transport.abort()

    def _packet(self, first: int, body: bytes) -> None:
        kind = first & 0xF0
        if kind == _PUBLISH:
            topic_end = 2 + int.from_bytes(body[:2], "big")
            topic, payload = body[2:topic_end].decode(), body[topic_end:]
            if first & _QOS_1:
                self._owed += b"\x40\x02" + payload[:2]
                payload = payload[2:]
            self._take(topic, payload)
        elif kind == _PUBACK:
            self.acknowledged += 1
        elif kind in (_CONNACK, _SUBACK) and self._answered and not self._answered.done():
            self._answered.set_result(body)


async def open_line(
    port: int,
    take: Taker,
    topics: Iterable[str] = (),
    *,
    client_id: str,
    login: tuple[str, str] | None = None,
    qos: int = 0,
    host: str = "127.0.0.1",
) -> Line:
    """Connect to a broker and subscribe. `take(topic, payload)` gets what comes. LineLost."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            _, line = await loop.create_connection(lambda: Line(take), host, port)
    except OSError as error:  # a time-out too
        raise LineLost(str(error)) from error
    if (await line.ask(connect(client_id, login)))[1] != 0:
        line.cut()
        raise LineLost("the broker refuses us")
    wanted = list(topics)
    for at in range(0, len(wanted), _TOPICS_AT_ONCE):
        granted = await line.ask(subscribe(wanted[at : at + _TOPICS_AT_ONCE], qos))
        if max(granted[2:]) > 1:
            line.cut()
            raise LineLost("the broker refuses the subscription")
    return line


def connect(client_id: str, login: tuple[str, str] | None) -> bytes:
    """A CONNECT packet: clean session, no keep-alive."""
    flags = 0x02 | (0xC0 if login else 0)
    texts = [client_id, *(login or ())]
    body = _text("MQTT") + bytes((4, flags, 0, 0)) + b"".join(map(_text, texts))
    return _packet(_CONNECT, body)


def subscribe(topics: list[str], qos: int) -> bytes:
    """A SUBSCRIBE packet."""
    return _packet(_SUBSCRIBE, b"\x00\x01" + b"".join(_text(t) + bytes((qos,)) for t in topics))


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """A PUBLISH packet of QoS 1. `packet_id` is taken modulo what fits, and is never 0."""
    number = (packet_id % 0xFFFF + 1).to_bytes(2, "big")
    return _packet(_PUBLISH | _QOS_1, _text(topic) + number + payload)


def publish_unacknowledged(topic: str, payload: bytes) -> bytes:
    """A PUBLISH packet of QoS 0."""
    return _packet(_PUBLISH, _text(topic) + payload)


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first: int, body: bytes) -> bytes:
    length, size = len(body), bytearray()
    while True:
        length, low = length >> 7, length & 0x7F
        size.append(low | (0x80 if length else 0))
        if not length:
            return bytes((first,)) + bytes(size) + body


def _next_packet(data: bytes, at: int) -> tuple[int, int, int]:
    """(first byte, start, end) of the packet at `at`; end is 0 where it is not whole yet."""
    size, shift, start = 0, 0, at + 1
    while start < len(data):
        byte = data[start]
        size, shift, start = size | (byte & 0x7F) << shift, shift + 7, start + 1
        if byte < 0x80:
            return (data[at], start, start + size) if start + size <= len(data) else (0, 0, 0)
    return 0, 0, 0
