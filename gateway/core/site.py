"""One step for a whole site: doors, outages and people, and what each means to the others.

`SiteTurn(site).apply(at_ms, subject, event)` takes one event and all that follows from it, in this
order, which stands here and nowhere else:

1. The subject steps: a door (doors/step.py), a household (households/step.py), or the site (its
   rules, its staff, its outages, its troubles).
2. Those who are told hear its effects, one after the other (paging/routing.py).
3. What it means to others goes to the end of the queue: a door's silence to the site, an outage to
   its doors, a blind site to itself, what one contact of a household heard to its others, a receipt
   to its owner and to the other cases of a grouped page. Only that a contact has a case now, or has
   none any more, goes to its front: its others know that before they raise one of their own; and
   that what it opened joins a case comes behind the opening itself, which may stand open.
4. The first of the queue steps, until it is empty.

So the journal can be read in its own order: an event of the queue stands behind everything that
came before it. The gateway, the replay, what-if, the simulator and the tests' timelines all run on
this. A turn is made on top of a site, which stays as it is until `SiteState.adopt`. Nothing here
has a clock, does I/O or is global, so a process may hold as many sites as it likes.

A further kind of subject (a seal, an account) is a member of `SubjectKind`, its states in
`SiteState` and `SiteTurn`, and a step in `SiteTurn._step`; the order above stays.
"""

from collections import Counter, deque
from typing import Any

from msgspec.structs import replace

