"""What only a gateway does with version 2: it reads signals and notes, and packs commands.

On a seal this is never read in: a chip's heap has no room for the other end.
"""

import struct

from . import command, report
from .envelope import ORDER, PLAIN_BYTES
from .errors import MALFORMED, Message, WireError
from .note import FELL_BACK, NOTE, NOTHING, RESTART, TICKET_MAX
from .report import HEARTBEAT, Report

_SIGNAL_BASE, _SIGNAL_LEAST = 256, 129  # -127 dBm
_NOTE_FORMAT = ">BBBBBBIBB"
_BATTERY_UNKNOWN, _BATTERY_STEP_MV, _BATTERY_BASE_MV = 255, 10, 1500


class Note(Message):
    """A note. `firmware` is three numbers, `ticket` that of the command whose `outcome` it tells, 0
    for none; `signal_dbm` and `battery_mv` are None where the seal does not know them."""

    def __init__(
        self,
        reset_cause: int,
        firmware: "tuple[int, int, int]",
        ticket: int,
        outcome: int,
        signal_dbm: "int | None",
        battery_mv: "int | None",
    ) -> None:
        self.reset_cause = reset_cause
        self.firmware = firmware
        self.ticket = ticket
        self.outcome = outcome
        self.signal_dbm = signal_dbm
        self.battery_mv = battery_mv


def unpack(plain: bytes, version: int) -> "Report | Note":
    """What a seal said, in twelve bytes that were authenticated, of either version. WireError if
    they make no sense."""
    kind = plain[0] >> 5 & 3
    if version > 1 and kind == NOTE:
        return _note(plain)
    if version == 1 or kind != HEARTBEAT:
        return report.unpack(plain)
    beat = report.unpack(plain[:1] + b"\x00" + plain[2:])
    beat.signal_dbm = _signal(plain[1])
    return beat


def pack_command(kind: int, ticket: int, parts: "tuple[bytes, ...]") -> bytes:
    """A command's 192 bytes. ValueError if it is none; what is wrong is told, and no part shown."""
    if not command.HEARTBEAT <= kind <= command.WATCH or not 1 <= ticket <= TICKET_MAX:
        raise ValueError("kind or ticket out of range")
    allowed = command.PARTS[kind - 1]
    if len(parts) != len(allowed):
        raise ValueError("this kind of command has other parts")
    plain = struct.pack(">BI", kind, ticket)
    for part, (least, most) in zip(parts, allowed):
        if not least <= len(part) <= most:
            raise ValueError("a part of %d bytes where %d to %d belong" % (len(part), least, most))
        plain += bytes((len(part),)) + part
    return plain + bytes(PLAIN_BYTES[ORDER] - len(plain))


def _note(plain: bytes) -> Note:
    fields = struct.unpack(_NOTE_FORMAT, plain)
    flags, signal, cause, major, minor, patch, ticket, outcome, battery = fields
    if flags != NOTE << 5 or cause > RESTART or outcome > FELL_BACK:
        raise WireError(MALFORMED, "flags, reset cause or outcome of a note mean nothing")
    if (ticket == 0) != (outcome == NOTHING):
        raise WireError(MALFORMED, "a note tells what came of a command, or of none")
    battery_mv = battery * _BATTERY_STEP_MV + _BATTERY_BASE_MV
    known_mv = None if battery == _BATTERY_UNKNOWN else battery_mv
    return Note(cause, (major, minor, patch), ticket, outcome, _signal(signal), known_mv)


def _signal(byte: int) -> "int | None":
    if 0 < byte < _SIGNAL_LEAST:
        raise WireError(MALFORMED, "signal byte %d means nothing" % byte)
    return byte - _SIGNAL_BASE if byte else None
