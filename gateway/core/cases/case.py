"""How a case goes on: raised, paged, acknowledged, on site, reported, assessed, signed
off, closed. An illegal step changes nothing.

One case is open at a door; what happens there while it is open joins it, and pages again under its
own page id: the warden must hear of the second opening too, but has one thing to end. Once somebody
has reported how it ended it is in review, and what happens then is a new case that refers to it;
nothing is ever reopened. A case of tampering is locked: nobody reports it from afar. What raised a
case may be over before anybody answered (ISA-18.2: returned to normal, unacknowledged); it must be
answered all the same, and nothing closes that still goes on.

A holder is whatever holds a case: a door, an outage, or a trouble of the site. What people may do
about it when is one table, in cases/transitions.py; what follows once they may is in deeds.py, and
here is what rules and times do.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from gateway.core.actor import Actor, ActorKind
from gateway.core.cases import escalation
from gateway.core.cases.transitions import HELD
from gateway.core.deadline_index import earliest
from gateway.core.doors.orders import quiet
from gateway.core.effects import CaseJoined, CaseMoved, Effect, PageDue
from gateway.core.events import DutyEnds
from gateway.core.model import Case, CaseState, Door, SecondaryFault
from gateway.core.reasons import (
    BREACHES,
    FAULTS,
    OVER_WHEN_SHUT,
    QUESTIONS,
    TAMPER,
    Reason,
)
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Trouble

H = TypeVar("H", Door, Outage, Trouble)
DoorChange = tuple[Door, tuple[Effect, ...]]

IN_REVIEW_MAX = 16  # of one door; the one that waits longest is closed by the rule of too many
UNANSWERED = frozenset({CaseState.RAISED, CaseState.PAGED})
BACK = "-back-"  # in the id of a page about a case that was taken and not finished
ANSWERED = frozenset(HELD)
_LESS_THAN_A_BREACH = frozenset(Reason) - BREACHES - {Reason.REVIEW_WAITS}
_NONE: frozenset[Reason] = frozenset()


def raise_case(
    holder: H, reason: Reason, page_id: str, now_ms: int, since_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Raise a case, or raise the open one again, and begin its escalation. What opened at one
    contact of a household joins the case that is open at another, which tells of it."""
    if isinstance(holder, Door) and holder.case_beside is not None and _joins(holder, reason):
        return holder, (CaseJoined(holder.case_beside[0], page_id, reason, since_ms),)
    case = holder.case or Case(
        page_id, reason, CaseState.RAISED, now_ms, since_ms=since_ms, refers_to=holder.last_case
    )
    if case.openings and reason in secondary_to(case.reason):
        told_ms = escalation.may_start_ms(reason, now_ms, quiet_hours(holder, now_ms), rules)
        fault = SecondaryFault(page_id, reason, since_ms, told_ms)
        return _join_quietly(holder, case, fault, now_ms)
    case = replace(
        case,
        make=case.make or make_of(holder),
        reason=case.reason if case.locked else reason,  # tampering stays what matters most
        state=CaseState.RAISED,
        openings=case.openings + 1,
        locked=case.locked or reason in TAMPER,
        raised_again_ms=now_ms if case.openings else None,
        moved_by=None,
        handed_to="",
        cleared_ms=None,
        shelf=case.shelf if reason not in BREACHES else None,
        returns_ms=None,
        hands_over_ms=None,
    )
    pages: tuple[Effect, ...] = ()
    if case.shelf is None:
        hours = quiet_hours(holder, now_ms)
        case, pages = escalation.begin(case, page_id, reason, since_ms, now_ms, hours, rules)
    holder = replace(holder, case=case, last_case=case.case_id)
    return holder, (CaseMoved(case, now_ms), *pages)


def _joins(door: Door, reason: Reason) -> bool:
    """Whether what happens at a door is of the case that is open at another contact."""
    has_own = door.case is not None and door.case.reason in BREACHES
    return reason in OVER_WHEN_SHUT and not has_own


def make_of(holder: Door | Outage | Trouble) -> str:
    """Whose contact a holder's word rests on; empty for our own seals, and of no door."""
    return holder.make if isinstance(holder, Door) else ""


def secondary_to(reason: Reason) -> frozenset[Reason]:
    """What matters less than what a case is about already: it joins that quietly, and others than
    who has the case are told of it."""
    if reason in QUESTIONS:
        return FAULTS
    return _LESS_THAN_A_BREACH if reason in BREACHES else _NONE


def quiet_hours(holder: Door | Outage | Trouble, now_ms: int) -> escalation.QuietHours:
    """When nobody is told of what the holder has, but for a breach."""
    return quiet(holder, now_ms) if isinstance(holder, Door) else ()


