"""The gateway's half of how a seal pulls a release (`update`): open its requests, seal answers."""

import struct

from . import update
from .ccm import TAG_BYTES, Cipher
from .envelope import COUNTER_MAX, EPOCH_MAX, SEAL_ID_BYTES
from .errors import MALFORMED, OVERSIZED, TRUNCATED, WRONG_KEY, WireError

# Why the last release that a seal tried did not stay, by number. The first: none failed.
REASONS = (
    "", "unsigned", "damaged", "older", "incompatible", "full", "nokey", "crashed", "silent",
    "ended", "other",
)  # fmt: skip
_REQUEST_BYTES = update.HEAD_BYTES + 21 + TAG_BYTES


class Request:
    """A seal's question, as `update.seal_request` has it."""

    def __init__(
        self,
        kind: int,
        running: int,
        chip: int,
        board: int,
        reason: int,
        release: bytes,
        offset: int,
        count: int,
    ) -> None:
        self.kind = kind
        self.running = running
        self.chip = chip
        self.board = board
        self.reason = reason
        self.release = release
        self.offset = offset
        self.count = count


def open_request(cipher: Cipher, seal_id: bytes, data: bytes) -> "tuple[int, int, Request]":
    """(epoch, counter, request) of a frame. Raises WireError."""
    if not data or data[0] != update.REQUEST:
        raise WireError(MALFORMED, "no request for an update")
    if len(data) != _REQUEST_BYTES:
        reason = TRUNCATED if len(data) < _REQUEST_BYTES else OVERSIZED
        raise WireError(reason, "%d bytes where %d belong" % (len(data), _REQUEST_BYTES))
    try:
        plain: bytes = cipher.open(
            update.nonce(data, update.FILL), data[:1] + seal_id, data[update.HEAD_BYTES :]
        )
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None
    kind, running, chip, board, reason, release, offset, count, rest = struct.unpack(
        update.REQUEST_FORMAT, plain
    )
    epoch, counter = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big")
    if (
        kind not in (update.ASK, update.FETCH)
        or not 1 <= count <= update.BLOCKS_MAX
        or offset > update.OFFSET_MAX
        or reason >= len(REASONS)
        or rest
        or not (epoch and counter and counter + count - 1 <= COUNTER_MAX)
    ):
        raise WireError(MALFORMED, "a request that makes no sense")
    return epoch, counter, Request(kind, running, chip, board, reason, release, offset, count)


def seal_offer(
    cipher: Cipher,
    seal_id: bytes,
    epoch: int,
    counter: int,
    release: bytes,
    size: int,
    number: int,
    is_image: bool = False,
) -> bytes:
    """The answer to ASK: a release of `size` bytes and its counter; NOTHING with both 0."""
    kind = update.OFFER_IMAGE if is_image else update.OFFER
    plain = struct.pack(update.OFFER_FORMAT, kind, size, number)
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
    if not 1 <= len(data) <= update.BLOCK_BYTES:
        raise ValueError("a block has 1 to %d bytes" % update.BLOCK_BYTES)
    plain = struct.pack(update.BLOCK_FORMAT, update.BLOCK, offset) + data
    return _answer(cipher, seal_id, epoch, counter, release, plain)


def _answer(
    cipher: Cipher, seal_id: bytes, epoch: int, counter: int, release: bytes, plain: bytes
) -> bytes:
    if len(release) != update.ID_BYTES or len(seal_id) != SEAL_ID_BYTES:
        raise ValueError("a release's or a seal's id of a wrong length")
    if not (1 <= epoch <= EPOCH_MAX and 1 <= counter <= COUNTER_MAX):
        raise ValueError("epoch or counter out of range")
    head = bytes((update.ANSWER,)) + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big")
    sealed = cipher.seal(update.nonce(head, release), head[:1] + seal_id, plain)
    return head + release + sealed
