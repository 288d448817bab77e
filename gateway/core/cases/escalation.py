"""The escalation policy: who is told of a case, and who next, until somebody has it.

A round begins with the page and escalates step by step, each at its own time; then it begins anew,
under another page id, so that phones ring again. An acknowledgement ends it. A handheld that signs
for the page proves that it arrived, so the same person's other channels are spared; it proves
nothing about its reader, so the next person is told all the same. Faults escalate slowly, and begin
by day; nothing but a breach begins in the quiet hours of an order.

Who stands on a step at that time is for the on-call schedule, who is told how often for person.py.
"""

from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.core import local_time
from gateway.core.effects import Effect, PageDue, QuestionDue
from gateway.core.households.model import Dispute, HealthQuestion, Request
from gateway.core.model import Case, Escalation
from gateway.core.paging.schedule import Role
from gateway.core.reasons import (
    BREACHES,
    BY_DAY,
    DISPUTES,
    FAULTS,
    MATTERS,
    NOTICES,
    QUESTIONS,
    SLOW_TROUBLES,
    TROUBLES,
    Reason,
)
from gateway.core.rules import Rules

_AGAIN_BY_DAYS = FAULTS | QUESTIONS | SLOW_TROUBLES | BY_DAY
_BEGINS_BY_DAY = FAULTS | QUESTIONS | BY_DAY | NOTICES
_ONLY_BY_DAY = QUESTIONS | BY_DAY  # no step of these wakes anybody
QuietHours = tuple[tuple[int, int], ...]
# What people are told of: it has a `case_id` and an `escalation`.
T = TypeVar("T", Case, Request, Dispute, HealthQuestion)


class Ways(StrEnum):
    """Which of a person's channels are used."""

    FIRST = "first"
    OTHER = "other"
    ALL = "all"
    READ = "read"  # only what the person comes to and reads: it rings nowhere


class EscalationStep(Struct, frozen=True):
    """Who is told, by which channels, and which of the rules says how long after the beginning of
    the round. The first has none, but for a question, which the household may answer before."""

    role: Role
    ways: Ways
    wait: str = ""

    def wait_ms(self, rules: Rules) -> int:
        """How long after the beginning of the round."""
        return getattr(rules, self.wait) if self.wait else 0


BREACH_STEPS = (
    EscalationStep(Role.WARDEN, Ways.FIRST),
    EscalationStep(Role.WARDEN, Ways.OTHER, "second_ms"),
    EscalationStep(Role.DEPUTY, Ways.ALL, "deputy_ms"),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "captain_ms"),
    EscalationStep(Role.CENTRE, Ways.ALL, "centre_ms"),
)
FAULT_STEPS = (
    EscalationStep(Role.INSTALLER, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "fault_captain_ms"),
    EscalationStep(Role.CENTRE, Ways.ALL, "fault_centre_ms"),
)
QUESTION_STEPS = (
    EscalationStep(Role.WARDEN, Ways.ALL, "question_warden_ms"),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "question_captain_ms"),
)
CANARY_STEPS = (  # the way to the wardens' phones is what may be broken
    EscalationStep(Role.CENTRE, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "second_ms"),
    EscalationStep(Role.INSTALLER, Ways.ALL, "deputy_ms"),
)

UNREACHABLE_STEPS = (  # told once; an installer mends no phone
    EscalationStep(Role.CAPTAIN, Ways.ALL),
    EscalationStep(Role.CENTRE, Ways.ALL),
)

REVIEW_STEPS = UNREACHABLE_STEPS  # told once a time; those who review

