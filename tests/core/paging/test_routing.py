"""From a step to the people on duty: who is told, who waits, who is passed over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.cases import escalation
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.model import Case, CaseState
from gateway.core.paging import routing, staff
from gateway.core.paging.person import TEST_MS, DailyTest, GroupedPage, SinglePage
from gateway.core.paging.routing import EVERYBODY_MAX, Notification, SitePage
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

RULES = Rules()
NOW_MS = 1_780_000_000_000
DAY_MS = 86_400_000
BOTH = (1, 2)  # two channels
Team = dict[str, Member]
TEAM: Team = {
    "wang": Member("g", Role.WARDEN, BOTH),
    "li": Member("g", Role.DEPUTY, BOTH),
    "chen": Member("g", Role.CAPTAIN, BOTH),
    "hub": Member("g", Role.CENTRE, BOTH),
    "fix": Member("g", Role.INSTALLER, BOTH),
}


class Pager:
    """A router, and what goes out of it: "wang first" is wang by their first channel."""

    def __init__(self, team: Team, shifts: Any = (), overrides: Any = (), lost: Any = ()) -> None:
        its = staff.of(team, list(shifts), list(overrides))
        self.router = routing.of(staff.Staff())
        self.step(StaffSet(its))
        for who in lost:
            gone = msgspec.structs.replace(self.router.people[who], working=False)
            self.router = msgspec.structs.replace(
                self.router, people={**self.router.people, who: gone}
            )

    def step(self, event: Event, now_ms: int = NOW_MS) -> list[str]:
        self.router, routed = routing.step(self.router, event, now_ms, RULES)
        return [_said(one) for one in routed]

    def sent(self, page: PageDue, now_ms: int = NOW_MS, grid: str = "g") -> list[str]:
        self.router, routed = routing.follow(self.router, page, "d", grid, now_ms, RULES)
        assert routed[0] == SitePage(page, "d")
        return [_said(one) for one in routed[1:]]

    def due(self, now_ms: int) -> list[str]:
        """Everybody whose time has come."""
        waits = {who: routing.next_deadline(self.router, who) for who in self.router.people}
        due = sorted(who for who, at_ms in waits.items() if at_ms is not None and at_ms <= now_ms)
        return [said for who in due for said in self.step(PersonDue(who), now_ms)]


def _said(one: routing.Routed) -> str:
    if isinstance(one, SitePage):
        return f"site {one.page.reason}"
    match one:
        case Notification(who, SinglePage(page=personal_page)):
            return f"{who} {personal_page.ways}" + (
                f" {personal_page.reason}" if not personal_page.case_id else ""
            )
        case Notification(who, GroupedPage(cases=cases, breaches=breaches)):
            return f"{who} {cases} of which {breaches}" + ("" if one.content.rings else " quietly")
        case Notification(who, DailyTest()):
            return f"{who} test"
    raise AssertionError(one)


def page(reason: Reason = Reason.NO_PERMIT, step_index: int = 0, number: int = 1) -> PageDue:
    return PageDue(f"p{number}", f"c{number}", reason, NOW_MS, step_index)


def test_each_step_tells_its_people_by_its_channels() -> None:
    bench = Pager(TEAM)
    told = [bench.sent(page(step_index=step_index)) for step_index in range(5)]
    assert told == [["wang first"], ["wang other"], ["li all"], ["chen all"], ["hub all"]]


def test_faults_go_to_the_installer_first() -> None:
    bench = Pager(TEAM)
    assert bench.sent(page(Reason.SILENT)) == ["fix all"]
    assert bench.sent(page(Reason.SILENT, 1)) == ["chen all"]


def test_the_second_channel_of_one_who_has_only_one_tells_nobody() -> None:
    bench = Pager({"wang": Member("g", channels=(1,)), "li": TEAM["li"]})
    assert [bench.sent(page(step_index=step_index)) for step_index in range(3)] == [
        ["wang first"],
        [],
        ["li all"],
    ]


def test_a_step_of_nobody_falls_to_the_next_at_once_and_does_not_tell_them_twice() -> None:
    bench = Pager(TEAM, overrides=[Override("wang", 0, NOW_MS + 1)])
    told = [bench.sent(page(step_index=step_index)) for step_index in range(4)]
    assert told == [["li all"], [], [], ["chen all"]]


def test_who_cannot_be_reached_or_has_no_channel_is_passed_over() -> None:
    assert Pager(TEAM, lost=["wang"]).sent(page()) == ["li all"]
    mute = TEAM | {"wang": Member("g")}
    assert Pager(mute, lost=["li"]).sent(page()) == ["chen all"]


def test_somebody_is_always_told() -> None:
    assert Pager(TEAM, lost=TEAM).sent(page()) == [f"{who} all" for who in sorted(TEAM)]
    far: Team = {f"far{n:03}": Member("h", channels=(1,)) for n in range(EVERYBODY_MAX + 9)}
    assert len(Pager(far).sent(page())) == EVERYBODY_MAX
    assert Pager(far | {"head": Member("h", Role.CAPTAIN, (1,))}).sent(page()) == ["head all"]
    assert Pager({}).sent(page()) == []


def test_the_one_on_shift_is_told_and_their_cover_instead_of_them() -> None:
    team = TEAM | {"zhao": Member("g", channels=BOTH)}
    shifts = [Shift("g", Role.WARDEN, "wang", 127, 0, 1_440)]
    assert Pager(team, shifts).sent(page()) == ["wang first"]
    overrides = [Override("wang", 0, NOW_MS + 1, "zhao")]
    assert Pager(team, shifts, overrides).sent(page()) == ["zhao first"]


def test_the_canary_goes_to_its_own_grid_even_if_that_cannot_be_reached() -> None:
    assert Pager(TEAM, lost=["wang"]).sent(page(Reason.CANARY)) == ["wang all"]


def full() -> Pager:
    """Wang has had as many pages as anybody may have."""
    bench = Pager(TEAM)
    for number in range(RULES.pages_most):
        assert bench.sent(page(number=number)) == ["wang first"]
    return bench


def test_i16_beyond_the_limit_pages_stand_in_one_at_once_which_rings_later() -> None:
    bench = full()
    assert bench.sent(page(number=100)) == ["wang 1 of which 1 quietly"]
    assert bench.sent(page(Reason.REFUSALS, number=101)) == ["wang 2 of which 1 quietly"]
    assert bench.router.waiting == {"wang"}
    assert bench.due(NOW_MS + RULES.pages_window_ms) == ["wang 2 of which 1"]
    assert not bench.router.waiting
    group_id = bench.router.people["wang"].group_id
    about = routing.grouped(bench.router, group_id, "wang")
    assert [(personal_page.page_id, personal_page.case_id) for personal_page in about] == [
        ("p100", "c100"),
        ("p101", "c101"),
    ]
    assert routing.grouped(bench.router, "another page", "wang") == ()
    assert routing.grouped(bench.router, group_id, "nobody") == ()


def test_what_was_taken_meanwhile_is_not_told() -> None:
    bench = full()
    bench.sent(page(number=100))
    taken = Case("c100", Reason.NO_PERMIT, CaseState.ACKNOWLEDGED, NOW_MS)
    escalations = msgspec.structs.replace(
        taken, escalation=escalation.Escalation("p", taken.reason, 0, 0)
    )
    for case, waiting in ((escalations, {"wang"}), (taken, set())):
        moved = CaseMoved(case, NOW_MS)
        bench.router, _ = routing.follow(bench.router, moved, "d", "g", NOW_MS, RULES)
        assert bench.router.waiting == waiting
    assert bench.due(NOW_MS + RULES.pages_window_ms) == []


def test_a_router_that_is_thrown_away_has_told_nobody() -> None:
    bench = Pager(TEAM)
    before, people_before = bench.router, dict(bench.router.people)
    bench.sent(page())
    assert bench.router is not before
    assert before.people == people_before


@pytest.fixture
def tested() -> tuple[Pager, int]:
    """Wang's daily test has just gone out; nobody else's is today's matter."""
    bench = Pager({who: TEAM[who] for who in ("wang", "li", "chen")})
    at_ms = bench.router.people["wang"].test_ms
    assert at_ms is not None
    for who in ("li", "chen"):
        later = msgspec.structs.replace(bench.router.people[who], test_ms=at_ms + DAY_MS)
        bench.router = msgspec.structs.replace(
            bench.router, people={**bench.router.people, who: later}
        )
    assert bench.due(at_ms) == ["wang test"]
    return bench, at_ms


