"""A door that holds a case which somebody brought so far: what its rules are told of."""

from msgspec.structs import replace

from gateway.core.actor import actor_of
from gateway.core.cases.deeds import Attribution
from gateway.core.model import (
    Case,
    CaseState,
    Door,
    Escalation,
    Order,
    Shelf,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import DAY, HOUR, MINUTE, NOON

S = CaseState
RULES = Rules()
WANG, LI = actor_of("wang"), actor_of("li")
BREACH, FAULT = Reason.NO_PERMIT, Reason.CHATTER
SINCE = NOON - MINUTE
LATER = NOON + HOUR
ESCALATION = Escalation("p", BREACH, SINCE, NOON + MINUTE, 2, began_ms=NOON)
SHELF = Shelf(WANG, "later", NOON + 2 * HOUR)
DOOR = Door("d", orders=(Order("o", NOON - DAY, NOON + 9 * DAY),))


def case(reason: Reason = BREACH, state: CaseState = S.RAISED, **more: object) -> Case:
    fields = {"openings": 1, "since_ms": SINCE, **more}
    return Case("c", reason, state, NOON, **fields)  # type: ignore[arg-type]


def by(actor: object = WANG, done_ms: int = LATER, now_ms: int = LATER) -> Attribution:
    return Attribution(actor, done_ms, now_ms)  # type: ignore[arg-type]


def holding(its: Case | None, *in_review: Case) -> Door:
    return replace(DOOR, case=its, in_review=in_review, last_case="c")