# Whoever can give the watch back, and whoever must know that there is none: at any hour.
WATCH_STEPS = (
    EscalationStep(Role.CAPTAIN, Ways.ALL),
    EscalationStep(Role.CENTRE, Ways.ALL),
    EscalationStep(Role.INSTALLER, Ways.ALL, "deputy_ms"),
)
CHANNEL_STEPS = (  # of a person or a service: who is told instead must know at once
    EscalationStep(Role.CAPTAIN, Ways.ALL),
    EscalationStep(Role.CENTRE, Ways.ALL),
    EscalationStep(Role.INSTALLER, Ways.ALL, "fault_captain_ms"),
)
ENGINEER_STEPS = (  # the installer mends it, and the others know that it is to be mended
    EscalationStep(Role.INSTALLER, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL),
    EscalationStep(Role.CENTRE, Ways.ALL),
)
LOST_STEPS = (  # somebody cannot be told for long: who looks after people, who mends the way
    EscalationStep(Role.CENTRE, Ways.ALL),
    EscalationStep(Role.INSTALLER, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "fault_captain_ms"),
)

REQUEST_STEPS = (
    EscalationStep(Role.WARDEN, Ways.ALL),
    EscalationStep(Role.DEPUTY, Ways.ALL, "request_deputy_ms"),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "request_captain_ms"),
)
DOCTOR_STEPS = (
    EscalationStep(Role.WARDEN, Ways.ALL),
    EscalationStep(Role.DEPUTY, Ways.ALL, "doctor_deputy_ms"),
    EscalationStep(Role.CAPTAIN, Ways.ALL, "doctor_captain_ms"),
)
DISPUTE_STEPS = (  # those who review, for the grid's warden may be part of the record
    EscalationStep(Role.CAPTAIN, Ways.ALL),
    EscalationStep(Role.CENTRE, Ways.ALL, "request_captain_ms"),
)
NOTICE_STEPS = (  # of these only the first is told: who can be reached, the lowest first
    EscalationStep(Role.WARDEN, Ways.ALL),
    EscalationStep(Role.DEPUTY, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL),
)
LATE_STEPS = (
    EscalationStep(Role.CENTRE, Ways.ALL),
    EscalationStep(Role.CAPTAIN, Ways.ALL),
)

_STEPS = {
    **dict.fromkeys(FAULTS, FAULT_STEPS),
    **dict.fromkeys(MATTERS, REQUEST_STEPS),
    **dict.fromkeys(NOTICES, NOTICE_STEPS),
    Reason.DOCTOR_ASKED: DOCTOR_STEPS,
    Reason.DISPUTE_RAISED: DISPUTE_STEPS,
    Reason.DISPUTE_LATE: LATE_STEPS,
    Reason.CANARY_MISSED: CANARY_STEPS,
    Reason.UNREACHABLE: UNREACHABLE_STEPS,
    **dict.fromkeys(QUESTIONS, QUESTION_STEPS),
    Reason.REVIEW_WAITS: REVIEW_STEPS,
    **dict.fromkeys(TROUBLES, WATCH_STEPS),
    Reason.CHANNEL_FAILING: CHANNEL_STEPS,
    Reason.CERTIFICATE_ENDS: ENGINEER_STEPS,
    Reason.FLOOD: ENGINEER_STEPS,
    Reason.RECEIVER_LOST: ENGINEER_STEPS,
    Reason.NETWORK_AWAY: ENGINEER_STEPS,
    Reason.UNREACHED: LOST_STEPS,
    Reason.UNCERTIFIED: ENGINEER_STEPS,
}


def steps_for(reason: Reason) -> tuple[EscalationStep, ...]:
    """The steps of one round, the lowest first."""
    return _STEPS.get(reason, BREACH_STEPS)


def begin(
    case: T,
    page_id: str,
    reason: Reason,
    since_ms: int,
    now_ms: int,
    quiet: QuietHours,
    rules: Rules,
    first_to: str = "",
) -> tuple[T, tuple[Effect, ...]]:
    """Tell of something new in the case: at once, or when the day or the quiet hours allow it; to
    one person first, if one is named. A question waits for its household first, from when that
    could be asked."""
    is_asked = reason in QUESTIONS and page_id == case.case_id
    wait_ms = steps_for(reason)[0].wait_ms(rules)  # what comes back has waited already
    starts_ms = ask_ms = may_start_ms(reason, now_ms, quiet, rules)
    if is_asked:
        starts_ms = may_start_ms(reason, ask_ms + wait_ms, quiet, rules)
    began_ms, pages = starts_ms - wait_ms, tuple[Effect, ...]()
    escalation = Escalation(
        page_id, reason, since_ms, starts_ms, began_ms=began_ms, first_to=first_to
    )
    if is_asked:
        pages = (QuestionDue(page_id, case.case_id, reason, since_ms, ask_ms),)
    elif starts_ms <= now_ms:
        escalation, pages = _tell(case.case_id, escalation, now_ms, rules)
    return replace(case, escalation=escalation), pages


