"""Proving again who one is, before a dangerous act; then the act once more, with its button."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.datastructures import URL
from starlette.responses import RedirectResponse

from gateway.accounts import identities, passkeys
from gateway.accounts.sessions import Kind, is_proved
from gateway.accounts.sign_in import Result
from gateway.language.catalogue import N_, say
from gateway.web.answers import HttpProblem, retry_after
from gateway.web.context import WebContext
from gateway.web.held_acts import Held
from gateway.web.pages.me import somebody
from gateway.web.place import NoPlaceError, place
from gateway.web.proving import NOT_ON_PHONES, PROVE
from gateway.web.security import prefix
from gateway.web.signing_in import LATER, After, Text, inside, note_failure
from gateway.web.visitors import Visitor

NUMBER_MAX: Final = 32  # characters of an act's number
_WRONG = N_("That does not belong together, or the code was used already.")


def routes(context: WebContext) -> APIRouter:
    """GET and POST /prove; GET /prove/act."""
    router = APIRouter()

    @router.get("/prove")
    async def page(request: Request, act: str = "", after: str = "") -> Response:
        who = at_desk(request)
        if is_proved(who.session, context.now_ms()):
            return onwards(context, request, act, after)
        return await form(context, request, act, after)

    @router.post("/prove")
    async def press(
        request: Request, password: Text = "", code: Text = "", act: Text = "", after: After = ""
    ) -> Response:
        who, now_ms = at_desk(request), context.now_ms()
        sign_in = await context.visitors.sign_in()
        outcome = await sign_in.prove(who.session, password, code, now_ms)
        if outcome.result is not Result.IN:
            await note_failure(context, who.account.name, "proof refused", outcome.result)
            return await form(context, request, act, after, outcome.result)
        return await proved(context, request, who, outcome.token, act, after)

    @router.get("/prove/act")
    async def again(request: Request, act: str = "", after: str = "") -> Response:
        """What was pressed, and the button that does it. Nothing is done by looking."""
        who, now_ms = somebody(request), context.now_ms()
        held = context.held.of(act[:NUMBER_MAX], who.session.session_id, now_ms)
        if held is None:
            return RedirectResponse(prefix(request) + (inside(after) or "/account"), 303)
        values = {
            "what": said(context, request, held),
            "path": prefix(request) + held.path,
            "fields": held.fields,
            "after": prefix(request) + (inside(after) or "/account"),
        }
        html = context.draw("prove_act.html", context.setting(request), values)
        return context.answer(request, html)

    return router


def at_desk(request: Request) -> Visitor:
    """Who is signed in, and can prove it. HttpProblem for a phone that was invited."""
    who = somebody(request)
    if who.session.kind is not Kind.DESK:
        raise HttpProblem(403, NOT_ON_PHONES)
    return who


async def proved(
    context: WebContext, request: Request, who: Visitor, token: str, act: str, after: str
) -> Response:
    """Somebody has proved that a session is theirs: onwards, with its new token."""
    await context.visitors.note(who.account, "proved who it is")
    response = onwards(context, request, act, after)
    context.visitors.keep(request, response, token, who.account.name)
    return response


def onwards(context: WebContext, request: Request, act: str, after: str) -> Response:
    """To what was pressed, else to where somebody wanted to go."""
    who, where = somebody(request), inside(after) or "/account"
    held = context.held.of(act[:NUMBER_MAX], who.session.session_id, context.now_ms())
    if held is not None:
        query = URL("").include_query_params(act=act, after=inside(after))
        where = f"/{PROVE}/act{query}"
    return RedirectResponse(prefix(request) + where, 303)


def said(context: WebContext, request: Request, held: Held) -> str:
    """What it does, in the words of whoever pressed it."""
    return say(held.sentence, context.language(request)).format(**held.facts)


async def form(
    context: WebContext,
    request: Request,
    act: str,
    after: str,
    result: Result | None = None,
    sentence: str = "",
) -> Response:
    """What the account can be proved by."""
    who, now_ms = somebody(request), context.now_ms()
    held = context.held.of(act[:NUMBER_MAX], who.session.session_id, now_ms)
    statuses = {Result.WRONG: (403, sentence or _WRONG), Result.LATER: (429, LATER)}
    status, wrong = statuses.get(result or Result.IN, (200, ""))
    values: dict[str, Any] = {
        "account": who.account,
        "wrong": wrong and say(wrong, context.language(request)),
        "what": said(context, request, held) if held else "",
        "act": act[:NUMBER_MAX] if held else "",
        "after": inside(after),
        "provider": await _offered_provider(context, who),
        "offers_passkeys": await _offers_passkeys(context, request, who),
    }
    html = context.draw("prove.html", context.setting(request), values)
    response = context.answer(request, html, status)
    response.headers.update(retry_after(status))
    return response


async def _offers_passkeys(context: WebContext, request: Request, who: Visitor) -> bool:
    """Whether the account has one that is good here."""
    try:
        host = place(context, request).host
    except NoPlaceError:
        return False
    known = await context.visitors.read(lambda rows: passkeys.of_account(rows, who.account))
    return any(one.host == host for one in known)


async def _offered_provider(context: WebContext, who: Visitor) -> str:
    """The provider's name, for an account that has nothing else to prove itself by."""
    provider, account = context.visitors.provider, who.account
    if provider is None or account.password is not None or account.code_key is not None:
        return ""
    issuer = provider.issuer
    linked = await context.visitors.read(lambda rows: identities.of_account(rows, account, issuer))
    return provider.name if linked is not None else ""
