"""What the rest of the house asks of a step and of what is known, beside what the step itself says:
the word in the journal, the milestones that others are told, how a seal stands, its spans."""

from typing import Any

from gateway.core.actor import CENTRE, Acting, actor_of
from gateway.core.cases import transitions
from gateway.core.cases.milestones import milestones
from gateway.core.cases.number import case_number
from gateway.core.doors import visits
from gateway.core.doors.after_order import is_forgotten, rests, word
from gateway.core.doors.certificates import standing
from gateway.core.doors.orders import hours_of_household
from gateway.core.doors.silence import is_asked, liveness
from gateway.core.doors.walk_test import checks
from gateway.core.events import ReportCame, StaffSet
from gateway.core.heartbeat_spans import HeartbeatSpan, beats_of, ends_all, fold
from gateway.core.households import requests
from gateway.core.households.model import Household
from gateway.core.model import Door
from gateway.core.outcome import outcomes_of
from gateway.core.paging import schedule
from gateway.core.paging.routing import Router
from gateway.core.paging.schedule import Role
from gateway.core.rules import Rules
from gateway.core.site import Step
from gateway.core.step_reason import reason_of
from tests.core.actors import DAY, HOUR

ACTING = (Acting(actor_of("chen")), Acting(actor_of("zhao"), for_centre=True), Acting(CENTRE))
DAYS_ASKED = (200, 306, 364, 366)  # from now, at which it is asked how a certificate stands
HOURS_ASKED = (0, 7, 19, 30)  # from now, at which it is asked who has duty


class Answers:
    """`of` answers for one step after the other; the spans of doors go on between them."""

    def __init__(self) -> None:
        self._spans: dict[str, HeartbeatSpan | None] = {}

    def of(self, step: Step, journal_id: int, at_ms: int) -> list[Any]:
        answers: list[Any] = [step.changed, reason_of(step, at_ms)]
        answers += milestones(step.before, step.effects, at_ms)
        if isinstance(step.after, Door):
            answers += self._of_door(step, journal_id, at_ms)
        elif isinstance(step.after, Household):
            for request in step.after.requests:
                answers += [requests.allowed(request, by) for by in ACTING]
        elif ends_all(step.event):
            answers.append(sorted(door_id for door_id, span in self._spans.items() if span))
            self._spans = {}
        elif isinstance(step.event, StaffSet) and isinstance(step.after, Router):
            answers += _duties(step.after, at_ms)
        return answers

    def _of_door(self, step: Step, journal_id: int, at_ms: int) -> list[Any]:
        door: Door = step.after
        span, ended = fold(self._spans.get(door.door_id), journal_id, at_ms, step)
        self._spans[door.door_id] = span
        answers: list[Any] = [standing(door, at_ms), visits.until_ms(door, at_ms)]
        if span is not None:
            answers += [span.beats, span.gap_max_ms, span.to_ms]
        if ended is not None:
            answers += [ended, list(beats_of(ended))]
        answers.append(hours_of_household(door, at_ms))
        answers.append((is_asked(door), is_forgotten(door), liveness(door, at_ms, Rules())))
        if isinstance(step.event, ReportCame):
            before = step.before
            answers.append((rests(before, step.event, at_ms), word(before, step.event, at_ms)))
        for days in DAYS_ASKED if door.certificate is not None else ():
            answers.append(standing(door, at_ms + days * DAY))
        if door.walk_test is not None:
            answers.append(checks(door, door.walk_test, at_ms))
        if door.case is not None and step.before.case is not door.case:
            case = door.case
            answers += [case_number(case.case_id), outcomes_of(case.reason)]
            answers += [sorted(transitions.allowed(case, by)) for by in ACTING]
        return answers


def _duties(router: Router, at_ms: int) -> list[Any]:
    """Who has duty, in each grid and role, now and at later hours."""
    on_call, zone, answers = router.schedule, Rules().zone, []
    for hours in HOURS_ASKED:
        then_ms = at_ms + hours * HOUR
        for grid_id in ("g", "h", ""):
            for role in Role:
                answers.append(schedule.on_duty(on_call, grid_id, role, then_ms, zone))
        for who in router.people:
            answers.append(schedule.is_on_duty(on_call, who, then_ms, zone))
            answers.append(schedule.duty_ends_ms(on_call, who, then_ms, zone))
    return answers
