"""From a rung to the people on duty: who is told, who waits, who is passed over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import ladder, staff, switchboard
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.model import Case, CaseState
from gateway.core.people import TEST_MS, DailyTest, Tell, TellGroup
from gateway.core.reason import Reason
from gateway.core.rota import Cover, Role, Shift
from gateway.core.rules import Rules
from gateway.core.staff import Member
from gateway.core.switchboard import EVERYBODY_MAX, Ring, SitePage

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


class Desk:
    """A switchboard, and what goes out of it: "wang first" is wang by their first channel."""

    def __init__(self, team: Team, shifts: Any = (), covers: Any = (), lost: Any = ()) -> None:
        its = staff.of(team, list(shifts), list(covers))
        self.board = switchboard.of(staff.Staff())
        self.step(StaffSet(its))
        for who in lost:
            gone = msgspec.structs.replace(self.board.people[who], working=False)
            self.board = msgspec.structs.replace(
                self.board, people={**self.board.people, who: gone}
            )

    def step(self, event: Event, now_ms: int = NOW_MS) -> list[str]:
        self.board, goes = switchboard.step(self.board, event, now_ms, RULES)
        return [_said(one) for one in goes]

    def told(self, page: PageDue, now_ms: int = NOW_MS, grid: str = "g") -> list[str]:
        self.board, goes = switchboard.follow(self.board, page, "d", grid, now_ms, RULES)
        assert goes[0] == SitePage(page, "d")
        return [_said(one) for one in goes[1:]]

    def due(self, now_ms: int) -> list[str]:
        """Everybody whose time has come."""
        waits = {who: switchboard.next_deadline(self.board, who) for who in self.board.people}
        due = sorted(who for who, at_ms in waits.items() if at_ms is not None and at_ms <= now_ms)
        return [said for who in due for said in self.step(PersonDue(who), now_ms)]


def _said(one: switchboard.Goes) -> str:
    if isinstance(one, SitePage):
        return f"site {one.page.reason}"
    match one:
        case Ring(who, Tell(call=call)):
            return f"{who} {call.ways}" + (f" {call.reason}" if not call.case_id else "")
        case Ring(who, TellGroup(cases=cases, breaches=breaches)):
            return f"{who} {cases} of which {breaches}"
        case Ring(who, DailyTest()):
            return f"{who} test"
    raise AssertionError(one)


def page(reason: Reason = Reason.NO_PERMIT, rung: int = 0, number: int = 1) -> PageDue:
    return PageDue(f"p{number}", f"c{number}", reason, NOW_MS, rung)


def test_each_rung_tells_its_people_by_its_channels() -> None:
    desk = Desk(TEAM)
    told = [desk.told(page(rung=rung)) for rung in range(5)]
    assert told == [["wang first"], ["wang other"], ["li all"], ["chen all"], ["hub all"]]


def test_faults_go_to_the_installer_first() -> None:
    desk = Desk(TEAM)
    assert desk.told(page(Reason.SILENT)) == ["fix all"]
    assert desk.told(page(Reason.SILENT, 1)) == ["chen all"]


def test_the_second_channel_of_one_who_has_only_one_tells_nobody() -> None:
    desk = Desk({"wang": Member("g", channels=(1,)), "li": TEAM["li"]})
    assert [desk.told(page(rung=rung)) for rung in range(3)] == [["wang first"], [], ["li all"]]


def test_a_rung_of_nobody_falls_to_the_next_at_once_and_does_not_tell_them_twice() -> None:
    desk = Desk(TEAM, covers=[Cover("wang", 0, NOW_MS + 1)])
    told = [desk.told(page(rung=rung)) for rung in range(4)]
    assert told == [["li all"], [], [], ["chen all"]]


def test_who_cannot_be_reached_or_has_no_channel_is_passed_over() -> None:
    assert Desk(TEAM, lost=["wang"]).told(page()) == ["li all"]
    mute = TEAM | {"wang": Member("g")}
    assert Desk(mute, lost=["li"]).told(page()) == ["chen all"]


def test_somebody_is_always_told() -> None:
    assert Desk(TEAM, lost=TEAM).told(page()) == [f"{who} all" for who in sorted(TEAM)]
    far: Team = {f"far{n:03}": Member("h", channels=(1,)) for n in range(EVERYBODY_MAX + 9)}
    assert len(Desk(far).told(page())) == EVERYBODY_MAX
    assert Desk(far | {"head": Member("h", Role.CAPTAIN, (1,))}).told(page()) == ["head all"]
    assert Desk({}).told(page()) == []


def test_the_one_on_shift_is_told_and_their_cover_instead_of_them() -> None:
    team = TEAM | {"zhao": Member("g", channels=BOTH)}
    shifts = [Shift("g", Role.WARDEN, "wang", 127, 0, 1_440)]
    assert Desk(team, shifts).told(page()) == ["wang first"]
    covers = [Cover("wang", 0, NOW_MS + 1, "zhao")]
    assert Desk(team, shifts, covers).told(page()) == ["zhao first"]


def test_the_canary_goes_to_its_own_grid_even_if_that_cannot_be_reached() -> None:
    assert Desk(TEAM, lost=["wang"]).told(page(Reason.CANARY)) == ["wang all"]


def full() -> Desk:
    """Wang has had as many pages as anybody may have."""
    desk = Desk(TEAM)
    for number in range(RULES.pages_most):
        assert desk.told(page(number=number)) == ["wang first"]
    return desk


def test_beyond_the_limit_pages_wait_and_go_out_as_one() -> None:
    desk = full()
    assert desk.told(page(number=100)) == []
    assert desk.told(page(Reason.REFUSALS, number=101)) == []
    assert desk.board.holding == {"wang"}
    assert desk.due(NOW_MS + RULES.pages_window_ms) == ["wang 2 of which 1"]
    assert not desk.board.holding
    group_id = desk.board.people["wang"].group_id
    about = switchboard.grouped(desk.board, group_id, "wang")
    assert [(call.page_id, call.case_id) for call in about] == [("p100", "c100"), ("p101", "c101")]
    assert switchboard.grouped(desk.board, "another page", "wang") == ()
    assert switchboard.grouped(desk.board, group_id, "nobody") == ()


def test_what_was_taken_meanwhile_is_not_told() -> None:
    desk = full()
    desk.told(page(number=100))
    taken = Case("c100", Reason.NO_PERMIT, CaseState.ACKNOWLEDGED, NOW_MS)
    climbs = msgspec.structs.replace(taken, ladder=ladder.Ladder("p", taken.reason, 0, 0))
    for case, holding in ((climbs, {"wang"}), (taken, set())):
        moved = CaseMoved(case, NOW_MS)
        desk.board, _ = switchboard.follow(desk.board, moved, "d", "g", NOW_MS, RULES)
        assert desk.board.holding == holding
    assert desk.due(NOW_MS + RULES.pages_window_ms) == []


def test_a_switchboard_that_is_thrown_away_has_told_nobody() -> None:
    desk = Desk(TEAM)
    before, people_before = desk.board, dict(desk.board.people)
    desk.told(page())
    assert desk.board is not before
    assert before.people == people_before


@pytest.fixture
def tested() -> tuple[Desk, int]:
    """Wang's daily test has just gone out; nobody else's is today's matter."""
    desk = Desk({who: TEAM[who] for who in ("wang", "li", "chen")})
    at_ms = desk.board.people["wang"].test_ms
    assert at_ms is not None
    for who in ("li", "chen"):
        later = msgspec.structs.replace(desk.board.people[who], test_ms=at_ms + DAY_MS)
        desk.board = msgspec.structs.replace(desk.board, people={**desk.board.people, who: later})
    assert desk.due(at_ms) == ["wang test"]
    return desk, at_ms


