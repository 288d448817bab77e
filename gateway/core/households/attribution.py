"""Who does something about a household's matter, and when: as it came, and as it was done."""

from typing import NamedTuple

from gateway.core import doubted_time
from gateway.core.actor import Actor
from gateway.core.duration import DAY_MS
from gateway.core.households.events import HouseholdAction, StaffAction
from gateway.core.households.model import Household, OrderTerm

AGE_MAX_MS = DAY_MS  # no handheld keeps an action longer; it is dated then


class Attribution(NamedTuple):
    """`done_ms`: when it was done; `now_ms`: when it came. `actor`: None of the household itself,
    and of a rule."""

    done_ms: int
    now_ms: int
    actor: Actor | None = None


def of(event: HouseholdAction, now_ms: int) -> Attribution:
    """As an event says."""
    actor = event.actor if isinstance(event, StaffAction) else None
    return Attribution(now_ms - min(event.age_ms, AGE_MAX_MS), now_ms, actor)


def by_rule(now_ms: int) -> Attribution:
    """What a rule does, it does now."""
    return Attribution(now_ms, now_ms)


def order_of(household: Household, at_ms: int) -> OrderTerm | None:
    """The order that holds at a time; of several, the one that ends last."""
    doubt = household.doubt
    running = (term for term in household.orders if doubted_time.holds(term, at_ms, doubt))
    return max(running, key=lambda term: (term.to_ms, term.order_id), default=None)
