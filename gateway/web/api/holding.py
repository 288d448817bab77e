"""What a program reads and does of records that are held beyond their time; as on the console.

Who answers for a hold is a person by name: who signed in, or whose token it is; without accounts
the warden whom the header Menshen-Actor names, and for the centre whoever `by` names. The same sent
twice is one hold: by its `hold_id`, and without one while the same person holds the same order for
the same reason until the same time.
"""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.accounts.roles import Right
from gateway.core.actor import ActorKind
from gateway.ending import holds
from gateway.ending.holds import BY_MAX, WHY_MAX, HeldOrder
from gateway.store import resident_views, views
from gateway.web import actor
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer, list_answer, optional_line
from gateway.web.api.answered import acts, answered
from gateway.web.api.cursors import LIMIT, Cursor, Cursors, Limit, Whole, goes_on, written
from gateway.web.api.shapes import Done, Held, Holds, HouseholdHolds
from gateway.web.context import WebContext
from gateway.web.pages.holds import need_hold, need_order, signed_in, transacted

_Place = tuple[Whole, str]
_HOLDS: Final = Cursors(tuple[_Place | None, _Place | None])
_LISTS: Final = (holds.living_part, holds.ended_part)


class Holding(BaseModel):
    """A hold to be made: why, in a sentence that its household reads, and when it ends by itself.
    `by`: who answers for it, where the centre acts at a site without accounts."""

    model_config = ConfigDict(extra="forbid")  # no key that we do not know

    why: str
    until_ms: Annotated[int, Field(ge=0, le=2**53)]
    by: str = ""
    hold_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None


def routes(context: WebContext) -> APIRouter:
    """GET …/holds and …/doors/{id}/holds; POST …/orders/{id}/hold, …/holds/{id}/extend and
    …/lift."""
    router = APIRouter()

    @router.get("/holds", **answered(Holds, is_list=True))
    async def held(request: Request, limit: Limit = LIMIT, cursor: Cursor = None) -> Response:
        """What is held: what holds now, the next to end first, and what has ended, the latest
        first."""
        now_ms, grids = context.now_ms(), context.scope(request, Right.HOLDS)
        keys = _HOLDS.read(cursor)

        def query(connection: Connection) -> Holds:
            living, ended = (
                goes_on(keys, number, partial(part, connection, now_ms, grids, limit))
                for number, part in enumerate(_LISTS)
            )
            count = holds.living_count(connection, now_ms, grids)
            return Holds(count, living.rows, ended.rows, written([living.next, ended.next]))

        return list_answer(request, await context.read(query), grids)

    @router.get("/doors/{door_id}/holds", **answered(HouseholdHolds, {404: None}, is_list=True))
    async def of_household(request: Request, door_id: str) -> Response:
        """The orders of a door's household of which anything is left, each with what holds it."""
        now_ms = context.now_ms()

        def query(connection: Connection) -> HouseholdHolds:
            household_id = resident_views.household_of(connection, door_id)
            if household_id is None:
                raise HttpProblem(404, NOT_FOUND)
            known = holds.orders_of(connection, household_id)
            return HouseholdHolds([_shown(order, now_ms) for order in known])

        return list_answer(request, await context.read(query))

    _add_acts(router, context)
    return router


def _add_acts(router: APIRouter, context: WebContext) -> None:
    """What is done. Each is one transaction."""
    told = answered(Held, {404: None})

    @router.post("/doors/{door_id}/orders/{order_id}/hold", openapi_extra=acts(), **told)
    async def hold(request: Request, door_id: str, order_id: str, body: Holding) -> Response:
        """Hold what is known under an order, also once it is over."""
        by, why, now_ms = await _answers(context, request, body), _why(body), context.now_ms()

        def act(rows: Connection) -> Held:
            need_order(rows, door_id, order_id)
            known = _known(rows, order_id, by, why, body, now_ms)
            terms = by, why, body.until_ms, now_ms, known or body.hold_id or ""
            return Held(not known, holds.hold(rows, order_id, *terms))

        return json_answer(await transacted(context, act))

    @router.post("/doors/{door_id}/holds/{hold_id}/extend", openapi_extra=acts(), **told)
    async def extend(request: Request, door_id: str, hold_id: str, body: Holding) -> Response:
        """A hold goes on for longer: it ends, and the one that is answered takes its place."""
        by, why, now_ms = await _answers(context, request, body), _why(body), context.now_ms()

        def act(rows: Connection) -> Held:
            before = need_hold(rows, door_id, hold_id)
            known = _known(rows, before.order_id, by, why, body, now_ms)
            terms = by, why, body.until_ms, now_ms, known or body.hold_id or ""
            return Held(not known, holds.extend(rows, hold_id, *terms))

        return json_answer(await transacted(context, act))

    @router.post("/doors/{door_id}/holds/{hold_id}/lift", **answered(Done, {404: None}))
    async def lift(door_id: str, hold_id: str) -> Response:
        """A hold ends now; what is over is then destroyed on time, or at once if it is late."""
        now_ms = context.now_ms()

        def act(rows: Connection) -> bool:
            need_hold(rows, door_id, hold_id)
            return holds.lift(rows, hold_id, now_ms)

        return json_answer(Done(await transacted(context, act)))


async def _answers(context: WebContext, request: Request, body: Holding) -> str:
    """Who answers for it, by name; empty where nobody is named. HttpProblem for who is nobody."""
    name = await signed_in(context, request)
    if name:
        return name
    by = actor.of_program(request).actor
    if by.kind is not ActorKind.WARDEN:
        return optional_line(body.by, BY_MAX)

    def named(rows: Connection) -> str:
        actor.check_known(rows, by)
        warden = views.warden(rows, by.actor_id)
        return "" if warden is None else warden.name

    return await context.read(named)


def _why(body: Holding) -> str:
    return optional_line(body.why, WHY_MAX)


def _known(
    rows: Connection, order_id: str, by: str, why: str, body: Holding, now_ms: int
) -> str | None:
    """The hold that this has made already; None if it is news."""
    if body.hold_id is not None:
        return None if holds.one(rows, body.hold_id) is None else body.hold_id
    return holds.alike(rows, order_id, by, why, body.until_ms, now_ms)


def _shown(order: HeldOrder, now_ms: int) -> HeldOrder:
    """An order with all that holds it now and the latest that did, the oldest first."""
    living = [one for one in order.held if one.is_living(now_ms)]
    shown = sorted([*order.over(now_ms), *living], key=lambda one: (one.made_ms, one.hold_id))
    return replace(order, held=shown)
