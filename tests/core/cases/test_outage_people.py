"""Outages one beside the other: what people do about one leaves the other as it is."""

import pytest

from gateway.core.cases import outages
from gateway.core.effects import (
    ActionRefused,
    CaseMoved,
    Effect,
    OutageGrew,
    OutageOver,
    PageDue,
    WatchDoubted,
)
from gateway.core.events import (
    CaseAcknowledged,
    CaseReported,
    DeadlineCame,
    DutyEnds,
    Event,
    PageReceived,
    PageWentOut,
    SealHeard,
    SealLost,
)
from gateway.core.model import CaseState
from gateway.core.outcome import Outcome
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Outages
from tests.core.actors import HOUR, MINUTE, SECOND, action_id, actor_of
from tests.core.story import NOON

RULES = Rules()
GATHER, SETTLE = RULES.outage_gather_ms, RULES.outage_settle_ms


class Power:
    """What the site knows of its seals, and all that followed."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules, self.now_ms = rules, NOON
        self.known = Outages()
        self.effects: list[Effect] = []

    def tell(self, event: Event) -> list[Effect]:
        self.known, effects = outages.step(self.known, event, self.now_ms, self.rules)
        self.effects += effects
        return list(effects)

    def after(self, ms: int) -> "Power":
        until_ms = self.now_ms + ms
        while (due_ms := outages.next_deadline(self.known)) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.tell(DeadlineCame())
        self.now_ms = until_ms
        return self

    def lost(self, stair: str, *numbers: int, doors: int = 4) -> "Power":
        for number in numbers:
            areas = ((f"stair:{stair}", doors),)
            self.tell(SealLost(f"{stair}-{number}", self.now_ms - MINUTE, areas))
        return self

    def heard(self, stair: str, *numbers: int) -> "Power":
        for number in numbers:
            self.tell(SealHeard(f"{stair}-{number}"))
        return self

    def of(self, stair: str) -> Outage:
        return next(o for o in self.known.outages if o.area == f"stair:{stair}")

    def case_id(self, stair: str) -> str:
        held = self.of(stair).case
        assert held is not None
        return held.case_id

    def state(self, stair: str) -> CaseState:
        held = self.of(stair).case
        assert held is not None
        return held.state


def two_stairs() -> Power:
    power = Power().lost("a", 0, 1, 2, 3).lost("b", 0, 1, 2, 3).after(GATHER)
    assert [(o.area, len(o.doors)) for o in power.known.outages] == [
        ("stair:b", 4),
        ("stair:a", 4),
    ]
    return power


@pytest.mark.parametrize("event", [PageWentOut, PageReceived])
def test_the_fate_of_a_page_moves_the_case_of_its_outage_and_says_where_it_is(
    event: type[PageWentOut] | type[PageReceived],
) -> None:
    power = two_stairs()
    case_id = power.case_id("a")
    who = () if event is PageWentOut else ("zhao",)
    (moved,) = power.tell(event(case_id, case_id, *who))
    assert isinstance(moved, CaseMoved)
    assert (moved.case.case_id, moved.case.state) == (case_id, CaseState.PAGED)
    assert (moved.door_id, moved.area, moved.at_ms) == ("a-0", "stair:a", power.now_ms)
    assert (power.state("a"), power.state("b")) == (CaseState.PAGED, CaseState.RAISED)
    before = power.known
    assert power.tell(event(case_id, case_id, *who)) == []
    assert power.tell(event("none", "none", *who)) == []
    assert power.known == before


def test_who_has_an_outage_hands_it_over_when_their_duty_ends() -> None:
    power = two_stairs()
    case_id = power.case_id("a")
    power.tell(CaseAcknowledged(case_id, actor_of("zhao"), action_id()))
    ends_ms = power.now_ms + 10 * MINUTE
    before = power.known
    assert power.tell(DutyEnds("none", ends_ms)) == []
    assert power.known == before
    assert power.tell(DutyEnds(case_id, ends_ms)) == []
    held = power.of("a").case
    assert held is not None
    assert held.hands_over_ms == ends_ms
    assert power.of("b") == next(o for o in before.outages if o.area == "stair:b")
    power.after(10 * MINUTE)
    assert power.state("a") is CaseState.RAISED
    (page,) = [e for e in power.effects[-1:] if isinstance(e, PageDue)]
    assert page.page_id == f"{case_id}-back-{ends_ms}"
    assert (page.door_id, page.to) == ("a-0", ""), "nobody of those who went home"


def test_a_case_that_nobody_holds_is_refused_and_remembered() -> None:
    power = two_stairs()
    taken = CaseAcknowledged("none", actor_of("zhao"), "one")
    assert power.tell(taken) == [ActionRefused("none", "one", "no_such_case")]
    assert [(r.action_id, r.refusal) for r in power.known.recent] == [("one", "no_such_case")]
    assert power.tell(taken) == [ActionRefused("none", "one", "repeated")]
    assert len(power.known.recent) == 1


def test_one_more_that_falls_silent_joins_the_outage_of_its_area_and_no_other() -> None:
    power = two_stairs().lost("a", 4)
    grew = [e for e in power.effects if isinstance(e, OutageGrew)]
    assert grew == [OutageGrew(power.of("a").outage_id, ("a-0", "a-1", "a-2", "a-3", "a-4"), "a-4")]
    assert len(power.of("b").doors) == 4
    assert power.known.gathered_ms is None, "it is explained"
    power.lost("a", 4)
    assert len([e for e in power.effects if isinstance(e, OutageGrew)]) == 1
    assert len([lost for lost in power.known.lost if lost.door_id == "a-4"]) == 1
    power.lost("c", 0)
    assert power.known.gathered_ms == power.now_ms + GATHER


def test_half_of_its_doors_must_be_heard_for_a_while_and_then_it_is_over() -> None:
    power = two_stairs().after(MINUTE)
    power.heard("a", 3)
    assert power.of("a").settles_ms is None
    power.heard("a", 1)
    assert power.of("a").settles_ms == power.now_ms + SETTLE
    assert power.of("b").settles_ms is None
    settles_ms = power.now_ms + SETTLE
    power.after(SECOND).heard("a", 0)
    assert power.of("a").settles_ms == settles_ms, "it settles since half of them are heard"
    power.after(SECOND).lost("a", 0)
    assert power.of("a").settles_ms == power.now_ms + SETTLE, "it must settle anew"
    power.lost("a", 1)
    assert power.of("a").settles_ms is None
    power.heard("a", 1).after(SETTLE)
    (over,) = [e for e in power.effects if isinstance(e, OutageOver)]
    assert (over.doors, over.still_silent) == (("a-0", "a-1", "a-2", "a-3"), ("a-0", "a-2"))
    assert [o.area for o in power.known.outages] == ["stair:b"], "nobody had taken it"
    moved = [e for e in power.effects if isinstance(e, CaseMoved)][-1]
    assert (moved.case.outcome, moved.door_id, moved.area) == (
        Reason.HEARD_AGAIN,
        "a-0",
        "stair:a",
    )


def test_one_that_somebody_has_stays_until_that_is_reported_and_takes_no_more_doors() -> None:
    power = two_stairs()
    case_id = power.case_id("a")
    power.tell(CaseAcknowledged(case_id, actor_of("zhao"), action_id()))
    power.heard("a", 0, 1, 2, 3).after(SETTLE)
    held = power.of("a").case
    assert held is not None
    assert (held.state, held.cleared_ms) == (CaseState.ACKNOWLEDGED, power.now_ms)
    assert (power.of("a").doors, power.of("a").settles_ms) == ((), None)
    power.lost("a", 0)
    assert power.of("a").doors == ()
    assert power.known.gathered_ms is not None, "another outage, if there are more"
    power.tell(CaseReported(case_id, actor_of("zhao"), action_id(), outcome=Outcome.SUPPLY))
    assert power.of("a").in_review != ()


def test_enough_lost_seals_raise_the_question_whether_the_site_is_blind() -> None:
    power = Power().lost("a", 0, 1)
    assert power.known.looked_ms is None
    power.lost("a", 2)
    assert power.known.looked_ms == NOON + GATHER
    power.after(GATHER)
    looks = [e for e in power.effects if isinstance(e, WatchDoubted)]
    assert len(looks) == 1
    assert power.known.looked_ms == power.now_ms + outages.LOOK_EVERY_MS
    power.after(MINUTE).heard("a", 2)
    assert power.known.looked_ms == power.now_ms + GATHER, "soon, and no later than it was"
    power.after(GATHER)
    assert power.known.looked_ms is None, "so few are lost"
    power.lost("a", 2).after(GATHER)
    later_ms = power.now_ms + outages.LOOK_EVERY_MS
    power.after(outages.LOOK_EVERY_MS - SECOND).heard("b", 0)
    assert power.known.looked_ms == later_ms


def test_an_outage_is_named_by_when_it_was_found_and_its_page_says_since_when() -> None:
    power = Power()
    power.lost("a", 0).after(MINUTE).lost("a", 1, 2).after(MINUTE)
    (outage,) = power.known.outages
    assert outage.outage_id == f"outage-{NOON + GATHER}-0"
    assert (outage.since_ms, outage.first_door) == (NOON - MINUTE, "a-0")
    assert outage.case is not None
    assert outage.case.since_ms == NOON - MINUTE
    assert outages.of_case(power.known, outage.outage_id) == outage
    power.lost("b", 0, 1, 2).after(GATHER)
    assert power.known.outages[1].outage_id == f"outage-{power.now_ms}-1"


def test_what_an_outage_explains_is_not_counted_for_another() -> None:
    power = two_stairs()
    wide = (("stair:a", 5), ("building:1", 9))
    power.tell(SealLost("a-9", power.now_ms, wide))
    power.after(HOUR)
    assert [o.area for o in power.known.outages] == ["stair:b", "stair:a"]


def test_so_many_outages_at_a_time_and_no_more() -> None:
    power = Power(Rules(outage_doors=1))
    for number in range(outages.OUTAGES_MAX + 3):
        power.lost(f"s{number}", 0, doors=1)
    power.after(GATHER)
    assert len(power.known.outages) == outages.OUTAGES_MAX
