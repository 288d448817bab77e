"""A seal's board on a bench: switches that follow a script or a hand, on either Python.

The flash is a folder: a real one on CPython, a littlefs on a RAM disk on MicroPython.
"""

import time

from sealnode.hardware import COVER, MAGNET, REED, Hardware

LATCH_MAX = 32
ADVERT_MS = 35
BOUNCE_MS = (1, 2, 3, 5)  # a slammed door: four more changes within five ms


def real_ms() -> int:
    """Milliseconds of a clock that nobody sets."""
    if hasattr(time, "monotonic"):
        return int(time.monotonic() * 1000)
    return time.time_ns() // 1_000_000  # MicroPython


class BenchBoard(Hardware):
    """`clock` gives the ms; the memory, like the flash, outlives the seal that runs on it."""

    def __init__(
        self, flash: str, clock=real_ms, battery_mv: int | None = None, seed: int = 1
    ) -> None:
        self.flash = flash
        self.clock = clock
        self.voltage = battery_mv
        self.network = True
        self.memory = b""
        self.slept_ms: int | None = None
        self.muted = 0
        self.fed = self.restarts = 0
        self.said = 0  # advertisements
        self.on_air = b""  # the one that is on the air
        self.lit: list[int] = []  # when its lamp was lit
        self._levels = [0, 0, 0]
        self._changes: list[list[int]] = [[], [], []]
        self._script: list[tuple[int, int, int]] = []  # (at_ms, switch, level), in order
        self._random = seed

    def play(self, script: "list[tuple[int, int, int]]") -> None:
        """Follow a script of (at_ms, switch, level)."""
        self._script = sorted(self._script + script)

    def set_switch(self, switch: int, level: int, bounces: int = 0) -> None:
        """Move a switch now, with up to four extra changes behind it, in pairs."""
        now_ms = self.now_ms()
        self.play([(now_ms, switch, level)])
        for i in range(bounces // 2 * 2):
            self.play([(now_ms + BOUNCE_MS[i], switch, level if i % 2 else 1 - level)])

    def light(self, on: bool) -> None:
        """The lamp."""
        if on:
            self.lit.append(self.now_ms())

    def open_door(self, bounces: int = 4) -> None:
        """As a hand does it: the reed bounces."""
        self.set_switch(REED, 1, bounces)

    def shut_door(self, bounces: int = 4) -> None:
        """As a hand does it: the reed bounces."""
        self.set_switch(REED, 0, bounces)

    def set_cover(self, is_open: bool) -> None:
        """Take the cover off, or put it back."""
        self.set_switch(COVER, int(is_open))

    def set_magnet(self, is_foreign: bool) -> None:
        """Bring a foreign magnet near, or take it away."""
        self.set_switch(MAGNET, int(is_foreign))

    def now_ms(self) -> int:
        return self.clock()

    def level(self, switch: int) -> int:
        self._advance()
        return self._levels[switch]

    def take_latches(self, switch: int) -> "list[int]":
        self._advance()
        now_ms = self.now_ms()
        ages_ms = [now_ms - at_ms for at_ms in self._changes[switch]]
        self._changes[switch] = []
        return ages_ms

    def battery_mv(self) -> "int | None":
        return self.voltage

    def wifi(self, up: bool) -> bool:
        return up and self.network

    def advertise(self, payload: bytes, repeats: int) -> int:
        self.said += bool(payload)
        self.on_air = payload
        return repeats * ADVERT_MS

    def random_below(self, n: int) -> int:
        self._random = (self._random * 1103515245 + 12345) & 0x3FFFFFFF
        return (self._random >> 8) % n if n > 0 else 0

    def remember(self, state: bytes) -> None:
        self.memory = bytes(state)

    def recall(self) -> bytes:
        return self.memory

    def sleep(self, ms: int, muted: int = 0) -> None:
        self.slept_ms = ms
        self.muted = muted

    def wake(self) -> None:
        """Keep of what happened asleep what a chip keeps: the first change of each armed switch."""
        self._advance()
        for switch, changes in enumerate(self._changes):
            self._changes[switch] = [] if self.muted >> switch & 1 else changes[:1]

    def feed(self) -> None:
        self.fed += 1

    def restart(self) -> None:
        self.restarts += 1

    def _advance(self) -> None:
        now_ms = self.now_ms()
        while self._script and self._script[0][0] <= now_ms:
            at_ms, switch, level = self._script.pop(0)
            if level != self._levels[switch]:
                self._levels[switch] = level
                if len(self._changes[switch]) < LATCH_MAX:
                    self._changes[switch].append(at_ms)
