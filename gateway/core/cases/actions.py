"""What people, and their phones, do about a case, for doors, outages and troubles alike.

The table in cases/transitions.py says what may be done when; what an action says is checked after
that: the outcome must be one, and the end of a shelf must lie ahead.

Time. An action is dated `age_ms` before it came, but never before its case was raised, and never
more than AGE_MAX_MS ago. Actions take effect in the order in which they come, for older news undoes
nothing; that somebody acted meanwhile is told (`overtaken`). And nothing silences what its actor
could not know: an action that was done before the case was raised again is refused after it.

The same `action_id` twice at one holder is one action: the second changes nothing, and
`result_of` still says what came of the first. The latest RESULTS_KEPT are remembered, in the state
that is stored and replayed.
"""

from typing import Final

from msgspec.structs import replace

from gateway.core.cases import arrival, escalation
from gateway.core.cases.case import H, find, paged
from gateway.core.cases.contradiction import contradicted
from gateway.core.cases.deeds import (
    Attribution,
    answer,
    hand_over,
    report,
    review,
    shelve,
    take_back,
)
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action, judge
from gateway.core.duration import DAY_MS, MINUTE_MS
from gateway.core.effects import ActionRefused, Effect
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAction,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    PageReceived,
    PageWentOut,
    PersonOnSite,
    PersonOnTheWay,
    ReportTakenBack,
)
from gateway.core.households.events import HouseholdAction
from gateway.core.model import ActionResult, Case, CaseState, Door
from gateway.core.outcome import WANTS_NOTE, Outcome
from gateway.core.rules import Rules
from gateway.core.site_model import Outage, Trouble

AGE_MAX_MS: Final = DAY_MS  # no handheld keeps an action longer; it is dated then
LATE_MS: Final = MINUTE_MS  # what comes so long after it was done says both times
RESULTS_KEPT: Final = 16  # of one holder: three cases round the whole loop

Recent = tuple[ActionResult, ...]
Holder = Door | Outage | Trouble


ACTION_OF: Final[dict[type[CaseAction], Action]] = {
    CaseAcknowledged: Action.ACKNOWLEDGE,
    PersonOnTheWay: Action.ON_THE_WAY,
    PersonOnSite: Action.ON_SITE,
    ArrivalProved: Action.PROVE,
    CaseReported: Action.REPORT,
    CaseHandedOver: Action.HAND_OVER,
    ReportTakenBack: Action.TAKE_BACK,
    CaseAssessed: Action.ASSESS,
    CaseSignedOff: Action.SIGN_OFF,
    CaseShelved: Action.SHELVE,
}
_REVIEW = frozenset({Action.ASSESS, Action.SIGN_OFF})


def act(
    holder: H, event: CaseAction, recent: Recent, now_ms: int, rules: Rules
) -> tuple[H, Recent, tuple[Effect, ...]]:
    """What a person does about a case.

    Args:
        holder: the door or outage that has the case, or had it.
        event: the action; it was done `event.age_ms` before `now_ms`.
        recent: what came of the latest actions, oldest first, at most RESULTS_KEPT.
        now_ms: when the action came, in ms of UTC.
        rules: those of the holder.

    Returns:
        The holder after it, `recent` with this action's result, and what follows. Refused, the
        holder is as before and one `ActionRefused` says why; nothing is raised.
    """
    case = find(holder, event.case_id)
    gone = Refusal.CLOSED if holder.last_case == event.case_id else Refusal.NO_SUCH_CASE
    if case is None or result_of(recent, event) is not None:
        recent, effects = refused(event, recent, now_ms, gone)
        return holder, recent, effects
    age_ms = max(0, min(event.age_ms, AGE_MAX_MS, now_ms - case.raised_ms))
    done_ms = now_ms - age_ms
    attribution = Attribution(event.actor, done_ms, now_ms)
    leads_to = _judge(holder, case, event, attribution, rules)
    refusal = leads_to if isinstance(leads_to, Refusal) else None
    overtaken = case.acted_ms is not None and done_ms < case.acted_ms
    proof = None if refusal else arrival.proof_of(holder, event, attribution)
    result = ActionResult(event.action_id, now_ms, age_ms, refusal, overtaken, proof)
    recent = (*recent, result)[-RESULTS_KEPT:]
    if isinstance(leads_to, Refusal):
        return holder, recent, (_refused(event, leads_to),)
    holder, effects = _do(holder, case, event, leads_to, attribution, rules)
    return holder, recent, effects


def refused(
    event: CaseAction, recent: Recent, now_ms: int, refusal: Refusal
) -> tuple[Recent, tuple[Effect, ...]]:
    """An action whose case nobody holds, or that came before: remembered once, and refused."""
    if result_of(recent, event) is not None:
        return recent, (_refused(event, Refusal.REPEATED),)
    result = ActionResult(event.action_id, now_ms, min(event.age_ms, AGE_MAX_MS), refusal)
    return (*recent, result)[-RESULTS_KEPT:], (_refused(event, refusal),)


def result_of(recent: Recent, event: CaseAction | HouseholdAction) -> ActionResult | None:
    """What came of this action when it came first; None if it is new, or too long ago."""
    return next((result for result in recent if result.action_id == event.action_id), None)


