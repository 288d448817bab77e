"""How long a report may have waited in the broker while the gateway did not listen.

A broker keeps what it cannot deliver and hands it over later, and a seal's age says nothing of that
wait. So what comes before the gateway has caught up may be as old as the last moment at which it
listened. A gateway that dies before it has caught up must still know that moment at its next start:
it stands in the store with the first report that waited.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from gateway.core.events import ReportCame
from gateway.core.model import Door
from gateway.store.states import Listening


class BrokerBacklog:
    """When the last message came that had not waited."""

    def __init__(self, known: Listening, doors: Iterable[Door], otherwise_ms: int) -> None:
        """`doors` as an earlier life heard them; if it heard none, `otherwise_ms` counts."""
        heard = (door.heard_ms for door in doors if door.heard_ms is not None)
        last_ms = max(heard, default=otherwise_ms)
        self._last_ms = last_ms if known.stopped_ms is None else known.stopped_ms
        self._is_behind = known.stopped_ms is not None

    def __copy__(self) -> "BrokerBacklog":
        """As it is now, to come back to: made before each batch, so not by copy's own long way."""
        same = object.__new__(BrokerBacklog)
        same._last_ms, same._is_behind = self._last_ms, self._is_behind
        return same

    def transition(self, live: bool) -> Listening | None:
        """What is to be stored with this report, if it begins a wait or ends it."""
        if live != self._is_behind:
            return None
        self._is_behind = not live
        return Listening(None if live else self._last_ms)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self._last_ms += by_ms

    def with_wait(self, event: ReportCame, live: bool, at_ms: int, waited_ms: int) -> ReportCame:
        """The report, with how long it may have waited.

        Args:
            event: the report.
            live: whether it cannot have waited while we did not listen.
            at_ms: when it arrived.
            waited_ms: how long it may have waited for us to read it, though we listened.
        """
        if not live:
            return replace(event, waited_ms=max(at_ms - self._last_ms, 0))
        self._last_ms = at_ms - waited_ms
        return replace(event, waited_ms=waited_ms) if waited_ms else event
