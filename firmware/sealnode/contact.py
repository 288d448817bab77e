"""A switch's raw changes in, its edges out: latch first, settle after.

A reed that closes or opens bounces for one to five milliseconds. The first change counts at once,
with its own time, because a door must never be late; what follows within the settle time is
bounce, counted and not told. When the switch has been quiet for the settle time and turns out to
rest on the other side, it went back meanwhile, and that is an edge too.

20 ms of quiet is four times the longest bounce of a reed in its data sheets, and a twentieth of
the 400 ms that EN 50131-1 allows a person to be missed for. A contact that never comes to rest
(a magnet at its limit, a loose wire) is asked again after 250 ms at the latest, so that it cannot
hide a door, and yet says no more than four edges a second.
"""

SHUT, OPEN, UNKNOWN = 0, 1, 2

SETTLE_MS = 20
UNREST_MS_MAX = 250
BOUNCES_MAX = 255
_ROUNDING_MS = 1


class Contact:
    """One switch. Feed it with `see`; `contact` is where it stands, UNKNOWN before the first."""

    def __init__(self, contact: int = UNKNOWN, settle_ms: int = SETTLE_MS) -> None:
        self.contact = contact
        self._settle_ms = settle_ms
        self._raw = contact
        self._changed_ms = 0  # the latest raw change
        self._unrest_ms = -1  # the change that began the unrest, -1 at rest
        self._bounces = 0
        self._by_level_ms = -1  # a change just taken from the level alone, -1 if there is none

    def see(self, now_ms: int, level: int, ages_ms: "list[int]") -> "list[tuple[int, int]]":
        """The edges that `level` and the latches make, as (contact, at_ms).

        `ages_ms` are the changes since the last call, oldest first. The first level ever seen is
        no edge: a boot is not an opening.
        """
        if self.contact == UNKNOWN:
            self.contact = self._raw = level
            return []
        edges: "list[tuple[int, int]]" = []
        for age_ms in ages_ms:
            at_ms = now_ms - age_ms
            # A change between the two readings of a board, at its latch and at its level, is told
            # twice: by the level at once, and by the latch the next time.
            if self._by_level_ms < 0 or at_ms > self._by_level_ms + _ROUNDING_MS:
                self._change(at_ms, edges)
            self._by_level_ms = -1
        self._by_level_ms = -1
        if self._raw != level:  # a change that no latch holds, or not yet
            self._by_level_ms = now_ms
            self._change(now_ms, edges)
        self._rest(now_ms, edges)
        return edges

    def due_ms(self) -> "int | None":
        """When to check again for the end of an unrest; None at rest."""
        return None if self._unrest_ms < 0 else self._quiet_ms()

    def take_bounces(self) -> int:
        """Changes since the last call that were bounce, at most 255."""
        bounces, self._bounces = self._bounces, 0
        return min(max(bounces, 0), BOUNCES_MAX)

    def _quiet_ms(self) -> int:
        return min(self._changed_ms + self._settle_ms, self._unrest_ms + UNREST_MS_MAX)

    def _change(self, at_ms: int, edges: "list[tuple[int, int]]") -> None:
        """One raw change, in the order of time."""
        self._rest(at_ms, edges)
        self._raw = 1 - self._raw
        self._changed_ms = at_ms
        if self._unrest_ms >= 0:
            self._bounces += 1
        else:
            self._unrest_ms = at_ms
            self._edge(edges)

    def _rest(self, now_ms: int, edges: "list[tuple[int, int]]") -> None:
        """End the unrest if its time is over, or take stock of one that does not end."""
        while self._unrest_ms >= 0 and now_ms >= self._quiet_ms():
            if self._raw != self.contact:
                self._bounces -= 1  # the last change was no bounce but the way back
                self._edge(edges)
            over = self._changed_ms + self._settle_ms <= self._unrest_ms + UNREST_MS_MAX
            self._unrest_ms = -1 if over else self._unrest_ms + UNREST_MS_MAX

    def _edge(self, edges: "list[tuple[int, int]]") -> None:
        self.contact = self._raw
        edges.append((self.contact, self._changed_ms))
