"""The states of a seal's link, and what stands in its place until the network is first wanted.

Most wakes are beats by air: these never read in `link`, `packets` and `stream`, nor the
authority's certificate.
"""

DOWN, CONNECTING, GREETING, SUBSCRIBING, UP = range(5)
# Sessions in a row that the heap has no room for: the door is watched on. Then a fresh start, which
# does not watch for half a minute and has all of the heap.
ROOMLESS_MAX = 8


class Offline:
    """No link yet: nothing is open, nothing comes, nothing is due."""

    state = DOWN

    def __init__(self) -> None:
        self.why = ""  # never opened
        self.inbox: "list[tuple[str, bytes]]" = []

    def open(self, now_ms: int) -> None:
        """Whoever wants the network has read the link in before."""
        raise RuntimeError

    def poll(self, now_ms: int) -> None:
        """Nothing to bring on."""

    def due_ms(self, now_ms: int) -> int:
        """Nothing is due."""
        return now_ms + 30_000

    def wait(self, ms: int) -> bool:
        """There is nothing to wait for."""
        return False

    def publish(self, topic: str, payload: bytes, now_ms: int, qos: int = 0) -> bool:
        """Nobody takes it."""
        return False

    def speak_as(self, user: str, password: str, topic: str) -> None:
        """The link is made for whom the seal speaks then."""

    def fail(self, why: str) -> None:
        """Remember why."""
        self.why = why

    def close(self) -> None:
        """Nothing to end."""