def test_a_test_passes_when_anything_arrives(tested: tuple[Desk, int]) -> None:
    desk, at_ms = tested
    assert switchboard.doubts(desk.board, "wang")
    assert not switchboard.doubts(desk.board, "li")
    assert not switchboard.doubts(desk.board, "nobody")
    assert desk.step(PersonReached("wang")) == []
    assert not switchboard.doubts(desk.board, "wang")
    assert desk.due(at_ms + TEST_MS) == []
    assert desk.board.people["wang"].working


def test_a_test_that_nobody_took_is_told_to_the_captain_once(tested: tuple[Desk, int]) -> None:
    desk, at_ms = tested
    board, goes = switchboard.step(desk.board, PersonDue("wang"), at_ms + TEST_MS, RULES)
    site, ring = goes
    assert isinstance(site, SitePage)
    assert (site.page.reason, site.door_id) == (Reason.UNREACHABLE, "")
    assert "wang" not in site.page.page_id  # it leaves the house
    assert _said(ring) == "chen all unreachable"
    desk.board = board
    assert desk.due(at_ms + TEST_MS) == []
    assert desk.told(page()) == ["li all"]
    desk.step(PersonReached("wang"))
    assert desk.told(page(number=2)) == ["wang first"]


def test_new_channels_of_one_who_could_not_be_reached_are_tested_at_once() -> None:
    desk = Desk(TEAM, lost=["wang"])
    others = TEAM | {"wang": Member("g", channels=(3,)), "li": Member("g", Role.DEPUTY, (3,))}
    desk.step(StaffSet(staff.of(others, [], [])), NOW_MS + 1)
    assert switchboard.next_deadline(desk.board, "wang") == NOW_MS + 1
    assert desk.due(NOW_MS + 1) == ["wang test"], "li can be reached, and is not tested"


