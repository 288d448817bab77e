"""The seal's mind: what happened and what time it is in, what to do out.

`step` never reads a clock, never waits and never throws dice of its own. Its state is the spool
and a handful of deadlines. Five rules make it up:

1. An edge is spooled and goes out at once; so does a change of cover or magnet. The first reading
   after a cold boot is spooled too, marked as first, and is never an event.
2. Reports go one at a time, the oldest first, again after 1, 2, 4 .. 30 seconds, give or take a
   quarter, until the receipt; then the next. The gateway's mark refuses what comes out of order,
   and an edge that overtakes another seems an opening that nobody saw.
3. A heartbeat goes out when nothing else has for `heartbeat_ms`, less up to a tenth at random, and
   never while a report waits: its edge count would overtake it too.
4. No sign of the gateway for two heartbeats means that this connection leads nowhere: drop it. New
   connections come after 1, 2, 4 .. 60 seconds, each cut by up to a half at random, so that a
   building whose power returns does not come all at once; a new edge does not wait for that.
5. A seal on batteries sleeps as soon as everything has its receipt, or after 20 seconds awake; one
   that woke and finds nothing to say sleeps on.
6. A seal that speaks by air (Bluetooth) too says each new report there at once, behind those that
   wait already, and so again in place of a heartbeat, for nobody answers there. Its heartbeats go
   by air; on batteries the network has one in three hours, if the latest receipt says that it is
   heard by air, and all of them otherwise.
7. Where no order holds at its door, it says nothing of the door: its beats go on with a contact
   that is not known, and what opens or shuts is not kept. Hands on the seal itself (cover, magnet)
   make it beat at once, so that whoever works at it need not wait for the gateway's word.
8. A note, which says nothing of the door, goes out over the network beside all that, and again as a
   report does. On trial (another network or identity) it goes alone: nothing else is told before
   its receipt.
"""

from sealwire.receipt import HEARD, HEARD_MS
from sealwire.report import EDGE, HEARTBEAT, TAMPER, UNKNOWN, Report

from .spool import Spool

# Reports go out with QoS 0. Our receipt is what proves delivery, and a broker that queued reports
# for an absent gateway would make their age a lie: a lawful opening would seem a late one.
REPORT_QOS = 0

RESEND_MS, RESEND_MS_MAX = 1000, 30_000
RECONNECT_MS, RECONNECT_MS_MAX = 1000, 60_000
DEAF_MS_MIN = 60_000
AWAKE_MS_MAX = 20_000
SEARCH_MS_MAX = 10_000  # for a network that two wakes before did not find either
EARLY_MS = 1000  # who wakes so long before the heartbeat, and for nothing, sleeps on
# A seal that is over and beats by air speaks over the network so often, by which it can be woken:
# less than it costs to tell of the openings of an order.
OVER_MS = 3_600_000
RETRY_MS = 30_000  # a battery's first sleep after a failure; doubles up to the heartbeat
SAID_MAX = 8  # waiting reports that are said by air in one go: the newest
_SHIFT_MAX = 6

# What can happen.
FIRST, EDGED, TAMPERED, UP, DOWN, RECEIPTED, TICK = range(7)
# What to do, each with a number: nothing, nothing, the report's seq (0: a heartbeat, NOTE: a note),
# the ms, and once more the seq or 0, by air.
CONNECT, DROP, SEND, SLEEP, ADVERTISE = range(5)
NOTE = -1  # to be sent, in the place of a report's number


class Event:
    """What happened. Fields without a meaning for a `kind` stay 0.

    FIRST and EDGED: `contact`, `at_ms`, how many `edges` it stands for. TAMPERED: `cover`,
    `magnet`, `at_ms`. RECEIPTED: `seq`, `epoch`, `counter`, `verdict`, all authenticated.
    """

    def __init__(
        self,
        kind: int,
        contact: int = 0,
        at_ms: int = 0,
        bounces: int = 0,
        cover: bool = False,
        magnet: bool = False,
        seq: int = 0,
        epoch: int = 0,
        counter: int = 0,
        edges: int = 1,
        verdict: int = 0,
    ) -> None:
        self.kind = kind
        self.contact = contact
        self.at_ms = at_ms
        self.bounces = bounces
        self.cover = cover
        self.magnet = magnet
        self.seq = seq
        self.epoch = epoch
        self.counter = counter
        self.edges = edges
        self.verdict = verdict


