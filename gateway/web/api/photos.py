"""A photo of how a case ended: sent after the report that it belongs to, by who made that.

It is told by its report and its number there, so the same again is one photo. Its bytes are on the
disk before it is journaled, and journaled before it is answered.
"""

from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from gateway.core.actor import Actor
from gateway.core.events import PhotoKept
from gateway.language.catalogue import N_
from gateway.photos import picture
from gateway.photos.folder import PhotoFolder
from gateway.photos.picture import PictureError
from gateway.store import case_views, photos
from gateway.store.case_views import CaseRow
from gateway.web import actor, photo_limits
from gateway.web.actor import check_known
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.api.answered import acts, answered
from gateway.web.api.shapes import Done
from gateway.web.context import WebContext

_NOT_REPORTED = N_(
    "No report of yours about this case has counted, so its photo was not kept either."
)
_ENOUGH = N_("This case has {most} photos already, so this one was not kept.")
_NO_ROOM = N_(
    "All photos of this site take as much room as they may, so this one was not kept. Tell your "
    "centre."
)

_BODY: Final = {
    "required": True,
    "content": {
        picture.MEDIA: {
            "schema": {"type": "string", "format": "binary", "maxLength": picture.BYTES_MAX}
        }
    },
}
ReportId = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Number = Annotated[int, Query(ge=1, le=photo_limits.OF_REPORT_MAX)]
Age = Annotated[int, Query(ge=0, le=2**53)]


def routes(context: WebContext) -> APIRouter:
    """POST …/cases/{id}/photos."""
    router = APIRouter()
    limiter = anyio.CapacityLimiter(photo_limits.MADE_AT_ONCE)
    extra = acts() | {"requestBody": _BODY}

    @router.post(
        "/cases/{case_id}/photos", openapi_extra=extra, **answered(Done, {404: None, 409: None})
    )
    async def photo(
        request: Request, case_id: str, report: ReportId, number: Number, age_ms: Age = 0
    ) -> Response:
        """A JPEG of up to 300,000 bytes: the photo of this number of a report, by its `action_id`.
        It counts as long as the report did, even if the case is closed by now."""
        by, photo_id = actor.of_program(request).actor, f"{report}.{number}"
        case = await context.read(lambda rows: _awaited(rows, case_id, photo_id, by))
        if case is None:
            return json_answer(Done(False))
        body = await request.body()
        made = await anyio.to_thread.run_sync(_clean, body, limiter=limiter)
        key_of = partial(photos.key_id, context.store, case.subject, context.now_ms())
        key_id = await anyio.to_thread.run_sync(key_of, limiter=limiter)
        folder = PhotoFolder(context.store.path, context.store.keys)
        put = partial(folder.put, case_id, photo_id, made, key_id)
        await anyio.to_thread.run_sync(put, limiter=limiter)
        digest = sha256(made).hexdigest()
        event = PhotoKept(case_id, photo_id, by, len(made), digest, age_ms)
        await context.action(case.subject, event)
        return json_answer(Done(True))

    return router


def _awaited(rows: Connection, case_id: str, photo_id: str, by: Actor) -> CaseRow | None:
    """The case that the photo belongs to; None if it was kept already. HttpProblem, with its
    sentence, where it may not be."""
    case = case_views.case(rows, case_id)
    if case is None:
        raise HttpProblem(404, NOT_FOUND)
    check_known(rows, by)
    if photos.photo(rows, case_id, photo_id) is not None:
        return None
    if not photos.has_reported(rows, case_id, by):
        raise HttpProblem(409, _NOT_REPORTED)
    most = photo_limits.OF_CASE_MAX
    if len(photos.of_case(rows, case_id, most)) >= most:
        raise HttpProblem(409, _ENOUGH, most=most)
    if photos.total_bytes(rows) + picture.BYTES_MAX > photo_limits.SITE_BYTES_MAX:
        raise HttpProblem(409, _NO_ROOM)
    return case


def _clean(body: bytes) -> bytes:
    try:
        return picture.clean(body)
    except PictureError as error:
        facts: dict[str, Any] = error.facts
        raise HttpProblem(422, error.sentence, **facts) from None
