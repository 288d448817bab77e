"""Who is told of a household's matter, and when: by the escalation policy, as of a case.

A matter is a request, a dispute or a question of health. Each is told by its own steps
(cases/escalation.py), by day but for a doctor; who takes it ends that, and what is taken and not
finished comes back to the same person first.
"""

from typing import TypeVar

from msgspec.structs import replace

from gateway.core.cases import escalation
from gateway.core.effects import Effect
from gateway.core.households.model import Dispute, HealthQuestion, Request, Windows
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

M = TypeVar("M", Request, Dispute, HealthQuestion)
Matter = Request | Dispute | HealthQuestion
BACK = "-back-"  # in the id of a page about what was taken and not finished


def tell(
    matter: M,
    reason: Reason,
    since_ms: int,
    now_ms: int,
    rules: Rules,
    again: str = "",
    quiet: Windows = (),
) -> tuple[M, tuple[Effect, ...]]:
    """People are told of a matter, now or when the day comes, and the `quiet` hours are over.
    `again` tells another telling of the same matter from the first."""
    page_id = matter.case_id + again
    return escalation.begin(matter, page_id, reason, since_ms, now_ms, quiet, rules)


def come_back(
    matter: M, reason: Reason, to: str, now_ms: int, rules: Rules
) -> tuple[M, tuple[Effect, ...]]:
    """It was taken and is not finished: whoever has it is told first, then all others."""
    page_id = f"{matter.case_id}{BACK}{now_ms}"
    return escalation.begin(matter, page_id, reason, now_ms, now_ms, (), rules, to)


def told_ms(matter: Matter) -> int | None:
    """When the next is told of it."""
    return None if matter.escalation is None else matter.escalation.next_ms


def escalate(matter: M, now_ms: int, rules: Rules) -> tuple[M, tuple[Effect, ...]]:
    """The next are told."""
    return escalation.escalate(matter, now_ms, rules)


def quieten(matter: M) -> M:
    """Nobody need be told of it any more."""
    return replace(matter, escalation=None)
