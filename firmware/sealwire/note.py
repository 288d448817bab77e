"""A note: what a seal says of itself and of no door, in twelve bytes; from version 2 on.

It goes up as a report does, once after each cold boot, and whenever there is news of a command. It
has no number and is not kept: the seal says it again until its receipt, which is that of number 0.
`gateway_end` reads it.
"""

import struct

from .report import battery_byte, signal_byte

NOTE = 3  # its kind, where a report has its own
TICKET_MAX = 0xFFFFFFFF

# Why it started.
NOT_TOLD, POWER_ON, RESET, WATCHDOG, BROWN_OUT, RESTART = range(6)

# What came of a command: nothing was asked; it is being tried; done; not done, for it cannot be;
# tried, and the seal is as it was before.
NOTHING, TAKEN, WORKED, REFUSED, FELL_BACK = range(5)


def pack(
    reset_cause: int,
    firmware: "tuple[int, int, int]",
    ticket: int,
    outcome: int,
    signal_dbm: "int | None",
    battery_mv: "int | None",
) -> bytes:
    """Twelve bytes. `firmware` is three numbers from 0 to 255, `ticket` that of the command whose
    `outcome` it tells, 0 for none. Signal and battery saturate.
    """
    head = bytes((NOTE << 5, signal_byte(signal_dbm), reset_cause)) + bytes(firmware)
    return head + struct.pack(">IBB", ticket, outcome, battery_byte(battery_mv))
