"""How a seal pulls a release: it asks, and the gateway answers each question, in sealed frames.

    request   0x14  epoch (3)  counter (3)               ciphertext (21)      tag (8)
    answer    0x15  epoch (3)  counter (3)  release (6)  ciphertext (9, 6..)  tag (8)

A request has the seal's next counter, as a report has; one for n blocks takes n of them. An answer
repeats the counter that it answers, the i-th block the i-th. The release's id is part of the
answer's nonce and names its content, so what stands under a nonce depends on nothing but the nonce:
the gateway needs no memory for that, and a request that is repeated brings the same bytes again.

Here is the seal's half, small, for it is in a seal's heap while it pulls; `update_answer` has the
gateway's.
"""

import struct

from .errors import MALFORMED, TRUNCATED, WRONG_KEY, WireError

REQUEST, ANSWER = 0x14, 0x15  # the first byte: version 1, directions 4 and 5
ASK, FETCH = 0, 1  # what a request is: is there something for me; give me blocks
OFFER, BLOCK, OFFER_IMAGE = 0, 1, 2  # what an answer is; an image is too large for a file
BLOCK_BYTES = 192  # so that a packet with it stays below the 256 that a seal takes
BLOCKS_MAX = 4  # in one request
ID_BYTES = 6  # of a release
NOTHING = bytes(ID_BYTES)  # the release of an answer that has none
OFFSET_MAX = 0x400000
HEAD_BYTES = 7
FILL = b"menshn"
REQUEST_FORMAT = ">BIBBB6sIBH"  # kind, running, chip, board, reason, release, offset, count, 0
OFFER_FORMAT = ">BII"  # kind, size, the release's counter
BLOCK_FORMAT = ">BI"  # kind, offset; the block follows
_BLOCK_HEAD_BYTES = 5
_OFFER_BYTES = 9
_LEAST_BYTES = HEAD_BYTES + ID_BYTES + _BLOCK_HEAD_BYTES + 1 + 8


def seal_request(  # type: ignore[no-untyped-def]
    cipher, seal_id: bytes, epoch: int, counter: int, request: "tuple[int | bytes, ...]"
) -> bytes:
    """The frame for a request: (kind, running, chip, board, reason, release, offset, count).

    `release` and `offset` (bytes) mean what a FETCH wants; of an ASK, the release that failed last,
    and `reason` says why. `running` is the counter of the release that the seal runs, 0 for one
    that came by cable; `chip` a number of `release.CHIPS`, `board` that of its wiring.
    """
    head = bytes((REQUEST,)) + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big")
    plain = struct.pack(REQUEST_FORMAT, *(request + (0,)))
    sealed: bytes = cipher.seal(nonce(head, FILL), head[:1] + seal_id, plain)
    return head + sealed


def open_answer(  # type: ignore[no-untyped-def]
    cipher, seal_id: bytes, data: bytes
) -> "tuple[int, int, bytes, int, int, int, bytes]":
    """(epoch, counter, release, kind, size or offset, release's counter, block). WireError."""
    start = HEAD_BYTES + ID_BYTES
    if len(data) < _LEAST_BYTES or data[0] != ANSWER:
        raise WireError(TRUNCATED if data[:1] == b"\x15" else MALFORMED, "no answer")
    release = data[HEAD_BYTES:start]
    try:
        plain: bytes = cipher.open(nonce(data, release), data[:1] + seal_id, data[start:])
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None
    epoch, counter = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big")
    if plain[0] == BLOCK:
        offset = int.from_bytes(plain[1:_BLOCK_HEAD_BYTES], "big")
        return epoch, counter, release, BLOCK, offset, 0, plain[_BLOCK_HEAD_BYTES:]
    if plain[0] not in (OFFER, OFFER_IMAGE) or len(plain) != _OFFER_BYTES:
        raise WireError(MALFORMED, "an answer that makes no sense")
    _, size, number = struct.unpack(OFFER_FORMAT, plain)
    return epoch, counter, release, plain[0], size, number, b""


def nonce(head: bytes, rest: bytes) -> bytes:
    """13 bytes: the direction, epoch, counter, and six more."""
    return bytes((head[0] & 0x0F,)) + head[1:HEAD_BYTES] + rest
