"""The reports that wait for their receipt, and the numbers that must never come twice.

One small state holds the epoch, the next report number, the edge count and a ring of reports. It
is written whole, in turn into one of two files with a generation number and a CRC; the other file
keeps the state before it. A power cut at any write thus leaves the old state or the new one, on
littlefs and on plainer file systems, and the file that is not the newest is the newest's reserve.

A report is forgotten on its receipt and on nothing else, save when the ring is full: then the
oldest gives way, and the edge count in the next report tells the gateway that something is missing.
Reports are stored as plain text. Each transmission is sealed afresh, under its own counter.
"""

import struct
from binascii import crc32
from errno import ENOENT

from sealwire.envelope import COUNTER_MAX, EPOCH_MAX
from sealwire.report import AGE_MS_MAX, EDGE, EDGES_MODULUS, SEQ_MAX, Report, pack, unpack

FILES = ("spool.a", "spool.b")
ENTRIES_MAX = 64  # eight days of a household's four openings a day
_MAGIC = b"MSP1"
_HEAD = ">4sIIIHH"  # magic, generation, epoch, next seq, edges, count
_HEAD_BYTES = 20
_CRC_BYTES = 4
_WIRE_BYTES = 7  # flags, seq, edges, bounces: the head of a report as it goes over the air
_RECORD_BYTES = _WIRE_BYTES + 6  # and when it was, as milliseconds of the board's clock
_TIME_UNKNOWN = 0xFFFFFFFFFFFF
_AGE_UNKNOWN = 0xFFFFFFFF
_FIRST = 4  # the bit in a report's flags
_NOTHING = struct.pack(_HEAD, _MAGIC, 0, 0, 1, 0, 0)


class SpoolError(Exception):
    """The numbers are lost or used up: without a new key this seal must not speak again."""


