"""A simulated site: one turn of the core's own step, one calendar, and a grid with its people.

Whatever happens goes through `apply`, as in the gateway: the doors' silence to the outages, the
outages to the doors, the pages to the people (core/site.py). What came of it goes back to the runs
of the doors, and what went out is counted by phones.py.
"""

from collections.abc import Callable

from gateway.core.effects import Effect
from gateway.core.events import DeadlineCame, DoorPlaced, Event, PersonDue, PersonReached, StaffSet
from gateway.core.paging.person import DailyTest
from gateway.core.paging.routing import Notification
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import SITE, Subject, SubjectKind, of_door
from gateway.simulate.calendar import Calendar
from gateway.simulate.phones import GRID, TEAM, Phones

Stepped = Callable[[int, Step], None]
Found = Callable[[int, Effect], None]


class SiteRun:
    """Everything that the gateway would know, from nothing but events at their times."""

    def __init__(self, start_ms: int, rules: Rules) -> None:
        self.calendar = Calendar(start_ms)
        self.rules = rules
        self.turn = SiteTurn(SiteState(Rulebook(rules)))
        self.phones = Phones(rules)
        self._runs: dict[str, Stepped] = {}
        self._doors: dict[str, Callable[[Event], None]] = {}
        self._households_due_ms: dict[Subject, int | None] = {}
        self._found: list[Found] = []
        self._due_ms: dict[str, int | None] = {}  # of people by id, and "" for the outages
        self.apply(SITE, StaffSet(TEAM))

    def hang(
        self,
        door_id: str,
        areas: tuple[str, ...],
        stepped: Stepped,
        tell: Callable[[Event], None] | None = None,
    ) -> None:
        """A door of the grid; `stepped` hears of each of its steps, and `tell` hands it what others
        say to it."""
        self._runs[door_id] = stepped
        if tell is not None:
            self._doors[door_id] = tell
        self.apply(of_door(door_id), DoorPlaced(GRID, areas))

    def tell_door(self, door_id: str, event: Event) -> None:
        """Somebody says this to a door, now."""
        self._doors[door_id](event)

    def on_found(self, listener: Found) -> None:
        """`listener` hears what follows from the outages' own steps."""
        self._found.append(listener)

    def apply(self, subject: Subject, event: Event, at_ms: int | None = None) -> None:
        """Step an event, now unless told otherwise, and tell everybody what came of it."""
        at_ms = self.calendar.now_ms if at_ms is None else at_ms
        steps = self.turn.apply(at_ms, subject, event)
        if len(steps) == 1 and not steps[0].routed and subject.kind is SubjectKind.DOOR:
            self._runs[subject.id](at_ms, steps[0])  # nearly always: it meant nothing to others
            return
        for step in steps:
            self.phones.count(at_ms, step.routed)
        for step in steps:
            self._tell(at_ms, step)
        self._plan()
        for notification in [notification for step in steps for notification in step.routed]:
            if isinstance(notification, Notification) and isinstance(
                notification.content, DailyTest
            ):
                self.apply(SITE, PersonReached(notification.warden_id))  # every phone works

    def _tell(self, at_ms: int, step: Step) -> None:
        """The run of a door, or those who check outages, hear of a step."""
        if step.subject.kind is SubjectKind.DOOR:
            self._runs[step.subject.id](at_ms, step)
            return
        if step.subject.kind is SubjectKind.HOUSEHOLD:
            self._plan_household(step.subject)
            return
        for effect in step.effects:
            for listener in self._found:
                listener(at_ms, effect)

    def _plan_household(self, subject: Subject) -> None:
        """Put what is due for a household's matters on the calendar."""
        due_ms = self.turn.due_ms(subject)
        if due_ms is not None and due_ms != self._households_due_ms.get(subject):
            due = subject, due_ms
            self.calendar.at(max(due_ms, self.calendar.now_ms), self._household_deadline, due)
        self._households_due_ms[subject] = due_ms

    def _household_deadline(self, due: tuple[Subject, int]) -> None:
        subject, due_ms = due
        if self._households_due_ms[subject] == due_ms:
            self._households_due_ms[subject] = None
            self.apply(subject, DeadlineCame())

    def _plan(self) -> None:
        """Put what is due for the outages and the people on the calendar."""
        self._at("", self.turn.due_ms(SITE))
        for warden_id in TEAM.members:
            self._at(warden_id, self.turn.person_due_ms(warden_id))

    def _at(self, whose: str, due_ms: int | None) -> None:
        if due_ms is not None and due_ms != self._due_ms.get(whose):
            self.calendar.at(max(due_ms, self.calendar.now_ms), self._deadline, (whose, due_ms))
        self._due_ms[whose] = due_ms

    def _deadline(self, due: tuple[str, int]) -> None:
        whose, due_ms = due
        if self._due_ms[whose] == due_ms:
            self._due_ms[whose] = None
            self.apply(SITE, PersonDue(whose) if whose else DeadlineCame())
            self._plan()
