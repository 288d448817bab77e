"""One address by one channel: what waits for it, what is under way, and when it is tried again.

Nothing is shared between destinations but the loop, so one that hangs, refuses or is away delays
nobody else. A destination works, or it fails:

- It **works**: what is due goes out, the oldest first, as many at once as it has places.
- It **fails** since a try failed: one page is tried each PROBE_MS as a probe (one that nobody tried
  before, if there is one), later and later if it stays away; not before the time that the other end
  asked for. The first that goes out releases everything that waits, the oldest first.

A page that fails twice while others go out is at fault itself: it waits for itself from then on.
What may not go out yet (a text to a household at night) rests: it is no probe, and no delay.
"""

import asyncio
import hashlib
import heapq
import logging
import re
import traceback
from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from gateway.channels.channel import DeliveryError, NobodyError
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.evidence import Ended, Evidence
from gateway.core.reasons import TESTS, Reason
from gateway.store.outbox import HOUSEHOLD, Entry, Group, decode_group

log = logging.getLogger("menshen.delivery")

PROBE_MS: Final = 900
# How long it has failed -> how often it is probed then.
PROBES_MS: Final = ((10 * MINUTE_MS, PROBE_MS), (60 * MINUTE_MS, 5_000))
PROBE_LATE_MS: Final = 15_000
BACK_OFF_MS: Final = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000)  # of a page at fault
NOTED_MS: Final = MINUTE_MS  # a longer wait is written each time
PERMANENT_MS: Final = 300_000  # what only a person can mend is tried so seldom
GIVE_UP_MS: Final = DAY_MS  # a page that nobody could be told for a day is history,
GIVE_UP_TRIED_MS: Final = HOUR_MS  # of which this life has tried for so long,
GIVE_UP_LATEST_MS: Final = 7 * DAY_MS  # or however short the lives are
STRIKES_MAX: Final = 2  # so often may a page fail alone before it is at fault itself
HELD_MAX: Final = 1_000  # entries in memory that may go out; more stay in the outbox
SECRET_CHARACTERS: Final = 6  # a shorter part of an address is none
REST_MOST_MS: Final = HOUR_MS  # then it is judged anew: hours change, and clocks are set
TROUBLE_AFTER_MS: Final = 5 * MINUTE_MS  # it fails so long, then the engineer is told


class Hands(Struct, frozen=True):
    """What a destination needs of its worker."""

    now_ms: Callable[[], int]
    send: Callable[[Entry], "asyncio.Future[Evidence]"]  # begins a try
    ended: Callable[[Entry], Ended | None]  # whether it is needed no more, and why
    may_go_ms: Callable[[Entry, int], int]  # a time, or when it may go out after that
    rests: Callable[[Entry, bool], None]  # it may not go out yet; or it may again
    noted: Callable[[Entry, bool], None]  # how a try went; and whether that is the entry's end
    later: Callable[["Destination", int], None]  # call `go` at a time
    failing: Callable[["Destination", str | None], None]  # its last words changed; None: it works
    trouble: Callable[["Destination", bool], None]  # people must mend it, or have
    is_told: Callable[[str], bool]  # by its code: that was told, perhaps by an earlier life


def code_of(kind: str, address: str) -> str:
    """The name of an address in logs and cases: made of it, and nothing can be made of the name."""
    return hashlib.blake2s(f"{kind}:{address}".encode(), digest_size=4).hexdigest()


