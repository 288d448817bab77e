"""What others are told of a case's way, out of what a step did: one word for each thing. Pure.

A milestone is a change of the case's state, that it was raised once more, or a further step of its
escalation. What only changes how a case is shown (it is over, it was shelved) is none.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from gateway.core.actor import Actor
from gateway.core.cases.escalation import steps_for
from gateway.core.cases.transitions import Action
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.model import Case, CaseState, Door
from gateway.core.proof import Proof
from gateway.core.reasons import Reason
from gateway.core.site_model import Outages, Troubles


class Happened(StrEnum):
    """What befell a case."""

    RAISED = "raised"  # for the first time, once more, or given back by whoever had it
    PAGED = "paged"  # the first page of it went out
    ESCALATED = "escalated"  # nobody took it: a further step is told
    ACKNOWLEDGED = "acknowledged"
    ON_THE_WAY = "on_the_way"
    HANDED_OVER = "handed_over"  # whoever had it named another, who has not answered yet
    ON_SITE = "on_site"  # and once more as soon as the door's code proves it
    REPORTED = "reported"
    TAKEN_BACK = "taken_back"  # its report was a mistake: it is what it was before
    ASSESSED = "assessed"
    SIGNED_OFF = "signed_off"
    CLOSED = "closed"


class Milestone(Struct, frozen=True):
    """One thing that befell a case, and how the case stands after it."""

    happened: Happened
    case_id: str
    reason: Reason
    state: CaseState
    at_ms: int  # when the gateway took it
    since_ms: int  # when what raised the case happened
    openings: int  # how often it was raised
    door_id: str = ""  # that stands for an outage; empty of a door's own case, and of a trouble
    proof: Proof | None = None  # of an arrival: whether the door's code proves it
    raised_ms: int = 0  # when the case was raised first
    step_index: int | None = None  # the furthest that had been told by then; None: no step was
    by: Actor | None = None  # who did it; None: a rule did
    outcome: str | None = None  # how it was reported; of a rule that ended it, its reason


_DETOURS: Final = {Action.HAND_OVER: Happened.HANDED_OVER, Action.TAKE_BACK: Happened.TAKEN_BACK}
_REVIEWED: Final = frozenset(
    {CaseState.REPORTED, CaseState.ASSESSED, CaseState.SIGNED_OFF, CaseState.CLOSED}
)


def milestones(before: Any, effects: Iterable[Effect], at_ms: int) -> list[Milestone]:
    """The milestones of one step, in their order.

    Args:
        before: what the subject was: a `Door`, or what of the site the event was about.
        effects: of the step.
        at_ms: when it was stepped, in milliseconds of UTC.
    """
    known = {case.case_id: case for case in _cases(before)}
    found: list[Milestone] = []
    for effect in effects:
        if isinstance(effect, CaseMoved):
            happened = (
                _happened(known.get(effect.case.case_id), effect.case)
                if effect.detour is None
                else _by_detour(Action(effect.detour.action), effect.case)
            )
            step_index = _told(known.get(effect.case.case_id))
            known[effect.case.case_id] = effect.case
            if happened is not None:
                moved = effect.case, at_ms, effect.door_id
                found.append(_milestone(happened, *moved, step_index, effect.by))
        elif isinstance(effect, PageDue) and _is_further_step(effect):
            case = known.get(effect.case_id)
            if case is not None:
                told = effect.door_id, effect.step_index
                found.append(_milestone(Happened.ESCALATED, case, at_ms, *told))
    return found


def _cases(holders: Any) -> Iterable[Case]:
    if isinstance(holders, Outages):
        each: tuple[Any, ...] = holders.outages
    elif isinstance(holders, Troubles):
        each = holders.troubles
    else:
        each = (holders,) if isinstance(holders, Door) else ()
    for holder in each:
        if holder.case is not None:
            yield holder.case
        yield from holder.in_review


def _happened(before: Case | None, case: Case) -> Happened | None:
    """What the case's change was; None where it is no milestone."""
    if before is None:
        return Happened(case.state)
    if case.state is CaseState.RAISED and _raisings(case) != _raisings(before):
        return Happened.RAISED
    if case.state is before.state:
        return None
    # Where the site wants no signing off, a report signs off as well.
    if case.state is CaseState.SIGNED_OFF and before.state not in _REVIEWED:
        return Happened.REPORTED
    return Happened(case.state)


def _by_detour(action: Action, case: Case) -> Happened | None:
    """What somebody did beside the case's loop; a code that proves nothing is no milestone."""
    if action is Action.PROVE:
        return Happened.ON_SITE if case.proof is Proof.PROVED else None
    return _DETOURS[action]


def _raisings(case: Case) -> tuple[int | None, int | None]:
    return case.raised_again_ms, case.returned_ms


def _is_further_step(page: PageDue) -> bool:
    """Whether a page goes to those behind the first; a review is told to all at once."""
    return page.step_index > 0 and page.reason is not Reason.REVIEW_WAITS


def _told(case: Case | None) -> int | None:
    """The furthest step of a case that has been told; None where none was, or nobody is told any
    more."""
    escalation = None if case is None else case.escalation
    if escalation is None:
        return None
    if escalation.round:
        return len(steps_for(escalation.reason)) - 1
    return escalation.step_index - 1 if escalation.step_index else None


def _milestone(
    happened: Happened,
    case: Case,
    at_ms: int,
    door_id: str,
    step_index: int | None,
    by: Actor | None = None,
) -> Milestone:
    return Milestone(
        happened,
        case.case_id,
        case.reason,
        case.state,
        at_ms,
        case.since_ms,
        case.openings,
        door_id,
        case.proof if happened is Happened.ON_SITE else None,
        case.raised_ms,
        None if happened is Happened.RAISED else step_index,
        by,
        case.outcome,
    )
