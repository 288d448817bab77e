"""Does a page come through? Tests that people ask for, the daily one, and who is lost."""

from typing import Any

from gateway.core.cases import troubles
from gateway.core.events import (
    Event,
    PageTestAnswered,
    PageTestAsked,
    PersonDue,
    PersonReached,
    RulesSet,
    StaffSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.paging import person as people
from gateway.core.paging import routing, staff
from gateway.core.paging.person import ASKED_MAX, ASKED_WINDOW_MS, TEST_MS, AskedTest, DailyTest
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook, Rules
from gateway.core.site import SiteState, SiteTurn, Step
from gateway.core.subject import SITE

NOW_MS = 1_780_000_000_000
DAY_MS = 86_400_000
TEAM = {
    "wang": Member("g", Role.WARDEN, (1, 2)),
    "qian": Member("g", Role.WARDEN, (3,), of_texts=True),
    "hub": Member("g", Role.CENTRE, (4,)),
    "mute": Member("g", Role.WARDEN),
}


class Site:
    """A site of people, to which things are told."""

    def __init__(self, **rules: Any) -> None:
        self.state = SiteState(Rulebook())
        self.tell(RulesSet(Rulebook(Rules(**rules))))
        self.tell(StaffSet(staff.of(TEAM, [], [])))

    def tell(self, event: Event, now_ms: int = NOW_MS) -> list[Step]:
        turn = SiteTurn(self.state)
        steps = turn.apply(now_ms, SITE, event)
        self.state.adopt(turn)
        return steps

    def goes(self, to_ms: int) -> list[tuple[int, Step]]:
        """Time goes on, and everybody's time comes."""
        found: list[tuple[int, Step]] = []
        while True:
            waits = {who: self.state.person_due_ms(who) for who in self.state.router.people}
            due = sorted((at_ms, who) for who, at_ms in waits.items() if at_ms is not None)
            if not due or due[0][0] > to_ms:
                return found
            at_ms, who = due[0]
            found += [(at_ms, step) for step in self.tell(PersonDue(who), at_ms)]

    def is_lost(self, warden_id: str) -> bool:
        return troubles.is_present(self.state.troubles, Reason.UNREACHED, people.code(warden_id))


def sent(steps: list[Step]) -> list[tuple[str, object]]:
    """What went out to people."""
    out = [routed for step in steps for routed in step.routed]
    return [
        (each.warden_id, each.content) for each in out if isinstance(each, routing.Notification)
    ]


def test_a_test_page_goes_out_at_once_and_is_rationed_for_each_person() -> None:
    site = Site()
    asked = [site.tell(PageTestAsked("wang", f"t{n}"), NOW_MS + n) for n in range(ASKED_MAX + 1)]
    assert [sent(steps) for steps in asked] == [
        *([("wang", AskedTest(f"t{n}"))] for n in range(ASKED_MAX)),
        [],
    ]
    assert [steps[0].changed for steps in asked] == [*[True] * ASKED_MAX, False]
    assert sent(site.tell(PageTestAsked("hub", "t9"))) == [("hub", AskedTest("t9"))]
    later_ms = NOW_MS + ASKED_WINDOW_MS
    assert sent(site.tell(PageTestAsked("wang", "t10"), later_ms)) != []
    assert sent(site.tell(PageTestAsked("wang", "t11"), later_ms)) == []


def test_nobody_is_asked_who_has_no_channel_or_is_not_there() -> None:
    site = Site()
    for who in ("mute", "nobody"):
        (step,) = site.tell(PageTestAsked(who, "t"))
        assert (step.changed, step.routed) == (False, ())


def test_a_test_page_is_no_case_and_takes_no_place_of_a_page() -> None:
    site = Site(pages_most=2)
    before = site.state.router.people["wang"]
    site.tell(PageTestAsked("wang", "t"))
    after = site.state.router.people["wang"]
    assert (after.sent, after.queued, after.working) == (before.sent, before.queued, True)
    assert site.state.troubles.troubles == ()


def test_whom_nothing_reaches_for_long_is_a_trouble_and_what_comes_through_ends_it() -> None:
    site = Site(unreached_ms=DAY_MS)
    first_ms = people.next_test_ms("wang", NOW_MS, Rules())
    site.goes(first_ms + TEST_MS)
    assert not site.state.router.people["wang"].working
    assert site.state.router.people["wang"].unreached_ms == first_ms
    assert not site.is_lost("wang")
    later = site.goes(first_ms + DAY_MS)
    began = [(at_ms, step.event) for at_ms, step in later if isinstance(step.event, TroubleBegan)]
    code = people.code("wang")
    assert (first_ms + DAY_MS, TroubleBegan(Reason.UNREACHED, code, DAY_MS)) in began
    assert site.is_lost("wang")
    site.goes(first_ms + 3 * DAY_MS)  # it is told once
    assert site.is_lost("wang")

    steps = site.tell(PageTestAnswered("t", "s", "wang"), first_ms + 3 * DAY_MS)
    assert TroubleEnded(Reason.UNREACHED, code) in [step.event for step in steps]
    assert site.state.router.people["wang"].working
    assert not site.is_lost("wang")


def test_who_is_reached_in_time_or_leaves_is_nobody_s_trouble() -> None:
    site = Site()
    first_ms = people.next_test_ms("wang", NOW_MS, Rules())
    site.goes(first_ms + TEST_MS)
    site.tell(PersonReached("wang"), first_ms + TEST_MS + 1)
    assert site.state.router.people["wang"].lost_ms is None
    site.goes(first_ms + 3 * DAY_MS)
    assert site.is_lost("wang")  # since then nothing came
    site.tell(StaffSet(staff.of({"hub": TEAM["hub"]}, [], [])), first_ms + 3 * DAY_MS)
    assert not site.is_lost("wang")


def test_the_daily_test_can_be_off_and_can_spare_those_who_would_read_it() -> None:
    def tested(**rules: Any) -> dict[str, DailyTest]:
        site = Site(**rules)
        found = sent([step for _, step in site.goes(NOW_MS + DAY_MS)])
        return {who: what for who, what in found if isinstance(what, DailyTest)}

    assert set(tested()) == {"wang", "qian", "hub", "mute"}
    assert all(test.texts for test in tested().values())
    spared = tested(daily_test_texts=False)
    assert set(spared) == {"wang", "hub", "mute"}
    assert not any(test.texts for test in spared.values())
    assert tested(daily_test=False) == {}


def test_who_was_spared_is_not_held_for_unreachable() -> None:
    site = Site(daily_test_texts=False)
    site.goes(NOW_MS + 4 * DAY_MS)
    assert site.state.router.people["qian"].working
    assert not site.state.router.people["wang"].working
