"""What is left of a seal after ten starts that came to nothing: it beats and takes an update.

It does not look at its switches, keeps no new report and is woken by nothing but its heartbeat; its
beats say that the contact is not known, so that nobody takes the door for watched. What it kept
before still goes out, for nothing else may overtake it.
"""

from sealwire.report import UNKNOWN

from .seal import Seal
from .switches import Switches

_ALL = 7  # the bits of the three switches


class _NotLookedAt(Switches):
    """None of them ends a sleep, and none moves."""

    heartbeat_ms = 0

    def moves(self, switch: int) -> bool:
        return False

    def muted(self, now_ms: int) -> "tuple[int, int]":
        return _ALL, self.heartbeat_ms


class SafeSeal(Seal):
    """A seal without its switches."""

    def __init__(self, board, settings, now_ms=None, **options) -> None:  # type: ignore[no-untyped-def]
        super().__init__(board, settings, now_ms, **options)
        at_ms = board.now_ms() if now_ms is None else now_ms
        bits, flutter = self.switches.bits(), self.switches.flutter()
        self.switches = _NotLookedAt(board, settings.mains, at_ms, bits, flutter)
        self.switches.heartbeat_ms = settings.heartbeat_ms
        self.node.contact = UNKNOWN

    def _sample(self, now_ms: int) -> None:
        """Nothing is looked at."""
