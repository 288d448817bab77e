"""What is left of a seal after ten starts that came to nothing: it beats and takes an update.

It does not look at its switches, keeps no new report and is woken by nothing but its heartbeat; its
beats say that the contact is not known, so that nobody takes the door for watched. What it kept
before still goes out, for nothing else may overtake it.
"""

from sealwire.report import UNKNOWN

from .seal import Seal

_ALL = 7  # the bits of the three switches


class SafeSeal(Seal):
    """A seal without its switches."""

    def __init__(self, *arguments, **options) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*arguments, **options)
        self.node.contact = UNKNOWN

    def _sample(self, now_ms: int) -> None:
        """Nothing is looked at."""

    def _muted(self, now_ms: int) -> "tuple[int, int]":
        return _ALL, self.settings.heartbeat_ms

    def _moves(self, switch: int) -> bool:
        return False
