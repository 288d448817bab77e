"""One door's days: its life, its seal, the gateway's intake and rules, and its warden, in order.

Between two beats without news a door's state cannot change but for `heard_ms`, and that is read
only where a report's edge has no known age or the counter has a gap. So beats are left out, and the
last one that arrived is heard just before such a report. A test shows that nothing else changes.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from gateway.core.effects import Effect, PageDue
from gateway.core.events import (
    CaseAcknowledged,
    CaseClosed,
    DeadlineCame,
    Event,
    MessageRefused,
    OrderPlaced,
    PermitAnnounced,
    PersonOnSite,
    ReportCame,
    SealBound,
)
from gateway.core.model import CaseState, Contact, Door, Order, Permit
from gateway.core.reason import Reason
from gateway.core.rules import Rules
from gateway.core.step import next_deadline, step
from gateway.simulate.habits import Habits
from gateway.simulate.life import DAY_MS, MINUTE_MS, SECOND_MS, START_MS, Life, live
from gateway.simulate.radio import BEAT_DELAY_MS, Air
from gateway.simulate.seal import Seal
from gateway.simulate.witness import Witness

BY = "warden"
_TURNS = (Contact.OPEN, Contact.SHUT)


class DoorRun:
    """Everything of one door, from a seed to what the witness saw. `told` gets each line."""

    def __init__(
        self,
        number: int,
        habits: Habits,
        seed: int,
        days: int,
        compressed: bool = True,
        told: Callable[[int, str], None] | None = None,
    ) -> None:
        self.rules = Rules()
        self.steps = 0
        self._habits, self._days, self._compressed = habits, days, compressed
        self._told = told
        self._chance = Random(f"{seed}/{number}")  # noqa: S311 - a simulation
        self.life: Life = live(habits, self._chance, days)
        self._heap: list[tuple[int, int, Callable[[Any], None], Any]] = []
        self._planned = 0
        self.now_ms = START_MS
        self.end_ms = START_MS + days * DAY_MS
        seal_id = f"{number:016x}"
        air = Air(habits.radio, self.life.fades, self._chance)
        beat_ms = habits.radio.beat_s * SECOND_MS
        self.seal = Seal(seal_id, air, self._chance, beat_ms, self._at, self._deliver)
        self.door = Door(str(number))
        self.witness = Witness(self.life, habits.radio)
        self._mark = self._seq = 0  # the highest counter and number that the gateway has taken
        self._due_ms: int | None = None
        self._leaf = Contact.SHUT
        self._acting: str | None = None  # the case that a person has in hand or will have

    def run(self) -> "DoorRun":
        """Live all days; returns itself."""
        self._tell(SealBound(self.seal.seal_id))
        order_ms = max(self._days, self._habits.breach.order_days) * DAY_MS
        self._tell(OrderPlaced(Order("order", START_MS, START_MS + order_ms)))
        self._plan()
        heap = self._heap
        while heap and heap[0][0] < self.end_ms:
            self.now_ms, _, act, argument = heapq.heappop(heap)
            act(argument)
        self.now_ms = self.end_ms
        if self._compressed:
            self.seal.last_of_quiet(self.end_ms - BEAT_DELAY_MS)
            self._hear_last_beat()
        self.witness.ends(self.end_ms)
        return self

    def _plan(self) -> None:
        """Put the whole truth on the calendar."""
        for owner, opening in enumerate(self.life.openings):
            for n, at_ms in enumerate(opening.edges):
                self._at(at_ms, self._moves, (_TURNS[n % 2], owner))
            if opening.permit is not None:
                self._at(opening.announced_ms, self._announced, opening.permit)
        for edges in self.life.chatter:
            for n, at_ms in enumerate(edges):
                self._at(at_ms, self._chatters, _TURNS[n % 2])
        self._plan_faults()
        self._at(START_MS, self._power, True)
        if not self._compressed:
            self._at(self.seal.beat_after(START_MS), self._beats, None)

    def _plan_faults(self) -> None:
        for off_ms, on_ms in self.life.cuts:
            self._at(off_ms, self._power, False)
            self._at(on_ms, self._power, True)
        for at_ms, what in self.life.tampers:
            self._at(at_ms, self._tampers, what)
        if self.life.dies_ms is not None:
            self._at(self.life.dies_ms, self._dies, None)

    def _at(self, at_ms: int, act: Callable[[Any], None], argument: Any) -> None:
        self._planned += 1
        heapq.heappush(self._heap, (at_ms, self._planned, act, argument))

    # The truth.

    def _moves(self, moved: tuple[Contact, int]) -> None:
        contact, owner = moved
        self._leaf = contact
        if self._told:
            self._told(self.now_ms, f"truth    {contact}: {self.life.openings[owner].kind}")
        self.witness.leaf(self.now_ms, contact)
        self._contact(contact, owner)

    def _chatters(self, contact: Contact) -> None:
        if self._told:
            self._told(self.now_ms, f"truth    the contact says {contact} by itself")
        self._contact(contact, -1)

    def _contact(self, contact: Contact, owner: int) -> None:
        if not self.seal.on or contact is self.seal.contact:
            return
        self._quiet_ends()
        self.seal.edge(self.now_ms, contact)
        self.witness.counted(self.now_ms, contact, owner)

    def _power(self, on: bool) -> None:
        if self.life.dies_ms is not None and self.now_ms > self.life.dies_ms:
            return
        if self._told:
            self._told(self.now_ms, f"truth    power {'on' if on else 'off'}")
        if on:
            self.seal.boot(self.now_ms, self._leaf)
            return
        self._quiet_ends()
        self.seal.power_fails(self.now_ms)

    def _dies(self, _: None) -> None:
        if self._told:
            self._told(self.now_ms, "truth    the battery is dead")
        self._quiet_ends()
        self.seal.power_fails(self.now_ms)

    def _tampers(self, what: str) -> None:
        if self._told:
            self._told(self.now_ms, f"truth    {what} tampered with")
        self._quiet_ends()
        setattr(self.seal, what, True)
        self.witness.tampered(self.now_ms)
        self._seal_tells()

    def _repaired(self) -> None:
        if self.seal.cover or self.seal.magnet:
            self._quiet_ends()
            self.seal.cover = self.seal.magnet = False
            self._seal_tells()

    def _seal_tells(self) -> None:
        if self.seal.on:
            self.seal.tampered(self.now_ms)

    def _announced(self, permit: Permit) -> None:
        self._tell(PermitAnnounced(permit))

    # The air.

    def _quiet_ends(self) -> None:
        if self._compressed:
            self.seal.last_of_quiet(self.now_ms)

    def _beats(self, _: None) -> None:
        said = self.seal.beat(self.now_ms)
        if said is not None:
            self._at(self.now_ms + BEAT_DELAY_MS, self._tell, said)
        self._at(self.seal.beat_after(self.now_ms), self._beats, None)

    def _hear_last_beat(self) -> None:
        """The beat that mattered after all, at its own time."""
        if self.seal.last_beat is None:
            return
        (at_ms, said), self.seal.last_beat = self.seal.last_beat, None
        if self.door.heard_ms is None or at_ms > self.door.heard_ms:
            now_ms, self.now_ms = self.now_ms, at_ms
            self._tell(said)
            self.now_ms = now_ms

    def _deliver(self, sent: tuple[int, ReportCame]) -> None:
        """The gateway's intake: marks, then numbers, then the rules, then the receipt."""
        counter, event = sent
        if counter <= self._mark:
            reason = Reason.REPLAYED if counter == self._mark else Reason.BELOW_MARK
            self._tell(MessageRefused(event.seal_id, reason))
            return
        self._mark = counter
        if event.seq > self._seq:  # else a duplicate: a receipt, and no event
            self._seq = event.seq
            before = self.door
            gap = (event.edges - (before.edges or 0)) % 0x10000 > 1
            if self._compressed and (gap or event.age_ms is None):
                self._hear_last_beat()
            self._tell(event)
        for crossing_ms in self.seal.air.crossings(self.now_ms):
            self._at(self.now_ms + crossing_ms, self._receipt, event.seq)

    def _receipt(self, seq: int) -> None:
        self.seal.receipted(self.now_ms, seq)

    # The rules.

    def _tell(self, event: Event) -> None:
        before = self.door
        self.door, effects = step(before, event, self.now_ms, self.rules)
        self.steps += 1
        if self._told:
            self._line(event, effects)
        if effects or isinstance(event, ReportCame):
            self.witness.stepped(self.now_ms, event, before, self.door, effects)
            for effect in effects:
                if isinstance(effect, PageDue):
                    self._paged(effect)
        due_ms = next_deadline(self.door)
        if due_ms is not None and due_ms != self._due_ms:
            self._at(max(due_ms, self.now_ms), self._deadline, due_ms)
        self._due_ms = due_ms

    def _deadline(self, due_ms: int) -> None:
        if self._due_ms == due_ms:
            self._due_ms = None
            self._tell(DeadlineCame())

    def _line(self, event: Event, effects: tuple[Effect, ...]) -> None:
        assert self._told is not None  # noqa: S101 - whoever calls looked
        said = isinstance(event, ReportCame) and not event.seq
        if not said or effects:
            self._told(self.now_ms, f"event    {event}")
        for effect in effects:
            self._told(self.now_ms, f"effect     {effect}")

    # The warden.

    def _paged(self, page: PageDue) -> None:
        if page.case_id == self._acting:
            return
        self._acting = page.case_id
        wait_ms = int(self._chance.uniform(*self._habits.warden.acknowledges_s) * SECOND_MS)
        self._at(self.now_ms + wait_ms, self._acknowledges, page.case_id)

    def _acknowledges(self, case_id: str) -> None:
        self._tell(CaseAcknowledged(case_id, BY))
        self._at(self.now_ms + self._minutes("arrives_min"), self._arrives, case_id)

    def _arrives(self, case_id: str) -> None:
        case = self.door.case
        if case is None or case.case_id != case_id:
            return  # a rule has ended it meanwhile
        if case.latched:
            self._tell(PersonOnSite(case_id, BY))
            self._repaired()
        self._at(self.now_ms + self._minutes("closes_min"), self._closes, case_id)

    def _closes(self, case_id: str) -> None:
        case = self.door.case
        if case is None or case.case_id != case_id:
            return
        if case.latched and case.state is not CaseState.ON_SITE:
            self._arrives(case_id)
            return
        self._tell(CaseClosed(case_id, BY, "seen to"))

    def _minutes(self, name: str) -> int:
        pair: tuple[float, float] = getattr(self._habits.warden, name)
        return int(self._chance.uniform(*pair) * MINUTE_MS)
