"""The gateway's clock beside the truth: set ahead, and slowed down after it was too far ahead."""

from collections.abc import Iterable

SLOWER = 2  # far slower than the gateway's clock ever goes


class TwoClocks:
    """`now_ms` by the gateway's clock, `true_ms` in truth. Seals only know how long ago it was."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms
        self._ahead = [(start_ms, 0)]  # since when, in truth, the gateway's is so far ahead

    @property
    def true_ms(self) -> int:
        return self.now_ms - self._ahead[-1][1]

    def jumps(self, ms: int) -> None:
        """The gateway's clock is set ahead; time itself stands still."""
        true_ms = self.true_ms
        self.now_ms += ms
        self._ahead.append((true_ms, self.now_ms - true_ms))

    def slows(self, ms: int) -> None:
        """The machine was set back: time passes, and the gateway's clock goes slower."""
        true_ms = self.true_ms + ms
        self.now_ms += ms // SLOWER
        self._ahead.append((true_ms, self.now_ms - true_ms))

    def is_shown(self, true: Iterable[int], from_ms: int, to_ms: int) -> bool:
        """Whether a moment of the truth may lie between two times of the gateway's clock."""
        shown = (self.shown(true_ms) for true_ms in true)
        return any(from_ms <= last_ms and first_ms <= to_ms for first_ms, last_ms in shown)

    def shown(self, true_ms: int) -> tuple[int, int]:
        """Between what times the gateway's clock may place a moment of the truth, as it went."""
        at = max(n for n, (since_ms, _) in enumerate(self._ahead) if since_ms <= true_ms)
        since = [ahead_ms for _, ahead_ms in self._ahead[at:]]
        return true_ms + min(since), true_ms + max(since)
