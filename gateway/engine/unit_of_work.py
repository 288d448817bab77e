"""One batch of the engine before it is true: what a turn of the site means in rows and answers.

The core steps (core/site.py); here its steps become the rows of one commit, the entries of the
outbox, and what those who watch are told. All of it is adopted by the loop only after the commit.
If the commit fails the unit of work is kept and tried again, and nobody outside has heard of it.
"""

from collections.abc import Iterable
from typing import Any

from gateway.core.actor import Acting, ActorKind
from gateway.core.cases.actions import LATE_MS, result_of
from gateway.core.cases.contradiction import CONTRADICTIONS
from gateway.core.cases.milestones import Milestone, milestones
from gateway.core.doors import after_order, silence
from gateway.core.effects import (
    CaseMoved,
    Effect,
    OrderEnded,
    OutageFound,
    OutageGrew,
    OutageOver,
    PageDue,
    QuestionDue,
    SealCertified,
    SilenceBegan,
    SilenceEnded,
)
from gateway.core.events import (
    CaseAction,
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    Event,
    MemoryEnded,
    MessageRefused,
    PageReceived,
    PageTestAnswered,
    PhotoKept,
    PhotosDestroyed,
    ReportCame,
    RulesSet,
    StaffSet,
)
from gateway.core.evidence import SIGNED_FOR
from gateway.core.households.effects import MATTERS_MOVED, HealthReminded, HouseholdEffect
from gateway.core.households.events import HouseholdAction
from gateway.core.households.model import Household
from gateway.core.model import Door, Doubt, Path
from gateway.core.paging.schedule import Role
from gateway.core.path_events import CopyCame
from gateway.core.reasons import UNWATCHED, Reason
from gateway.core.replay_window import ReplayWindow
from gateway.core.site import SiteTurn, Step
from gateway.core.site_model import Outages, Troubles
from gateway.core.step_reason import reason_of
from gateway.core.subject import Subject, SubjectKind, of_door
from gateway.engine.event_log import EventLog
from gateway.engine.guard import Refusals
from gateway.engine.open_spans import SpansTurn
from gateway.engine.outgoing import Addressing, entries_of, without_renewed
from gateway.engine.ports import Answer
from gateway.engine.state import CommittedSite
from gateway.registry.load import SealRow
from gateway.store import states
from gateway.store.batch import WriteBatch
from gateway.store.household_writes import Place
from gateway.store.outbox import Entry
from gateway.store.seal_commands import SealCommand
from gateway.store.seal_paths import LastHeard

# Made once: to join types anew for each report costs more than to ask for them.
_SIGNED = (PageReceived, PageTestAnswered)
_PHOTOS = (PhotoKept, PhotosDestroyed)
_STATES: dict[type[Any], str] = {
    Outages: states.OUTAGES,
    Troubles: states.TROUBLES,
    Doubt: states.CLOCK,
}


