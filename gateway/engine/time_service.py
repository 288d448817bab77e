"""Whether the machine's time service vouches for its clock: the kernel's word, which any may read.

A flag that is clear says that the time service has set the clock and still hears from its servers.
A flag that is set says nothing: where no time service runs, or the machine's host keeps its clock,
it stands for ever.
"""

import ctypes

STA_UNSYNC = 0x40
TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """`struct timex` of the kernel, as far as it is read here."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


_libc = ctypes.CDLL(None)


def is_vouched() -> bool:
    """Whether the time service has set the machine's clock lately. Where the kernel has no such
    word, nobody vouches."""
    timex = _Timex()
    try:
        state: int = _libc.adjtimex(ctypes.byref(timex))
    except AttributeError:
        return False
    return state not in (-1, TIME_ERROR) and not timex.status & STA_UNSYNC
