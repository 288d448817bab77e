"""What follows from what people do about a case, once the table says that they may: taken, on site,
put aside, handed over, reported, taken back, assessed and signed off."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from gateway.core.actor import Actor
from gateway.core.cases import escalation
from gateway.core.cases.case import (
    IN_REVIEW_MAX,
    H,
    cleared,
    close_signed_off,
    closings,
    quiet_hours,
    raise_case,
)
from gateway.core.cases.transitions import Action
from gateway.core.effects import CaseMoved, Detour, Effect
from gateway.core.model import Case, CaseState, Shelf, Unreported
from gateway.core.reasons import TROUBLES
from gateway.core.rules import Rules

TO: Final = "-to-"  # in the id of a page about a case that was handed over


class Attribution(NamedTuple):
    """Who did something about a case, when they did it, and when the gateway heard of it."""

    actor: Actor
    done_ms: int
    now_ms: int


def answer(
    holder: H, case: Case, state: CaseState, attribution: Attribution, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A person has it, is on the way or there: nobody else is told of it, as long as it goes on."""
    is_long = state is CaseState.ON_SITE or case.reason in TROUBLES  # a network is no door
    wait_ms = rules.on_site_ms if is_long else rules.taken_ms
    if escalation.is_slow(case.reason):
        wait_ms = rules.fault_taken_ms
    ends = {"escalation": None, "shelf": None, "handed_to": "", "hands_over_ms": None}
    returns_ms = attribution.now_ms + wait_ms
    case = acted(case, attribution, state=state, returns_ms=returns_ms, **ends)
    return replace(holder, case=case), (move_of(case, attribution),)


def report(
    holder: H,
    case: Case,
    said: Mapping[str, Any],
    attribution: Attribution,
    rules: Rules,
) -> tuple[H, tuple[Effect, ...]]:
    """A person says how it ended: `said` is the outcome, whether it is so despite the seal, and
    their note. Where the site wants no signing off, that is the end."""
    state = CaseState.REPORTED if rules.sign_off else CaseState.SIGNED_OFF
    secondary, ends = case.secondary, {"escalation": None, "shelf": None, "secondary": ()}
    before = Unreported(
        case.state,
        case.moved_by,
        case.shelf,
        case.returns_ms,
        case.hands_over_ms,
        attribution.done_ms,
    )
    by = {"reported_by": attribution.actor, "unreported": before}
    reported = acted(case, attribution, state=state, **by, **said, **ends)
    reviewed_ms = attribution.now_ms + rules.review_ms if rules.sign_off else None
    times = {"returns_ms": reviewed_ms, "hands_over_ms": None}
    reported = replace(reported, moved_by=None, **times)  # for `reported_by` says who
    effects: tuple[Effect, ...] = (move_of(reported, attribution),)
    in_review = (*holder.in_review, reported)
    effects += closings(in_review[:-IN_REVIEW_MAX], attribution.now_ms, None)
    holder = replace(holder, case=None, in_review=in_review[-IN_REVIEW_MAX:])
    holder, closed = close_signed_off(holder, attribution.now_ms, attribution.actor)
    effects += closed
    for fault in secondary:  # nobody was told of it yet: it is a case of its own now
        holder, raised = raise_case(
            holder, fault.reason, fault.page_id, attribution.now_ms, fault.since_ms, rules
        )
        effects += raised
        if fault.over:
            holder, over = cleared(holder, frozenset({fault.reason}), attribution.now_ms)
            effects += over
    return holder, effects


def take_back(
    holder: H, case: Case, before: Unreported, attribution: Attribution, action_id: str
) -> tuple[H, tuple[Effect, ...]]:
    """A person's report was a mistake: the case is what it was `before`, with its deadlines."""
    detour = Detour(Action.TAKE_BACK, action_id, outcome=case.outcome or "", note=case.note)
    unsaid = {"reported_by": None, "outcome": None, "despite_seal": False, "note": ""}
    acted_ms = max(case.acted_ms or 0, attribution.done_ms)
    restored = replace(
        case,
        state=before.state,
        moved_by=before.moved_by,
        shelf=before.shelf,
        returns_ms=before.returns_ms,
        hands_over_ms=before.hands_over_ms,
        acted_ms=acted_ms,
        unreported=None,
        **unsaid,
    )
    in_review = tuple(other for other in holder.in_review if other is not case)
    moved = replace(move_of(restored, attribution), detour=detour)
    return replace(holder, case=restored, in_review=in_review), (moved,)


def hand_over(
    holder: H, case: Case, to: str, attribution: Attribution, action_id: str, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A person names another who is to have it. That one is told first, then the steps: nobody has
    it until somebody answers."""
    waits = {"shelf": None, "returns_ms": None, "hands_over_ms": None}
    case = acted(case, attribution, state=CaseState.RAISED, handed_to=to, **waits)
    page_id, hours = (
        f"{case.case_id}{TO}{attribution.now_ms}",
        quiet_hours(holder, attribution.now_ms),
    )
    told, pages = escalation.begin(
        replace(case, moved_by=None),
        page_id,
        case.reason,
        case.since_ms,
        attribution.now_ms,
        hours,
        rules,
        to,
    )
    detour = Detour(Action.HAND_OVER, action_id, to=to)
    moved: tuple[Effect, ...] = (replace(move_of(told, attribution), detour=detour),)
    return replace(holder, case=told), moved + pages


def review(
    holder: H, case: Case, state: CaseState, attribution: Attribution, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """What was reported is assessed or signed off; then it closes as soon as it is over."""
    is_last = state is CaseState.SIGNED_OFF
    returns_ms = None if is_last else attribution.now_ms + rules.review_ms
    moved = acted(case, attribution, state=state, returns_ms=returns_ms, unreported=None)
    in_review = tuple(moved if other is case else other for other in holder.in_review)
    effects: tuple[Effect, ...] = (move_of(moved, attribution),)
    holder, closed = close_signed_off(
        replace(holder, in_review=in_review), attribution.now_ms, attribution.actor
    )
    effects += closed
    return holder, effects


def acted(case: Case, attribution: Attribution, **changes: Any) -> Case:
    """The case after a person brought it into a state. Times never run back, though news may."""
    acted_ms = max(case.acted_ms or 0, attribution.done_ms)
    return replace(case, moved_by=attribution.actor, acted_ms=acted_ms, **changes)


def move_of(case: Case, attribution: Attribution) -> CaseMoved:
    """That the case went on by what a person did."""
    return CaseMoved(
        case,
        attribution.now_ms,
        attribution.actor,
        attribution.done_ms if attribution.done_ms != attribution.now_ms else None,
    )


def shelve(
    holder: H, case: Case, why: str, until_ms: int, attribution: Attribution, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A person puts it aside, with name, reason and end; for a shift at most."""
    shelf = Shelf(attribution.actor, why, min(until_ms, attribution.now_ms + rules.shelf_ms))
    acted_ms = max(case.acted_ms or 0, attribution.done_ms)
    case = replace(case, shelf=shelf, escalation=None, acted_ms=acted_ms)
    return replace(holder, case=case), (move_of(case, attribution),)
