"""Health reports, where an order asks for one a day: two taps, one reminder, then a question.

Silence is a question to the warden by day, and never guilt, and none of both comes in the hours in
which the household wants to be left alone; so is a report that somebody is not well, at once by
day. What was taken and not ended comes back, and so does one where nobody was reached.
"""

from typing import Final

from msgspec.structs import replace

from gateway.core import doubted_time, local_time
from gateway.core.actor import ActorKind
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.effects import Effect
from gateway.core.households import attribution, matters
from gateway.core.households.attribution import Attribution, order_of
from gateway.core.households.effects import HealthMoved, HealthNoted, HealthReminded
from gateway.core.households.events import HealthEnded, HealthReported, HealthTaken
from gateway.core.households.model import (
    HEALTH,
    HealthOutcome,
    HealthQuestion,
    Household,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

Change = tuple[Household, tuple[Effect, ...]]
LATE_MS: Final = MINUTE_MS  # a reminder that comes so long after its time is late
_OF_STAFF: Final = frozenset(
    {
        HealthOutcome.WELL,
        HealthOutcome.HELPED,
        HealthOutcome.HANDED_ON,
        HealthOutcome.NOT_REACHED,
    }
)


def reason_of(question: HealthQuestion) -> Reason:
    """By which people are told of it."""
    return Reason.UNWELL if question.is_unwell else Reason.HEALTH_UNSAID


def ordered(household: Household, now_ms: int, rules: Rules) -> Household:
    """Its orders are others: the next reminder is by them."""
    watch = household.health
    if watch.is_reminded and watch.due_ms is not None and _asks(household, watch.due_ms):
        return household
    due_ms = _next_reminder_ms(household, now_ms, rules)
    return replace(household, health=replace(watch, due_ms=due_ms, is_reminded=False))


def narrowed(household: Household, now_ms: int, rules: Rules) -> Household:
    """Its own quiet hours are others: in these it is neither reminded nor asked after."""
    watch = household.health
    if watch.due_ms is None:
        return household
    if watch.is_reminded:
        due_ms = _left_alone(household, watch.due_ms, rules)
    else:
        due_ms = local_time.outside(rules.zone, watch.due_ms, household.quiet)
        next_ms = _next_reminder_ms(household, now_ms, rules)
        due_ms = due_ms if next_ms is None else min(due_ms, next_ms)
    return replace(household, health=replace(watch, due_ms=due_ms))


def corrected(household: Household, by_ms: int, now_ms: int, rules: Rules) -> Household:
    """The gateway's clock was set, and every time in the household with it; but hours of the day
    are by the true one. What it was ahead of comes again, and what it skipped is due at once, so
    that no day passes unasked.

    Args:
        household: with its times moved already.
        by_ms: how far they were, ahead if positive.
        now_ms: the true time.
        rules: the site's.
    """
    watch = household.health
    if watch.due_ms is None:
        return household
    due_ms: int | None = watch.due_ms - by_ms
    if by_ms < 0 and watch.is_reminded:
        due_ms = _ask_ms(household, now_ms, rules)
    elif by_ms < 0:
        due_ms = _next_reminder_ms(household, now_ms, rules)
    return replace(household, health=replace(watch, due_ms=due_ms))


def due_by_clock_ms(household: Household) -> int:
    """When the reminder or the question is due by the gateway's clock: in doubt a reminder at its
    time, and the question once that time has come by every reading. 0 where none is."""
    watch, due_ms = household.health, household.health.due_ms or 0
    return due_ms + household.doubt.ahead_ms if watch.is_reminded else due_ms


def is_said(household: Household, at_ms: int, rules: Rules) -> bool:
    """Whether they have said on the day of a time how they are; in doubt, by any of the days that
    it may be, if less than a day lies between."""
    said_ms, doubt, zone = household.health.reported_ms, household.doubt, rules.zone
    if not said_ms:
        return False
    today = local_time.day(zone, at_ms)
    if local_time.day(zone, said_ms) >= today:
        return True
    is_near = at_ms - said_ms < DAY_MS
    is_same = local_time.day(zone, said_ms + doubt.behind_ms) >= today or local_time.day(
        zone, at_ms - doubt.ahead_ms
    ) <= local_time.day(zone, said_ms)
    return is_near and is_same


def report(
    household: Household, event: HealthReported, at: Attribution, rules: Rules
) -> Change | Refusal:
    """The household says how they are. It answers the question of the day."""
    order = order_of(household, at.now_ms)
    if order is None:
        return Refusal.NO_ORDER
    watch = replace(household.health, reported_ms=at.done_ms)
    noted = HealthNoted(
        event.action_id,
        at.now_ms,
        event.said,
        event.is_well,
        () if event.is_well else event.symptoms,
        event.words,
        order.order_id,
    )
    household = replace(household, health=watch)
    effects: tuple[Effect, ...] = (noted,)
    question = watch.question
    if question is not None and not question.is_unwell:
        household, ended = _end(household, question, HealthOutcome.REPORTED, at)
        effects += ended
        question = None
    if event.is_well or question is not None:
        return household, effects
    household, asked = _ask(household, True, at, rules)
    return household, effects + asked


def take(
    household: Household, event: HealthTaken, at: Attribution, rules: Rules
) -> Change | Refusal:
    """Somebody asks them."""
    question = household.health.question
    if question is None or question.question_id != event.question_id:
        return Refusal.NO_SUCH_QUESTION
    if question.taken_by is not None:
        is_own = question.taken_by == at.actor
        return Refusal.DONE_ALREADY if is_own else Refusal.TAKEN_ALREADY
    returns_ms = at.now_ms + rules.request_taken_ms
    question = replace(matters.quieten(question), taken_by=at.actor, returns_ms=returns_ms)
    return _keep(household, question), (_moved(household, question, at),)


def end(
    household: Household, event: HealthEnded, at: Attribution, rules: Rules
) -> Change | Refusal:
    """Somebody has asked them: whoever took that, anybody while nobody has, or the centre. Where
    nobody was reached, it comes back."""
    question = household.health.question
    if question is None or question.question_id != event.question_id:
        return Refusal.NO_SUCH_QUESTION
    if not event.by.may_end(question.taken_by):
        return Refusal.NOT_HOLDER
    if event.outcome not in _OF_STAFF:
        return Refusal.NO_SUCH_OUTCOME
    if event.outcome is HealthOutcome.HANDED_ON and not event.words:
        return Refusal.NOTE_MISSING
    if event.outcome is not HealthOutcome.NOT_REACHED:
        return _end(household, question, event.outcome, at, event.words)
    returns_ms = at.now_ms + rules.request_taken_ms
    question = replace(matters.quieten(question), taken_by=at.actor, returns_ms=returns_ms)
    moved = _moved(household, question, at, event.outcome, event.words)
    return _keep(household, question), (moved,)


def due(household: Household, due_ms: int, now_ms: int, rules: Rules) -> Change:
    """The time of the reminder, or of the question, has come."""
    watch = household.health
    has_reported = is_said(household, due_ms, rules)
    at = attribution.by_rule(now_ms)
    if has_reported or watch.is_reminded:
        next_ms = _next_reminder_ms(household, max(due_ms, now_ms), rules)
        household = replace(household, health=replace(watch, due_ms=next_ms, is_reminded=False))
        is_asked = has_reported or watch.question is not None or not _asks(household, due_ms)
        return (household, ()) if is_asked else _ask(household, False, at, rules)
    is_late, asked_from_ms = now_ms - due_ms >= LATE_MS, due_ms
    if is_late:  # the gateway stood still
        remind_ms = _late_reminder_ms(household, due_ms, now_ms, rules)
        if remind_ms != now_ms:
            return replace(household, health=replace(watch, due_ms=remind_ms)), ()
        asked_from_ms = now_ms
    ask_ms = _ask_ms(household, asked_from_ms, rules, is_late)
    watch = replace(watch, due_ms=ask_ms, is_reminded=True)
    return replace(household, health=watch), (HealthReminded(now_ms),)


def comes_back(household: Household, question: HealthQuestion, now_ms: int, rules: Rules) -> Change:
    """Whoever asks them is not done, or reached nobody: it is told again."""
    by = question.taken_by
    to = by.actor_id if by is not None and by.kind is ActorKind.WARDEN else ""
    question = replace(question, returns_ms=None, taken_by=None)
    question, pages = matters.come_back(question, reason_of(question), to, now_ms, rules)
    at = attribution.by_rule(now_ms)
    return _keep(household, question), (_moved(household, question, at), *pages)


def told(household: Household, question: HealthQuestion, now_ms: int, rules: Rules) -> Change:
    """The next are told of it."""
    question, pages = matters.escalate(question, now_ms, rules)
    return _keep(household, question), pages


def over(household: Household, at: Attribution) -> Change:
    """No order holds any more: nobody is asked."""
    question = household.health.question
    if question is None:
        return household, ()
    return _end(household, question, HealthOutcome.ORDER_OVER, at)


def _ask(household: Household, is_unwell: bool, at: Attribution, rules: Rules) -> Change:
    question_id = f"{HEALTH}{household.household_id}-{at.now_ms}"
    question = HealthQuestion(question_id, at.now_ms, is_unwell)
    reason, quiet = reason_of(question), () if is_unwell else household.quiet
    question, pages = matters.tell(question, reason, at.done_ms, at.now_ms, rules, quiet=quiet)
    return _keep(household, question), (_moved(household, question, at), *pages)


def _end(
    household: Household,
    question: HealthQuestion,
    outcome: HealthOutcome,
    at: Attribution,
    words: str = "",
) -> Change:
    ended = replace(matters.quieten(question), returns_ms=None)
    household = replace(household, health=replace(household.health, question=None))
    return household, (_moved(household, ended, at, outcome, words),)


def _keep(household: Household, question: HealthQuestion) -> Household:
    return replace(household, health=replace(household.health, question=question))


def _moved(
    household: Household,
    question: HealthQuestion,
    at: Attribution,
    outcome: HealthOutcome | None = None,
    words: str = "",
) -> HealthMoved:
    order = order_of(household, at.now_ms)
    order_id = "" if order is None else order.order_id
    return HealthMoved(question, at.now_ms, at.actor, outcome, words, order_id)


def _asks(household: Household, at_ms: int) -> bool:
    """Whether an order that holds then asks for reports."""
    doubt = household.doubt
    return any(t.health_daily and doubted_time.holds(t, at_ms, doubt) for t in household.orders)


def _next_reminder_ms(household: Household, now_ms: int, rules: Rules) -> int | None:
    """The first reminder after now within an order that asks for reports."""
    doubt, remind_min = household.doubt, rules.health_remind_min
    times = (
        local_time.next_at(
            rules.zone, max(now_ms, doubted_time.begins_ms(term, doubt) - 1), remind_min
        )
        for term in household.orders
        if term.health_daily
    )
    found = [at_ms for at_ms in times if _asks(household, at_ms)]
    return local_time.outside(rules.zone, min(found), household.quiet) if found else None


def _late_reminder_ms(household: Household, due_ms: int, now_ms: int, rules: Rules) -> int | None:
    """When they are reminded who should have been at a time that passed while the gateway stood
    still: outside their own hours still; where that day or the order is over, by the next reminder
    alone."""
    zone = rules.zone
    is_over = local_time.day(zone, now_ms) != local_time.day(zone, due_ms)
    if is_over or not _asks(household, now_ms):
        return _next_reminder_ms(household, due_ms, rules)
    return local_time.outside(zone, now_ms, household.quiet)


def _ask_ms(household: Household, at_ms: int, rules: Rules, is_late: bool = False) -> int:
    """When a warden asks, after the reminder at a time. Where that came late, or the hour of that
    day is past, for it waited for their own hours, they have as long as they have else."""
    zone, last_ms = rules.zone, _last_ms(at_ms, rules)
    asked_ms = local_time.next_at(zone, at_ms, rules.health_ask_min)
    as_long_ms = at_ms + (rules.health_ask_min - rules.health_remind_min) * MINUTE_MS
    if is_late or asked_ms > last_ms:
        asked_ms = as_long_ms
    return _left_alone(household, min(asked_ms, last_ms), rules)


def _left_alone(household: Household, asked_ms: int, rules: Rules) -> int:
    """The question is outside their own hours if its day has time left; on another day, what they
    say this evening would be no answer, and that day would have no reminder."""
    outside_ms = local_time.outside(rules.zone, asked_ms, household.quiet)
    return min(outside_ms, _last_ms(asked_ms, rules))


def _last_ms(at_ms: int, rules: Rules) -> int:
    """The end of a day."""
    return local_time.next_at(rules.zone, at_ms, 0) - 1