class Destination:
    """Where pages of one kind go to one address.

    `code` names it in logs and cases (`code_of`).
    `read_to`, `is_behind` and `looks_ms` are the worker's: how far the outbox was read for it, and
    when it is called.
    """

    def __init__(self, kind: str, address: str, places: int, hands: Hands) -> None:
        self.kind, self.address = kind, address
        self.code = code_of(kind, address)
        self.read_to, self.is_behind = 0, False
        self.looks_ms: int | None = None  # when `go` is called next
        self.last_words: str | None = None
        self._places, self._hands = places, hands
        self._due: deque[Entry] = deque()  # the oldest first
        self._waiting: list[tuple[int, int, Entry]] = []  # (when, entry_id, entry), tried before
        self._resting: list[tuple[int, int, Entry]] = []  # likewise: those that may not go out yet
        self._under_way: set[int] = set()
        self._newest: dict[tuple[str | None, ...], Entry] = {}  # what is told -> its latest page
        self._strikes: dict[int, int] = {}
        self._fails_since_ms: int | None = None
        self._probe_ms = self._fresh_ms = 0  # when a page may be tried again; when a new one may
        self._is_trouble_told = hands.is_told(self.code)
        self._began_ms = hands.now_ms()

    @property
    def held(self) -> int:
        """How many entries are in memory."""
        later = len(self._waiting) + len(self._resting)
        return len(self._due) + later + len(self._under_way)

    @property
    def active(self) -> int:
        """How many of these may go out: what rests takes no other's room."""
        return self.held - len(self._resting)

    @property
    def is_idle(self) -> bool:
        """Whether it can be forgotten: nothing waits, and nothing is to be remembered."""
        return not self.held and not self.is_behind and self._fails_since_ms is None

    def take(self, entry: Entry) -> None:
        """Take over an entry, newer than all before it; call `go` afterwards."""
        self._overtake(entry)
        now_ms = self._hands.now_ms()
        if self._rests(entry, now_ms, now_ms):
            return
        if entry.next_ms > now_ms:  # an earlier life was asked to wait
            entry.next_ms = min(entry.next_ms, now_ms + HOUR_MS)
            heapq.heappush(self._waiting, (entry.next_ms, entry.entry_id, entry))
            self._hands.later(self, entry.next_ms)
        else:
            self._due.append(entry)

    def _overtake(self, entry: Entry) -> None:
        """A page that still waits need not go out if a newer one tells the same. One that is told
        to somebody again, on a later step, stands in the outbox once: there the earlier entry is
        it, which a start will find, and the newer one is needless."""
        key = _told_by(entry)
        if key is None:
            return
        before = self._newest.get(key)
        if before is not None and before.entry_id not in self._under_way and not before.ended:
            if before.page_id == entry.page_id:
                entry.ended = Ended.OVERTAKEN
                return
            if _rings(before) <= _rings(entry):
                before.ended = Ended.OVERTAKEN
        self._newest[key] = entry

    def clock_set(self, by_ms: int) -> None:
        """The gateway's clock was set by so much: what waits goes on waiting as long."""
        later = [*self._waiting, *self._resting]
        for entry in (*self._due, *(item[2] for item in later)):
            entry.made_ms += by_ms
            entry.next_ms += by_ms
        self._waiting = [(at_ms + by_ms, *rest) for at_ms, *rest in self._waiting]  # type: ignore[misc]
        self._resting = [(at_ms + by_ms, *rest) for at_ms, *rest in self._resting]  # type: ignore[misc]
        self._probe_ms += by_ms
        self._fresh_ms += by_ms
        self._began_ms += by_ms
        if self._fails_since_ms is not None:
            self._fails_since_ms += by_ms
        if self.looks_ms is not None:
            self.looks_ms += by_ms

    def go(self) -> None:
        """Start whatever may be started now."""
        now_ms = self._hands.now_ms()
        self._rise(now_ms)
        if self._fails_since_ms is not None:
            self._probe(now_ms)
            return
        while self._waiting and self._waiting[0][0] <= now_ms:
            self._due.append(heapq.heappop(self._waiting)[2])
        while self._due and len(self._under_way) < self._places:
            self._start(self._due.popleft())
        for later in (self._waiting, self._resting):
            if later:
                self._hands.later(self, later[0][0])

    def _probe(self, now_ms: int) -> None:
        """One page, if it is time: of those that nobody tried, else of the others by turns."""
        while len(self._under_way) < self._places:
            if self._due and now_ms >= self._fresh_ms:
                entry = self._due.popleft()
            elif self._waiting and now_ms >= self._probe_ms:
                entry = heapq.heappop(self._waiting)[2]
            else:
                break
            if self._start(entry):
                self._fresh_ms = now_ms + self._pace_ms(now_ms)
                self._probe_ms = max(self._probe_ms, self._fresh_ms)
        self._look_again(now_ms)

    def _look_again(self, now_ms: int) -> None:
        times = [self._fresh_ms] if self._due else []
        times += [self._probe_ms] if self._waiting else []
        times += [self._resting[0][0]] if self._resting else []
        if not self._is_trouble_told and self._fails_since_ms is not None:
            times.append(self._fails_since_ms + TROUBLE_AFTER_MS)
            if times[-1] <= now_ms:
                self._tell_trouble()
                times.pop()
        if times and self.held:
            self._hands.later(self, max(min(times), now_ms + 1))

    def _start(self, entry: Entry) -> bool:
        """Begin a try; False if the entry is not needed any more, or may not go out yet."""
        entry.ended = entry.ended or self._hands.ended(entry)
        if entry.ended is not None:
            entry.gave_up = True
            self._end(entry)
            return False
        now_ms = self._hands.now_ms()
        if self._rests(entry, now_ms, now_ms):
            return False
        entry.tries += 1
        self._under_way.add(entry.entry_id)
        was_failing = self._fails_since_ms is not None
        attempt = self._hands.send(entry)
        attempt.add_done_callback(lambda done: self._came(entry, done, was_failing))
        return True

    def _rests(self, entry: Entry, now_ms: int, at_ms: int) -> bool:
        """Put an entry aside that would be tried at a time at which it may not go out: no probe
        takes it, and nothing that went out releases it."""
        may_go_ms = self._hands.may_go_ms(entry, at_ms)
        if may_go_ms <= at_ms:
            return False
        entry.next_ms = may_go_ms
        looks_ms = min(may_go_ms, now_ms + REST_MOST_MS)
        heapq.heappush(self._resting, (looks_ms, entry.entry_id, entry))
        self._hands.rests(entry, True)
        self._hands.later(self, looks_ms)
        return True

    def _rise(self, now_ms: int) -> None:
        """Those whose time has come are due, and judged anew."""
        while self._resting and self._resting[0][0] <= now_ms:
            entry = heapq.heappop(self._resting)[2]
            self._hands.rests(entry, False)
            self._due.append(entry)

    def _came(self, entry: Entry, attempt: "asyncio.Future[Evidence]", was_failing: bool) -> None:
        self._under_way.discard(entry.entry_id)
        if attempt.cancelled():
            return  # the gateway stops; the outbox has it
        error = attempt.exception()
        now_ms = self._hands.now_ms()
        if error is None:
            entry.done_ms, entry.error = now_ms, None
            entry.evidence = attempt.result() or Evidence.ACCEPTED
            self._works(now_ms)
            self._end(entry)
        elif isinstance(error, NobodyError):  # which says nothing of the way to others
            entry.ended, entry.gave_up, entry.error = error.ended, True, None
            self._end(entry)
        else:
            self._failed(entry, error, now_ms, was_failing)
        self.go()

    def _works(self, now_ms: int) -> None:
        """Something went out: everything else may, the oldest first."""
        if self._is_trouble_told:
            self._is_trouble_told = False
            self._hands.trouble(self, False)
        if self._fails_since_ms is None:
            return
        self._fails_since_ms, self.last_words = None, None
        self._hands.failing(self, None)
        released = [item for item in self._waiting if not self._is_at_fault(item[2])]
        self._waiting = [item for item in self._waiting if self._is_at_fault(item[2])]
        heapq.heapify(self._waiting)
        entries = [*self._due, *(item[2] for item in released)]
        self._due = deque(sorted(entries, key=lambda entry: entry.entry_id))

    def _failed(self, entry: Entry, error: BaseException, now_ms: int, was_failing: bool) -> None:
        if not isinstance(error, DeliveryError):
            error = self._fault_of_ours(entry, error)
        words = without_secrets(str(error), self.address)
        changed = words != entry.error
        entry.error = words
        permanent, asked_ms = error.permanent, error.wait_ms
        if not was_failing and self._fails_since_ms is None:
            self._strikes[entry.entry_id] = self._strikes.get(entry.entry_id, 0) + 1
        if self._is_at_fault(entry) and self._fails_since_ms is None:
            wait_ms = BACK_OFF_MS[min(entry.tries, len(BACK_OFF_MS)) - 1]
        else:
            wait_ms = self._rest(words, now_ms, permanent, asked_ms)
        entry.next_ms = now_ms + max(wait_ms, PERMANENT_MS if permanent else 0, asked_ms or 0)
        entry.gave_up = self._is_history(entry, now_ms)
        if entry.gave_up:
            self._end(entry)
            return
        if not self._rests(entry, now_ms, entry.next_ms):
            heapq.heappush(self._waiting, (entry.next_ms, entry.entry_id, entry))
        is_long = entry.next_ms - now_ms > NOTED_MS  # a start would ask again before its time
        if (
            changed or is_long or entry.tries & (entry.tries - 1) == 0
        ):  # not every probe is a commit
            self._hands.noted(entry, False)

    def _is_history(self, entry: Entry, now_ms: int) -> bool:
        """Whether nobody could be told for too long: tried, for a gateway that was off for a day
        has tried nothing, and its first try fails because its network is not there yet."""
        age_ms, tried_ms = now_ms - entry.made_ms, now_ms - self._began_ms
        return age_ms > (GIVE_UP_MS if tried_ms >= GIVE_UP_TRIED_MS else GIVE_UP_LATEST_MS)

    def _fault_of_ours(self, entry: Entry, error: BaseException) -> DeliveryError:
        """A channel raised what it may not: of this entry alone, until a person has looked."""
        trace = "".join(traceback.format_tb(error.__traceback__))  # its text may hold an address
        kind = type(error).__name__
        log.error("%s: entry %s cannot be sent: %s\n%s", self.kind, entry.entry_id, kind, trace)
        self._strikes[entry.entry_id] = STRIKES_MAX
        return DeliveryError(f"the gateway itself failed at it ({kind})", permanent=True)

    def _rest(self, words: str, now_ms: int, permanent: bool, asked_ms: int | None) -> int:
        """The destination fails: from now on it is probed. How long until then."""
        if self._fails_since_ms is None:
            self._fails_since_ms = now_ms
        if words != self.last_words:
            self.last_words = words
            self._hands.failing(self, words)
        pace_ms = asked_ms if asked_ms is not None else self._pace_ms(now_ms)
        self._fresh_ms = max(self._fresh_ms, now_ms + pace_ms)
        self._probe_ms = max(self._fresh_ms, now_ms + PERMANENT_MS if permanent else 0)
        if permanent:
            self._tell_trouble()
        return pace_ms

    def _pace_ms(self, now_ms: int) -> int:
        """How long between two probes, by how long it has failed."""
        failed_ms = now_ms - (now_ms if self._fails_since_ms is None else self._fails_since_ms)
        return next((pace for up_to_ms, pace in PROBES_MS if failed_ms < up_to_ms), PROBE_LATE_MS)

    def _tell_trouble(self) -> None:
        if not self._is_trouble_told:
            self._is_trouble_told = True
            self._hands.trouble(self, True)

    def _is_at_fault(self, entry: Entry) -> bool:
        return self._strikes.get(entry.entry_id, 0) >= STRIKES_MAX

    def _end(self, entry: Entry) -> None:
        """Nobody tries it any more."""
        self._strikes.pop(entry.entry_id, None)
        key = _told_by(entry)
        if key is not None and self._newest.get(key) is entry:
            del self._newest[key]
        self._hands.noted(entry, True)


