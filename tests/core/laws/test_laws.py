"""Laws that hold for any life of a site: two lives that differ in something that must not matter
are the same in all that follows. What is named in a law as its exception is so on purpose.

The lives are those of tests/core/lives, made by seeds. MENSHEN_SEED lives another, and so many
from it on as MENSHEN_LIVES says.
"""

import os
import re
from collections import Counter
from random import Random

import pytest
from msgspec import json
from msgspec.structs import replace

from gateway.core.cases.case import ANSWERED
from gateway.core.cases.outages import sealed_of
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.effects import OpeningBegan, OpeningRedated
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import (
    ClockCorrected,
    DoorPlaced,
    Event,
    MessageRefused,
    OrderPlaced,
    PageTestAsked,
    PermitAnnounced,
    ReportCame,
    ReportHeld,
    RulesSet,
    StaffSet,
)
from gateway.core.model import CaseState, Order
from gateway.core.paging import duties, routing, staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import Subject, of_door
from tests.core.laws.relived import Outside, Relived, Told, encoded, outside
from tests.core.laws.renamed import in_order, named_back, renamed
from tests.core.lives.life import HOUSEHOLDS, stored

SEED = os.environ.get("MENSHEN_SEED")
SEEDS = (
    tuple(range(int(SEED), int(SEED) + int(os.environ.get("MENSHEN_LIVES", "1"))))
    if SEED
    else (2, 13)
)
WEEK_MS = 7 * DAY_MS
TIME = re.compile(r"(?<![0-9])1[56][0-9]{11}(?![0-9])")
law = pytest.mark.parametrize("seed", SEEDS)
HELPERS = (Role.INSTALLER, Role.CENTRE, Role.WARDEN)


def same(one: list[Told], two: list[Told], seed: int) -> None:
    assert one, "a life in which nothing happened"
    for first, second in zip(one, two, strict=False):
        assert first == second, f"MENSHEN_SEED={seed}"
    assert len(one) == len(two), f"MENSHEN_SEED={seed}"


class Restarted(Relived):
    """Every third time or so all that is known comes out of its bytes: what a start forgets matters
    for a few steps only."""

    chance = Random(1)  # noqa: S311 - where a life is cut

    def apply(self, at_ms: int, subject: Subject, event: Event) -> list[Step]:
        steps = super().apply(at_ms, subject, json.decode(json.encode(event), type=Event))
        if self.chance.randrange(3) == 0:
            self.site.adopt(self.turn)
            was, people = self.site, self.site.router.people.values()
            self.site = SiteState(
                stored(was.rulebook),
                {door_id: stored(door) for door_id, door in was.doors.items()},
                stored(was.outages),
                routing.of(stored(was.router.staff), [stored(person) for person in people]),
                stored(was.troubles),
                stored(was.doubt),
                {one: stored(household) for one, household in was.households.items()},
            )
            self.turn = SiteTurn(self.site)
        return steps


@law
def test_a_restart_at_any_step_changes_nothing(seed: int) -> None:
    rulebook, events = outside(seed)
    once, again = Relived(rulebook).live(events), Restarted(rulebook).live(events)
    same(once.told(), again.told(), seed)


@law
def test_a_week_later_is_the_same_a_week_later(seed: int) -> None:
    rulebook, events = outside(seed)
    rulebook = Rulebook(replace(rulebook.rules, zone=Rules().zone))  # of no summer
    events = tuple(it for it in events if not isinstance(it[2], RulesSet))
    later = [
        (at_ms + WEEK_MS, whose, json.decode(_moved(encoded(event).decode(), 1), type=Event))
        for at_ms, whose, event in events
    ]
    once, again = Relived(rulebook).live(events), Relived(rulebook).live(later)
    back = [_told_earlier(row) for row in again.told()]
    same(once.told(), back, seed)


def _moved(text: str, weeks: int) -> str:
    return TIME.sub(lambda found: str(int(found.group(0)) + weeks * WEEK_MS), text)


def _told_earlier(row: Told) -> Told:
    effects = tuple(_moved(text, -1) for text in row.effects)
    routed = tuple(_moved(text, -1) for text in row.routed)
    return row._replace(at_ms=row.at_ms - WEEK_MS, effects=effects, routed=routed)


@pytest.mark.parametrize("seed", SEEDS if SEED else (2, 12))
def test_no_rule_hangs_on_what_anything_is_called(seed: int) -> None:
    """But where two contacts of a household open in the same millisecond, the one that comes first
    in the alphabet stands for the other, for all of them must find the same: until then."""
    rulebook, events = outside(seed)
    once, again = Relived(rulebook).live(events), Relived(rulebook).live(renamed(events))
    until_ms = _first_tie_ms(once)
    before = [in_order(row) for row in once.told() if row.at_ms < until_ms]
    after = [named_back(row) for row in again.told() if row.at_ms < until_ms]
    same(sorted(before), sorted(after), seed)


def _first_tie_ms(life: Relived) -> int:
    """When two contacts of a household first opened in the same millisecond."""
    opened: dict[tuple[str, int], str] = {}
    for at_ms, step in life.steps:
        for effect in step.effects:
            if isinstance(effect, OpeningBegan | OpeningRedated):
                its = _home_of(step.subject.id), effect.opened_ms
                if opened.setdefault(its, step.subject.id) != step.subject.id:
                    return at_ms
    return life.now_ms + 1


# What happens twice is not kept from being told twice.
EACH_COUNTS = (
    ReportCame,  # for the replay window lets none through twice
    ReportHeld,
    MessageRefused,
    PermitAnnounced,  # said once more under its id it is a new one
    PageTestAsked,  # each of them rings
    ClockCorrected,
    OrderDestroyed,  # what was due at the first is past at the second
)


