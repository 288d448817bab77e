"""How long what comes off the broker's socket may have waited for us to read it.

A report is dated when it arrives, so whatever keeps us from reading must widen that date: a loop
that was busy or stopped, a socket that holds more than is read at once, a broker that delivers no
more until we have acknowledged. Each is noticed by what it prevents: the socket was read until it
was empty, with few messages unacknowledged, or our own echo came back and everything before it.
Once so many were unacknowledged that the broker may have held more back, an empty socket proves
nothing any more: what was acknowledged may be on its way to a broker that has yet to send the rest.
Only an echo that was sent afterwards does, for it comes behind all of them.
"""

from collections.abc import Callable

LOOK_EVERY_S = 0.2  # how often the loop shows that it still reads
STALL_MS = 500  # shorter ones are not told from ordinary work
WINDOW_MIN = 16  # a broker with so many unacknowledged may hold more back (mosquitto: 20)


class Attention:
    """Since when nothing can have waited. Times are steady milliseconds, from whenever."""

    def __init__(self, steady_ms: Callable[[], int]) -> None:
        self._steady_ms = steady_ms
        self._clear_ms = self._looked_ms = steady_ms()
        self._is_empty = True
        self._unacknowledged: set[int] = set()
        self._held_ms: int | None = None  # when the broker last may have held something back

    def connected(self) -> None:
        """A new connection, on which nothing is unacknowledged."""
        self._unacknowledged.clear()
        self._held_ms = None
        self._is_empty = True
        self._clear_ms = self._looked_ms = self._steady_ms()

    def taken(self, token: int) -> None:
        """A message came that is to be acknowledged by this token."""
        self._unacknowledged.add(token)
        if len(self._unacknowledged) >= WINDOW_MIN:
            self._held_ms = self._steady_ms()

    @property
    def wants_echo(self) -> bool:
        """Whether nothing but an echo can show that nothing waits any more."""
        return self._held_ms is not None and len(self._unacknowledged) < WINDOW_MIN

    def acknowledged(self, token: int) -> None:
        """It was, so the broker may send another."""
        self._unacknowledged.discard(token)

    def is_waiting_for(self, few: int) -> bool:
        """Whether so few are unacknowledged, or fewer."""
        return len(self._unacknowledged) <= few

    def read(self, is_empty: bool) -> None:
        """The socket was read, until nothing was left or until others had their turn."""
        self._is_empty = is_empty
        if is_empty and self._held_ms is None:
            self._clear_ms = self._steady_ms()

    def look(self) -> None:
        """To be called every LOOK_EVERY_S: the loop goes round, and an idle socket is empty.

        The first look after a stall proves nothing, for the socket may not have been asked since.
        """
        now_ms = self._steady_ms()
        if now_ms - self._looked_ms < STALL_MS:
            self.read(self._is_empty)
        self._looked_ms = now_ms

    def heard_echo(self, sent_ms: int) -> None:
        """Our own message came back: what comes now was handed to the broker after it."""
        self._clear_ms = max(self._clear_ms, sent_ms)
        if self._held_ms is not None and sent_ms > self._held_ms:
            self._held_ms = None

    def waited_ms(self) -> int:
        """How long a message that is read now may have waited, at most; 0 in ordinary work."""
        gap_ms = self._steady_ms() - self._clear_ms
        return gap_ms if gap_ms > STALL_MS else 0