def _told_by(entry: Entry) -> tuple[str | None, ...] | None:
    """What a page tells whom: a newer page of the same makes it needless. None: it stands alone."""
    if entry.channel == HOUSEHOLD:
        return entry.channel, entry.reason, entry.door_id
    if entry.reason in TESTS:
        return entry.warden_id, entry.reason
    if entry.reason == Reason.GROUPED:
        group = _group(entry)
        return (entry.warden_id, group.conversation) if group and group.conversation else None
    if not entry.case_id:
        return None
    return entry.warden_id, entry.reason, entry.case_id, str(entry.since_ms)


def _group(entry: Entry) -> Group | None:
    """What a grouped page is about; None if that cannot be read, which its sending will tell."""
    try:
        return decode_group(entry.about)
    except ValueError:  # no JSON, or no UTF-8
        return None


def _rings(entry: Entry) -> bool:
    group = _group(entry) if entry.reason == Reason.GROUPED else None
    return group is None or group.rings


def without_secrets(text: str, address: str) -> str:
    """What the other end said, without what stands in the address beside its host: its secrets."""
    _, _, rest = address.partition("://")
    host = re.split(r"[/?#]", rest.rpartition("@")[2] if "@" in rest else rest)[0].split(":")[0]
    is_name = "." in host or host == "localhost"  # else it is a robot's key in a host's place
    for part in sorted(set(re.split(r"[^A-Za-z0-9_-]+", rest)), key=len, reverse=True):
        if len(part) >= SECRET_CHARACTERS and not (is_name and part in host):
            text = text.replace(part, "…")
    return text
