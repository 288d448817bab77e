"""Until when those who have a case are on duty: to whom it is said, and when it is news."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import CENTRE, Actor, actor_of
from gateway.core.effects import CaseMoved, OpeningEnded
from gateway.core.events import DutyEnds
from gateway.core.model import Case, CaseState, Door
from gateway.core.paging import duties, routing, staff
from gateway.core.paging.routing import Router
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member, Staff
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Outages, Trouble, Troubles
from gateway.core.subject import SITE, of_door
from tests.core.story import HOUR, MINUTE, NOON

RULES = Rules()
DOOR = of_door("d")
MEMBERS = {"chen": Member("g", Role.WARDEN, (1,)), "li": Member("g", Role.WARDEN, (2,))}
BY_DAY = Shift("g", Role.WARDEN, "chen", 127, 480, 1_080)  # 08:00 to 18:00
SIX = NOON + 6 * HOUR
TAKEN = Case("c", Reason.NO_PERMIT, CaseState.ACKNOWLEDGED, NOON, moved_by=actor_of("chen"))


def people(*shifts: Shift, away: tuple[Override, ...] = (), without: str = "") -> Router:
    members = {name: member for name, member in MEMBERS.items() if name != without}
    return routing.of(staff.of(members, list(shifts), list(away)))


def taken(its: Case, by: Actor | None, router: Router | None = None) -> duties.News:
    moved = CaseMoved(its, NOON, by)
    return duties.taken(router or people(BY_DAY), DOOR, moved, NOON, RULES)


def test_who_takes_a_case_has_it_until_their_duty_ends() -> None:
    for state in (CaseState.ACKNOWLEDGED, CaseState.ON_SITE):
        its = replace(TAKEN, state=state)
        assert taken(its, actor_of("chen")) == [(DOOR, DutyEnds("c", SIX))]


@pytest.mark.parametrize("state", [CaseState.RAISED, CaseState.PAGED, CaseState.REPORTED])
def test_a_case_that_nobody_has_ends_no_duty(state: CaseState) -> None:
    assert taken(replace(TAKEN, state=state), actor_of("chen")) == []


def test_a_rule_and_the_centre_have_no_duty_and_what_is_known_is_no_news() -> None:
    assert taken(TAKEN, None) == []
    assert taken(replace(TAKEN, moved_by=CENTRE), CENTRE) == []
    assert taken(replace(TAKEN, moved_by=None), actor_of("chen")) == []
    assert taken(replace(TAKEN, hands_over_ms=SIX), actor_of("chen")) == []
    shut = OpeningEnded("o", NOON, NOON, 0)
    assert duties.taken(people(BY_DAY), DOOR, shut, NOON, RULES) == []


def test_a_duty_without_an_end_is_said_where_an_end_was_known() -> None:
    always = people()
    assert taken(TAKEN, actor_of("chen"), always) == []
    known = replace(TAKEN, hands_over_ms=SIX)
    assert taken(known, actor_of("chen"), always) == [(DOOR, DutyEnds("c", None))]


def test_every_open_case_is_held_by_its_door_or_by_the_site() -> None:
    outages = Outages(
        outages=(Outage("o", "site", NOON, "d", case=TAKEN), Outage("p", "x", 1, "d"))
    )
    known = (Trouble("t", Reason.TWIN, "", NOON, case=TAKEN), Trouble("u", Reason.TWIN, "", NOON))
    doors = [Door("d", case=TAKEN), Door("e")]
    assert duties.held(doors, outages, Troubles(known)) == [
        (DOOR, TAKEN),
        (SITE, TAKEN),
        (SITE, TAKEN),
    ]


def changed(before: Router, now: Router, its: Case = TAKEN) -> list[int | None]:
    news = duties.changed(now, before, [(DOOR, its)], NOON, RULES)
    assert all(subject == DOOR for subject, _ in news)
    return [event.at_ms for _, event in news if isinstance(event, DutyEnds)]


def test_another_plan_moves_the_end_of_a_duty() -> None:
    longer = replace(BY_DAY, to_min=1_200)
    known = replace(TAKEN, hands_over_ms=SIX)
    assert changed(people(BY_DAY), people(longer), known) == [SIX + 2 * HOUR]
    assert changed(people(BY_DAY), people(BY_DAY), known) == []
    assert changed(people(BY_DAY), people(), known) == [None]


def test_who_has_no_duty_any_more_hands_over_now() -> None:
    early = replace(BY_DAY, to_min=660)
    assert changed(people(BY_DAY), people(early)) == [NOON]
    assert changed(people(), people(without="chen")) == [NOON]
    away = Override("chen", NOON - MINUTE, NOON + HOUR, "li")
    assert changed(people(), people(away=(away,))) == [NOON]


def test_who_had_no_duty_before_keeps_what_they_helped_with() -> None:
    night = replace(BY_DAY, from_min=0, to_min=60)
    assert changed(people(night), people(night)) == []
    assert changed(people(night), people(replace(night, to_min=90))) == []
    nobody = routing.of(Staff())
    assert changed(nobody, nobody) == []
