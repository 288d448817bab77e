"""Signing in and out: with a password and a one-time code, or by an invitation; without script.

What went wrong is said without saying which part of it was wrong; every try is in the audit.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlsplit

import segno
from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import invitations, one_time_codes, persons, sessions
from gateway.accounts.patience import SLOW_S, WAIT_MAX_S
from gateway.accounts.persons import Account
from gateway.accounts.roles import Right, Whose, reach
from gateway.accounts.sessions import PHONE_NAME_MAX, Kind
from gateway.accounts.sign_in import CODE_SLOW_S, Result
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import TextError, line
from gateway.store import views
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.security import prefix
from gateway.web.visitors import Visitor, signs_in, visitor
from gateway.web.way_in import CODE, SIGN_IN

AFTER_MAX: Final = 400  # characters of where somebody wanted to go
_WRONG = N_("That name and password do not belong together.")
_WRONG_CODE = N_("That code is not the one of now, or it was used already. Take the next one.")
_LATER = N_("Too many tries were made here; try again in half a minute.")
_OVER = N_("This invitation was used already, or its ten minutes are over. Ask for another.")
_PHONES = (
    ("iPhone", N_("iPhone")),
    ("iPad", N_("iPad")),
    ("HarmonyOS", N_("Harmony phone")),
    ("Android", N_("Android phone")),
    ("Windows", N_("Windows computer")),
    ("Macintosh", N_("Mac")),
    ("Linux", N_("Linux computer")),
)
_BROWSER = N_("Browser")

Text = Annotated[str, Form(max_length=1_024)]
After = Annotated[str, Form(max_length=AFTER_MAX)]
Phone = Annotated[str, Form(max_length=200)]


def routes(context: WebContext) -> APIRouter:
    """GET and POST /sign-in, /sign-in/code and /invitation/{token}; POST /sign-out."""
    router = APIRouter()
    for add in (_by_password, _by_code, _by_invitation, _out):
        add(router, context)
    return router


def _by_password(router: APIRouter, context: WebContext) -> None:
    @router.get("/sign-in")
    async def page(request: Request, after: str = "") -> Response:
        _need_accounts(request)
        return _form(context, request, after=_inside(after))

    @router.post("/sign-in")
    async def press(request: Request, name: Text, password: Text, after: After = "") -> Response:
        _need_accounts(request)
        visitors, now_ms = context.visitors, context.now_ms()
        sign_in = await visitors.sign_in()
        known, source = visitors.known(request), visitors.source(request)
        outcome = await sign_in.with_password(name, password, known, source, now_ms)
        if outcome.account is None:
            await _note_failure(context, name, "sign-in refused", outcome.result)
            return _form(context, request, outcome.result, name, _inside(after))
        await visitors.note(outcome.account, "password accepted")
        if outcome.result is Result.CODE:
            where = f"{prefix(request)}/{CODE}?after={quote(_inside(after))}"
            response = RedirectResponse(where, 303)
            visitors.keep(request, response, outcome.token, "")
            return response
        return await _in(context, request, outcome.token, outcome.account, after)


def _by_code(router: APIRouter, context: WebContext) -> None:
    @router.get("/sign-in/code")
    async def page(request: Request, after: str = "") -> Response:
        who = _waiting(request)
        if who is None:
            return RedirectResponse(f"{prefix(request)}/{SIGN_IN}", 303)
        return _code_form(context, request, who, one_time_codes.new_key(), after=_inside(after))

    @router.post("/sign-in/code")
    async def press(
        request: Request, code: Text, code_key: Text = "", phone: Phone = "", after: After = ""
    ) -> Response:
        who = _waiting(request)
        if who is None:
            return RedirectResponse(f"{prefix(request)}/{SIGN_IN}", 303)
        is_key = len(code_key) == len(one_time_codes.new_key()) and code_key.isalnum()
        key = code_key if is_key and code_key.isascii() and code_key.isupper() else None
        sign_in = await context.visitors.sign_in()
        called, known = _called(context, request, phone), context.visitors.known(request)
        now_ms = context.now_ms()
        outcome = await sign_in.with_code(who.session, key, code, called, now_ms, known)
        if outcome.result is not Result.IN:
            await _note_failure(context, who.account.name, "code refused", outcome.result)
            key = key or one_time_codes.new_key()
            return _code_form(context, request, who, key, outcome.result, _inside(after))
        return await _in(context, request, outcome.token, who.account, after)


def _by_invitation(router: APIRouter, context: WebContext) -> None:
    @router.get("/invitation/{token}")
    async def page(request: Request, token: str) -> Response:
        """Who it is for, and one button. Nothing is spent by looking."""
        _need_accounts(request)
        now_ms = context.now_ms()
        account = await context.visitors.read(lambda rows: invitations.whose(rows, token, now_ms))
        if account is None:
            raise HttpProblem(410, _OVER)
        values = {
            "name": await _named(context, account),
            "token": token,
            "phone": _guessed(context, request),
        }
        html = context.draw("invitation.html", context.setting(request), values)
        return context.answer(request, html)

    @router.post("/invitation/{token}")
    async def press(request: Request, token: str, phone: Phone = "") -> Response:
        _need_accounts(request)
        now_ms, called = context.now_ms(), _called(context, request, phone)

        def use(rows: Connection) -> tuple[Account, str] | None:
            account = invitations.use(rows, token, now_ms)
            if account is None:
                return None
            return account, sessions.begin(rows, account, Kind.PHONE, called, now_ms)

        await context.visitors.sign_in()
        used = await context.visitors.write(use)
        if used is None:
            await _note_failure(context, "", "invitation refused", Result.WRONG)
            raise HttpProblem(410, _OVER)
        return await _in(context, request, used[1], used[0], "")


def _out(router: APIRouter, context: WebContext) -> None:
    @router.post("/sign-out")
    async def press(request: Request) -> Response:
        _need_accounts(request)
        return await signed_out(context, request, f"/{SIGN_IN}")


async def signed_out(context: WebContext, request: Request, where: str) -> Response:
    """The session is over, if there was one; the browser forgets what it has of us, and goes to
    a path of ours."""
    who, now_ms = visitor(request), context.now_ms()
    if who is not None:
        session = who.session
        await context.visitors.write(
            lambda rows: sessions.end(rows, who.account, session.session_id, now_ms)
        )
        await context.visitors.note(who.account, "signed out", session.phone)
    response = RedirectResponse(prefix(request) + where, 303)
    context.visitors.forget(request, response)
    return response


async def _in(
    context: WebContext, request: Request, token: str, account: Account, after: str
) -> Response:
    """Somebody is in: to where they wanted to go, else to what their roles begin with."""
    before, now_ms = visitor(request), context.now_ms()
    if before is not None and before.session.kind is not Kind.CODE:
        await context.visitors.write(
            lambda rows: sessions.end(rows, before.account, before.session.session_id, now_ms)
        )
    await context.visitors.note(account, "signed in", "", context.visitors.source(request))
    where = _inside(after) or _home(account)
    response = RedirectResponse(prefix(request) + where, 303)
    context.visitors.keep(request, response, token, account.name)
    return response


def _home(account: Account) -> str:
    """Where the work of somebody with these roles begins."""
    on_site = reach(account.roles, Right.DOORS) is not Whose.ALL
    if account.warden_id is not None and on_site:
        return f"/handheld/{quote(account.warden_id, safe='')}"
    for right, path in (
        (Right.DOORS, "/"),
        (Right.PHONES_OF_OTHERS, "/accounts"),
        (Right.HEALTH, "/health"),
    ):
        if reach(account.roles, right) is not Whose.NOBODYS:
            return path
    return "/account"


async def _note_failure(context: WebContext, name: str, what: str, result: Result) -> None:
    """A try that failed. One that was not even looked at costs nothing; of names nobody has, none
    is kept, for it may be a password that was typed into the wrong field."""
    if result is Result.LATER:
        return
    folded = name.strip().casefold()
    known = await context.visitors.read(lambda rows: _known(rows, folded))
    await context.visitors.note(folded if known else "", what, "", "", 403)


def _known(rows: Connection, name: str) -> bool:
    return persons.named(rows, name) is not None


async def _named(context: WebContext, account: Account) -> str:
    """A person's name, as the registry has it."""
    warden_id = account.warden_id
    if warden_id is None:
        return account.name
    known = await context.read(lambda rows: views.warden(rows, warden_id))
    return known.name if known is not None else account.name