def test_a_test_passes_when_anything_arrives(tested: tuple[Pager, int]) -> None:
    bench, at_ms = tested
    assert routing.is_unverified(bench.router, "wang")
    assert not routing.is_unverified(bench.router, "li")
    assert not routing.is_unverified(bench.router, "nobody")
    assert bench.step(PersonReached("wang")) == []
    assert not routing.is_unverified(bench.router, "wang")
    assert bench.due(at_ms + TEST_MS) == []
    assert bench.router.people["wang"].working


def test_a_test_that_nobody_took_is_told_to_the_captain_once(tested: tuple[Pager, int]) -> None:
    bench, at_ms = tested
    router, routed = routing.step(bench.router, PersonDue("wang"), at_ms + TEST_MS, RULES)
    site, notification = routed
    assert isinstance(site, SitePage)
    assert (site.page.reason, site.door_id) == (Reason.UNREACHABLE, "")
    assert "wang" not in site.page.page_id  # it leaves the house
    assert _said(notification) == "chen all unreachable"
    bench.router = router
    assert bench.due(at_ms + TEST_MS) == []
    assert bench.sent(page()) == ["li all"]
    bench.step(PersonReached("wang"))
    assert bench.sent(page(number=2)) == ["wang first"]


def test_new_channels_of_one_who_could_not_be_reached_are_tested_at_once() -> None:
    bench = Pager(TEAM, lost=["wang"])
    others = TEAM | {"wang": Member("g", channels=(3,)), "li": Member("g", Role.DEPUTY, (3,))}
    bench.step(StaffSet(staff.of(others, [], [])), NOW_MS + 1)
    assert routing.next_deadline(bench.router, "wang") == NOW_MS + 1
    assert bench.due(NOW_MS + 1) == ["wang test"], "li can be reached, and is not tested"


