"""What a program reads of households' matters, what it does about them, and how much was done."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from msgspec import UNSET, to_builtins
from sqlalchemy import Connection

from gateway.accounts.roles import Right
from gateway.core.actor import Acting
from gateway.store import household_views
from gateway.store.matter_reach import Reach
from gateway.web import actor, matters
from gateway.web.actions import Answered
from gateway.web.answers import json_answer, list_answer, problem_answer
from gateway.web.api.answered import acts, answered
from gateway.web.api.cursors import LIMIT, Cursor, Cursors, Limit, Whole, goes_on, written
from gateway.web.api.shapes import ActionRefused, Done, DoneCounts, Matters
from gateway.web.context import WebContext

DAYS_MAX = 366
_Open = tuple[bool, Whole, str]
_MATTERS: Final = Cursors(tuple[_Open | None, _Open | None, tuple[Whole, str] | None])
Day = Annotated[int, Query(ge=0, le=200_000, description="days since 1970 on the site's clock")]


def routes(context: WebContext) -> APIRouter:
    """GET …/requests and …/requests/counts; POST …/requests/{id}/take, …; the same of disputes and
    of questions of health."""
    router = APIRouter()

    @router.get("/requests", **answered(Matters, is_list=True))
    async def listed(request: Request, limit: Limit = LIMIT, cursor: Cursor = None) -> Response:
        """What goes on: requests, questions of health, disputes; what matters most first."""
        grids, keys = context.scope(request, Right.REQUESTS), _MATTERS.read(cursor)
        reach = Reach(grids)

        def query(connection: Connection) -> Matters:
            of = connection, limit, reach
            asked = goes_on(keys, 0, partial(household_views.open_requests, *of))
            about_health = goes_on(keys, 1, partial(household_views.open_questions, *of))
            contested = goes_on(keys, 2, partial(household_views.open_disputes, *of))
            end = written([asked.next, about_health.next, contested.next])
            return Matters(asked.rows, about_health.rows, contested.rows, end)

        return list_answer(request, await context.read(query), grids)

    @router.get("/requests/counts", **answered(DoneCounts, is_list=True))
    async def counted(request: Request, from_day: Day, to_day: Day) -> Response:
        """How many requests ended how, by day and kind, of the whole site and nobody in particular;
        of at most a year."""
        to_day = min(to_day, from_day + DAYS_MAX - 1)
        found = await context.read(lambda rows: household_views.counts(rows, from_day, to_day))
        return list_answer(request, DoneCounts(found))

    async def after(request: Request, _: Acting, answer: Answered) -> Response:
        return _done(context, request, answer)

    def described(matter: matters.Matter, deed: matters.Deed) -> dict[str, object]:
        told = answered(Done, {404: None, 409: ActionRefused})
        name = f"{matter.path} {deed.name}"
        return {"name": name, "openapi_extra": acts(deed.body), **told}

    matters.add_routes(
        router, context, "", actor.of_program, after, by_page=False, described=described
    )
    return router


def _done(context: WebContext, request: Request, answer: Answered) -> Response:
    """What a deed changed; 409 with the reason if it was refused. One that came late says when it
    was done and when it came."""
    result, done = answer.result, Done(answer.changed)
    if result is not None and result.age_ms:
        done = Done(answer.changed, result.done_ms, result.arrived_ms, result.overtaken)
    if answer.refusal is None:
        return json_answer(done)
    why = matters.why(context, request, answer) or ""
    said = {name: value for name, value in to_builtins(done).items() if value is not UNSET}
    return problem_answer(409, why, **said, reason=answer.refusal, why=why)
