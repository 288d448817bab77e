"""A whole site that lives as the dice fall, and what it did, step by step, as one line each.

A line is an event from outside with all that came of it, step by step: what followed, who was told,
what is known of each subject now and when it comes back, and what the house would be answered about
it. Heartbeats and deadlines of which nobody heard stand in the line after them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import json
from msgspec.structs import replace

from gateway.core.actor import Actor, actor_of
from gateway.core.events import DeadlineCame, Event, ReportCame, SealBound, StaffSet
from gateway.core.households.model import Household
from gateway.core.model import Case, Door
from gateway.core.paging import routing, staff
from gateway.core.paging.routing import Router
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import Subject, SubjectKind
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.lives.answers import Answers
from tests.core.lives.dice import Dice
from tests.core.peopled_site import PeopledSite
from tests.core.timeline import DAY_ONE_MS, GATEWAY, HOME, SITE, place_of, subject_of

HOUSEHOLDS = (("1-1", "1-1-back", "1-1-window"), ("1-2", "1-2-back"))
FLATS = (*HOUSEHOLDS[0], *HOUSEHOLDS[1], "1-3", "2-1", "2-2")
CANARY_DOOR = "2-canary"
PEOPLE = {
    "chen": Member("g", Role.WARDEN, (1, 11)),
    "li": Member("g", Role.DEPUTY, (2,)),
    "qian": Member("h", Role.WARDEN, (6,), of_texts=True),
    "sun": Member("h", Role.CENTRE, (3,)),
    "wang": Member("g", Role.CAPTAIN, (4, 14)),
    "wu": Member("g", Role.WARDEN),
    "zhao": Member("h", Role.INSTALLER, (5,)),
}
AIR_MAX = 12  # reports that may come late, or once more
PAUSES = {"moment": 6, "seconds": 8, "minutes": 7, "hours": 3}
LONGEST_MS = {
    "moment": 2 * SECOND,
    "seconds": MINUTE,
    "minutes": 20 * MINUTE,
    "hours": 4 * HOUR,
}
encoded = json.Encoder(order="deterministic").encode


class Life(PeopledSite):
    """`lines`: what it did. `seed` and `rules` make it."""

    whose_times = PEOPLE

    def __init__(self, seed: int, rules: Rules, heartbeat_ms: int) -> None:
        self.dice = Dice(seed)
        self.lines: list[str] = []
        self.air: list[tuple[int, str, ReportCame]] = []
        self.battery_mv: dict[str, int] = {}
        self.focus = FLATS[0]  # where more happens than elsewhere
        self.is_well = True  # what hangs there: its radio and its contact
        self.count = 0  # of what needs an id
        self.state: SiteState | None = None
        self._quiet_steps: list[bytes] = []
        self._people = routing.of(staff.of({}, [], [])).people
        self._answers = Answers()
        super().__init__(*FLATS, CANARY_DOOR, rules=rules, households=HOUSEHOLDS)
        for door_id, seal in self.seals.items():
            seal.heartbeat_ms = heartbeat_ms
            self.tell(door_id, SealBound(seal.seal_id, heartbeat_ms))
        self.state = SiteState(self.turn.rulebook)
        self.commits()
        self.staff()

    @property
    def doors(self) -> Mapping[str, Door]:
        return self.turn.doors if self.state is None else {**self.state.doors, **self.turn.doors}

    def households(self) -> dict[str, Household]:
        """Those of which anything is known, and their ids."""
        assert self.state is not None
        return {**self.state.households, **self.turn.households}

    # Time, and the gateway's turns.

    def pauses(self, *kinds: str) -> None:
        """For a while of one of these kinds; now and then until exactly what is due next."""
        due = [at_ms for at_ms in self.due.values() if at_ms is not None]
        if not kinds and due and self.dice.is_one_in(8):
            nearest_ms = min(due) + self.dice.one_of((-1, 0, 0))
            if nearest_ms - self.now_ms < HOUR:
                self.live_until(max(nearest_ms, self.now_ms))
                return
        kind = self.dice.weighed({k: PAUSES[k] for k in kinds or ("moment", "seconds", "minutes")})
        self.live_until(self.now_ms + self.some_ms(LONGEST_MS[kind]))

    def some_ms(self, longest_ms: int) -> int:
        """So long at most, and mostly in whole seconds or halves of it: times that meet other times
        exactly are those about which rules are wrong."""
        parts = (0, longest_ms // 4, longest_ms // 2, longest_ms, longest_ms)
        some = self.dice.below(longest_ms // SECOND + 1) * SECOND
        ms = self.dice.one_of((*parts, some, some, some))
        return max(ms + (self.dice.one_of((-1, 1)) if self.dice.is_one_in(10) else 0), 0)

    def comes_back(self, place: str) -> None:
        """When its next deadline is, after all times were set."""
        self.due[place] = self.turn.due_ms(subject_of(place))

    def commits(self) -> None:
        """What this turn did is true from now on."""
        assert self.state is not None
        people = [person.warden_id for person in self.turn.people_changed()]
        classes = [self.turn.rules_of(door) for door in self.turn.doors.values()]
        self._line(b"commits " + encoded([sorted(people), classes]), is_quiet=True)
        self.state.adopt(self.turn)
        self.turn = SiteTurn(self.state)

    def starts_anew(self) -> None:
        """The gateway restarts: all that it knows comes out of its bytes."""
        self.commits()
        was = self.state
        assert was is not None
        people = [stored(person) for person in was.router.people.values()]
        doors = {door_id: stored(was.doors[door_id]) for door_id in FLATS[:4]}
        self.state = SiteState(
            stored(was.rulebook),
            doors,
            stored(was.outages),
            routing.of(stored(was.router.staff), people),
            stored(was.troubles),
            stored(was.doubt),
            {one: stored(household) for one, household in was.households.items()},
        )
        self.state.add({door_id: stored(door) for door_id, door in was.doors.items()})
        self.turn = SiteTurn(self.state)
        subjects = [subject_of(place) for place in self.due]
        due = [self.state.due_ms(one) for one in subjects if self._is_known(one)]
        due += [self.state.person_due_ms(who) for who in was.router.people]
        self._line(b"anew: " + encoded([due, sorted(self.state.sealed.items())]))

    def _is_known(self, subject: Subject) -> bool:
        assert self.state is not None
        is_home = subject.kind is SubjectKind.HOUSEHOLD
        return subject.id in self.state.households if is_home else True

    # What comes in.

    def tell(self, place: str, event: Event) -> None:
        if isinstance(event, ReportCame) and self.state is not None:
            event = self._as_sent(event)
            self.air = [*self.air, (self.now_ms, place, event)][-AIR_MAX:]
        super().tell(place, event)

    def _as_sent(self, event: ReportCame) -> ReportCame:
        """A report with what a real seal says beside its door."""
        if event.waited_ms or event.battery_mv is not None:
            return event  # it was in the air before
        battery_mv = self.battery_mv.get(event.seal_id, 3_000) - self.dice.below(3)
        self.battery_mv[event.seal_id] = battery_mv
        told = {"battery_mv": battery_mv} if self.dice.below(3) else {}
        if self.dice.is_one_in(4):
            told["signal_dbm"] = -40 - self.dice.below(20 if self.is_well else 55)
        if event.edge and self.dice.is_one_in(3):
            told["bounces"] = self.dice.below(9 if self.is_well else 40)
        return replace(event, **told)

    def staff(
        self, *shifts: Shift, away: tuple[Override, ...] = (), without: tuple[str, ...] = ()
    ) -> None:
        team = {name: member for name, member in PEOPLE.items() if name not in without}
        self.tell(SITE, StaffSet(staff.of(team, list(shifts), list(away))))

    # Who, where, what.

    def new_id(self, prefix: str = "") -> str:
        self.count += 1
        return f"{prefix}{self.count:04}"

    def somewhere(self) -> str:
        """A door: mostly one of the household in which something happened last."""
        if not self.dice.below(3):
            self.focus = self.dice.one_of(FLATS)
        doors = next((doors for doors in HOUSEHOLDS if self.focus in doors), (self.focus,))
        return self.dice.one_of(doors)

    def household(self) -> str:
        """The id of the household of such a door."""
        return self.doors[self.somewhere()].household_id

    def home(self) -> str:
        return HOME + self.household()

    def actor(self) -> Actor:
        names = (*PEOPLE, "chen", "chen", "wang", "centre", "@desk")
        return actor_of(self.dice.one_of(names))

    def age_ms(self) -> int:
        """How late somebody's handheld tells what they did."""
        return self.dice.one_of((0, 0, 0, 0, 0, 20 * SECOND, 5 * MINUTE, 2 * HOUR, 48 * HOUR))

    def cases(self) -> list[tuple[str, Case]]:
        """All that are not closed, and where each stands."""
        found = []
        for door_id, door in self.doors.items():
            found += [(door_id, case) for case in (door.case, *door.in_review) if case]
        for outage in self.turn.outages.outages:
            found += [(SITE, case) for case in (outage.case, *outage.in_review) if case]
        for trouble in self.turn.troubles.troubles:
            found += [(GATEWAY, case) for case in (trouble.case, *trouble.in_review) if case]
        return found

    # What is written.

    def keep(self, steps: list[Step]) -> None:
        super().keep(steps)
        if self.state is None:
            return
        told = [self._told(step) for step in steps]
        changed = _others(self._people, self.turn.router)
        if changed:
            self._people = self.turn.router.people
            due = [(who, self.turn.person_due_ms(who)) for who in changed]
            told.append(b"people " + encoded([list(changed.values()), due]))
        self._line(*told, is_quiet=not changed and all(map(_is_quiet, steps)))

    def _told(self, step: Step) -> bytes:
        place, after = place_of(step.subject), step.after
        if isinstance(after, Router):
            after = sorted(after.waiting)
        its = {
            "at": self.now_ms - DAY_ONE_MS,
            "event": _tagged(step.event),
            "effects": [_tagged(effect) for effect in step.effects],
            "routed": [_tagged(out) for out in step.routed],
            "known": after if step.after is not step.before else None,
            "due": _since(self.due[place]),
            "answers": self._answers.of(step, len(self.roots), self.now_ms),
        }
        return f"{place}: ".encode() + encoded(its)

    def _line(self, *told: bytes, is_quiet: bool = False) -> None:
        """These steps as one line, with those before it of which nothing followed."""
        self._quiet_steps += told
        if not is_quiet:
            self.lines.append(b"\n".join(self._quiet_steps).decode())
            self._quiet_steps = []


def stored(known: Any) -> Any:
    """The same out of its bytes."""
    return json.decode(json.encode(known), type=type(known))


def _tagged(thing: Any) -> tuple[str, Any]:
    return type(thing).__name__, thing


def _is_quiet(step: Step) -> bool:
    """Whether it is a heartbeat or a deadline of which nobody heard."""
    is_beat = isinstance(step.event, ReportCame) and not step.event.seq
    return (is_beat or isinstance(step.event, DeadlineCame)) and not (step.effects or step.routed)


def _since(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms - DAY_ONE_MS


def _others(before: Mapping[str, Any], router: Router) -> dict[str, Any]:
    """Those who are not as they were."""
    if router.people is before:
        return {}
    return {who: person for who, person in router.people.items() if person != before.get(who)}


Happening = Callable[[Life], None]
