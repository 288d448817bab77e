"""One beat of the loop before it is true: steps taken on a copy, rows gathered, answers prepared.

Door states and marks are overlaid here and adopted by the loop only after the commit. If the
commit fails the draft is kept and tried again, and nobody outside has heard of it.
"""

from collections import deque
from collections.abc import Iterable

from gateway.beat import Answer
from gateway.core import outages, switchboard
from gateway.core.acts import LATE_MS, Recent, result_of
from gateway.core.cases.refusal import Refusal
from gateway.core.effects import (
    ActionRefused,
    CaseMoved,
    Effect,
    OpeningBegan,
    OutageFound,
    OutageGrew,
    OutageOver,
    PageDue,
    SilenceBegan,
    SilenceEnded,
)
from gateway.core.events import (
    CaseAction,
    Event,
    MessageRefused,
    OutageBegan,
    OutageEnded,
    PageReceived,
    PageWentOut,
    PersonDue,
    PersonReached,
    ReportCame,
    RulesSet,
    SealHeard,
    SealLost,
    StaffSet,
)
from gateway.core.model import SITE, CaseState, Door, Outage, Outages
from gateway.core.orders import why_not_under_order
from gateway.core.people import Call
from gateway.core.reason import UNWATCHED, Reason
from gateway.core.step import next_deadline, step
from gateway.lines import Addressing, Lines
from gateway.site import Site
from gateway.store.commit import Commit, Entry, Mark

REFUSALS_JOURNALED_A_MINUTE = 60  # of each reason; beyond that they are counted only
MINUTE_MS = 60_000


