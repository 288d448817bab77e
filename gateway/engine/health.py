"""How the gateway does: counted as it goes, shown on the console, in the history and by `check`."""

from collections import Counter, deque
from collections.abc import Callable
from statistics import median

import msgspec

from gateway.core.evidence import Evidence
from gateway.core.model import SURE, Doubt
from gateway.engine.clock_states import ClockState

COMMITS_KEPT = 512  # for the median and the worst


class Health(msgspec.Struct, frozen=True):
    """One reading of the gateway. Times in milliseconds of UTC, durations in milliseconds."""

    at_ms: int
    started_ms: int
    broker_connected: bool
    broker_since_ms: int | None
    echo_ms: float | None  # how long the last self-echo took through the broker; None: none yet
    queue_depth: int
    commits: int
    reports: int
    refused: int
    turned_away: int  # messages that found no place in the queue, and were not acknowledged
    outbox_due: int
    outbox_oldest_ms: int | None
    commit_ms_p50: float
    commit_ms_max: float
    store_ok: bool
    store_error: str | None
    # Pages since the start, by how far it was proved that they came (core.evidence).
    pages_queued: int = 0
    pages_accepted: int = 0
    pages_received: int = 0
    pages_seen: int = 0
    clock: ClockState = ClockState.SURE
    clock_behind_ms: int = 0  # how far the gateway's clock may be behind the true time,
    clock_ahead_ms: int = 0  # or ahead of it
    clock_told: bool = False  # whether people are told so
    certificate_ends_ms: int | None = None  # the first of those that are looked at; None: of none
    broker_weaker: str = ""  # what the broker was found not to do for us, for people
    ping_unheard: str = ""  # why who calls when we are silent does not hear us; empty: they do


class Metrics:
    """The counters behind it; each is written by the part that knows it. Times are the loop's."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms, self.started_ms = now_ms, now_ms()
        self.broker_connected = False
        self.broker_since_ms: int | None = None
        self.echo_ms: float | None = None
        self.broker_weaker = self.ping_unheard = ""
        self.commits = self.reports = self.refused = self.turned_away = 0
        self.store_error: str | None = None
        self.outbox: dict[str, tuple[int, int | None]] = {}  # channel -> due, oldest made_ms
        self.certificate_ends_ms: int | None = None
        self.evidence: Counter[str] = Counter()  # core.evidence.Evidence -> pages since the start
        self._commit_ms: deque[float] = deque(maxlen=COMMITS_KEPT)
        self._clock = ClockState.SURE, SURE, False

    def broker(self, connected: bool) -> None:
        """The connection to the broker stands, or is gone."""
        self.broker_connected, self.broker_since_ms = connected, self._now_ms()

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much: what has lasted has lasted as long as before."""
        self.started_ms += by_ms
        if self.broker_since_ms is not None:
            self.broker_since_ms += by_ms

    def clock(self, state: ClockState, doubt: Doubt, is_told: bool) -> None:
        """What the gateway's clock is worth."""
        self._clock = state, doubt, is_told

    def committed(self, took_ms: float, reports: int, refused: int) -> None:
        """A commit went through."""
        self.commits += 1
        self.reports += reports
        self.refused += refused
        self.store_error = None
        self._commit_ms.append(took_ms)

    def health(self, queue_depth: int) -> Health:
        """All of it at once."""
        clock, doubt, is_told = self._clock
        oldest = [made_ms for _, made_ms in self.outbox.values() if made_ms is not None]
        return Health(
            at_ms=self._now_ms(),
            started_ms=self.started_ms,
            broker_connected=self.broker_connected,
            broker_since_ms=self.broker_since_ms,
            echo_ms=self.echo_ms,
            broker_weaker=self.broker_weaker,
            ping_unheard=self.ping_unheard,
            queue_depth=queue_depth,
            commits=self.commits,
            reports=self.reports,
            refused=self.refused,
            turned_away=self.turned_away,
            outbox_due=sum(due for due, _ in self.outbox.values()),
            outbox_oldest_ms=min(oldest, default=None),
            commit_ms_p50=median(self._commit_ms) if self._commit_ms else 0.0,
            commit_ms_max=max(self._commit_ms, default=0.0),
            store_ok=self.store_error is None,
            store_error=self.store_error,
            **{f"pages_{evidence}": self.evidence[evidence] for evidence in Evidence},
            clock=clock,
            clock_behind_ms=doubt.behind_ms,
            clock_ahead_ms=doubt.ahead_ms,
            clock_told=is_told,
            certificate_ends_ms=self.certificate_ends_ms,
        )