from gateway.core import forgetting
from gateway.core.cases import outages, troubles
from gateway.core.clock_correction import Known, corrected
from gateway.core.doors import beside
from gateway.core.doors.step import next_deadline, step
from gateway.core.doubted_time import doubted
from gateway.core.effects import (
    CaseJoined,
    CaseMoved,
    Effect,
    OutageFound,
    OutageGrew,
    OutageOver,
    PageDue,
    SilenceBegan,
    SilenceEnded,
    WatchDoubted,
)
from gateway.core.ending_events import NamesForgotten
from gateway.core.events import (
    CaseAction,
    CaseHandedOver,
    ClockCorrected,
    ClockDoubted,
    ClockEvent,
    ClockSure,
    DeadlineCame,
    DoorPlaced,
    DutyEnds,
    Event,
    OrderPlaced,
    PageReceived,
    PageTestAnswered,
    PageTestAsked,
    PageWentOut,
    PersonDue,
    PersonReached,
    RulesSet,
    SealBound,
    SealHeard,
    SealLost,
    SealUnbound,
    StaffSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.households import homes
from gateway.core.households import step as households
from gateway.core.households.events import HouseholdSays
from gateway.core.households.model import Household
from gateway.core.model import SURE, CaseState, Door, Doubt
from gateway.core.paging import duties, routing
from gateway.core.paging.person import Person
from gateway.core.paging.routing import Routed
from gateway.core.rules import Rules
from gateway.core.site_model import Outage
from gateway.core.site_state import SiteState as SiteState
from gateway.core.site_state import site_due_ms
from gateway.core.site_step import Step as Step  # both are words of this file
from gateway.core.subject import SITE, Subject, SubjectKind, of_door

FOLLOWING_MAX = 1_000_000  # events that follow from one; an outage of every door of a huge site
FOR_OTHERS = frozenset({SilenceBegan, SilenceEnded, CaseJoined})  # of a door's effects
MOVES_AREAS = frozenset({DoorPlaced, SealBound, SealUnbound})
Following = deque[tuple[Subject, Event]]


class SiteTurn:
    """Steps on top of a site. `doors` has those that changed; the rest is as it is now."""

    def __init__(self, site: SiteState) -> None:
        self._site = site
        self.rulebook, self.router, self.doubt = site.rulebook, site.router, site.doubt
        self.outages, self.troubles = site.outages, site.troubles
        self.doors: dict[str, Door] = {}
        self.households: dict[str, Household] = {}  # likewise
        self.sealed: Counter[str] = Counter()  # what this turn adds to the site's, or takes away

    def apply(self, at_ms: int, subject: Subject, event: Event) -> list[Step]:
        """Take an event, and all that follows from it, in the order that stands above.

        Args:
            at_ms: when it came, in ms of UTC; what follows from it comes at the same time.
            subject: whose event it is. A door that nothing is known of begins empty.
            event: one of that subject's.

        Returns:
            A `Step` for each, the event's own first. The turn is then as the last of them left it;
            the site below it is unchanged.

        Raises:
            KeyError: the event is none of a door's, or is about a person nobody knows.
            RuntimeError: more than FOLLOWING_MAX events follow from each other.
        """
        queue: Following = deque()
        if isinstance(event, CaseHandedOver):
            grid_id = self._grid_of(subject, event.case_id)
            event = duties.judged(self.router, event, grid_id, at_ms, self.rulebook.rules)
        steps = [self._step(at_ms, subject, event, queue, follows=False)]
        while queue:
            steps.append(self._step(at_ms, *queue.popleft(), queue, follows=True))
            if len(steps) > FOLLOWING_MAX:
                raise RuntimeError("events follow from each other without end")
        return steps

    def page_sent(
        self, at_ms: int, case_id: str, page_id: str, door: str, to: str | None, proof: bool = True
    ) -> list[Step]:
        """A channel took a page. A step each where that is news: of the first page of a case, and
        of a person who was perhaps not to be reached, if it is a proof. `door` may be empty."""
        pages = [(case_id, page_id, door)]
        if to is not None:
            grouped = routing.grouped(self.router, page_id, to)
            pages += [(page.case_id, page.page_id, page.door_id) for page in grouped]
        events: list[tuple[Subject, Event]] = []
        for of_case, page, at_door in pages:
            if (subject := self._unpaged(of_case, at_door)) is not None:
                events.append((subject, PageWentOut(of_case, page)))
        if proof and to is not None and routing.is_unverified(self.router, to):
            events.append((SITE, PersonReached(to)))
        return [step for subject, event in events for step in self.apply(at_ms, subject, event)]

    def door(self, door_id: str) -> Door:
        """The door as it is now; one that nothing is known of is empty."""
        return self.doors.get(door_id) or self._site.doors.get(door_id) or Door(door_id)

    def household(self, household_id: str) -> Household:
        """The household as it is now; one that nothing is known of is empty."""
        return self._household(household_id) or Household(household_id)

    def _household(self, household_id: str) -> Household | None:
        return self.households.get(household_id) or self._site.households.get(household_id)

    def rules_of(self, door: Door) -> Rules:
        """The rules that hold for a door."""
        return self.rulebook.of(door.door_class)

    def due_ms(self, subject: Subject) -> int | None:
        """As `SiteState.due_ms`, as it is now."""
        if subject.kind is SubjectKind.SITE:
            return site_due_ms(self)
        if subject.kind is SubjectKind.HOUSEHOLD:
            return households.next_deadline(doubted(self.household(subject.id), self.doubt))
        door = doubted(self.door(subject.id), self.doubt)
        return next_deadline(door, self.rulebook.of(door.door_class))

    def person_due_ms(self, warden_id: str) -> int | None:
        """As `SiteState.person_due_ms`, as it is now."""
        return routing.next_deadline(self.router, warden_id)

    def people_changed(self) -> list[Person]:
        """Everybody who is not as they were when this turn began."""
        before, now = self._site.router.people, self.router.people
        if now is before:
            return []
        return [person for person in now.values() if person is not before.get(person.warden_id)]

    def place_of(self, case_id: str, door_id: str) -> Subject:
        """Whose case this is: the site's, if it is an outage's or a trouble's, else the door's."""
        if self._outage_of(case_id) is not None or not door_id:
            return SITE
        return of_door(door_id)

    # One step.

    def _step(
        self, at_ms: int, subject: Subject, event: Event, queue: Following, follows: bool
    ) -> Step:
        if subject.kind is SubjectKind.DOOR:
            return self._door_step(at_ms, subject, event, queue, follows)
        if subject.kind is SubjectKind.HOUSEHOLD:
            return self._household_step(at_ms, subject, event, queue, follows)
        if isinstance(event, ClockEvent):
            return self._clock_step(at_ms, event, queue, follows)
        return self._site_step(at_ms, event, queue, follows)

    def _door_step(
        self, at_ms: int, subject: Subject, event: Event, queue: Following, follows: bool
    ) -> Step:
        before = self.door(subject.id)
        rules = self.rulebook.of(before.door_class)
        after, effects = step(doubted(before, self.doubt), event, at_ms, rules)
        if after is not before:
            self._hold(before, after, event)
        routed: tuple[Routed, ...] = ()
        joins: list[tuple[Subject, Event]] = []  # heard of behind what opened, of which it tells
        for effect in effects:
            if type(effect) in FOR_OTHERS:
                (joins if type(effect) is CaseJoined else queue).append(self._meant(effect, after))
            else:
                routed += self._route(effect, subject.id, after.grid_id, at_ms)
                queue.extend(duties.taken(self.router, subject, effect, at_ms, self.rulebook.rules))
        if type(event) is PageReceived:
            self._receipt(event, queue)
        elif type(event) is OrderPlaced:
            queue.extend(homes.ordered(after, self._household, event))
        elif type(event) is DoorPlaced:
            queue.extend(homes.homed(after, self._household))
        if after.beside:
            queue.extend(_named(beside.told(before, after, event, follows)))
            queue.extendleft(reversed(_named(beside.case_told(before, after, event))))
        queue.extend(joins)
        return Step(subject, event, effects, routed, before, after, follows)

    def _household_step(
        self, at_ms: int, subject: Subject, event: Event, queue: Following, follows: bool
    ) -> Step:
        before, rules = self.household(subject.id), self.rulebook.rules
        if isinstance(event, HouseholdSays):
            event = replace(event, terms=homes.terms_of(map(self.door, before.home)))
        after, effects = households.step(doubted(before, self.doubt), event, at_ms, rules)
        if after is not before:
            self.households[subject.id] = after
        routed: tuple[Routed, ...] = ()
        first = self.door(after.home[0])  # stands for it where one must
        for effect in effects:
            routed += self._route(effect, first.door_id, first.grid_id, at_ms)
        queue.extend(homes.to_doors(after, effects, self.door))
        return Step(subject, event, effects, routed, before, after, follows)

    def _meant(self, effect: Effect, door: Door) -> tuple[Subject, Event]:
        """What an effect of a door means to the site, or to another contact of its household."""
        if isinstance(effect, SilenceBegan):
            return SITE, SealLost(door.door_id, effect.since_ms, self._areas(door))
        if isinstance(effect, CaseJoined):
            return of_door(effect.door_id), beside.joining(door, effect)
        return SITE, SealHeard(door.door_id)

    def _hold(self, before: Door, after: Door, event: Event) -> None:
        """The door as it is from now on."""
        self.doors[after.door_id] = after
        if type(event) in MOVES_AREAS:
            self.sealed.subtract(outages.sealed_areas(before))
            self.sealed.update(outages.sealed_areas(after))

    def _site_step(self, at_ms: int, event: Event, queue: Following, follows: bool) -> Step:
        rules, router = self.rulebook.rules, self.router
        match event:
            case RulesSet(rulebook=rulebook):
                before, self.rulebook = self.rulebook, rulebook
                return Step(SITE, event, (), (), before, rulebook, follows)
            case StaffSet() | PersonDue() | PersonReached() | PageTestAsked() | PageTestAnswered():
                self.router, routed = routing.step(router, event, at_ms, rules)
                queue.extend(routing.lost_and_found(router, self.router, event, at_ms))
                if isinstance(event, StaffSet):
                    doors = (self._site.doors | self.doors).values()
                    held = duties.held(doors, self.outages, self.troubles)
                    queue.extend(duties.changed(self.router, router, held, at_ms, rules))
                return Step(SITE, event, (), routed, router, self.router, follows)
            case NamesForgotten():
                known = self.outages
                self.outages = forgetting.names_of_outages(known, event, at_ms, rules)
                self.router = routing.forgetting(router, event, at_ms)
                queue.extend(outages.parted(known, self.outages))
                return Step(SITE, event, (), (), known, self.outages, follows)
        known, after, effects = self._known_step(at_ms, event)
        routed = ()
        for effect in effects:
            if isinstance(effect, CaseMoved | PageDue):
                grid_id = self.door(effect.door_id).grid_id
                routed += self._route(effect, effect.door_id, grid_id, at_ms)
                queue.extend(duties.taken(self.router, SITE, effect, at_ms, rules))
            else:
                queue.extend(self._following(effect, at_ms))
        if isinstance(event, PageReceived):
            self._receipt(event, queue)
        return Step(SITE, event, effects, routed, known, after, follows)

    def _known_step(self, at_ms: int, event: Event) -> tuple[Any, Any, tuple[Effect, ...]]:
        """What is known of the site before and after the event, and what follows."""
        if self._is_trouble(event):
            befallen = self.troubles
            self.troubles, effects = troubles.step(befallen, event, at_ms, self.rulebook.rules)
            return befallen, self.troubles, effects
        known = self.outages
        self.outages, effects = outages.step(known, event, at_ms, self.rulebook.rules)
        return known, self.outages, effects

    def _following(self, effect: Effect, at_ms: int) -> list[tuple[Subject, Event]]:
        """What an effect of the site's own step means to its doors, and to itself."""
        if isinstance(effect, OutageFound | OutageGrew | OutageOver):
            return outages.to_doors(effect)
        if not isinstance(effect, WatchDoubted):
            return []
        doors = (self._site.doors | self.doors).values()
        told = troubles.watch_event(doors, self.troubles, at_ms, self.rulebook.rules)
        return [(SITE, told)] if told is not None else []

    def _clock_step(self, at_ms: int, event: ClockEvent, queue: Following, follows: bool) -> Step:
        """What the gateway's clock is worth, or that it was set: then every time is set with it."""
        before = self.doubt
        match event:
            case ClockDoubted(behind_ms=behind_ms, ahead_ms=ahead_ms):
                self.doubt = Doubt(behind_ms, ahead_ms)
            case ClockSure():
                self.doubt = SURE
            case ClockCorrected(by_ms=by_ms):
                known = Known(
                    self._site.doors | self.doors,
                    self._site.households | self.households,
                    *(self.outages, self.troubles, self.router),
                )
                known, news = corrected(known, by_ms, at_ms, self.rulebook)
                self.doors, self.households, self.outages, self.troubles, self.router = known
                queue.extend(news)
                self.doubt = SURE
        return Step(SITE, event, (), (), before, self.doubt, follows)

    def _is_trouble(self, event: Event) -> bool:
        """Whether an event of the site's is about what befell it, and not about its outages. Of two
        times that have come, the earlier is first; the site comes back for the other."""
        match event:
            case TroubleBegan() | TroubleEnded():
                return True
            case CaseAction() | PageWentOut() | PageReceived() | DutyEnds():
                return event.case_id.startswith(troubles.PREFIX)
            case DeadlineCame():
                due_ms = troubles.next_deadline(self.troubles)
                other_ms = outages.next_deadline(self.outages)
                return due_ms is not None and (other_ms is None or due_ms < other_ms)
        return False

    def _route(self, effect: Effect, door_id: str, grid_id: str, at_ms: int) -> tuple[Routed, ...]:
        """What goes out to people because of an effect."""
        self.router, routed = routing.follow(
            self.router, effect, door_id, grid_id, at_ms, self.rulebook.rules
        )
        return routed

    def _receipt(self, event: PageReceived, queue: Following) -> None:
        """Its owner can be reached; and that of a grouped page speaks for all that is in it."""
        if routing.is_unverified(self.router, event.by):
            queue.append((SITE, PersonReached(event.by)))
        for personal_page in routing.grouped(self.router, event.page_id, event.by):
            if personal_page.door_id or personal_page.case_id:  # else it was about a person
                subject = self.place_of(personal_page.case_id, personal_page.door_id)
                queue.append(
                    (subject, PageReceived(personal_page.case_id, personal_page.page_id, event.by))
                )

    def _unpaged(self, case_id: str, door_id: str) -> Subject | None:
        """Whose case this is, if no page of it went out yet."""
        holder = self._outage_of(case_id) or troubles.of_case(self.troubles, case_id)
        if holder is not None:
            subject, case = SITE, holder.case
        elif door_id:
            subject, case = of_door(door_id), self.door(door_id).case
        else:
            return None
        is_first = case is not None and case.state is CaseState.RAISED and case.case_id == case_id
        return subject if is_first else None

    def _grid_of(self, subject: Subject, case_id: str) -> str:
        """Whose people are told of a case: its door's, else those of all grids."""
        outage = self._outage_of(case_id)
        return self.door(outage.first_door if outage else subject.id).grid_id

    def _outage_of(self, case_id: str) -> Outage | None:
        return outages.of_case(self.outages, case_id) if self.outages.outages else None

    def _areas(self, door: Door) -> tuple[tuple[str, int], ...]:
        """The areas of a door, the widest first, each with how many sealed doors it holds."""
        sealed = self._site.sealed
        return tuple((area, sealed[area] + self.sealed[area]) for area in outages.areas_of(door))


def _named(told: list[tuple[str, Event]]) -> list[tuple[Subject, Event]]:
    return [(of_door(door_id), event) for door_id, event in told]
