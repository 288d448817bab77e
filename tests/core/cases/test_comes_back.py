"""What is over, what is put aside, what comes back to whom, and what waits for its review."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import CENTRE
from gateway.core.cases import case as cases
from gateway.core.cases import deeds
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import DutyEnds
from gateway.core.model import (
    CaseState,
    SecondaryFault,
    Shelf,
)
from gateway.core.reasons import Reason
from tests.core.cases.held_cases import (
    BREACH,
    ESCALATION,
    FAULT,
    LATER,
    RULES,
    SHELF,
    SINCE,
    WANG,
    S,
    by,
    case,
    holding,
)
from tests.core.story import DAY, HOUR, MINUTE, NOON

# Over, and not over after all.


def test_what_is_over_is_so_once_and_only_what_it_was_raised_for() -> None:
    held = case()
    door, (moved,) = cases.cleared(holding(held), frozenset({BREACH}), LATER)
    assert door.case == replace(held, cleared_ms=LATER)
    assert moved == CaseMoved(door.case, LATER)
    assert cases.cleared(door, frozenset({BREACH}), LATER + 1) == (door, ())
    untouched = holding(held, replace(held, case_id="r", state=S.REPORTED))
    assert cases.cleared(untouched, frozenset({FAULT}), LATER) == (untouched, ())


def test_a_fault_beside_a_breach_may_be_over_before_anybody_was_told() -> None:
    fault = SecondaryFault("p", FAULT, NOON, LATER)
    silent = SecondaryFault("q", Reason.SILENT, NOON, LATER)
    door, effects = cases.cleared(
        holding(case(secondary=(fault, silent))), frozenset({FAULT}), LATER
    )
    assert effects == ()
    assert door.case is not None
    assert door.case.secondary == (replace(fault, over=True), silent)
    door, _ = cases.cleared(door, frozenset({Reason.SILENT}), LATER)
    assert [it.over for it in door.case.secondary] == [True, True]  # type: ignore[union-attr]


def test_what_seemed_over_and_goes_on_is_not() -> None:
    over = case(cleared_ms=NOON)
    door, (moved,) = cases.goes_on(holding(over), LATER)
    assert door.case == replace(over, cleared_ms=None)
    assert moved == CaseMoved(door.case, LATER)
    for its in (None, case(), case(FAULT, cleared_ms=NOON)):
        assert cases.goes_on(holding(its), LATER) == (holding(its), ())


# The shelf, and who comes back.


def test_it_is_put_aside_with_name_reason_and_end_for_a_shift_at_most() -> None:
    held = case(escalation=ESCALATION, acted_ms=NOON)
    for until_ms in (LATER + MINUTE, LATER + DAY):
        door, (moved,) = deeds.shelve(holding(held), held, "why", until_ms, by(), RULES)
        assert door.case is not None
        ends_ms = min(until_ms, LATER + RULES.shelf_ms)
        assert door.case == replace(
            held, shelf=Shelf(WANG, "why", ends_ms), escalation=None, acted_ms=LATER
        )
        assert moved == CaseMoved(door.case, LATER, WANG)
        assert cases.shelf_ms(door.case) == ends_ms
    late, _ = deeds.shelve(holding(held), held, "why", LATER, by(done_ms=NOON - 9), RULES)
    assert late.case is not None
    assert late.case.acted_ms == NOON
    assert cases.shelf_ms(held) is None


@pytest.mark.parametrize("state", [S.RAISED, S.PAGED, S.ACKNOWLEDGED, S.ON_SITE])
def test_from_the_shelf_it_comes_to_whoever_must_be_told(state: CaseState) -> None:
    held = case(state=state, shelf=SHELF)
    door, effects = cases.unshelve(holding(held), held, SHELF.ends_ms, LATER, RULES)
    assert door.case is not None
    assert door.case.shelf is None
    pages = [effect for effect in effects if isinstance(effect, PageDue)]
    has_somebody = state in (S.ACKNOWLEDGED, S.ON_SITE)
    page = PageDue(f"c-shelf-{SHELF.ends_ms}", "c", BREACH, SINCE)
    assert pages == ([] if has_somebody else [page])
    assert effects[0] == CaseMoved(door.case, LATER)


def test_a_taken_case_comes_back_at_the_first_of_its_times_and_not_from_the_shelf() -> None:
    taken = case(state=S.ACKNOWLEDGED, returns_ms=LATER, hands_over_ms=LATER + 1)
    assert cases.taken_back_ms(taken) == LATER
    assert cases.taken_back_ms(replace(taken, returns_ms=None)) == LATER + 1
    assert cases.taken_back_ms(replace(taken, shelf=SHELF)) is None
    assert cases.taken_back_ms(replace(taken, state=S.RAISED)) is None


@pytest.mark.parametrize(
    ("moved_by", "hands_over_ms", "first_to"),
    [(WANG, None, "wang"), (CENTRE, None, ""), (None, None, ""), (WANG, LATER, "")],
)
def test_who_had_it_is_told_first_unless_they_went_home(
    moved_by: object, hands_over_ms: int | None, first_to: str
) -> None:
    taken = case(state=S.ON_SITE, moved_by=moved_by, returns_ms=LATER, hands_over_ms=hands_over_ms)
    door, (moved, page) = cases.come_back(holding(taken), taken, LATER, LATER, RULES)
    assert page == PageDue(f"c-back-{LATER}", "c", BREACH, SINCE, to=first_to)
    assert door.case is not None
    assert (door.case.state, door.case.moved_by, door.case.returned_ms) == (S.RAISED, None, LATER)
    assert (door.case.returns_ms, door.case.hands_over_ms) == (None, None)
    assert moved == CaseMoved(door.case, LATER)


def test_what_is_over_wants_its_report_only_and_has_a_day_for_it() -> None:
    acted_ms, cleared_ms = NOON + MINUTE, NOON + 2 * MINUTE
    taken = case(state=S.ACKNOWLEDGED, returns_ms=LATER, acted_ms=acted_ms, cleared_ms=cleared_ms)
    door, effects = cases.come_back(holding(taken), taken, LATER, LATER, RULES)
    assert effects == ()
    assert door.case == replace(taken, returns_ms=cleared_ms + RULES.fault_taken_ms)
    later = replace(taken, acted_ms=cleared_ms + 5)
    door, _ = cases.come_back(holding(later), later, LATER, LATER, RULES)
    assert door.case == replace(later, returns_ms=cleared_ms + 5 + RULES.fault_taken_ms)
    due_ms = cleared_ms + RULES.fault_taken_ms
    for its, now_ms in ((taken, due_ms), (replace(taken, reason=FAULT), LATER)):
        door, effects = cases.come_back(holding(its), its, now_ms, now_ms, RULES)
        assert effects != ()
    handed = replace(taken, hands_over_ms=LATER)
    assert cases.come_back(holding(handed), handed, LATER, LATER, RULES)[1] != ()


def test_the_end_of_a_duty_is_noted_at_the_case_that_somebody_has() -> None:
    taken = case(state=S.ACKNOWLEDGED)
    door = cases.duty_ends(holding(taken), DutyEnds("c", LATER))
    assert door.case == replace(taken, hands_over_ms=LATER)
    for its, case_id in ((taken, "other"), (case(), "c"), (None, "c")):
        held = holding(its)
        assert cases.duty_ends(held, DutyEnds(case_id, LATER)) is held


# Reviews that wait.


def test_who_may_review_is_told_by_day_and_again_day_by_day() -> None:
    first = case(state=S.REPORTED, returns_ms=NOON, acted_ms=NOON - DAY)
    second = replace(first, case_id="later", returns_ms=NOON + 1)
    signed = replace(first, case_id="signed", returns_ms=None)
    door = holding(None, first, second, signed)
    assert cases.reviewed_ms(door.in_review) == NOON
    door, pages = cases.remind(door, door.in_review, NOON, NOON, RULES)
    page = PageDue(f"c-review-{NOON}", "c", Reason.REVIEW_WAITS, NOON - DAY)
    assert pages == (page, replace(page, step_index=1))
    assert door.in_review == (replace(first, returns_ms=NOON + RULES.review_ms), second, signed)
    night_ms = NOON + 10 * HOUR
    door, pages = cases.remind(door, (first,), NOON, night_ms, RULES)
    assert pages == ()
    assert [waits.returns_ms for waits in door.in_review] == [NOON + 20 * HOUR]
    unknown = replace(first, acted_ms=None)
    _, pages = cases.remind(door, (unknown,), NOON, NOON, RULES)
    assert [page.since_ms for page in pages] == [NOON, NOON]  # type: ignore[union-attr]
