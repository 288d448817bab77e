"""Requests: what a household asks for is somebody's task until it is done, declined or withdrawn.

`TABLE` says what may be done when; buttons come from it too. Whoever has it is the one to go on,
but anybody may stand at the door with it: what counts is that it arrives. An opening may be
announced with a request; it ends with it, but leaves time to take in what was put down.
"""

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from gateway.core.actor import Acting, ActorKind
from gateway.core.cases.refusal import Refusal
from gateway.core.duration import DAY_MS
from gateway.core.effects import Effect
from gateway.core.households import attribution, matters
from gateway.core.households.attribution import Attribution, order_of
from gateway.core.households.effects import PermitAttached, PermitDetached, RequestMoved
from gateway.core.households.events import (
    RequestAction,
    RequestAsked,
    RequestAtTheDoor,
    RequestDeclined,
    RequestDone,
    RequestLeft,
    RequestOnTheWay,
    RequestTaken,
    RequestWithdrawn,
)
from gateway.core.households.model import Household, Request, RequestKind, RequestState
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

Change = tuple[Household, tuple[Effect, ...]]
REQUESTS_OPEN_MAX: Final = 32  # whatever the rules say: of one household


class RequestDeed(StrEnum):
    """What somebody does about a request."""

    TAKE = "take"
    ON_THE_WAY = "on_the_way"
    AT_THE_DOOR = "at_the_door"
    DONE = "done"
    LEAVE = "leave"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


DEED_OF: Final[dict[type[RequestAction], RequestDeed]] = {
    RequestTaken: RequestDeed.TAKE,
    RequestOnTheWay: RequestDeed.ON_THE_WAY,
    RequestAtTheDoor: RequestDeed.AT_THE_DOOR,
    RequestDone: RequestDeed.DONE,
    RequestLeft: RequestDeed.LEAVE,
    RequestDeclined: RequestDeed.DECLINE,
}
_S, _R, _D = RequestState, Refusal, RequestDeed
OPEN: Final = (_S.ASKED, _S.TAKEN, _S.ON_THE_WAY, _S.AT_THE_DOOR)

# State × deed: where it leads, or why it is refused.
TABLE: Final[dict[RequestState, dict[RequestDeed, RequestState | Refusal]]] = {
    _S.ASKED: {
        _D.TAKE: _S.TAKEN,
        _D.ON_THE_WAY: _S.ON_THE_WAY,
        _D.AT_THE_DOOR: _S.AT_THE_DOOR,
        _D.DONE: _R.TAKE_FIRST,
        _D.LEAVE: _R.NOT_HELD,
        _D.DECLINE: _S.DECLINED,
        _D.WITHDRAW: _S.WITHDRAWN,
    },
    _S.TAKEN: {
        _D.TAKE: _R.TAKEN_ALREADY,
        _D.ON_THE_WAY: _S.ON_THE_WAY,
        _D.AT_THE_DOOR: _S.AT_THE_DOOR,
        _D.DONE: _S.DONE,
        _D.LEAVE: _S.ASKED,
        _D.DECLINE: _S.DECLINED,
        _D.WITHDRAW: _S.WITHDRAWN,
    },
    _S.ON_THE_WAY: {
        _D.TAKE: _R.TAKEN_ALREADY,
        _D.ON_THE_WAY: _R.ON_THE_WAY_ALREADY,
        _D.AT_THE_DOOR: _S.AT_THE_DOOR,
        _D.DONE: _S.DONE,
        _D.LEAVE: _S.ASKED,
        _D.DECLINE: _S.DECLINED,
        _D.WITHDRAW: _S.WITHDRAWN,
    },
    _S.AT_THE_DOOR: {
        _D.TAKE: _R.TAKEN_ALREADY,
        _D.ON_THE_WAY: _R.ON_SITE_ALREADY,
        _D.AT_THE_DOOR: _R.ON_SITE_ALREADY,
        _D.DONE: _S.DONE,
        _D.LEAVE: _S.ASKED,
        _D.DECLINE: _S.DECLINED,
        _D.WITHDRAW: _R.ON_SITE_ALREADY,
    },
}
_OWN: Final = frozenset({_D.LEAVE, _D.DECLINE, _D.DONE})  # of whoever has it, or of the centre


def judge(request: Request, deed: RequestDeed, by: Acting | None) -> RequestState | Refusal:
    """Where a deed would lead, or why it is refused. `by` is None for the household's own."""
    row = TABLE.get(request.state)
    if row is None:
        return Refusal.REQUEST_OVER
    leads_to = row[deed]
    if isinstance(leads_to, Refusal):
        is_own = by is not None and request.taken_by == by.actor
        return Refusal.DONE_ALREADY if is_own and leads_to.endswith("_already") else leads_to
    may_end = by is None or by.may_end(request.taken_by)
    return Refusal.NOT_HOLDER if deed in _OWN and not may_end else leads_to


def allowed(request: Request, by: Acting) -> tuple[RequestDeed, ...]:
    """What somebody may do about it as it stands: these are the buttons to show."""
    return tuple(
        deed
        for deed in RequestDeed
        if deed is not _D.WITHDRAW and not isinstance(judge(request, deed, by), Refusal)
    )


