"""What is kept of a household, for itself: who looked, all of it as a file, and its consent."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection

from gateway.core.households.model import RequestKind, Said, Way
from gateway.language.catalogue import N_, say
from gateway.registry import consents, notices
from gateway.store.resident_views import OrderSpan
from gateway.web.answers import HttpProblem
from gateway.web.context import WebContext
from gateway.web.resident import asking, own_data, shown
from gateway.web.resident.asking import Voice
from gateway.web.resident.drawn import done, page_of
from gateway.web.resident.entrance import Entrance, Here
from gateway.web.resident.looks import Look, looks

_TAKE_DOWN = N_("The household takes its consent back: end the order, take the seal down.")
_NOBODY_TOLD = N_(
    "It is noted that you take your consent back. But nobody could be told by this page: {why} "
    "Ring your grid worker, so that somebody comes to take the seal down."
)
_NOT_ASKED = N_("At this site nobody asks for consent; the notice says on what ground it acts.")


def add(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET /r/looks, /r/file and /r/consent; POST /r/consent/give and …/withdraw."""
    opened = Depends(entrance.page)

    async def looked(here: Here, language: str) -> list[Look] | None:
        order = here.holder.order
        if order is None or here.holder.is_over(context.now_ms()):
            return []  # nothing is shown any more
        abouts = await context.read(lambda rows: shown.abouts(rows, here.household_id, order))
        return await looks(context, abouts, order.since_ms, language)

    @router.get("/looks")
    async def who_looked(request: Request, here: Annotated[Here, opened]) -> Response:
        found = await looked(here, context.language(request))
        gather = lambda _rows, _order: {"looks": found}  # noqa: E731 - it was read beside
        return await page_of(context, request, here, "looks.html", gather)

    @router.get("/file")
    async def file(request: Request, here: Annotated[Here, opened]) -> Response:
        order = here.holder.order
        if order is None or here.holder.is_over(context.now_ms()):
            return await page_of(context, request, here, "home.html", lambda _rows, _order: {})
        zone, household_id = context.zone, here.household_id
        data = await context.read(
            lambda rows: own_data.of_household(rows, household_id, order, zone)
        )
        content = own_data.as_file(data, await looked(here, context.language(request)), zone)
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(content, headers=headers, media_type="application/json")

    _add_consent(router, context, entrance)


def _add_consent(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/consent")
    async def page(request: Request, here: Annotated[Here, opened]) -> Response:
        _need_consent(context)

        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = consents.given(rows, here.household_id, order.order_id)
            return {"consents": found}

        return await page_of(context, request, here, "consent.html", gather)

    @router.post("/consent/give")
    async def give(request: Request, here: Annotated[Here, sent]) -> Response:
        facts, now_ms = notices.facts_of(context.settings), context.now_ms()

        def change(rows: Connection, order: OrderSpan) -> bool:
            version = notices.keep(rows, facts, now_ms)
            return consents.give(rows, here.household_id, order.order_id, version, Way.PAGE, now_ms)

        await _written(context, here, change)
        return done(request, "noted")

    @router.post("/consent/withdraw")
    async def withdraw(request: Request, here: Annotated[Here, sent]) -> Response:
        _need_consent(context)
        now_ms = context.now_ms()

        def change(rows: Connection, order: OrderSpan) -> bool:
            return consents.withdraw(rows, here.household_id, order.order_id, Way.PAGE, now_ms)

        problem = await _take_down(context, request, here)
        await _written(context, here, change)
        if problem is not None:
            why = problem.detail(context.language(request))
            raise HttpProblem(409, _NOBODY_TOLD, why=why)
        return done(request, "noted")


async def _take_down(context: WebContext, request: Request, here: Here) -> HttpProblem | None:
    """Somebody must take the seal down: that is asked for as anything else is, once for each
    consent, and before it is written down as taken back; else whoever presses again after a failure
    would be told that it is noted, and nobody would come. Why it was refused, if it was."""
    order = here.holder.order
    if order is None:
        return None
    words = say(_TAKE_DOWN, context.settings.site.language)
    kept = await context.read(lambda rows: consents.given(rows, here.household_id, order.order_id))
    if not kept:
        return None  # nobody ever agreed by this page
    number = blake2b(f"{order.order_id} {len(kept)}".encode(), digest_size=8).hexdigest()
    voice = Voice(here.household_id, Said(Way.PAGE), context.language(request), number)
    if kept[-1].withdrawn_ms is not None and await asking.is_asked(
        context, voice, RequestKind.OTHER, words
    ):
        return None
    try:
        await asking.ask(context, voice, RequestKind.OTHER, words)
    except HttpProblem as problem:
        if problem.status != 409:
            raise  # the gateway is away: nothing was done, and it can be pressed again
        return problem
    return None


def _need_consent(context: WebContext) -> None:
    if context.settings.household.ground != "consent":
        raise HttpProblem(404, _NOT_ASKED)


async def _written(
    context: WebContext, here: Here, change: Callable[[Connection, OrderSpan], bool]
) -> bool:
    """In one transaction, whether it is news: it is no door's state, and the gateway need not know
    of it."""
    _need_consent(context)
    order = here.holder.order

    def on_thread() -> bool:
        if order is None:
            return False
        with context.store.writing() as connection:
            return change(connection, order)

    return await anyio.to_thread.run_sync(on_thread)
