"""The same for programs, as JSON: what is read, and what people and phones do. Times are ms of UTC.

Who acts stands in the header Menshen-Actor. An action answers {"changed": true}; one that is
refused answers 409 with its `reason` as a code and `why` in a sentence. The same `action_id` twice
is one action, answered as it was the first time; `age_ms` says how long ago it was done.
"""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.core.actor import Actor
from gateway.core.duration import MINUTE_MS
from gateway.core.local_time import EVERY_DAY
from gateway.core.model import Permit
from gateway.engine.ports import Answer
from gateway.registry.permits import LONGEST_MINUTES
from gateway.store import case_views, page_views, views
from gateway.web import actions, actor
from gateway.web.context import NOT_FOUND, HttpProblem, WebContext
from gateway.web.door_words import tile
from gateway.web.pages import warden_inbox
from gateway.web.pages.doors import announce, announce_in, permit_id
from gateway.web.pages.health import report

LIMIT_MAX: Final = 1_000

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=2**53)]
TimeMs = Annotated[int, Field(ge=0, le=2**53)]


class Body(BaseModel):
    """No key that we do not know."""

    model_config = ConfigDict(extra="forbid")


class Announcement(Body):
    """An opening to come. Sent twice with one permit_id, it is announced once.

    With `daily` it recurs: windows in minutes after midnight, on `days` (Monday is bit 0). What it
    may be is the law of registry/permits.py.
    """

    from_ms: TimeMs
    to_ms: TimeMs
    who: str
    why: str
    openings: int = 1
    longest_ms: int = LONGEST_MINUTES * MINUTE_MS
    permit_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    daily: list[tuple[int, int]] = []
    days: int = EVERY_DAY

    def permit(self) -> Permit:
        """What it announces, under its id or a fresh one."""
        fields = self.model_dump() | {"permit_id": permit_id(self.permit_id)}
        return Permit(**fields | {"daily": tuple(self.daily)})


def routes(context: WebContext) -> APIRouter:
    """Everything under /api."""
    router = APIRouter(prefix="/api")
    router.include_router(_read(context))
    router.include_router(_act(context))
    return router


def _read(context: WebContext) -> APIRouter:
    router = APIRouter()

    @router.get("/doors")
    async def doors(limit: Limit = LIMIT_MAX, offset: Offset = 0) -> Response:
        now_ms = context.now_ms()

        def query(connection: Connection) -> dict[str, Any]:
            rows = views.doors(connection, limit, offset)
            listed = [
                msgspec.to_builtins(row) | {"tone": tile(row, now_ms, context.rulebook).tone}
                for row in rows
            ]
            return {"count": views.door_count(connection), "doors": listed}

        return answer(await context.read(query))

    @router.get("/cases")
    async def cases(limit: Limit = 100) -> Response:
        def query(connection: Connection) -> dict[str, Any]:
            return {
                "open": case_views.open_cases(connection, limit),
                "in_review": case_views.cases_in_review(connection, limit),
                "closed": case_views.closed_cases(connection, limit),
            }

        return answer(await context.read(query))

    @router.get("/health")
    async def health() -> Response:
        return answer(await report(context))

    router.include_router(_read_pages(context))
    return router


def _read_pages(context: WebContext) -> APIRouter:
    """What a handheld asks for."""
    router = APIRouter()

    @router.get("/wardens/{warden_id}/pages")
    async def pages(warden_id: str, limit: Limit = 100) -> Response:
        return answer(await context.read(lambda connection: _pages(connection, warden_id, limit)))

    @router.get("/wardens/{warden_id}/unsigned")
    async def unsigned(warden_id: str, limit: Limit = 100) -> Response:
        after_ms = context.now_ms() - warden_inbox.SIGNED_WITHIN_MS

        def query(connection: Connection) -> dict[str, Any]:
            if views.warden(connection, warden_id) is None:
                raise HttpProblem(404, NOT_FOUND)
            return {"pages": page_views.unsigned(connection, warden_id, after_ms, limit)}

        return answer(await context.read(query))

    return router


def _pages(connection: Connection, warden_id: str, limit: int) -> dict[str, Any]:
    if views.warden(connection, warden_id) is None:
        raise HttpProblem(404, NOT_FOUND)
    return {
        "open": page_views.inbox(connection, warden_id, is_open=True, limit=limit),
        "closed": page_views.inbox(connection, warden_id, is_open=False, limit=limit),
    }


def _act(context: WebContext) -> APIRouter:
    router = APIRouter()

    async def after(request: Request, _: str, __: Actor, came_of_it: Answer) -> Response:
        return _done(context, request, came_of_it)

    actions.add_routes(router, context, "/cases", actor.of_program, after, by_page=False)

    @router.post("/pages/{page_id}/received")
    async def received(request: Request, page_id: str) -> Response:
        by = actor.of_program(request)
        return answer({"changed": await actions.received(context, page_id, by)})

    router.include_router(_announce(context))
    return router


def _announce(context: WebContext) -> APIRouter:
    router = APIRouter()

    @router.post("/doors/{door_id}/permits")
    async def permits(door_id: str, body: Announcement) -> Response:
        permit = body.permit()
        changed = await announce(context, door_id, permit)
        return answer({"changed": changed, "permit_id": permit.permit_id})

    @router.post("/areas/{area_id:path}/permits")
    async def permits_in(area_id: str, body: Announcement) -> Response:
        permit = body.permit()
        changed = await announce_in(context, area_id, permit)
        return answer(
            {
                "changed": any(changed.values()),
                "permit_id": permit.permit_id,
                "doors": list(changed),
            }
        )

    return router


def _done(context: WebContext, request: Request, came_of_it: Answer) -> Response:
    """What an action changed; 409 with the reason if it was refused. One that came late says when
    it was done and when it came, and whether others acted meanwhile."""
    result = came_of_it.result
    told: dict[str, Any] = {"changed": came_of_it.changed}
    if result is not None and result.age_ms:
        told |= {"done_ms": result.done_ms, "arrived_ms": result.arrived_ms}
        told["overtaken"] = result.overtaken
    if came_of_it.refusal is None:
        return answer(told)
    why = actions.why(context, request, came_of_it)
    told |= {"reason": came_of_it.refusal, "why": why}
    return answer(told, 409, "application/problem+json")


def answer(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """As JSON."""
    return Response(msgspec.json.encode(value), status, media_type=media_type)


def is_api(request: Request) -> bool:
    """Whether the answer must be JSON, whatever it is."""
    return request.url.path.removeprefix(str(request.scope.get("root_path", ""))).startswith(
        "/api/"
    )