@law
def test_what_is_said_twice_is_done_once(seed: int) -> None:
    rulebook, events = outside(seed)
    life, said = Relived(rulebook), 0
    for at_ms, subject, event in events:
        life.until(at_ms).apply(at_ms, subject, event)
        if isinstance(event, EACH_COUNTS):
            continue
        for step in life.apply(at_ms, subject, event):
            what = f"MENSHEN_SEED={seed}: {event}"
            assert not step.changed, what
            assert not step.routed, what
        said += 1
    assert said > 50


@law
def test_of_two_doors_that_speak_at_once_either_may_be_first(seed: int) -> None:
    rulebook, events = outside(seed)
    one, other, turned = list(events), list(events), 0
    for index in range(0, len(events) - 1, 2):
        first, second = events[index : index + 2]
        homes = _home_of(first[1].id), _home_of(second[1].id)
        if "" in homes or homes[0] == homes[1] or not 0 <= second[0] - first[0] < MINUTE_MS:
            continue
        one[index] = second[0], *first[1:]
        other[index : index + 2] = second, one[index]
        turned += 1
    assert turned > 10
    ends = [Relived(rulebook).live(events) for events in (one, other)]
    doors, homes_of = [end.turn.doors for end in ends], [end.turn.households for end in ends]
    assert doors[0] == doors[1], f"MENSHEN_SEED={seed}"
    assert homes_of[0] == homes_of[1], f"MENSHEN_SEED={seed}"
    # Of two pages for one person with one place left, the first rings: what is due is compared.
    due = [
        sorted(effect for _, step in end.steps for effect in map(str, step.effects)) for end in ends
    ]
    assert due[0] == due[1], f"MENSHEN_SEED={seed}"


def _home_of(door_id: str) -> str:
    return next((doors[0] for doors in HOUSEHOLDS if door_id in doors), door_id)


def _quiet(seed: int) -> tuple[Rulebook, list[Outside]]:
    """A life in which nobody is tested: who cannot be told is news to others."""
    rulebook, events = outside(seed)
    rules = replace(rulebook.rules, daily_test=False)
    return Rulebook(rules), [it for it in events if not isinstance(it[2], RulesSet)]


@law
@pytest.mark.parametrize("role", HELPERS)
def test_a_colleague_whom_nothing_reaches_changes_nothing(seed: int, role: Role) -> None:
    rulebook, events = _quiet(seed)
    mute = Member("g", role)
    more = [
        (at_ms, whose, _with(event, "mute", mute) if isinstance(event, StaffSet) else event)
        for at_ms, whose, event in events
    ]
    same(Relived(rulebook).live(events).told(), Relived(rulebook).live(more).told(), seed)


def _with(event: StaffSet, name: str, member: Member) -> StaffSet:
    its = event.staff
    return StaffSet(staff.of(its.members | {name: member}, list(its.shifts), list(its.overrides)))


@law
def test_a_door_at_which_nothing_happens_changes_nothing(seed: int) -> None:
    rulebook, events = outside(seed)
    at_ms, year_ms = events[0][0], 365 * DAY_MS
    door = of_door("0-0")
    order = OrderPlaced(Order("another", at_ms - year_ms, at_ms + year_ms))
    placed = DoorPlaced("g", ("building:1",))
    more = [(at_ms, door, placed), (at_ms, door, order), *events]
    same(Relived(rulebook).live(events).told(), Relived(rulebook).live(more).told(), seed)


class Watched(Relived):
    """Nobody is forgotten at any step."""

    def apply(self, at_ms: int, subject: Subject, event: Event) -> list[Step]:
        steps = super().apply(at_ms, subject, event)
        turn = self.turn
        for holder in (*turn.doors.values(), *turn.outages.outages, *turn.troubles.troubles):
            case = holder.case
            if case is not None:
                held_ms = case.returns_ms if case.state in ANSWERED else None
                waits = case.escalation or case.shelf or held_ms
                assert waits, f"a case that nobody is told of: {case}"
            for its in holder.in_review:
                is_over = its.state is CaseState.SIGNED_OFF  # it waits for its cause
                assert is_over or its.returns_ms, f"a report that nobody reviews: {its}"
        for household in turn.households.values():
            question = household.health.question
            for matter in (*household.requests, *((question,) if question else ())):
                assert matter.escalation or matter.returns_ms, f"nobody has it: {matter}"
        for outage in turn.outages.outages:
            silent = {lost.door_id for lost in turn.outages.lost} & {*outage.doors}
            ends = not outage.doors or outage.settles_ms or 2 * len(silent) > len(outage.doors)
            assert ends, f"an outage without end: {outage}"
        self.explained(at_ms, event)
        sealed = Counter(turn.sealed)
        assert +sealed == sealed_of(turn.doors.values())
        return steps

    def explained(self, at_ms: int, event: Event) -> None:
        """Whatever explains a silence is there, and duties end by the right clock."""
        turn = self.turn
        explains = {(its.outage_id, one) for its in turn.outages.outages for one in its.doors}
        for door in turn.doors.values():
            is_there = door.outage is None or (door.outage, door.door_id) in explains
            assert is_there, f"a silence that nothing explains any more: {door}"
        if isinstance(event, ClockCorrected):
            held = duties.held(turn.doors.values(), turn.outages, turn.troubles)
            router, rules = turn.router, turn.rulebook.rules
            news = duties.changed(router, router, held, at_ms, rules)
            assert not news, f"a duty that ends by the false clock: {news}"


@law
def test_whatever_is_open_comes_back_to_somebody(seed: int) -> None:
    print(f"MENSHEN_SEED={seed}")
    rulebook, events = outside(seed)
    assert Watched(rulebook).live(events).steps
