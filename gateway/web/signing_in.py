"""What every way in shares: a session for the browser, where it leads, what a try leaves behind."""

from typing import Annotated, Final
from urllib.parse import quote, unquote

import segno
from fastapi import Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import persons, sessions
from gateway.accounts.persons import Account
from gateway.accounts.roles import Right, Whose, reach
from gateway.accounts.sessions import PHONE_NAME_MAX, Kind
from gateway.accounts.sign_in import Outcome, Result
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import TextError, line
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.said_address import parts_of
from gateway.web.security import prefix
from gateway.web.visitors import signs_in, visitor
from gateway.web.way_in import CODE

WRONG_CODE: Final = N_(
    "That code is not the one of now, or it was used already. Take the next one."
)
LATER: Final = N_("Too many tries were made here; try again in half a minute.")
AFTER_MAX: Final = 400  # characters of where somebody wanted to go
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


async def came_in(
    context: WebContext, request: Request, outcome: Outcome, account: Account, after: str
) -> Response:
    """Somebody is in, or all but the one-time code."""
    if outcome.result is Result.CODE:
        where = f"{prefix(request)}/{CODE}?after={quote(inside(after))}"
        response = RedirectResponse(where, 303)
        context.visitors.keep(request, response, outcome.token, "")
        return response
    return await signed_in(context, request, outcome.token, account, after)


async def signed_in(
    context: WebContext, request: Request, token: str, account: Account, after: str
) -> Response:
    """Somebody is in: to where they wanted to go, else to what their roles begin with."""
    before, now_ms = visitor(request), context.now_ms()
    if before is not None and before.session.kind is not Kind.CODE:
        await context.visitors.write(
            lambda rows: sessions.end(rows, before.account, before.session.session_id, now_ms)
        )
    await context.visitors.note(account, "signed in", "", context.visitors.source(request))
    where = inside(after) or _home(account)
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


async def note_failure(context: WebContext, name: str, what: str, result: Result) -> None:
    """A try that failed. One that was not even looked at costs nothing; of names nobody has, none
    is kept, for it may be a password that was typed into the wrong field."""
    if result is Result.LATER:
        return
    folded = name.strip().casefold()
    known = await context.visitors.read(lambda rows: _known(rows, folded))
    await note_refusal(context, what, result, "", folded if known else "")


async def note_refusal(
    context: WebContext, what: str, result: Result, why: str, name: str = ""
) -> None:
    """The same of a try whose reason is no secret of anybody's: a word for the audit. A flood of
    what is nobody's is noted as a number."""
    if result is Result.LATER:
        return
    noted = why if name else context.unnoted.why(what, why)
    if noted is not None:
        await context.visitors.note(name, what, "", noted, 403)


def _known(rows: Connection, name: str) -> bool:
    return persons.named(rows, name) is not None


def need_accounts(request: Request) -> None:
    """HttpProblem at a site without accounts, which has no such page."""
    if not signs_in(request.scope):
        raise HttpProblem(404, NOT_FOUND)


def inside(after: str) -> str:
    """A path of ours, to go to afterwards; empty if it is none: nobody is sent elsewhere."""
    after = unquote(after)[:AFTER_MAX]
    parts = parts_of(after)
    is_path = after.startswith("/") and not after.startswith(("//", "/\\"))
    is_ours = is_path and not parts.netloc and after.isprintable() and "\\" not in after
    return after if is_ours else ""


def called(context: WebContext, request: Request, phone: str) -> str:
    """What its owner calls the phone, or what it says it is."""
    try:
        return line(phone[:PHONE_NAME_MAX], PHONE_NAME_MAX)
    except TextError:
        return guessed(context, request)


def guessed(context: WebContext, request: Request) -> str:
    """What the browser says that it runs on."""
    agent, language = request.headers.get("user-agent", ""), context.language(request)
    return say(next((word for sign, word in _PHONES if sign in agent), _BROWSER), language)


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
