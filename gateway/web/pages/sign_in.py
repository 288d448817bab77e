"""Signing in and out: with a password and a one-time code, or by an invitation; without script.

What went wrong is said without saying which part of it was wrong; every try is in the audit.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import invitations, one_time_codes, passkeys, sessions
from gateway.accounts.patience import SLOW_S, WAIT_MAX_S
from gateway.accounts.persons import Account
from gateway.accounts.sessions import Kind
from gateway.accounts.sign_in import CODE_SLOW_S, Result
from gateway.language.catalogue import N_, say
from gateway.store import views
from gateway.web.answers import HttpProblem, retry_after
from gateway.web.context import WebContext
from gateway.web.offers import Offered, new_offer
from gateway.web.place import NoPlaceError, place
from gateway.web.security import prefix
from gateway.web.signing_in import (
    LATER,
    WRONG_CODE,
    After,
    Phone,
    Text,
    called,
    came_in,
    guessed,
    inside,
    need_accounts,
    note_failure,
    signed_in,
    signed_out,
    squares,
)
from gateway.web.visitors import Visitor, visitor
from gateway.web.way_in import SIGN_IN

_WRONG = N_("That name and password do not belong together.")
_OVER = N_("This invitation was used already, or its ten minutes are over. Ask for another.")


def routes(context: WebContext) -> APIRouter:
    """GET and POST /sign-in, /sign-in/code and /invitation/{token}; POST /sign-out."""
    router = APIRouter()
    for add in (_by_password, _by_code, _by_invitation, _out):
        add(router, context)
    return router


def _by_password(router: APIRouter, context: WebContext) -> None:
    @router.get("/sign-in")
    async def page(request: Request, after: str = "") -> Response:
        need_accounts(request)
        return await sign_in_form(context, request, after=after)

    @router.post("/sign-in")
    async def press(request: Request, name: Text, password: Text, after: After = "") -> Response:
        need_accounts(request)
        visitors, now_ms = context.visitors, context.now_ms()
        sign_in = await visitors.sign_in()
        known, source = visitors.known(request), visitors.source(request)
        outcome = await sign_in.with_password(name, password, known, source, now_ms)
        if outcome.account is None:
            await note_failure(context, name, "sign-in refused", outcome.result)
            return await sign_in_form(context, request, outcome.result, name, after)
        await visitors.note(outcome.account, "password accepted")
        return await came_in(context, request, outcome, outcome.account, after)


def _by_code(router: APIRouter, context: WebContext) -> None:
    @router.get("/sign-in/code")
    async def page(request: Request, after: str = "") -> Response:
        who = _waiting(request)
        if who is None:
            return RedirectResponse(f"{prefix(request)}/{SIGN_IN}", 303)
        return _code_form(context, request, who, one_time_codes.new_key(), after=inside(after))

    @router.post("/sign-in/code")
    async def press(
        request: Request,
        code: Text,
        code_key: Text = "",
        phone: Phone = "",
        after: After = "",
        offered: Offered = "",
    ) -> Response:
        said = code, code_key, phone, after
        return await context.shown_once.answer(
            request, offered, said, lambda: tried(request, *said)
        )

    async def tried(request: Request, code: str, code_key: str, phone: str, after: str) -> Response:
        who = _waiting(request)
        if who is None:
            return RedirectResponse(f"{prefix(request)}/{SIGN_IN}", 303)
        key = one_time_codes.taken_key(code_key)
        sign_in = await context.visitors.sign_in()
        phone, known = called(context, request, phone), context.visitors.known(request)
        now_ms = context.now_ms()
        outcome = await sign_in.with_code(who.session, key, code, phone, now_ms, known)
        if outcome.result is not Result.IN:
            await note_failure(context, who.account.name, "code refused", outcome.result)
            key = key or one_time_codes.new_key()
            return _code_form(context, request, who, key, outcome.result, inside(after))
        return await signed_in(context, request, outcome.token, who.account, after)


def _by_invitation(router: APIRouter, context: WebContext) -> None:
    @router.get("/invitation/{token}")
    async def page(request: Request, token: str) -> Response:
        """Who it is for, and one button. Nothing is spent by looking."""
        need_accounts(request)
        now_ms = context.now_ms()
        account = await context.visitors.read(lambda rows: invitations.whose(rows, token, now_ms))
        if account is None:
            raise HttpProblem(410, _OVER)
        values = {
            "name": await _named(context, account),
            "token": token,
            "phone": guessed(context, request),
            "offered": new_offer(),
        }
        html = context.draw("invitation.html", context.setting(request), values)
        return context.answer(request, html)

    @router.post("/invitation/{token}")
    async def press(
        request: Request, token: str, phone: Phone = "", offered: Offered = ""
    ) -> Response:
        """Once; but whoever sends the same page's form again had not heard that they are in."""
        return await context.shown_once.answer(
            request, offered, phone, lambda: used_by(request, token, phone)
        )

    async def used_by(request: Request, token: str, phone: str) -> Response:
        need_accounts(request)
        now_ms, name = context.now_ms(), called(context, request, phone)

        def use(rows: Connection) -> tuple[Account, str] | None:
            account = invitations.use(rows, token, now_ms)
            if account is None:
                return None
            return account, sessions.begin(rows, account, Kind.PHONE, name, now_ms)

        await context.visitors.sign_in()
        used = await context.visitors.write(use)
        if used is None:
            await note_failure(context, "", "invitation refused", Result.WRONG)
            raise HttpProblem(410, _OVER)
        return await signed_in(context, request, used[1], used[0], "")


