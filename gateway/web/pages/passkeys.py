"""Passkeys: added and removed on one's own page, shown to sign in and to prove that it is oneself.

`passkeys.js` asks the browser; where there is no script or no passkey, nothing of it is shown.
"""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from gateway.accounts import passkeys
from gateway.accounts.passkey_sign_in import CREDENTIAL_MAX, Place, Refused
from gateway.accounts.sign_in import Result
from gateway.language.catalogue import N_, say
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.pages import prove
from gateway.web.pages.me import somebody
from gateway.web.pages.sign_in import sign_in_form
from gateway.web.place import NoPlaceError, place
from gateway.web.security import prefix
from gateway.web.signing_in import (
    After,
    Phone,
    Text,
    called,
    guessed,
    need_accounts,
    note_refusal,
    signed_in,
)

JSON: Final = "application/json"
_NOT_TAKEN = N_("This passkey opens nothing here. Sign in in another way.")
_NOT_KEPT = N_("This passkey could not be kept; it may be known already. Try again.")
_ENOUGH = N_("You have {most} passkeys, which is the limit. Remove one, then add this one.")

Credential = Annotated[str, Form(max_length=CREDENTIAL_MAX)]


def routes(context: WebContext) -> APIRouter:
    """POST /sign-in/passkey and /prove/passkey, each with its …/options; under /account/passkeys
    GET …/new, POST …/options, …/{passkey_id}/end and itself."""
    router = APIRouter()
    for add in (_sign_in, _prove, _own):
        add(router, context)
    return router


def _sign_in(router: APIRouter, context: WebContext) -> None:
    @router.post("/sign-in/passkey/options")
    async def options(request: Request) -> Response:
        need_accounts(request)
        here, source = _place(context, request), context.visitors.source(request)
        ways = await context.visitors.passkeys()
        asked = await asyncio.to_thread(ways.to_show, None, here, source, context.now_ms())
        return Response(asked, media_type=JSON)

    @router.post("/sign-in/passkey")
    async def press(request: Request, credential: Credential, after: After = "") -> Response:
        need_accounts(request)
        visitors, here = context.visitors, _place(context, request)
        known, source = visitors.known(request), visitors.source(request)
        ways = await visitors.passkeys()
        outcome, why = await ways.sign_in(here, credential, known, source, context.now_ms())
        if outcome.account is None:
            await note_refusal(context, "passkey refused", outcome.result, why)
            return await sign_in_form(
                context, request, outcome.result, after=after, sentence=_NOT_TAKEN
            )
        await visitors.note(outcome.account, "passkey accepted")
        return await signed_in(context, request, outcome.token, outcome.account, after)


def _prove(router: APIRouter, context: WebContext) -> None:
    @router.post("/prove/passkey/options")
    async def options(request: Request) -> Response:
        session, here = prove.at_desk(request).session, _place(context, request)
        source, ways = context.visitors.source(request), await context.visitors.passkeys()
        asked = await asyncio.to_thread(ways.to_show, session, here, source, context.now_ms())
        return Response(asked, media_type=JSON)

    @router.post("/prove/passkey")
    async def press(
        request: Request, credential: Credential, act: Text = "", after: After = ""
    ) -> Response:
        who, here = prove.at_desk(request), _place(context, request)
        ways = await context.visitors.passkeys()
        outcome, why = await ways.prove(who.session, here, credential, context.now_ms())
        if outcome.result is not Result.IN:
            await note_refusal(context, "proof refused", outcome.result, why, who.account.name)
            return await prove.form(context, request, act, after, outcome.result, _NOT_TAKEN)
        return await prove.proved(context, request, who, outcome.token, act, after)


def _own(router: APIRouter, context: WebContext) -> None:
    @router.get("/account/passkeys/new")
    async def page(request: Request) -> Response:
        return _new_form(context, request, "")

    @router.post("/account/passkeys/options")
    async def options(request: Request) -> Response:
        session, here = somebody(request).session, _place(context, request)
        source, ways = context.visitors.source(request), await context.visitors.passkeys()
        site = context.settings.site.name
        asked = await asyncio.to_thread(ways.to_add, session, here, site, source, context.now_ms())
        return Response(asked, media_type=JSON)

    @router.post("/account/passkeys")
    async def press(request: Request, credential: Credential, name: Phone = "") -> Response:
        who, here, now_ms = somebody(request), _place(context, request), context.now_ms()
        ways, device = await context.visitors.passkeys(), called(context, request, name)
        try:
            await asyncio.to_thread(ways.add, who.session, here, credential, device, now_ms)
        except Refused as refused:
            await context.visitors.note(who.account, "passkey not added", "", str(refused), 422)
            sentence = _ENOUGH if str(refused) == passkeys.TOO_MANY else _NOT_KEPT
            return _new_form(context, request, sentence, 422)
        await context.visitors.note(who.account, "passkey added", device)
        return RedirectResponse(f"{prefix(request)}/account#passkeys", 303)

    @router.post("/account/passkeys/{passkey_id}/end")
    async def press_end(request: Request, passkey_id: str) -> Response:
        who = somebody(request)
        removed = await context.visitors.write(
            lambda rows: passkeys.remove(rows, who.account, passkey_id)
        )
        if not removed:
            raise HttpProblem(404, NOT_FOUND)
        return RedirectResponse(f"{prefix(request)}/account#passkeys", 303)


def _new_form(context: WebContext, request: Request, sentence: str, status: int = 200) -> Response:
    _place(context, request)
    values: dict[str, Any] = {
        "wrong": sentence
        and say(sentence, context.language(request)).format(most=passkeys.OF_ACCOUNT_MAX),
        "device": guessed(context, request),
    }
    html = context.draw("own_passkey.html", context.setting(request), values)
    return context.answer(request, html, status)


def _place(context: WebContext, request: Request) -> Place:
    """Where the console is open. HttpProblem where no passkey can be used."""
    try:
        return place(context, request)
    except NoPlaceError as error:
        raise HttpProblem(409, error.sentence, **error.facts) from None
