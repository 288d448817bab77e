"""A broker of MQTT 3.1.1 whose answers are written by hand: what EMQX, VerneMQ and others document
of themselves, where none of them can be had."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

CONNECT, PUBLISH, PUBACK, SUBSCRIBE = 1, 3, 4, 8


@dataclass
class Script:
    """How it answers. `granted`: a code for each topic; None: it closes instead. `gives`: what it
    sends behind its SUBACK, each (topic, payload, packet id, dup, retain)."""

    granted: tuple[int, ...] | None = (1, 1, 0)
    gives: list[tuple[str, bytes, int, bool, bool]] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    connections: int = 0


def packet(kind: int, flags: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes([kind << 4 | flags, len(body)]) + body


def published(topic: str, payload: bytes, number: int, dup: bool, retain: bool) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", number) + payload
    return packet(PUBLISH, dup << 3 | 1 << 1 | retain, body)


async def _read(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first >> 4, first & 15, await reader.readexactly(length)


class _Broker:
    """Answers by a script."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._answers: dict[int, Callable[[int, bytes], bytes | None]] = {
            CONNECT: lambda _flags, _body: packet(2, 0, b"\0\0"),
            SUBSCRIBE: self._subscribed,
            PUBLISH: _echoed,
            PUBACK: self._acknowledged,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._script.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, flags, body = await _read(reader)
                said = self._answers.get(kind, lambda _flags, _body: b"")(flags, body)
                if said is None:
                    break
                writer.write(said)
        writer.close()

    def _subscribed(self, _flags: int, body: bytes) -> bytes | None:
        if self._script.granted is None:
            return None
        given = b"".join(published(*one) for one in self._script.gives)
        return packet(9, 0, body[:2] + bytes(self._script.granted)) + given

    def _acknowledged(self, _flags: int, body: bytes) -> bytes:
        self._script.acknowledged.append(int.from_bytes(body, "big"))
        return b""


def _echoed(flags: int, body: bytes) -> bytes:
    """What a client sends itself comes back, by QoS 0."""
    ends = 2 + int.from_bytes(body[:2], "big")
    if not flags & 2:
        return packet(PUBLISH, 0, body)
    back = body[:ends] + body[ends + 2 :]
    return packet(PUBACK, 0, body[ends : ends + 2]) + packet(PUBLISH, 0, back)


@contextlib.asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[int]:
    """Its port, while it listens."""
    server = await asyncio.start_server(_Broker(script).serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