def escalate(case: T, now_ms: int, rules: Rules) -> tuple[T, tuple[Effect, ...]]:
    """Tell those of the step whose time has come, and set the time of the next. A case that does
    not escalate stays as it is."""
    if case.escalation is None:
        return case, ()
    escalation, pages = _tell(case.case_id, case.escalation, now_ms, rules)
    return replace(case, escalation=escalation), pages


def _tell(
    case_id: str, escalation: Escalation, now_ms: int, rules: Rules
) -> tuple[Escalation, tuple[Effect, ...]]:
    """The escalation once those whose time has come were told, and what they are told."""
    if escalation.reason in _ONLY_BY_DAY:
        by_day_ms = may_start_ms(escalation.reason, now_ms, (), rules)
        if by_day_ms > now_ms:
            began_ms = escalation.began_ms + by_day_ms - escalation.next_ms
            return replace(escalation, next_ms=by_day_ms, began_ms=began_ms), ()
    if escalation.first_to:
        return _to_one(case_id, escalation, now_ms, rules)
    steps = steps_for(escalation.reason)
    # the settings may have lost one meanwhile
    step_index = min(escalation.step_index, len(steps) - 1)
    page = PageDue(
        _page_id(escalation),
        case_id,
        escalation.reason,
        escalation.since_ms,
        step_index,
        escalation.round,
    )
    return _next(escalation, steps, step_index, now_ms, rules), (page,)


def _to_one(
    case_id: str, escalation: Escalation, now_ms: int, rules: Rules
) -> tuple[Escalation, tuple[Effect, ...]]:
    """Tell who had it; the steps begin a while later."""
    page = PageDue(
        _page_id(escalation),
        case_id,
        escalation.reason,
        escalation.since_ms,
        to=escalation.first_to,
    )
    wait_ms = _after_one_ms(escalation.reason, rules)
    starts_ms = now_ms + wait_ms
    began_ms = starts_ms - steps_for(escalation.reason)[0].wait_ms(rules)
    return replace(escalation, first_to="", next_ms=starts_ms, began_ms=began_ms), (page,)


def _after_one_ms(reason: Reason, rules: Rules) -> int:
    """How long it is left to the one who had it."""
    if reason in MATTERS:
        is_doctor = reason is Reason.DOCTOR_ASKED
        return rules.doctor_deputy_ms if is_doctor else rules.request_deputy_ms
    return rules.fault_captain_ms if is_slow(reason) else rules.deputy_ms


def _again_ms(reason: Reason, rules: Rules) -> int:
    """How long after the beginning of a round the next one begins."""
    if reason in MATTERS - DISPUTES:
        return rules.request_again_ms
    return rules.fault_again_ms if is_slow(reason) else rules.again_ms


def is_slow(reason: Reason) -> bool:
    """Whether it is told by days and hours, and nobody runs for it."""
    return reason in _AGAIN_BY_DAYS


def received(case: Case, page_id: str, rules: Rules) -> Case:
    """A handheld signed for the page of this round: its owner's other channels are spared."""
    escalation = case.escalation
    if escalation is None or escalation.received or page_id != _page_id(escalation):
        return case
    steps = steps_for(escalation.reason)
    if escalation.step_index < len(steps) and steps[escalation.step_index].ways is Ways.OTHER:
        step_index = escalation.step_index + 1
        escalation = replace(
            escalation,
            step_index=step_index,
            next_ms=escalation.began_ms + steps[step_index].wait_ms(rules),
        )
    return replace(case, escalation=replace(escalation, received=True))