def _out(router: APIRouter, context: WebContext) -> None:
    @router.post("/sign-out")
    async def press(request: Request) -> Response:
        need_accounts(request)
        return await signed_out(context, request, f"/{SIGN_IN}")


async def _named(context: WebContext, account: Account) -> str:
    """A person's name, as the registry has it."""
    warden_id = account.warden_id
    if warden_id is None:
        return account.name
    known = await context.read(lambda rows: views.warden(rows, warden_id))
    return known.name if known is not None else account.name


async def sign_in_form(
    context: WebContext,
    request: Request,
    result: Result | None = None,
    name: str = "",
    after: str = "",
    sentence: str = "",
    status: int | None = None,
) -> Response:
    """The page with every way in that this site has, and what went wrong with one of them."""
    statuses = {Result.WRONG: (403, sentence or _WRONG), Result.LATER: (429, LATER)}
    usual, wrong = statuses.get(result or Result.IN, (200, sentence))
    provider = context.visitors.provider
    values = {
        "wrong": wrong and say(wrong, context.language(request)),
        "name": name,
        "provider": provider and provider.name,
        "after": inside(after),
        "offers_passkeys": await _offers_passkeys(context, request),
    }
    html = context.draw("sign_in.html", context.setting(request), values)
    response = context.answer(request, html, status or usual)
    response.headers.update(retry_after(status or usual))
    if result is Result.LATER:
        response.headers["Retry-After"] = str(round(WAIT_MAX_S + SLOW_S))
    return response


async def _offers_passkeys(context: WebContext, request: Request) -> bool:
    """Whether somebody could come in by one here."""
    try:
        host = place(context, request).host
    except NoPlaceError:
        return False
    return bool(await context.visitors.read(lambda rows: passkeys.is_any(rows, host)))


def _code_form(
    context: WebContext,
    request: Request,
    who: Visitor,
    key: str,
    result: Result | None = None,
    after: str = "",
) -> Response:
    """The code; and for whoever has no second factor yet, what their app is to scan."""
    is_new = who.account.code_key is None
    address = one_time_codes.address(key, who.account.name, context.settings.site.name)
    wrong = {Result.WRONG: WRONG_CODE, Result.LATER: LATER}.get(result or Result.IN)
    values: dict[str, Any] = {
        "wrong": wrong and say(wrong, context.language(request)),
        "code_key": key if is_new else "",
        "picture": squares(address) if is_new else None,
        "phone": guessed(context, request),
        "after": after,
        "offered": new_offer(),
    }
    status = {Result.WRONG: 403, Result.LATER: 429}.get(result or Result.IN, 200)
    html = context.draw("sign_in_code.html", context.setting(request), values)
    response = context.answer(request, html, status)
    if result is Result.LATER:
        response.headers["Retry-After"] = str(round(CODE_SLOW_S))
    return response


def _waiting(request: Request) -> Visitor | None:
    """Whose password was right, and whose code is asked for."""
    need_accounts(request)
    who = visitor(request)
    return who if who is not None and who.session.kind is Kind.CODE else None
