"""While the gateway's clock is in doubt: what an opening is by every time that it may have been.

The clock is perhaps behind by so much, or ahead by so much (`Door.doubt`). An order holds as long
as it does by any of these times (core/doubted_time.py). What would be lawful by one of them and not
by another accuses nobody: it is a question for a warden, told at once like a breach.
"""

from gateway.core import local_time
from gateway.core.doors import orders, permits
from gateway.core.model import Door
from gateway.core.reasons import Reason
from gateway.core.rules import Rules


def is_question(door: Door, earliest_ms: int, latest_ms: int, rules: Rules) -> bool:
    """Whether nobody can say if an opening between the two times was lawful."""
    doubt = door.doubt
    if not doubt.behind_ms and not doubt.ahead_ms:
        return False
    low_ms, high_ms = -doubt.ahead_ms, doubt.behind_ms
    if permits.covering(door, earliest_ms + low_ms, latest_ms + high_ms, rules) is not None:
        spent = {
            None if found is None else (found[0].permit_id, found[1])
            for found in (
                permits.covering(door, earliest_ms + by_ms, latest_ms + by_ms, rules)
                for by_ms in (low_ms, 0, high_ms)
            )
        }
        if None in spent and _is_allowed(door, latest_ms, rules):
            return False  # with a permit by some times, and without one by the others
        return len(spent) > 1 or None in spent
    if not orders.is_certain(door, latest_ms):
        return True
    order = orders.running(door, latest_ms)
    if order is None or not order.policy.openings_a_day:
        return False
    return not _is_of_one_day(door, latest_ms, rules)


def _is_allowed(door: Door, at_ms: int, rules: Rules) -> bool:
    """Whether its order allows an opening without a permit, whatever the true time is."""
    is_sure = orders.is_certain(door, at_ms) and _is_of_one_day(door, at_ms, rules)
    return is_sure and orders.allow(door, at_ms, rules)[1] is not None


def _is_of_one_day(door: Door, at_ms: int, rules: Rules) -> bool:
    """Whether a time is of the same day on the wall by every time that it may be."""
    earliest_ms, latest_ms = at_ms - door.doubt.ahead_ms, at_ms + door.doubt.behind_ms
    return local_time.day(rules.zone, earliest_ms) == local_time.day(rules.zone, latest_ms)


def reason(door: Door, otherwise: Reason, at_ms: int) -> Reason:
    """The reason for which a door is told: a question where perhaps no order holds then."""
    return otherwise if orders.is_certain(door, at_ms) else Reason.OPENED_IN_DOUBT
