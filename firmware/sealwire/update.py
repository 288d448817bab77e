"""How a seal pulls a release: it asks, and the gateway answers each question, in sealed frames.

    request   0x14  epoch (3)  counter (3)               ciphertext (21)      tag (8)
    answer    0x15  epoch (3)  counter (3)  release (6)  ciphertext (9, 6..)  tag (8)

A request has the seal's next counter, as a report has; one for n blocks takes n of them. An answer
repeats the counter that it answers, the i-th block the i-th. The release's id is part of the
answer's nonce and names its content, so what stands under a nonce depends on nothing but the nonce: the
gateway needs no memory for that, and a request that somebody repeats brings the same bytes again.
"""

import struct

from .ccm import TAG_BYTES, Cipher
from .envelope import COUNTER_MAX, EPOCH_MAX, SEAL_ID_BYTES
from .errors import MALFORMED, OVERSIZED, TRUNCATED, UNKNOWN_VERSION, WRONG_KEY, WireError
from .release import COUNTER_MAX as RELEASE_MAX
from .release import ID_BYTES

REQUEST = 4  # seal to gateway
ANSWER = 5  # gateway to seal
ASK, FETCH = 0, 1  # what a request is: is there something for me; give me blocks
OFFER, BLOCK = 0, 1  # what an answer is
BLOCK_BYTES = 192  # so that a packet with it stays below the 256 that a seal takes
BLOCKS_MAX = 4  # in one request
NOTHING = bytes(ID_BYTES)  # the release of an answer that has none
OFFSET_MAX = 0x400000
# Why the last release that a seal tried did not stay, by number. The first: none failed.
REASONS = (
    "", "unsigned", "damaged", "older", "incompatible", "full", "nokey", "crashed", "silent",
    "ended", "other",
)  # fmt: skip
_VERSION = 1
_HEAD_BYTES = 7
_REQUEST = ">BIBBB6sIBH"
_REQUEST_BYTES = 21
_OFFER = ">BII"
_OFFER_BYTES = 9
_BLOCK = ">BI"
_BLOCK_HEAD_BYTES = 5


class Request:
    """A seal's question. `release` and `offset` (bytes) mean what a FETCH wants; of an ASK, the
    release that failed last, `reason` says why. `running` is the counter of the release it runs,
    0 for one that came by cable; `chip` a number of `release.CHIPS`, `board` that of its wiring."""

    def __init__(
        self,
        kind: int,
        running: int,
        chip: int,
        board: int,
        reason: int = 0,
        release: bytes = NOTHING,
        offset: int = 0,
        count: int = 1,
    ) -> None:
        self.kind = kind
        self.running = running
        self.chip = chip
        self.board = board
        self.reason = reason
        self.release = release
        self.offset = offset
        self.count = count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


def direction(data: bytes) -> int:
    """REQUEST or ANSWER, of a frame that is one of these; else -1. Proves nothing."""
    if data and data[0] >> 4 == _VERSION and data[0] & 0x0F in (REQUEST, ANSWER):
        return data[0] & 0x0F
    return -1


def seal_request(
    cipher: Cipher, seal_id: bytes, epoch: int, counter: int, request: Request
) -> bytes:
    """The frame for a request. ValueError if a field is out of range."""
    if not (0 <= request.running <= RELEASE_MAX and 0 <= request.offset <= OFFSET_MAX):
        raise ValueError("counter or offset out of range")
    if request.kind not in (ASK, FETCH) or not 1 <= request.count <= BLOCKS_MAX:
        raise ValueError("kind or count out of range")
    plain = struct.pack(
        _REQUEST,
        request.kind,
        request.running,
        request.chip,
        request.board,
        request.reason,
        request.release,
        request.offset,
        request.count,
        0,
    )
    head = _head(REQUEST, epoch, counter)
    sealed: bytes = cipher.seal(head_nonce(head, b"menshn"), head[:1] + _id(seal_id), plain)
    return head + sealed


def open_request(cipher: Cipher, seal_id: bytes, data: bytes) -> "tuple[int, int, Request]":
    """(epoch, counter, request) of a frame. Raises WireError."""
    _check(data, REQUEST, _HEAD_BYTES + _REQUEST_BYTES, _HEAD_BYTES + _REQUEST_BYTES)
    plain = _open(cipher, head_nonce(data, b"menshn"), seal_id, data, _HEAD_BYTES)
    kind, running, chip, board, reason, release, offset, count, rest = struct.unpack(
        _REQUEST, plain
    )
    if kind not in (ASK, FETCH) or not 1 <= count <= BLOCKS_MAX or offset > OFFSET_MAX or rest:
        raise WireError(MALFORMED, "a request that makes no sense")
    epoch, counter = _numbers(data)
    if counter + count - 1 > COUNTER_MAX or reason >= len(REASONS):
        raise WireError(MALFORMED, "a request that makes no sense")
    return epoch, counter, Request(kind, running, chip, board, reason, release, offset, count)


