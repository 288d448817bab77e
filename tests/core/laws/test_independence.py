"""Neighbours: what happens at one household, or in other grids with people of their own, changes
nothing at another. Shared on purpose, and kept out of these lives: an outage and a watch that is
lost are counted over all doors; what one person has room for; who helps in all grids, and who is
told where a grid has nobody; the site's rules, clock and troubles, which both have.

MENSHEN_SEED and MENSHEN_LIVES as in test_laws.
"""

import re
from heapq import merge
from itertools import accumulate

from msgspec import json
from msgspec.structs import replace

from gateway.core.events import ClockCorrected, Event, RulesSet, StaffSet
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import Subject, SubjectKind
from tests.core.laws.relived import Outside, Relived, Told, encoded, outside
from tests.core.laws.renamed import DOORS, QUOTED, Renaming
from tests.core.laws.test_laws import law, same
from tests.core.lives.life import HOUSEHOLDS, PEOPLE

NEVER = 1_000_000
OURS = frozenset(door_id for doors in HOUSEHOLDS for door_id in doors)
PLACES = QUOTED | {"g": "k", "h": "m"}
OTHERS = Renaming(DOORS, PLACES | {name: f"b-{name}" for name in PEOPLE}, {})
IDS = re.compile(r"(?<=[a-z-])(?=[0-9]{4}(?![0-9]))")  # that a life gives, in turn
IN_ONE_GRID = frozenset({Role.WARDEN, Role.DEPUTY})  # whose duty is no other grid's


@law
def test_what_happens_at_one_household_changes_nothing_at_another(seed: int) -> None:
    rulebook, events = _apart(*outside(seed))
    ours = [it for it in events if it[1].kind is SubjectKind.SITE or it[1].id in OURS]
    assert 20 < len(ours) < len(events)
    alone, beside = Relived(rulebook).live(ours), Relived(rulebook)
    beside.live(events).until(alone.now_ms)
    alone.until(beside.now_ms)
    same(_at_ours(alone), _at_ours(beside), seed)
    for door_id in OURS:
        assert alone.turn.door(door_id) == beside.turn.door(door_id), f"MENSHEN_SEED={seed}"
        home = alone.turn.household(door_id)
        assert home == beside.turn.household(door_id), f"MENSHEN_SEED={seed}"


def _at_ours(life: Relived) -> list[Told]:
    """Who is told hangs on whom something reached, and that is known by any page."""
    return [row._replace(routed=()) for row in life.told() if row.where in OURS and row.effects]


@law
def test_other_grids_with_people_of_their_own_change_nothing(seed: int) -> None:
    rulebook, ours = _apart(*outside(seed))
    others = _of_others(seed + 1)
    assert len(others) > 20
    both = [_with_their_staff(it) for it in merge(ours, others, key=lambda it: it[0])]
    alone, beside = Relived(rulebook).live(ours), Relived(rulebook).live(both)
    end_ms = max(alone.now_ms, beside.now_ms)
    for life in (alone, beside):
        life.until(end_ms)
    same(*([row for row in life.told() if _is_ours(row)] for life in (alone, beside)), seed)
    for door_id, door in alone.turn.doors.items():
        assert door == beside.turn.door(door_id), f"MENSHEN_SEED={seed}"


def _apart(rulebook: Rulebook, events: tuple[Outside, ...]) -> tuple[Rulebook, list[Outside]]:
    """A life by a clock that goes on, in which nothing is counted over all doors and everybody has
    room for every page."""
    times = accumulate((it[0] for it in events), max)
    later = [(at_ms, its, event) for at_ms, (_, its, event) in zip(times, events, strict=True)]
    kept = [it for it in later if not isinstance(it[2], ClockCorrected)]
    return _each_for_itself(rulebook), [(at, its, _ruled(event)) for at, its, event in kept]


def _ruled(event: Event) -> Event:
    return RulesSet(_each_for_itself(event.rulebook)) if isinstance(event, RulesSet) else event


def _each_for_itself(rulebook: Rulebook) -> Rulebook:
    classes = {name: _uncounted(rules) for name, rules in rulebook.classes.items()}
    return Rulebook(_uncounted(rulebook.rules), classes)


def _uncounted(rules: Rules) -> Rules:
    never = {"outage_doors": NEVER, "blind_doors": NEVER, "pages_most": NEVER}
    return replace(rules, **never, daily_test=False)


def _of_others(seed: int) -> list[Outside]:
    """What happens at doors of other names, in other grids, to people of other names."""
    _, events = _apart(*outside(seed))
    return [
        (at_ms, Subject(its.kind, OTHERS.of(its.id)), _told_anew(event))
        for at_ms, its, event in events
        if its.kind is not SubjectKind.SITE
    ]


def _told_anew(event: Event) -> Event:
    text = OTHERS.of(IDS.sub("b", encoded(event).decode()))
    its: Event = json.decode(text, type=Event)
    return its


def _with_their_staff(it: Outside) -> Outside:
    at_ms, subject, event = it
    if not isinstance(event, StaffSet):
        return it
    theirs = {f"b-{name}": _theirs(member) for name, member in PEOPLE.items()}
    its = event.staff
    both = staff.of(its.members | theirs, list(its.shifts), list(its.overrides))
    return at_ms, subject, StaffSet(both)


def _theirs(member: Member) -> Member:
    role = member.role if member.role in IN_ONE_GRID else Role.DEPUTY
    return replace(member, grid_id=PLACES[member.grid_id], role=role)


def _is_ours(row: Told) -> bool:
    """The site's own is both's: a trouble is told to people of all grids."""
    return row.where != "" and row.where not in DOORS.values() and not row.where.startswith("b-")