class Node:
    """One seal's mind over its spool. `random_below(n)` gives 0 .. n - 1."""

    def __init__(  # type: ignore[no-untyped-def]
        self,
        spool: Spool,
        heartbeat_ms: int,
        mains: bool,
        random_below,
        now_ms: int,
        woken: bool,
        by_air: bool = False,
    ) -> None:
        self.spool = spool
        self.contact = UNKNOWN
        self.cover = False
        self.magnet = False
        self.bounces = 0
        self.linked = False
        self.misses = 0  # connections or sleeps in a row that brought no receipt
        self.heartbeat_due_ms = now_ms
        self.air_due_ms = now_ms
        self.airing = False  # something is on the air: not the moment to sleep
        self.showing = False  # likewise: somebody looks at its lamp
        self.heard = False  # by air, as the gateway's latest receipt said
        self._by_air = by_air
        self.heartbeat_ms = heartbeat_ms
        self._mains = mains
        self._woken = woken and not mains
        self._random_below = random_below
        self.trying = False
        self.woke_ms = now_ms
        self.connect_ms = now_ms if woken else now_ms + random_below(RECONNECT_MS)
        self._down_ms = now_ms - RECONNECT_MS
        self.silent_ms: "int | None" = None  # the first transmission without an answer since
        self._asking = 0  # the number of the report that waits for its receipt, 0 for none
        self._tries = 0
        self._again_ms = now_ms
        self._beating = False  # a heartbeat is out and not answered
        self._heard_counter = 0
        self.noting = False  # a note waits for its receipt
        self.note_counter = 0  # of its latest transmission
        self.on_trial = False
        self.is_over = False  # no order holds at its door
        self.is_busy = False  # a command is taken that is not done yet: no sleep before that
        self._note_tries = 0
        self._note_ms = now_ms

    def note(self, now_ms: int) -> None:
        """Tell the news of this seal, now and again until the receipt."""
        self.noting, self.note_counter = True, 0
        self._note_ms, self._note_tries = now_ms, 0

    def end_order(self, is_over: bool, now_ms: int) -> None:
        """Say nothing of the door from now on, or watch again. The next beat shows it, at once."""
        self.is_over = is_over
        self.heartbeat_due_ms = now_ms

    def step(self, event: Event, now_ms: int) -> "list[tuple[int, int]]":
        """Take in what happened; the effects that it calls for, in order."""
        kind = event.kind
        if kind in (FIRST, EDGED):
            self.contact = event.contact
            self._spool(EDGE, event, now_ms)
        elif kind == TAMPERED:
            self.cover, self.magnet = event.cover, event.magnet
            self._spool(TAMPER, event, now_ms)
        elif kind == UP:
            self._up(now_ms)
        elif kind == DOWN:
            self._down(now_ms)
        elif kind == RECEIPTED:
            self._receipted(event, now_ms)
        said = self._said(kind, now_ms) if self._by_air and not self.on_trial else []
        return said + (self._online(now_ms) if self.linked else self._offline(now_ms))

    def due_ms(self, now_ms: int) -> int:
        """When `step` with a TICK is wanted next, if nothing happens before."""
        due = now_ms + RESEND_MS_MAX
        if self._by_air:
            due = min(due, max(self.air_due_ms, now_ms))
        if not self._mains:
            due = min(due, self.woke_ms + self._awake_ms())
        if self.linked:
            return max(self._due_online_ms(due, now_ms), now_ms)
        return due if self.trying else min(due, self.connect_ms)

    def _due_online_ms(self, due: int, now_ms: int) -> int:
        if self.silent_ms is not None:
            due = min(due, self.silent_ms + self._deaf_ms())
        if self.noting:
            due = min(due, self._note_ms)
        if self.on_trial:
            return due
        if not self.spool.count:
            return min(due, self.heartbeat_due_ms)
        return min(due, self._again_ms) if self.spool.seq(0) == self._asking else now_ms

    def report(self, seq: int, now_ms: int, battery_mv: "int | None") -> "Report | None":
        """What to seal for (SEND, seq): age and battery as they are now. None if it is gone."""
        if seq == 0:
            bounces, self.bounces = self.bounces, 0
            return Report(
                UNKNOWN if self.is_over else self.contact,
                HEARTBEAT,
                0,
                self.spool.edges,
                0 if self.is_over else bounces,
                0,
                battery_mv,
                False,
                self.cover,
                self.magnet,
            )
        i = self.spool.find(seq)
        if i < 0:
            return None
        report = self.spool.report(i, now_ms)
        report.battery_mv = battery_mv
        return report

    def _spool(self, kind: int, event: Event, now_ms: int) -> None:
        bounces, self.bounces = self.bounces, 0
        first = event.kind == FIRST
        if self.is_over:
            if kind == TAMPER:
                self.heartbeat_due_ms = now_ms
                self.connect_ms = min(self.connect_ms, max(now_ms, self._down_ms + RECONNECT_MS))
            return
        report = Report(self.contact, kind, 1, 0, bounces, 0, None, first, self.cover, self.magnet)
        self.spool.add(report, event.at_ms, event.edges)
        if not first:  # somebody is at the door: no back-off now, save that of a second
            self.connect_ms = min(self.connect_ms, max(now_ms, self._down_ms + RECONNECT_MS))

    def _up(self, now_ms: int) -> None:
        self.linked, self.trying = True, False
        self.silent_ms, self._asking = None, 0
        self._note_ms, self._note_tries = now_ms, 0
        if not self.spool.count:
            self.heartbeat_due_ms = now_ms

    def _down(self, now_ms: int) -> None:
        if not self.linked and not self.trying:
            return
        self.linked = self.trying = self._beating = False
        wait = min(RECONNECT_MS << min(self.misses, _SHIFT_MAX), RECONNECT_MS_MAX)
        self.connect_ms = now_ms + wait - self._random_below(wait // 2)
        self._down_ms = now_ms
        self.misses += 1

    def _receipted(self, event: Event, now_ms: int) -> None:
        # An old receipt is as true as a new one about its report, but it is no sign of life.
        self.spool.forget(event.seq)
        if event.epoch != self.spool.epoch or event.counter <= self._heard_counter:
            return
        self._heard_counter = event.counter
        self.silent_ms, self.misses = None, 0
        self.heard = event.verdict == HEARD
        if not self.heard:
            self.heartbeat_due_ms = min(self.heartbeat_due_ms, now_ms + self.heartbeat_ms)
        if event.seq == 0 and event.counter == self.note_counter:
            self.noting = False
        elif event.seq == 0:
            self._beating = False

    def _offline(self, now_ms: int) -> "list[tuple[int, int]]":
        if not self._mains and (self._is_said(now_ms) or now_ms >= self.woke_ms + self._awake_ms()):
            return [] if self.airing or self.showing else [(SLEEP, self._sleep_ms(now_ms))]
        if self.trying or now_ms < self.connect_ms:
            return []
        early_ms = self.heartbeat_due_ms - now_ms
        is_calm = not (self.misses or self.spool.count or self.noting or self.on_trial)
        if self._woken and is_calm and early_ms > EARLY_MS:
            return [] if self.showing else [(SLEEP, early_ms)]
        self.trying = True
        return [(CONNECT, 0)]

    def _online(self, now_ms: int) -> "list[tuple[int, int]]":
        if self.silent_ms is not None and now_ms >= self.silent_ms + self._deaf_ms():
            return [(DROP, 0)]
        effects: "list[tuple[int, int]]" = []
        if self.noting and now_ms >= self._note_ms:
            self._expect(now_ms)
            self._note_ms = now_ms + min(RESEND_MS << self._note_tries, RESEND_MS_MAX)
            self._note_tries = min(self._note_tries + 1, _SHIFT_MAX)
            effects.append((SEND, NOTE))
        if not self.on_trial:
            self._tell(now_ms, effects)
        if not self._mains:
            self._rest(now_ms, effects)
        return effects

    def _tell(self, now_ms: int, effects: "list[tuple[int, int]]") -> None:
        """What there is to say of the door."""
        if self.spool.count:
            seq = self.spool.seq(0)
            if seq != self._asking:
                self._asking, self._tries, self._again_ms = seq, 0, now_ms
            if now_ms >= self._again_ms:
                self._sent(now_ms)
                self._again(now_ms)
                effects.append((SEND, seq))
        elif now_ms >= self.heartbeat_due_ms:
            self._sent(now_ms)
            self._beating = True
            effects.append((SEND, 0))

    def _awake_ms(self) -> int:
        return AWAKE_MS_MAX if self.linked or self.misses < 2 else SEARCH_MS_MAX

    def _said(self, kind: int, now_ms: int) -> "list[tuple[int, int]]":
        """What goes on the air now: what is new or waits, in its order, or a heartbeat if due."""
        is_news = kind in (FIRST, EDGED, TAMPERED) and not self.is_over
        if not is_news and now_ms < self.air_due_ms:
            return []
        self.air_due_ms = now_ms + self._shortened(self.heartbeat_ms)
        if not self.spool.count:
            return [(ADVERTISE, 0)]
        oldest = max(self.spool.count - SAID_MAX, 0)
        return [(ADVERTISE, self.spool.seq(i)) for i in range(oldest, self.spool.count)]

    def _is_said(self, now_ms: int) -> bool:
        """Whether all that there is to say was for the air, and the network can stay off."""
        is_told = self._by_air and not self.spool.count and now_ms < self.heartbeat_due_ms
        return is_told and not (self.noting or self.on_trial or self.is_busy)

    def _shortened(self, ms: int) -> int:
        cut: int = self._random_below(ms // 10 + 1)
        return ms - cut

    def _again(self, now_ms: int) -> None:
        wait = min(RESEND_MS << min(self._tries, _SHIFT_MAX), RESEND_MS_MAX)
        self._again_ms = now_ms + wait * 3 // 4 + self._random_below(wait // 2)
        self._tries += 1

    def _expect(self, now_ms: int) -> None:
        """Something goes out: an answer is expected."""
        if self.silent_ms is None:
            self.silent_ms = now_ms

    def _sent(self, now_ms: int) -> None:
        self._expect(now_ms)
        beat_ms = self.heartbeat_ms
        if self._by_air and not self._mains and self.heard:
            beat_ms = max(beat_ms, OVER_MS if self.is_over else HEARD_MS)
        self.heartbeat_due_ms = now_ms + self._shortened(beat_ms)

    def _deaf_ms(self) -> int:
        return max(DEAF_MS_MIN, 2 * self.heartbeat_ms)

    def _rest(self, now_ms: int, effects: "list[tuple[int, int]]") -> None:
        """A battery's decision to sleep."""
        is_free = self._is_done() and not self.is_busy and not self.on_trial
        if not (self.airing or self.showing) and (is_free or now_ms >= self.woke_ms + AWAKE_MS_MAX):
            effects.append((SLEEP, self._sleep_ms(now_ms)))

    def _is_done(self) -> bool:
        return not self.spool.count and not self._beating and not self.noting

    def _sleep_ms(self, now_ms: int) -> int:
        due_ms = self.heartbeat_due_ms
        if self._by_air:
            due_ms = min(due_ms, self.air_due_ms)
        if self._is_done() and (self.linked or self._is_said(now_ms)):
            return max(due_ms - now_ms, 1)
        wait = RETRY_MS << min(self.misses, _SHIFT_MAX)
        self.misses += 1
        jitter: int = self._random_below(wait // 4)
        return min(wait - jitter, self.heartbeat_ms)