class UnitOfWork:
    """A turn on top of a site, and the rows and pages that follow from it."""

    def __init__(
        self, site: CommittedSite, tally: Refusals, addressing: Addressing, ids: tuple[int, int]
    ):
        self._tally, self._addressing, self._certifier = tally, addressing, site.certifier
        self.turn, self.spans = SiteTurn(site), SpansTurn(site.spans)
        self.writes = WriteBatch(ids[0])
        self.log = EventLog()
        self.next_entry_id = ids[1]
        self.windows: dict[str, ReplayWindow] = {}
        self.heard: dict[tuple[str, Path], LastHeard] = {}  # by seal_id and way
        self.commands: dict[int, SealCommand] = {}  # to seals, that it moves on
        self.seals: dict[str, SealRow | None] = {}  # that became others by a command; None: ended
        self.pages, self.cases = dict[str, None](), dict[str, None]()  # in the order of their moves
        self.is_site_changed = False  # what the site knows of all doors
        self.is_doubt_changed = False  # of the clock, and with it when orders end
        self.numbers: set[tuple[str, int]] = set()  # (seal_id, seq) journaled by this unit of work
        self.reports = self.refused = 0
        self.signed = self.acted = 0  # handhelds that signed, and people who acted

    def window(self, seal_id: str, window: ReplayWindow) -> None:
        """A transmission was accepted: nothing at or below it ever is again."""
        self.windows[seal_id] = window
        self.writes.window(seal_id, window)

    def heard_on(self, at_ms: int, seal_id: str, path: Path, signal_dbm: int | None) -> None:
        """A genuine transmission of a seal came on this way."""
        self.heard[seal_id, path] = LastHeard(at_ms, signal_dbm)
        self.writes.heard_on(at_ms, seal_id, path, signal_dbm)

    def command(self, command: SealCommand) -> None:
        """A command to a seal is as far as this."""
        self.commands[command.command_id] = command
        self.writes.command(command)

    def seal(self, at_ms: int, row: SealRow) -> None:
        """A seal is this one now, by a command."""
        self.seals[row.seal_id] = row
        known = {"door_id": row.door_id, "heartbeat_ms": row.heartbeat_ms}
        self.writes.seal(at_ms, row.seal_id, known | {"ended_ms": None, "follows": row.follows})

    def renamed(self, was: str, seal_id: str) -> None:
        """What goes on at one id of a seal goes on at its other."""
        self.writes.renamed(was, seal_id)

    def end_seal(self, at_ms: int, row: SealRow) -> None:
        """A seal is nobody any more, by a command."""
        self.seals[row.seal_id] = None
        ended = {"door_id": None, "heartbeat_ms": row.heartbeat_ms, "ended_ms": at_ms}
        self.writes.seal(at_ms, row.seal_id, ended | {"follows": None})

    def raise_mark(self, at_ms: int, seal_id: str, window: ReplayWindow) -> None:
        """A genuine transmission of a seal that is not proved: only its mark rises."""
        self.windows[seal_id] = window
        self.writes.raised_mark(seal_id, window)
        self.refuse(at_ms, seal_id, None, Reason.UNPROVED)

    def report(self, at_ms: int, door_id: str | None, event: ReportCame) -> None:
        """A genuine, new report."""
        self.reports += 1
        self.numbers.add((event.seal_id, event.seq))
        if door_id is None:
            self.writes.refusal(at_ms, Reason.NO_DOOR)
            self.writes.event(at_ms, None, event, Reason.NO_DOOR)
            return
        self.event(at_ms, of_door(door_id), event)

    def unrecorded(self, at_ms: int, door: Door, event: ReportCame, is_late: bool) -> None:
        """A genuine report of a door whose order is over: counted, and in no journal. `is_late`:
        that the seal lives is news."""
        self.reports += 1
        self.writes.refusal(at_ms, Reason.ORDER_OVER)
        if not after_order.is_forgotten(door):
            self.event(at_ms, of_door(door.door_id), MemoryEnded(at_ms))
        if is_late:
            self.event(at_ms, of_door(door.door_id), CopyCame(event.seal_id))

    def refuse(
        self,
        at_ms: int,
        seal_id: str,
        door_id: str | None,
        reason: Reason,
        is_suspect: bool = False,
    ) -> None:
        """A message that was refused: counted always, journaled within a limit.

        A burst of them on a door becomes a case there; without `door_id` it does not.
        `is_suspect`: no broker repeated it.
        """
        self.refused += 1
        self.writes.refusal(at_ms, reason)
        if is_suspect:
            self._tally.suspect(at_ms)
        if door_id is None:
            if self._tally.allows(at_ms, reason):
                self.writes.event(at_ms, None, MessageRefused(seal_id, reason), reason)
            return
        rules = self.turn.rules_of(self.turn.door(door_id))
        count = self._tally.to_journal(at_ms, door_id, reason, rules)
        if count:
            self.event(at_ms, of_door(door_id), MessageRefused(seal_id, reason, count))

    def attempted(self, at_ms: int, entry: Entry) -> None:
        """How a delivery worker's try went. The first page of a case that went out moves the case
        on."""
        self.writes.attempt(entry)
        self.log.attempt(entry)
        if entry.done_ms is None:
            return
        page = entry.case_id, entry.page_id, entry.door_id, entry.warden_id
        is_proof = entry.channel not in SIGNED_FOR
        self._write(at_ms, self.turn.page_sent(at_ms, *page, is_proof))

    def event(self, at_ms: int, subject: Subject, event: Event) -> Answer:
        """Step the subject and all that follows from it, and write it. What came of it."""
        steps = self.turn.apply(at_ms, subject, event)
        self._write(at_ms, steps)
        if isinstance(event, _SIGNED):
            self.signed += 1
        if isinstance(event, _PHOTOS):
            self.cases[event.case_id] = None  # its page shows them
        if isinstance(event, PageTestAnswered):
            self.pages[event.page_id] = None  # whoever asked for it sees that it came
        if isinstance(event, CaseAction):
            self.acted += event.actor.kind is ActorKind.WARDEN
            return self._answer(at_ms, event, steps[0])
        if isinstance(event, HouseholdAction):
            result = result_of(steps[0].after.recent, event)
            return Answer(result is not None and result.refusal is None, result)
        return Answer(steps[0].changed)

    @property
    def is_seen(self) -> bool:
        """Whether those who watch see anything of it."""
        return bool(self.turn.doors or self.turn.households or self.cases or self.pages)

    @property
    def moved(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The doors, cases and pages that it is about."""
        return tuple(self.turn.doors), tuple(self.cases), tuple(self.pages)

    def _answer(self, at_ms: int, event: CaseAction, step: Step) -> Answer:
        """As it is remembered: of an action that came before, what came of it then."""
        result, refusal = result_of(step.after.recent, event), reason_of(step, at_ms)
        if result is None:
            return Answer(False)
        is_told = result.age_ms >= LATE_MS or refusal in CONTRADICTIONS
        if refusal is not None and refusal is result.refusal and is_told:
            self.writes.late_refusal(event, result)  # it was done, so the case's log tells of it
            self.cases[event.case_id] = None
        return Answer(result.refusal is None, result)

    def finish(self, now_ms: int) -> None:
        """Store everybody whom this batch told, or heard of, and the heartbeats that it is time
        for."""
        for person in self.turn.people_changed():
            self.writes.person(person)
        for span in self.spans.to_write(now_ms):
            self.writes.heartbeat_span(span)

    def _write(self, at_ms: int, steps: Iterable[Step]) -> None:
        """The rows of steps, each that follows from another under the number of that."""
        cause_id: int | None = None
        for step in steps:
            if not step.follows:
                cause_id = self.writes.next_id
            self._row(at_ms, step, cause_id if step.follows else None)

    def _row(self, at_ms: int, step: Step, cause_id: int | None) -> None:
        reason = reason_of(step, at_ms)
        is_door = step.subject.kind is SubjectKind.DOOR
        is_households = step.subject.kind is SubjectKind.HOUSEHOLD
        if is_door and step.after is not step.before:
            self.writes.door(step.after)
        if isinstance(reason, Reason) and reason in UNWATCHED:  # counted like what was refused
            self.writes.refusal(at_ms, reason)
        self.spans.step(self.writes.next_id, at_ms, step)
        household_id = step.after.household if is_door else ""
        self.writes.event(at_ms, step.subject, step.event, reason, cause_id, household_id)
        if step.effects:
            self._milestones(at_ms, self.writes.next_id - 1, step)
        for effect in step.effects:
            self.log.effect(effect)
        if is_door:
            for effect in step.effects:
                self._effect(at_ms, step.after, effect)
        elif is_households:
            self._household_row(at_ms, step)
        else:
            self._site_row(at_ms, step)
        self._enter(entries_of(step.routed, self._addressing, at_ms))

    def _milestones(self, at_ms: int, journal_id: int, step: Step) -> None:
        found = milestones(step.before, step.effects, at_ms)
        if not found:
            return
        is_door = step.subject.kind is SubjectKind.DOOR
        own_id = step.subject.id if is_door else ""
        self.writes.milestones(
            journal_id,
            [
                (milestone, self._grid(milestone.door_id or own_id), self._role(milestone, step))
                for milestone in found
            ],
        )

    def _role(self, milestone: Milestone, step: Step) -> str:
        """The role of a person in the register, or the centre's for who acted for it and stands in
        none; empty for nobody, and for anybody else who stands in none."""
        by, event = milestone.by, step.event
        if by is None:
            return ""
        member = self.turn.router.staff.members.get(by.actor_id)
        if member is not None:
            return member.role
        acting = Acting(by)
        if isinstance(event, CaseAction) and event.actor == by:
            acting = event.by
        return Role.CENTRE if acting.is_centre else ""

    def _grid(self, door_id: str) -> str:
        """A door's grid; empty for no door, which is a trouble of the whole site."""
        return self.turn.door(door_id).grid_id

    def _effect(self, at_ms: int, door: Door, effect: Effect) -> None:
        match effect:
            case PageDue():
                self.pages[effect.page_id] = None
            case CaseMoved():
                self._case(SubjectKind.DOOR, door.door_id, door.grid_id, effect)
            case SealCertified():
                self.writes.certificate(self._certifier.row(door.door_id, effect))
            case OrderEnded(page_id=page_id, over_ms=over_ms):
                its = page_id, Reason.ORDER_ENDED, over_ms, door.door_id, at_ms
                self._enter(self._addressing.household_entries(*its))
            case QuestionDue():
                self._ask(at_ms, door, effect)
            case SilenceBegan() | SilenceEnded():
                pass  # the site's own rows tell of it
            case _:
                self.writes.effect(at_ms, door.door_id, effect)

    def _ask(self, at_ms: int, door: Door, due: QuestionDue) -> None:
        """A household is asked by text, once for all of its doors."""
        others = (self.turn.door(other) for other in door.beside)
        if silence.is_asked(door) and not any(silence.is_asked(other) for other in others):
            first_id = min((door.door_id, *door.beside))
            its = "", due.reason, due.since_ms, first_id, at_ms, due.ask_ms
            self._enter(self._addressing.household_entries(*its))

    def _site_row(self, at_ms: int, step: Step) -> None:
        """What the site knows of all doors, and of all people."""
        if isinstance(step.event, RulesSet):
            self.writes.state(states.RULES, step.event.rulebook)
        elif isinstance(step.event, StaffSet):
            self.writes.state(states.STAFF, step.event.staff)
        self._clock_row(step.event)
        name = _STATES.get(type(step.after))
        if name is not None and step.after is not step.before:
            self.is_site_changed = True
            self.writes.state(name, step.after)
        for effect in step.effects:
            if isinstance(effect, OutageFound | OutageGrew | OutageOver):
                self.writes.outage(at_ms, effect)
            elif isinstance(effect, PageDue):
                self.pages[effect.page_id] = None
            elif isinstance(effect, CaseMoved):
                grid_id = self.turn.door(effect.door_id).grid_id
                self._case(SubjectKind.SITE, effect.door_id, grid_id, effect)

    def _household_row(self, at_ms: int, step: Step) -> None:
        """What is a household's own."""
        household: Household = step.after
        if household is not step.before:
            self.writes.household(household)
        first = self.turn.door(household.home[0])
        place = Place(household.household_id, first.door_id, first.grid_id)
        zone = self.turn.rulebook.rules.zone
        for effect in step.effects:
            if isinstance(effect, PageDue):
                self.pages[effect.page_id] = None
            elif isinstance(effect, HealthReminded):
                its = "", Reason.HEALTH_UNSAID, at_ms, first.door_id, at_ms
                self._enter(self._addressing.household_entries(*its))
            elif isinstance(effect, HouseholdEffect):
                if isinstance(effect, MATTERS_MOVED):
                    self.cases[effect.matter.case_id] = None  # those who watch see it
                self.writes.household_effect(effect, place, zone)

    def _clock_row(self, event: Event) -> None:
        """The clock is worth less or more, or was set: then all that waits moves with it."""
        if isinstance(event, ClockDoubted | ClockSure | ClockCorrected):
            self.is_doubt_changed = True
        if not isinstance(event, ClockCorrected):
            return
        for door in self.turn.doors.values():
            self.writes.door(door)
        for household in self.turn.households.values():
            self.writes.household(household)
        self.writes.state(states.OUTAGES, self.turn.outages)
        self.writes.state(states.TROUBLES, self.turn.troubles)
        self.writes.clock_set(event.by_ms)

    def _case(self, kind: SubjectKind, door_id: str, grid_id: str, moved: CaseMoved) -> None:
        self.writes.case(kind, door_id, grid_id, moved)
        self.cases[moved.case.case_id] = None

    def _enter(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.reason == Reason.GROUPED:
                self.writes.entries = without_renewed(self.writes.entries, entry)
            entry.entry_id = self.next_entry_id
            self.next_entry_id += 1
            self.writes.entries.append(entry)
            self.log.page(entry)
            self.pages[entry.page_id] = None  # a grouped page, or a test, is news too
