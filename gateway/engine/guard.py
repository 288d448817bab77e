"""Whoever sends too much, or what is not genuine: counted before any limit of the journal.

A seal has a rate (`Rates`): genuine messages beyond it are turned away before they cost a row or a
look-up, and the seal repeats them. What comes under its name, genuine or not, has a far higher one,
beyond which it is not even looked at: whoever forges a seal cannot so use up the seal's own.
Refused messages (`Refusals`) are counted for each door and for the whole site; the journal keeps so
many of them, and every burst at a door, whatever goes on at others.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

SEAL_RATE: Final = 20  # genuine messages of one seal a second, on average;
SEAL_BURST: Final = 400  # and so many at once: a seal keeps 64 reports
NAME_RATE: Final = 500  # and of whatever comes under its name
NAME_BURST: Final = 2_000
RATES_MAX: Final = 100_000  # names that are watched at the same time
FLOOD_AT: Final = 100  # messages turned away in a row: a case
REFUSALS_JOURNALED_A_MINUTE: Final = 60  # of each reason; beyond that they are counted only
FORGERY_AT: Final = 100  # suspect messages in a minute over the whole site: a case
OVER_MS: Final = 10 * MINUTE_MS  # so long no more of it: it is over


class Bucket(Struct):
    """What a name may still send, and how much of it was turned away since it last was quiet."""

    tokens: float
    at_ms: int
    away: int = 0
    away_ms: int = 0


class Rates:
    """A token bucket for each name. What is turned away costs a look into one dictionary.

    Args:
        rate: messages a second, on average.
        burst: and so many at once.
    """

    def __init__(self, rate: int = SEAL_RATE, burst: int = SEAL_BURST) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._floods: set[str] = set()
        self.turned_away = 0

    def allows(self, name: str, at_ms: int) -> bool:
        """Whether one more message may come in under a name; counts it.

        Args:
            name: the seal's id.
            at_ms: the time, in milliseconds of any clock that never goes back.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= RATES_MAX:
                self._buckets.popitem(last=False)
            bucket = self._buckets[name] = Bucket(self._burst, at_ms)
        since_ms = max(0, at_ms - bucket.at_ms)
        bucket.tokens = min(self._burst, bucket.tokens + since_ms * self._rate / SECOND_MS)
        bucket.at_ms = at_ms
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return True
        self.turned_away += 1
        bucket.away = 1 if at_ms - bucket.away_ms > OVER_MS else bucket.away + 1
        bucket.away_ms = at_ms
        if bucket.away >= FLOOD_AT:
            self._floods.add(name)
        return False

    def knew(self, names: Iterable[str], at_ms: int) -> None:
        """These sent far too much in an earlier life: until now, as far as this one knows."""
        for name in names:
            self._buckets[name] = Bucket(self._burst, at_ms, FLOOD_AT, at_ms)
            self._floods.add(name)

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        for bucket in self._buckets.values():
            bucket.at_ms += by_ms
            bucket.away_ms += by_ms

    def floods(self, at_ms: int) -> dict[str, bool]:
        """The names that send far too much, and those that did until now (False)."""
        found: dict[str, bool] = {}
        for name in self._floods:
            bucket = self._buckets.get(name)
            found[name] = bucket is not None and at_ms - bucket.away_ms <= OVER_MS
        self._floods -= {name for name, is_on in found.items() if not is_on}
        return found


class Refusals:
    """How many messages were refused, at each door and over the site, and how many of them the
    journal keeps."""

    def __init__(self) -> None:
        self._minute = 0
        self._journaled: dict[Reason, int] = {}  # this minute
        self._held: dict[str, deque[int]] = {}  # by door: times of those not journaled yet
        self._suspect: deque[int] = deque(maxlen=FORGERY_AT)
        self._forged_ms: int | None = None

    def to_journal(self, at_ms: int, door_id: str, reason: Reason, rules: Rules) -> int:
        """For how many refusals at a door one row stands that is to be journaled now; 0: for none.

        Args:
            at_ms: the time, in milliseconds of UTC.
            door_id: the door of the seal under whose name it came.
            reason: why it was refused.
            rules: the door's: what is a burst.
        """
        allowed = self.allows(at_ms, reason)
        held = self._held.setdefault(door_id, deque(maxlen=rules.burst_count))
        while held and at_ms - held[0] > rules.burst_window_ms:
            held.popleft()
        held.append(at_ms)
        if not allowed and len(held) < rules.burst_count:
            return 0
        count = len(held)
        del self._held[door_id]
        return count

    def suspect(self, at_ms: int) -> None:
        """Count one that no broker repeats, over the whole site."""
        self._suspect.append(at_ms)

    def knew(self, at_ms: int) -> None:
        """Somebody did so in an earlier life: until now, as far as this one knows."""
        self._forged_ms = at_ms

    def moved(self, by_ms: int) -> None:
        """The gateway's clock was set by so much."""
        self._suspect = deque((at_ms + by_ms for at_ms in self._suspect), FORGERY_AT)
        for held in self._held.values():
            held.extend([held.popleft() + by_ms for _ in range(len(held))])
        if self._forged_ms is not None:
            self._forged_ms += by_ms

    def is_forged(self, at_ms: int) -> bool:
        """Whether somebody sends a great many of them over the whole site, or did a while ago."""
        suspect = self._suspect
        if len(suspect) == FORGERY_AT and suspect[-1] - suspect[0] <= MINUTE_MS:
            self._forged_ms = suspect[-1]
        return self._forged_ms is not None and at_ms - self._forged_ms <= OVER_MS

    def allows(self, at_ms: int, reason: Reason) -> bool:
        """Whether the journal keeps one more of this reason in this minute; counts it if so."""
        minute = at_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._journaled = minute, {}
        count = self._journaled.get(reason, 0)
        self._journaled[reason] = count + 1
        return count < REFUSALS_JOURNALED_A_MINUTE
