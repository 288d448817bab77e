"""Whom a page goes to, and what the router knows of them afterwards."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.cases.escalation import Ways
from gateway.core.effects import CaseMoved, OpeningEnded, PageDue
from gateway.core.events import PersonDue, PersonReached, StaffSet
from gateway.core.model import Case, CaseState, Escalation
from gateway.core.paging import person as people
from gateway.core.paging import routing, staff
from gateway.core.paging.person import Person, PersonalPage, SinglePage
from gateway.core.paging.routing import EVERYBODY_MAX, Notification, Router, SitePage
from gateway.core.paging.schedule import WHOLE_SITE, Override, Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON

RULES = Rules()
BREACH = Reason.NO_PERMIT
TEAM = {
    "chen": Member("g", Role.WARDEN, (1, 2)),
    "li": Member("g", Role.DEPUTY, (3,)),
    "sun": Member("h", Role.CENTRE, (4,)),
    "wang": Member("g", Role.CAPTAIN, (5,)),
    "zhao": Member("h", Role.INSTALLER, (6,)),
}


def router(team: dict[str, Member] | None = None, away: tuple[Override, ...] = ()) -> Router:
    its = routing.of(staff.of({}, [], []))
    event = StaffSet(staff.of(TEAM if team is None else team, [], list(away)))
    return routing.step(its, event, NOON, RULES)[0]


def page(reason: Reason = BREACH, step_index: int = 0, to: str = "") -> PageDue:
    return PageDue("p", "c", reason, NOON - MINUTE, step_index, to=to)


def told(its: Router, due: PageDue, grid_id: str = "g") -> list[tuple[str, Ways]]:
    _, routed = routing.follow(its, due, "d", grid_id, NOON, RULES)
    return [
        (out.warden_id, out.content.page.ways)
        for out in routed
        if isinstance(out, Notification) and isinstance(out.content, SinglePage)
    ]


def lost(its: Router, *names: str) -> Router:
    changed = {name: replace(its.people[name], working=False) for name in names}
    return replace(its, people=its.people | changed)


def test_a_page_says_to_each_what_it_is_about_and_to_the_site_first() -> None:
    its, routed = routing.follow(router(), page(), "d", "g", NOON, RULES)
    personal = PersonalPage("p", "c", "d", BREACH, NOON - MINUTE, Ways.FIRST)
    told = Notification("chen", SinglePage(personal), step_index=0, role=Role.WARDEN)
    assert routed == (SitePage(page(), "d"), told)
    assert its.people["chen"].sent[0].page_id == "p"
    assert its.people["li"] == router().people["li"]


def test_a_step_of_which_nobody_can_be_told_falls_to_the_next() -> None:
    its = router()
    assert told(its, page()) == [("chen", Ways.FIRST)]
    assert told(lost(its, "chen"), page()) == [("li", Ways.ALL)]
    assert told(lost(its, "chen", "li"), page()) == [("wang", Ways.ALL)]
    assert told(its, page(step_index=4)) == [("sun", Ways.ALL)], "of another grid: there is one"
    assert told(its, page(step_index=9)) == [("sun", Ways.ALL)], "the last, beyond the last"
    every = lost(its, *TEAM)
    assert [who for who, _ in told(every, page())] == ["chen", "li", "wang"], "all of the grid"


def test_who_had_it_is_told_by_every_channel_unless_they_are_away_or_not_reached() -> None:
    assert told(router(), page(to="li")) == [("li", Ways.ALL)]
    assert told(router(), page(to="nobody")) == [("chen", Ways.FIRST)]
    assert told(lost(router(), "li"), page(to="li")) == [("chen", Ways.FIRST)]
    away = Override("li", NOON, NOON + HOUR, "wang")
    assert told(router(away=(away,)), page(to="li")) == [("chen", Ways.FIRST)]
    back = Override("li", NOON - HOUR, NOON, "wang")
    assert told(router(away=(back,)), page(to="li")) == [("li", Ways.ALL)]


def test_the_canary_is_for_the_wardens_of_its_grid_and_nobody_else() -> None:
    canary = page(Reason.CANARY)
    assert told(lost(router(), "chen"), canary) == [("chen", Ways.ALL)]
    assert told(router(), canary, "h") == []


def test_a_grid_of_nobody_is_the_captains_and_the_centres_else_anybodys() -> None:
    assert [who for who, _ in told(router(), page(), "empty")] == ["sun"]
    few = {name: TEAM[name] for name in ("chen", "li", "wang")}
    assert told(router(few), page(), "empty") == [("wang", Ways.ALL)]
    two = {name: TEAM[name] for name in ("chen", "li")}
    assert [who for who, _ in told(router(two), page(), "empty")] == ["chen", "li"]
    mute = {"chen": Member("g"), "li": TEAM["li"]}
    assert [who for who, _ in told(router(mute), page(), "empty")] == ["li"]
    assert told(router({}), page()) == []


def test_what_concerns_the_whole_site_goes_to_every_grid() -> None:
    team = TEAM | {"xu": Member("h", Role.CAPTAIN, (9,))}
    captains = told(router(team), page(Reason.TWIN), WHOLE_SITE)
    assert captains == [("wang", Ways.ALL), ("xu", Ways.ALL)]


def test_so_many_are_told_at_once_and_no_more() -> None:
    crowd = {f"w{n:03}": Member("g", Role.WARDEN, (1,)) for n in range(EVERYBODY_MAX + 5)}
    assert len(told(router(crowd), page())) == EVERYBODY_MAX
    assert len(told(lost(router(crowd), *crowd), page())) == EVERYBODY_MAX


def test_who_helps_everywhere_is_not_hidden_by_one_of_the_grid_whom_nothing_reaches() -> None:
    fault = page(Reason.CHATTER)
    for mute in (Member("g", Role.INSTALLER), Member("g", Role.CENTRE)):
        its = router(TEAM | {"mute": mute})
        assert told(its, fault) == [("zhao", Ways.ALL)]
        assert told(its, page(step_index=4)) == [("sun", Ways.ALL)]
    near = TEAM | {"near": Member("g", Role.INSTALLER, (7,))}
    assert told(router(near), fault) == [("near", Ways.ALL)], "those of the grid, where any is"
    assert told(lost(router(near), "near"), fault) == [("zhao", Ways.ALL)]
    assert told(lost(router(near), "near", "zhao"), fault) == [("wang", Ways.ALL)]
    mute_captain = router(TEAM | {"wang": Member("g", Role.CAPTAIN)})
    assert told(mute_captain, page(step_index=3)) == [("sun", Ways.ALL)], "a captain does not help"


def rung(team: dict[str, Member]) -> Router:
    """The first step was told."""
    return routing.follow(router(team), page(), "d", "g", NOON, RULES)[0]


def test_other_channels_are_used_where_somebody_has_some() -> None:
    assert told(rung(TEAM), page(step_index=1)) == [("chen", Ways.OTHER)]
    one = rung(TEAM | {"chen": Member("g", Role.WARDEN, (1,))})
    assert told(one, page(step_index=1)) == []


def test_of_two_wardens_the_one_with_a_second_channel_is_told_by_it() -> None:
    team = TEAM | {"bo": Member("g", Role.WARDEN, (1,)), "du": Member("g", Role.WARDEN, (1, 2))}
    both = [("chen", Ways.OTHER), ("du", Ways.OTHER)]
    assert told(rung(team), page(step_index=1)) == both


@pytest.mark.parametrize("channels", [(7,), (7, 8)])
def test_whose_duty_began_between_two_steps_is_told_by_every_channel(
    channels: tuple[int, ...],
) -> None:
    its = rung(TEAM)
    others = {"bo": Member("g", Role.WARDEN, channels)} | {
        name: member for name, member in TEAM.items() if name != "chen"
    }
    its, _ = routing.step(its, StaffSet(staff.of(others, [], [])), NOON, RULES)
    assert told(its, page(step_index=1)) == [("bo", Ways.ALL)]


# What waits for somebody.


def waiting() -> Router:
    """One page may ring in ten minutes; a second waits for Chen."""
    rules = Rules(pages_most=1)
    its, _ = routing.follow(router(), page(), "d", "g", NOON, rules)
    later = PageDue("q", "k", BREACH, NOON)
    return routing.follow(its, later, "e", "g", NOON, rules)[0]


def moved(case_id: str, *, is_told: bool = False) -> CaseMoved:
    escalation = Escalation("q", BREACH, NOON, NOON) if is_told else None
    case = Case(case_id, BREACH, CaseState.ACKNOWLEDGED, NOON, escalation=escalation)
    return CaseMoved(case, NOON)


def test_what_somebody_took_is_not_waited_for_and_all_else_is() -> None:
    its = waiting()
    assert its.waiting == frozenset({"chen"})
    for other in (moved("another"), moved("k", is_told=True), OpeningEnded("o", NOON, NOON, 0)):
        same, routed = routing.follow(its, other, "e", "g", NOON, RULES)
        assert (same.people, routed) == (its.people, ())
    taken, routed = routing.follow(its, moved("k"), "e", "g", NOON, RULES)
    assert routed == ()
    assert taken.waiting == frozenset()
    assert taken.people["chen"].queued == ()


def test_a_fault_beside_a_breach_that_somebody_took_still_waits_for_who_mends_it() -> None:
    rules = Rules(pages_most=1)
    its, _ = routing.follow(router(), page(Reason.CHATTER), "d", "g", NOON, rules)
    fault = PageDue("k-silent", "k", Reason.SILENT, NOON)
    its, _ = routing.follow(its, fault, "e", "g", NOON, rules)
    for case in (moved("k").case, replace(moved("k").case, state=CaseState.REPORTED)):
        its, _ = routing.follow(its, CaseMoved(case, NOON), "e", "g", NOON, rules)
        assert [waits.reason for waits in its.people["zhao"].queued] == [Reason.SILENT]
    closed = replace(moved("k").case, state=CaseState.CLOSED)
    signed_off = replace(closed, reported_by=actor_of("chen"))
    left, _ = routing.follow(its, CaseMoved(signed_off, NOON), "e", "g", NOON, rules)
    assert left.waiting == frozenset({"zhao"}), "who went there mends no seal"
    by_rule, _ = routing.follow(its, CaseMoved(closed, NOON), "e", "g", NOON, rules)
    assert by_rule.waiting == frozenset()
    own = replace(moved("k").case, reason=Reason.SILENT)
    answered, _ = routing.follow(its, CaseMoved(own, NOON), "e", "g", NOON, rules)
    assert answered.waiting == frozenset(), "it was the case itself"


def test_who_waits_is_known_after_a_restart() -> None:
    its = waiting()
    again = routing.of(its.staff, its.people.values())
    assert again.waiting == frozenset({"chen"})
    named = replace(its.people["chen"], queued=(), more=3)
    assert routing.of(its.staff, [named]).waiting == frozenset({"chen"})


def test_a_grouped_page_is_about_what_stood_in_it() -> None:
    its = waiting()
    group_id = its.people["chen"].group_id
    (about,) = routing.grouped(its, group_id, "chen")
    assert (about.page_id, about.case_id, about.door_id) == ("q", "k", "e")
    assert routing.grouped(its, "another", "chen") == routing.grouped(its, group_id, "x") == ()


# Tests of the phones.


def test_somebodys_time_is_served_for_those_who_are_on_the_staff() -> None:
    its = router()
    test_ms = routing.next_deadline(its, "chen")
    assert test_ms == its.people["chen"].test_ms
    assert routing.next_deadline(its, "nobody") is None
    left, _ = routing.step(its, StaffSet(staff.of({}, [], [])), NOON, RULES)
    assert routing.next_deadline(left, "chen") is None
    assert "chen" in left.people


def test_who_did_not_get_the_test_is_told_to_the_captain_of_their_grid() -> None:
    its = router()
    failing = replace(its.people["chen"], fails_ms=NOON, test_ms=NOON + DAY)
    its = replace(its, people=its.people | {"chen": failing})
    assert routing.is_unverified(its, "chen")
    assert not routing.is_unverified(its, "li")
    assert not routing.is_unverified(its, "nobody")
    its, (site_page, out) = routing.step(its, PersonDue("chen"), NOON, RULES)
    assert isinstance(site_page, SitePage)
    assert isinstance(out, Notification)
    expected = PageDue(site_page.page.page_id, "", Reason.UNREACHABLE, NOON)
    assert site_page == SitePage(expected, "")
    assert out.warden_id == "wang"
    assert out.content == SinglePage(
        PersonalPage(expected.page_id, "", "", Reason.UNREACHABLE, NOON)
    )
    assert not its.people["chen"].working
    again, routed = routing.step(its, PersonReached("chen"), NOON, RULES)
    assert (again.people["chen"].working, routed) == (True, ())
    assert routing.step(again, PersonReached("chen"), NOON, RULES) == (again, ())


def test_new_channels_of_one_who_was_not_reached_are_tested_at_once() -> None:
    its = lost(router(), "chen", "li")
    team = TEAM | {"chen": Member("g", Role.WARDEN, (7,)), "sun": Member("h", Role.CENTRE, (8,))}
    after, routed = routing.step(its, StaffSet(staff.of(team, [], [])), NOON + MINUTE, RULES)
    assert routed == ()
    assert after.people["chen"].test_ms == NOON + MINUTE
    for same in ("li", "sun", "wang"):
        assert after.people[same] == its.people[same]
    newcomer, _ = routing.step(
        after, StaffSet(staff.of({"xu": TEAM["li"]}, [], [])), NOON + HOUR, RULES
    )
    assert newcomer.people["xu"] == people.new("xu", NOON + HOUR, RULES)
    assert newcomer.people["xu"] != Person("xu")


def test_who_has_a_grids_duty_now_the_lowest_first_and_nobody_twice() -> None:
    leave = Override("li", NOON - HOUR, NOON, "wang")
    on_call = router(away=(leave,)).schedule
    everybody = ("chen", "li", "wang", "sun", "zhao")
    assert routing.duty_of(on_call, "g", NOON, RULES) == everybody, "the leave is over"
    during = routing.duty_of(on_call, "g", NOON - 1, RULES)
    assert during == ("chen", "wang", "sun", "zhao"), "the captain stands for the deputy"
    assert "chen" not in routing.duty_of(on_call, "h", NOON, RULES)
