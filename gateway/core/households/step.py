"""The household's step: `step(household, event, now_ms, rules) -> household, effects`.

1. What was due before the event happens first; deadlines are data.
2. Then the event: `EVENTS` names the rule for each.
3. Then what has come due since.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from gateway.core.cases.refusal import Refusal
from gateway.core.doubted_time import over_ms
from gateway.core.duration import HOUR_MS
from gateway.core.effects import Effect
from gateway.core.ending_events import OrderDestroyed
from gateway.core.events import DeadlineCame, Event
from gateway.core.households import (
    attribution,
    disputes,
    forgetting,
    health,
    matters,
    requests,
)
from gateway.core.households.attribution import Attribution
from gateway.core.households.effects import HouseholdRefused, SealAnswerNoted, ToDoor
from gateway.core.households.events import (
    DisputeAction,
    DisputeAnswered,
    DisputeAssigned,
    DisputeRaised,
    HealthAction,
    HealthEnded,
    HealthReported,
    HealthTaken,
    HoursNarrowed,
    HouseholdAction,
    HouseholdHomed,
    HouseholdOrdered,
    HouseholdSays,
    QuietAsked,
    RequestAction,
    RequestAsked,
    RequestAtTheDoor,
    RequestDeclined,
    RequestDone,
    RequestLeft,
    RequestOnTheWay,
    RequestTaken,
    RequestWithdrawn,
    SaidOfSeal,
    SealAnswered,
)
from gateway.core.households.model import Household, OrderTerm, RequestState, Windows
from gateway.core.local_time import DAY_MIN
from gateway.core.model import ActionResult
from gateway.core.rules import Rules

Change = tuple[Household, tuple[Effect, ...]]
ORDERS_MAX: Final = 8  # of one household; the one that ends first goes first
RESULTS_KEPT: Final = 16
WINDOWS_MAX: Final = 4  # of a day, in which a household wants to be left alone
QUIET_MAX_MIN: Final = 16 * 60  # a day, altogether: the rest is for those who must ask
DUE_MAX: Final = 4 * (requests.REQUESTS_OPEN_MAX + 16)  # deadlines in one step
OVER_KEPT_MS: Final = 24 * HOUR_MS  # an order that is over stays known so long, for late actions


def step(household: Household, event: Event, now_ms: int, rules: Rules) -> Change:
    """One event of a household.

    Args:
        household: it as it is; it stays so.
        event: one of `EVENTS`, about this household, or a `DeadlineCame`.
        now_ms: when the gateway heard of it, in ms of UTC.
        rules: the site's.

    Returns:
        The household after it, the same object where nothing changed, and what follows, in order. A
        refused action is a `HouseholdRefused`, and nothing else changes.

    Raises:
        KeyError: the event is none of a household's.
    """
    household, due = _fire_deadlines(household, now_ms, rules)
    effects: tuple[Effect, ...] = ()
    if isinstance(event, HouseholdAction):
        household, effects = _act(household, event, now_ms, rules)
    elif not isinstance(event, DeadlineCame):
        household, effects = _EVENTS[type(event)](household, event, now_ms, rules)
    household, since = _fire_deadlines(household, now_ms, rules)
    return household, due + effects + since


def next_deadline(household: Household) -> int | None:
    """The earliest time at which this household needs a step by itself, or None."""
    return min((due_ms for due_ms, _ in _all_due(household)), default=None)


def _act(household: Household, event: HouseholdAction, now_ms: int, rules: Rules) -> Change:
    """What a person does. The same action twice is one, and is answered as the first time."""
    before = next((r for r in household.recent if r.action_id == event.action_id), None)
    if before is not None:
        return household, (_refused(event, Refusal.REPEATED),)
    if isinstance(event, HouseholdSays):
        household = _ordered(household, event.terms, now_ms, rules)
    at = attribution.of(event, now_ms)
    done = ACTIONS[type(event)](household, event, at, rules)
    refusal = done if isinstance(done, Refusal) else None
    result = ActionResult(event.action_id, now_ms, now_ms - at.done_ms, refusal)
    household, effects = (
        (household, (_refused(event, done),)) if isinstance(done, Refusal) else done
    )
    return replace(household, recent=(*household.recent, result)[-RESULTS_KEPT:]), effects


def _refused(event: HouseholdAction, refusal: Refusal) -> HouseholdRefused:
    return HouseholdRefused(matter_of(event), event.action_id, refusal)


def matter_of(event: HouseholdAction) -> str:
    """The id of what an action is about; empty where it is about none."""
    match event:
        case RequestAsked() | RequestAction() | RequestWithdrawn():
            return event.request_id
        case DisputeRaised() | DisputeAction():
            return event.dispute_id
        case HealthAction():
            return event.question_id
    return ""


def _seal_answered(
    household: Household, event: SealAnswered, at: Attribution, _: Rules
) -> Change | Refusal:
    """It is recorded as said by the household, and its door is told."""
    if event.door_id not in household.home:
        return Refusal.NO_DOOR
    noted = SealAnswerNoted(
        event.action_id, event.door_id, at.now_ms, event.said, event.answer, event.words
    )
    return household, (noted, ToDoor(event.door_id, SaidOfSeal(event.said, event.answer)))


def _narrowed(
    household: Household, event: HoursNarrowed, at: Attribution, rules: Rules
) -> Change | Refusal:
    """Its own quiet hours, while an order holds or is to begin. Enough of each day is left for
    those who must ask."""
    if not any(_goes_on(term, household, at.now_ms) for term in household.orders):
        return Refusal.NO_ORDER
    if not _are_hours(event.quiet):
        return Refusal.TOO_QUIET
    if household.quiet == event.quiet:
        return Refusal.DONE_ALREADY
    return _with_hours(household, event.quiet, at.now_ms, rules)


def _with_hours(household: Household, quiet: Windows, now_ms: int, rules: Rules) -> Change:
    household = health.narrowed(replace(household, quiet=quiet), now_ms, rules)
    return household, tuple(ToDoor(door, QuietAsked(quiet)) for door in household.home)


def _are_hours(quiet: Windows) -> bool:
    is_within = all(0 <= minute < DAY_MIN for window in quiet for minute in window)
    minutes = sum((to_min - from_min) % DAY_MIN or DAY_MIN for from_min, to_min in quiet)
    return is_within and len(quiet) <= WINDOWS_MAX and minutes <= QUIET_MAX_MIN


def _homed(household: Household, event: HouseholdHomed, _: int, __: Rules) -> Change:
    doors = () if event.doors == (household.household_id,) else event.doors
    return replace(household, doors=doors), ()


def _order(household: Household, event: HouseholdOrdered, now_ms: int, rules: Rules) -> Change:
    """An order was placed or changed. Where all others are over it is another household's, and
    hours that the one before it named narrow nothing of it."""
    known = [term for term in household.orders if term.order_id != event.term.order_id]
    is_same = len(known) < len(household.orders)
    effects: tuple[Effect, ...] = ()
    if household.quiet and not is_same and not any(_goes_on(t, household, now_ms) for t in known):
        household, effects = _with_hours(household, (), now_ms, rules)
    return _ordered(household, (*known, event.term), now_ms, rules), effects


def _goes_on(term: OrderTerm, household: Household, now_ms: int) -> bool:
    """Whether an order holds or is to begin."""
    return over_ms(term, household.doubt) > now_ms


def _ordered(
    household: Household, terms: tuple[OrderTerm, ...], now_ms: int, rules: Rules
) -> Household:
    """The household with these orders; what is over is forgotten a while later."""
    doubt = household.doubt
    kept = [term for term in terms if over_ms(term, doubt) > now_ms - OVER_KEPT_MS]
    orders = tuple(sorted(kept, key=lambda term: (term.to_ms, term.order_id))[-ORDERS_MAX:])
    if orders == household.orders:
        return household
    return health.ordered(replace(household, orders=orders), now_ms, rules)


# What each action does: (household, event, attribution, rules) -> household, effects; or why not.
ACTIONS: dict[type[Any], Callable[[Household, Any, Attribution, Rules], Change | Refusal]] = {
    RequestAsked: requests.ask,
    RequestWithdrawn: requests.act,
    RequestTaken: requests.act,
    RequestOnTheWay: requests.act,
    RequestAtTheDoor: requests.act,
    RequestDone: requests.act,
    RequestLeft: requests.act,
    RequestDeclined: requests.act,
    DisputeRaised: disputes.raise_dispute,
    DisputeAssigned: disputes.assign,
    DisputeAnswered: disputes.answer,
    HealthReported: health.report,
    HealthTaken: health.take,
    HealthEnded: health.end,
    SealAnswered: _seal_answered,
    HoursNarrowed: _narrowed,
}
_EVENTS: dict[type[Any], Callable[[Household, Any, int, Rules], Change]] = {
    OrderDestroyed: forgetting.household,
    HouseholdHomed: _homed,
    HouseholdOrdered: _order,
}


Rule = Callable[[Household, int, Rules], Change]


def _all_due(household: Household) -> Iterator[tuple[int, Rule]]:
    """Every time in its state, with the rule that it is the time for."""
    for request in household.requests:
        if (told_ms := matters.told_ms(request)) is not None:
            yield told_ms, partial(_of, rule=requests.told, matter=request)
        if request.returns_ms is not None:
            yield request.returns_ms, partial(_of, rule=requests.comes_back, matter=request)
    for dispute in household.disputes:
        if (told_ms := matters.told_ms(dispute)) is not None:
            yield told_ms, partial(_of, rule=disputes.told, matter=dispute)
        if not dispute.is_late:
            yield dispute.answer_by_ms, partial(_of, rule=disputes.late, matter=dispute)
    yield from _health_due(household)
    yield from _end_due(household)


def _end_due(household: Household) -> Iterator[tuple[int, Rule]]:
    if household.requests or household.health.question is not None:
        yield _over_ms(household), _order_over
    if household.quiet:  # a day later, for the end itself is told outside them
        yield _over_ms(household) + OVER_KEPT_MS, _hours_over


def _health_due(household: Household) -> Iterator[tuple[int, Rule]]:
    watch = household.health
    if watch.due_ms is not None:
        yield health.due_by_clock_ms(household), partial(_health_time, due_ms=watch.due_ms)
    question = watch.question
    if question is not None and (told_ms := matters.told_ms(question)) is not None:
        yield told_ms, partial(_of, rule=health.told, matter=question)
    if question is not None and question.returns_ms is not None:
        yield question.returns_ms, partial(_of, rule=health.comes_back, matter=question)


def _over_ms(household: Household) -> int:
    """When the last of its orders is over."""
    doubt = household.doubt
    return max((over_ms(term, doubt) for term in household.orders), default=0)


def _health_time(household: Household, now_ms: int, rules: Rules, due_ms: int) -> Change:
    return health.due(household, due_ms, now_ms, rules)


def _of(
    household: Household,
    now_ms: int,
    rules: Rules,
    rule: Callable[[Household, Any, int, Rules], Change],
    matter: Any,
) -> Change:
    return rule(household, matter, now_ms, rules)


def _order_over(household: Household, now_ms: int, rules: Rules) -> Change:
    """No order holds any more: nobody brings anything or asks. Disputes go on: a household may
    contest what stands of it as long as it stands."""
    at = attribution.by_rule(now_ms)
    effects: tuple[Effect, ...] = ()
    for request in household.requests:
        ended = replace(request, state=RequestState.ORDER_OVER, moved_ms=now_ms)
        household, more = requests.keep(household, ended, at, rules)
        effects += more
    household, more = health.over(household, at)
    return household, effects + more


def _hours_over(household: Household, now_ms: int, rules: Rules) -> Change:
    """Its last order is over, and everything of that was told: its hours go with it."""
    return _with_hours(household, (), now_ms, rules)


def _fire_deadlines(household: Household, now_ms: int, rules: Rules) -> Change:
    """Do what was due by now, the earliest first. A rule may set a new time, so look again."""
    effects: tuple[Effect, ...] = ()
    for _ in range(DUE_MAX):
        first = min(_all_due(household), key=lambda due: due[0], default=None)
        if first is None or first[0] > now_ms:
            break
        household, more = first[1](household, now_ms, rules)
        effects += more
    return household, effects
