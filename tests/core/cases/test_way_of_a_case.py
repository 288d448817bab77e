"""What a case remembers on its way: who, when, until when; and what joins it or outlives it."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import CENTRE
from gateway.core.cases import case as cases
from gateway.core.cases import deeds
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import CaseShelved, OrderPlaced
from gateway.core.model import (
    CaseState,
    Escalation,
    Order,
    Policy,
    SecondaryFault,
    Shelf,
    Unreported,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Trouble
from tests.core.actors import action_id
from tests.core.cases.held_cases import (
    BREACH,
    DOOR,
    ESCALATION,
    FAULT,
    LATER,
    LI,
    RULES,
    SHELF,
    SINCE,
    WANG,
    S,
    by,
    case,
    holding,
)
from tests.core.story import DAY, HOUR, MINUTE, NOON, SECOND, Story

# Raised, and raised again.


def test_the_first_case_of_a_door_says_all_about_it() -> None:
    door, (moved, page) = cases.raise_case(
        replace(DOOR, last_case="before"), BREACH, "c", NOON, SINCE, RULES
    )
    assert door.case == case(
        refers_to="before",
        escalation=Escalation("c", BREACH, SINCE, NOON + 30 * SECOND, 1, began_ms=NOON),
    )
    assert door.last_case == "c"
    assert moved == CaseMoved(door.case, NOON)
    assert page == PageDue("c", "c", BREACH, SINCE)


def test_a_case_that_is_raised_again_is_nobodys_any_more() -> None:
    had = case(
        state=S.ON_SITE,
        moved_by=WANG,
        cleared_ms=NOON,
        shelf=SHELF,
        returns_ms=LATER,
        hands_over_ms=LATER,
        acted_ms=NOON,
    )
    door, (_, page) = cases.raise_case(holding(had), Reason.FOUND_OPEN, "p2", LATER, NOON, RULES)
    assert door.case == case(
        Reason.FOUND_OPEN,
        openings=2,
        raised_again_ms=LATER,
        acted_ms=NOON,
        escalation=Escalation(
            "p2", Reason.FOUND_OPEN, NOON, LATER + 30 * SECOND, 1, began_ms=LATER
        ),
    )
    assert page == PageDue("p2", "c", Reason.FOUND_OPEN, NOON)


def test_what_is_no_breach_leaves_a_case_on_its_shelf_and_tells_nobody() -> None:
    door, effects = cases.raise_case(
        holding(case(Reason.REFUSALS, shelf=SHELF)), Reason.CANARY_MISSED, "p", LATER, NOON, RULES
    )
    assert [type(effect) for effect in effects] == [CaseMoved]
    assert door.case is not None
    assert (door.case.shelf, door.case.escalation) == (SHELF, None)


def test_tampering_stays_what_matters_most() -> None:
    locked = case(Reason.COVER_TAMPER, locked=True)
    door, (_, page) = cases.raise_case(holding(locked), BREACH, "p", LATER, NOON, RULES)
    assert door.case is not None
    assert (door.case.reason, door.case.locked) == (Reason.COVER_TAMPER, True)
    assert page == PageDue("p", "c", BREACH, NOON), "the page says what happened now"
    door, _ = cases.raise_case(holding(case()), Reason.MAGNET_TAMPER, "p", LATER, NOON, RULES)
    assert door.case is not None
    assert (door.case.reason, door.case.locked) == (Reason.MAGNET_TAMPER, True)


@pytest.mark.parametrize(
    ("first", "then", "joins_quietly"),
    [
        (BREACH, FAULT, True),
        (BREACH, Reason.REFUSALS, True),
        (BREACH, Reason.FOUND_OPEN, False),
        (FAULT, BREACH, False),
        (FAULT, Reason.SILENT, False),
        (Reason.REFUSALS, FAULT, False),
        (Reason.SILENT_AFTER_OPENING, FAULT, True),
        (Reason.SILENT_AFTER_OPENING, BREACH, False),
        (Reason.SILENT_AFTER_OPENING, Reason.REFUSALS, False),
    ],
)
def test_what_matters_less_is_told_beside_it(
    first: Reason, then: Reason, joins_quietly: bool
) -> None:
    held = case(first, escalation=replace(ESCALATION, reason=first))
    door, effects = cases.raise_case(holding(held), then, "p2", LATER, NOON, RULES)
    assert door.case is not None
    assert door.case.openings == 2
    if joins_quietly:
        assert (door.case.reason, door.case.escalation) == (first, held.escalation)
        assert effects == (CaseMoved(replace(held, openings=2, secondary=(
            SecondaryFault("p2", then, NOON, LATER),
        )), LATER), PageDue("p2", "c", then, NOON))  # fmt: skip
        assert door.case.secondary == ()
    else:
        assert door.case.reason is then


def test_a_fault_beside_a_breach_waits_for_the_day_and_one_of_a_reason_waits() -> None:
    night_ms = NOON + 10 * HOUR
    door = holding(case())
    for number, (reason, since_ms) in enumerate(
        [(FAULT, NOON), (Reason.SILENT, NOON + 1), (FAULT, NOON + 2)]
    ):
        door, effects = cases.raise_case(door, reason, f"p{number}", night_ms, since_ms, RULES)
        assert [type(effect) for effect in effects] == [CaseMoved]
    assert door.case is not None
    morning_ms = NOON + 20 * HOUR
    assert door.case.secondary == (
        SecondaryFault("p1", Reason.SILENT, NOON + 1, morning_ms),
        SecondaryFault("p2", FAULT, NOON + 2, morning_ms),
    )
    assert (cases.secondary_ms(door.case), cases.secondary_ms(case())) == (morning_ms, None)
    later = replace(door.case.secondary[0], told_ms=morning_ms + 1)
    held = replace(door.case, secondary=(later, door.case.secondary[1]))
    assert cases.secondary_ms(held) == morning_ms
    door, pages = cases.page_secondary(holding(held), held, morning_ms, morning_ms, RULES)
    assert pages == (PageDue("p2", "c", FAULT, NOON + 2),)
    assert door.case is not None
    assert door.case.secondary == (later,)


# Taken, reported, reviewed.


@pytest.mark.parametrize(
    ("reason", "state", "wait_ms"),
    [
        (BREACH, S.ACKNOWLEDGED, RULES.taken_ms),
        (BREACH, S.ON_SITE, RULES.on_site_ms),
        (Reason.TWIN, S.ACKNOWLEDGED, RULES.on_site_ms),
        (FAULT, S.ACKNOWLEDGED, RULES.fault_taken_ms),
        (FAULT, S.ON_SITE, RULES.fault_taken_ms),
        (Reason.FLOOD, S.ACKNOWLEDGED, RULES.fault_taken_ms),
    ],
)
def test_who_has_it_has_it_for_so_long(reason: Reason, state: CaseState, wait_ms: int) -> None:
    held = case(reason, escalation=ESCALATION, shelf=SHELF, hands_over_ms=NOON)
    attribution = by(done_ms=LATER - MINUTE)
    door, (moved,) = deeds.answer(holding(held), held, state, attribution, RULES)
    assert door.case == case(
        reason, state, moved_by=WANG, acted_ms=LATER - MINUTE, returns_ms=LATER + wait_ms
    )
    assert moved == CaseMoved(door.case, LATER, WANG, LATER - MINUTE)


def test_news_of_before_does_not_set_the_time_back_at_which_somebody_acted() -> None:
    held = case(acted_ms=LATER)
    door, (moved,) = deeds.answer(
        holding(held), held, S.ON_SITE, by(done_ms=NOON, now_ms=LATER + 1), RULES
    )
    assert door.case is not None
    assert door.case.acted_ms == LATER
    assert isinstance(moved, CaseMoved)
    assert (moved.at_ms, moved.done_ms) == (LATER + 1, NOON)


def test_what_is_reported_waits_for_its_review_and_the_door_is_free() -> None:
    held = case(
        state=S.ON_SITE, moved_by=LI, escalation=ESCALATION, shelf=SHELF, hands_over_ms=NOON
    )
    door, (moved,) = deeds.report(
        holding(held), held, {"outcome": "lawful", "despite_seal": True}, by(), RULES
    )
    (reported,) = door.in_review
    assert reported == case(
        state=S.REPORTED,
        unreported=Unreported(
            held.state,
            held.moved_by,
            held.shelf,
            held.returns_ms,
            held.hands_over_ms,
            by().done_ms,
        ),
        reported_by=WANG,
        outcome="lawful",
        despite_seal=True,
        acted_ms=LATER,
        returns_ms=LATER + RULES.review_ms,
    )
    assert moved == CaseMoved(reported, LATER, WANG)
    assert door.case is None


def test_where_nobody_signs_off_the_report_is_the_end_once_it_is_over() -> None:
    rules = Rules(sign_off=False)
    for cleared_ms, ends in ((None, False), (NOON, True)):
        held = case(state=S.ON_SITE, cleared_ms=cleared_ms)
        door, effects = deeds.report(
            holding(held), held, {"outcome": "lawful", "despite_seal": False}, by(), rules
        )
        states = [effect.case.state for effect in effects]  # type: ignore[union-attr]
        assert states == ([S.SIGNED_OFF, S.CLOSED] if ends else [S.SIGNED_OFF])
        assert [waits.returns_ms for waits in door.in_review] == ([] if ends else [None])
        assert all(effect.by == WANG for effect in effects)  # type: ignore[union-attr]


def test_a_fault_that_nobody_was_told_of_becomes_a_case_of_its_own() -> None:
    faults = (
        SecondaryFault("p1", FAULT, NOON, LATER + HOUR, over=True),
        SecondaryFault("p2", Reason.SILENT, NOON + 1, LATER + HOUR),
    )
    held = case(state=S.ON_SITE, secondary=faults)
    door, effects = deeds.report(
        holding(held), held, {"outcome": "lawful", "despite_seal": False}, by(), RULES
    )
    assert door.in_review[0].secondary == ()
    assert door.case is not None
    assert (door.case.case_id, door.case.reason, door.case.openings) == ("p1", Reason.SILENT, 2)
    assert (door.case.raised_ms, door.case.refers_to) == (LATER, "c")
    cleared = [e.case.cleared_ms for e in effects if isinstance(e, CaseMoved)]
    assert LATER in cleared, "the first was over already"
    assert [page.page_id for page in effects if isinstance(page, PageDue)] == ["p1", "p2"]


def test_so_many_wait_for_their_review_and_the_oldest_closes() -> None:
    waiting = tuple(
        replace(case(state=S.REPORTED), case_id=f"r{n}") for n in range(cases.IN_REVIEW_MAX)
    )
    held = case(state=S.ON_SITE)
    door, (moved, closed) = deeds.report(
        holding(held, *waiting), held, {"outcome": "lawful", "despite_seal": False}, by(), RULES
    )
    assert len(door.in_review) == cases.IN_REVIEW_MAX
    assert (door.in_review[0].case_id, door.in_review[-1].case_id) == ("r1", "c")
    assert closed == CaseMoved(replace(waiting[0], state=S.CLOSED), LATER)
    assert isinstance(moved, CaseMoved)


def test_a_review_goes_on_and_closes_with_the_last_word_when_it_is_over() -> None:
    other = replace(case(state=S.REPORTED), case_id="other")
    held = case(state=S.REPORTED, returns_ms=NOON, reported_by=WANG)
    door = holding(None, held, other)
    door, (assessed,) = deeds.review(door, held, S.ASSESSED, by(LI), RULES)
    (its, kept) = door.in_review
    assert its == replace(
        held, state=S.ASSESSED, moved_by=LI, acted_ms=LATER, returns_ms=LATER + RULES.review_ms
    )
    assert (kept, assessed) == (other, CaseMoved(its, LATER, LI))
    door, (signed,) = deeds.review(door, its, S.SIGNED_OFF, by(CENTRE), RULES)
    assert isinstance(signed, CaseMoved)
    assert (signed.case.returns_ms, signed.case.state) == (None, S.SIGNED_OFF)
    assert len(door.in_review) == 2, "it goes on still"
    door, (closed,) = cases.cleared(door, frozenset({BREACH}), LATER + 1)
    assert [waits.cleared_ms for waits in door.in_review] == [LATER + 1]
    assert closed == CaseMoved(
        replace(signed.case, state=S.CLOSED, cleared_ms=LATER + 1), LATER + 1
    )


# Anything holds a case; only a door has quiet hours.


@pytest.mark.parametrize("holder", [Outage("o", "site", NOON, "d"), Trouble("t", BREACH, "", NOON)])
def test_outages_and_troubles_hold_cases_like_doors(holder: Outage | Trouble) -> None:
    held, (_, page) = cases.raise_case(holder, Reason.TWIN, "c", NOON, SINCE, RULES)
    assert page == PageDue("c", "c", Reason.TWIN, SINCE)
    assert cases.find(held, "c") == held.case
    ended, (moved,) = cases.end_by_rule(held, held.case, Reason.TROUBLE_OVER, LATER)  # type: ignore[type-var, arg-type]
    assert ended.case is None
    assert isinstance(moved, CaseMoved)
    assert (moved.case.state, moved.case.outcome) == (S.CLOSED, Reason.TROUBLE_OVER)
    assert (moved.case.escalation, moved.at_ms) == (None, LATER)


def test_a_rule_that_ends_a_case_leaves_nothing_of_it_waiting() -> None:
    held = case(
        escalation=ESCALATION, shelf=SHELF, secondary=(SecondaryFault("p", FAULT, NOON, LATER),)
    )
    door, (moved,) = cases.end_by_rule(holding(held), held, Reason.ORDER_OVER, LATER)
    assert moved == CaseMoved(case(state=S.CLOSED, outcome=Reason.ORDER_OVER), LATER)
    assert door.case is None


def test_a_case_is_found_open_or_in_review_by_its_id() -> None:
    reported = replace(case(state=S.REPORTED), case_id="r")
    door = holding(case(), reported)
    assert cases.find(door, "c") == door.case
    assert cases.find(door, "r") is reported
    assert cases.find(door, "x") is cases.find(holding(None), "c") is None


def test_a_fault_in_quiet_hours_beside_a_breach_waits_for_their_end() -> None:
    story = Story()
    policy = Policy(quiet=((12 * 60, 13 * 60),))
    story.tell(OrderPlaced(Order("order-1", NOON - DAY, NOON + DAY, policy)))
    for _ in range(3):
        story.opens()
        story.after(5 * SECOND).shuts()
        story.after(5 * SECOND)
    assert story.door.case is not None
    (fault,) = story.door.case.secondary
    assert (fault.reason, fault.told_ms) == (FAULT, NOON + HOUR)


@pytest.mark.parametrize("until_ms", [NOON, NOON - 1])
def test_the_end_of_a_shelf_lies_ahead(until_ms: int) -> None:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    shelved = CaseShelved(case_id, WANG, action_id(), why="later", until_ms=until_ms)
    (refused,) = story.tell(shelved)
    assert refused.refusal == "until_past"  # type: ignore[union-attr]
    again = CaseShelved(case_id, WANG, action_id(), why="later", until_ms=NOON + 1)
    assert story.tell(again) != []
    assert story.door.case is not None
    assert story.door.case.shelf == Shelf(WANG, "later", NOON + 1)