class Tally:
    """How many refusals were journaled this minute, by reason."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[Reason, int] = {}

    def allows(self, at_ms: int, reason: Reason) -> bool:
        """Whether one more may be journaled; counts it if so."""
        minute = at_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(reason, 0)
        self._counts[reason] = count + 1
        return count < REFUSALS_JOURNALED_A_MINUTE


class Draft:
    """Steps on top of a site, and the rows and answers that follow from them."""

    def __init__(self, site: Site, tally: Tally, addressing: Addressing, ids: tuple[int, int]):
        self._site, self._tally = site, tally
        self.lines = Lines(site.switchboard, addressing, site.rulebook.rules)
        self._following: deque[tuple[str, Event]] = deque()
        self.commit = Commit(ids[0])
        self.next_entry_id = ids[1]
        self.doors: dict[str, Door] = {}
        self.marks: dict[str, Mark] = {}
        self.pages: dict[str, None] = {}
        self.cases: dict[str, None] = {}  # in the order in which they moved
        self.outages: Outages | None = None  # as they are now, if they have changed
        self.numbers: set[tuple[str, int]] = set()  # (seal_id, seq) journaled by this draft
        self.reports = self.refused = 0

    def mark(self, seal_id: str, mark: Mark) -> None:
        """A transmission was accepted: nothing at or below it ever is again."""
        self.marks[seal_id] = mark
        self.commit.mark(seal_id, mark)

    def report(self, at_ms: int, door_id: str | None, event: ReportCame) -> None:
        """A genuine, new report."""
        self.reports += 1
        self.numbers.add((event.seal_id, event.seq))
        if door_id is None:
            self.commit.refusal(at_ms, Reason.NO_DOOR)
            self.commit.event(at_ms, None, event, Reason.NO_DOOR)
            return
        self.event(at_ms, door_id, event)

    def refuse(self, at_ms: int, seal_id: str, door_id: str | None, reason: Reason) -> None:
        """A message that was refused: counted always, journaled within a limit.

        A burst of them on a door becomes a case there; without `door_id` it does not.
        """
        self.refused += 1
        event = MessageRefused(seal_id, reason)
        self.commit.refusal(at_ms, reason)
        if not self._tally.allows(at_ms, reason):
            return
        if door_id is None:
            self.commit.event(at_ms, None, event, event.reason)
        else:
            self.event(at_ms, door_id, event)

    def door(self, door_id: str) -> Door:
        """The door as it is on this draft."""
        return self.doors.get(door_id) or self._site.doors[door_id]

    def due_ms(self, door_id: str) -> int | None:
        """As `Site.due_ms`, as it is on this draft."""
        if door_id == SITE:
            return outages.next_deadline(self.outages or self._site.outages)
        door = self.door(door_id)
        return next_deadline(door, self._site.rulebook.of(door.door_class))

    def tried(self, at_ms: int, entry: Entry) -> None:
        """How a courier's try went. The first page of a case that went out moves the case on."""
        self.commit.tried_entry(entry)
        if entry.done_ms is None:
            return
        self._went_out(at_ms, entry.door_id, entry.case_id, entry.page_id)
        if entry.warden_id is not None:
            for call in self._reached(at_ms, entry.page_id, entry.warden_id):
                self._went_out(at_ms, call.door_id, call.case_id, call.page_id)

    def _went_out(self, at_ms: int, door_id: str, case_id: str, page_id: str) -> None:
        """A page left the house. Only the first of a case is news."""
        outage = self._outage_of(case_id)
        if outage is not None:
            door_id, case = SITE, outage.case
        else:
            case = None if door_id == SITE else self.door(door_id).case
        if case is not None and case.state is CaseState.RAISED and case.case_id == case_id:
            self.event(at_ms, door_id, PageWentOut(case_id, page_id))

    def _outage_of(self, case_id: str) -> Outage | None:
        """The outage whose case this is, if it is one's."""
        known = self.outages or self._site.outages
        return outages.of_case(known, case_id) if known.outages else None

    def event(self, at_ms: int, door_id: str, event: Event) -> Answer:
        """Step the door, write what follows. Whether anything did, or the door changed.

        SITE in place of a door: what the site knows of all of them takes the step. What one step
        means to others is stepped after all that follows from it, for so the journal is read.
        """
        if isinstance(event, PageReceived):
            self._received(at_ms, event)
        answer = self._step(at_ms, door_id, event)
        while self._following:  # a door's silence to the site, an outage to its doors: no further
            self._step(at_ms, *self._following.popleft())
        return answer

    def _step(self, at_ms: int, door_id: str, event: Event) -> Answer:
        if door_id == SITE:
            return self._site_event(at_ms, event)
        before = self.door(door_id)
        door, effects = step(before, event, at_ms, self._site.rulebook.of(before.door_class))
        if door is not before:
            self.doors[door_id] = door
            self.commit.door(door)
        self.commit.event(at_ms, door_id, event, self._reason(event, door, effects, at_ms))
        for effect in effects:
            self._effect(at_ms, door, effect)
        if isinstance(event, CaseAction):
            return self._answer(event, door.recent, effects)
        return Answer(bool(effects) or door != before)

    def _received(self, at_ms: int, event: PageReceived) -> None:
        """A grouped page's receipt speaks for all that is in it."""
        for call in self._reached(at_ms, event.page_id, event.by):
            place = call.door_id if self._outage_of(call.case_id) is None else SITE
            if call.door_id != SITE:  # else it was about a person, who has no case
                self.event(at_ms, place, PageReceived(call.case_id, call.page_id, event.by))

    def _reached(self, at_ms: int, page_id: str, warden_id: str) -> tuple[Call, ...]:
        """A page arrived: its owner can be reached. What it was about, if it stood for many."""
        if switchboard.doubts(self.lines.board, warden_id):
            self.event(at_ms, SITE, PersonReached(warden_id))
        return switchboard.grouped(self.lines.board, page_id, warden_id)

    def _reason(
        self, event: Event, door: Door, effects: tuple[Effect, ...], at_ms: int
    ) -> Reason | Refusal | None:
        """What stands beside the event in the journal, and is counted where it told nothing."""
        if isinstance(event, CaseAction):
            return _refusal(effects)
        if isinstance(event, MessageRefused):
            return event.reason
        if not isinstance(event, ReportCame) or not event.edge:
            return None
        began = next((e.reason for e in effects if isinstance(e, OpeningBegan)), None)
        reason = began or why_not_under_order(door, at_ms)
        if reason in UNWATCHED:
            self.commit.refusal(at_ms, reason)
        return reason

    def _effect(self, at_ms: int, door: Door, effect: Effect) -> None:
        door_id = door.door_id
        match effect:
            case PageDue():
                self.pages[effect.page_id] = None
            case CaseMoved(case=case):
                self.commit.case(door_id, door.grid_id, effect)
                self.cases[case.case_id] = None
            case SilenceBegan(since_ms=since_ms):
                areas = self._site.registry.areas_of.get(door_id, ())
                self._following.append((SITE, SealLost(door_id, since_ms, areas)))
            case SilenceEnded():
                self._following.append((SITE, SealHeard(door_id)))
            case _:
                self.commit.effect(at_ms, door_id, effect)
        self._enter(self.lines.follow(effect, door_id, door.grid_id, at_ms))

    def finish(self) -> None:
        """Store everybody whom this beat told, or heard of."""
        for person in self.lines.changed():
            self.commit.person(person)

    def _enter(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            entry.entry_id = self.next_entry_id
            self.next_entry_id += 1
            self.commit.entries.append(entry)
            self.pages[entry.page_id] = None  # a grouped page, or a test, is news too

    def _site_event(self, at_ms: int, event: Event) -> Answer:
        """Step what the site knows of all doors, and of all people."""
        if isinstance(event, CaseAction):
            return self._outage_event(at_ms, event)
        self.commit.event(at_ms, SITE, event, None)
        match event:
            case RulesSet(rulebook=rulebook):
                self.commit.state("rules", rulebook)
            case StaffSet() | PersonDue() | PersonReached():
                if isinstance(event, StaffSet):
                    self.commit.state("staff", event.staff)
                self._enter(self.lines.step(event, at_ms))
            case _:
                return self._outage_event(at_ms, event)
        return Answer(True)

    def _outage_event(self, at_ms: int, event: Event) -> Answer:
        before = self.outages or self._site.outages
        rules = self._site.rulebook.rules
        self.outages, effects = outages.step(before, event, at_ms, rules)
        if self.outages is not before:
            self.commit.state("outages", self.outages)
        if isinstance(event, CaseAction):
            self.commit.event(at_ms, SITE, event, _refusal(effects))
        for effect in effects:
            self._outage_effect(at_ms, effect, before)
        if isinstance(event, CaseAction):
            return self._answer(event, self.outages.recent, effects)
        return Answer(bool(effects) or self.outages != before)

    def _answer(self, event: CaseAction, recent: Recent, effects: tuple[Effect, ...]) -> Answer:
        """As it is remembered: of an action that came before, what came of it then."""
        result, refusal = result_of(recent, event), _refusal(effects)
        if result is None:
            return Answer(False)
        if refusal is not None and refusal is result.refusal and result.age_ms >= LATE_MS:
            self.commit.late_refusal(event, result)  # it was done, so the case's log tells of it
            self.cases[event.case_id] = None
        return Answer(result.refusal is None, result)

    def _outage_effect(self, at_ms: int, effect: Effect, before: Outages) -> None:
        if isinstance(effect, OutageFound | OutageGrew | OutageOver):
            self.commit.outage(at_ms, effect)
            self._following += _to_doors(effect)
        elif isinstance(effect, CaseMoved | PageDue):
            assert self.outages is not None  # noqa: S101 - it has just made a step
            area, door_id = outages.place_of(self.outages, before, effect)
            grid_id = self.door(door_id).grid_id
            if isinstance(effect, PageDue):
                self.pages[effect.page_id] = None
            else:
                self.commit.case(door_id, grid_id, effect, area)
                self.cases[effect.case.case_id] = None
            self._enter(self.lines.follow(effect, door_id, grid_id, at_ms))


def _refusal(effects: tuple[Effect, ...]) -> Refusal | None:
    return next((e.refusal for e in effects if isinstance(e, ActionRefused)), None)


def _to_doors(
    effect: OutageFound | OutageGrew | OutageOver,
) -> list[tuple[str, OutageBegan | OutageEnded]]:
    """What each door hears of it."""
    outage_id = effect.outage_id
    if isinstance(effect, OutageOver):
        return [(door_id, OutageEnded(outage_id)) for door_id in effect.doors]
    doors = effect.doors if isinstance(effect, OutageFound) else (effect.door_id,)
    return [(door_id, OutageBegan(outage_id)) for door_id in doors]
