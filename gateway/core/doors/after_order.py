"""After its order a door is nobody's business: that its seal lives is heard, and nothing else.

What the seal says of a time after the order is taken and receipted, so that it can forget it, and
counted; it stands in no journal and changes no door. What it says late of a time under the order
belongs to that order and counts as ever. From its next order on the door is watched anew: its first
report then begins the count, and accuses nobody of what was before.
"""

from enum import StrEnum
from typing import Final

from gateway.core.doors.observation import edge_ms
from gateway.core.doors.orders import over_ms, running
from gateway.core.duration import HOUR_MS
from gateway.core.events import ReportCame
from gateway.core.model import SURE, Contact, Door, Order

# Before its next order, or before somebody works at it, a seal is woken: longer than it is silent
# over the network, by which alone it hears (sealnode.node.OVER_MS), and once more.
WAKES_MS: Final = 2 * HOUR_MS


class Word(StrEnum):
    """What a seal is told of the order at its door."""

    OVER = "over"  # no order holds: it says nothing of its door, and shows that
    WATCH = "watch"


def rests(door: Door, event: ReportCame, now_ms: int) -> bool:
    """Whether a report is not to be recorded.

    A door that had no order yet is another matter: who hangs its seal wants to see it move. So does
    who tests a seal at a door between two orders.

    Args:
        door: as it is, with the clock's doubt.
        event: the report; what it tells of happened at its edge.
        now_ms: when it came.
    """
    if door.walk_test is not None:
        return False
    if any(visit.from_ms <= now_ms < visit.to_ms for visit in door.visits):
        return False
    happened_ms = edge_ms(event, now_ms)
    at_ms = now_ms if happened_ms is None else happened_ms
    if running(door, at_ms) is not None or running(door, now_ms) is not None:
        return False
    return any(over_ms(door, order) <= at_ms for order in _held(door))


def word(door: Door, event: ReportCame, now_ms: int) -> Word | None:
    """What the seal that says this is to be told; None where it does what it should.

    A seal that is over beats with a contact that is not known, so every beat shows what it does:
    nothing of it is kept, and whatever was lost, put back or moved, the next beat is judged anew.

    Args:
        door: where it hangs, with the clock's doubt.
        event: what it says.
        now_ms: when it came.
    """
    is_beat = event.seq == 0 and not event.edge
    if is_beat and event.contact is Contact.UNKNOWN:  # over, or in safe mode, which takes no harm
        return None if _is_over(door, now_ms) else Word.WATCH
    return Word.OVER if _is_over(door, now_ms) else None


def _is_over(door: Door, now_ms: int) -> bool:
    """Whether an order was over and none holds, nor will soon. A clock in doubt ends none; a door
    that had no order yet is watched, and so is one at which somebody works."""
    if door.doubt != SURE or door.walk_test is not None:
        return False
    if any(visit.from_ms - WAKES_MS <= now_ms < visit.to_ms for visit in door.visits):
        return False
    orders = _held(door)
    if any(order.from_ms - WAKES_MS <= now_ms < order.to_ms for order in orders):
        return False
    return any(order.to_ms <= now_ms for order in orders)


def _held(door: Door) -> list[Order]:
    """Its orders without those that were taken back before they began: under these nobody lived,
    and after them nothing is over."""
    return [order for order in door.orders if order.from_ms < order.to_ms]


def is_forgotten(door: Door) -> bool:
    """Whether nothing is kept already of where its leaf was and what its counter said."""
    return door.edges is None and door.contact is Contact.UNKNOWN
