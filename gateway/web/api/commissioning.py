"""Work at seals, for programs: visits announced and ended, walk tests, and how they go."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.core.commissioning import Purpose
from gateway.core.doors import walk_test
from gateway.core.doors.certificates import standing
from gateway.registry.visits import Plan
from gateway.store import views
from gateway.web import actor, commissioning
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.api.answered import acts, answered
from gateway.web.api.shapes import Done, TestBegun, TestState, VisitTold
from gateway.web.context import WebContext

TimeMs = Annotated[int, Field(ge=0, le=2**53)]


class VisitAnnouncement(BaseModel):
    """Work to come at seals: nobody is told of their cover, silence and openings meanwhile. Sent
    twice with one visit_id, it is announced once. What it may be is the law of
    registry/visits.py."""

    model_config = ConfigDict(extra="forbid")  # no key that we do not know

    from_ms: TimeMs
    to_ms: TimeMs
    who: str
    purpose: Literal["battery", "inspect", "repair"] = "repair"
    visit_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None

    def plan(self) -> Plan:
        """What it announces."""
        return Plan(self.from_ms, self.to_ms, self.who, Purpose(self.purpose), self.visit_id or "")


def routes(context: WebContext) -> APIRouter:
    """POST …/doors/{id}/visits, the same for an area, …/end; …/doors/{id}/walk-test."""
    router = APIRouter()

    @router.post("/doors/{door_id}/visits", **answered(VisitTold, {404: None}))
    async def visit_at_door(door_id: str, body: VisitAnnouncement) -> Response:
        """Announce work at the seal of a door."""
        return await _announced(context, commissioning.at_door(door_id), body)

    @router.post("/areas/{area_id:path}/visits", **answered(VisitTold, {404: None}))
    async def visit_in_area(area_id: str, body: VisitAnnouncement) -> Response:
        """Announce work at the seals of all doors of an area."""
        return await _announced(context, commissioning.in_area(area_id), body)

    @router.post("/doors/{door_id}/visits/{visit_id}/end", **answered(Done, {404: None}))
    async def visit_over(door_id: str, visit_id: str) -> Response:
        """A visit is over now; what it left behind is told."""
        return json_answer(Done(await commissioning.end_visit(context, door_id, visit_id)))

    _add_tests(router, context)
    return router


def _add_tests(router: APIRouter, context: WebContext) -> None:
    """GET and POST …/doors/{id}/walk-test, and …/end."""
    told: dict[str, Any] = answered(TestBegun, {404: None, 409: None})

    @router.post("/doors/{door_id}/walk-test", openapi_extra=acts(), **told)
    async def test_begins(request: Request, door_id: str) -> Response:
        """Begin a walk test of a door's seal; nobody is paged of it meanwhile."""
        by = actor.of_program(request).actor
        return json_answer(TestBegun(await commissioning.begin_test(context, door_id, by)))

    @router.post("/doors/{door_id}/walk-test/end", **answered(Done, {404: None}))
    async def test_ends(door_id: str) -> Response:
        """Leave off a walk test."""
        return json_answer(Done(await commissioning.end_test(context, door_id)))

    @router.get("/doors/{door_id}/walk-test", **answered(TestState, {404: None}))
    async def test(door_id: str) -> Response:
        """How a door's walk test goes, and whether the door counts as sealed."""
        now_ms = context.now_ms()

        def state(connection: Connection) -> TestState:
            row = next(iter(views.doors_of(connection, [door_id])), None)
            if row is None:
                raise HttpProblem(404, NOT_FOUND)
            door, running = row.state, row.state.walk_test
            checks = [] if running is None else list(walk_test.checks(door, running, now_ms))
            return TestState(standing(door, now_ms), door.certificate, running, checks)

        return json_answer(await context.read(state))


async def _announced(
    context: WebContext, there: commissioning.There, body: VisitAnnouncement
) -> Response:
    found = await commissioning.announce(context, there, body.plan())
    is_news = any(at.is_new for at in found)
    visit_id = found[0].visit.visit_id
    return json_answer(VisitTold(is_news, visit_id, commissioning.doors_told(found)))
