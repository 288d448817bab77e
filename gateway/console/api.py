"""The same for programs, as JSON: what is read, and the three acts. Times are ms of UTC."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.console import cases as acts
from gateway.console.desk import NOT_FOUND, Desk, Trouble
from gateway.console.doors import LONGEST_MAX_MIN, OPENINGS_ALLOWED_MAX, announce, permit_id
from gateway.console.health import report
from gateway.console.shown import tile
from gateway.core.model import Permit
from gateway.notify.wording import Outcome
from gateway.store import views

LIMIT_MAX: Final = 1_000

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=2**53)]
By = Annotated[str, Field(min_length=1, max_length=64)]
TimeMs = Annotated[int, Field(ge=0, le=2**53)]


class Body(BaseModel):
    """No key that we do not know."""

    model_config = ConfigDict(extra="forbid")


class Acknowledgement(Body):
    """`by` is a warden's id, or "centre"."""

    by: By


class Closing(Body):
    """How the case ended."""

    by: By
    outcome: Outcome


class Announcement(Body):
    """An opening to come. Sent twice with one permit_id, it is announced once."""

    from_ms: TimeMs
    to_ms: TimeMs
    who: Annotated[str, Field(min_length=1, max_length=80)]
    why: Annotated[str, Field(min_length=1, max_length=200)]
    openings: Annotated[int, Field(ge=1, le=OPENINGS_ALLOWED_MAX)] = 1
    longest_ms: Annotated[int, Field(ge=1_000, le=LONGEST_MAX_MIN * 60_000)] = 900_000
    permit_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None


def routes(desk: Desk) -> APIRouter:
    """Everything under /api."""
    router = APIRouter(prefix="/api")
    router.include_router(_read(desk))
    router.include_router(_act(desk))
    return router


def _read(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.get("/doors")
    async def doors(limit: Limit = LIMIT_MAX, offset: Offset = 0) -> Response:
        now_ms = desk.now_ms()

        def look(connection: Connection) -> dict[str, Any]:
            rows = views.doors(connection, limit, offset)
            listed = [msgspec.to_builtins(row) | {"tone": tile(row, now_ms).tone} for row in rows]
            return {"count": views.door_count(connection), "doors": listed}

        return answer(await desk.read(look))

    @router.get("/cases")
    async def cases(limit: Limit = 100) -> Response:
        def look(connection: Connection) -> dict[str, Any]:
            closed = views.closed_cases(connection, limit)
            return {"open": views.open_cases(connection, limit), "closed": closed}

        return answer(await desk.read(look))

    @router.get("/wardens/{warden_id}/pages")
    async def pages(warden_id: str, limit: Limit = 100) -> Response:
        return answer(await desk.read(lambda connection: _pages(connection, warden_id, limit)))

    @router.get("/health")
    async def health() -> Response:
        return answer(await report(desk))

    return router


def _pages(connection: Connection, warden_id: str, limit: int) -> dict[str, Any]:
    if views.warden(connection, warden_id) is None:
        raise Trouble(404, NOT_FOUND)
    return {
        "open": views.inbox(connection, warden_id, is_open=True, limit=limit),
        "closed": views.inbox(connection, warden_id, is_open=False, limit=limit),
    }


def _act(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.post("/cases/{case_id}/acknowledge")
    async def acknowledge(case_id: str, body: Acknowledgement) -> Response:
        return answer({"changed": await acts.acknowledge(desk, case_id, body.by)})

    @router.post("/cases/{case_id}/on_site")
    async def on_site(case_id: str, body: Acknowledgement) -> Response:
        return answer({"changed": await acts.on_site(desk, case_id, body.by)})

    @router.post("/cases/{case_id}/close")
    async def close(case_id: str, body: Closing) -> Response:
        return answer({"changed": await acts.close(desk, case_id, body.by, body.outcome)})

    @router.post("/doors/{door_id}/permits")
    async def permits(door_id: str, body: Announcement) -> Response:
        fields = body.model_dump() | {"permit_id": permit_id(body.permit_id)}
        changed = await announce(desk, door_id, Permit(**fields))
        return answer({"changed": changed, "permit_id": fields["permit_id"]})

    return router


def answer(value: Any, status: int = 200) -> Response:
    """As JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def is_api(request: Request) -> bool:
    """Whether the answer must be JSON, whatever it is."""
    return request.url.path.removeprefix(str(request.scope.get("root_path", ""))).startswith(
        "/api/"
    )
