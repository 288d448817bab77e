"""Which tables hold what cannot be used, for those who are told: one trouble for each table."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.duration import DAY_MS
from gateway.core.reasons import Reason

TOLD_MS: Final = DAY_MS  # what was struck off counts for so long


class PoisonWatch:
    """Says what began and what is over."""

    def __init__(self, trouble: Callable[[Reason, bool, str], None]) -> None:
        self._trouble = trouble
        self._standing: set[str] = set()  # tables that hold such a thing now
        self._seen: dict[str, int] = {}  # table -> when the latest was found, in ms of UTC

    def knew(self, latest: Mapping[str, int]) -> None:
        """What was found in earlier lives."""
        self._seen |= latest

    def standing(self, sources: set[str]) -> None:
        """These tables hold something that cannot be used, and no others."""
        self._standing = sources

    def saw(self, now_ms: int, source: str) -> None:
        """Something of this table was struck off, or set aside."""
        self._seen[source] = now_ms

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self._seen = {source: seen_ms + by_ms for source, seen_ms in self._seen.items()}

    def look(self, now_ms: int) -> None:
        """Tell of each table, while it holds something, and a day after something was found."""
        for source in self._standing:
            self._seen[source] = now_ms
        for source, seen_ms in list(self._seen.items()):
            is_on = now_ms - seen_ms <= TOLD_MS
            self._trouble(Reason.POISONED, is_on, source)
            if not is_on:
                del self._seen[source]
