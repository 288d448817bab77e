"""When what is known of a household ends: a pure question about its orders, holds and the clock.

An order is over at T. From then on its *link* (who lives behind the door: names, telephone, the key
under which all of that is sealed) is to be destroyed within `link_ms`, and every byte that says
anything of the order within `destroy_ms`. Each is begun a while before its limit, so that a machine
that was off for an hour still keeps it, and never before T.

Nothing is destroyed early: while the clock is in doubt, or a named person holds the order, nothing
is destroyed at all, and that it is late is told. Nothing is remembered here: what is due follows
from what the registry says now, whatever was enrolled, moved or put back meanwhile.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from gateway.core.doubted_time import over_ms
from gateway.core.duration import DAY_MS, HOUR_MS
from gateway.core.model import SURE, Doubt

LINK_LEAD_MS: Final = HOUR_MS  # so long before its limit it is begun,
DESTROY_LEAD_MS: Final = DAY_MS  # but never before the order is over


class Stage(IntEnum):
    """How far the end of an order has to be by now. Each includes the one before."""

    RUNS = 0  # it holds, or will
    OVER = 1  # nothing is recorded under it any more
    LINK = 2  # who it was is to be destroyed
    ALL = 3  # and everything else that says anything of it


class Limits(Struct, frozen=True):
    """How soon after its end, in ms."""

    link_ms: int = DAY_MS
    destroy_ms: int = 14 * DAY_MS


class Term(Struct, frozen=True):
    """An order of a household: from (included) to (excluded), in ms of UTC."""

    order_id: str
    household_id: str
    from_ms: int
    to_ms: int


class Hold(Struct, frozen=True):
    """Somebody named keeps an order's records until a time; None: as long as a dispute goes on."""

    order_id: str
    until_ms: int | None


def stage(term: Term, holds: Iterable[Hold], limits: Limits, doubt: Doubt, now_ms: int) -> Stage:
    """How far the end of an order has to be at a time.

    Args:
        term: the order.
        holds: of any order.
        limits: the site's.
        doubt: of the gateway's clock. In doubt nothing is due but that which takes nothing away.
        now_ms: the gateway's time, ms of UTC.
    """
    if now_ms < over_ms(term, doubt):
        return Stage.RUNS
    if doubt != SURE or is_held(term.order_id, holds, now_ms):
        return Stage.OVER
    if now_ms >= _begins_ms(term, limits.destroy_ms, DESTROY_LEAD_MS):
        return Stage.ALL
    if now_ms >= _begins_ms(term, limits.link_ms, LINK_LEAD_MS):
        return Stage.LINK
    return Stage.OVER


def is_held(order_id: str, holds: Iterable[Hold], now_ms: int) -> bool:
    """Whether somebody holds the order now."""
    return any(
        hold.order_id == order_id and (hold.until_ms is None or now_ms < hold.until_ms)
        for hold in holds
    )


def late_ms(term: Term, limits: Limits, done: Stage, now_ms: int) -> int:
    """By how much the end of an order is behind its limits, whatever the reason; 0: it is not."""
    link_ms = now_ms - term.to_ms - limits.link_ms if done < Stage.LINK else 0
    all_ms = now_ms - term.to_ms - limits.destroy_ms if done < Stage.ALL else 0
    return max(link_ms, all_ms, 0)


def begins_living_ms(terms: Iterable[Term], ended: Iterable[str]) -> int | None:
    """From when on what is recorded at a household is needed by an order that is not to be
    destroyed: the earliest beginning of the others; None where there are none.

    Where orders overlap, what belongs to both goes with the later end.
    """
    gone = frozenset(ended)
    return min((term.from_ms for term in terms if term.order_id not in gone), default=None)


def _begins_ms(term: Term, limit_ms: int, lead_ms: int) -> int:
    return term.to_ms + max(limit_ms - lead_ms, 0)
