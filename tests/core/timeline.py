"""Timelines: several doors, clocks on the wall, and who is told. Readable by a warden.

    site = Site("3-201", "3-202")
    site.at("08:01").door("3-201").opens()
    site.want(between("08:01", "08:01:05"), page(warden, why="no permit"))

Day 1 is Thursday, 21 May 2020; "day 2 08:01" is the next. Every door has a seal that was heard
shut, and an order for a fortnight, unless told otherwise. What fails prints the story.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.core import local_time
from gateway.core.cases import escalation, troubles
from gateway.core.effects import (
    CaseMoved,
    Effect,
    OpeningBegan,
    OpeningEnded,
    PageDue,
    QuestionDue,
    WatchDoubted,
)
from gateway.core.events import DeadlineCame, DoorPlaced, Event, OrderPlaced, ReportCame, SealBound
from gateway.core.model import Case, Door, Order
from gateway.core.paging.schedule import Role
from gateway.core.reasons import NOTICES, Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.site_model import Outages
from gateway.core.subject import SITE as SUBJECT
from gateway.core.subject import Subject, SubjectKind, of_door, of_household
from tests.core.actors import DAY, HOUR, MINUTE, AtDoor, Person, Seal
from tests.core.dated import as_dated

SITE = "the site"
HOME = "home "  # and its id: where a household's own matters stand
GATEWAY = "the gateway"  # where the cases of troubles stand, which are the site's too
DAY_ONE_MS = 1_589_990_400_000 - 12 * HOUR  # noon of the day before, in Wuxi
warden, deputy, captain, installer, centre = (
    Role.WARDEN,
    Role.DEPUTY,
    Role.CAPTAIN,
    Role.INSTALLER,
    Role.CENTRE,
)
canary_phone = "canary phone"
Match = Callable[["Site", str, Effect], bool]


@dataclass
class Expected:
    """What must be found, how often, between two times."""

    words: str
    matches: Match
    times: int | None = 1  # None: once or more


def between(start: str, end: str) -> tuple[str, str]:
    return start, end


def page(who: str, why: str = "", door: str = "", times: int | None = 1) -> Expected:
    def matches(site: "Site", place: str, effect: Effect) -> bool:
        return (
            isinstance(effect, PageDue)
            and site.told(effect)[0] == who
            and why in ("", _words(effect.reason))
            and door in ("", place)
        )

    return Expected(f"a page to the {who} {door} because: {why or 'anything'}", matches, times)


def question(door: str = "", times: int | None = 1) -> Expected:
    """The household could say whether its door is shut."""

    def matches(_: "Site", place: str, effect: Effect) -> bool:
        return isinstance(effect, QuestionDue) and door in ("", place)

    return Expected(f"a question for the household {door}", matches, times)


def case(state: str, why: str = "", door: str = "", times: int | None = None) -> Expected:
    """A case moved to a state; `why` is what raised it, or the rule that ended it."""

    def matches(_: "Site", place: str, effect: Effect) -> bool:
        if not isinstance(effect, CaseMoved) or effect.case.state != state.replace(" ", "_"):
            return False
        whys = (_words(effect.case.reason), _words(effect.case.outcome or ""), "")
        return why in whys and door in ("", place)

    return Expected(f"a case {state} {door} {why}", matches, times)


def opening(why: str, door: str = "", times: int | None = 1) -> Expected:
    def matches(_: "Site", place: str, effect: Effect) -> bool:
        is_one = isinstance(effect, OpeningBegan) and _words(effect.reason) == why
        return is_one and door in ("", place)

    return Expected(f"an opening {door} recorded as: {why}", matches, times)


def shutting(door: str = "", inferred: bool = False, since: str = "") -> Expected:
    """`since` is the earliest that an inferred shutting can have been."""

    def matches(site: "Site", place: str, effect: Effect) -> bool:
        is_one = isinstance(effect, OpeningEnded) and effect.inferred is inferred
        if is_one and since:
            is_one = effect.shut_from_ms == site.time(since) <= effect.shut_ms
        return is_one and door in ("", place)

    return Expected(f"the end of an opening {door}, inferred: {inferred}", matches)


def _words(reason: str) -> str:
    return str(reason).replace("_", " ")


def nobody() -> Expected:
    """Nobody is told of anything."""
    return Expected("no page", lambda _, __, effect: isinstance(effect, PageDue), 0)


class Site:
    """Doors, their seals, the gateway's core, and what followed."""

    def __init__(
        self,
        *doors: str,
        rules: Rules | None = None,
        ordered: bool = True,
        from_: str = "07:00",
        heartbeat_ms: int = 100_000,
        classes: dict[str, Rules] | None = None,
        households: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.rulebook = Rulebook(rules or Rules(), classes or {})
        self.now_ms = self.time(from_)
        self.seals = {door_id: Seal(f"seal-{door_id}", heartbeat_ms) for door_id in doors}
        self.turn = SiteTurn(SiteState(self.rulebook))
        self.due: dict[str, int | None] = {}
        self.journal: list[tuple[int, str, Event]] = []
        self.followed: list[tuple[int, str, Event | Effect]] = []
        for door_id, seal in self.seals.items():
            theirs = next((doors for doors in households if door_id in doors), (door_id,))
            household = theirs[0] if len(theirs) > 1 and theirs[0] != door_id else ""
            beside = tuple(other for other in theirs if other != door_id)
            areas = (f"building:{door_id.split('-')[0]}",)
            self.tell(door_id, DoorPlaced("g", areas, household, beside))
            self.tell(door_id, SealBound(seal.seal_id, heartbeat_ms))
            if ordered:
                order = Order("order", self.now_ms - DAY, self.now_ms + 14 * DAY)
                self.tell(door_id, OrderPlaced(order))
            self.door(door_id).speaks()

    def open_cases(self) -> dict[str, Case]:
        """The open cases of doors, each by the door that has it."""
        return {door.door_id: door.case for door in self.doors.values() if door.case is not None}

    def left(self, door_id: str) -> list[int]:
        """How many openings each permit at a door has left."""
        return [permit.openings for permit in self.doors[door_id].permits]

    # Time.

    def time(self, words: str) -> int:
        """Milliseconds of UTC of "08:01", "08:01:05.5" or "day 3 08:01" on the site's wall."""
        *day, clock = words.removeprefix("day ").split(" ")
        hours, minutes, seconds = (*map(float, clock.split(":")), 0.0)[:3]
        zone = self.rulebook.rules.zone
        at_ms = DAY_ONE_MS
        for _ in range(int(day[0]) if day else 1):
            at_ms = local_time.next_at(zone, at_ms, 0)
        minute = int(hours) * 60 + int(minutes)
        if minute:
            at_ms = local_time.next_at(zone, at_ms, minute)
        return at_ms + int(seconds * 1_000)

    def at(self, words: str) -> "Site":
        """Live until then: seals send heartbeats, deadlines come."""
        until_ms = self.time(words)
        assert until_ms >= self.now_ms, f"{words} is past: tell a story in its order"
        self.live_until(until_ms)
        return self

    def live_until(self, until_ms: int) -> None:
        while (due := self._next())[0] <= until_ms:
            self.now_ms = max(self.now_ms, due[0])
            if due[2]:
                self.tell(due[1], DeadlineCame())
            else:
                self.door(due[1]).speaks()
        self.now_ms = until_ms

    def _next(self) -> tuple[int, str, bool]:
        """When, where, and whether it is a deadline or else a heartbeat."""
        due = [(ms, place, True) for place, ms in self.due.items() if ms is not None]
        for door_id, seal in self.seals.items():
            if seal.power and seal.radio:
                due.append((seal.next_heartbeat_ms, door_id, False))
        return min(due, default=(self.now_ms + 100 * DAY, "", True))

    # Who acts.

    def door(self, door_id: str) -> AtDoor:
        return AtDoor(door_id, self.seals[door_id], self.now_ms, self.tell, self.time)

    def person(self, name: str, place: str) -> Person:
        """Somebody who acts on the latest case of a door, of an outage, or of a trouble."""
        cases = [e.case for _, where, e in self.followed if _is_case(e) and where == place]
        pages = [e for _, where, e in self.followed if isinstance(e, PageDue) and where == place]
        page_id = pages[-1].page_id if pages else ""
        case_id = cases[-1].case_id if cases else ""
        return Person(name, place, case_id, page_id, self.tell, self.time)

    def case_of(self, place: str) -> Case | None:
        if place == GATEWAY:
            return next((trouble.case for trouble in self.turn.troubles.troubles), None)
        if place == SITE:
            return next((outage.case for outage in self.outages.outages if outage.case), None)
        return self.doors[place].case

    # The gateway's own step, on a turn that never ends.

    def tell(self, place: str, event: Event) -> None:
        self.journal.append((self.now_ms, place, event))
        for step in self.turn.apply(self.now_ms, subject_of(place), event):
            self.followed.append((self.now_ms, place_of(step.subject), step.event))
            effects = as_dated(step.effects, self.now_ms)
            self.followed += [(self.now_ms, where(step, it), it) for it in effects]
            self.due[place_of(step.subject)] = self.turn.due_ms(step.subject)

    @property
    def doors(self) -> Mapping[str, Door]:
        return self.turn.doors

    @property
    def outages(self) -> Outages:
        return self.turn.outages

    # What must have followed.

    def pages(self) -> list[PageDue]:
        """Of what needs a person; that an order has ended is knowledge."""
        found = [e for _, _, e in self.followed if isinstance(e, PageDue)]
        return [page for page in found if page.reason not in NOTICES]

    def told(self, page: PageDue) -> tuple[str, str]:
        """Who is told by a page, and by which ways."""
        if page.reason is Reason.CANARY:
            return canary_phone, "all"
        step = escalation.steps_for(page.reason)[page.step_index]
        return step.role, step.ways

    def want(self, window: tuple[str, str], *expected: Expected) -> "Site":
        """Live until the end of the window; all of this must have happened in it, so often."""
        start_ms, end_ms = map(self.time, window)
        self.live_until(max(self.now_ms, end_ms))
        inside = [
            (place, effect)
            for at_ms, place, effect in self.followed
            if start_ms <= at_ms <= end_ms and getattr(effect, "reason", None) not in NOTICES
        ]
        for wanted in expected:
            count = sum(wanted.matches(self, place, effect) for place, effect in inside)  # type: ignore[arg-type]
            is_right = count > 0 if wanted.times is None else count == wanted.times
            assert is_right, (
                f"wanted {wanted.words} ({wanted.times or 'some'}) "
                f"between {window[0]} and {window[1]}, "
                f"and found {count}. What followed:\n{self.told_as_story()}"
            )
        return self

    def told_as_story(self, last: int = 60) -> str:
        lines = [f"  {self._wall(at_ms)}  {p:9} {self._line(e)}" for at_ms, p, e in self.followed]
        return "\n".join([line for line in lines if not line.endswith("-")][-last:])

    def _wall(self, at_ms: int) -> str:
        minute = local_time.minute_of_day(self.rulebook.rules.zone, at_ms)
        first = local_time.day(self.rulebook.rules.zone, DAY_ONE_MS)
        day = local_time.day(self.rulebook.rules.zone, at_ms) - first
        return f"day {day} {minute // 60:02}:{minute % 60:02}:{at_ms % MINUTE / 1_000:06.3f}"

    def _line(self, what: Event | Effect) -> str:
        if isinstance(what, PageDue):
            who, ways = self.told(what)
            return f"   page to the {who} ({ways}, round {what.round}): {_words(what.reason)}"
        if isinstance(what, CaseMoved):
            moved = what.case
            return (
                f"   case {moved.state}: {_words(moved.reason)} {moved.outcome or ''} by {what.by}"
            )
        is_beat = isinstance(what, ReportCame) and not what.seq
        if is_beat or isinstance(what, DeadlineCame | WatchDoubted):
            return "-"
        return f"{'   ' if isinstance(what, Effect) else ''}{what}"


def subject_of(place: str) -> Subject:
    """Who has the events of a place."""
    if place.startswith(HOME):
        return of_household(place.removeprefix(HOME))
    return SUBJECT if place in (SITE, GATEWAY) else of_door(place)


def place_of(subject: Subject) -> str:
    """The place at which a subject's events are told."""
    return (HOME if subject.kind is SubjectKind.HOUSEHOLD else "") + subject.id or SITE


def where(step: Step, effect: Effect) -> str:
    """The place at which an effect of a step is told."""
    if step.subject.id:
        return place_of(step.subject)
    case_id = getattr(effect, "case_id", "") or (
        effect.case.case_id if isinstance(effect, CaseMoved) else ""
    )
    return GATEWAY if case_id.startswith(troubles.PREFIX) else SITE


def _is_case(what: object) -> bool:
    return isinstance(what, CaseMoved)
