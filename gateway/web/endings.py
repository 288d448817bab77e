"""What a person ends at a door, for a page and for a program: the order that runs, a permit.

The gateway has both in the door's state, and hears of their new end as of a new one's.
"""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from gateway.core.events import Event, OrderPlaced, PermitAnnounced
from gateway.core.model import Door
from gateway.core.subject import of_door
from gateway.store import views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext


async def end_order(context: WebContext, door_id: str, order_id: str) -> bool:
    """An order ends now; one that has not begun never does. Whether that is news. HttpProblem if
    there is none."""
    now_ms = context.now_ms()

    def ended(connection: Connection) -> list[Event]:
        orders = [
            order for order in _door(connection, door_id).orders if order.order_id == order_id
        ]
        _need(orders)
        return [
            OrderPlaced(replace(order, to_ms=max(now_ms, order.from_ms)))
            for order in orders
            if order.to_ms > max(now_ms, order.from_ms)
        ]

    return await _submitted(context, door_id, await context.read(ended))


async def end_permit(context: WebContext, door_id: str, permit_id: str) -> bool:
    """The same of a permit."""
    now_ms = context.now_ms()

    def ended(connection: Connection) -> list[Event]:
        permits = [one for one in _door(connection, door_id).permits if one.permit_id == permit_id]
        _need(permits)
        return [
            PermitAnnounced(replace(permit, to_ms=max(now_ms, permit.from_ms)))
            for permit in permits
            if permit.to_ms > max(now_ms, permit.from_ms)
        ]

    return await _submitted(context, door_id, await context.read(ended))


def _door(connection: Connection, door_id: str) -> Door:
    row = next(iter(views.doors_of(connection, [door_id])), None)
    if row is None:
        raise HttpProblem(404, NOT_FOUND)
    return row.state


def _need(found: Sequence[object]) -> None:
    if not found:
        raise HttpProblem(404, NOT_FOUND)


async def _submitted(context: WebContext, door_id: str, events: list[Event]) -> bool:
    changed = [await context.submit(of_door(door_id), event) for event in events]
    return any(changed)