def _page_id(escalation: Escalation) -> str:
    return escalation.page_id + (f"-r{escalation.round}" if escalation.round else "")


def _next(
    escalation: Escalation,
    steps: tuple[EscalationStep, ...],
    step_index: int,
    now_ms: int,
    rules: Rules,
) -> Escalation:
    """The escalation policy after a step was told. Steps keep their own times: what a stop of the
    gateway has held up is told at once, in order, and the rest when it would have been. Whole
    rounds that it held up are not made good: phones ring once for them."""
    if step_index + 1 < len(steps):
        next_ms = escalation.began_ms + steps[step_index + 1].wait_ms(rules)
        return replace(escalation, step_index=step_index + 1, next_ms=next_ms)
    round_ms = max(_again_ms(escalation.reason, rules), steps[-1].wait_ms(rules))
    first_ms = escalation.began_ms + steps[0].wait_ms(rules)
    next_ms = first_ms + round_ms
    if next_ms < now_ms + rules.second_ms:
        rounds = -(-(now_ms + rules.second_ms - first_ms) // round_ms)
        next_ms = first_ms + rounds * round_ms
    return replace(
        escalation,
        step_index=0,
        round=escalation.round + 1,
        next_ms=next_ms,
        began_ms=next_ms - steps[0].wait_ms(rules),
        received=False,
    )


def may_start_ms(reason: Reason, now_ms: int, quiet: QuietHours, rules: Rules) -> int:
    """When the first step may be told: by day, or outside the quiet hours. Where hours and night
    leave nothing of a day, the hours hold alone: who named them sleeps by day."""
    hours = () if reason in BREACHES else quiet
    if reason in _BEGINS_BY_DAY:
        closed = ((rules.day_to_min, rules.day_from_min), *hours)
        starts_ms = local_time.outside(rules.zone, now_ms, closed)
        if local_time.window_at(rules.zone, starts_ms, closed) is None:
            return starts_ms
    return local_time.outside(rules.zone, now_ms, hours)


def corrected(
    its: Escalation,
    asked_ms: int | None,
    by_ms: int,
    now_ms: int,
    quiet: QuietHours,
    rules: Rules,
) -> Escalation:
    """An escalation whose times were moved when the gateway's clock was set, with the beginning of
    its round by the right wall. What only waits so and so long, waits so long.

    Args:
        its: as it was moved.
        asked_ms: when its household was asked first, if it was and this is the question; moved too.
        by_ms: how far, ahead if positive.
        now_ms: the right time.
        quiet: the hours of its household.
        rules: the site's.
    """
    if its.step_index:
        return its
    from_ms = its.next_ms
    if not its.round:
        if not _waits_for_day(its.reason, its.next_ms - by_ms, quiet, rules):
            return its
        from_ms = now_ms
        if asked_ms is not None and its.reason in QUESTIONS:
            wait_ms = steps_for(its.reason)[0].wait_ms(rules)
            from_ms = max(now_ms, may_start_ms(its.reason, asked_ms, quiet, rules) + wait_ms)
    next_ms = may_start_ms(its.reason, from_ms, quiet, rules)
    return replace(its, next_ms=next_ms, began_ms=its.began_ms + next_ms - its.next_ms)


def review_ms(returns_ms: int, by_ms: int, now_ms: int, rules: Rules) -> int:
    """When a review is waited for no longer, likewise."""
    if not _waits_for_day(Reason.REVIEW_WAITS, returns_ms - by_ms, (), rules):
        return returns_ms
    return may_start_ms(Reason.REVIEW_WAITS, now_ms, (), rules)


def _waits_for_day(reason: Reason, due_ms: int, quiet: QuietHours, rules: Rules) -> bool:
    """Whether a time was no other's than the first that the day or the quiet hours allow."""
    return may_start_ms(reason, due_ms - 1, quiet, rules) == due_ms
