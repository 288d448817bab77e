"""Tells seals that the order at their door is over, or that they are to watch again.

Unlike other commands these are rows of no table: what a seal says shows whether it knows, and the
door says what it should know (`core.doors.after_order`). So a word goes out with the answers until
a beat shows that it came; a kill forgets nothing, and an order that is destroyed leaves nothing.
One that its seal does not take (an older program) is said ever more seldom.
"""

import secrets
from typing import Final, NamedTuple

from gateway.core.doors import after_order
from gateway.core.doors.after_order import Word
from gateway.core.duration import HOUR_MS, MINUTE_MS
from gateway.core.events import ReportCame
from gateway.core.model import Door
from sealwire import command as wire
from sealwire.gateway_end import pack_command
from sealwire.note import TICKET_MAX

AGAIN_MS: Final = MINUTE_MS  # after the first time, and twice as long after each further one
AGAIN_MS_MAX: Final = HOUR_MS
_SHIFT_MAX: Final = 6
_WIRE: Final = {Word.OVER: wire.OVER, Word.WATCH: wire.WATCH}


class Said(NamedTuple):
    """What a seal was told, how often, and when last."""

    word: Word
    times: int
    at_ms: int


class OrderWords:
    """What seals were told and have not shown yet, in memory: at most one a seal."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was corrected: what is dated moves with it."""
        for seal_id, said in self._said.items():
            self._said[seal_id] = said._replace(at_ms=said.at_ms + by_ms)

    def due(self, door: Door, event: ReportCame, at_ms: int) -> bytes | None:
        """What goes out before the receipt of this report, 192 bytes; None for nothing.

        Args:
            door: where its seal hangs, with the clock's doubt.
            event: what it said, over the network.
            at_ms: when. The same report asked about twice is answered twice: a batch that could not
                be stored is stepped once more.
        """
        word = after_order.word(door, event, at_ms)
        before = self._said.get(event.seal_id)
        if word is None:
            self._said.pop(event.seal_id, None)
            return None
        times = 0
        if before is not None and before.word is word:
            if before.at_ms < at_ms < before.at_ms + _again_ms(before.times):
                return None
            times = before.times + (at_ms > before.at_ms)
        self._said[event.seal_id] = Said(word, times, at_ms)
        return pack_command(_WIRE[word], secrets.randbelow(TICKET_MAX) + 1, ())


def _again_ms(times: int) -> int:
    return min(AGAIN_MS << min(times, _SHIFT_MAX), AGAIN_MS_MAX)
