"""The audit, for auditors: read here, edited nowhere."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from gateway.accounts import audit
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.visitors import visitor

LISTED_MAX: Final = 100
Before = Annotated[int | None, Query(ge=1, le=2**53)]
Name = Annotated[str, Query(max_length=64)]
About = Annotated[str, Query(max_length=audit.ABOUT_MAX)]


def routes(context: WebContext) -> APIRouter:
    """GET /audit."""
    router = APIRouter()

    @router.get("/audit")
    async def page(
        request: Request, before: Before = None, account: Name = "", about: About = ""
    ) -> Response:
        if visitor(request) is None:
            raise HttpProblem(404, NOT_FOUND)
        entries = await context.visitors.read(
            lambda rows: audit.read(rows, LISTED_MAX, before, account, about)
        )
        more = entries[-1].entry_id if len(entries) == LISTED_MAX else None
        values = {"entries": entries, "more": more, "account": account, "about": about}
        html = context.draw("audit.html", context.setting(request), values)
        return context.answer(request, html)

    return router
