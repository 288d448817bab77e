"""What others are told of a case's way: each milestone once, and nothing that is none."""

import pytest
from msgspec.structs import replace

from gateway.core.actor import CENTRE
from gateway.core.cases.milestones import Happened, Milestone, milestones
from gateway.core.effects import CaseMoved, OpeningBegan, PageDue
from gateway.core.model import Case, CaseState, Door, Escalation
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Outages, Trouble, Troubles
from tests.core.actors import MINUTE
from tests.core.story import NOON, Story
from tests.core.timeline import Site

S, H = CaseState, Happened
CASE = Case("c", Reason.NO_PERMIT, S.PAGED, NOON - MINUTE, 2, NOON - 2 * MINUTE)
AT = NOON


def became(case: Case, before: object = None) -> list[Milestone]:
    return milestones(before or Door("d"), [CaseMoved(case, AT)], AT)


def happened(case: Case, before: Case | None) -> list[Happened]:
    return [its.happened for its in became(case, Door("d", case=before))]


def test_a_milestone_says_how_the_case_stands_after_it() -> None:
    assert became(CASE) == [
        Milestone(
            *(H.PAGED, "c", Reason.NO_PERMIT, S.PAGED, AT, NOON - 2 * MINUTE, 2),
            raised_ms=NOON - MINUTE,
        )
    ]


@pytest.mark.parametrize(
    ("step_index", "round_number", "told"), [(0, 0, None), (1, 0, 0), (3, 0, 2), (0, 1, 4)]
)
def test_a_milestone_says_how_far_people_had_been_told_and_who_did_it(
    step_index: int, round_number: int, told: int | None
) -> None:
    escalation = Escalation("p", Reason.NO_PERMIT, NOON, NOON, step_index, round_number)
    before = Door("d", case=replace(CASE, escalation=escalation))
    taken = replace(CASE, state=S.ACKNOWLEDGED, outcome=None)
    moved = CaseMoved(taken, AT, by=CENTRE)
    (found,) = milestones(before, [moved], AT)
    assert (found.step_index, found.by) == (told, CENTRE)


@pytest.mark.parametrize(
    ("before", "state", "what"),
    [
        (None, S.RAISED, H.RAISED),
        (S.RAISED, S.PAGED, H.PAGED),
        (S.PAGED, S.ACKNOWLEDGED, H.ACKNOWLEDGED),
        (S.ACKNOWLEDGED, S.ON_SITE, H.ON_SITE),
        (S.ON_SITE, S.REPORTED, H.REPORTED),
        (S.REPORTED, S.ASSESSED, H.ASSESSED),
        (S.ASSESSED, S.SIGNED_OFF, H.SIGNED_OFF),
        (S.REPORTED, S.SIGNED_OFF, H.SIGNED_OFF),
        (S.SIGNED_OFF, S.CLOSED, H.CLOSED),
        (S.RAISED, S.CLOSED, H.CLOSED),
        (S.ON_SITE, S.SIGNED_OFF, H.REPORTED),  # a site that wants no signing off
        (S.ACKNOWLEDGED, S.SIGNED_OFF, H.REPORTED),
    ],
)
def test_each_step_of_the_way_is_one(
    before: CaseState | None, state: CaseState, what: Happened
) -> None:
    was = None if before is None else replace(CASE, state=before)
    assert happened(replace(CASE, state=state), was) == [what]


def test_what_only_changes_how_a_case_is_shown_is_none() -> None:
    for state in S:
        was = replace(CASE, state=state)
        assert happened(replace(was, cleared_ms=NOON), was) == []


def test_a_case_that_is_raised_again_or_given_back_is_raised_once_more() -> None:
    raised = replace(CASE, state=S.RAISED, raised_again_ms=NOON - 5, returned_ms=NOON - 9)
    assert happened(replace(raised, raised_again_ms=NOON), raised) == [H.RAISED]
    assert happened(replace(raised, returned_ms=NOON), raised) == [H.RAISED]
    assert happened(raised, replace(raised, state=S.ACKNOWLEDGED)) == [H.RAISED]
    assert happened(replace(raised, state=S.PAGED, raised_again_ms=NOON), raised) == [H.PAGED]


def test_one_step_may_have_several_and_a_case_that_is_not_known_has_none() -> None:
    raised, paged = replace(CASE, state=S.RAISED), CASE
    page = PageDue("p", "c", Reason.NO_PERMIT, NOON, 1)
    effects = [
        OpeningBegan("o", NOON, NOON, Reason.NO_PERMIT, None),
        PageDue("p", "c", Reason.NO_PERMIT, NOON, 1),
        CaseMoved(raised, AT, door_id="first"),
        CaseMoved(paged, AT),
        CaseMoved(paged, AT),
        page,
        PageDue("p", "other", Reason.NO_PERMIT, NOON, 1),
    ]
    found = milestones(Door("d"), effects, AT)
    assert [its.happened for its in found] == [H.RAISED, H.PAGED, H.ESCALATED]
    assert [its.door_id for its in found] == ["first", "", ""]


def test_a_further_step_is_one_and_the_first_is_none_nor_is_a_review() -> None:
    door = Door("d", case=CASE)
    page = PageDue("p", "c", Reason.NO_PERMIT, NOON, 0, door_id="stands-for-it")
    assert milestones(door, [page], AT) == []
    assert milestones(door, [replace(page, step_index=1, reason=Reason.REVIEW_WAITS)], AT) == []
    (found,) = milestones(door, [replace(page, step_index=1)], AT)
    assert found == Milestone(
        *(H.ESCALATED, "c", Reason.NO_PERMIT, S.PAGED, AT, CASE.since_ms, 2, "stands-for-it"),
        raised_ms=CASE.raised_ms,
        step_index=1,
    )


@pytest.mark.parametrize("place", ["case", "in_review"])
def test_the_cases_of_outages_and_troubles_are_known_like_those_of_doors(place: str) -> None:
    its = {place: CASE if place == "case" else (CASE,)}
    outage = Outage("o", "site", NOON, "d", **its)
    trouble = Trouble("t", Reason.TWIN, "", NOON, **its)
    for before in (Door("d", **its), Outages(outages=(outage,)), Troubles(troubles=(trouble,))):
        assert milestones(before, [CaseMoved(CASE, AT)], AT) == [], "nothing new"
    assert [m.happened for m in became(CASE, before="rules")] == [H.PAGED]


def test_an_opening_that_nobody_takes_is_raised_and_then_escalates_four_times_a_round() -> None:
    story, told = Story(), list[Happened]()
    before = story.door
    for event in (story.opens, lambda: story.after(Rules().centre_ms)):
        count = len(story.effects)
        event()
        told += [m.happened for m in milestones(before, story.effects[count:], story.now_ms)]
        before = story.door
    assert told == [H.RAISED, *[H.ESCALATED] * 4]
    assert Site("1-1").turn.troubles == Troubles()