def test_one_who_has_left_is_told_nothing_and_comes_back_as_they_were() -> None:
    desk = full()
    desk.told(page(number=100))
    before = desk.board.people["wang"]
    desk.step(StaffSet(staff.of({"li": TEAM["li"]}, [], [])))
    assert desk.told(page(number=101)) == ["li all"]
    assert switchboard.next_deadline(desk.board, "wang") is None
    assert desk.due(NOW_MS + RULES.pages_window_ms) == []
    desk.step(StaffSet(staff.of(TEAM, [], [])))
    assert desk.board.people["wang"] == before


def test_an_event_that_is_not_the_switchboards_is_our_own_mistake() -> None:
    with pytest.raises(TypeError):
        Desk(TEAM).step(StaffSet)  # type: ignore[arg-type]


def test_a_staff_is_the_same_in_whatever_order_it_was_written() -> None:
    shifts = [Shift("g", Role.WARDEN, who, 127, 0, 60) for who in ("wang", "li")]
    covers = [Cover("wang", at_ms, at_ms + 5) for at_ms in (20, 10)]
    one = staff.of(TEAM, shifts, covers)
    other = staff.of(dict(reversed(TEAM.items())), shifts[::-1], covers[::-1])
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    assert staff.byte_of("webhook", "http://a") != staff.byte_of("webhook", "http://b")


def climbing(reason: Reason, taken_ms: int | None) -> list[tuple[int, PageDue]]:
    """A case that nobody acknowledges, or somebody after a time: every page of it."""
    case = Case("c", reason, CaseState.RAISED, NOW_MS)
    case, pages = ladder.begin(case, "p", reason, NOW_MS, NOW_MS, (), RULES)
    found = [(NOW_MS, one) for one in pages]
    while case.ladder is not None and case.ladder.next_ms < NOW_MS + 3_600_000:
        now_ms = case.ladder.next_ms
        if taken_ms is not None and now_ms >= taken_ms:
            case = msgspec.structs.replace(case, ladder=None, state=CaseState.ACKNOWLEDGED)
            break
        case, pages = ladder.climb(case, now_ms, RULES)
        found += [(now_ms, one) for one in pages]
    return found  # type: ignore[return-value]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 3_600_000), min_size=1_000, max_size=1_000))
def test_a_thousand_alarms_reach_every_rung_in_order_and_in_time(taken: list[int]) -> None:
    waits = [0, RULES.second_ms, RULES.deputy_ms, RULES.captain_ms, RULES.centre_ms]
    withheld = climbing(Reason.NO_PERMIT, None)
    rounds = [withheld[n : n + 5] for n in range(0, len(withheld), 5)]
    for number, pages in enumerate(rounds):
        began_ms = NOW_MS + number * RULES.again_ms
        assert [at_ms - began_ms for at_ms, _ in pages] == waits[: len(pages)]
        assert [one.rung for _, one in pages] == list(range(len(pages)))
        assert {one.page_id for _, one in pages} == {"p" if not number else f"p-r{number}"}
    assert len(rounds) == 8
    for after_ms in taken:
        stopped = climbing(Reason.NO_PERMIT, NOW_MS + after_ms)
        expected = [one for one in withheld if one[0] < NOW_MS + max(1, after_ms)]
        assert stopped == expected