def _join_quietly(
    holder: H, case: Case, fault: SecondaryFault, now_ms: int
) -> tuple[H, tuple[Effect, ...]]:
    """A fault secondary to a breach: the installer hears of it; who has the breach keeps it."""
    secondary: list[SecondaryFault] = [
        other for other in case.secondary if other.reason is not fault.reason
    ]
    case = replace(case, openings=case.openings + 1, secondary=(*secondary, fault))
    holder = replace(holder, case=case)
    pages: tuple[Effect, ...] = ()
    if fault.told_ms <= now_ms:
        holder, pages = _page_secondary(holder, case, now_ms)
    return holder, (CaseMoved(case, now_ms), *pages)


def secondary_ms(case: Case) -> int | None:
    """When somebody is told of a secondary fault of the case."""
    return min(fault.told_ms for fault in case.secondary) if case.secondary else None


def page_secondary(
    holder: H, case: Case, _due_ms: int, now_ms: int, _: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Secondary faults may be told now."""
    return _page_secondary(holder, case, now_ms)


def _page_secondary(holder: H, case: Case, now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    due = [fault for fault in case.secondary if fault.told_ms <= now_ms]
    later = tuple(fault for fault in case.secondary if fault not in due)
    pages = tuple(
        PageDue(fault.page_id, case.case_id, fault.reason, fault.since_ms) for fault in due
    )
    return replace(holder, case=replace(case, secondary=later)), pages


def find(holder: Door | Outage | Trouble, case_id: str) -> Case | None:
    """The case of this number, open or reported, if the holder has it."""
    cases = (holder.case, *holder.in_review)
    return next((case for case in cases if case is not None and case.case_id == case_id), None)


def close_signed_off(holder: H, now_ms: int, actor: Actor | None) -> tuple[H, tuple[Effect, ...]]:
    """Close what is signed off and over."""
    closing = [case for case in holder.in_review if _may_close(case)]
    if not closing:
        return holder, ()
    in_review = tuple(case for case in holder.in_review if case not in closing)
    return replace(holder, in_review=in_review), closings(closing, now_ms, actor)


def _may_close(case: Case) -> bool:
    return case.state is CaseState.SIGNED_OFF and case.cleared_ms is not None


def closings(cases: Iterable[Case], now_ms: int, actor: Actor | None) -> tuple[Effect, ...]:
    """These cases close."""
    return tuple(CaseMoved(replace(case, state=CaseState.CLOSED), now_ms, actor) for case in cases)


def unshelve(
    holder: H, case: Case, ends_ms: int, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Its time on the shelf is over: who must be told is told, unless somebody had it already."""
    case = replace(case, shelf=None)
    pages: tuple[Effect, ...] = ()
    if case.state not in ANSWERED:
        page_id, hours = f"{case.case_id}-shelf-{ends_ms}", quiet_hours(holder, now_ms)
        case, pages = escalation.begin(
            case, page_id, case.reason, case.since_ms, now_ms, hours, rules
        )
    holder, moved = _put(holder, case, now_ms)
    return holder, moved + pages


def shelf_ms(case: Case) -> int | None:
    """When the case comes back from the shelf."""
    return case.shelf.ends_ms if case.shelf is not None else None


def escalates_ms(case: Case) -> int | None:
    """When the next step of the case's escalation is told."""
    return case.escalation.next_ms if case.escalation is not None else None


def escalate(
    holder: H, case: Case, _due_ms: int, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Nobody has it yet: the next step is told."""
    case, pages = escalation.escalate(case, now_ms, rules)
    return replace(holder, case=case), pages


def taken_back_ms(case: Case) -> int | None:
    """When a taken case comes back, unless it is finished before."""
    if case.state not in ANSWERED or case.shelf is not None:
        return None
    return earliest(case.returns_ms, case.hands_over_ms)


def come_back(
    holder: H, case: Case, due_ms: int, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Who has it did not finish it, or goes off duty: who had it is told first, then the steps.
    What is over and wants a report only has time."""
    goes_off = due_ms == case.hands_over_ms
    if case.cleared_ms is not None and not goes_off and not escalation.is_slow(case.reason):
        slow_ms = max(case.acted_ms or 0, case.cleared_ms) + rules.fault_taken_ms
        if slow_ms > now_ms:
            return replace(holder, case=replace(case, returns_ms=slow_ms)), ()
    had = case.moved_by
    is_told = had is not None and had.kind is ActorKind.WARDEN
    first_to = had.actor_id if had and is_told and not goes_off else ""
    page_id, hours = f"{case.case_id}{BACK}{due_ms}", quiet_hours(holder, now_ms)
    case = replace(
        case,
        state=CaseState.RAISED,
        moved_by=None,
        returned_ms=now_ms,
        returns_ms=None,
        hands_over_ms=None,
    )
    case, pages = escalation.begin(
        case, page_id, case.reason, case.since_ms, now_ms, hours, rules, first_to
    )
    holder, moved = _put(holder, case, now_ms)
    return holder, moved + pages


def duty_ends(holder: H, event: DutyEnds) -> H:
    """The holder with until when who has its open case is on duty."""
    case = holder.case
    if case is None or case.case_id != event.case_id or case.state not in ANSWERED:
        return holder
    return replace(holder, case=replace(case, hands_over_ms=event.at_ms))


# Every time in an open case, and the rule for it, for doors and outages alike:
# due(case) -> ms or None, and rule(holder, case, due_ms, now_ms, rules) -> holder, effects.
Due = Callable[[Any], int | None]
Rule = Callable[[Any, Any, int, int, Rules], tuple[Any, tuple[Effect, ...]]]
DUE: tuple[tuple[Due, Rule], ...] = (
    (shelf_ms, unshelve),
    (escalates_ms, escalate),
    (secondary_ms, page_secondary),
    (taken_back_ms, come_back),
)

# The same for those in review, with all of them for the one case: due(in_review) and rule(holder,
# in_review, due_ms, now_ms, rules).


def reviewed_ms(in_review: tuple[Case, ...]) -> int | None:
    """When somebody is told that a reported case waits for its review."""
    return earliest(*(case.returns_ms for case in in_review))


def remind(
    holder: H, in_review: tuple[Case, ...], due_ms: int, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """Nobody has assessed it, or signed it off: those who may are told, by day, again and again."""
    reason, pages, kept = Reason.REVIEW_WAITS, list[Effect](), list[Case]()
    starts_ms = escalation.may_start_ms(reason, now_ms, (), rules)
    for case in in_review:
        if case.returns_ms is not None and case.returns_ms <= now_ms:
            if starts_ms <= now_ms:
                page_id, since_ms = f"{case.case_id}-review-{due_ms}", case.acted_ms or now_ms
                for step_index in range(len(escalation.REVIEW_STEPS)):
                    pages.append(PageDue(page_id, case.case_id, reason, since_ms, step_index))
            again_ms = now_ms + rules.review_ms if starts_ms <= now_ms else starts_ms
            kept.append(replace(case, returns_ms=again_ms))
        else:
            kept.append(case)
    return replace(holder, in_review=tuple(kept)), tuple(pages)


REVIEW_DUE: tuple[tuple[Due, Rule], ...] = ((reviewed_ms, remind),)


def paged(holder: H, case: Case, now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    """A page of it went out, the first."""
    return _put(holder, replace(case, state=CaseState.PAGED), now_ms)


def cleared(holder: H, reasons: frozenset[Reason], now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    """What raised it is over. It must be answered all the same; what is signed off closes."""
    effects: tuple[Effect, ...] = ()
    case = holder.case
    if case is not None and case.secondary:
        secondary = tuple(
            replace(fault, over=fault.over or fault.reason in reasons) for fault in case.secondary
        )
        case = replace(case, secondary=secondary)
        holder = replace(holder, case=case)
    if case is not None and case.reason in reasons and case.cleared_ms is None:
        holder, effects = _put(holder, replace(case, cleared_ms=now_ms), now_ms)
    in_review = holder.in_review
    if in_review and any(its.cleared_ms is None and its.reason in reasons for its in in_review):
        in_review = tuple(
            replace(other, cleared_ms=now_ms)
            if other.cleared_ms is None and other.reason in reasons
            else other
            for other in holder.in_review
        )
        holder = replace(holder, in_review=in_review)
        holder, closed = close_signed_off(holder, now_ms, None)
        effects += closed
    return holder, effects


def goes_on(door: Door, now_ms: int) -> DoorChange:
    """A late report shows that what raised it is not over after all."""
    if door.case is None or door.case.cleared_ms is None or door.case.reason not in BREACHES:
        return door, ()
    return _put(door, replace(door.case, cleared_ms=None), now_ms)


def is_about(door: Door, case: Case, reason: Reason, now_ms: int) -> DoorChange:
    """What joined an open case was lawful after all: it is about what raised it, and who is told
    next hears that."""
    told = case.escalation
    if told is not None:
        told = replace(told, reason=reason, since_ms=case.since_ms)
    return _put(door, replace(case, reason=reason, escalation=told), now_ms)


def end_by_rule(holder: H, case: Case, reason: Reason, now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    """A rule ends the open case, and says which."""
    ends = {"escalation": None, "shelf": None, "secondary": ()}
    case = replace(case, state=CaseState.CLOSED, outcome=reason, **ends)
    return replace(holder, case=None), (CaseMoved(case, now_ms),)


def _put(holder: H, case: Case, now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    return replace(holder, case=case), (CaseMoved(case, now_ms),)
