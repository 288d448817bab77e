"""Holds: whose records stay beyond their time, by whom, why and until when; made, extended, lifted.

A hold is no door's state but a row of the registry, so that the gateway need not know of it: what
ends asks for it (`ending/holds`). Who answers for it is who signed in; where nobody does, whoever
is named. Its household reads the name, the reason and the day on its own page.
"""

from collections.abc import Callable
from datetime import tzinfo
from typing import Annotated, Any, Final, TypeVar

import anyio
from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection

from gateway.accounts.roles import Right
from gateway.core.duration import DAY_MS
from gateway.ending import holds
from gateway.ending.holds import BY_MAX, HOLD_MAX_MS, WHY_MAX, HeldRow, HoldError
from gateway.language import times
from gateway.language.catalogue import N_
from gateway.language.peoples_text import TextError
from gateway.store import resident_views, views
from gateway.web.answers import NOT_FOUND, HttpProblem, optional_line, peoples_line
from gateway.web.at_a_door import back_to, household_at
from gateway.web.context import Before, WebContext
from gateway.web.offers import Offered, id_of, new_offer
from gateway.web.visitors import visitor

DAYS: Final = 30  # that a form offers
LAST_MS: Final = HOLD_MAX_MS - DAY_MS  # the day on which a hold may end lasts to its midnight
PAGE: Final = "holds"  # of a door
LISTED_MAX: Final = 50  # on one page
T = TypeVar("T")
# Whether a form's door is of the household whose order or hold it names; what then makes a hold of
# it: the name of who answers for it, why, until when, made when, under which id.
Need = Callable[[Connection, str, str], object]
Make = Callable[[Connection, str, str, str, int, int, str], str]
Id = Annotated[str, Query(max_length=64)]
Name = Annotated[str, Form(max_length=2 * BY_MAX)]
Why = Annotated[str, Form(max_length=2 * WHY_MAX)]
Until = Annotated[str, Form(max_length=10)]

_NO_DAY = N_("The day could not be read; write it as in 2026-03-01.")


def routes(context: WebContext) -> APIRouter:
    """GET /holds and /doors/{id}/holds; POST …/orders/{id}/hold, …/holds/{id}/extend and …/lift."""
    router = APIRouter()

    @router.get("/holds")
    async def all_holds(request: Request, after_ms: Before = None, after: Id = "") -> Response:
        now_ms, grids = context.now_ms(), context.scope(request, Right.HOLDS)
        key = None if after_ms is None else (after_ms, after)

        def gather(rows: Connection) -> dict[str, Any]:
            living = holds.living_part(rows, now_ms, grids, LISTED_MAX, key)
            ended = holds.ended_part(rows, now_ms, grids, holds.ENDED_SHOWN_MAX)
            return {
                "living": living.rows,
                "more": living.next,
                "is_later": key is not None,
                "count": holds.living_count(rows, now_ms, grids),
                "ended": ended.rows if key is None else [],
            }

        return await context.page(request, "holds.html", gather)

    @router.get("/doors/{door_id}/holds")
    async def of_household(request: Request, door_id: str) -> Response:
        now_ms = context.now_ms()
        by = await signed_in(context, request)

        def gather(rows: Connection) -> dict[str, Any]:
            household_id = household_at(rows, door_id)
            return {
                "door_id": door_id,
                "doors": resident_views.doors_of(rows, household_id),
                "orders": holds.orders_of(rows, household_id),
                "by": by,
                "offered": new_offer(),
                "by_max": BY_MAX,
                "why_max": WHY_MAX,
                "day": lambda at_ms: times.day_field(at_ms, context.zone),
                "day_ms": DAY_MS,
                "later": lambda until_ms: min(until_ms + DAYS * DAY_MS, now_ms + LAST_MS),
                "usual_day": times.day_field(now_ms + DAYS * DAY_MS, context.zone),
                "last_day": times.day_field(now_ms + LAST_MS, context.zone),
            }

        return await context.page(request, "door_holds.html", gather)

    _add_acts(router, context)
    return router


