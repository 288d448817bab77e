"""How long a report may have waited in the broker while the gateway did not listen.

A broker keeps what it cannot deliver and hands it over later, and a seal's age says nothing of that
wait. So what comes before the gateway has caught up may be as old as the last moment at which
nothing waited there. A gateway that dies must still know that moment at its next start. Mostly it
is when its doors were last heard, and nothing more is stored. Where a door is heard later than
that, it stands in the store with what was heard: a report that waited itself, whether the gateway
was away or only slow, and whatever did not come by that broker.

What found no place in the engine's queue stays with the broker, which delivers it again on the next
connection and in no other case: until that one has caught up, nothing that came meanwhile says that
nothing waits.
"""

from collections.abc import Iterable
from copy import copy

from msgspec.structs import replace

from gateway.core.events import ReportCame
from gateway.core.model import Door
from gateway.store.states import Listening

STEP_MS = 1_000  # while it falls behind, the store learns of so much progress: older is only wider


class BrokerBacklog:
    """When the last message came that had not waited."""

    def __init__(self, known: Listening, doors: Iterable[Door], otherwise_ms: int) -> None:
        """`doors` as an earlier life heard them; if it heard none, `otherwise_ms` counts."""
        heard = (door.heard_ms for door in doors if door.heard_ms is not None)
        last_ms = max(heard, default=otherwise_ms)
        self._stored_ms = known.stopped_ms
        self._last_ms = last_ms if known.stopped_ms is None else known.stopped_ms
        self._left_ms: int | None = None  # when what was turned away was sent, at the earliest,
        self._anew_ms: int | None = None  # and since when it may come again

    def __copy__(self) -> "BrokerBacklog":
        """As it is now, to come back to: made before each batch, so not by copy's own long way."""
        same = object.__new__(BrokerBacklog)
        same._last_ms, same._stored_ms = self._last_ms, self._stored_ms
        same._left_ms, same._anew_ms = self._left_ms, self._anew_ms
        return same

    def taken_back(self, to: "BrokerBacklog") -> "BrokerBacklog":
        """As it was before a batch that is not to be, but for what was turned away meanwhile."""
        same, left_ms = copy(to), self._left_ms
        if left_ms is not None:
            same.turned_away(left_ms, 0)
        same._anew_ms = self._anew_ms
        return same

    def turned_away(self, at_ms: int, waited_ms: int) -> None:
        """A message of the broker found no place, and is not acknowledged. As of `with_wait`."""
        left_ms = at_ms - waited_ms
        self._left_ms = left_ms if self._left_ms is None else min(self._left_ms, left_ms)
        self._anew_ms = None

    def connected(self, at_ms: int) -> None:
        """The broker is connected anew, and delivers again what was turned away before."""
        if self._left_ms is not None and self._anew_ms is None:
            self._anew_ms = at_ms

    def heard(self, at_ms: int) -> Listening | None:
        """A door is heard at this time, by whatever way, and what came by the broker is noted.

        Returns:
            What is to be stored with it, if the store would believe otherwise.
        """
        last_ms = self._last_ms if self._last_ms < at_ms else None
        if last_ms is None or self._stored_ms is None:
            is_known = last_ms == self._stored_ms
        else:
            is_known = 0 <= last_ms - self._stored_ms < STEP_MS
        if is_known:
            return None
        self._stored_ms = last_ms
        return Listening(last_ms)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self._last_ms += by_ms
        if self._left_ms is not None:
            self._left_ms += by_ms
        if self._anew_ms is not None:
            self._anew_ms += by_ms

    def corrected(self) -> Listening | None:
        """What is to be stored with a correction of the clock, after which the doors are heard at
        other times."""
        if self._stored_ms is None:
            return None
        self._stored_ms = self._last_ms
        return Listening(self._last_ms)

    def with_wait(self, event: ReportCame, live: bool, at_ms: int, waited_ms: int) -> ReportCame:
        """A report that the broker delivered, with how long it may have waited.

        Args:
            event: the report.
            live: whether it cannot have waited while we did not listen.
            at_ms: when it arrived.
            waited_ms: how long it may have waited for us to read it, though we listened.
        """
        if not live:
            return replace(event, waited_ms=max(at_ms - self._last_ms, 0))
        self._last_ms = at_ms - waited_ms
        if self._left_ms is not None:
            self._hold(at_ms)
        return replace(event, waited_ms=waited_ms) if waited_ms else event

    def _hold(self, at_ms: int) -> None:
        """What was turned away may be older than what came, unless it came before this."""
        if self._anew_ms is not None and self._anew_ms < at_ms:
            self._left_ms = self._anew_ms = None
        elif self._left_ms is not None:
            self._last_ms = min(self._last_ms, self._left_ms)
