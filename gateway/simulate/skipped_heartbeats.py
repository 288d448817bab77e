"""The heartbeats that a simulated door's seal would send, and that are left out because nothing
hangs on them; and those that are heard after all.

Between two heartbeats without news a door's state cannot change but for `heard_ms` and
`observed_until_ms`. They are read where a report's edge has no known age or the counter has a gap:
the last heartbeat that arrived is heard just before. And they are what silence counts from: so the
calendar holds the next time at which too many heartbeats in a row are lost (seal.py knows it), and
the heartbeat that ends such a silence. A test shows that nothing else changes by leaving out the
others."""

from typing import Any

from msgspec.structs import replace

from gateway.core.doors import silence
from gateway.core.events import DeadlineCame, Event, ReportCame
from gateway.core.model import Door
from gateway.core.rules import Rules
from gateway.simulate.calendar import Calendar
from gateway.simulate.radio import HEARTBEAT_DELAY_MS
from gateway.simulate.seal import Seal
from sealwire.report import EDGES_MODULUS


class SkippedHeartbeats:
    """The half of a door's run that knows which heartbeats matter."""

    door: Door
    seal: Seal
    rules: Rules
    _calendar: Calendar
    _at: Any
    _end_ms: int
    _compressed: bool
    _silent_ms: int | None = None

    def tell(self, event: Event) -> None:
        """An event for the door, now."""
        raise NotImplementedError

    def _correct(self, door: Door) -> None:
        raise NotImplementedError

    def _step(self, event: Event, now_ms: int) -> None:
        raise NotImplementedError

    def _quiet_ends(self) -> None:
        """The seal has more to tell than heartbeats, or no power: its silence counts from its
        last."""
        if not self._compressed or not self.seal.is_quiet():
            return
        self.seal.last_of_quiet(self._calendar.now_ms)
        heard = self.seal.last_heartbeat
        heard_ms = max(heard[0] if heard else 0, self.door.heard_ms or 0)
        lost_ms = silence.lost_ms(replace(self.door, heard_ms=heard_ms or None), self.rules)
        if lost_ms is not None:
            self._plan_silence(max(lost_ms, self._calendar.now_ms))

    def _hear_last_heartbeat(self) -> None:
        """The heartbeat that mattered after all, at its own time."""
        if self.seal.last_heartbeat is None:
            return
        (at_ms, heartbeat), self.seal.last_heartbeat = self.seal.last_heartbeat, None
        if self.door.heard_ms is None or at_ms > self.door.heard_ms:
            if self.door.silence is None:  # those before it were heard as well
                self._correct(replace(self.door, heard_ms=at_ms - 1))
            self._step(heartbeat, at_ms)

    def _heartbeat_matters(self, event: ReportCame) -> bool:
        """Whether what the last heartbeat said is read when this report comes."""
        gap = (event.edges - (self.door.edges or 0)) % EDGES_MODULUS > 1
        door = self.door
        watched = any((door.opening, door.open_after_restart, door.found_open))
        return gap or event.first or watched or event.age_ms is None

    def _is_stale(self, now_ms: int) -> bool:
        return silence.liveness(self.door, now_ms, self.rules) is not silence.Liveness.LIVE

    def _catch_up(self) -> None:
        """Hear the last heartbeat that came before now, if that has not been heard of."""
        if self.seal.is_quiet():
            self.seal.last_of_quiet(self._calendar.now_ms - HEARTBEAT_DELAY_MS)
        self._hear_last_heartbeat()

    def _look_for_silence(self) -> None:
        """Plan the next time at which too many heartbeats in a row will have been lost."""
        heard_ms = self.door.heard_ms
        if heard_ms is None or self.door.silence is not None:
            return
        heartbeats = self.rules.lost_heartbeats
        self._plan_silence(self.seal.next_silence(heard_ms, heartbeats, self._end_ms))

    def _plan_silence(self, at_ms: int | None) -> None:
        if at_ms is not None and at_ms != self._silent_ms:
            self._at(max(at_ms, self._calendar.now_ms), self._silent, at_ms)
        self._silent_ms = at_ms

    def _silent(self, at_ms: int) -> None:
        if self._silent_ms != at_ms:
            return
        self._silent_ms = None
        self._catch_up()
        lost_ms = silence.lost_ms(self.door, self.rules)
        if lost_ms is None:
            return
        if lost_ms <= self._calendar.now_ms:
            self.tell(DeadlineCame())
            self._wait_for_heartbeat()
        elif self.seal.is_quiet():
            self._look_for_silence()
        else:
            self._plan_silence(lost_ms)

    def _wait_for_heartbeat(self) -> None:
        """The heartbeat that will end the silence, if the seal has nothing else to tell."""
        is_missed = self.door.silence is not None or self._is_unjudged()
        if is_missed and self.seal.is_quiet():
            sent_ms = self._calendar.now_ms - HEARTBEAT_DELAY_MS - 1  # one may arrive just now
            at_ms = self.seal.next_heard(sent_ms, self._end_ms)
            if at_ms is not None:
                self._at(at_ms, self._heard_again, None)

    def _heard_again(self, _: None) -> None:
        if (self.door.silence is not None or self._is_unjudged()) and self.seal.is_quiet():
            self.seal.last_of_quiet(self._calendar.now_ms - HEARTBEAT_DELAY_MS + 1)
            self._hear_last_heartbeat()
            self._look_for_silence()

    def _is_unjudged(self) -> bool:
        opening = self.door.opening
        return opening is not None and opening.unjudged_ms is not None
