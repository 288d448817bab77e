"""What the gateway and its console say to each other: a frame is four bytes of length, then
MessagePack of one of the structs here, told apart by their tags.

Only these two programs of one release speak it, so nothing in it is kept for later.
"""

import asyncio
from typing import Final, TypeVar

import msgspec

from gateway.core.events import Event
from gateway.core.no_json import NO_JSON
from gateway.core.subject import SubjectKind
from gateway.engine.health import Health
from gateway.engine.ports import Answer, Committed

FRAME_BYTES_MAX: Final = 1_048_576
_LENGTH_BYTES: Final = 4

F = TypeVar("F")


class Submission(msgspec.Struct, frozen=True, tag="submit"):
    """From the console: an action of a person, under a number of this connection's."""

    number: int
    kind: SubjectKind
    subject_id: str
    event: Event


class Answered(msgspec.Struct, frozen=True, tag="answer"):
    """From the gateway: what came of a submission. Without an answer there is no such door, or,
    with `is_refused`, more wait than may."""

    number: int
    answer: Answer | None
    is_refused: bool = False


class News(msgspec.Struct, frozen=True, tag="news"):
    """From the gateway: something was committed."""

    committed: Committed


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """From the gateway, every second: its time and how it does. `is_stuck`: work waits, and
    nothing has been committed for a while."""

    now_ms: int
    health: Health
    is_stuck: bool = False


FromGateway = Answered | News | Beat

_encoder = msgspec.msgpack.Encoder()
submission = msgspec.msgpack.Decoder(Submission)
from_gateway: msgspec.msgpack.Decoder[FromGateway] = msgspec.msgpack.Decoder(FromGateway)


class FrameError(Exception):
    """What came is no frame of ours: the connection is of no use any more."""


def framed(said: Submission | FromGateway) -> bytes:
    """A frame, ready to be sent."""
    body = _encoder.encode(said)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def read(reader: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[F]") -> F:
    """The next frame.

    Raises:
        FrameError: it is none, or too long.
        asyncio.IncompleteReadError: the other end is gone.
    """
    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
    if length > FRAME_BYTES_MAX:
        raise FrameError(f"a frame of {length} bytes")
    try:
        return decoder.decode(await reader.readexactly(length))
    except NO_JSON as error:
        raise FrameError(str(error)) from error
