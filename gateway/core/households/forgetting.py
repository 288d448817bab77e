"""A household's own matters once an order of it was destroyed: as if that had never been."""

from msgspec.structs import replace

from gateway.core.effects import Effect
from gateway.core.ending_events import OrderDestroyed
from gateway.core.households.model import Household
from gateway.core.rules import Rules


def household(
    known: Household, event: OrderDestroyed, now_ms: int, _: Rules
) -> tuple[Household, tuple[Effect, ...]]:
    """The household without what was before another order needs it; nothing at all of one that no
    order needs."""
    orders = tuple(its for its in known.orders if its.order_id != event.order_id)
    before_ms = event.needed_from_ms(its.from_ms for its in orders)
    if before_ms is None:
        return Household(known.household_id, doubt=known.doubt), ()
    health = known.health
    question = health.question
    if question is not None and question.asked_ms < before_ms:
        health = replace(health, question=None)
    if health.reported_ms < before_ms:
        health = replace(health, reported_ms=0)
    return replace(
        known,
        orders=orders,
        requests=tuple(its for its in known.requests if its.asked_ms >= before_ms),
        asked_ms=tuple(at_ms for at_ms in known.asked_ms if at_ms >= before_ms),
        disputes=tuple(its for its in known.disputes if its.raised_ms >= before_ms),
        health=health,
        recent=tuple(result for result in known.recent if result.done_ms >= before_ms),
    ), ()