def reason_of(request: Request) -> Reason:
    """By which people are told of it."""
    is_doctor = request.kind is RequestKind.DOCTOR
    return Reason.DOCTOR_ASKED if is_doctor else Reason.REQUEST_ASKED


def find(household: Household, request_id: str) -> Request | None:
    """The request of this id, if it goes on."""
    return next((r for r in household.requests if r.request_id == request_id), None)


def ask(
    household: Household, event: RequestAsked, at: Attribution, rules: Rules
) -> Change | Refusal:
    """The household asks for something."""
    now_ms = at.now_ms
    if find(household, event.request_id) is not None:
        return Refusal.REPEATED
    if order_of(household, now_ms) is None:
        return Refusal.NO_ORDER
    lately = tuple(ms for ms in household.asked_ms if ms > now_ms - DAY_MS)
    is_full = len(household.requests) >= min(rules.requests_open, REQUESTS_OPEN_MAX)
    if is_full or len(lately) >= rules.requests_a_day:
        return Refusal.TOO_MANY
    if event.kind is RequestKind.OTHER and not event.words:
        return Refusal.WORDS_MISSING
    permit_id = event.permit.permit_id if event.permit is not None else ""
    request = Request(
        event.request_id,
        event.kind,
        event.said,
        at.done_ms,
        words=event.words,
        permit_id=permit_id,
        moved_ms=now_ms,
    )
    request, pages = matters.tell(request, reason_of(request), at.done_ms, now_ms, rules)
    household = replace(
        household, requests=(*household.requests, request), asked_ms=(*lately, now_ms)
    )
    attached: tuple[Effect, ...] = ()
    if event.permit is not None:
        attached = (PermitAttached(event.permit),)
    return household, (_moved(household, request, at), *attached, *pages)


def act(
    household: Household, event: RequestAction | RequestWithdrawn, at: Attribution, rules: Rules
) -> Change | Refusal:
    """Somebody, or the household, does something about a request."""
    request = find(household, event.request_id)
    if request is None:
        return Refusal.NO_SUCH_REQUEST
    deed, by = _D.WITHDRAW, None
    if isinstance(event, RequestAction):
        deed, by = DEED_OF[type(event)], event.by
    leads_to = judge(request, deed, by)
    if isinstance(leads_to, Refusal):
        return leads_to
    if isinstance(event, RequestDeclined):
        if not event.why:
            return Refusal.WHY_MISSING
        request = replace(request, why=event.why)
    taken_by = None if leads_to is _S.ASKED else at.actor or request.taken_by
    request = replace(request, state=leads_to, taken_by=taken_by, moved_ms=at.now_ms)
    pages: tuple[Effect, ...] = ()
    if leads_to is _S.ASKED:
        again = f"{matters.BACK}{at.now_ms}"
        request = replace(request, returns_ms=None)
        reason = reason_of(request)
        request, pages = matters.tell(request, reason, at.done_ms, at.now_ms, rules, again)
    elif leads_to in OPEN:
        returns_ms = at.now_ms + rules.request_taken_ms
        request = replace(matters.quieten(request), returns_ms=returns_ms)
    household, effects = keep(household, request, at, rules)
    return household, effects + pages


def keep(household: Household, request: Request, at: Attribution, rules: Rules) -> Change:
    """The request as it is now; one that is over leaves the state, and its permit ends."""
    is_open = request.state in OPEN
    if not is_open:
        request = replace(matters.quieten(request), returns_ms=None)
    others = tuple(r for r in household.requests if r.request_id != request.request_id)
    requests = tuple(
        request if r.request_id == request.request_id else r for r in household.requests
    )
    household = replace(household, requests=requests if is_open else others)
    effects: tuple[Effect, ...] = (_moved(household, request, at),)
    if not is_open and request.permit_id:
        is_done = request.state is _S.DONE
        ends_ms = at.now_ms + (rules.request_taking_in_ms if is_done else 0)
        effects += (PermitDetached(request.permit_id, ends_ms),)
    return household, effects


def told(household: Household, request: Request, now_ms: int, rules: Rules) -> Change:
    """The next are told of it."""
    request, pages = matters.escalate(request, now_ms, rules)
    kept = tuple(request if r.request_id == request.request_id else r for r in household.requests)
    return replace(household, requests=kept), pages


def comes_back(household: Household, request: Request, now_ms: int, rules: Rules) -> Change:
    """It was taken, and is not done: it is told again, to who has it first."""
    by = request.taken_by
    to = by.actor_id if by is not None and by.kind is ActorKind.WARDEN else ""
    request = replace(request, returns_ms=None)
    request, pages = matters.come_back(request, reason_of(request), to, now_ms, rules)
    household, effects = keep(household, request, attribution.by_rule(now_ms), rules)
    return household, effects + pages


def _moved(household: Household, request: Request, at: Attribution) -> RequestMoved:
    order = order_of(household, at.now_ms)
    done_ms = None if at.done_ms == at.now_ms else at.done_ms
    order_id = "" if order is None else order.order_id
    return RequestMoved(request, at.now_ms, at.actor, done_ms, order_id)
