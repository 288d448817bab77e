"""A report: what a seal says, in twelve bytes.

Time travels as `age_ms`, the milliseconds since the edge, for a seal has no clock that anybody
should trust. `edges` counts the door's settled edges over the seal's life, so a gap in it shows
openings that nobody heard of. `seq` numbers the reports that the seal keeps until their receipt.
A heartbeat has none; from version 2 on it has the radio's signal in that place.
"""

import struct

from .errors import MALFORMED, Message, WireError

SHUT, OPEN, UNKNOWN = 0, 1, 2  # contact
HEARTBEAT, EDGE, TAMPER = 0, 1, 2  # kind

SEQ_MAX = 0xFFFFFF
EDGES_MODULUS = 0x10000
BOUNCES_MAX = 0xFF
AGE_MS_MAX = 0xFFFFFFFE  # 49 days; older saturates here
_AGE_UNKNOWN = 0xFFFFFFFF
_BATTERY_UNKNOWN = 0xFF
_BATTERY_STEP_MV, _BATTERY_BASE_MV, _BATTERY_STEPS = 10, 1500, 254
_FORMAT = ">BBHHBIB"
_SIGNAL_BASE = 256


class Report(Message):
    """One report. `age_ms` and `battery_mv` are None where the seal does not know them, and
    `signal_dbm` is so in all but heartbeats."""

    def __init__(
        self,
        contact: int,
        kind: int,
        seq: int,
        edges: int,
        bounces: int = 0,
        age_ms: "int | None" = 0,
        battery_mv: "int | None" = None,
        first: bool = False,
        cover: bool = False,
        magnet: bool = False,
        signal_dbm: "int | None" = None,
    ) -> None:
        self.contact = contact
        self.kind = kind
        self.seq = seq
        self.edges = edges
        self.bounces = bounces
        self.age_ms = age_ms
        self.battery_mv = battery_mv
        self.first = first
        self.cover = cover
        self.magnet = magnet
        self.signal_dbm = signal_dbm


def pack(report: Report) -> bytes:
    """Twelve bytes. ValueError if a field is out of range; bounces, age, battery and signal
    saturate."""
    if report.contact not in (SHUT, OPEN, UNKNOWN) or report.kind not in (HEARTBEAT, EDGE, TAMPER):
        raise ValueError("contact or kind out of range")
    if not 0 <= report.seq <= SEQ_MAX or not 0 <= report.edges < EDGES_MODULUS:
        raise ValueError("seq or edges out of range")
    flags = report.contact | report.kind << 5
    flags |= (report.first and 4) | (report.cover and 8) | (report.magnet and 16)
    age = _AGE_UNKNOWN if report.age_ms is None else min(max(report.age_ms, 0), AGE_MS_MAX)
    is_beat = report.kind == HEARTBEAT and report.seq == 0
    return struct.pack(
        _FORMAT,
        flags,
        signal_byte(report.signal_dbm) if is_beat else report.seq >> 16,
        report.seq & 0xFFFF,
        report.edges,
        min(report.bounces, BOUNCES_MAX),
        age,
        battery_byte(report.battery_mv),
    )


def unpack(plain: bytes) -> Report:
    """The report in twelve bytes that were authenticated. WireError if they make no sense.

    It knows of no signal and of no note: what comes in version 2 is for `gateway_end` to read.
    """
    flags, seq_high, seq_low, edges, bounces, age, battery = struct.unpack(_FORMAT, plain)
    contact, kind = flags & 3, flags >> 5 & 3
    if contact > UNKNOWN or kind > TAMPER or flags & 0x80:
        raise WireError(MALFORMED, "flags 0x%02x mean nothing" % flags)
    seq = seq_high << 16 | seq_low
    if (seq == 0) != (kind == HEARTBEAT):
        raise WireError(MALFORMED, "a heartbeat has number 0, every other report its own")
    return Report(
        contact,
        kind,
        seq,
        edges,
        bounces,
        None if age == _AGE_UNKNOWN else age,
        None if battery == _BATTERY_UNKNOWN else battery * _BATTERY_STEP_MV + _BATTERY_BASE_MV,
        bool(flags & 4),
        bool(flags & 8),
        bool(flags & 16),
    )


def signal_byte(signal_dbm: "int | None") -> int:
    """A signal of -127 to -1 dBm as a byte; 0 says that nothing is known."""
    return 0 if signal_dbm is None else min(max(signal_dbm, -127), -1) + _SIGNAL_BASE


def battery_byte(battery_mv: "int | None") -> int:
    """A battery from 1,500 to 4,040 mV as a byte, in steps of 10; beyond, it saturates."""
    if battery_mv is None:
        return _BATTERY_UNKNOWN
    steps = (battery_mv - _BATTERY_BASE_MV) // _BATTERY_STEP_MV
    return min(max(steps, 0), _BATTERY_STEPS)
