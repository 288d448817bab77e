"""A case's life: raised, acknowledged, on site, closed. An illegal step changes nothing.

One open case per door. What happens on the door while it is open joins it, and pages again under
its own page id: the warden must hear of the second opening too, but has one thing to end. A case of
tampering is latched: nobody ends it from afar, only after a person has been at the door.
"""

from msgspec.structs import replace

from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.model import Case, CaseState, Door
from gateway.core.reason import TAMPER, Reason

Outcome = tuple[Door, tuple[Effect, ...]]

# Which state may follow which. What is not here does not happen.
NEXT = {
    CaseState.RAISED: (CaseState.ACKNOWLEDGED, CaseState.ON_SITE, CaseState.CLOSED),
    CaseState.ACKNOWLEDGED: (CaseState.ON_SITE, CaseState.CLOSED),
    CaseState.ON_SITE: (CaseState.CLOSED,),
    CaseState.CLOSED: (),
}


def raise_case(door: Door, reason: Reason, page_id: str, now_ms: int, since_ms: int) -> Outcome:
    """Raise a case, or raise the open one again, and page for it."""
    case = door.case or Case(page_id, reason, CaseState.RAISED, now_ms, since_ms=since_ms)
    latched = case.latched or reason in TAMPER
    case = replace(
        case,
        reason=case.reason if case.latched else reason,  # tampering stays what matters most
        state=CaseState.RAISED,
        openings=case.openings + 1,
        latched=latched,
    )
    page = PageDue(page_id, case.case_id, reason, since_ms)
    return replace(door, case=case), (_moved(case, now_ms), page)


def move(door: Door, case_id: str, state: CaseState, by: str, now_ms: int) -> Outcome:
    """A person has it, or is at the door. Nothing happens unless this very case may go there."""
    case = door.case
    if case is None or case.case_id != case_id or state not in NEXT[case.state]:
        return door, ()
    case = replace(case, state=state)
    return replace(door, case=case), (_moved(case, now_ms, by),)


def close(door: Door, case_id: str, by: str, outcome: str, now_ms: int) -> Outcome:
    """A person ends it. Nothing happens unless this very case is open and may end so."""
    case = door.case
    if case is None or case.case_id != case_id:
        return door, ()
    if case.latched and case.state is not CaseState.ON_SITE:
        return door, ()
    return _end(door, case, by, outcome, now_ms)


def end_by_rule(door: Door, reason: Reason, now_ms: int) -> Outcome:
    """A rule ends the open case, and says which."""
    assert door.case is not None  # noqa: S101 - the rule looked
    return _end(door, door.case, None, reason, now_ms)


def _end(door: Door, case: Case, by: str | None, outcome: str, now_ms: int) -> Outcome:
    case = replace(case, state=CaseState.CLOSED)
    return replace(door, case=None), (_moved(case, now_ms, by, outcome),)


def _moved(case: Case, now_ms: int, by: str | None = None, outcome: str | None = None) -> CaseMoved:
    return CaseMoved(
        case.case_id,
        case.state,
        case.reason,
        case.raised_ms,
        now_ms,
        case.openings,
        case.latched,
        by,
        outcome,
    )
