"""What the events and effects of a door are in rows: its orders, its permits and its openings.

Each function answers pairs of a statement and a row for it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import RowMapping

from gateway.core.effects import (
    Effect,
    OpeningAnnounced,
    OpeningBegan,
    OpeningEnded,
    OpeningRedated,
    OpeningResumed,
    PermitEnded,
    PermitSpent,
)
from gateway.core.model import Door, Order, Permit, Policy
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow
from gateway.store import statements as sql
from gateway.store import states
from gateway.store.statements import Row, Statement

_decode_policy = msgspec.json.Decoder(Policy).decode
_decode_daily = msgspec.json.Decoder(tuple[tuple[int, int], ...]).decode

_NOT_SHUT = {"shut_from_ms": None, "shut_ms": None, "inferred": False}


def of_window(seal_id: str, window: ReplayWindow) -> Row:
    """How far a seal's transmissions have been accepted; so it is proved."""
    return {"b_seal_id": seal_id, **asdict(window), "unproved_ms": None}


def of_state(door: Door) -> Row:
    """A door's state."""
    return {"b_door_id": door.door_id, "state": states.encode(door)}


def of_order(household_id: str, order: Order) -> Row:
    """An order on a household."""
    return {
        **asdict(order),
        "household_id": household_id,
        "policy": states.encode(order.policy).decode(),
    }


def order_from(row: Mapping[str, Any]) -> Order:
    """An order from its row."""
    times = row["order_id"], row["from_ms"], row["to_ms"]
    return Order(*times, _decode_policy(row["policy"]))


def of_permit(household_id: str, permit: Permit) -> Row:
    """A permit of a household. What was used of its latest window stands in its doors' states."""
    row = asdict(permit)
    del row["spent"]
    return {**row, "household_id": household_id, "daily": states.encode(permit.daily).decode()}


def of_effect(at_ms: int, door_id: str, effect: Effect) -> tuple[Statement, Row] | None:
    """What a step led to in the table of openings, or to a permit; None for all other effects.

    `at_ms` is when the gateway heard of it, in milliseconds of UTC.
    """
    match effect:
        case OpeningBegan():
            return sql.INSERT_OPENING, {"door_id": door_id, "heard_ms": at_ms, **asdict(effect)}
        case OpeningEnded():
            row = asdict(effect)
            return sql.END_OPENING, {"b_id": row.pop("opening_id"), **row}
        case OpeningResumed(opening_id=opening_id, joined=joined):
            return sql.END_OPENING, {"b_id": opening_id, "joined": joined, **_NOT_SHUT}
        case OpeningRedated():
            row = asdict(effect)
            return sql.REDATE_OPENING, {"b_id": row.pop("opening_id"), **row}
        case OpeningAnnounced(opening_id=opening_id, permit_id=permit_id, told=told):
            reason = Reason.ANNOUNCED_LATE if told else Reason.PERMIT
            row = {"b_id": opening_id, "reason": reason, "permit_id": permit_id}
            return sql.ANNOUNCE_OPENING, row
        case PermitSpent(permit_id=permit_id, openings_left=left):
            return sql.SPEND_PERMIT, {"b_id": permit_id, "openings": left}
        case PermitEnded(permit_id=permit_id, ends_ms=ends_ms):
            return sql.END_PERMIT, {"b_id": permit_id, "to_ms": ends_ms}
    return None


def permit_from(row: RowMapping) -> Permit:
    """A permit from its row, nothing of its latest window used."""
    fields = {name: row[name] for name in Permit.__struct_fields__ if name != "spent"}
    return Permit(**fields | {"daily": _decode_daily(row["daily"])})
