"""A simulated seal with the real one's discipline: spool, one report at a time, until receipted.

It keeps 64 reports and drops the oldest beyond that; it numbers them; it sends the oldest again and
again, after 1, 2, 4 .. 30 seconds, give or take a quarter, each time with a fresh counter and its
age; a cold boot makes ages unknown and is followed by a first reading; what had its receipt just
before the power went is sent once more; a heartbeat goes out only while nothing waits.
`firmware/sealnode/` is the real one, and tests/simulate/test_simulated_seal.py holds the two side
by side. What is simpler here: it never sleeps, it is linked whenever it has power, its contact does
not bounce, cover and magnet do not flutter, and its heartbeats keep to a grid without jitter, and
take no counter.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from gateway.core.events import ReportCame
from gateway.core.model import Contact
from gateway.simulate.radio import HEARTBEAT_DELAY_MS, Air
from sealwire.report import AGE_MS_MAX, EDGES_MODULUS

# The real one's numbers. They are said again, for an installed gateway does not import sealnode.
SPOOL_MAX = 64
RESEND_MS, RESEND_MS_MAX = 1_000, 30_000
FORGET_MS = 2_000  # a receipt reaches the flash this late, or with the next report
FLUTTER_EDGES, FLUTTER_PACE_MS = 12, 10_000  # so many at once, and one more in so long
_SHIFT_MAX = 6

Transmission = tuple[int, int, ReportCame]  # epoch, counter, and what it carries
Deliver = Callable[[Transmission], None]
After = Callable[[int, Callable[[Any], None], Any], None]


class Spooled:
    """A report that waits. `at_ms` is None once nobody knows any more when it was."""

    __slots__ = ("at_ms", "contact", "cover", "edge", "edges", "first", "magnet", "seq")

    def __init__(self, seal: "Seal", at_ms: int, edge: bool, first: bool) -> None:
        self.at_ms: int | None = at_ms
        self.seq, self.contact = seal.seq, seal.told_contact
        self.edges = seal.told_edges % EDGES_MODULUS
        self.cover, self.magnet = seal.cover, seal.magnet
        self.edge, self.first = edge, first


class Seal:
    """One seal. `at(ms, act, argument)` calls it back; `deliver(transmission)` is the air's
    other end."""

    def __init__(
        self, seal_id: str, air: Air, chance: Random, heartbeat_ms: int, at: After, deliver: Deliver
    ) -> None:
        self.seal_id = seal_id
        self.air, self._chance, self.heartbeat_ms = air, chance, heartbeat_ms
        self._at, self._deliver = at, deliver
        self.contact = self.told_contact = Contact.UNKNOWN
        self.told_edges = 0  # those that a report has counted
        self._edge_ms = 0  # when the latest was
        self._tokens, self._token_ms = FLUTTER_EDGES, 0
        self.cover = self.magnet = False
        self.edges = self.seq = self.epoch = self.counter = self.dropped = 0
        self.spool: deque[Spooled] = deque()
        self._unwritten: list[Spooled] = []  # have their receipt, and the flash does not know ...
        self._forget_ms = 0  # ... until that moment is over
        self.on = False
        self._round = self._tries = 0  # a try that was planned in an earlier round is none
        self._phase_ms = chance.randrange(heartbeat_ms)
        self._quiet_ms: int | None = None  # since when it has had nothing to tell but heartbeats
        self.last_heartbeat: tuple[int, ReportCame] | None = None  # arrived in the last quiet
        self._scanned = self._gap = 0  # heartbeats: searched from the first, lost from the second

    def boot(self, now_ms: int, contact: Contact) -> None:
        """Power comes: what waits has lost its time, and where the door stands is a reading."""
        self.on, self.contact, self.told_contact = True, contact, contact
        self._tokens, self._token_ms = FLUTTER_EDGES, now_ms
        self.epoch, self.counter = self.epoch + 1, 0
        kept = [waiting for waiting in self.spool if not waiting.first]
        for waiting in kept:
            waiting.at_ms = None
        self.spool = deque(kept)
        self._keep(now_ms, edge=True, first=True)
        self._next(now_ms)

    def power_fails(self, now_ms: int) -> None:
        """It is off: no edge is counted, nothing is sent or heard."""
        self._quiet_ms = None
        self.on = False
        self.edges = self.told_edges  # what was counted and not told is lost
        self._round += 1
        if now_ms <= self._forget_ms:
            kept = [*self._unwritten, *self.spool]
            self.spool = deque(sorted(kept, key=lambda waiting: waiting.seq))
        self._unwritten.clear()

    def edge(self, now_ms: int, contact: Contact) -> None:
        """The contact changed."""
        self.contact = contact
        self.edges += 1
        self._edge_ms = now_ms
        if self._spend(now_ms):
            self._tell_edge(now_ms)
        elif self.edges == self.told_edges + 1:
            next_ms = self._token_ms + FLUTTER_PACE_MS
            self._at(next_ms, self._tell_held, (next_ms, self.epoch))

    def _tell_held(self, planned: tuple[int, int]) -> None:
        """A token came: tell the last of the edges that were held."""
        now_ms, epoch = planned
        if self.on and epoch == self.epoch and self.edges > self.told_edges and self._spend(now_ms):
            self._tell_edge(now_ms)

    def _tell_edge(self, now_ms: int) -> None:
        self.told_contact, self.told_edges = self.contact, self.edges
        self._spool(now_ms, edge=True, at_ms=self._edge_ms)

    def _spend(self, now_ms: int) -> bool:
        while self._tokens < FLUTTER_EDGES and now_ms >= self._token_ms + FLUTTER_PACE_MS:
            self._token_ms += FLUTTER_PACE_MS
            self._tokens += 1
        if self._tokens == FLUTTER_EDGES:
            self._token_ms = now_ms
        if not self._tokens:
            return False
        self._tokens -= 1
        return True

    def tampered(self, now_ms: int) -> None:
        """Cover or magnet changed; both are read by whoever calls."""
        self._spool(now_ms, edge=False)

    def receipted(self, now_ms: int, seq: int) -> None:
        """The gateway has this report."""
        if not self.on or not self.spool:
            return
        asking = self.spool[0].seq
        self._forget(now_ms, seq)
        if seq != asking:
            return
        if self.spool:
            self._next(now_ms)
        else:
            self._round += 1
            self._quiet_ms = now_ms

    def heartbeat(self, now_ms: int) -> ReportCame | None:
        """What the heartbeat of the grid that is due now says, if it is sent and arrives."""
        quiet = self.on and self._quiet_ms is not None and self._quiet_ms < now_ms
        number = (now_ms - self._phase_ms) // self.heartbeat_ms
        return self._said() if quiet and self.air.carries_heartbeat(number, now_ms) else None

    def heartbeat_after(self, now_ms: int) -> int:
        """The grid's next time."""
        return now_ms + self.heartbeat_ms - (now_ms - self._phase_ms) % self.heartbeat_ms

    def is_quiet(self) -> bool:
        """It has power and nothing to tell but heartbeats."""
        return self.on and self._quiet_ms is not None

    def next_heard(self, after_ms: int, until_ms: int) -> int | None:
        """When the next heartbeat after a time arrives, if it stays quiet; None if none does."""
        number = (after_ms - self._phase_ms) // self.heartbeat_ms + 1
        while (at_ms := self._phase_ms + number * self.heartbeat_ms) < until_ms:
            if self.air.carries_heartbeat(number, at_ms):
                return at_ms + HEARTBEAT_DELAY_MS
            number += 1
        return None

    def next_silence(self, heard_ms: int, heartbeats: int, until_ms: int) -> int | None:
        """When it will not have been heard for so many heartbeats, if it stays quiet; None if
        never.

        A heartbeat that arrives in the very moment in which the time is up comes too late.
        """
        first = (heard_ms - self._phase_ms) // self.heartbeat_ms + 1
        lost_ms = heard_ms + heartbeats * self.heartbeat_ms
        number = first
        while self._sent_ms(number) + HEARTBEAT_DELAY_MS < lost_ms and self._is_lost(number):
            number += 1
        if self._sent_ms(number) + HEARTBEAT_DELAY_MS >= lost_ms:
            return lost_ms
        if not self._scanned <= first < self._gap:
            self._scanned, self._gap = first, self._next_gap(first, heartbeats - 1, until_ms)
        if self._sent_ms(self._gap) >= until_ms:
            return None
        return self._sent_ms(self._gap - 1) + HEARTBEAT_DELAY_MS + heartbeats * self.heartbeat_ms

    def _next_gap(self, first: int, length: int, until_ms: int) -> int:
        """The first of so many lost heartbeats in a row, behind one that is not; beyond the end:
        none.

        Among so many in a row is one whose number they divide: only those are asked.
        """
        number = first + 1 + (-first - 1) % length
        while self._sent_ms(number) < until_ms:
            if self._is_lost(number):
                begins = ends = number
                while begins > first and self._is_lost(begins - 1):
                    begins -= 1
                while ends - begins + 1 < length and self._is_lost(ends + 1):
                    ends += 1
                if ends - begins + 1 >= length and begins > first:
                    return begins
            number += length
        return number

    def _sent_ms(self, number: int) -> int:
        return self._phase_ms + number * self.heartbeat_ms

    def _is_lost(self, number: int) -> bool:
        return not self.air.carries_heartbeat(number, self._sent_ms(number))

    def last_of_quiet(self, until_ms: int) -> None:
        """Search for the last heartbeat that arrived before, and keep it."""
        if self._quiet_ms is None:
            return
        number = (until_ms - 1 - self._phase_ms) // self.heartbeat_ms
        while (at_ms := self._phase_ms + number * self.heartbeat_ms) > self._quiet_ms:
            if self.air.carries_heartbeat(number, at_ms):
                self.last_heartbeat = (at_ms + HEARTBEAT_DELAY_MS, self._said())
                return
            number -= 1

    def _said(self) -> ReportCame:
        return ReportCame(
            self.seal_id,
            0,
            self.told_contact,
            self.told_edges % EDGES_MODULUS,
            False,
            cover=self.cover,
            magnet=self.magnet,
        )

    def _forget(self, now_ms: int, seq: int) -> None:
        if now_ms > self._forget_ms:
            self._unwritten.clear()
        if not self._unwritten:
            # While the contact flutters, the next report writes it along with itself.
            self._forget_ms = now_ms + (FORGET_MS if self._tokens else 2 * FLUTTER_PACE_MS)
        self._unwritten += [waiting for waiting in self.spool if waiting.seq == seq]
        self.spool = deque(waiting for waiting in self.spool if waiting.seq != seq)

    def _spool(self, now_ms: int, edge: bool, at_ms: int | None = None) -> None:
        waited_for = self.spool[0] if self.spool else None
        self._keep(now_ms if at_ms is None else at_ms, edge)
        if self.spool[0] is not waited_for:
            self._quiet_ms = None
            self._next(now_ms)

    def _keep(self, now_ms: int, edge: bool, first: bool = False) -> None:
        self._unwritten.clear()  # a report reaches the flash at once, and with it all there is
        self.seq += 1
        if len(self.spool) == SPOOL_MAX:
            self.spool.popleft()
            self.dropped += 1
        self.spool.append(Spooled(self, now_ms, edge, first))

    def _next(self, now_ms: int) -> None:
        """Begin to send the oldest."""
        self._round += 1
        self._tries = 0
        self._try((now_ms, self._round))

    def _try(self, planned: tuple[int, int]) -> None:
        now_ms, round_ = planned
        if round_ != self._round or not self.on or not self.spool:
            return
        waiting = self.spool[0]
        self.counter += 1
        takes = self.air.crossings(now_ms)
        if takes:
            event = self._report(waiting, now_ms)
            for crossing_ms in takes:
                self._at(now_ms + crossing_ms, self._deliver, (self.epoch, self.counter, event))
        wait_ms = min(RESEND_MS << min(self._tries, _SHIFT_MAX), RESEND_MS_MAX)
        self._tries += 1
        again_ms = now_ms + wait_ms * 3 // 4 + self._chance.randrange(wait_ms // 2)
        self._at(again_ms, self._try, (again_ms, round_))

    def _report(self, waiting: Spooled, now_ms: int) -> ReportCame:
        return ReportCame(
            seal_id=self.seal_id,
            seq=waiting.seq,
            contact=waiting.contact,
            edges=waiting.edges,
            edge=waiting.edge,
            first=waiting.first,
            age_ms=None if waiting.at_ms is None else min(now_ms - waiting.at_ms, AGE_MS_MAX),
            cover=waiting.cover,
            magnet=waiting.magnet,
        )
