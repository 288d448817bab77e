"""A receipt: the gateway's word that a report is in the journal.

It goes out only after the commit, under the epoch and counter of the transmission that it answers.
One transmission gets one receipt, so those numbers never carry two different texts.
"""

import struct

from .errors import MALFORMED, Message, WireError
from .report import SEQ_MAX

STORED = 0
HEARD = 1  # stored; and what the seal says by air is heard there,
HEARD_MS = 10_800_000  # so that its heartbeats may go by air alone for so long
_FORMAT = ">BHB"


class Receipt(Message):
    """The answer to one report. `seq` is the report's number, 0 for a heartbeat."""

    def __init__(self, seq: int, verdict: int = STORED) -> None:
        self.seq = seq
        self.verdict = verdict


def pack(receipt: Receipt) -> bytes:
    """Four bytes. ValueError if a field is out of range."""
    if not 0 <= receipt.seq <= SEQ_MAX or receipt.verdict not in (STORED, HEARD):
        raise ValueError("seq or verdict out of range")
    return struct.pack(_FORMAT, receipt.seq >> 16, receipt.seq & 0xFFFF, receipt.verdict)


def unpack(plain: bytes) -> Receipt:
    """The receipt in four bytes that were authenticated. WireError if they make no sense."""
    high, low, verdict = struct.unpack(_FORMAT, plain)
    if verdict not in (STORED, HEARD):
        raise WireError(MALFORMED, "verdict %d is unknown" % verdict)
    return Receipt(high << 16 | low, verdict)
