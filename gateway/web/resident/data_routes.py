"""What is kept of a household, for itself: who looked, all of it as a file, and its consent."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection

from gateway.registry import consents
from gateway.store.resident_views import OrderSpan
from gateway.web.context import WebContext
from gateway.web.resident import consenting, own_data, shown
from gateway.web.resident.asking_routes import voice_of
from gateway.web.resident.drawn import home, page_of
from gateway.web.resident.entrance import Entrance, Here
from gateway.web.resident.looks import LOOKS_MAX, Look, looks


def add(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET /r/looks, /r/file and /r/consent; POST /r/consent/give and …/withdraw."""
    opened = Depends(entrance.page)

    async def looked(here: Here, language: str, most: int) -> list[Look] | None:
        order = here.holder.order
        if order is None or here.holder.is_over(context.now_ms()):
            return []  # nothing is shown any more
        abouts = await context.read(lambda rows: shown.abouts(rows, here.household_id, order))
        return await looks(context, here.household_id, abouts, order.since_ms, language, most)

    @router.get("/looks")
    async def who_looked(request: Request, here: Annotated[Here, opened]) -> Response:
        found = await looked(here, context.language(request), LOOKS_MAX + 1)
        is_cut = found is not None and len(found) > LOOKS_MAX
        part = {"looks": found and found[:LOOKS_MAX], "is_cut": is_cut}
        gather = lambda _rows, _order: part  # noqa: E731 - it was read beside
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
        looked_at = await looked(here, context.language(request), own_data.ROWS_MAX)
        content = own_data.as_file(data, looked_at, zone)
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(content, headers=headers, media_type="application/json")

    _add_consent(router, context, entrance)


def _add_consent(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/consent")
    async def page(request: Request, here: Annotated[Here, opened]) -> Response:
        consenting.need_asked(context)

        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = consents.given(rows, here.household_id, order.order_id)
            return {"consents": found}

        return await page_of(context, request, here, "consent.html", gather)

    @router.post("/consent/give")
    async def give(request: Request, here: Annotated[Here, sent]) -> Response:
        await consenting.give(context, voice_of(context, request, here))
        return home(request)

    @router.post("/consent/withdraw")
    async def withdraw(request: Request, here: Annotated[Here, sent]) -> Response:
        await consenting.withdraw(context, voice_of(context, request, here))
        return home(request)