class Spool:
    """Open the spool in `folder`, which ends in a slash. Call `boot` before anything else.

    Reports stand in the order in which they came, from 0 to `count` - 1. They live in one buffer,
    made once, as small as they are in the flash: a chip's heap has no room for a ring of objects.

    `unsaved` says that a number or a report must reach the flash before it is used; `stale` that
    the flash still holds reports which got their receipt, which does no harm for a while.
    """

    def __init__(self, folder: str) -> None:
        self._paths = [folder + name for name in FILES]
        self._records = bytearray(ENTRIES_MAX * _RECORD_BYTES)
        self.count = 0
        self.generation = 0
        self.epoch = self.stored_epoch = 0
        self.counter = 0
        self.next_seq = 1
        self.edges = 0
        self.dropped = 0
        self.unsaved = self.stale = False
        self._load()

    def boot(self, epoch: int = 0, counter: int = 0) -> bool:
        """Begin, with what the board remembered through deep sleep, or nothing: a cold boot.

        After a cold boot the epoch rises and the times of waiting reports mean nothing any more.
        Returns whether the board's memory was good. Nothing may be sent until `save` worked.
        """
        if epoch and epoch == self.epoch:
            self.counter = counter
            return True
        for i in range(self.count):
            self._put_time(i, _TIME_UNKNOWN)
        self._raise_epoch()
        return False

    def add(self, report: Report, at_ms: int, edges: int = 1) -> int:
        """Number a report and keep it; its number. A first reading replaces an older one: it is no
        event, and must not push real ones out of the ring of a seal that restarts over and over.
        An edge's report may count several `edges`, of which it tells the last."""
        if self.next_seq > SEQ_MAX:
            raise SpoolError("all report numbers are used up: flash this seal again")
        if report.first:
            self._remove_firsts()
        elif report.kind == EDGE:
            self.edges = (self.edges + edges) % EDGES_MODULUS
        report.seq, report.edges = self.next_seq, self.edges
        self.next_seq += 1
        if self.count == ENTRIES_MAX:
            self._remove(0)
            self.dropped += 1
        i = self.count
        self.count += 1
        start = i * _RECORD_BYTES
        self._records[start : start + _WIRE_BYTES] = pack(report)[:_WIRE_BYTES]
        self._put_time(i, max(at_ms, 0))
        self.unsaved = True
        return report.seq

    def forget(self, seq: int) -> bool:
        """The gateway has this report. Whether it was waiting."""
        i = self.find(seq)
        if i < 0:
            return False
        self._remove(i)
        self.stale = True
        return True

    def find(self, seq: int) -> int:
        """Where the report with this number stands, -1 if it waits no more."""
        for i in range(self.count):
            if self.seq(i) == seq:
                return i
        return -1

    def seq(self, i: int) -> int:
        """The number of a waiting report."""
        start = i * _RECORD_BYTES
        return int.from_bytes(self._records[start + 1 : start + 4], "big")

    def report(self, i: int, now_ms: int) -> Report:
        """A waiting report, with its age as it is now."""
        start = i * _RECORD_BYTES
        at_ms = self._time(i)
        age_ms = min(max(now_ms - at_ms, 0), AGE_MS_MAX)
        rest = struct.pack(">IB", _AGE_UNKNOWN if at_ms == _TIME_UNKNOWN else age_ms, 0xFF)
        return unpack(bytes(self._records[start : start + _WIRE_BYTES]) + rest)

    def take_counter(self) -> int:
        """The next transmission's counter, never given out before in this epoch. When an epoch is
        used up the next one begins, and nothing may be sent until `stored_epoch` has followed."""
        if self.counter >= COUNTER_MAX:
            self._raise_epoch()
        self.counter += 1
        return self.counter

    @property
    def may_speak(self) -> bool:
        """Whether the flash has the epoch: one that it has not might come twice."""
        return self.stored_epoch == self.epoch

    def save(self) -> None:
        """Write the state. OSError if the flash does not take it; the old state is then whole."""
        generation = self.generation + 1
        head = struct.pack(
            _HEAD, _MAGIC, generation, self.epoch, self.next_seq, self.edges, self.count
        )
        # In pieces: a split heap has no room for all of it at once.
        records = memoryview(self._records)[: self.count * _RECORD_BYTES]
        with open(self._paths[generation & 1], "wb") as file:
            file.write(head)
            file.write(records)
            file.write(struct.pack(">I", crc32(records, crc32(head))))
        self.generation = generation
        self.stored_epoch = self.epoch
        self.unsaved = self.stale = False

    def _load(self) -> None:
        slots = [_read(path) for path in self._paths]
        best = _NOTHING
        torn = 0
        for data in slots:
            if data is not None and _is_whole(data):
                if data[4:8] > best[4:8]:  # the generation; big-endian, so bytes compare as numbers
                    best = data
            elif data:  # an empty file was begun and never finished: no number in it was used
                torn = 1
        if torn and best is _NOTHING:
            raise SpoolError("the spool is unreadable: flash this seal again, with a new key")
        _, self.generation, epoch, next_seq, edges, count = struct.unpack(_HEAD, best[:_HEAD_BYTES])
        self.stored_epoch = epoch
        self.epoch = epoch + torn  # the unreadable file may have been one epoch further
        self.next_seq = next_seq + torn
        self.edges, self.count = edges, count
        self._records[: count * _RECORD_BYTES] = best[_HEAD_BYTES : len(best) - _CRC_BYTES]

    def _raise_epoch(self) -> None:
        if self.epoch >= EPOCH_MAX:
            raise SpoolError("all epochs are used up: flash this seal again, with a new key")
        self.epoch += 1
        self.counter = 0
        self.unsaved = True

    def _remove_firsts(self) -> None:
        for i in range(self.count - 1, -1, -1):
            if self._records[i * _RECORD_BYTES] & _FIRST:
                self._remove(i)

    def _remove(self, i: int) -> None:
        start, end = i * _RECORD_BYTES, self.count * _RECORD_BYTES
        self._records[start : end - _RECORD_BYTES] = self._records[start + _RECORD_BYTES : end]
        self.count -= 1

    def _time(self, i: int) -> int:
        end = (i + 1) * _RECORD_BYTES
        return int.from_bytes(self._records[end - 6 : end], "big")

    def _put_time(self, i: int, at_ms: int) -> None:
        end = (i + 1) * _RECORD_BYTES
        self._records[end - 6 : end] = at_ms.to_bytes(6, "big")


def _read(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD_BYTES + ENTRIES_MAX * _RECORD_BYTES + _CRC_BYTES + 1)
    except OSError as error:
        if error.errno != ENOENT:  # a flash that cannot be read is not an empty one
            raise
        return None


def _is_whole(data: bytes) -> bool:
    if len(data) < _HEAD_BYTES + _CRC_BYTES:
        return False
    end = len(data) - _CRC_BYTES
    if crc32(data[:end]) != int.from_bytes(data[end:], "big"):
        return False
    magic, _, _, _, _, count = struct.unpack(_HEAD, data[:_HEAD_BYTES])
    fits: bool = magic == _MAGIC and end == _HEAD_BYTES + count * _RECORD_BYTES
    return fits and count <= ENTRIES_MAX
