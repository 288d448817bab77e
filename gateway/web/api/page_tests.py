"""Test pages for programs: send one to a person, and see what came of the latest."""

from fastapi import APIRouter, Request, Response

from gateway.store import reach_views
from gateway.store.reach_views import PageTest
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.api.answered import answered
from gateway.web.api.shapes import Sent
from gateway.web.context import WebContext
from gateway.web.pages.page_tests import ask


def routes(context: WebContext) -> APIRouter:
    """GET and POST …/wardens/{id}/test."""
    router = APIRouter()

    @router.post("/wardens/{warden_id}/test", **answered(Sent, {404: None, 409: None}))
    async def send(request: Request, warden_id: str) -> Response:
        """Let a test page go to a person by all channels, now."""
        return json_answer(Sent(await ask(context, warden_id)))

    @router.get("/wardens/{warden_id}/test", **answered(PageTest, {404: None}))
    async def outcome(request: Request, warden_id: str) -> Response:
        """The latest test page of a person: when each channel took it, the phone signed for it, and
        the person pressed that they have it."""
        found = await context.read(lambda rows: reach_views.latest_test(rows, warden_id))
        if found is None:
            raise HttpProblem(404, NOT_FOUND)
        return json_answer(found)

    return router
