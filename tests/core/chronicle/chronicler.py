"""Writes down what a site does: who is told, what is recorded, what is remembered, line by line.

A line is a time on the wall, a place, and a thing with all of its fields that say something. Of a
case only what changed is written, and an opening of a household only where it is not as it stood
last, whichever contact knows it. What depends on the order of tests (the ids of actions) is left
out, and a time that stands within an id is written as on the wall.
"""

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from gateway.core.effects import ActionRefused, CaseMoved, Effect, PageDue, WatchDoubted
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.model import Case, HouseholdOpening
from gateway.core.paging import staff
from gateway.core.paging.person import DailyTest, GroupedPage, SinglePage
from gateway.core.paging.routing import Notification
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.site import Step
from tests.core.peopled_site import PeopledSite
from tests.core.timeline import HOME, SITE, place_of, where

FIRST_MS = 1_000_000_000_000  # what is more is a time, and no duration
IDS = frozenset({"action_id"})
TEAM = {
    "chen": Member("g", Role.WARDEN, (1, 11)),
    "li": Member("g", Role.DEPUTY, (2,)),
    "sun": Member("g", Role.CENTRE, (3,)),
    "wang": Member("g", Role.CAPTAIN, (4, 14)),
    "zhao": Member("g", Role.INSTALLER, (5,)),
}


class Chronicle(PeopledSite):
    """A site of people whose every step is written down."""

    whose_times = TEAM

    def __init__(
        self,
        *flats: str,
        rules: Rules | None = None,
        answers_tests: bool = True,
        households: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.answers_tests = answers_tests  # then the daily tests of phones are not written
        self.lines: list[str] = []
        self._cases: dict[str, dict[str, str]] = {}
        self._openings: dict[str, str] = {}  # as they stood last
        self._is_begun = False
        super().__init__(*flats, rules=rules or Rules(), households=households)
        self.people()
        self._is_begun = True

    def people(
        self, *shifts: Shift, away: tuple[Override, ...] = (), without: str = ""
    ) -> "Chronicle":
        """These are on the staff from now on."""
        team = {name: member for name, member in TEAM.items() if name != without}
        self.tell(SITE, StaffSet(staff.of(team, list(shifts), list(away))))
        return self

    def keep(self, steps: list[Step]) -> None:
        super().keep(steps)
        if not self._is_begun:
            return
        for step in steps:
            place = place_of(step.subject)
            if step.follows or isinstance(step.event, PersonDue):
                self._follows(place, step.event)
            for effect in step.effects:
                if not isinstance(effect, WatchDoubted) and not _is_another_round(effect):
                    self._write(where(step, effect), f"  {self._effect(effect)}")
            for out in step.routed:
                if isinstance(out, Notification) and not _is_another_round(out):
                    self._goes_out(place, out)

    def _goes_out(self, place: str, out: Notification) -> None:
        if isinstance(out.content, DailyTest) and self.answers_tests:
            self.tell(SITE, PersonReached(out.warden_id))
        else:
            self._write(place, f"    to {out.warden_id}: {self._content(out)}")

    def remembers(self, *places: str) -> "Chronicle":
        """What is known of doors, or of the site, stands here as it is now."""
        for place in places:
            if place == SITE:
                known = (self.turn.outages, self.turn.troubles)
                self._write(place, "knows " + " ".join(map(self.told_as, known)))
            elif place.startswith(HOME):
                known = self.turn.household(place.removeprefix(HOME))
                self._write(place, f"knows {self.told_as(known)}")
            else:
                self._write(place, f"knows {self.told_as(self.turn.door(place))}")
            self._write(place, f"comes back at {self._value(self.due[place])}")
        return self

    def chapter(self, title: str) -> "Chronicle":
        self.lines += ["", title]
        return self

    def _follows(self, place: str, event: Event) -> None:
        is_quiet = self.answers_tests and isinstance(event, PersonReached)
        if not is_quiet and not isinstance(event, WatchDoubted | PersonDue):
            self._write(place, f" {self.told_as(event)}")

    def _write(self, place: str, words: str) -> None:
        self.lines.append(f"{self._wall(self.now_ms)} {place:8} {words}".rstrip())

    def _effect(self, effect: Any) -> str:
        if not isinstance(effect, CaseMoved):
            if isinstance(effect, ActionRefused):
                return f"refused {effect.case_id and self._value(effect.case_id)}: {effect.refusal}"
            return self.told_as(effect)
        its = self._fields(effect)
        its.pop("case")
        told = " ".join(f"{name}={value}" for name, value in its.items())
        return f"case {self._case(effect.case)} [{told}]"

    def _case(self, case: Case) -> str:
        now, before = self._fields(case), self._cases.get(case.case_id, {})
        self._cases[case.case_id] = now
        gone = {name: "-" for name in before if name not in now}
        new = {name: value for name, value in now.items() if before.get(name) != value} | gone
        words = " ".join(f"{name}={value}" for name, value in new.items() if name != "case_id")
        return f"{self._value(case.case_id)}: {words}"

    def _content(self, out: Notification) -> str:
        """What somebody's phone shows; of a grouped page only which pages are in it."""
        if isinstance(out.content, SinglePage):
            return self.told_as(out.content.page)
        if not isinstance(out.content, GroupedPage):
            return self.told_as(out.content)
        ids = [self._value(page.page_id) for page in out.content.pages]
        return f"{self.told_as(replace(out.content, pages=()))} of {', '.join(ids)}"

    # Anything, in words.

    def told_as(self, thing: Struct) -> str:
        """The thing's name, and its fields that are not at their default."""
        told = " ".join(f"{name}={value}" for name, value in self._fields(thing).items())
        return f"{type(thing).__name__}({told})"

    def _fields(self, thing: Struct) -> dict[str, str]:
        its = {}
        for field in fields(thing):
            value = getattr(thing, field.name)
            if field.name not in IDS and value != field.default:
                its[field.name] = self._value(value)
        return its

    def _value(self, value: Any) -> str:
        if isinstance(value, HouseholdOpening):
            return self._opening(value)
        if isinstance(value, Struct):
            return self.told_as(value)
        if isinstance(value, tuple | list):
            return "(" + ", ".join(map(self._value, value)) + ")"
        if isinstance(value, int) and not isinstance(value, bool) and value > FIRST_MS:
            return self._wall(value)
        return re.sub(r"\d{13}", lambda found: self._wall(int(found.group())), str(value))

    def _opening(self, opening: HouseholdOpening) -> str:
        told, before = self.told_as(opening), self._openings.get(opening.opening_id)
        self._openings[opening.opening_id] = told
        return f"{self._value(opening.opening_id)} as before" if told == before else told

    def _wall(self, at_ms: int) -> str:
        return super()._wall(at_ms).removeprefix("day ").replace(" ", "/")


def _is_another_round(thing: Effect | Notification) -> bool:
    """Whether it says what the first round said already; that a second begins is written."""
    if isinstance(thing, PageDue):
        return thing.round > 1 or (thing.round == 1 and thing.step_index > 0)
    if isinstance(thing, Notification) and isinstance(thing.content, SinglePage):
        return "-r" in thing.content.page.page_id
    return False
