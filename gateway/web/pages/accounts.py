"""Phones: one's own, and for whoever manages accounts everybody's; invitations and lost phones."""

from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import invitations, persons, sessions
from gateway.accounts.persons import Account
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind, Session
from gateway.language.catalogue import N_, say
from gateway.settings.values import is_loopback
from gateway.store import views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.pages.sign_in import squares
from gateway.web.security import prefix
from gateway.web.visitors import Visitor, account_named, visitor

ACCOUNTS_MAX: Final = 500

ROLE_WORDS: Final = {
    Role.WARDEN: N_("Warden"),
    Role.DEPUTY: N_("Deputy"),
    Role.CAPTAIN: N_("Captain"),
    Role.DISPATCHER: N_("Dispatcher"),
    Role.INSTALLER: N_("Installer"),
    Role.ENGINEER: N_("Engineer"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
}


def routes(context: WebContext) -> APIRouter:
    """GET /account and /accounts; POST …/phones/{session_id}/end and …/invite."""
    router = APIRouter()
    _own(router, context)
    _others(router, context)
    return router


def _own(router: APIRouter, context: WebContext) -> None:
    @router.get("/account")
    async def page(request: Request) -> Response:
        who, now_ms = _somebody(request), context.now_ms()
        live = await context.visitors.read(
            lambda rows: _shown(sessions.of_account(rows, who.account, now_ms))
        )
        warden_id = who.account.warden_id or ""
        known = await context.read(lambda rows: views.warden(rows, warden_id))
        values = {
            "account": who.account,
            "name": known.name if known else who.account.name,
            "live": live,
            "own": who.session.session_id,
        }
        return _drawn(context, request, "account.html", values)

    @router.post("/account/phones/{session_id}/end")
    async def press_end(request: Request, session_id: str) -> Response:
        who = _somebody(request)
        await _end(context, who.account, session_id)
        if session_id == who.session.session_id:
            response = RedirectResponse(f"{prefix(request)}/sign-in", 303)
            context.visitors.forget(request, response)
            return response
        return RedirectResponse(f"{prefix(request)}/account", 303)


def _others(router: APIRouter, context: WebContext) -> None:
    @router.get("/accounts")
    async def page(request: Request) -> Response:
        _somebody(request)
        return await _listed(context, request, None)

    @router.post("/accounts/{name}/invite")
    async def press_invite(request: Request, name: str) -> Response:
        """The code is shown in this answer and nowhere else."""
        who, now_ms = _somebody(request), context.now_ms()

        def make(rows: Connection) -> str:
            account = account_named(rows, name)
            if account is None or account.kind is not persons.Kind.PERSON:
                raise HttpProblem(404, NOT_FOUND)
            return invitations.make(rows, account, who.account.name, now_ms)

        token = await context.visitors.write(make)
        here = f"{'https' if context.visitors.is_secure(request) else 'http'}://"
        here += request.headers.get("x-forwarded-host", request.headers.get("host", ""))
        address = context.settings.console.public_url or here + prefix(request)
        invited = {
            "name": name,
            "ends_ms": now_ms + invitations.LASTS_MS,
            "picture": squares(f"{address}/invitation/{token}"),
            "reaches_phones": not is_loopback(urlsplit(address).hostname or ""),
        }
        return await _listed(context, request, invited)

    @router.post("/accounts/{name}/phones/{session_id}/end")
    async def press_end(request: Request, name: str, session_id: str) -> Response:
        _somebody(request)
        account = await context.visitors.read(lambda rows: account_named(rows, name))
        if account is None:
            raise HttpProblem(404, NOT_FOUND)
        await _end(context, account, session_id)
        return RedirectResponse(f"{prefix(request)}/accounts?of={quote(name, safe='')}", 303)


async def _listed(
    context: WebContext, request: Request, invited: dict[str, Any] | None
) -> Response:
    now_ms = context.now_ms()

    def gather(rows: Connection) -> list[tuple[Account, list[Session]]]:
        return [
            (account, _shown(sessions.of_account(rows, account, now_ms)))
            for account in persons.everybody(rows, ACCOUNTS_MAX)
        ]

    people = await context.visitors.read(gather)
    return _drawn(context, request, "accounts.html", {"people": people, "invited": invited})


async def _end(context: WebContext, account: Account, session_id: str) -> None:
    now_ms = context.now_ms()
    ended = await context.visitors.write(
        lambda rows: sessions.end(rows, account, session_id, now_ms)
    )
    if not ended:
        raise HttpProblem(404, NOT_FOUND)


def _shown(live: list[Session]) -> list[Session]:
    """Without those whose one-time code is still asked for: nothing is seen by them."""
    return [session for session in live if session.kind is not Kind.CODE]


def _drawn(
    context: WebContext, request: Request, template: str, values: dict[str, Any]
) -> Response:
    language = context.language(request)
    values["role_word"] = lambda role: say(ROLE_WORDS[role], language)
    return context.answer(request, context.draw(template, context.setting(request), values))


def _somebody(request: Request) -> Visitor:
    """Who is signed in. HttpProblem at a site without accounts, which has no such page."""
    who = visitor(request)
    if who is None:
        raise HttpProblem(404, NOT_FOUND)
    return who
