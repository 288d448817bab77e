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
from sealwire.report import EDGE, EDGES_MODULUS, SEQ_MAX, Report, pack, unpack

FILES = ("spool.a", "spool.b")
ENTRIES_MAX = 64  # eight days of a household's four openings a day
_MAGIC = b"MSP1"
_HEAD = ">4sIIIHH"  # magic, generation, epoch, next seq, edges, entries
_HEAD_BYTES = 20
_RECORD_BYTES = 13  # flags, seq, edges, bounces as on the wire, then 6 bytes of time
_WIRE_BYTES = 7
_WIRE_REST = b"\x00\x00\x00\x00\xff"  # age and battery are filled in at each transmission
_TIME_UNKNOWN = 0xFFFFFFFFFFFF


class SpoolError(Exception):
    """The numbers are lost or used up: without a new key this seal must not speak again."""


class Entry:
    """One report that waits. `at_ms` is None where nobody knows any more when it was."""

    def __init__(self, report: Report, at_ms: "int | None") -> None:
        self.report = report
        self.at_ms = at_ms
        self.tries = 0
        self.sent_ms = 0  # the latest transmission
        self.due_ms = 0  # the next one


class _State:
    """What one file says."""

    def __init__(self, generation: int, epoch: int, next_seq: int, edges: int) -> None:
        self.generation = generation
        self.epoch = epoch
        self.next_seq = next_seq
        self.edges = edges
        self.entries: "list[Entry]" = []


class Spool:
    """Open the spool in `folder`, which ends in a slash. Call `boot` before anything else.

    `unsaved` says that a number or a report must reach the flash before it is used; `stale` that
    the flash still holds reports which got their receipt, which does no harm for a while.
    """

    def __init__(self, folder: str) -> None:
        self._paths = [folder + name for name in FILES]
        found = [_read(path) for path in self._paths]
        states = [state for state, _ in found if state]
        torn = any([there and not state for state, there in found])
        if not states and torn:
            raise SpoolError("the spool is unreadable: flash this seal again, with a new key")
        state = _State(0, 0, 1, 0)
        for one in states:
            if one.generation > state.generation:
                state = one
        self._generation = state.generation
        self.epoch = state.epoch + torn  # the unreadable file may have been one epoch further
        self.next_seq = state.next_seq + torn
        self.edges = state.edges
        self.entries = state.entries
        self.stored_epoch = state.epoch
        self.counter = 0
        self.dropped = 0
        self.unsaved = False
        self.stale = False

    def boot(self, epoch: int = 0, counter: int = 0) -> bool:
        """Begin, with what the board remembered through deep sleep, or nothing: a cold boot.

        After a cold boot the epoch rises and the times of waiting reports mean nothing any more.
        Returns whether the board's memory was good. Nothing may be sent until `save` worked.
        """
        if epoch and epoch == self.epoch:
            self.counter = counter
            return True
        for entry in self.entries:
            entry.at_ms = None
        self._raise_epoch()
        return False

    def add(self, report: Report, at_ms: int) -> Entry:
        """Number a report and keep it. A first reading replaces an older one, for it is no event
        and must not push real ones out of the ring of a seal that restarts over and over."""
        if report.first:
            self.entries = [entry for entry in self.entries if not entry.report.first]
        elif report.kind == EDGE:
            self.edges = (self.edges + 1) % EDGES_MODULUS
        if self.next_seq > SEQ_MAX:
            raise SpoolError("all report numbers are used up: flash this seal again")
        report.seq, report.edges = self.next_seq, self.edges
        self.next_seq += 1
        while len(self.entries) >= ENTRIES_MAX:
            self.entries.pop(0)
            self.dropped += 1
        entry = Entry(report, at_ms)
        self.entries.append(entry)
        self.unsaved = True
        return entry

    def forget(self, seq: int) -> bool:
        """The gateway has this report. Whether it was waiting."""
        for i, entry in enumerate(self.entries):
            if entry.report.seq == seq:
                self.entries.pop(i)
                self.stale = True
                return True
        return False

    def take_counter(self) -> int:
        """The next transmission's counter, never given out before in this epoch. When an epoch is
        used up the next one begins, and nothing may be sent until `stored_epoch` has followed."""
        if self.counter >= COUNTER_MAX:
            self._raise_epoch()
        self.counter += 1
        return self.counter

    def save(self) -> None:
        """Write the state. OSError if the flash does not take it; the old state is then whole."""
        head = struct.pack(
            _HEAD,
            _MAGIC,
            self._generation + 1,
            self.epoch,
            self.next_seq,
            self.edges,
            len(self.entries),
        )
        data = bytearray(head)
        for entry in self.entries:
            data += _record(entry)
        data += struct.pack(">I", crc32(data))
        with open(self._paths[self._generation + 1 & 1], "wb") as file:
            file.write(data)
        self._generation += 1
        self.stored_epoch = self.epoch
        self.unsaved = self.stale = False

    def _raise_epoch(self) -> None:
        if self.epoch >= EPOCH_MAX:
            raise SpoolError("all epochs are used up: flash this seal again, with a new key")
        self.epoch += 1
        self.counter = 0
        self.unsaved = True


def _record(entry: Entry) -> bytes:
    at_ms = _TIME_UNKNOWN if entry.at_ms is None else entry.at_ms
    return pack(entry.report)[:_WIRE_BYTES] + struct.pack(">HI", at_ms >> 32, at_ms & 0xFFFFFFFF)


def _read(path: str) -> "tuple[_State | None, bool]":
    """(the state in a file or None, whether the file holds anything at all).

    A file without content was begun and never finished: it never held a number that was used.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_HEAD_BYTES + ENTRIES_MAX * _RECORD_BYTES + 5)
    except OSError as error:
        if error.errno != ENOENT:  # a flash that cannot be read is not an empty one
            raise
        return None, False
    return _state(data), bool(data)


def _state(data: bytes) -> "_State | None":
    if len(data) < _HEAD_BYTES + 4 or crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
        return None
    magic, generation, epoch, next_seq, edges, count = struct.unpack(_HEAD, data[:_HEAD_BYTES])
    if magic != _MAGIC or len(data) != _HEAD_BYTES + count * _RECORD_BYTES + 4:
        return None
    state = _State(generation, epoch, next_seq, edges)
    for start in range(_HEAD_BYTES, len(data) - 4, _RECORD_BYTES):
        report = unpack(data[start : start + _WIRE_BYTES] + _WIRE_REST)
        high, low = struct.unpack(">HI", data[start + _WIRE_BYTES : start + _RECORD_BYTES])
        at_ms = high << 32 | low
        state.entries.append(Entry(report, None if at_ms == _TIME_UNKNOWN else at_ms))
    return state
