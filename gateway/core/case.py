"""A case's life: raised, acknowledged, closed. An illegal step changes nothing.

One open case per door. What happens on the door while it is open joins it, and pages again under
its own page id: the warden must hear of the second opening too, but has one thing to end.
"""

from msgspec.structs import replace

from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.model import Case, CaseState, Door
from gateway.core.reason import Reason

Outcome = tuple[Door, tuple[Effect, ...]]


def raise_case(door: Door, reason: Reason, page_id: str, now_ms: int, since_ms: int) -> Outcome:
    """Raise a case, or raise the open one again, and page for it."""
    case = door.case or Case(page_id, reason, CaseState.RAISED, now_ms)
    case = replace(case, reason=reason, state=CaseState.RAISED, openings=case.openings + 1)
    page = PageDue(page_id, case.case_id, reason, since_ms)
    return replace(door, case=case), (_moved(case, now_ms), page)


def acknowledge(door: Door, case_id: str, by: str, now_ms: int) -> Outcome:
    """A person has it. Nothing happens unless this very case waits for that."""
    case = door.case
    if case is None or case.case_id != case_id or case.state is not CaseState.RAISED:
        return door, ()
    case = replace(case, state=CaseState.ACKNOWLEDGED)
    return replace(door, case=case), (_moved(case, now_ms, by),)


def close(door: Door, case_id: str, by: str, outcome: str, now_ms: int) -> Outcome:
    """A person ends it. Nothing happens unless this very case is open."""
    case = door.case
    if case is None or case.case_id != case_id:
        return door, ()
    case = replace(case, state=CaseState.CLOSED)
    return replace(door, case=None), (_moved(case, now_ms, by, outcome),)


def _moved(case: Case, now_ms: int, by: str | None = None, outcome: str | None = None) -> CaseMoved:
    return CaseMoved(
        case.case_id, case.state, case.reason, case.raised_ms, now_ms, case.openings, by, outcome
    )
