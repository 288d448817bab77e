"""The sealed frame around a report, a receipt or a command: who may read it, and that it is new.

A frame is `version and direction, epoch, counter, ciphertext, tag`. Epoch and counter make the
nonce, so a (direction, epoch, counter) may never carry two different texts under one key: a seal
that sends again seals again with the next counter, and a receipt repeats its report's numbers. So
does a command, whose text may be another after a restore: it has six random bytes besides. The
nonces of the versions never meet, for the first byte of one tells the version too.
"""

from . import OLDEST, VERSION
from .ccm import TAG_BYTES, Cipher
from .errors import MALFORMED, OVERSIZED, TRUNCATED, UNKNOWN_VERSION, WRONG_KEY, WireError

UP = 0  # seal to gateway: a report
DOWN = 1  # gateway to seal: a receipt
ORDER = 2  # gateway to seal: a command, from version 2 on

HEAD_BYTES = 7
SALT_BYTES = 6  # random, behind the head of a command
SEAL_ID_BYTES = 8
EPOCH_MAX = COUNTER_MAX = 0xFFFFFF
PLAIN_BYTES = (12, 4, 192)  # by direction
HEADS = (HEAD_BYTES, HEAD_BYTES, HEAD_BYTES + SALT_BYTES)  # likewise
FRAME_BYTES = tuple([HEADS[i] + PLAIN_BYTES[i] + TAG_BYTES for i in (UP, DOWN, ORDER)])
_FILL = b"menshn"


def peek(data: bytes) -> "tuple[int, int, int]":
    """(direction, epoch, counter) of a frame, before any key is known. Raises WireError.

    Nothing of this is proved until `open_up` has succeeded.
    """
    if not data:
        raise WireError(TRUNCATED, "no bytes at all")
    version, direction = data[0] >> 4, data[0] & 0x0F
    if not OLDEST <= version <= VERSION:
        raise WireError(UNKNOWN_VERSION, "wire version %d, we speak %d" % (version, VERSION))
    if direction > (ORDER if version > 1 else DOWN):
        raise WireError(MALFORMED, "direction %d is none of version %d" % (direction, version))
    wanted = FRAME_BYTES[direction]
    if len(data) != wanted:
        reason = TRUNCATED if len(data) < wanted else OVERSIZED
        raise WireError(reason, "%d bytes where %d belong" % (len(data), wanted))
    epoch, counter = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:7], "big")
    if epoch == 0 or counter == 0:
        raise WireError(MALFORMED, "epoch and counter start at 1")
    return direction, epoch, counter


def version_of(data: bytes) -> int:
    """The version of a frame that `peek` has let pass."""
    return data[0] >> 4


def seal_up(
    cipher: Cipher,
    seal_id: bytes,
    direction: int,
    epoch: int,
    counter: int,
    plain: bytes,
    version: int = VERSION,
    salt: bytes = b"",
) -> bytes:
    """The frame for `plain`. `cipher` comes from `ccm.cipher`, `seal_id` has 8 bytes; a command
    has a `salt`, 6 bytes that are random each time."""
    if len(plain) != PLAIN_BYTES[direction] or len(seal_id) != SEAL_ID_BYTES:
        raise ValueError("plaintext or seal id of a wrong length")
    if not (1 <= epoch <= EPOCH_MAX and 1 <= counter <= COUNTER_MAX):
        raise ValueError("epoch or counter out of range")
    first = bytes((version << 4 | direction,))
    head = first + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big") + salt
    if len(head) != HEADS[direction]:
        raise ValueError("a command has a salt of 6 bytes, and nothing else has one")
    sealed: bytes = cipher.seal(_nonce(head), first + seal_id, plain)
    return head + sealed


def open_up(cipher: Cipher, seal_id: bytes, data: bytes) -> "tuple[int, int, int, bytes]":
    """(direction, epoch, counter, plaintext) of a frame. Raises WireError."""
    direction, epoch, counter = peek(data)
    head = data[: HEADS[direction]]
    try:
        plain: bytes = cipher.open(_nonce(head), data[:1] + seal_id, data[len(head) :])
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None
    return direction, epoch, counter, plain


def _nonce(head: bytes) -> bytes:
    """13 bytes. Version 1 began them with the direction alone."""
    first = head[0] if head[0] >> 4 > 1 else head[0] & 0x0F
    return bytes((first,)) + head[1:] + _FILL[: HEAD_BYTES + SALT_BYTES - len(head)]
