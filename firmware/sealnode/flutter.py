"""A switch that flutters: counted in full, told now and then, and no longer let wake the chip.

A magnet at its limit changes a contact four times a second for days. Each edge told by itself would
be 280,000 writes of the flash a day and two cells in a week. So every switch has twelve tokens, of
which one comes back in ten seconds: six edges a minute for ever, a dozen at once, go out as they
come. Beyond that edges are held, and one report in ten seconds tells the last of them, with a count
that holds them all.

A sleeping seal would pay for each with a wake. There the pace doubles each time the tokens are used
up, from ten seconds to four minutes, and until the next token the switch does not wake the chip:
what it did meanwhile shows in its level alone. A minute in which it might have woken the chip and
did not, and the pace is the first again.
"""

import struct

EDGES = 12  # tokens
PACE_MS = 10_000  # for one to come back
PACE_MS_MAX = 240_000  # on batteries; less than the five minutes after which a gateway believes
QUIET_MS = 60_000
_DOUBLINGS_MAX = 5
_HELD_MAX = 0xFFFF
_STATE = ">BHII"  # doublings and tokens, held, since, quiet since
STATE_BYTES = 11
_MODULUS = 1 << 32


class Flutter:
    """One switch's tokens."""

    def __init__(self, mains: bool, now_ms: int, level: int = 0, state: bytes = b"") -> None:
        """`state` as `pack` gave it before a deep sleep, when the switch stood at `level`."""
        self._doublings_max = 0 if mains else _DOUBLINGS_MAX
        self._tokens = EDGES
        self._doublings = 0
        self._since_ms = now_ms  # when the last token came
        self._quiet_ms = now_ms  # since when no edge came that might have
        self.held = 0  # edges that were counted and not told
        if len(state) == STATE_BYTES:
            both, self.held, since_ms, quiet_ms = struct.unpack(_STATE, state)
            self._tokens, self._doublings = min(both & 15, EDGES), min(both >> 4, _DOUBLINGS_MAX)
            self._since_ms = now_ms - (now_ms - since_ms) % _MODULUS
            self._quiet_ms = now_ms - (now_ms - quiet_ms) % _MODULUS
        self._last = (level, self._since_ms)

    @property
    def is_spent(self) -> bool:
        """Whether the next edge would be held."""
        return not self._tokens

    def sift(self, edges: "list[tuple[int, int]]", now_ms: int) -> "list[tuple[int, int, int]]":
        """What to tell of these `edges` and of those held: (level, at_ms, how many it counts)."""
        told = []
        for level, at_ms in edges:
            self._last = (level, at_ms)
            self.held = min(self.held + 1, _HELD_MAX)
            if self._spend(at_ms):
                told.append((level, at_ms, self.held))
                self.held = 0
            self._quiet_ms = at_ms
        if self.held and self._spend(now_ms):
            told.append((self._last[0], self._last[1], self.held))
            self.held = 0
        return told

    def due_ms(self) -> "int | None":
        """When the held edges may be told; None if there are none."""
        return self._next_ms() if self.held else None

    def muted_ms(self, now_ms: int) -> int:
        """For how long this switch shall not wake the chip, 0 if it may."""
        self._refill(now_ms)
        return 0 if self._tokens else max(self._next_ms() - now_ms, 1)

    def pack(self) -> bytes:
        """What to remember through deep sleep, 11 bytes."""
        both = self._doublings << 4 | self._tokens
        since_ms, quiet_ms = self._since_ms % _MODULUS, self._quiet_ms % _MODULUS
        return struct.pack(_STATE, both, self.held, since_ms, quiet_ms)

    def _next_ms(self) -> int:
        return self._since_ms + self._pace_ms()

    def _pace_ms(self) -> int:
        return min(PACE_MS << self._doublings, PACE_MS_MAX)

    def _refill(self, now_ms: int) -> None:
        while self._tokens < EDGES and now_ms >= self._next_ms():
            self._since_ms += self._pace_ms()
            if not self._tokens:  # from then on it might have woken the chip
                self._quiet_ms = self._since_ms
            self._tokens += 1
        if self._doublings and self._tokens and now_ms - self._quiet_ms >= QUIET_MS:
            self._since_ms, self._doublings = now_ms, 0
        if self._tokens == EDGES:
            self._since_ms, self._doublings = max(self._since_ms, now_ms), 0

    def _spend(self, now_ms: int) -> bool:
        self._refill(now_ms)
        if not self._tokens:
            return False
        self._tokens -= 1
        if not self._tokens:
            self._doublings = min(self._doublings + 1, self._doublings_max)
        return True
