"""A photo of a case, for who may see the case. Every look at one is in the audit."""

from typing import Final

import anyio
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from gateway.photos.folder import PhotoFolder
from gateway.photos.picture import MEDIA
from gateway.store import photos
from gateway.web import photo_limits
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext

HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": 'inline; filename="photo.jpg"',
}


def routes(context: WebContext) -> APIRouter:
    """GET /cases/{case_id}/photos/{photo_id}."""
    router, folder = APIRouter(), PhotoFolder(context.store.path, context.store.keys)
    limiter = anyio.CapacityLimiter(photo_limits.READ_AT_ONCE)

    @router.get("/cases/{case_id}/photos/{photo_id}")
    async def photo(_: Request, case_id: str, photo_id: str) -> Response:
        def is_there(rows: Connection) -> bool:
            known = photos.photo(rows, case_id, photo_id)
            return known is not None and known.destroyed_ms is None

        found = None
        if await context.read(is_there):
            found = await anyio.to_thread.run_sync(folder.get, case_id, photo_id, limiter=limiter)
        if found is None:
            raise HttpProblem(404, NOT_FOUND)
        return Response(found, headers=HEADERS, media_type=MEDIA)

    return router
