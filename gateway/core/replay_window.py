"""The replay window: which of a seal's transmissions are new, and which report numbers were taken.

A seal's transmissions carry an epoch and a counter that only rise; what is not above the highest
accepted one is refused before any cipher is asked. The reports inside carry a number of their own,
which stays the same however often they are sent: for the highest number taken, and for SEEN_BITS
numbers below it, the window remembers which were. (RFC 4303 has such a window for IPsec.)
"""

from msgspec import Struct

from gateway.core.reasons import Reason

SEEN_BITS = 62  # how far below the highest number each one is remembered (fits 64-bit integers)
_ALL_SEEN = (1 << SEEN_BITS) - 1


class ReplayWindow(Struct, frozen=True):
    """What the receiver has accepted from one seal. A seal that was never heard has all at 0."""

    epoch: int = 0
    counter: int = 0
    seq_top: int = 0
    seq_seen: int = 0  # a bit for each of the SEEN_BITS numbers below the top; bit 0 is the nearest


def refusal(window: ReplayWindow, epoch: int, counter: int) -> Reason | None:
    """Why a transmission is not new: REPLAYED or BELOW_MARK; None if it is above all accepted."""
    mark = window.epoch, window.counter
    if (epoch, counter) > mark:
        return None
    return Reason.REPLAYED if (epoch, counter) == mark else Reason.BELOW_MARK


def accept(
    window: ReplayWindow, epoch: int, counter: int, seq: int
) -> tuple[ReplayWindow, bool | None]:
    """The window behind an authentic transmission that `refusal` let pass, and whether its report
    was taken before: None if its number lies lower than the window remembers. A heartbeat has the
    number 0 and is never a repetition.
    """
    top, seen = window.seq_top, window.seq_seen
    repeated: bool | None = False
    below = top - seq
    if seq == 0:
        pass
    elif below < 0:
        rise = -below
        seen = (seen << rise | 1 << (rise - 1)) & _ALL_SEEN if rise <= SEEN_BITS else 0
        top = seq
    elif below == 0:
        repeated = True
    elif below <= SEEN_BITS:
        bit = 1 << (below - 1)
        repeated, seen = bool(seen & bit), seen | bit
    else:
        repeated = None
    return ReplayWindow(epoch, counter, top, seen), repeated
