"""One's own page: who one is here, and one's phones and screens."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import identities, passkeys, sessions
from gateway.accounts.persons import Account
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind, Session
from gateway.language.catalogue import N_, say
from gateway.store import views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.place import NoPlaceError, place
from gateway.web.security import prefix
from gateway.web.visitors import Visitor, visitor

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
    """GET /account; POST /account/phones/{session_id}/end, and …/end for all but this one."""
    router = APIRouter()

    @router.get("/account")
    async def page(request: Request) -> Response:
        who, now_ms = somebody(request), context.now_ms()
        live = await context.visitors.read(
            lambda rows: shown(sessions.of_account(rows, who.account, now_ms))
        )
        known_passkeys = await context.visitors.read(
            lambda rows: passkeys.of_account(rows, who.account)
        )
        provider = context.visitors.provider
        issuer = provider.issuer if provider else ""
        identity = await context.visitors.read(
            lambda rows: identities.of_account(rows, who.account, issuer)
        )
        warden_id = who.account.warden_id or ""
        known = await context.read(lambda rows: views.warden(rows, warden_id))
        values = {
            "account": who.account,
            "name": known.name if known else who.account.name,
            "live": live,
            "own": who.session.session_id,
            "passkeys": known_passkeys,
            "no_passkeys": _no_passkeys(context, request),
            "provider": provider and provider.name,
            "identity": identity,
            "is_desk": who.session.kind is Kind.DESK,
        }
        return drawn(context, request, "account.html", values)

    @router.post("/account/phones/{session_id}/end")
    async def press_end(request: Request, session_id: str) -> Response:
        who = somebody(request)
        await end(context, who.account, session_id)
        if session_id == who.session.session_id:
            response = RedirectResponse(f"{prefix(request)}/sign-in", 303)
            context.visitors.forget(request, response)
            return response
        return RedirectResponse(f"{prefix(request)}/account", 303)

    @router.post("/account/phones/end")
    async def press_end_all(request: Request) -> Response:
        who, now_ms = somebody(request), context.now_ms()
        own = who.session.session_id
        await context.visitors.write(
            lambda rows: sessions.end_all(rows, who.account, now_ms, but=own)
        )
        return RedirectResponse(f"{prefix(request)}/account", 303)

    return router


def _no_passkeys(context: WebContext, request: Request) -> str:
    """Why no passkey can be added where the console is open; empty where one can."""
    try:
        place(context, request)
    except NoPlaceError as error:
        return say(error.sentence, context.language(request)).format(**error.facts)
    return ""


async def end(context: WebContext, account: Account, session_id: str) -> None:
    """End one session of an account; one that is over stays so. HttpProblem if there is none."""
    now_ms = context.now_ms()

    def ended(rows: Connection) -> bool:
        is_news = sessions.end(rows, account, session_id, now_ms)
        return is_news or sessions.was(rows, account, session_id)

    if not await context.visitors.write(ended):
        raise HttpProblem(404, NOT_FOUND)


def shown(live: list[Session]) -> list[Session]:
    """Without those whose one-time code is still asked for: nothing is seen by them."""
    return [session for session in live if session.kind is not Kind.CODE]


def drawn(context: WebContext, request: Request, template: str, values: dict[str, Any]) -> Response:
    """A page of accounts, with the words for roles."""
    language = context.language(request)
    values["role_word"] = lambda role: say(ROLE_WORDS[role], language)
    return context.answer(request, context.draw(template, context.setting(request), values))


def somebody(request: Request) -> Visitor:
    """Who is signed in. HttpProblem at a site without accounts, which has no such page."""
    who = visitor(request)
    if who is None:
        raise HttpProblem(404, NOT_FOUND)
    return who