def page_fate(
    holder: H, event: PageWentOut | PageReceived, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A page of the open case went out, or was signed for."""
    if isinstance(event, PageWentOut):
        return page_sent(holder, event, now_ms)
    return page_received(holder, event, now_ms, rules)


def page_sent(holder: H, event: PageWentOut, now_ms: int) -> tuple[H, tuple[Effect, ...]]:
    """A page of the open case went out. Only the first is news."""
    case = holder.case
    if case is None or case.case_id != event.case_id:
        return holder, ()
    return _moved_by_page(holder, case, Action.PAGE_SENT, now_ms)


def page_received(
    holder: H, event: PageReceived, now_ms: int, rules: Rules
) -> tuple[H, tuple[Effect, ...]]:
    """A handheld signed for a page of the open case: its owner's other channels can rest."""
    case = holder.case
    if case is None or case.case_id != event.case_id:
        return holder, ()
    signed = escalation.received(case, event.page_id, rules)
    holder = holder if signed is case else replace(holder, case=signed)
    return _moved_by_page(holder, signed, Action.PAGE_RECEIVED, now_ms)


def _moved_by_page(
    holder: H, case: Case, action: Action, now_ms: int
) -> tuple[H, tuple[Effect, ...]]:
    state = judge(case, action, None)
    if isinstance(state, Refusal) or state is case.state:
        return holder, ()
    return paged(holder, case, now_ms)


def _judge(
    holder: Holder, case: Case, event: CaseAction, attribution: Attribution, rules: Rules
) -> CaseState | Refusal:
    """Where the action leads by the table, or why it is refused by that or by what it says."""
    action = ACTION_OF[type(event)]
    leads_to = judge(case, action, event.by)
    if isinstance(leads_to, Refusal):
        return leads_to
    again_ms = case.raised_again_ms
    if action not in _REVIEW and again_ms is not None and attribution.done_ms < again_ms:
        return Refusal.RAISED_SINCE
    refusal = None
    match event:
        case ArrivalProved():
            refusal = arrival.refusal_of_code(holder, event, attribution.now_ms)
        case CaseReported():
            refusal = _judge_report(holder, event)
        case CaseShelved():
            refusal = _judge_shelving(case, event, attribution.now_ms)
        case CaseHandedOver():
            refusal = _judge_handing(case, event)
        case ReportTakenBack():
            refusal = _judge_taking_back(holder, case, attribution.done_ms, rules)
    return refusal or leads_to


def _judge_report(holder: Holder, event: CaseReported) -> Refusal | None:
    """Why a case cannot have ended so: no such end, nobody named, or the seal says otherwise."""
    if event.outcome not in set(Outcome):
        return Refusal.NO_SUCH_OUTCOME
    if event.outcome in WANTS_NOTE and not event.note:
        return Refusal.NOTE_MISSING
    return None if event.despite_seal else contradicted(holder, event)


def _judge_handing(case: Case, event: CaseHandedOver) -> Refusal | None:
    """Why a case cannot be handed to this person: not on duty, or has it."""
    if event.is_off_duty:
        return Refusal.NOT_ON_DUTY
    has_it = case.moved_by is not None and case.moved_by.actor_id == event.to
    return Refusal.TAKEN_ALREADY if has_it else None


def _judge_taking_back(holder: Holder, case: Case, done_ms: int, rules: Rules) -> Refusal | None:
    """Why a report stands: it was made too long before this was done, or there is a case after
    it."""
    if case.unreported is None or done_ms > case.unreported.done_ms + rules.take_back_ms:
        return Refusal.TAKE_BACK_OVER
    return Refusal.NEW_CASE if holder.case is not None else None


def _judge_shelving(case: Case, event: CaseShelved, now_ms: int) -> Refusal | None:
    """Why a case cannot be put aside so: it is over already, or just this was done."""
    if event.until_ms <= now_ms:
        return Refusal.UNTIL_PAST
    known = case.shelf and (case.shelf.by, case.shelf.why, case.shelf.ends_ms)
    is_same = known == (event.actor, event.why, event.until_ms)
    return Refusal.DONE_ALREADY if is_same else None


def _refused(event: CaseAction, refusal: Refusal) -> ActionRefused:
    return ActionRefused(event.case_id, event.action_id, refusal)


def _do(
    holder: H,
    case: Case,
    event: CaseAction,
    leads_to: CaseState,
    attribution: Attribution,
    rules: Rules,
) -> tuple[H, tuple[Effect, ...]]:
    match event:
        case PersonOnSite():
            return arrival.arrive(holder, case, event, attribution, rules)
        case ArrivalProved():
            return arrival.prove(holder, case, event, attribution)
        case CaseReported(outcome=outcome, note=note):
            despite_seal = contradicted(holder, event) is not None
            said = {"outcome": outcome, "despite_seal": despite_seal, "note": note}
            return report(holder, case, said, attribution, rules)
        case CaseHandedOver(to=to, action_id=action_id):
            return hand_over(holder, case, to, attribution, action_id, rules)
        case ReportTakenBack(action_id=action_id) if case.unreported is not None:
            return take_back(holder, case, case.unreported, attribution, action_id)
        case CaseShelved(why=why, until_ms=until_ms):
            return shelve(holder, case, why, until_ms, attribution, rules)
    action = ACTION_OF[type(event)]
    change = review if action in _REVIEW else answer
    return change(holder, case, leads_to, attribution, rules)
