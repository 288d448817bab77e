"""An announcement for many doors that would end cases of some of them, after somebody was told.

Whoever announces a meal round for a stair does not know which of its doors opened ten minutes ago
and wait for an answer. So that is not done silently: they are listed, and who announces says
whether the round was what opened them.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, select

from gateway.core.cases.case import ANSWERED, UNANSWERED
from gateway.core.doors.permits import explains
from gateway.core.reasons import UNANNOUNCED
from gateway.core.rules import Rulebook
from gateway.registry.permits import Announced
from gateway.store import states, tables

LISTED_MAX = 500  # doors that are looked at for this
_OPEN = tuple(UNANSWERED | ANSWERED)


class Late(StrEnum):
    """What is to become of cases that the announcement would explain."""

    CLOSE = "close"  # it was this that opened them
    LEAVE = "leave"  # it was something else: they wait for an answer


class WaitingDoor(msgspec.Struct, frozen=True):
    """A door that opened before it was announced, and whose case waits."""

    door_id: str
    label: str
    case_id: str
    since_ms: int


def waiting_doors(
    connection: Connection, announced: Sequence[Announced], now_ms: int, rulebook: Rulebook
) -> list[WaitingDoor]:
    """Those whose case this announcement would end, the longest waiting first: it may have been
    raised at any contact of a household."""
    permits = {each.household_id: each.permit for each in announced if each.is_new}
    c, d = tables.cases.c, tables.doors.c
    query = (
        select(d.door_id, d.household_id, d.label, d.state)
        .join(tables.cases, c.door_id == d.door_id)
        .where(c.state.in_(_OPEN), c.reason.in_(UNANNOUNCED))
        .order_by(c.raised_ms)
        .limit(LISTED_MAX)
    )
    found = []
    for door_id, household_id, label, state in connection.execute(query):
        permit, door = permits.get(household_id), states.door(door_id, state)
        if permit is None:
            continue
        case = explains(door, permit, now_ms, rulebook.of(door.door_class))
        if case is not None:
            found.append(WaitingDoor(door_id, label, case.case_id, case.since_ms))
    return found
