"""The sealed frame around a report or a receipt: who may read it, and that it is new.

A frame is `version and direction, epoch, counter, ciphertext, tag`. Epoch and counter make the
nonce, so a (direction, epoch, counter) may never carry two different texts under one key: a seal
that sends again seals again with the next counter, and a receipt repeats its report's numbers.
"""

from . import VERSION
from .ccm import TAG_BYTES, Cipher
from .errors import MALFORMED, OVERSIZED, TRUNCATED, UNKNOWN_VERSION, WRONG_KEY, WireError

UP = 0  # seal to gateway: a report
DOWN = 1  # gateway to seal: a receipt

HEAD_BYTES = 7
SEAL_ID_BYTES = 8
EPOCH_MAX = COUNTER_MAX = 0xFFFFFF
PLAIN_BYTES = (12, 4)  # by direction
FRAME_BYTES = tuple([HEAD_BYTES + n + TAG_BYTES for n in PLAIN_BYTES])
_FILL = b"menshn"


def peek(data: bytes) -> "tuple[int, int, int]":
    """(direction, epoch, counter) of a frame, before any key is known. Raises WireError.

    Nothing of this is proved until `open_up` has succeeded.
    """
    if not data:
        raise WireError(TRUNCATED, "no bytes at all")
    version, direction = data[0] >> 4, data[0] & 0x0F
    if version != VERSION:
        raise WireError(UNKNOWN_VERSION, "wire version %d, we speak %d" % (version, VERSION))
    if direction not in (UP, DOWN):
        raise WireError(MALFORMED, "direction %d is neither report nor receipt" % direction)
    wanted = FRAME_BYTES[direction]
    if len(data) != wanted:
        reason = TRUNCATED if len(data) < wanted else OVERSIZED
        raise WireError(reason, "%d bytes where %d belong" % (len(data), wanted))
    epoch, counter = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big")
    if epoch == 0 or counter == 0:
        raise WireError(MALFORMED, "epoch and counter start at 1")
    return direction, epoch, counter


def seal_up(
    cipher: Cipher, seal_id: bytes, direction: int, epoch: int, counter: int, plain: bytes
) -> bytes:
    """The frame for `plain`. `cipher` comes from `ccm.cipher`, `seal_id` has 8 bytes."""
    if len(plain) != PLAIN_BYTES[direction] or len(seal_id) != SEAL_ID_BYTES:
        raise ValueError("plaintext or seal id of a wrong length")
    if not (1 <= epoch <= EPOCH_MAX and 1 <= counter <= COUNTER_MAX):
        raise ValueError("epoch or counter out of range")
    head = _head(direction, epoch, counter)
    sealed: bytes = cipher.seal(_nonce(head), head[:1] + seal_id, plain)
    return head + sealed


def open_up(cipher: Cipher, seal_id: bytes, data: bytes) -> "tuple[int, int, int, bytes]":
    """(direction, epoch, counter, plaintext) of a frame. Raises WireError."""
    direction, epoch, counter = peek(data)
    try:
        plain: bytes = cipher.open(_nonce(data), data[:1] + seal_id, data[HEAD_BYTES:])
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None
    return direction, epoch, counter, plain


def _head(direction: int, epoch: int, counter: int) -> bytes:
    first = bytes((VERSION << 4 | direction,))
    return first + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big")


def _nonce(head: bytes) -> bytes:
    return bytes((head[0] & 0x0F,)) + head[1:HEAD_BYTES] + _FILL
