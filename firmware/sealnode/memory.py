"""What a seal remembers through deep sleep: at most 64 bytes, perhaps rubbish when it wakes.

`of` makes them when it falls asleep, `recall` reads them when it wakes, `tell` hands them on.
"""

import struct
from binascii import crc32

from sealwire.report import SHUT

from .hardware import Hardware

# Magic, epoch, counter, heartbeat due (6 bytes), switches, misses, bounces, due by air (6 bytes),
# flutter.
_FORM = ">4sIIHIBBBHI33s"
_MAGIC = b"MSR2"
_LOW = 0xFFFFFFFF
_HEARD = 8  # a bit beside those of the switches

TYPE_CHECKING = False  # what a type checker takes for true
if TYPE_CHECKING:
    from .node import Node
    from .spool import Spool
    from .switches import Switches


def of(spool: "Spool", node: "Node", switches: "Switches") -> bytes:
    """All of a seal that falls asleep."""
    return pack(
        spool.epoch,
        spool.counter,
        node.heartbeat_due_ms,
        switches.bits() | (_HEARD if node.heard else 0),
        node.misses,
        node.bounces,
        node.air_due_ms,
        switches.flutter(),
    )


def tell(
    memory: "tuple[int, int, int, int, int, int, int, bytes]", node: "Node", switches: "Switches"
) -> None:
    """The mind of a seal that woke, made with `switches` from the same memory, knows it again."""
    node.heartbeat_due_ms, node.air_due_ms = memory[2], memory[6]
    node.misses, node.bounces = memory[4], memory[5]
    node.heard = bool(memory[3] & _HEARD)
    node.contact, cover, magnet = switches.told()
    node.cover, node.magnet = bool(cover), bool(magnet)


def pack(
    epoch: int,
    counter: int,
    due_ms: int,
    switches: int,
    misses: int,
    bounces: int,
    air_due_ms: int,
    flutter: bytes,
) -> bytes:
    """What `recall` gives back. Misses and bounces saturate at 255; `flutter` has 33 bytes."""
    memory = struct.pack(
        _FORM,
        _MAGIC,
        epoch,
        counter,
        due_ms >> 32,
        due_ms & _LOW,
        switches,
        min(misses, 255),
        min(bounces, 255),
        air_due_ms >> 32,
        air_due_ms & _LOW,
        flutter,
    )
    return memory + struct.pack(">I", crc32(memory))


def recall(board: Hardware) -> "tuple[int, int, int, int, int, int, int, bytes]":
    """Epoch, counter, heartbeat due, switches, misses, bounces, due by air and flutter, as packed;
    all 0 if nothing or rubbish is there.

    It is forgotten before it is used: were it found again after a crash, the counter would go back
    to where it was when the seal fell asleep, and numbers would come twice.
    """
    memory = board.recall()
    board.remember(b"")
    size = struct.calcsize(_FORM)
    if len(memory) == size + 4 and crc32(memory[:size]) == int.from_bytes(memory[size:], "big"):
        fields = struct.unpack(_FORM, memory[:size])
        if fields[0] == _MAGIC:
            due_ms, air_due_ms = fields[3] << 32 | fields[4], fields[8] << 32 | fields[9]
            epoch, counter, switches, misses, bounces = fields[1:3] + fields[5:8]
            return epoch, counter, due_ms, switches, misses, bounces, air_due_ms, fields[10]
    return 0, 0, 0, SHUT, 0, 0, 0, b""
