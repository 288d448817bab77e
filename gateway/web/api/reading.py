"""What a program reads: doors, cases, health, and a warden's pages. Times are ms of UTC."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from gateway.accounts.roles import Right
from gateway.store import case_views, page_views, views
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer, list_answer
from gateway.web.context import AWAY, Lane, WebContext
from gateway.web.door_words import tile
from gateway.web.pages import warden_inbox
from gateway.web.pages.health import report

LIMIT_MAX: Final = 1_000

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


def routes(context: WebContext) -> APIRouter:
    """GET /api/doors, /api/cases, /api/health, and what a handheld asks for."""
    router = APIRouter(prefix="/api")

    @router.get("/doors")
    async def doors(request: Request, limit: Limit = LIMIT_MAX, offset: Offset = 0) -> Response:
        now_ms, grids = context.now_ms(), context.scope(request, Right.DOORS)

        def query(connection: Connection) -> dict[str, Any]:
            rows = views.doors(connection, limit, offset, grids)
            listed = [
                msgspec.to_builtins(row) | {"tone": tile(row, now_ms, context.rulebook).tone}
                for row in rows
            ]
            return {"count": views.door_count(connection, grids), "doors": listed}

        return list_answer(request, await context.read(query, Lane.PAGES), grids)

    @router.get("/cases")
    async def cases(request: Request, limit: Limit = 100) -> Response:
        grids = context.scope(request, Right.CASES)

        def query(connection: Connection) -> dict[str, Any]:
            return {
                "open": case_views.open_cases(connection, limit, grids),
                "in_review": case_views.cases_in_review(connection, limit, grids),
                "closed": case_views.closed_cases(connection, limit, grids=grids),
            }

        return list_answer(request, await context.read(query), grids)

    @router.get("/health")
    async def health() -> Response:
        if not context.gateway.is_heard():
            raise HttpProblem(503, AWAY)
        return json_answer(await report(context))

    router.include_router(_read_pages(context))
    return router


def _read_pages(context: WebContext) -> APIRouter:
    """What a handheld asks for, and who was told of a case."""
    router = APIRouter()

    @router.get("/cases/{case_id}/deliveries")
    async def deliveries(request: Request, case_id: str, limit: Limit = 100) -> Response:
        def query(connection: Connection) -> dict[str, Any]:
            case = case_views.case(connection, case_id)
            if case is None:
                raise HttpProblem(404, NOT_FOUND)
            return {"deliveries": page_views.deliveries(connection, case, limit)}

        return list_answer(request, await context.read(query))

    @router.get("/wardens/{warden_id}/pages")
    async def pages(request: Request, warden_id: str, limit: Limit = 100) -> Response:
        return list_answer(
            request, await context.read(lambda connection: _pages(connection, warden_id, limit))
        )

    @router.get("/wardens/{warden_id}/unsigned")
    async def unsigned(request: Request, warden_id: str, limit: Limit = 100) -> Response:
        after_ms = context.now_ms() - warden_inbox.SIGNED_WITHIN_MS

        def query(connection: Connection) -> dict[str, Any]:
            if views.warden(connection, warden_id) is None:
                raise HttpProblem(404, NOT_FOUND)
            return {"pages": page_views.unsigned(connection, warden_id, after_ms, limit)}

        return list_answer(request, await context.read(query))

    return router


def _pages(connection: Connection, warden_id: str, limit: int) -> dict[str, Any]:
    if views.warden(connection, warden_id) is None:
        raise HttpProblem(404, NOT_FOUND)
    return {
        "open": page_views.inbox(connection, warden_id, is_open=True, limit=limit),
        "closed": page_views.inbox(connection, warden_id, is_open=False, limit=limit),
    }
