"""Tokens of programs, for whoever manages accounts: made with named scopes, listed and ended."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import persons, sessions, tokens
from gateway.accounts.persons import Account, AccountError
from gateway.accounts.scopes import WORDS, scopes_for, scopes_in
from gateway.accounts.sessions import PHONE_NAME_MAX, Kind
from gateway.language.catalogue import N_, say
from gateway.web.answers import NOT_FOUND, HttpProblem, optional_line
from gateway.web.context import WebContext
from gateway.web.offers import Offered, new_offer
from gateway.web.pages import me
from gateway.web.pages.me import ROLE_WORDS
from gateway.web.security import prefix
from gateway.web.visitors import Visitor, account_named, visitor

LISTED_MAX: Final = 50  # programs on one page
DAYS: Final = 90
Scopes = Annotated[list[str], Form(max_length=len(WORDS))]
Purpose = Annotated[str, Form(max_length=PHONE_NAME_MAX)]
After = Annotated[str, Query(max_length=64)]  # the last name of the part before
Days = Annotated[int, Form(ge=1, le=tokens.DAYS_MAX)]

_CANNOT = N_("This token was not made: it wants a scope that the program's roles allow.")
_ENOUGH = N_("This program has {most} tokens, which is the limit. End one, then make this one.")
_READS_ALL = N_("reads all that its account may")
_ALL = N_("all that its account may")


def routes(context: WebContext) -> APIRouter:
    """GET /tokens; POST /tokens/{name} and …/{session_id}/end."""
    router = APIRouter()

    @router.get("/tokens")
    async def page(request: Request, after: After = "") -> Response:
        _somebody(request)
        return await _listed(context, request, None, after)

    @router.post("/tokens/{name}")
    async def press_make(
        request: Request,
        name: str,
        scope: Scopes = [],  # noqa: B006
        purpose: Purpose = "",
        days: Days = DAYS,
        offered: Offered = "",
    ) -> Response:
        """The token is shown in this answer and nowhere else."""
        who = _somebody(request).account.account_id
        now_ms = context.now_ms()
        words = optional_line(purpose, PHONE_NAME_MAX) or name

        def make(rows: Connection) -> str:
            account = _program(rows, name)
            if len(tokens.of_account(rows, account, now_ms)) >= tokens.TOKENS_MAX:
                raise HttpProblem(422, _ENOUGH, most=tokens.TOKENS_MAX)
            try:
                wanted = scopes_in(" ".join(scope))
                return tokens.make(rows, account, wanted, words, days, now_ms)
            except AccountError as error:
                raise HttpProblem(422, _CANNOT) from error

        async def press() -> Response:
            made = {"name": name, "token": await context.visitors.write(make)}
            return await _listed(context, request, made)

        said = who, sorted(scope), words, days
        return await context.shown_once.answer(request, offered, said, press)

    @router.post("/tokens/{name}/{session_id}/end")
    async def press_end(request: Request, name: str, session_id: str) -> Response:
        _somebody(request)
        account = await context.visitors.read(lambda rows: _program(rows, name))
        await me.end(context, account, session_id)
        return RedirectResponse(f"{prefix(request)}/tokens?of={quote(name, safe='')}", 303)

    return router


async def _listed(
    context: WebContext, request: Request, made: dict[str, Any] | None, after: str = ""
) -> Response:
    now_ms, language = context.now_ms(), context.language(request)

    def gather(rows: Connection) -> dict[str, Any]:
        found = persons.programs(rows, LISTED_MAX + 1, after)
        shown = found[:LISTED_MAX]
        programs = [(one, tokens.of_account(rows, one, now_ms)) for one in shown]
        return {"programs": programs, "more": shown[-1].name if len(found) > LISTED_MAX else ""}

    def scopes(account: Account) -> list[tuple[str, str]]:
        return [(one.value, say(WORDS[one], language)) for one in scopes_for(account.roles)]

    def may(token: sessions.Session) -> str:
        if token.scopes is not None:
            return " · ".join(sorted(token.scopes))
        return say(_READS_ALL if token.kind is Kind.READER else _ALL, language)

    values = {
        **await context.visitors.read(gather),
        "after": after,
        "made": made,
        "offered": new_offer(),
        "scopes": scopes,
        "may": may,
        "role_word": lambda role: say(ROLE_WORDS[role], language),
        "days": DAYS,
        "days_max": tokens.DAYS_MAX,
        "purpose_max": PHONE_NAME_MAX,
    }
    return context.answer(request, context.draw("tokens.html", context.setting(request), values))


def _program(rows: Connection, name: str) -> Account:
    account = account_named(rows, name)
    if account is None or account.kind is not persons.Kind.PROGRAM:
        raise HttpProblem(404, NOT_FOUND)
    return account


def _somebody(request: Request) -> Visitor:
    """Who is signed in. HttpProblem at a site without accounts, which has no such page."""
    who = visitor(request)
    if who is None:
        raise HttpProblem(404, NOT_FOUND)
    return who
