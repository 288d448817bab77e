"""A household announces openings on its page: GET /r/announce, and what its forms send."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy import Connection

from gateway.core.households.model import Way
from gateway.core.local_time import DAY_MIN
from gateway.language.announcements import WHATS
from gateway.store.resident_views import OrderSpan
from gateway.web.context import WebContext
from gateway.web.resident import announcing, shown, words
from gateway.web.resident.announcing import LASTING_MINUTES, Announcement
from gateway.web.resident.drawn import home, page_of
from gateway.web.resident.entrance import Entrance, Here

What = Annotated[str, Form(max_length=16)]
Minute = Annotated[int, Form(ge=0, lt=DAY_MIN)]
HALF_HOURS: Final = tuple(range(0, DAY_MIN, 30))


def add(router: APIRouter, context: WebContext, entrance: Entrance) -> None:
    """GET /r/announce; POST /r/announce/now, …/once, …/daily and …/end."""
    opened, sent = Depends(entrance.page), Depends(entrance.form)

    @router.get("/announce")
    async def page(request: Request, here: Annotated[Here, opened]) -> Response:
        now_ms, language = context.now_ms(), context.language(request)

        def gather(rows: Connection, order: OrderSpan) -> dict[str, Any]:
            found = shown.home(rows, here.household_id, order, now_ms, context.rulebook)
            return choices(context, now_ms, order, language) | {"home": found}

        return await page_of(context, request, here, "announce.html", gather)

    @router.post("/announce/now")
    async def now(
        request: Request,
        here: Annotated[Here, sent],
        what: What = "other",
    ) -> Response:
        said = Announcement(Way.PAGE, what, here.offered)
        await announcing.announce_now(context, here.household_id, said)
        return home(request)

    @router.post("/announce/once")
    async def once(
        request: Request,
        here: Annotated[Here, sent],
        day: Annotated[str, Form(max_length=10)],
        minute: Minute,
        lasts: Annotated[int, Form()],
        what: What = "other",
    ) -> Response:
        said = Announcement(Way.PAGE, what, here.offered)
        from_ms = announcing.at(day, minute, context.zone)
        await announcing.announce_once(context, here.household_id, said, from_ms, lasts)
        return home(request)

    @router.post("/announce/daily")
    async def daily(
        request: Request,
        here: Annotated[Here, sent],
        minute: Minute,
        lasts: Annotated[int, Form()],
        what: What = "other",
    ) -> Response:
        said = Announcement(Way.PAGE, what, here.offered)
        await announcing.announce_daily(context, here.household_id, said, minute, lasts)
        return home(request)

    @router.post("/announce/end")
    async def end(
        request: Request,
        here: Annotated[Here, sent],
        permit_id: Annotated[str, Form(max_length=64)],
    ) -> Response:
        await announcing.end(context, here.household_id, permit_id)
        return home(request)


def choices(context: WebContext, now_ms: int, order: OrderSpan, language: str) -> dict[str, Any]:
    """What the forms of announcing offer to choose."""
    return {
        "days": announcing.days_ahead(now_ms, order, context.zone),
        "day_words": lambda day: words.day_words(day, language),
        "half_hours": HALF_HOURS,
        "lasting": LASTING_MINUTES,
        "whats": WHATS,
        "is_own": announcing.is_own,
    }
