"""After its order a door is nobody's business: that its seal lives is heard, and nothing else.

What the seal says of a time after the order is taken and receipted, so that it can forget it, and
counted; it stands in no journal and changes no door. What it says late of a time under the order
belongs to that order and counts as ever. From its next order on the door is watched anew: its first
report then begins the count, and accuses nobody of what was before.
"""

from gateway.core.doors.observation import edge_ms
from gateway.core.doors.orders import over_ms, running
from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door


def rests(door: Door, event: ReportCame, now_ms: int) -> bool:
    """Whether a report is not to be recorded.

    A door that had no order yet is another matter: who hangs its seal wants to see it move. So does
    who tests a seal at a door between two orders.

    Args:
        door: as it is, with the clock's doubt.
        event: the report; what it tells of happened at its edge.
        now_ms: when it came.
    """
    if not door.orders or door.walk_test is not None:
        return False
    if any(visit.from_ms <= now_ms < visit.to_ms for visit in door.visits):
        return False
    happened_ms = edge_ms(event, now_ms)
    at_ms = now_ms if happened_ms is None else min(happened_ms, now_ms)
    if running(door, at_ms) is not None or running(door, now_ms) is not None:
        return False
    return any(over_ms(door, order) <= at_ms for order in door.orders)


def is_forgotten(door: Door) -> bool:
    """Whether nothing is kept already of where its leaf was and what its counter said."""
    return door.edges is None and door.contact is Contact.UNKNOWN
