"""The addresses of a household's page, all below /r. None of them names a household: whose page it
is says the session, and nothing else."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy import Connection

from gateway.core.households.model import SealAnswer
from gateway.language import notice as notice_text
from gateway.registry import notices
from gateway.registry.resident_codes import TYPED_MAX
from gateway.store import resident_views
from gateway.store.resident_views import OrderSpan
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import Before, WebContext
from gateway.web.happened import undone
from gateway.web.resident import (
    announce_routes,
    announcing,
    asking_routes,
    consenting,
    data_routes,
    shown,
    words,
)
from gateway.web.resident.drawn import drawn, page_of
from gateway.web.resident.entrance import HOME, ElsewhereError, Entrance, Here


def routes(context: WebContext, entrance: Entrance) -> APIRouter:
    """GET and POST /r, and all below it."""
    router = APIRouter(prefix=HOME)
    _add_entrance(router, context, entrance)
    _add_pages(router, context, entrance)
    announce_routes.add(router, context, entrance)
    data_routes.add(router, context, entrance)
    asking_routes.add(router, context, entrance)
    return router


async def elsewhere(request: Request, error: Exception) -> Response:
    """What leads on where nothing is shown, and nothing was done."""
    if not isinstance(error, ElsewhereError):
        raise error
    undone(request)
    return error.answer


def _add_entrance(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET and POST /r; POST /r/leave; GET /r/notice, which is the same for everybody."""

    @router.get("")
    async def page(request: Request) -> Response:
        return drawn(context, request, "enter.html", {})

    @router.post("")
    async def enter(
        request: Request, code: Annotated[str, Form(max_length=TYPED_MAX)] = ""
    ) -> Response:
        return await entrance.enter(request, code)

    @router.post("/leave")
    async def leave(request: Request) -> Response:
        return entrance.leave(request)

    @router.get("/notice")
    async def notice(
        request: Request, language: Annotated[str, Query(alias="in", max_length=16)] = ""
    ) -> Response:
        settings = context.settings
        tag = language or context.language(request)
        try:
            translate = notices.translate_to(settings, tag)
        except notices.NoSuchLanguageError:
            raise HttpProblem(404, NOT_FOUND) from None
        facts = notices.facts_of(settings)
        values = {
            "parts": notice_text.parts(facts, translate),
            "version": notice_text.version(facts),
            "tag": "zh-CN" if tag == "zh" else tag,
            "all_languages": notices.languages(settings),
        }
        return drawn(context, request, "notice.html", values)


def _add_pages(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET /r/home and /r/openings."""
    opened = Depends(entrance.page)

    @router.get("/home")
    async def home(request: Request, here: Annotated[Here, opened]) -> Response:
        now_ms = context.now_ms()

        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = shown.home(rows, here.household_id, order, now_ms, context.rulebook)
            asks = consenting.is_asked(context)
            values = {"home": found, "asks_consent": asks}
            return values | {"is_own": announcing.is_own, "seal_answers": list(SealAnswer)}

        return await page_of(context, request, here, "home.html", gather)

    @router.get("/openings")
    async def openings(
        request: Request, here: Annotated[Here, opened], before_ms: Before = None
    ) -> Response:
        language = context.language(request)

        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = shown.openings(rows, here.household_id, order, before_ms)
            doors = resident_views.door_ids_of(rows, here.household_id)
            ids = {one.row.opening_id for one in found}
            others = shown.other_cases(rows, here.household_id, order, ids)
            return {
                "others": others if before_ms is None else [],
                "others_cut": shown.has_older_cases(rows, here.household_id, order),
                "openings": found,
                "most": shown.OPENINGS_MAX,
                "doors": len(doors),
                "role_words": lambda role: words.role_words(role, language),
            }

        return await page_of(context, request, here, "openings.html", gather)
