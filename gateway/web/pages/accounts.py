"""Everybody's phones, for whoever manages accounts: invitations and lost phones."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import persons, sessions
from gateway.accounts.persons import Account
from gateway.accounts.sessions import Session
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.inviting import invited
from gateway.web.offers import Offered, new_offer
from gateway.web.pages.me import drawn, end, shown, somebody
from gateway.web.security import prefix
from gateway.web.visitors import account_named

LISTED_MAX: Final = 50  # on one page
Name = Annotated[str, Query(max_length=64)]  # or a part of one


def routes(context: WebContext) -> APIRouter:
    """GET /accounts; POST …/phones/{session_id}/end and …/invite."""
    router = APIRouter()

    @router.get("/accounts")
    async def page(
        request: Request,
        text: Annotated[str, Query(alias="q", max_length=64)] = "",
        after: Name = "",
    ) -> Response:
        somebody(request)
        return await _listed(context, request, None, " ".join(text.split()), after)

    @router.post("/accounts/{name}/invite")
    async def press_invite(request: Request, name: str, offered: Offered = "") -> Response:
        """The code is shown in this answer and nowhere else."""

        async def press() -> Response:
            one = await invited(context, request, name, lambda rows: account_named(rows, name))
            return await _listed(context, request, one)

        who = somebody(request).account.account_id
        return await context.shown_once.answer(request, offered, who, press)

    @router.post("/accounts/{name}/phones/{session_id}/end")
    async def press_end(request: Request, name: str, session_id: str) -> Response:
        somebody(request)
        account = await context.visitors.read(lambda rows: account_named(rows, name))
        if account is None:
            raise HttpProblem(404, NOT_FOUND)
        await end(context, account, session_id)
        return RedirectResponse(f"{prefix(request)}/accounts?of={quote(name, safe='')}", 303)

    return router


async def _listed(
    context: WebContext,
    request: Request,
    invitation: dict[str, Any] | None,
    text: str = "",
    after: str = "",
) -> Response:
    now_ms = context.now_ms()

    def gather(rows: Connection) -> dict[str, Any]:
        accounts, count, has_more = persons.found(rows, text, after, LISTED_MAX)
        people: list[tuple[Account, list[Session]]] = [
            (account, shown(sessions.of_account(rows, account, now_ms))) for account in accounts
        ]
        more = accounts[-1].name if has_more else ""
        return {"people": people, "count": count, "more": more}

    values = await context.visitors.read(gather)
    values |= {"q": text, "after": after, "invited": invitation, "offered": new_offer()}
    return drawn(context, request, "accounts.html", values)
