"""Test pages: somebody asks whether pages reach a person, she says that they do, and both see how
long it took by each channel. A test is no case, and counts nowhere.

A link in its text leads to the same page as its notification, by an id of that channel, so that
"got it" says by which one she came.
"""

import secrets
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.core.events import PageTestAnswered, PageTestAsked
from gateway.core.paging.person import ASKED_MAX, ASKED_PREFIX
from gateway.core.reasons import Reason
from gateway.core.subject import SITE
from gateway.language.catalogue import N_
from gateway.store import reach_views, views
from gateway.store.reach_views import SentTest
from gateway.web import actor
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.handheld import shell
from gateway.web.offers import Offered
from gateway.web.security import prefix

PHONES: Final = ("inbox", "handheld")  # a person's own pages, as their addresses begin

_NO_CHANNEL = N_("No channel is enrolled for this person, so nothing can be sent.")
_TOO_OFTEN = N_("{most} test pages a minute to one person are enough; try again in a minute.")


def routes(context: WebContext) -> APIRouter:
    """POST /wardens/{id}/test and /handheld/{id}/test; GET and POST …/tests/{sent_id}."""
    router = APIRouter()

    @router.post("/wardens/{warden_id}/test")
    async def from_screen(request: Request, warden_id: str, offered: Offered = "") -> Response:
        async def press() -> Response:
            await ask(context, warden_id)
            where = f"{prefix(request)}/wardens/{quote(warden_id, safe='')}#tested"
            return RedirectResponse(where, 303)

        return await context.shown_once.answer(request, offered, "", press)

    @router.post("/handheld/{warden_id}/test")
    async def from_phone(request: Request, warden_id: str) -> Response:
        await ask(context, warden_id)
        return RedirectResponse(_home(request, "handheld", warden_id), 303)

    for phone in PHONES:
        _answers(router, context, phone)
    return router


def _answers(router: APIRouter, context: WebContext, phone: str) -> None:
    async def shown(request: Request, warden_id: str, sent_id: str) -> Response:
        """One test page, with its one button. To look at it changes nothing."""

        def gather(connection: Connection) -> dict[str, Any]:
            warden = views.warden(connection, warden_id)
            test = reach_views.sent_test(connection, sent_id, warden_id)
            if warden is None or test is None or test.reason is not Reason.TEST_PAGE:
                raise HttpProblem(404, NOT_FOUND)
            here = {"warden": warden, "test": test, "shell_version": shell.version()}
            return here | {"phone": phone, "home": _home(request, phone, warden_id)}

        return await context.page(request, "page_test.html", gather)

    async def pressed(request: Request, warden_id: str, sent_id: str) -> Response:
        """She says that she has it."""
        by = actor.on_phone(request).actor.actor_id
        await press(context, sent_id, by)
        return RedirectResponse(_home(request, phone, warden_id), 303)

    path = f"/{phone}/{{warden_id}}/tests/{{sent_id}}"
    router.add_api_route(path, shown, methods=["GET"], name=f"{phone} test")
    router.add_api_route(f"{path}/pressed", pressed, methods=["POST"], name=f"{phone} pressed")


async def ask(context: WebContext, warden_id: str) -> str:
    """Let a test page go to a person by all channels; its id. HttpProblem where it cannot."""

    def query(connection: Connection) -> bool:
        if views.warden(connection, warden_id) is None:
            raise HttpProblem(404, NOT_FOUND)
        return bool(reach_views.channels(connection, [warden_id])[warden_id])

    if not await context.read(query):
        raise HttpProblem(409, _NO_CHANNEL)
    page_id = f"{ASKED_PREFIX}{secrets.token_hex(8)}"
    if not await context.submit(SITE, PageTestAsked(warden_id, page_id)):
        raise HttpProblem(429, _TOO_OFTEN, most=ASKED_MAX)
    return page_id


async def press(context: WebContext, sent_id: str, by: str) -> None:
    """A person says that they have a test page. HttpProblem if none was sent to them so."""

    def query(connection: Connection) -> SentTest:
        test = reach_views.sent_test(connection, sent_id, by)
        if test is None or test.reason is not Reason.TEST_PAGE:
            raise HttpProblem(404, NOT_FOUND)
        return test

    test = await context.read(query)
    answer = PageTestAnswered(test.page_id, test.sent_id, by, is_pressed=True)
    await context.submit(SITE, answer)


def _home(request: Request, phone: str, warden_id: str) -> str:
    return f"{prefix(request)}/{phone}/{quote(warden_id, safe='')}"
