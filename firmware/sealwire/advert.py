"""The same report as one Bluetooth advertisement of 31 bytes, which names nobody.

An advertisement is `flags, service data: rotating id, ciphertext, tag`. The id stands for seal,
epoch and counter: a piece of AES under a key of its own, so that only who has the seal's key can
work it out, and the next one looks like any stranger's. A gateway works out beforehand which ids
each seal has next (`next_ids`) and looks them up.

Epoch and counter are those of the seal's next transmission, whichever way that goes; none is used
twice. And the nonce begins with a direction of its own: no text on the air can ever meet another.
An advertisement is never answered. What it says of an edge is said over the network too.
"""

from .ccm import TAG_BYTES, Cipher, blocks
from .envelope import COUNTER_MAX, EPOCH_MAX, SEAL_ID_BYTES
from .errors import MALFORMED, OVERSIZED, TRUNCATED, WRONG_KEY, WireError

AIR = 8  # the direction, in nonce and associated data
FIRST = bytes((1 << 4 | AIR,))  # its own version, and the direction: no frame begins so
SERVICE_UUID = 0xFA5E
ADVERT_BYTES = 31
ID_BYTES = 4
PLAIN_BYTES = 12
SERVICE_BYTES = ID_BYTES + PLAIN_BYTES + TAG_BYTES
REPEATS = 10  # of each advertisement: heard by 99.4 of 100 where six of ten are lost

# General discoverable, no classic Bluetooth: BlueZ tells of no unknown device without this while it
# scans actively. Then 16-bit service data, and whose.
_HEAD = b"\x02\x01\x06\x1b\x16" + SERVICE_UUID.to_bytes(2, "little")
_NONCE_FILL = b"menshn"
_ID_FILL = b"menshn-id"
_KEY_OF_IDS = (b"menshn advert id", b"menshn advert-id")  # what the seal's key makes that key of


def id_cipher(key: bytes):  # type: ignore[no-untyped-def]
    """What `rotating_id` and `next_ids` work with. `key` is the seal's, 32 bytes."""
    encrypt = blocks(key)
    return blocks(encrypt(_KEY_OF_IDS[0]) + encrypt(_KEY_OF_IDS[1]))


def rotating_id(ids, epoch: int, counter: int) -> bytes:  # type: ignore[no-untyped-def]
    """The id of one transmission, 4 bytes. `ids` comes from `id_cipher`."""
    found: bytes = ids(_id_block(epoch, counter))[:ID_BYTES]
    return found


def next_ids(  # type: ignore[no-untyped-def]
    ids, epoch: int, counter: int, count: int
) -> "list[bytes]":
    """The ids of `count` transmissions from `counter` on, in their order, by one call of AES."""
    text = b"".join([_id_block(epoch, counter + i) for i in range(count)])
    made = ids(text) if text else b""
    return [made[start : start + ID_BYTES] for start in range(0, len(made), 16)]


def seal_advert(  # type: ignore[no-untyped-def]
    cipher: Cipher, ids, seal_id: bytes, epoch: int, counter: int, plain: bytes
) -> bytes:
    """The 31 bytes that go on the air for a packed report of 12 bytes."""
    if len(plain) != PLAIN_BYTES or len(seal_id) != SEAL_ID_BYTES:
        raise ValueError("plaintext or seal id of a wrong length")
    if not (1 <= epoch <= EPOCH_MAX and 1 <= counter <= COUNTER_MAX):
        raise ValueError("epoch or counter out of range")
    sealed: bytes = cipher.seal(_nonce(epoch, counter), FIRST + seal_id, plain)
    return _HEAD + rotating_id(ids, epoch, counter) + sealed


def service_data(advert: bytes) -> bytes:
    """The 24 bytes behind the service's UUID. WireError if it is no advertisement of a seal."""
    if len(advert) != ADVERT_BYTES:
        reason = TRUNCATED if len(advert) < ADVERT_BYTES else OVERSIZED
        raise WireError(reason, "%d bytes where %d belong" % (len(advert), ADVERT_BYTES))
    if not advert.startswith(_HEAD):
        raise WireError(MALFORMED, "not the head of a seal's advertisement")
    return advert[len(_HEAD) :]


def open_advert(cipher: Cipher, seal_id: bytes, epoch: int, counter: int, service: bytes) -> bytes:
    """The packed report in service data whose seal and numbers the id stands for. WireError."""
    if len(service) != SERVICE_BYTES:
        reason = TRUNCATED if len(service) < SERVICE_BYTES else OVERSIZED
        raise WireError(reason, "%d bytes where %d belong" % (len(service), SERVICE_BYTES))
    try:
        return cipher.open(_nonce(epoch, counter), FIRST + seal_id, service[ID_BYTES:])
    except ValueError:
        raise WireError(WRONG_KEY, "not sealed with this seal's key") from None


def _id_block(epoch: int, counter: int) -> bytes:
    return bytes((AIR,)) + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big") + _ID_FILL


def _nonce(epoch: int, counter: int) -> bytes:
    return bytes((AIR,)) + epoch.to_bytes(3, "big") + counter.to_bytes(3, "big") + _NONCE_FILL
