"""The legend of the history: what the random names in InfluxDB and Grafana stand for."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from gateway.store.place_names import NAME_CHARACTERS, legend
from gateway.web.context import WebContext

SHOWN_MAX: Final = 1_000
Name = Annotated[str, Query(max_length=NAME_CHARACTERS)]


def routes(context: WebContext) -> APIRouter:
    """GET /history, with one name or the beginning of one asked for by `name`."""
    router = APIRouter()

    @router.get("/history")
    async def page(request: Request, name: Name = "") -> Response:
        wanted = name.strip().lower()
        found = await context.read(legend)
        matching = [meaning for meaning in found if meaning.name.startswith(wanted)]
        values: dict[str, Any] = {
            "meanings": matching[:SHOWN_MAX],
            "more": max(0, len(matching) - SHOWN_MAX),
            "is_begun": bool(found),
            "name": wanted,
        }
        return context.answer(
            request, context.draw("history.html", context.setting(request), values)
        )

    return router