def seal_offer(
    cipher: Cipher,
    seal_id: bytes,
    epoch: int,
    counter: int,
    release: bytes,
    size: int,
    release_counter: int,
) -> bytes:
    """The answer to ASK: a release of `size` bytes, or NOTHING with both numbers 0."""
    plain = struct.pack(_OFFER, OFFER, size, release_counter)
    return _answer(cipher, seal_id, epoch, counter, release, plain)


def seal_block(
    cipher: Cipher,
    seal_id: bytes,
    epoch: int,
    counter: int,
    release: bytes,
    offset: int,
    data: bytes,
) -> bytes:
    """One block, for the i-th counter of its request."""
    if not 1 <= len(data) <= BLOCK_BYTES:
        raise ValueError("a block has 1 to %d bytes" % BLOCK_BYTES)
    plain = struct.pack(_BLOCK, BLOCK, offset) + data
    return _answer(cipher, seal_id, epoch, counter, release, plain)


def open_answer(
    cipher: Cipher, seal_id: bytes, data: bytes
) -> "tuple[int, int, bytes, int, int, int, bytes]":
    """(epoch, counter, release, kind, size or offset, release's counter, block). WireError."""
    start = _HEAD_BYTES + ID_BYTES
    _check(data, ANSWER, start + _BLOCK_HEAD_BYTES + 1, start + _BLOCK_HEAD_BYTES + BLOCK_BYTES)
    release = data[_HEAD_BYTES:start]
    plain = _open(cipher, head_nonce(data, release), seal_id, data, start)
    epoch, counter = _numbers(data)
    if plain[0] == BLOCK:
        offset = int.from_bytes(plain[1:_BLOCK_HEAD_BYTES], "big")
        return epoch, counter, release, BLOCK, offset, 0, plain[_BLOCK_HEAD_BYTES:]
    if plain[0] != OFFER or len(plain) != _OFFER_BYTES:
        raise WireError(MALFORMED, "an answer that makes no sense")
    _, size, release_counter = struct.unpack(_OFFER, plain)
    return epoch, counter, release, OFFER, size, release_counter, b""


def head_nonce(head: bytes, rest: bytes) -> bytes:
    """The nonce: direction, epoch, counter, and six bytes more."""
    return bytes((head[0] & 0x0F,)) + head[1:_HEAD_BYTES] + rest


def _answer(
    cipher: Cipher, seal_id: bytes, epoch: int, counter: int, release: bytes, plain: bytes
) -> bytes:
    if len(release) != ID_BYTES:
        raise ValueError("a release's id has %d bytes" % ID_BYTES)
    head = _head(ANSWER, epoch, counter)
    nonce = head_nonce(head, release)
    return head + release + cipher.seal(nonce, head[:1] + _id(seal_id), plain)


def _head(direction: int, epoch: int, counter: int) -> bytes:
    if not (1 <= epoch <= EPOCH_MAX and 1 <= counter <= COUNTER_MAX):
        raise ValueError("epoch or counter out of range")
    first = bytes((_VERSION << 4 | direction,))
    return first + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big")


def _id(seal_id: bytes) -> bytes:
    if len(seal_id) != SEAL_ID_BYTES:
        raise ValueError("seal id of a wrong length")
    return seal_id


def _numbers(data: bytes) -> "tuple[int, int]":
    return int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big")


def _check(data: bytes, wanted: int, least: int, most: int) -> None:
    """Shape, before any key."""
    if not data:
        raise WireError(TRUNCATED, "no bytes at all")
    if data[0] >> 4 != _VERSION:
        raise WireError(UNKNOWN_VERSION, "wire version %d" % (data[0] >> 4))
    if data[0] & 0x0F != wanted:
        raise WireError(MALFORMED, "direction %d where %d belongs" % (data[0] & 0x0F, wanted))
    if not least + TAG_BYTES <= len(data) <= most + TAG_BYTES:
        reason = TRUNCATED if len(data) < least + TAG_BYTES else OVERSIZED
        raise WireError(reason, "%d bytes" % len(data))
    if 0 in _numbers(data):
        raise WireError(MALFORMED, "epoch and counter start at 1")


def _open(cipher: Cipher, nonce: bytes, seal_id: bytes, data: bytes, start: int) -> bytes:
    try:
        plain: bytes = cipher.open(nonce, data[:1] + seal_id, data[start:])
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None
    return plain