def _add_acts(router: APIRouter, context: WebContext) -> None:
    """What is pressed. Each is one transaction, and the same said twice by a form is one hold."""

    def made(path: str, key: str, need: Need, make: Make) -> None:
        """A form that makes a hold: of an order, or of a hold that goes on, named by `key`."""

        @router.post(path)
        async def press(
            request: Request,
            door_id: str,
            until: Until,
            why: Why,
            by: Name = "",
            offered: Offered = "",
        ) -> Response:
            name, until_ms = await _named(context, request, by), _end_of(until, context.zone)
            said, now_ms = peoples_line(why, WHY_MAX), context.now_ms()

            def act(rows: Connection) -> str:
                of_id = str(request.path_params[key])
                need(rows, door_id, of_id)
                hold_id = id_of(offered, of_id, name, said, until_ms)
                known = holds.one(rows, hold_id)
                if known is not None and not known.is_living(now_ms):
                    hold_id = ""  # an old page: it was lifted meanwhile, and is wanted once more
                return make(rows, of_id, name, said, until_ms, now_ms, hold_id)

            await transacted(context, act)
            return back_to(request, door_id, PAGE)

    order, held = "/doors/{door_id}/orders/{order_id}", "/doors/{door_id}/holds/{hold_id}"
    made(f"{order}/hold", "order_id", need_order, holds.hold)
    made(f"{held}/extend", "hold_id", need_hold, holds.extend)

    @router.post("/doors/{door_id}/holds/{hold_id}/lift")
    async def press_lift(request: Request, door_id: str, hold_id: str) -> Response:
        now_ms = context.now_ms()

        def act(rows: Connection) -> bool:
            need_hold(rows, door_id, hold_id)
            return holds.lift(rows, hold_id, now_ms)

        await transacted(context, act)
        return back_to(request, door_id, PAGE)


def need_order(connection: Connection, door_id: str, order_id: str) -> None:
    """HttpProblem for an order of another household: the right was asked for this door's."""
    known = holds.orders_of(connection, household_at(connection, door_id))
    if order_id not in {order.order_id for order in known}:
        raise HttpProblem(404, NOT_FOUND)


def need_hold(connection: Connection, door_id: str, hold_id: str) -> HeldRow:
    """A hold of this door's household. HttpProblem for one of another's."""
    found = holds.one(connection, hold_id)
    if found is None:
        raise HttpProblem(404, NOT_FOUND)
    need_order(connection, door_id, found.order_id)
    return found


async def _named(context: WebContext, request: Request, typed: str) -> str:
    """Who answers for it: who signed in, else the name that was typed."""
    by = await signed_in(context, request)
    return by or optional_line(typed, BY_MAX)


async def signed_in(context: WebContext, request: Request) -> str:
    """The name of who signed in, as people know it; empty at a site without accounts."""
    who = visitor(request)
    if who is None:
        return ""
    warden_id = who.account.warden_id
    if warden_id is None:
        return who.account.name
    warden = await context.read(lambda rows: views.warden(rows, warden_id))
    return who.account.name if warden is None else warden.name


async def transacted(context: WebContext, act: Callable[[Connection], T]) -> T:
    """In one transaction. HttpProblem with the sentence where it cannot be held so."""

    def on_thread() -> T:
        with context.store.writing() as connection:
            return act(connection)

    try:
        return await anyio.to_thread.run_sync(on_thread)
    except HoldError as error:
        raise HttpProblem(422, str(error)) from None
    except TextError as error:
        raise HttpProblem(422, error.sentence, **error.facts) from None


def _end_of(day: str, zone: tzinfo) -> int:
    """When a day of a form is over here, in ms of UTC. HttpProblem if it is none."""
    try:
        return times.from_day_field(day, zone)[1]
    except ValueError:
        raise HttpProblem(422, _NO_DAY) from None