def test_one_who_has_left_is_told_nothing_and_comes_back_as_they_were() -> None:
    bench = full()
    bench.sent(page(number=100))
    before = bench.router.people["wang"]
    bench.step(StaffSet(staff.of({"li": TEAM["li"]}, [], [])))
    assert bench.sent(page(number=101)) == ["li all"]
    assert routing.next_deadline(bench.router, "wang") is None
    assert bench.due(NOW_MS + RULES.pages_window_ms) == []
    bench.step(StaffSet(staff.of(TEAM, [], [])))
    assert bench.router.people["wang"] == before


def test_an_event_that_is_not_the_switchboards_is_our_own_mistake() -> None:
    with pytest.raises(TypeError):
        Pager(TEAM).step(StaffSet)  # type: ignore[arg-type]


def test_a_staff_is_the_same_in_whatever_order_it_was_written() -> None:
    shifts = [Shift("g", Role.WARDEN, who, 127, 0, 60) for who in ("wang", "li")]
    overrides = [Override("wang", at_ms, at_ms + 5) for at_ms in (20, 10)]
    one = staff.of(TEAM, shifts, overrides)
    other = staff.of(dict(reversed(TEAM.items())), shifts[::-1], overrides[::-1])
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    assert staff.byte_of("webhook", "http://a") != staff.byte_of("webhook", "http://b")


def escalating(reason: Reason, taken_ms: int | None) -> list[tuple[int, PageDue]]:
    """A case that nobody acknowledges, or somebody after a time: every page of it."""
    case = Case("c", reason, CaseState.RAISED, NOW_MS)
    case, pages = escalation.begin(case, "p", reason, NOW_MS, NOW_MS, (), RULES)
    found = [(NOW_MS, one) for one in pages]
    while case.escalation is not None and case.escalation.next_ms < NOW_MS + 3_600_000:
        now_ms = case.escalation.next_ms
        if taken_ms is not None and now_ms >= taken_ms:
            case = msgspec.structs.replace(case, escalation=None, state=CaseState.ACKNOWLEDGED)
            break
        case, pages = escalation.escalate(case, now_ms, RULES)
        found += [(now_ms, one) for one in pages]
    return found  # type: ignore[return-value]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 3_600_000), min_size=1_000, max_size=1_000))
def test_a_thousand_alarms_reach_every_step_in_order_and_in_time(taken: list[int]) -> None:
    waits = [0, RULES.second_ms, RULES.deputy_ms, RULES.captain_ms, RULES.centre_ms]
    withheld = escalating(Reason.NO_PERMIT, None)
    rounds = [withheld[n : n + 5] for n in range(0, len(withheld), 5)]
    for number, pages in enumerate(rounds):
        began_ms = NOW_MS + number * RULES.again_ms
        assert [at_ms - began_ms for at_ms, _ in pages] == waits[: len(pages)]
        assert [one.step_index for _, one in pages] == list(range(len(pages)))
        assert {one.page_id for _, one in pages} == {"p" if not number else f"p-r{number}"}
    assert len(rounds) == 8
    for after_ms in taken:
        stopped = escalating(Reason.NO_PERMIT, NOW_MS + after_ms)
        expected = [one for one in withheld if one[0] < NOW_MS + max(1, after_ms)]
        assert stopped == expected