def _form(
    context: WebContext,
    request: Request,
    result: Result | None = None,
    name: str = "",
    after: str = "",
) -> Response:
    status = {Result.WRONG: 403, Result.LATER: 429}.get(result or Result.IN, 200)
    wrong = {Result.WRONG: _WRONG, Result.LATER: _LATER}.get(result or Result.IN)
    values = {
        "wrong": wrong and say(wrong, context.language(request)),
        "name": name,
        "after": after,
    }
    html = context.draw("sign_in.html", context.setting(request), values)
    response = context.answer(request, html, status)
    if result is Result.LATER:
        response.headers["Retry-After"] = str(round(WAIT_MAX_S + SLOW_S))
    return response


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
    wrong = {Result.WRONG: _WRONG_CODE, Result.LATER: _LATER}.get(result or Result.IN)
    values: dict[str, Any] = {
        "wrong": wrong and say(wrong, context.language(request)),
        "code_key": key if is_new else "",
        "picture": squares(address) if is_new else None,
        "phone": _guessed(context, request),
        "after": after,
    }
    status = {Result.WRONG: 403, Result.LATER: 429}.get(result or Result.IN, 200)
    html = context.draw("sign_in_code.html", context.setting(request), values)
    response = context.answer(request, html, status)
    if result is Result.LATER:
        response.headers["Retry-After"] = str(round(CODE_SLOW_S))
    return response


def squares(text: str) -> tuple[int, str]:
    """A QR code for a page: how many squares wide with its quiet, and its path."""
    code = segno.make_qr(text, error="m", boost_error=False)
    path = "".join(
        f"M{x + 4} {y + 4}h1v1h-1z"
        for y, row in enumerate(code.matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return len(code.matrix) + 8, path


def _need_accounts(request: Request) -> None:
    if not signs_in(request.scope):
        raise HttpProblem(404, NOT_FOUND)


def _waiting(request: Request) -> Visitor | None:
    """Whose password was right, and whose code is asked for."""
    _need_accounts(request)
    who = visitor(request)
    return who if who is not None and who.session.kind is Kind.CODE else None


def _inside(after: str) -> str:
    """A path of ours, to go to afterwards; empty if it is none: nobody is sent elsewhere."""
    after = unquote(after)[:AFTER_MAX]
    parts = urlsplit(after)
    is_path = after.startswith("/") and not after.startswith(("//", "/\\"))
    is_ours = is_path and not parts.netloc and after.isprintable() and "\\" not in after
    return after if is_ours else ""


def _called(context: WebContext, request: Request, phone: str) -> str:
    """What its owner calls the phone, or what it says it is."""
    try:
        return line(phone[:PHONE_NAME_MAX], PHONE_NAME_MAX)
    except TextError:
        return _guessed(context, request)


def _guessed(context: WebContext, request: Request) -> str:
    agent, language = request.headers.get("user-agent", ""), context.language(request)
    return say(next((word for sign, word in _PHONES if sign in agent), _BROWSER), language)
