"""What one signs in with, changed by oneself: the password, and the authenticator app.

All of it is dangerous, so whoever comes here has just proved who they are (`proving.py`).
"""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.accounts import one_time_codes, persons
from gateway.accounts.passwords import PasswordError
from gateway.accounts.sign_in import Outcome, Result
from gateway.language.catalogue import N_, say
from gateway.web.answers import HttpProblem, retry_after
from gateway.web.context import WebContext
from gateway.web.pages.me import somebody
from gateway.web.security import prefix
from gateway.web.signing_in import LATER, WRONG_CODE, Text, squares
from gateway.web.visitors import Visitor

_NOT_THE_SAME = N_("The two are not the same; nothing was changed.")
_IS_NEEDED = N_("You can read names and addresses, so the authenticator app stays.")
_SAID: Final = {Result.WRONG: (403, WRONG_CODE), Result.LATER: (429, LATER)}


def routes(context: WebContext) -> APIRouter:
    """GET and POST /account/password and /account/code; POST /account/code/end."""
    router = APIRouter()
    _password(router, context)
    _code(router, context)
    return router


def _password(router: APIRouter, context: WebContext) -> None:
    @router.get("/account/password")
    async def page(request: Request) -> Response:
        return _drawn(context, request, "own_password.html", {"wrong": None})

    @router.post("/account/password")
    async def press(request: Request, new: Text, again: Text) -> Response:
        who, language = somebody(request), context.language(request)
        if new != again:
            wrong = {"wrong": say(_NOT_THE_SAME, language)}
            return _drawn(context, request, "own_password.html", wrong, 422)
        sign_in, site = await context.visitors.sign_in(), context.settings.site.name
        try:
            token = await sign_in.new_password(who.session, new, site, context.now_ms())
        except PasswordError as error:
            wrong = {"wrong": say(str(error), language)}
            return _drawn(context, request, "own_password.html", wrong, 422)
        await context.visitors.note(who.account, "password changed")
        return _renewed(context, request, who, token)


def _code(router: APIRouter, context: WebContext) -> None:
    @router.get("/account/code")
    async def page(request: Request) -> Response:
        return await _code_page(context, request, one_time_codes.new_key())

    @router.post("/account/code")
    async def press(request: Request, code: Text, code_key: Text) -> Response:
        who, key = somebody(request), one_time_codes.taken_key(code_key)
        if key is None:
            return await _code_page(context, request, one_time_codes.new_key())
        sign_in = await context.visitors.sign_in()
        outcome = await sign_in.new_code_key(who.session, key, code, context.now_ms())
        if outcome.result is not Result.IN:
            return await _code_page(context, request, key, outcome)
        await context.visitors.note(who.account, "second factor set up")
        return _renewed(context, request, who, outcome.token)

    @router.post("/account/code/end")
    async def press_end(request: Request) -> Response:
        who = somebody(request)
        sign_in = await context.visitors.sign_in()
        if sign_in.needs_code(who.account) or who.account.password is None:
            raise HttpProblem(409, _IS_NEEDED)
        await context.visitors.write(lambda rows: persons.set_code_key(rows, who.account, None))
        await context.visitors.note(who.account, "second factor given up")
        return RedirectResponse(f"{prefix(request)}/account", 303)


async def _code_page(
    context: WebContext, request: Request, key: str, outcome: Outcome | None = None
) -> Response:
    account = somebody(request).account
    sign_in = await context.visitors.sign_in()
    status, wrong = _SAID.get(outcome.result, (200, "")) if outcome else (200, "")
    values = {
        "wrong": wrong and say(wrong, context.language(request)),
        "code_key": key,
        "picture": squares(one_time_codes.address(key, account.name, context.settings.site.name)),
        "has_one": account.code_key is not None,
        "can_do_without": account.password is not None and not sign_in.needs_code(account),
    }
    return _drawn(context, request, "own_code.html", values, status)


def _renewed(context: WebContext, request: Request, who: Visitor, token: str) -> Response:
    """Back to one's own page, with the session's new token."""
    response = RedirectResponse(f"{prefix(request)}/account", 303)
    context.visitors.keep(request, response, token, who.account.name)
    return response


def _drawn(
    context: WebContext, request: Request, template: str, values: dict[str, Any], status: int = 200
) -> Response:
    html = context.draw(template, context.setting(request), values)
    response = context.answer(request, html, status)
    response.headers.update(retry_after(status))
    return response
