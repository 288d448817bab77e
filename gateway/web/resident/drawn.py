"""A household's page as an answer: drawn in its language, and once its order is over, only that."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.ending import holds
from gateway.registry import notices
from gateway.store.resident_views import OrderSpan
from gateway.web.context import WebContext
from gateway.web.offers import new_offer
from gateway.web.resident.entrance import HOME, Here
from gateway.web.security import prefix

Gather = Callable[[Connection, OrderSpan], dict[str, Any]]


async def page_of(
    context: WebContext, request: Request, here: Here, template: str, gather: Gather
) -> Response:
    """A page of a household, from what `gather(rows, order)` reads; once its order is over, the
    page that says so, and shows nothing more."""
    now_ms, order = context.now_ms(), here.holder.order
    if order is None or here.holder.is_over(now_ms):
        held = await context.read(lambda rows: {} if order is None else _held(rows, order, now_ms))
        values = {
            "facts": notices.facts_of(context.settings),
            "held": [],
            "is_disputed": False,
            **held,
        }
        return drawn(context, request, "over.html", values, 410)
    values = context.setting(request) | {"key": here.session.form_key, "offered": new_offer()}

    def draw(rows: Connection) -> str:
        held = _held(rows, order, now_ms)
        return context.draw(f"resident/{template}", values | held, gather(rows, order))

    return context.answer(request, await context.read(draw))


def _held(connection: Connection, order: OrderSpan, now_ms: int) -> dict[str, Any]:
    """Who keeps this order's records beyond their time, and whether a dispute does."""
    by_people = [row for row in holds.living(connection, now_ms) if row.order_id == order.order_id]
    return {"held": by_people, "is_disputed": order.order_id in holds.disputed(connection)}


def drawn(
    context: WebContext, request: Request, template: str, values: dict[str, Any], status: int = 200
) -> Response:
    """A page that reads nothing."""
    html = context.draw(f"resident/{template}", context.setting(request), values)
    return context.answer(request, html, status)


def home(request: Request) -> Response:
    """Back to the first page, once something was done."""
    return RedirectResponse(f"{prefix(request)}{HOME}/home", 303)
