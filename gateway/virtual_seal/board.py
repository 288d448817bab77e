"""A seal's board made of air: what `firmware/board.py` is on an ESP32, this is in the demo.

The reed follows the door's leaf with its bounces; cover and magnet stay in order unless somebody
touches them; the flash is a folder. Import it only where `sealnode` can be found (building.py sees
to that).
"""

import time
from random import Random

from gateway.virtual_seal.reed import bounce
from sealnode.hardware import COVER, MAGNET, REED, Hardware

_LATCH_MAX = 32


class AirBoard(Hardware):
    """One board. `flash` is a folder with a slash behind; it outlives the seal that runs on it."""

    def __init__(self, flash: str, chance: Random) -> None:
        self.flash = flash
        self._chance = chance
        self._level = 0
        self._coming: list[tuple[float, int]] = []  # (at ms of our clock, level)
        self._latches: list[float] = []
        self._signs = {COVER: 0, MAGNET: 0}
        self._touched: dict[int, list[float]] = {COVER: [], MAGNET: []}

    def move(self, level: int) -> int:
        """The magnet goes (1) or comes (0), now; how often the contact will change over that."""
        now_ms = _exact_ms()
        changes = bounce(level, self._chance)
        self._coming = [(now_ms + after_ms, to) for after_ms, to in changes]
        return len(changes)

    def touch(self, switch: int, level: int) -> None:
        """The cover (COVER) goes off (1) or on (0), or a foreign magnet (MAGNET) comes or goes."""
        if self._signs[switch] != level and len(self._touched[switch]) < _LATCH_MAX:
            self._touched[switch].append(_exact_ms())
        self._signs[switch] = level

    def now_ms(self) -> int:
        return int(_exact_ms())

    def level(self, switch: int) -> int:
        # As of the last `take_latches`: a change between the two calls would be counted twice.
        return self._level if switch == REED else self._signs[switch]

    def take_latches(self, switch: int) -> list[int]:
        if switch == REED:
            self._advance()
            changed, self._latches = self._latches, []
        else:
            changed, self._touched[switch] = self._touched[switch], []
        now_ms = _exact_ms()
        return [int(now_ms - at_ms) for at_ms in changed]

    def battery_mv(self) -> int | None:
        return None  # on mains

    def wifi(self, up: bool) -> bool:
        return up

    def random_below(self, n: int) -> int:
        return self._chance.randrange(n) if n > 0 else 0

    def remember(self, state: bytes) -> None:
        """A seal on mains never sleeps, so there is nothing to remember."""

    def recall(self) -> bytes:
        return b""

    def sleep(self, ms: int, muted: int = 0) -> None:
        """Never asked of a seal on mains."""

    def feed(self) -> None:
        """No watchdog."""

    def _advance(self) -> None:
        now_ms = _exact_ms()
        while self._coming and self._coming[0][0] <= now_ms:
            at_ms, level = self._coming.pop(0)
            if level != self._level:
                self._level = level
                if len(self._latches) < _LATCH_MAX:
                    self._latches.append(at_ms)


def _exact_ms() -> float:
    return time.monotonic_ns() / 1_000_000
